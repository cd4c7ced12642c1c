//! The types that all stages use: 16 rows, and sets of them.

use std::ops::{BitAnd, BitOr, Not, Range};

use fearless_simd::{Simd, mask32x16, prelude::*, u32x16};

use crate::batch::row_store::without_carriage_return;

/// The number of rows that go through the stages together: as many as there are groups of four characters in a vector.
pub(super) const ROWS: usize = 16;
const _: () = assert!(4 * ROWS == crate::base64url::kernel::CHARS);

/// The length of the longest ID on the fast path. One in 5,000 is longer.
pub(super) const MAX_ID: usize = 1000;

/// The form of a row, which determines the bytes that belong to its link.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum RowForm {
    /// A line: it ends with `\n`, and a `\r` before that does not belong to the link.
    Line,
    /// A string: all of its bytes belong to the link.
    String,
}

impl RowForm {
    /// Removes what does not belong to the row.
    pub(super) fn trim(self, row: &[u8]) -> &[u8] {
        match self {
            RowForm::Line => without_carriage_return(row),
            RowForm::String => row,
        }
    }
}

/// The ranges of up to 16 rows in a block.
pub(super) struct Ranges {
    pub(super) starts: [usize; ROWS],
    pub(super) ends: [usize; ROWS],
    pub(super) len: usize,
}

impl Ranges {
    #[inline(always)]
    pub(super) fn starts(&self) -> &[usize] {
        &self.starts[..self.len.min(ROWS)]
    }

    #[inline(always)]
    pub(super) fn ends(&self) -> &[usize] {
        &self.ends[..self.len.min(ROWS)]
    }

    #[inline(always)]
    pub(super) fn get(&self, row: usize) -> Option<Range<usize>> {
        (row < self.len).then(|| self.starts[row]..self.ends[row])
    }
}

/// A set of rows, one bit for each of 16 rows. The upper 16 bits are 0.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub(super) struct RowSet(u32);

const ALL_ROWS: u32 = (1 << ROWS) - 1;

impl RowSet {
    /// Returns the rows whose lane is not 0.
    #[inline(always)]
    pub(super) fn from_lanes<S: Simd>(simd: S, lanes: &[u32; ROWS]) -> Self {
        !RowSet::from_mask(u32x16::from_slice(simd, lanes).simd_eq(0))
    }

    /// Returns the rows whose lane is set.
    #[inline(always)]
    pub(super) fn from_mask<S: Simd>(mask: mask32x16<S>) -> Self {
        RowSet(mask.to_bitmask() as u32 & ALL_ROWS)
    }

    /// Returns the rows of a range, which must be within `0..ROWS`.
    #[inline(always)]
    pub(super) fn from_range(rows: &Range<usize>) -> Self {
        RowSet((1 << rows.end) - (1 << rows.start))
    }

    #[inline(always)]
    pub(super) fn insert_if(&mut self, row: usize, condition: bool) {
        self.0 |= u32::from(condition) << row;
    }

    #[inline(always)]
    pub(super) fn is_empty(self) -> bool {
        self.0 == 0
    }

    #[inline(always)]
    pub(super) fn contains(self, row: usize) -> bool {
        self.0 >> row & 1 == 1
    }

    /// Returns the number of consecutive rows in the set from `row` on.
    #[inline(always)]
    pub(super) fn run_from(self, row: usize) -> usize {
        (self.0 >> row).trailing_ones() as usize
    }
}

impl BitAnd for RowSet {
    type Output = Self;

    #[inline(always)]
    fn bitand(self, other: Self) -> Self {
        RowSet(self.0 & other.0)
    }
}

impl BitOr for RowSet {
    type Output = Self;

    #[inline(always)]
    fn bitor(self, other: Self) -> Self {
        RowSet(self.0 | other.0)
    }
}

impl Not for RowSet {
    type Output = Self;

    #[inline(always)]
    fn not(self) -> Self {
        RowSet(!self.0 & ALL_ROWS)
    }
}

/// Iterates over the rows in ascending order.
impl Iterator for RowSet {
    type Item = usize;

    #[inline(always)]
    fn next(&mut self) -> Option<usize> {
        let row = self.0.trailing_zeros() as usize;
        self.0 &= self.0.wrapping_sub(1);
        (row < ROWS).then_some(row)
    }
}
