//! Rows that the stages cannot decode, in the middle of rows that they can.

use super::Pipeline;
use super::rows::{ROWS, Ranges, RowForm, RowSet};
use crate::base64url::Level;
use crate::batch::row_store::RowStore;

impl Pipeline {
    /// Decodes the rows `others` of `block`, which will be pushed to `batch` next, and stores their kinds and the lengths
    /// of their strings. The kind is `None` for a row with an error.
    #[inline(never)]
    pub(super) fn decode_others(
        &mut self,
        level: Level,
        block: &[u8],
        rows: &Ranges,
        form: RowForm,
        others: RowSet,
        batch: &mut RowStore,
    ) {
        self.other_urls.clear();
        self.other_amp_urls.clear();
        for row in others {
            let Some(range) = rows.get(row) else { break };
            batch.decode_ahead(level, form.trim(&block[range]), batch.len() + row, |kind, url, amp_url| {
                self.kinds[row] = kind;
                self.strings.url.len[row] = url.len() as u32;
                self.strings.amp_url.len[row] = amp_url.len() as u32;
                self.other_urls.extend_from_slice(url.as_bytes());
                self.other_amp_urls.extend_from_slice(amp_url.as_bytes());
            });
        }
    }

    /// Copies the strings of the rows `others` to the columns. These must be all rows that
    /// [`decode_others`](Self::decode_others) decoded, also those without a string.
    pub(super) fn copy_others(&self, others: RowSet, urls: &mut [u8], amp_urls: &mut [u8]) {
        // Often empty: half of these rows have errors, and others have no URL.
        if !self.other_urls.is_empty() {
            copy_strings(&self.other_urls, &self.strings.url.len, others, &self.url_ends, urls);
        }
        if !self.other_amp_urls.is_empty() {
            let lens = &self.strings.amp_url.len;
            copy_strings(&self.other_amp_urls, lens, others, &self.amp_url_ends, amp_urls);
        }
    }
}

/// Copies the strings of `rows`, which are concatenated in `strings`, to a column, in which they end at `ends`.
#[inline(never)]
fn copy_strings(mut strings: &[u8], lens: &[u32; ROWS], rows: RowSet, ends: &[i32; ROWS], column: &mut [u8]) {
    for row in rows {
        let (string, rest) = strings.split_at(lens[row] as usize);
        let end = ends[row] as usize;
        column[end - string.len()..end].copy_from_slice(string);
        strings = rest;
    }
}
