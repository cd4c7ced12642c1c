//! Collects links and decodes them in blocks. Nothing here needs the interpreter, so that other threads can run.

use std::sync::{Arc, Mutex};

use google_news_link::batch::BatchFull;

use crate::text::{Unit, count_characters};

/// The bytes of links that are decoded at a time. A smaller block costs more calls, a larger one does not stay in the
/// cache.
const BLOCK: usize = 128 * 1024;

/// The rows after which a chunk ends.
pub(crate) const CHUNK_ROWS: usize = 16_384;

/// The bytes of strings after which a chunk ends. A batch could hold 2 GiB, and a block adds less than 1 MiB.
const CHUNK_BYTES: usize = 1 << 30;

/// The bytes that are reserved for the URL or token of each link. The average is 100. Reserving them makes decoding 1.3
/// to 2 times as fast as growing the buffers.
const STRING_BYTES: usize = 128;

/// The longest link that the library decodes. A longer one need not be copied to learn that it is too long.
const MAX_LINK: usize = 65_536;

/// Empty batches with the memory of chunks that were dropped. New memory of this size comes from the system, and its
/// page faults take longer than decoding: a row takes 100 ns in new memory and 36 in used memory.
static FREE: Mutex<Vec<google_news_link::Batch>> = Mutex::new(Vec::new());

/// The number of batches that are kept: with the strings of 16,384 rows each, 8 to 16 MB.
const MAX_FREE: usize = 4;

/// Batches with fewer rows are not kept, and do not get the memory of larger ones.
const MIN_FREE_ROWS: usize = 1024;

/// Batches with more bytes of strings are not kept.
const MAX_FREE_BYTES: usize = 4 * 1024 * 1024;

/// Returns an empty batch with room for `rows` rows.
fn new_batch(rows: usize) -> google_news_link::Batch {
    // No thread waits for the lock. If another thread held it while the process was forked, it is never released in the child.
    if rows >= MIN_FREE_ROWS
        && let Ok(mut free) = FREE.try_lock()
        && let Some(batch) = free.pop()
    {
        return batch;
    }
    google_news_link::Batch::with_capacity(rows, rows * STRING_BYTES)
}

/// Decoded links, and what the library's batch does not store about them.
#[derive(Default)]
pub(crate) struct Chunk {
    pub(crate) batch: google_news_link::Batch,
    /// The rows without a link, in ascending order. In `batch` they are errors.
    pub(crate) nulls: Vec<usize>,
    /// The errors whose offsets count characters: their rows, in ascending order, and those offsets.
    pub(crate) offsets: Vec<(usize, usize)>,
}

impl Chunk {
    /// Creates a chunk with room for `rows` rows.
    pub(crate) fn new(rows: usize) -> Self {
        Chunk { batch: new_batch(rows), nulls: Vec::new(), offsets: Vec::new() }
    }

    /// Returns the length of the longer one of the batch's two buffers of strings.
    fn string_bytes(&self) -> usize {
        self.batch.canonical_urls().data().len().max(self.batch.amp_urls().data().len())
    }

    pub(crate) fn is_null(&self, row: usize) -> bool {
        self.nulls.binary_search(&row).is_ok()
    }

    /// Returns the offset of the error in `row`, in characters or bytes as the type of the link requires.
    pub(crate) fn offset(&self, row: usize, error: &google_news_link::Error) -> Option<usize> {
        match self.offsets.binary_search_by_key(&row, |&(row, _)| row) {
            Ok(index) => Some(self.offsets[index].1),
            Err(_) => error.offset(),
        }
    }
}

impl Drop for Chunk {
    fn drop(&mut self) {
        if self.batch.len() >= MIN_FREE_ROWS
            && self.string_bytes() <= MAX_FREE_BYTES
            && let Ok(mut free) = FREE.try_lock()
            && free.len() < MAX_FREE
        {
            self.batch.clear();
            free.push(std::mem::take(&mut self.batch));
        }
    }
}

/// Decodes links into chunks. Row i is the i-th link.
pub(crate) struct Builder {
    chunks: Vec<Arc<Chunk>>,
    /// The chunk that is being filled.
    chunk: Chunk,
    /// Links that are not decoded yet, one after the other.
    block: Vec<u8>,
    /// The ends of the links in the block, after a leading 0.
    ends: Vec<usize>,
    /// The unit of the offsets of each link in the block.
    units: Vec<Unit>,
    /// The number of rows that are expected in all later chunks together, or 0 if it is unknown.
    expected_rows: usize,
}

