//! Decodes the lines of a block in vector registers, from the line end to the column.
//!
//! # The idea
//!
//! Decoding one row is a chain of instructions that wait for each other's results, and each branch on a property of a
//! single row (its form, its length, whether it has an AMP URL) is mispredicted often. So 32 rows go through each stage
//! together, and a stage has no branch that depends on a single row, except for the few strings that are longer than
//! most. The stages run in this order, and each reads what earlier ones have written:
//!
//! ```text
//! line_ends     where lines end, for 128 KiB at a time
//! find_ids      where the ID is in each line                     |https://news.google.com/rss/articles/CBMi……?oc=5
//! read_lengths  how long the strings in its message are,         08 13 22 LL url… d2 01 AA amp-url…
//!               and from that where the ID ends
//! decode        the strings, straight into the columns           https://a.example/https://b.example/…
//! check         whether the new bytes are printable ASCII
//! classify      article or opaque article                        https:// or AU_yqL
//! ```
//!
//! # One row
//!
//! The link `https://news.google.com/rss/articles/CBMiFmh0dHBzOi8vYW11LnR2LzExMTkzMS_SAQA?oc=5` is at position 0. The
//! column of URLs already contains 100 bytes, that of AMP URLs 70:
//!
//! ```text
//! position    0                                    37  41                                 76   81
//!             https://news.google.com/rss/articles/CBMiFmh0dHBzOi8vYW11LnR2LzExMTkzMS_SAQA?oc=5\n
//! message     08 13 22 | 16 h t t p s : / / a m u . t v / 1 1 1 9 3 1 / | d2 01 00
//!
//! line_ends     the line ends at 81
//! find_ids      prefix of 41 bytes, so the ID starts at 37
//! read_lengths  URL: 22 bytes, after the length byte in the characters from 41 on; AMP URL: 0 bytes; the ID has 39 characters, then `?`
//! decode        31 characters from position 41 on, to offset 100, skipping the first byte:
//!               https://amu.tv/111931/ and junk, which the next row overwrites; no AMP URL
//! columns       the URL ends at 122, the AMP URL at 70
//! ```
//!
//! # Strings
//!
//! A row is a line of a block, or one of the strings of an Arrow array, which are stored without a separator. The
//! stages load vectors that reach beyond the end of a row. A line is followed by `\n`, which occurs in no prefix and in
//! no ID. A string is followed by the next one, which may look like more of its ID; but then the computed end of the
//! ID is past the end of the string, so the row is not accepted.
//!
//! # Rows that are not accepted
//!
//! The lengths tell which rows the stages cannot decode. [`RowStore::decode_ahead`] decodes these rows before the
//! others, or finds their errors. Their strings are copied into the gaps between those of the accepted rows, so that
//! all 32 rows can be pushed together:
//!
//! ```text
//! rows      article           topic   truncated   redirect          article
//! URLs      https://a.ex…/    -       -           http://b.ex…/     https://c.ex…/
//!           decoded                               copied            decoded
//! ```
//!
//! Later stages can find a fault: an invalid character, a byte that is not printable, a URL that must not be returned.
//! Then all rows with a fault are found, and the 32 rows are decoded again, now without accepting these. What was written
//! to the columns is overwritten.
//!
//! In the mix of real links, fewer than one row in 500 is not accepted; in the benchmark's corpus, one in 50.
//!
//! # Optimizations
//!
//! The numbers are the nanoseconds per row that each has gained on Zen 4; two numbers are those of AVX-512 and of AVX2.
//! The input is the mix of real links, in memory unless "from the cache" is noted.
//!
//! 1. Each stage is a function that is not inlined, so that its tables and masks stay in registers; the closure that it passes to
//!    [`Simd::vectorize`] is compiled with the vectors of the level. 6 ns.
//! 2. A string is decoded in a fixed number of steps, however short it is, because the trip count of a loop per string
//!    would be mispredicted. 8 and 6 ns.
//! 3. No work is done twice: the end of the ID follows from the lengths, so it is not searched; the vectors that the
//!    decoder needs anyway mark invalid characters; the bytes are checked in the finished column; AMP URLs are
//!    decoded and classified only in rows that have one. 3 and 10 ns.
//! 4. Vectors are assembled in registers, not in memory. 0 and 3 ns (from the cache).
//! 5. Indices have types that guarantee their bounds, so that these are not checked; sets of rows are bit sets. 2 ns
//!    (from the cache).
//! 6. Line ends are searched in eight parts of a segment side by side, because one stream of loads does not saturate
//!    the memory bandwidth. 9 ns (Sapphire Rapids).
//! 7. 32 rows go through a stage, not 16: a stage loads its constants and mispredicts the end of its loop half as often
//!    per row. 2 and 1 ns.
//! 8. With AVX-512, the characters of a string are selected by comparing their indices. Loading a mask takes longer,
//!    because it crosses a cache line. 1 ns.
//! 9. With AVX-512, the hosts of two URLs are examined in one vector. 1 ns.
//! 10. The three steps of reading lengths wait for each other's loads, so each is done for all 32 rows before the next one. 2 and
//!     0 ns (from the cache).
//! 11. With AVX-512, the bytes of four decoding steps are stored as three vectors, because a store that crosses a cache line
//!     takes as long as the rest of a step. 1 ns (the corpus, in which more rows have two strings).
//!
//! Every stage has a scalar twin next to it, against which it is tested on every level.

