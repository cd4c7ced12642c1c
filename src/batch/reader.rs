use std::io::{self, Read};

use super::Batch;
use crate::link::MAX_LEN;

/// So much is read at once. Smaller blocks take longer, larger ones leave the cache.
const BLOCK: usize = 1024 * 1024;

/// Reads lines in blocks of about 1 MiB, each of whole lines, in constant memory.
///
/// This is the half of [`BatchReader`] that has to be done by one thread: the blocks can be decoded by many.
/// See the example program `parallel`.
///
/// ```
/// use google_news_link::{Batch, BlockReader};
///
/// let mut reader = BlockReader::new("CBIwkdv6lUE\nhello".as_bytes());
/// let mut block = Vec::new();
/// let mut batch = Batch::new();
/// while reader.read_block(&mut block)? {
///     batch.push_lines(&block);
/// }
/// assert_eq!(batch.len(), 2);
/// # Ok::<(), std::io::Error>(())
/// ```
#[derive(Debug)]
pub struct BlockReader<R> {
    reader: R,
    /// What was read behind the last line of the last block.
    rest: Vec<u8>,
    /// The end of the line at hand is not wanted: it is too long.
    skips: bool,
    is_done: bool,
    /// What happened behind the lines that were handed out last.
    error: Option<io::Error>,
}

impl<R: Read> BlockReader<R> {
    /// A reader of the lines of `reader`, which need not be buffered.
    pub fn new(reader: R) -> Self {
        BlockReader { reader, rest: Vec::new(), skips: false, is_done: false, error: None }
    }

    /// Reads the next lines into `block`, in place of what it held. False when there are none left; then the
    /// block is empty.
    ///
    /// A line of more than 65,536 bytes is cut: so much of it is handed out that it is still too long, and the
    /// rest is passed over. A batch makes the same row of it.
    ///
    /// # Errors
    ///
    /// Those of the reader, except for [`Interrupted`](io::ErrorKind::Interrupted), after which it is asked
    /// again. Whole lines that were read before are handed out first, and a part of one is kept: the reader can be
    /// asked again.
    pub fn read_block(&mut self, block: &mut Vec<u8>) -> io::Result<bool> {
        if let Some(error) = self.error.take() {
            block.clear();
            return Err(error);
        }
        // What the block held is overwritten. It is not cleared, for then all of it would be filled with zeros
        // again.
        let mut len = self.rest.len();
        block.resize(BLOCK.max(len), 0);
        block[..len].copy_from_slice(&self.rest);
        self.rest.clear();
        loop {
            // Whole lines, or a part of one that is too long: either can be handed out.
            if len == block.len() || self.is_done {
                if let Some(whole) = memchr::memrchr(b'\n', &block[..len]).map(|newline| newline + 1) {
                    self.rest.extend_from_slice(&block[whole..len]);
                    block.truncate(whole);
                    return Ok(true);
                }
                if self.is_done {
                    block.truncate(len);
                    return Ok(len > 0);
                }
                // All of the block is the beginning of one line. What is kept of it is still too long, also without a
                // `\r` that may be its last byte.
                self.skips = true;
                len = MAX_LEN + 2;
            }
            match self.reader.read(&mut block[len..]) {
                Ok(0) => self.is_done = true,
                Ok(read) => len = self.without_skipped(block, len, read),
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => {
                    let whole = memchr::memrchr(b'\n', &block[..len]).map_or(0, |newline| newline + 1);
                    self.rest.extend_from_slice(&block[whole..len]);
                    block.truncate(whole);
                    if whole == 0 {
                        return Err(error);
                    }
                    self.error = Some(error);
                    return Ok(true);
                }
            }
        }
    }

    /// How many bytes there are now that `read` more were read behind `len`, without the end of a line that is
    /// passed over.
    fn without_skipped(&mut self, block: &mut [u8], len: usize, read: usize) -> usize {
        if !self.skips {
            return len + read;
        }
        match memchr::memchr(b'\n', &block[len..len + read]) {
            Some(newline) => {
                self.skips = false;
                block.copy_within(len + newline..len + read, len);
                len + read - newline
            }
            None => len,
        }
    }
}

/// Reads links, one a line, in batches.
///
/// ```
/// use google_news_link::{Batch, BatchReader};
///
/// let dump = "CBMiFmh0dHBzOi8vYW11LnR2LzExMTkzMS_SAQA\r\nhello\n";
/// let mut reader = BatchReader::new(dump.as_bytes());
/// let mut batch = Batch::new();
/// while reader.read_batch(&mut batch)? {
///     for url in batch.canonical_urls().iter() {
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

impl<R: Read> BatchReader<R> {
    /// A reader of the lines of `reader`, which need not be buffered.
    pub fn new(reader: R) -> Self {
        BatchReader { blocks: BlockReader::new(reader), block: Vec::new() }
    }

    /// Reads the next lines, about 1 MiB of them, into `batch`, in place of its rows. False when there are none
    /// left; then the batch is empty.
    ///
    /// Every line is a row, in order, whatever it holds: empty, too long, not UTF-8. See
    /// [`Batch::push_lines`].
    ///
    /// # Errors
    ///
    /// Those of the reader. The batch is empty then, and the next call goes on where this one stopped.
    pub fn read_batch(&mut self, batch: &mut Batch) -> io::Result<bool> {
        batch.clear();
        let is_more = self.blocks.read_block(&mut self.block)?;
        batch.push_lines(&self.block);
        Ok(is_more)
    }

    /// The lines of the batch that was read last, as they were read; a line that was too long is cut.
    pub fn block(&self) -> &[u8] {
        &self.block
    }
}