impl Builder {
    /// Creates a builder for about `rows` links, or 0 if their number is unknown.
    pub(crate) fn new(rows: usize) -> Self {
        let mut builder = Builder {
            chunks: Vec::new(),
            chunk: Chunk::default(),
            block: Vec::with_capacity(BLOCK + MAX_LINK + 1),
            ends: vec![0],
            units: Vec::new(),
            expected_rows: rows,
        };
        builder.begin_chunk();
        builder
    }

    fn begin_chunk(&mut self) {
        let rows = self.expected_rows.min(CHUNK_ROWS);
        self.expected_rows -= rows;
        self.chunk = Chunk::new(rows);
    }

    /// Adds a row without a link.
    pub(crate) fn push_null(&mut self) {
        self.chunk.nulls.push(self.next_row());
        self.push(b"", Unit::Bytes);
    }

    /// Adds a link.
    pub(crate) fn push(&mut self, link: &[u8], unit: Unit) {
        // A link that is too long is cut to a length that is still too long, so that its error is the same.
        self.block.extend_from_slice(&link[..link.len().min(MAX_LINK + 1)]);
        self.ends.push(self.block.len());
        self.units.push(unit);
    }

    /// Adds links that are stored in `data` one after the other, without copying them first. `ends` has where each of them
    /// ends, after where the first one begins.
    pub(crate) fn push_strings(
        &mut self,
        data: &[u8],
        ends: impl Iterator<Item = usize>,
        unit: Unit,
    ) -> Result<(), BatchFull> {
        self.flush()?;
        let ends: Vec<usize> = ends.collect();
        self.decode(data, &ends, &vec![unit; ends.len()])
    }

    /// Decodes the links that were added.
    pub(crate) fn flush(&mut self) -> Result<(), BatchFull> {
        let (mut block, mut ends) = (std::mem::take(&mut self.block), std::mem::take(&mut self.ends));
        let mut units = std::mem::take(&mut self.units);
        self.decode(&block, &ends, &units)?;
        block.clear();
        ends.truncate(1);
        units.clear();
        (self.block, self.ends, self.units) = (block, ends, units);
        Ok(())
    }

    /// Decodes the links of `data` into the current chunk. It is not generic: the library's code for each vector level is
    /// compiled once.
    fn decode(&mut self, data: &[u8], ends: &[usize], units: &[Unit]) -> Result<(), BatchFull> {
        let Chunk { batch, offsets, .. } = &mut self.chunk;
        let (first_row, first_error) = (batch.len(), batch.errors().len());
        batch.push_strings(data, ends.windows(2).map(|ends| ends[0]..ends[1]))?;
        for (row, error) in batch.errors().skip(first_error) {
            let index = row - first_row;
            let link = &data[ends[index]..ends[index + 1]];
            if units[index] == Unit::Characters
                && let Some(offset) = error.offset()
                && !link.is_ascii()
            {
                offsets.push((row, count_characters(link, offset)));
            }
        }
        self.end_full_chunk();
        Ok(())
    }

    fn next_row(&self) -> usize {
        self.chunk.batch.len() + self.units.len()
    }

    /// Returns how many links can be added before the chunk ends.
    pub(crate) fn rows_left(&self) -> usize {
        CHUNK_ROWS.saturating_sub(self.next_row()).max(1)
    }

    /// Returns `true` if there are enough links to [flush](Self::flush).
    pub(crate) fn is_block_full(&self) -> bool {
        self.block.len() >= BLOCK || self.next_row() >= CHUNK_ROWS
    }

    /// Begins a new chunk if the current one is full. All links that were added must have been decoded.
    fn end_full_chunk(&mut self) {
        if self.chunk.batch.len() >= CHUNK_ROWS || self.chunk.string_bytes() >= CHUNK_BYTES {
            self.chunks.push(Arc::new(std::mem::take(&mut self.chunk)));
            self.begin_chunk();
        }
    }

    /// Returns the chunks of all links, without empty ones.
    pub(crate) fn finish(mut self) -> Result<Vec<Arc<Chunk>>, BatchFull> {
        self.flush()?;
        if !self.chunk.batch.is_empty() {
            self.chunks.push(Arc::new(std::mem::take(&mut self.chunk)));
        }
        Ok(self.chunks)
    }
}
