//! Rows of a batch, as TSV and as JSON.

use std::io::Write;
use std::ops::Range;

use google_news_link::Kind;
use google_news_link::batch::{Batch, Counts, Errors, Kinds};

use super::Format;
use crate::failure::Failure;
use crate::record::Record;

/// The style of rows.
#[derive(Clone, Copy)]
pub(super) struct Style {
    format: Format,
    with_link: bool,
}

/// Rows that are to be written.
#[derive(Default)]
pub(super) struct Rows {
    buffer: Buffer,
    pub(super) counts: Counts,
    /// The number of bytes of the input from which they were decoded.
    pub(super) read: u64,
}

impl Rows {
    pub(super) fn as_bytes(&self) -> &[u8] {
        &self.buffer.bytes[..self.buffer.len]
    }

    pub(super) fn len(&self) -> usize {
        self.buffer.len
    }

    /// Removes all rows and keeps the memory.
    pub(super) fn clear(&mut self) {
        self.buffer.len = 0;
        (self.counts, self.read) = (Counts::default(), 0);
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

    /// Appends a row for each line. Whenever there are enough rows, `hand_on` is called and must write and remove them.
    pub(super) fn write(
        self,
        rows: &mut Rows,
        batch: &mut Batch,
        mut lines: &[u8],
        hand_on: &mut impl HandOn,
    ) -> Result<(), Failure> {
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
                Format::Tsv => write_tsv(rows, batch, &mut links, hand_on)?,
                Format::Jsonl => write_jsonl(rows, batch, &mut links, hand_on)?,
            }
        }
        Ok(())
    }
}

/// Writes rows and removes them.
pub(super) trait HandOn: FnMut(&mut Rows) -> Result<(), Failure> {}

impl<F: FnMut(&mut Rows) -> Result<(), Failure>> HandOn for F {}

/// Rows are written in parts of about this size, because the rows of a block of empty lines are 50 times as long as the block.
const ROWS_AT_ONCE: usize = 1 << 20;

/// The length of the longest link that the library decodes.
const MAX_LINK_LEN: usize = 65_536;

/// The lines of a block, if they are wanted.
struct Lines<'a> {
    rest: Option<&'a [u8]>,
}

impl<'a> Lines<'a> {
    /// Returns the next line, or `None` if it is too long, because the block contains only a part of it.
    fn next(&mut self) -> Option<&'a [u8]> {
        let rest = self.rest?;
        let end = memchr::memchr(b'\n', rest);
        self.rest = Some(end.map_or(&[], |end| &rest[end + 1..]));
        let line = &rest[..end.unwrap_or(rest.len())];
        let line = line.strip_suffix(b"\r").unwrap_or(line);
        (line.len() <= MAX_LINK_LEN).then_some(line)
    }
}

/// A buffer that is not cleared when it is used again: the bytes after the first `len` are leftovers.
#[derive(Default)]
struct Buffer {
    bytes: Vec<u8>,
    len: usize,
}

/// The number of bytes that are copied at once, without a call and without a loop, whose trip count would be
/// mispredicted. Nine of ten strings have at most this length.
const AT_ONCE: usize = 128;

/// The ends of rows by the length of the URL: three tabs, its digits and a line end. Nearly all lengths are below 1,000.
const ENDS: [[u8; 8]; 1000] = {
    let mut ends = [*b"\t\t\t    \0"; 1000];
    let mut number = 0;
    while number < 1000 {
        let digits =
            [b'0' + (number / 100) as u8, b'0' + (number / 10 % 10) as u8, b'0' + (number % 10) as u8];
        let count = digit_count(number);
        let mut i = 0;
        while i < count {
            ends[number][3 + i] = digits[3 - count + i];
            i += 1;
        }
        ends[number][3 + count] = b'\n';
        number += 1;
    }
    ends
};

/// Returns the number of digits of a number below 1,000.
const fn digit_count(number: usize) -> usize {
    1 + (number > 9) as usize + (number > 99) as usize
}

impl Buffer {
    /// Makes room for `len` bytes and for the bytes that are copied together with them.
    fn reserve(&mut self, len: usize) {
        let needed = self.len + len + AT_ONCE;
        if self.bytes.len() < needed {
            self.bytes.resize(needed.max(self.bytes.len() * 2), 0);
        }
    }

    /// Appends a string, for which there must be room.
    #[inline(always)]
    fn push(&mut self, string: &[u8]) {
        self.bytes[self.len..self.len + string.len()].copy_from_slice(string);
        self.len += string.len();
    }

    /// Appends a string that is a part of `data`, for which there must be room.
    #[inline(always)]
    fn push_part(&mut self, data: &[u8], part: Range<usize>) {
        let len = part.len();
        let from = data[part.start..].first_chunk::<AT_ONCE>();
        match (from, self.bytes[self.len..].first_chunk_mut()) {
            (Some(from), Some(to)) if len <= AT_ONCE => *to = *from,
            _ => self.bytes[self.len..self.len + len].copy_from_slice(&data[part]),
        }
        self.len += len;
    }

    /// Appends the end of a row, for which there must be room: an empty token, no error and the length of the URL.
    #[inline(always)]
    fn push_end(&mut self, url_len: usize) {
        match ENDS.get(url_len) {
            Some(end) => {
                self.push(end);
                self.len -= end.len() - (3 + digit_count(url_len) + 1);
            }
            None => {
                self.push(b"\t\t\t");
                self.push_number(url_len);
                self.push(b"\n");
            }
        }
    }

