//! The types that all stages use: 32 rows, and sets of them.

use std::ops::{BitAnd, BitOr, Not, Range};

use fearless_simd::{Simd, mask32x16, prelude::*, u32x16};

use crate::batch::row_store::without_carriage_return;

/// The number of rows that go through the stages together. Each stage begins with loading its constants and ends with a
/// mispredicted branch out of a loop, which costs less per row if there are more rows; 64 rows are not faster.
pub(super) const ROWS: usize = 32;

/// The number of rows whose numbers fit in a vector: as many as there are groups of four characters in one.
pub(super) const LANES: usize = 16;
const _: () = assert!(4 * LANES == crate::base64url::kernel::CHARS && ROWS.is_multiple_of(LANES));

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

/// The ranges of up to 32 rows in a block. Unused elements are 0.
pub(super) struct Ranges {
    pub(super) starts: [usize; ROWS],
    pub(super) ends: [usize; ROWS],
    pub(super) len: usize,
}

impl Ranges {
    /// Returns the number of rows before the first one that ends after `last`, at most [`ROWS`].
    #[inline(always)]
    pub(super) fn count_until(&self, last: usize) -> usize {
        let len = self.len.min(ROWS);
        // Nearly always all of them. The compiler vectorizes this loop, but not a search.
        if self.ends.iter().fold(0, |max, &end| end.max(max)) <= last {
            return len;
        }
        self.ends[..len].iter().take_while(|&&end| end <= last).count()
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = Range<usize>> {
        (0..ROWS).map_while(|row| self.get(row))
    }

    #[inline(always)]
    pub(super) fn get(&self, row: usize) -> Option<Range<usize>> {
        (row < self.len).then(|| self.starts[row]..self.ends[row])
    }
}

/// A set of rows, one bit for each of 32 rows. The upper 32 bits are 0.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub(super) struct RowSet(u64);

const ALL_ROWS: u64 = (1 << ROWS) - 1;

impl RowSet {
    /// Returns the rows whose lane is not 0.
    #[inline(always)]
    pub(super) fn from_lanes<S: Simd>(simd: S, lanes: &[u32; ROWS]) -> Self {
        !RowSet::filter(simd, lanes, |lanes| lanes.simd_eq(0))
    }

    /// Returns the rows for whose lane `condition` is true.
    #[inline(always)]
    pub(super) fn filter<S: Simd>(
        simd: S,
        lanes: &[u32; ROWS],
        condition: impl Fn(u32x16<S>) -> mask32x16<S>,
    ) -> Self {
        let mut rows = 0;
        for (lanes, first) in lanes.as_chunks::<LANES>().0.iter().zip((0..).step_by(LANES)) {
            let mask = condition(u32x16::from_slice(simd, lanes)).to_bitmask();
            rows |= (mask & ((1 << LANES) - 1)) << first;
        }
        RowSet(rows)
    }

    /// Returns the first `len` rows, at most all of them.
    #[inline(always)]
    pub(super) fn first(len: usize) -> Self {
        RowSet((1 << len.min(ROWS)) - 1)
    }

    #[inline(always)]
    pub(super) fn insert_if(&mut self, row: usize, condition: bool) {
        self.0 |= u64::from(condition) << row;
    }

    #[inline(always)]
    pub(super) fn is_empty(self) -> bool {
        self.0 == 0
    }

    #[inline(always)]
    pub(super) fn contains(self, row: usize) -> bool {
        self.0 >> row & 1 == 1
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base64url::{Level, dispatch};
    use quickcheck::QuickCheck;

    #[test]
    fn sets_have_the_rows_that_were_put_in() {
        fn property(lanes: Vec<u8>, len: usize) {
            let mut values = [0; ROWS];
            values.iter_mut().zip(&lanes).for_each(|(value, &lane)| *value = u32::from(lane % 3));
            let rows =
                |is_in: &dyn Fn(usize) -> bool| (0..ROWS).filter(|&row| is_in(row)).collect::<Vec<_>>();
            let expected = rows(&|row| values[row] != 0);
            for level in Level::available() {
                let found = dispatch!(level, simd => Some(RowSet::from_lanes(simd, &values)), else None);
                let Some(found) = found else { continue };
                assert_eq!(found.collect::<Vec<_>>(), expected, "{level:?}");
                assert_eq!((!found).collect::<Vec<_>>(), rows(&|row| values[row] == 0), "{level:?}");
                assert_eq!(rows(&|row| found.contains(row)), expected, "{level:?}");
                assert_eq!(found.is_empty(), expected.is_empty());
            }
            let len = len % (ROWS + 2);
            assert_eq!(RowSet::first(len).collect::<Vec<_>>(), rows(&|row| row < len));
        }
        QuickCheck::new().quickcheck(property as fn(_, _));
    }

    #[test]
    fn rows_are_counted_until_one_ends_too_late() {
        fn property(of_rows: Vec<u8>, last: u8) {
            let mut rows = Ranges { starts: [0; ROWS], ends: [0; ROWS], len: of_rows.len().min(ROWS) };
            rows.ends.iter_mut().zip(&of_rows).for_each(|(end, &of_row)| *end = of_row.into());
            let expected = of_rows.iter().take(ROWS).take_while(|&&end| end <= last).count();
            assert_eq!(rows.count_until(last.into()), expected);
        }
        QuickCheck::new().quickcheck(property as fn(_, _));
    }
}
