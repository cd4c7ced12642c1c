//! Collects links and decodes them in blocks. Nothing here needs the interpreter, so that other threads can run.

use std::ops::Range;
use std::sync::Arc;

use google_news_link::batch::BatchFull;

use crate::text::{Unit, count_characters};

/// The bytes of links that are decoded at a time. A smaller block costs more calls, a larger one does not stay in the
/// cache.
const BLOCK: usize = 128 * 1024;

/// The rows after which a chunk ends. The allocator returns the memory of larger chunks to the system when they are
/// freed, and the page faults of the next chunks take as long as decoding: there are 36 per 1,000 rows in chunks of
/// 65,536 rows, and 5 to 13 in chunks of 16,384.
pub(crate) const CHUNK_ROWS: usize = 16_384;

/// The bytes of strings after which a chunk ends. A batch could hold 2 GiB, and a block adds less than 1 MiB.
const CHUNK_BYTES: usize = 1 << 30;

/// The bytes that are reserved for the URL or token of each link. The average is 100. Reserving them makes decoding 1.3
/// to 2 times as fast as growing the buffers.
pub(crate) const STRING_BYTES: usize = 128;

/// The longest link that the library decodes. A longer one need not be copied to learn that it is too long.
const MAX_LINK: usize = 65_536;

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

    /// Stores the offset of the error in `row`, in characters. Does nothing if the row has no error with an offset.
    fn count_characters(&mut self, row: usize, link: &[u8]) {
        if let Some(Err(error)) = self.batch.get(row)
            && let Some(offset) = error.offset()
        {
            self.offsets.push((row, count_characters(link, offset)));
        }
    }
}

/// Decodes links into chunks. Row i is the i-th link.
pub(crate) struct Builder {
    chunks: Vec<Arc<Chunk>>,
    /// The chunk that is being filled.
    chunk: Chunk,
    /// Links that are not decoded yet, as lines.
    block: Vec<u8>,
    block_rows: usize,
    /// The rows of the block whose links are not ASCII, and the ranges of those links. The offsets of their errors are
    /// converted.
    non_ascii: Vec<(usize, Range<usize>)>,
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
            block_rows: 0,
            non_ascii: Vec::new(),
            expected_rows: rows,
        };
        builder.begin_chunk();
        builder
    }

    fn begin_chunk(&mut self) {
        let rows = self.expected_rows.min(CHUNK_ROWS);
        self.expected_rows -= rows;
        self.chunk.batch = google_news_link::Batch::with_capacity(rows, rows * STRING_BYTES);
    }

    /// Adds a row without a link.
    pub(crate) fn push_null(&mut self) {
        self.chunk.nulls.push(self.next_row());
        self.push_line(b"");
    }

    /// Adds a link.
    pub(crate) fn push(&mut self, link: &[u8], unit: Unit) -> Result<(), BatchFull> {
        // A line that was read from a text file ends with a line feed. Decoding ignores it, so it is removed here,
        // unless other white space precedes it.
        let line = match link {
            [line @ .., b'\n'] if line.last().is_some_and(u8::is_ascii_graphic) => line,
            link => link,
        };
        if link.len() > MAX_LINK || line.last() == Some(&b'\r') || memchr::memchr(b'\n', line).is_some() {
            return self.push_alone(link, unit);
        }
        if unit == Unit::Characters && !line.is_ascii() {
            let start = self.block.len();
            self.non_ascii.push((self.next_row(), start..start + line.len()));
        }
        self.push_line(line);
        Ok(())
    }

    /// Adds a link that cannot be a line of a block: it is too long, contains a line feed, or ends with a carriage
    /// return.
    #[cold]
    fn push_alone(&mut self, link: &[u8], unit: Unit) -> Result<(), BatchFull> {
        self.flush()?;
        let row = self.next_row();
        self.chunk.batch.push(link)?;
        if unit == Unit::Characters && !link.is_ascii() {
            self.chunk.count_characters(row, link);
        }
        self.end_full_chunk();
        Ok(())
    }

    fn push_line(&mut self, line: &[u8]) {
        self.block.extend_from_slice(line);
        self.block.push(b'\n');
        self.block_rows += 1;
    }

    fn next_row(&self) -> usize {
        self.chunk.batch.len() + self.block_rows
    }

    /// Returns `true` if there are enough links to [flush](Self::flush).
    pub(crate) fn is_block_full(&self) -> bool {
        self.block.len() >= BLOCK
    }

    /// Decodes the links that were added.
    pub(crate) fn flush(&mut self) -> Result<(), BatchFull> {
        self.chunk.batch.push_lines(&self.block)?;
        for (row, line) in self.non_ascii.drain(..) {
            self.chunk.count_characters(row, &self.block[line]);
        }
        self.block.clear();
        self.block_rows = 0;
        self.end_full_chunk();
        Ok(())
    }

    /// Begins a new chunk if the current one is full. All links that were added must have been decoded.
    fn end_full_chunk(&mut self) {
        let batch = &self.chunk.batch;
        let bytes = batch.canonical_urls().data().len().max(batch.amp_urls().data().len());
        if batch.len() >= CHUNK_ROWS || bytes >= CHUNK_BYTES {
            self.chunks.push(Arc::new(std::mem::take(&mut self.chunk)));
            self.begin_chunk();
        }
    }

    /// Returns the chunks of all links, without empty ones.
    pub(crate) fn finish(mut self) -> Result<Vec<Arc<Chunk>>, BatchFull> {
        self.flush()?;
        if !self.chunk.batch.is_empty() {
            self.chunks.push(Arc::new(self.chunk));
        }
        Ok(self.chunks)
    }
}
