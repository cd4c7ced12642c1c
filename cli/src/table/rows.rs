//! Rows of a batch, as TSV and as JSON.

use std::io::Write;
use std::ops::Range;

use google_news_link::Kind;
use google_news_link::batch::{Batch, Counts};

use super::Format;
use crate::record::Record;

/// How rows are written.
#[derive(Clone, Copy)]
pub(super) struct Style {
    format: Format,
    with_link: bool,
}

/// Rows of a part of a block.
#[derive(Default)]
pub(super) struct Rows {
    buffer: Buffer,
    pub(super) counts: Counts,
    /// The number of bytes of the input that they were made of.
    pub(super) read: u64,
}

impl Rows {
    /// Empty rows, with the memory of others.
    pub(super) fn reuse(memory: Vec<u8>) -> Self {
        Rows { buffer: Buffer { bytes: memory, len: 0 }, ..Rows::default() }
    }

    pub(super) fn as_bytes(&self) -> &[u8] {
        &self.buffer.bytes[..self.buffer.len]
    }

    /// Returns the memory, for other rows.
    pub(super) fn into_memory(self) -> Vec<u8> {
        self.buffer.bytes
    }
}

pub(super) fn tsv_header(with_link: bool) -> String {
    let link = if with_link { "link\t" } else { "" };
    format!("{link}kind\tcanonical_url\tamp_url\ttoken\terror\turl_len\n")
}

impl Style {
    pub(super) fn new(format: Format, with_link: bool) -> Self {
        Style { format, with_link }
    }

    /// Appends a row for each line.
    pub(super) fn write(self, rows: &mut Rows, batch: &mut Batch, mut lines: &[u8]) {
        rows.read += lines.len() as u64;
        while !lines.is_empty() {
            batch.clear();
            let pushed = match batch.push_lines(lines) {
                Ok(()) => lines.len(),
                Err(full) => full.offset(),
            };
            let (in_batch, rest) = lines.split_at(pushed);
            lines = rest;
            rows.counts += batch.counts();
            let mut links = Lines { rest: self.with_link.then_some(in_batch) };
            match self.format {
                Format::Tsv => write_tsv(&mut rows.buffer, batch, &mut links),
                Format::Jsonl => rows.buffer.append(|out| write_jsonl(out, batch, &mut links)),
            }
        }
    }
}

/// The longest link that the library decodes.
const MAX_LINK_LEN: usize = 65_536;

/// The lines of a block, if they are wanted.
struct Lines<'a> {
    rest: Option<&'a [u8]>,
}

impl<'a> Lines<'a> {
    /// The next line, `None` if it is too long: the block contains only a part of it.
    fn next(&mut self) -> Option<&'a [u8]> {
        let rest = self.rest?;
        let end = memchr::memchr(b'\n', rest);
        self.rest = Some(end.map_or(&[], |end| &rest[end + 1..]));
        let line = &rest[..end.unwrap_or(rest.len())];
        let line = line.strip_suffix(b"\r").unwrap_or(line);
        (line.len() <= MAX_LINK_LEN).then_some(line)
    }
}

/// A buffer that is not cleared when it is used again: what follows the first `len` bytes is left over from before.
#[derive(Default)]
struct Buffer {
    bytes: Vec<u8>,
    len: usize,
}

/// The number of bytes that are copied at once. 95 of 100 strings are not longer, and so are copied without a call or a loop, whose
/// trip count would be mispredicted.
const AT_ONCE: usize = 192;

/// The digits of small numbers, and how many there are.
const DIGITS: [([u8; 3], usize); 1000] = {
    let mut digits = [([0; 3], 0); 1000];
    let mut number = 0;
    while number < 1000 {
        let [hundreds, tens, ones] =
            [b'0' + (number / 100) as u8, b'0' + (number / 10 % 10) as u8, b'0' + (number % 10) as u8];
        digits[number] = match number {
            0..10 => ([ones, 0, 0], 1),
            10..100 => ([tens, ones, 0], 2),
            _ => ([hundreds, tens, ones], 3),
        };
        number += 1;
    }
    digits
};

impl Buffer {
    /// Makes room for `len` bytes and for what is copied with them.
    #[inline]
    fn reserve(&mut self, len: usize) {
        let needed = self.len + len + AT_ONCE;
        if self.bytes.len() < needed {
            self.bytes.resize(needed.max(self.bytes.len() * 2), 0);
        }
    }

    /// Appends a short string, for which there must be room.
    #[inline]
    fn push<const N: usize>(&mut self, string: &[u8; N]) {
        self.bytes[self.len..self.len + N].copy_from_slice(string);
        self.len += N;
    }

    /// Appends a string, for which there must be room.
    #[inline]
    fn push_string(&mut self, string: &[u8]) {
        self.bytes[self.len..self.len + string.len()].copy_from_slice(string);
        self.len += string.len();
    }