use std::ops::Range;

use fearless_simd::Simd;

use super::row_store::{BatchFull, RowStore, check_range};
use crate::base64url::{Level, are_base64url};
use crate::target::Kind;
use check::{is_printable, is_printable_scalar};
use decode::decode_strings;
use find_ids::Ids;
use line_ends::{LineEnds, SEGMENT};
use read_lengths::Strings;
use rows::{ROWS, Ranges, RowForm, RowSet};

mod check;
mod classify;
mod decode;
mod find_ids;
mod line_ends;
mod other_rows;
mod read_lengths;
mod rows;

/// The column of URLs is expected to take at most 1 / 2 of the bytes of a block of links. For real links, it takes
/// 1 / 2.5.
const URL_SHARE: usize = 2;

/// The column of AMP URLs is expected to take at most 1 / 4 of the bytes of a block of links. For real links, it takes
/// 1 / 7.
const AMP_URL_SHARE: usize = 4;

/// The results of the stages, for 32 rows.
#[derive(Debug, Default)]
pub(super) struct Pipeline {
    line_ends: LineEnds,
    ids: Ids,
    strings: Strings,
    /// The strings of rows that were decoded one by one, which wait here until all 32 rows are pushed together. They are
    /// concatenated in the order of the rows.
    other_urls: Vec<u8>,
    other_amp_urls: Vec<u8>,
    /// The offsets in the columns at which the strings end.
    url_ends: [i32; ROWS],
    amp_url_ends: [i32; ROWS],
    /// `Article`, the most frequent kind, until the row is classified; `None` for a row with an error.
    kinds: [Option<Kind>; ROWS],
}

impl Pipeline {
    /// Decodes each line of `block` into a row of `batch`.
    #[inline(always)]
    pub(super) fn push_lines<S: Simd>(
        &mut self,
        simd: S,
        level: Level,
        block: &[u8],
        batch: &mut RowStore,
    ) -> Result<(), BatchFull> {
        batch.urls.reserve_first(block.len() / URL_SHARE);
        batch.amp_urls.reserve_first(block.len() / AMP_URL_SHARE);
        let mut line = 0;
        for (segment, start) in block.chunks(SEGMENT).zip((0..).step_by(SEGMENT)) {
            self.line_ends.find(simd, segment);
            let mut next = 0;
            while next < self.line_ends.positions().len() {
                let line_ends = &self.line_ends.positions()[next..];
                let mut rows = Ranges { starts: [0; ROWS], ends: [0; ROWS], len: line_ends.len().min(ROWS) };
                let first = line;
                for ((of_row, end), &line_end) in rows.starts.iter_mut().zip(&mut rows.ends).zip(line_ends) {
                    *of_row = line;
                    *end = start + line_end as usize;
                    line = *end + 1;
                }
                self.push_rows(simd, level, block, first, &rows, RowForm::Line, batch)?;
                next += rows.len;
            }
        }
        // The bytes after the last line end.
        batch.push_lines_scalar(level, block, line)
    }

    /// Decodes the string at each of `ranges` into a row of `batch`.
    #[inline(always)]
    pub(super) fn push_strings<S: Simd>(
        &mut self,
        simd: S,
        level: Level,
        data: &[u8],
        mut ranges: impl Iterator<Item = Range<usize>>,
        batch: &mut RowStore,
    ) -> Result<(), BatchFull> {
        loop {
            let mut rows = Ranges { starts: [0; ROWS], ends: [0; ROWS], len: 0 };
            let mut base = data.len();
            for ((start, end), range) in rows.starts.iter_mut().zip(&mut rows.ends).zip(&mut ranges) {
                check_range(&range, data.len());
                base = base.min(range.start);
                (*start, *end) = (range.start, range.end);
                rows.len += 1;
            }
            if rows.len == 0 {
                return Ok(());
            }
            self.push_rows(simd, level, data, base, &rows, RowForm::String, batch)?;
        }
    }

