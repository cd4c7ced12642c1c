use std::io::{self, Read};

use super::batch::Batch;
use crate::limits::MAX_INPUT_LEN;

/// The size of a block. It fits in the L2 cache together with its columns and the output that a program creates from them.
const BLOCK: usize = 256 * 1024;
const _: () = assert!(BLOCK > MAX_INPUT_LEN + 2);

/// Reads blocks of whole lines, of about 256 KiB each, in constant memory.
///
/// A [`BatchReader`] does this and decodes the blocks. With a `BlockReader` one thread can read, and many can decode: see the
/// example program `parallel`.
///
/// # Examples
///
/// ```
/// use google_news_link::Batch;
/// use google_news_link::batch::BlockReader;
///
/// let mut reader = BlockReader::new("CBIwkdv6lUE\nhello".as_bytes());
/// let mut block = Vec::new();
/// let mut batch = Batch::new();
/// while reader.read_block(&mut block)? {
///     batch.push_lines(&block)?;
/// }
/// assert_eq!(batch.len(), 2);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug)]
pub struct BlockReader<R> {
    reader: R,
    /// What was read after the last line of the last block.
    unfinished: Vec<u8>,
    /// The current line is too long, and its remainder is being dropped.
    skips_line: bool,
    is_done: bool,
    /// An error that occurred after the lines that were returned last.
    error: Option<io::Error>,
}

impl<R> BlockReader<R> {
    /// Creates a reader of the lines of `reader`, which need not be buffered.
    pub fn new(reader: R) -> Self {
        BlockReader { reader, unfinished: Vec::new(), skips_line: false, is_done: false, error: None }
    }

    /// Returns a reference to the inner reader.
    pub fn get_ref(&self) -> &R {
        &self.reader
    }

    /// Returns a mutable reference to the inner reader. Bytes that are read from it directly are missing in the blocks.
    pub fn get_mut(&mut self) -> &mut R {
        &mut self.reader
    }

    /// Returns the inner reader. If part of a line was read after the last block, that part is lost.
    pub fn into_inner(self) -> R {
        self.reader
    }
}

impl<R: Read> BlockReader<R> {
    /// Reads the next lines into `block`, replacing its contents. Returns `false` at the end of the input; `block` is empty
    /// then.
    ///
    /// A line of more than 65,536 bytes is truncated to a length that is still too long, so that it decodes to the same
    /// error.
    ///
    /// # Errors
    ///
    /// Returns the errors of the inner reader, except for [`Interrupted`](io::ErrorKind::Interrupted), after which it reads
    /// on. Whole lines that were read before the error are returned first. No bytes are lost: the next call continues where
    /// the error occurred.
    pub fn read_block(&mut self, block: &mut Vec<u8>) -> io::Result<bool> {
        if let Some(error) = self.error.take() {
            block.clear();
            return Err(error);
        }
        // The previous contents are overwritten, not removed: only memory after them has to be filled with zeros.
        let mut start = self.unfinished.len();
        block.resize(BLOCK.max(start), 0);
        block[..start].copy_from_slice(&self.unfinished);
        self.unfinished.clear();
        loop {
            let (len, result) = self.fill(block, start);
            block.truncate(len);
            self.drop_skipped(block, start);
            let lines = lines_len(block);
            match result {
                Err(error) if lines == 0 => {
                    self.unfinished.append(block);
                    return Err(error);
                }
                Err(error) => self.error = Some(error),
                Ok(()) if lines > 0 => {}
                Ok(()) if self.is_done => return Ok(!block.is_empty()),
                Ok(()) => {
                    // The block is the beginning of one line. What is kept of it is still too long, even without a `\r`
                    // at its end.
                    self.skips_line = true;
                    block.truncate(MAX_INPUT_LEN + 2);
                    start = block.len();
                    block.resize(BLOCK, 0);
                    continue;
                }
            }
            self.unfinished.extend_from_slice(&block[lines..]);
            block.truncate(lines);
            return Ok(true);
        }
    }

    /// Reads into `block` from `len` on until it is full or the input ends. Returns the end of what was read, and the error if
    /// there was one.
    fn fill(&mut self, block: &mut [u8], mut len: usize) -> (usize, io::Result<()>) {
        while !self.is_done && len < block.len() {
            match self.reader.read(&mut block[len..]) {
                Ok(read) => {
                    self.is_done = read == 0;
                    len += read;
                }
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return (len, Err(error)),
            }
        }
        (len, Ok(()))
    }

