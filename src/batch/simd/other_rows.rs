//! Rows that the stages cannot decode, in the middle of rows that they can.

use super::rows::{ROWS, Ranges, RowForm, RowSet};
use crate::base64url::Level;
use crate::batch::row_store::RowStore;
use crate::target::Kind;

/// The results of rows that were decoded one by one, which wait here until all 32 rows are pushed together.
#[derive(Debug, Default)]
pub(super) struct OtherRows {
    /// `None` for a row with an error.
    pub(super) kinds: [Option<Kind>; ROWS],
    /// The canonical URLs and tokens.
    pub(super) urls: OtherStrings,
    /// The AMP URLs and AMP tokens.
    pub(super) amp_urls: OtherStrings,
}

/// The strings of the other rows for one column.
#[derive(Debug, Default)]
pub(super) struct OtherStrings {
    /// The strings, concatenated in the order of the rows.
    bytes: Vec<u8>,
    pub(super) lens: [u32; ROWS],
}

impl OtherRows {
    /// Decodes the rows `others` of `block`, which will be pushed to `batch` next.
    #[inline(never)]
    pub(super) fn decode(
        &mut self,
        level: Level,
        block: &[u8],
        rows: &Ranges,
        form: RowForm,
        others: RowSet,
        batch: &mut RowStore,
    ) {
        self.urls.bytes.clear();
        self.amp_urls.bytes.clear();
        for row in others {
            let Some(range) = rows.get(row) else { break };
            batch.decode_ahead(level, form.trim(&block[range]), batch.len() + row, |kind, url, amp_url| {
                self.kinds[row] = kind;
                self.urls.push(row, url);
                self.amp_urls.push(row, amp_url);
            });
        }
    }
}

impl OtherStrings {
    fn push(&mut self, row: usize, string: &str) {
        self.bytes.extend_from_slice(string.as_bytes());
        self.lens[row] = string.len() as u32;
    }

    /// Copies the strings to a column, in which they end at `ends`. `others` must contain all rows that
    /// [`OtherRows::decode`] decoded, also those without a string.
    #[inline(never)]
    pub(super) fn copy_to(&self, column: &mut [u8], others: RowSet, ends: &[i32; ROWS]) {
        let mut bytes = &self.bytes[..];
        for row in others {
            let (string, rest) = bytes.split_at(self.lens[row] as usize);
            let end = ends[row] as usize;
            column[end - string.len()..end].copy_from_slice(string);
            bytes = rest;
        }
    }
}