    /// Appends a string that is a part of `data`, for which there must be room.
    #[inline]
    fn push_part(&mut self, data: &[u8], part: Range<usize>) {
        let from = data.get(part.start..).and_then(|data| data.first_chunk::<AT_ONCE>());
        match (from, self.bytes.get_mut(self.len..).and_then(|to| to.first_chunk_mut())) {
            (Some(from), Some(to)) if part.len() <= AT_ONCE => {
                *to = *from;
                self.len += part.len();
            }
            _ => self.push_string(&data[part]),
        }
    }

    /// Appends a number, for which there must be room. Nearly all lengths are below 1,000.
    #[inline]
    fn push_number(&mut self, number: usize) {
        match DIGITS.get(number) {
            Some((digits, count)) => {
                self.push(digits);
                self.len -= digits.len() - count;
            }
            None => self.push_string(itoa::Buffer::new().format(number).as_bytes()),
        }
    }

    /// Appends what `write` does. Its vector has nothing but the bytes in use.
    fn append(&mut self, write: impl FnOnce(&mut Vec<u8>)) {
        self.bytes.truncate(self.len);
        write(&mut self.bytes);
        self.len = self.bytes.len();
    }
}

/// The room for a row's kind, tabs, length and line end.
const ROW_ROOM: usize = 64;

/// Nothing is allocated per row: strings are copied from the batch's columns, whose UTF-8 need not be validated again.
fn write_tsv(out: &mut Buffer, batch: &Batch, lines: &mut Lines<'_>) {
    // The canonical URLs and tokens, and the AMP URLs and AMP tokens.
    let (urls, amp_urls) = (batch.canonical_urls(), batch.amp_urls());
    let (urls, url_offsets) = (urls.data(), urls.offsets());
    let (amp_urls, amp_url_offsets) = (amp_urls.data(), amp_urls.offsets());
    let parts = url_offsets.windows(2).zip(amp_url_offsets.windows(2));
    let part = |offsets: &[i32]| offsets[0] as usize..offsets[1] as usize;
    let mut errors = batch.errors();
    // A line or an error.
    let mut scratch = Vec::new();
    let with_link = lines.rest.is_some();
    for (row, (kind, (url, amp_url))) in batch.kinds().iter().zip(parts).enumerate() {
        let (url, amp_url) = (part(url), part(amp_url));
        if with_link {
            scratch.clear();
            write_field(&mut scratch, lines.next().unwrap_or_default());
            out.reserve(scratch.len() + ROW_ROOM);
            out.push_string(&scratch);
            out.push(b"\t");
        }
        out.reserve(url.len() + amp_url.len() + ROW_ROOM);
        let url_len = match kind {
            Some(Kind::Article) => {
                let url_len = url.len();
                out.push(b"article\t");
                out.push_part(urls, url);
                out.push(b"\t");
                out.push_part(amp_urls, amp_url);
                out.push(b"\t\t\t");
                Some(url_len)
            }
            Some(kind @ (Kind::OpaqueArticle | Kind::OpaqueRedirect)) => {
                out.push_string(kind.as_str().as_bytes());
                out.push(b"\t\t\t");
                out.push_part(urls, url);
                out.push(b"\t\t");
                url_len(batch, row)
            }
            Some(kind) => {
                out.push_string(kind.as_str().as_bytes());
                out.push(b"\t");
                out.push_part(urls, url);
                out.push(b"\t");
                out.push_part(amp_urls, amp_url);
                out.push(b"\t\t\t");
                url_len(batch, row)
            }
            None => {
                scratch.clear();
                if let Some((_, error)) = errors.next() {
                    // Writing to memory does not fail.
                    let _ = write!(scratch, "{error}");
                }
                out.reserve(scratch.len() + ROW_ROOM);
                out.push(b"\t\t\t\t");
                out.push_string(&scratch);
                out.push(b"\t");
                None
            }
        };
        if let Some(url_len) = url_len {
            out.push_number(url_len);
        }
        out.push(b"\n");
    }
}

/// The length of the canonical URL of a row that is not an article, or the one that its token tells.
fn url_len(batch: &Batch, row: usize) -> Option<usize> {
    batch.get(row)?.ok()?.url_len()
}

/// Writes the line as a field: as UTF-8, with escapes for tabs and other control characters.
fn write_field(out: &mut Vec<u8>, line: &[u8]) {
    if line.iter().all(u8::is_ascii_graphic) {
        out.extend_from_slice(line);
        return;
    }
    for char in String::from_utf8_lossy(line).chars() {
        match char.is_control() {
            true => out.extend(char.escape_default().map(|char| char as u8)),
            false => out.extend_from_slice(char.encode_utf8(&mut [0; 4]).as_bytes()),
        }
    }
}

fn write_jsonl(out: &mut Vec<u8>, batch: &Batch, lines: &mut Lines<'_>) {
    for target in batch {
        let link = lines.next().map(String::from_utf8_lossy);
        let record = match &target {
            Ok(target) => Record::of_target(link.as_deref(), target),
            Err(error) => Record::of_error(link.as_deref(), error),
        };
        // Strings and numbers, written to memory: nothing can fail.
        if serde_json::to_writer(&mut *out, &record).is_ok() {
            out.push(b'\n');
        }
    }
}
