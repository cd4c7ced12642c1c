use std::fmt;
use std::ops::AddAssign;

use crate::target::Kind;

/// The code of a kind in a batch.
pub(super) fn code(kind: Kind) -> u8 {
    kind as u8 + 1
}

/// The kind of a code.
pub(super) fn kind(code: u8) -> Option<Kind> {
    Kind::ALL.get(usize::from(code).checked_sub(1)?).copied()
}

/// The text of a row. All of a column's text is UTF-8.
pub(super) fn text<'a>(bytes: &'a [u8], offsets: &[i32], row: usize) -> &'a str {
    let range = match offsets.get(row..row + 2) {
        Some(&[start, end]) => start as usize..end as usize,
        _ => return "",
    };
    bytes.get(range).and_then(|text| std::str::from_utf8(text).ok()).unwrap_or_default()
}

/// The kinds of a [`Batch`](crate::Batch)'s rows.
#[derive(Clone, Copy)]
pub struct Kinds<'a> {
    codes: &'a [u8],
}

impl<'a> Kinds<'a> {
    pub(super) fn new(codes: &'a [u8]) -> Self {
        Kinds { codes }
    }

    /// The kind of row `row`; None if it has an error, or there is no such row.
    pub fn get(&self, row: usize) -> Option<Kind> {
        self.codes.get(row).copied().and_then(kind)
    }

    /// The kind of each row, None for a row with an error.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = Option<Kind>> + use<'a> {
        self.codes.iter().map(|&code| kind(code))
    }

    /// How many rows there are.
    pub fn len(&self) -> usize {
        self.codes.len()
    }

    /// True if there are no rows.
    pub fn is_empty(&self) -> bool {
        self.codes.is_empty()
    }
}

impl fmt::Debug for Kinds<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.iter()).finish()
    }
}

/// A column of a [`Batch`](crate::Batch): a text for some of its rows, in Arrow's layout.
///
/// [`offsets`](Self::offsets) and [`text`](Self::text) are those of an Arrow string array, and can be given to
/// it as they are. They may belong to two columns: [`validity`](Self::validity) tells which rows are of this
/// one.
#[derive(Clone, Copy)]
pub struct Column<'a> {
    text: &'a [u8],
    offsets: &'a [i32],
    codes: &'a [u8],
    /// Bit c is set if rows of code c are of this column.
    of: u16,
}

impl<'a> Column<'a> {
    pub(super) fn new(text: &'a [u8], offsets: &'a [i32], codes: &'a [u8], kinds: &[Kind]) -> Self {
        let of = kinds.iter().fold(0, |of, &kind| of | 1 << code(kind));
        Column { text, offsets, codes, of }
    }

    /// The text of row `row`; None if it has none, or there is no such row.
    pub fn get(&self, row: usize) -> Option<&'a str> {
        self.is_valid(row).then(|| text(self.text, self.offsets, row))
    }

    /// The text of each row, None for a row that has none.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = Option<&'a str>> + use<'a> {
        let column = *self;
        (0..self.len()).map(move |row| column.get(row))
    }

    /// Where each row's text begins in [`text`](Self::text), in bytes, and where the last one ends: one more
    /// than there are rows.
    pub fn offsets(&self) -> &'a [i32] {
        self.offsets
    }

    /// The texts of all rows, one behind the other, with those of the column that this one shares them with.
    /// They are UTF-8.
    pub fn text(&self) -> &'a [u8] {
        self.text
    }

    /// Whether each row has a text: Arrow's validity bitmap, least significant bit first, once packed.
    pub fn validity(&self) -> impl ExactSizeIterator<Item = bool> + use<'a> {
        let column = *self;
        (0..self.len()).map(move |row| column.is_valid(row))
    }

    /// How many rows there are.
    pub fn len(&self) -> usize {
        self.codes.len()
    }

    /// True if there are no rows.
    pub fn is_empty(&self) -> bool {
        self.codes.is_empty()
    }

    fn is_valid(&self, row: usize) -> bool {
        // No URL and no token is empty.
        self.codes.get(row).is_some_and(|&code| self.of >> code & 1 == 1)
            && self.offsets.get(row) != self.offsets.get(row + 1)
    }
}

impl fmt::Debug for Column<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.iter()).finish()
    }
}

/// The texts of a [`Batch`](crate::Batch), taken out of it by [`Batch::into_buffers`](crate::Batch::into_buffers).
#[derive(Clone, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub struct Buffers {
    /// Canonical URLs and tokens.
    pub main: ColumnBuffers,
    /// AMP URLs and AMP tokens.
    pub amp: ColumnBuffers,
}

/// The texts of one column, as an Arrow string array takes them.
#[derive(Clone, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub struct ColumnBuffers {
    /// The texts of all rows, one behind the other. They are UTF-8. There may be room for more behind them.
    pub text: Vec<u8>,
    /// Where each row's text begins in `text`, in bytes, and where the last one ends: one more than there are
    /// rows.
    pub offsets: Vec<i32>,
}

/// How many rows there are of each kind, and how many with an error. Counts of several batches add up.
///
/// ```
/// use google_news_link::{Batch, Kind};
///
/// let batch: Batch = ["CAAqBwgKMI7rigMwlq88", "CBIwkdv6lUE", "hello"].into_iter().collect();
/// let counts = batch.counts();
/// assert_eq!((counts.rows(), counts.of_kind(Kind::Share), counts.errors()), (3, 1, 1));
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default)]
pub struct Counts {
    by_code: [usize; Kind::ALL.len() + 1],
}

impl Counts {
    pub(super) fn of(codes: &[u8]) -> Self {
        let mut counts = Counts::default();
        for &code in codes {
            counts.by_code[usize::from(code)] += 1;
        }
        counts
    }

    /// All rows.
    pub fn rows(&self) -> usize {
        self.by_code.iter().sum()
    }

    /// The rows of `kind`.
    pub fn of_kind(&self, kind: Kind) -> usize {
        self.by_code[usize::from(code(kind))]
    }

    /// The rows with an error.
    pub fn errors(&self) -> usize {
        self.by_code[0]
    }
}

impl AddAssign for Counts {
    fn add_assign(&mut self, other: Self) {
        for (count, other) in self.by_code.iter_mut().zip(other.by_code) {
            *count += other;
        }
    }
}
