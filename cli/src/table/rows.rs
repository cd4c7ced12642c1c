//! Rows of a batch, as TSV and as JSON.

use std::io::Write;

use google_news_link::Kind;
use google_news_link::batch::{Batch, Column, Counts};

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
    pub(super) bytes: Vec<u8>,
    pub(super) counts: Counts,
    /// The number of bytes of the input that they were made of.
    pub(super) read: u64,
}

impl Rows {
    /// Empty rows, with the memory of others.
    pub(super) fn reuse(mut bytes: Vec<u8>) -> Self {
        bytes.clear();
        Rows { bytes, ..Rows::default() }
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
                Format::Tsv => write_tsv(&mut rows.bytes, batch, &mut links),
                Format::Jsonl => write_jsonl(&mut rows.bytes, batch, &mut links),
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

/// Nothing is allocated for a row: text is copied from the batch's columns, whose UTF-8 need not be validated again.
fn write_tsv(out: &mut Vec<u8>, batch: &Batch, lines: &mut Lines<'_>) {
    let (urls, amp_urls) = (batch.canonical_urls(), batch.amp_urls());
    let mut errors = batch.errors();
    let mut digits = itoa::Buffer::new();
    let with_link = lines.rest.is_some();
    for (row, (kind, url_len)) in batch.kinds().iter().zip(batch.url_lens()).enumerate() {
        if with_link {
            write_field(out, lines.next().unwrap_or_default());
            out.push(b'\t');
        }
        // The canonical URL, or the token.
        let text = text_of(&urls, row);
        match kind {
            Some(kind @ (Kind::OpaqueArticle | Kind::OpaqueRedirect)) => {
                out.extend_from_slice(kind.as_str().as_bytes());
                out.extend_from_slice(b"\t\t\t");
                out.extend_from_slice(text);
                out.extend_from_slice(b"\t\t");
            }
            Some(kind) => {
                out.extend_from_slice(kind.as_str().as_bytes());
                out.push(b'\t');
                out.extend_from_slice(text);
                out.push(b'\t');
                out.extend_from_slice(text_of(&amp_urls, row));
                out.extend_from_slice(b"\t\t\t");
            }
            None => {
                out.extend_from_slice(b"\t\t\t\t");
                if let Some((_, error)) = errors.next() {
                    // Writing to memory does not fail.
                    let _ = write!(out, "{error}");
                }
                out.push(b'\t');
            }
        }
        if let Some(url_len) = url_len {
            out.extend_from_slice(digits.format(url_len).as_bytes());
        }
        out.push(b'\n');
    }
}

fn text_of<'a>(column: &Column<'a>, row: usize) -> &'a [u8] {
    let offsets = column.offsets();
    &column.data()[offsets[row] as usize..offsets[row + 1] as usize]
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