    /// Appends a number, for which there must be room.
    fn push_number(&mut self, number: usize) {
        self.push(itoa::Buffer::new().format(number).as_bytes());
    }

    /// Calls `write` with a vector of the bytes in use, to which it may append.
    fn append(&mut self, write: impl FnOnce(&mut Vec<u8>)) {
        self.bytes.truncate(self.len);
        write(&mut self.bytes);
        self.len = self.bytes.len();
    }
}

/// The number of rows for which room is made together.
const ROWS_OF_PART: usize = 64;

/// The room for a row's kind, tabs, length and line end.
const ROW_ROOM: usize = 64;

/// Writes rows as TSV. Nothing is allocated per row: strings are copied from the batch's columns, without validating their UTF-8 again.
fn write_tsv(
    rows: &mut Rows,
    batch: &Batch,
    lines: &mut Lines<'_>,
    hand_on: &mut impl HandOn,
) -> Result<(), Failure> {
    let columns = Columns::of(batch);
    let mut errors = batch.errors();
    for start in (0..batch.len()).step_by(ROWS_OF_PART) {
        let part = start..batch.len().min(start + ROWS_OF_PART);
        columns.write(&mut rows.buffer, part, lines, &mut errors);
        if rows.len() >= ROWS_AT_ONCE {
            hand_on(rows)?;
        }
    }
    Ok(())
}

/// The columns of a batch.
struct Columns<'a> {
    batch: &'a Batch,
    kinds: Kinds<'a>,
    /// The canonical URLs and tokens.
    urls: &'a [u8],
    url_offsets: &'a [i32],
    /// The AMP URLs and AMP tokens.
    amp_urls: &'a [u8],
    amp_url_offsets: &'a [i32],
}

impl<'a> Columns<'a> {
    fn of(batch: &'a Batch) -> Self {
        let (urls, amp_urls) = (batch.canonical_urls(), batch.amp_urls());
        Columns {
            batch,
            kinds: batch.kinds(),
            urls: urls.data(),
            url_offsets: urls.offsets(),
            amp_urls: amp_urls.data(),
            amp_url_offsets: amp_urls.offsets(),
        }
    }

    fn write(&self, out: &mut Buffer, rows: Range<usize>, lines: &mut Lines<'_>, errors: &mut Errors<'_>) {
        let of_rows = |offsets: &'a [i32]| &offsets[rows.start..=rows.end];
        let (url_offsets, amp_url_offsets) = (of_rows(self.url_offsets), of_rows(self.amp_url_offsets));
        let len = |offsets: &[i32]| (offsets[rows.len()] - offsets[0]) as usize;
        let room = len(url_offsets) + len(amp_url_offsets) + rows.len() * ROW_ROOM;
        out.reserve(room);
        let part = |offsets: &[i32]| offsets[0] as usize..offsets[1] as usize;
        let parts = url_offsets.windows(2).zip(amp_url_offsets.windows(2));
        // Scratch memory for a line or an error.
        let mut scratch = Vec::new();
        for (row, (url, amp_url)) in rows.zip(parts) {
            let (url, amp_url) = (part(url), part(amp_url));
            if lines.rest.is_some() {
                scratch.clear();
                write_field(&mut scratch, lines.next().unwrap_or_default());
                scratch.push(b'\t');
                out.reserve(scratch.len() + room);
                out.push(&scratch);
            }
            match self.kinds.get(row) {
                Some(Kind::Article) => {
                    let url_len = url.len();
                    out.push(b"article\t");
                    out.push_part(self.urls, url);
                    out.push(b"\t");
                    out.push_part(self.amp_urls, amp_url);
                    out.push_end(url_len);
                    continue;
                }
                Some(kind @ (Kind::OpaqueArticle | Kind::OpaqueRedirect)) => {
                    out.push(kind.as_str().as_bytes());
                    out.push(b"\t\t\t");
                    out.push_part(self.urls, url);
                    out.push(b"\t\t");
                }
                Some(kind) => {
                    out.push(kind.as_str().as_bytes());
                    out.push(b"\t");
                    out.push_part(self.urls, url);
                    out.push(b"\t");
                    out.push_part(self.amp_urls, amp_url);
                    out.push(b"\t\t\t");
                }
                None => {
                    scratch.clear();
                    if let Some((_, error)) = errors.next() {
                        // Writing to memory does not fail.
                        let _ = write!(scratch, "{error}");
                    }
                    out.reserve(scratch.len() + room);
                    out.push(b"\t\t\t\t");
                    out.push(&scratch);
                    out.push(b"\t");
                }
            }
            if let Some(url_len) = self.batch.url_lens().get(row) {
                out.push_number(url_len);
            }
            out.push(b"\n");
        }
    }
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

fn write_jsonl(
    rows: &mut Rows,
    batch: &Batch,
    lines: &mut Lines<'_>,
    hand_on: &mut impl HandOn,
) -> Result<(), Failure> {
    for target in batch {
        let link = lines.next().map(String::from_utf8_lossy);
        let record = match &target {
            Ok(target) => Record::of_target(link.as_deref(), target),
            Err(error) => Record::of_error(link.as_deref(), error),
        };
        rows.buffer.append(|out| {
            // Strings and numbers, written to memory: nothing can fail.
            if serde_json::to_writer(&mut *out, &record).is_ok() {
                out.push(b'\n');
            }
        });
        if rows.len() >= ROWS_AT_ONCE {
            hand_on(rows)?;
        }
    }
    Ok(())
}
