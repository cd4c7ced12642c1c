//! Decodes the lines of a block in vector registers, from the line end to the column.
//!
//! The steps of one row wait for each other, and each branch on a property of a single row (its form, its length, whether
//! it has an AMP URL) is mispredicted often. So 16 rows go through each stage together:
//!
//! ```text
//! newlines    where lines end, for 128 KiB at a time
//! find_ids    where the ID is in each line                     |https://news.google.com/rss/articles/[CBMi……]?oc=5
//! lengths     how long the strings in its message are          08 13 22 LL url… d2 01 AA amp-url…
//! copy_plan   which characters are decoded to which offset     a list of steps of 64 characters, for all rows
//! decode      the steps, straight into the columns             https://a.example/https://b.example/…
//! classify    article or opaque article                        https:// or AU_yqL
//! ```
//!
//! A stage returns how many rows there are before the first one that it does not accept. The fast path ends there: that row,
//! and those after it that are known not to be accepted either, are decoded by [`Batch::push_decoded`], which also finds the
//! error if there is one. The next 16 rows begin after them. What the decoder has written to the columns for rows that
//! are not accepted is overwritten, because a column's offsets end before it.
//!
//! Stages are functions that are not inlined, so that their tables and masks stay in registers; the closure that
//! it passes to [`Simd::vectorize`] is compiled with the vectors of the level.

use fearless_simd::Simd;

use super::{Batch, BatchFull, without_carriage_return};
use crate::base64url::Level;
use crate::target::Kind;
use copy_plan::CopyPlan;
use find_ids::{Ids, MAX_ID};
use lengths::StringParts;
use newlines::{SEGMENT, find_newlines};

mod classify;
mod copy_plan;
mod decode;
mod find_ids;
mod lengths;
mod newlines;

/// The number of rows that go through the stages together: as many as there are groups of four characters in a vector.
const ROWS: usize = 16;

/// The room for a decoded token, and for what a step of the copy plan stores.
const TOKEN_ROOM: usize = MAX_ID * 9 / 16 + crate::base64url::kernel::STORE;

/// The results of the stages, for 16 rows.
#[derive(Debug)]
pub(super) struct Pipeline {
    newlines: Vec<u32>,
    ids: Ids,
    /// The canonical URL or token.
    url: StringParts,
    /// The AMP URL or AMP token.
    amp_url: StringParts,
    /// 1 for a row that has the field of the AMP URL, which may be empty.
    has_amp_url: [u32; ROWS],
    /// A bit for each row whose ID was found and does not have the form of an article's.
    rejected: u32,
    url_plan: CopyPlan,
    amp_url_plan: CopyPlan,
    /// The offsets in the columns at which the strings end.
    url_ends: [i32; ROWS],
    amp_url_ends: [i32; ROWS],
    kinds: [Option<Kind>; ROWS],
    /// Tokens are decoded to here, only to validate them.
    token: [u8; TOKEN_ROOM],
}

impl Default for Pipeline {
    fn default() -> Self {
        Pipeline {
            newlines: Vec::new(),
            ids: Ids::default(),
            url: StringParts::default(),
            amp_url: StringParts::default(),
            has_amp_url: [0; ROWS],
            rejected: 0,
            url_plan: CopyPlan::default(),
            amp_url_plan: CopyPlan::default(),
            url_ends: [0; ROWS],
            amp_url_ends: [0; ROWS],
            kinds: [None; ROWS],
            token: [0; TOKEN_ROOM],
        }
    }
}

impl Pipeline {
    /// Decodes each line of `block` into a row of `batch`.
    #[inline(always)]
    pub(super) fn push_lines<S: Simd>(
        &mut self,
        simd: S,
        level: Level,
        block: &[u8],
        batch: &mut Batch,
    ) -> Result<(), BatchFull> {
        // More than 16 rows need: new columns that grow from nothing take a third longer.
        let room = block.len().min(SEGMENT) / 2;
        batch.urls.reserve(room);
        batch.amp_urls.reserve(room);
        let mut line = 0;
        for (segment, start) in block.chunks(SEGMENT).zip((0..).step_by(SEGMENT)) {
            let count = find_newlines(simd, segment, &mut self.newlines);
            let mut next = 0;
            while next < count {
                let mut ends = [0; ROWS];
                let newlines = &self.newlines[next..count];
                let rows = newlines.len().min(ROWS);
                for (end, &newline) in ends.iter_mut().zip(newlines) {
                    *end = start + newline as usize;
                }
                let ends = &ends[..rows];
                let fast = self.push_rows(simd, block, line, ends, batch);
                line = fast.checked_sub(1).map_or(line, |row| ends[row] + 1);
                // One more, and those after it that are known to be rejected.
                let slow = ((self.rejected >> fast).trailing_ones() as usize).clamp(1, ROWS);
                for &end in ends[fast..].iter().take(slow) {
                    batch.push_decoded(level, without_carriage_return(&block[line..end]), line)?;
                    line = end + 1;
                }
                next += (fast + slow).min(rows);
            }
        }
        // What follows the last line end.
        batch.push_lines_scalar(level, block, line)
    }

    /// Decodes the first of the lines that end at `ends`, the first of which starts at `line`, up to the first one that
    /// is not accepted. Returns their number.
    #[inline(always)]
    fn push_rows<S: Simd>(
        &mut self,
        simd: S,
        block: &[u8],
        line: usize,
        ends: &[usize],
        batch: &mut Batch,
    ) -> usize {
        let (urls, amp_urls) = (&mut batch.urls, &mut batch.amp_urls);
        let rows = self.ids.find(simd, block, line, ends);
        // 32 bits are enough for positions in 16 lines, once lines without an ID are left out.
        let lines = &block[line..];
        let rows = self.read_lengths(simd, lines, rows);
        if rows == 0 {
            return 0;
        }
        let (url_end, amp_url_end) = self.plan_copies(simd, rows, urls.len(), amp_urls.len());
        if url_end > urls.max_len || amp_url_end > amp_urls.max_len {
            return 0;
        }
        urls.reserve_until(url_end);
        amp_urls.reserve_until(amp_url_end);
        let rows = self.decode(simd, lines, rows, &mut urls.bytes, &mut amp_urls.bytes);
        let rows = self.classify(simd, rows, &urls.bytes, &amp_urls.bytes);
        batch.kinds.extend_from_slice(&self.kinds[..rows]);
        urls.offsets.extend_from_slice(&self.url_ends[..rows]);
        amp_urls.offsets.extend_from_slice(&self.amp_url_ends[..rows]);
        rows
    }

    /// The strings of a row, which were decoded.
    fn strings<'a>(&self, row: usize, urls: &'a [u8], amp_urls: &'a [u8]) -> (&'a [u8], &'a [u8]) {
        let (url_end, amp_url_end) = (self.url_ends[row] as usize, self.amp_url_ends[row] as usize);
        let (url_len, amp_url_len) = (self.url.len[row] as usize, self.amp_url.len[row] as usize);
        (&urls[url_end - url_len..url_end], &amp_urls[amp_url_end - amp_url_len..amp_url_end])
    }
}
