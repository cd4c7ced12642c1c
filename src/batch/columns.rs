use std::fmt;
use std::ops::AddAssign;

use super::iterators::iterators;
use super::strings::Strings;
use crate::target::Kind;

/// The kinds of the rows of a [`Batch`](super::Batch): `None` for a row with an error.
///
/// # Examples
///
/// ```
/// use google_news_link::{Batch, Kind};
///
/// let mut batch = Batch::new();
/// batch.push_lines(b"CAAqBwgKMI7rigMwlq88\nhello\n")?;
/// assert_eq!(batch.kinds().into_iter().collect::<Vec<_>>(), [Some(Kind::Publication), None]);
/// # Ok::<(), google_news_link::batch::BatchFull>(())
/// ```
#[derive(Clone, Copy)]
pub struct Kinds<'a> {
    pub(super) kinds: &'a [Option<Kind>],
}

impl<'a> Kinds<'a> {
    /// Returns the kind of row `row`, or `None` if the row has an error or does not exist.
    pub fn get(&self, row: usize) -> Option<Kind> {
        self.kinds.get(row).copied().flatten()
    }

    /// Returns an iterator over the kinds of all rows.
    pub fn iter(&self) -> KindsIter<'a> {
        KindsIter::new(*self)
    }

    /// Returns the number of rows.
    pub fn len(&self) -> usize {
        self.kinds.len()
    }

    /// Returns `true` if there are no rows.
    pub fn is_empty(&self) -> bool {
        self.kinds.is_empty()
    }

    /// Collects the position of each row's kind in [`Kind::ALL`]: the keys of an Arrow dictionary array. It is 0 for a row
    /// with an error.
    pub fn keys(&self) -> Vec<u8> {
        self.kinds.iter().map(|kind| kind.map_or(0, |kind| kind as u8)).collect()
    }

    /// Computes Arrow's validity bitmap, least significant bit first: a bit is set if the row has a kind.
    pub fn validity(&self) -> Vec<u8> {
        pack(self.kinds.iter().map(Option::is_some))
    }
}

impl<'a> IntoIterator for Kinds<'a> {
    type Item = Option<Kind>;
    type IntoIter = KindsIter<'a>;

    fn into_iter(self) -> KindsIter<'a> {
        self.iter()
    }
}

impl fmt::Debug for Kinds<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(*self).finish()
    }
}

/// A column of a [`Batch`](super::Batch): one string for each row that has one.
///
/// [`offsets`](Self::offsets) and [`data`](Self::data) are the buffers of an Arrow string array. Two columns may share them,
/// in which case each row has a string in at most one of the two; [`validity`](Self::validity) tells in which.
///
/// # Examples
///
/// ```
/// use google_news_link::Batch;
///
/// let mut batch = Batch::new();
/// batch.push_lines(b"hello\nCBMiFmh0dHBzOi8vYW11LnR2LzExMTkzMS_SAQA\n")?;
/// let urls = batch.canonical_urls();
/// assert_eq!(urls.into_iter().collect::<Vec<_>>(), [None, Some("https://amu.tv/111931/")]);
/// assert_eq!((urls.data(), urls.offsets()), (&b"https://amu.tv/111931/"[..], &[0, 0, 22][..]));
/// assert_eq!(urls.validity(), [0b10]);
/// # Ok::<(), google_news_link::batch::BatchFull>(())
/// ```
#[derive(Clone, Copy)]
pub struct Column<'a> {
    strings: &'a Strings,
    kinds: &'a [Option<Kind>],
    /// Bit k is set if the strings of rows of kind k belong to this column.
    of: u16,
}

impl<'a> Column<'a> {
    /// Creates the column of the strings in rows whose kind is one of `of`.
    pub(super) fn new(strings: &'a Strings, kinds: &'a [Option<Kind>], of: &[Kind]) -> Self {
        const _: () = assert!(Kind::ALL.len() <= u16::BITS as usize);
        Column { strings, kinds, of: of.iter().fold(0, |of, &kind| of | 1 << kind as u16) }
    }