    /// Drops what belongs to a skipped line from the bytes after `start`.
    fn drop_skipped(&mut self, block: &mut Vec<u8>, start: usize) {
        if self.skips_line {
            let newline = memchr::memchr(b'\n', &block[start..]);
            self.skips_line = newline.is_none();
            block.drain(start..newline.map_or(block.len(), |newline| start + newline));
        }
    }
}

/// Returns the length of the whole lines at the start of `block`.
fn lines_len(block: &[u8]) -> usize {
    memchr::memrchr(b'\n', block).map_or(0, |newline| newline + 1)
}

/// Reads links, one per line, in batches of about 256 KiB of lines, in constant memory.
///
/// # Examples
///
/// ```
/// use google_news_link::{Batch, BatchReader};
///
/// let dump = "CBMiFmh0dHBzOi8vYW11LnR2LzExMTkzMS_SAQA\r\nhello\n";
/// let mut reader = BatchReader::new(dump.as_bytes());
/// let mut batch = Batch::new();
/// while reader.read_batch(&mut batch)? {
///     for url in batch.canonical_urls() {
///         println!("{}", url.unwrap_or("-"));
///     }
/// }
/// # Ok::<(), std::io::Error>(())
/// ```
#[derive(Debug)]
pub struct BatchReader<R> {
    blocks: BlockReader<R>,
    block: Vec<u8>,
}

impl<R> BatchReader<R> {
    /// Creates a reader of the lines of `reader`, which need not be buffered.
    pub fn new(reader: R) -> Self {
        BatchReader { blocks: BlockReader::new(reader), block: Vec::new() }
    }

    /// Returns the lines of the batch that was read last, as they were read; a line that is too long is truncated.
    pub fn block(&self) -> &[u8] {
        &self.block
    }

    /// Returns a reference to the inner reader.
    pub fn get_ref(&self) -> &R {
        self.blocks.get_ref()
    }

    /// Returns a mutable reference to the inner reader. Bytes that are read from it directly are missing in the batches.
    pub fn get_mut(&mut self) -> &mut R {
        self.blocks.get_mut()
    }

    /// Returns the inner reader. If part of a line was read after the last batch, that part is lost.
    pub fn into_inner(self) -> R {
        self.blocks.into_inner()
    }
}

impl<R: Read> BatchReader<R> {
    /// Reads the next lines into `batch`, replacing its rows. Returns `false` at the end of the input; the batch is empty then.
    ///
    /// Every line becomes one row, as with [`Batch::push_lines`], even if it is empty, too long or not UTF-8.
    ///
    /// # Errors
    ///
    /// Returns the errors of the inner reader, as [`BlockReader::read_block`] does. The batch is empty then, and the
    /// next call continues where the error occurred.
    pub fn read_batch(&mut self, batch: &mut Batch) -> io::Result<bool> {
        batch.clear();
        let has_lines = self.blocks.read_block(&mut self.block)?;
        // 256 KiB of lines cannot contain 2 GiB of strings.
        batch.push_lines(&self.block).map_err(io::Error::other)?;
        Ok(has_lines)
    }

    /// Returns an iterator over the remaining batches.
    ///
    /// Each one is a new [`Batch`], whose memory is allocated and filled from scratch, which takes about 2.5 times as long
    /// as [`read_batch`](Self::read_batch) into a batch that is reused.
    ///
    /// # Examples
    ///
    /// ```
    /// use google_news_link::BatchReader;
    ///
    /// let mut reader = BatchReader::new("CBIwkdv6lUE\nhello".as_bytes());
    /// for batch in reader.batches() {
    ///     println!("{:?}", batch?.counts());
    /// }
    /// # Ok::<(), std::io::Error>(())
    /// ```
    pub fn batches(&mut self) -> Batches<'_, R> {
        Batches { reader: self }
    }
}

/// An iterator over owned batches, returned by [`BatchReader::batches`].
///
/// It can be continued after an error.
#[derive(Debug)]
#[must_use = "iterators are lazy and do nothing unless consumed"]
pub struct Batches<'a, R> {
    reader: &'a mut BatchReader<R>,
}

impl<R: Read> Iterator for Batches<'_, R> {
    type Item = io::Result<Batch>;

    fn next(&mut self) -> Option<Self::Item> {
        let mut batch = Batch::new();
        match self.reader.read_batch(&mut batch) {
            Ok(has_lines) => has_lines.then_some(Ok(batch)),
            Err(error) => Some(Err(error)),
        }
    }
}