    /// Decodes up to 32 rows of `block`, none of which starts before `base`.
    #[expect(
        clippy::too_many_arguments,
        reason = "the function is inlined, and a struct of arguments would only be taken apart again"
    )]
    #[inline(always)]
    fn push_rows<S: Simd>(
        &mut self,
        simd: S,
        level: Level,
        block: &[u8],
        base: usize,
        rows: &Ranges,
        form: RowForm,
        batch: &mut RowStore,
    ) -> Result<(), BatchFull> {
        self.ids.find(simd, block, base, rows);
        self.strings.read(simd, &block[base..], &self.ids);
        self.kinds = [Some(Kind::Article); ROWS];
        while !self.strings.accepted.is_empty() {
            let others = RowSet::first(rows.len) & !self.strings.accepted;
            if !others.is_empty() {
                batch.drop_pending();
                self.decode_others(level, block, rows, form, others, batch);
            }
            match self.push_together(simd, &block[base..], rows.len, batch) {
                Outcome::Pushed => return Ok(()),
                Outcome::Faults(faulty) => self.strings.accepted = self.strings.accepted & !faulty,
                Outcome::NotTogether => break,
            }
        }
        batch.drop_pending();
        for range in rows.iter() {
            batch.push_decoded(level, form.trim(&block[range.clone()]), range.start)?;
        }
        Ok(())
    }

    /// Pushes the first `len` rows, unless one has a fault. Each of them was accepted, or was decoded as one of the
    /// [other rows](Self::decode_others). The IDs are in `lines`.
    #[inline(always)]
    fn push_together<S: Simd>(&mut self, simd: S, lines: &[u8], len: usize, batch: &mut RowStore) -> Outcome {
        let (urls, amp_urls) = (&mut batch.urls, &mut batch.amp_urls);
        let (url_start, amp_url_start) = (urls.len(), amp_urls.len());
        let strings = &self.strings;
        let url_end = end_strings(&strings.url.len, len, url_start, &mut self.url_ends);
        let amp_url_end = end_strings(&strings.amp_url.len, len, amp_url_start, &mut self.amp_url_ends);
        if url_end > urls.max_len || amp_url_end > amp_urls.max_len {
            return Outcome::NotTogether;
        }
        urls.reserve_until(url_end);
        amp_urls.reserve_until(amp_url_end);
        let is_url_valid =
            decode_strings(simd, &strings.url, strings.accepted, &self.url_ends, lines, &mut urls.bytes);
        let with_amp_url = strings.accepted & strings.has_amp_url_text;
        let is_amp_url_valid = decode_strings(
            simd,
            &strings.amp_url,
            with_amp_url,
            &self.amp_url_ends,
            lines,
            &mut amp_urls.bytes,
        );
        let Some((is_url_valid, is_amp_url_valid)) = is_url_valid.zip(is_amp_url_valid) else {
            debug_assert!(false, "accepted strings are within the lines and the columns");
            return Outcome::NotTogether;
        };
        let others = RowSet::first(len) & !strings.accepted;
        if !others.is_empty() {
            self.copy_others(others, &mut urls.bytes, &mut amp_urls.bytes);
        }
        let is_valid = is_url_valid
            && is_amp_url_valid
            && is_printable(simd, &urls.bytes[..url_end], url_start)
            && is_printable(simd, &amp_urls.bytes[..amp_url_end], amp_url_start);
        let mut faulty = RowSet::default();
        if !is_valid {
            faulty = self.find_invalid_rows(lines, &urls.bytes, &amp_urls.bytes);
            self.strings.accepted = self.strings.accepted & !faulty;
        }
        faulty = faulty | self.classify(simd, &urls.bytes, &amp_urls.bytes);
        if !faulty.is_empty() {
            return Outcome::Faults(faulty);
        }
        batch.kinds.extend_from_slice(&self.kinds[..len]);
        urls.offsets.extend_from_slice(&self.url_ends[..len]);
        amp_urls.offsets.extend_from_slice(&self.amp_url_ends[..len]);
        Outcome::Pushed
    }

    /// Returns the accepted rows with an invalid character or a byte that is not printable.
    #[cold]
    #[inline(never)]
    fn find_invalid_rows(&self, lines: &[u8], urls: &[u8], amp_urls: &[u8]) -> RowSet {
        let mut invalid = RowSet::default();
        for row in self.strings.accepted {
            let id = &lines[self.ids.start[row] as usize..][..self.strings.id_len[row] as usize];
            let (url, amp_url) = self.strings_of(row, urls, amp_urls);
            let is_valid = are_base64url(id) && is_printable_scalar(url) && is_printable_scalar(amp_url);
            invalid.insert_if(row, !is_valid);
        }
        invalid
    }

    /// Returns the decoded strings of a row.
    fn strings_of<'a>(&self, row: usize, urls: &'a [u8], amp_urls: &'a [u8]) -> (&'a [u8], &'a [u8]) {
        let (url_end, amp_url_end) = (self.url_ends[row] as usize, self.amp_url_ends[row] as usize);
        let (url_len, amp_url_len) =
            (self.strings.url.len[row] as usize, self.strings.amp_url.len[row] as usize);
        (&urls[url_end - url_len..url_end], &amp_urls[amp_url_end - amp_url_len..amp_url_end])
    }
}

/// What became of rows that were to be pushed together.
enum Outcome {
    Pushed,
    /// None was pushed, because these rows have faults.
    Faults(RowSet),
    /// None was pushed, because the columns have no room for all of them, or a string is out of bounds.
    NotTogether,
}

/// Computes where the strings of the first rows will end in a column of `column_len` bytes. Returns the length that the
/// column will have.
#[inline(always)]
fn end_strings(lens: &[u32; ROWS], rows: usize, column_len: usize, ends: &mut [i32; ROWS]) -> usize {
    let mut end = column_len;
    for (&len, of_row) in lens.iter().zip(ends).take(rows) {
        end += len as usize;
        *of_row = end as i32;
    }
    end
}