    /// Returns the string of row `row`, or `None` if the row has no string or does not exist.
    pub fn get(&self, row: usize) -> Option<&'a str> {
        self.is_valid(row).then(|| self.strings.get(row))
    }

    /// Returns the string of row `row` as bytes. Unlike [`get`](Self::get), this does not validate the UTF-8 again.
    pub fn get_bytes(&self, row: usize) -> Option<&'a [u8]> {
        self.is_valid(row).then(|| self.strings.get_bytes(row))
    }

    /// Returns `true` if row `row` has a string.
    pub fn is_valid(&self, row: usize) -> bool {
        self.kinds.get(row).is_some_and(|&kind| {
            self.has_string(kind, self.strings.offsets[row], self.strings.offsets[row + 1])
        })
    }

    /// Returns `true` if the string of a row of kind `kind` from the offset `start` to `end` belongs to this column.
    fn has_string(&self, kind: Option<Kind>, start: i32, end: i32) -> bool {
        // URLs and tokens are never empty.
        kind.is_some_and(|kind| self.of >> kind as u16 & 1 == 1) & (start != end)
    }

    /// Returns an iterator over the strings of all rows, `None` for a row without one.
    pub fn iter(&self) -> ColumnIter<'a> {
        ColumnIter::new(*self)
    }

    /// Returns the offset in [`data`](Self::data) at which each row's string begins, and the one at which the last
    /// string ends. So there is one offset more than there are rows.
    pub fn offsets(&self) -> &'a [i32] {
        &self.strings.offsets
    }

    /// Returns the concatenated strings of this column and of the one that shares its buffers, in UTF-8.
    pub fn data(&self) -> &'a [u8] {
        self.strings.as_bytes()
    }

    /// Computes Arrow's validity bitmap, least significant bit first: a bit is set if the row has a string.
    pub fn validity(&self) -> Vec<u8> {
        let rows = self.kinds.iter().zip(self.strings.offsets.windows(2));
        pack(rows.map(|(&kind, ends)| self.has_string(kind, ends[0], ends[1])))
    }

    /// Returns the number of rows.
    pub fn len(&self) -> usize {
        self.kinds.len()
    }

    /// Returns `true` if there are no rows.
    pub fn is_empty(&self) -> bool {
        self.kinds.is_empty()
    }
}

impl<'a> IntoIterator for Column<'a> {
    type Item = Option<&'a str>;
    type IntoIter = ColumnIter<'a>;

    fn into_iter(self) -> ColumnIter<'a> {
        self.iter()
    }
}

impl fmt::Debug for Column<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(*self).finish()
    }
}

iterators! {
    /// An iterator over the kinds of [`Kinds`], returned by [`Kinds::iter`].
    KindsIter<'a>(Kinds<'a>) -> Option<Kind> = |kinds, row| Some(kinds.get(row));

    /// An iterator over the strings of a [`Column`], returned by [`Column::iter`].
    ColumnIter<'a>(Column<'a>) -> Option<&'a str> = |column, row| Some(column.get(row));
}

/// Packs bits into bytes, least significant bit first.
fn pack(mut bits: impl ExactSizeIterator<Item = bool>) -> Vec<u8> {
    let bytes = 0..bits.len().div_ceil(8);
    bytes.map(|_| (0..8).fold(0, |byte, at| byte | u8::from(bits.next().unwrap_or(false)) << at)).collect()
}

/// The number of rows of each kind, and of rows with an error. Counts of several batches can be added.
///
/// # Examples
///
/// ```
/// use google_news_link::{Batch, Kind};
///
/// let mut batch = Batch::new();
/// batch.push_lines(b"CAAqBwgKMI7rigMwlq88\nCBIwkdv6lUE\nhello\n")?;
/// let counts = batch.counts();
/// assert_eq!((counts.rows(), counts.get(Kind::Share), counts.errors()), (3, 1, 1));
/// # Ok::<(), google_news_link::batch::BatchFull>(())
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default)]
pub struct Counts {
    by_kind: [usize; Kind::ALL.len()],
    errors: usize,
}

impl Counts {
    pub(super) fn of(kinds: Kinds<'_>) -> Self {
        // Each list has one counter per kind, and a last one for rows with an error. Adding to a counter that was
        // stored just before has to wait for that store, so neighboring rows are counted in different lists.
        let mut lists = [[0; Kind::ALL.len() + 1]; 4];
        for kinds in kinds.kinds.chunks(lists.len()) {
            for (kind, list) in kinds.iter().zip(&mut lists) {
                list[kind.map_or(Kind::ALL.len(), |kind| kind as usize)] += 1;
            }
        }
        let mut counts = Counts::default();
        for list in lists {
            let [by_kind @ .., errors] = list;
            counts += Counts { by_kind, errors };
        }
        counts
    }

    /// Returns the number of all rows.
    pub fn rows(&self) -> usize {
        self.by_kind.iter().sum::<usize>() + self.errors
    }

    /// Returns the number of rows of `kind`.
    pub fn get(&self, kind: Kind) -> usize {
        self.by_kind[kind as usize]
    }

    /// Returns the number of rows with an error.
    pub fn errors(&self) -> usize {
        self.errors
    }
}

impl AddAssign for Counts {
    fn add_assign(&mut self, other: Self) {
        for (count, other) in self.by_kind.iter_mut().zip(other.by_kind) {
            *count += other;
        }
        self.errors += other.errors;
    }
}
