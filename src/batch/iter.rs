use std::iter::FusedIterator;
use std::ops::Range;

use super::{Batch, Column, Kinds};
use crate::error::Error;
use crate::target::{Kind, Target};

/// Declares iterators over `0..len`, each with a function that returns the item of a row, which exists.
macro_rules! iterators {
    ($($(#[$doc:meta])* $name:ident<'a>($source:ty) -> $item:ty = $get:expr;)*) => {$(
        $(#[$doc])*
        #[derive(Clone, Debug)]
        pub struct $name<'a> {
            source: $source,
            rows: Range<usize>,
        }

        impl<'a> $name<'a> {
            pub(super) fn new(source: $source) -> Self {
                $name { source, rows: 0..source.len() }
            }
        }

        impl<'a> Iterator for $name<'a> {
            type Item = $item;

            fn next(&mut self) -> Option<$item> {
                let get: fn($source, usize) -> Option<$item> = $get;
                get(self.source, self.rows.next()?)
            }

            fn size_hint(&self) -> (usize, Option<usize>) {
                self.rows.size_hint()
            }
        }

        impl<'a> DoubleEndedIterator for $name<'a> {
            fn next_back(&mut self) -> Option<$item> {
                let get: fn($source, usize) -> Option<$item> = $get;
                get(self.source, self.rows.next_back()?)
            }
        }

        impl ExactSizeIterator for $name<'_> {}

        impl FusedIterator for $name<'_> {}
    )*};
}

iterators! {
    /// An iterator over the rows of a [`Batch`], returned by [`Batch::iter`].
    Rows<'a>(&'a Batch) -> Result<Target<'a>, Error> = Batch::get;

    /// An iterator over the kinds of [`Kinds`], returned by [`Kinds::iter`].
    KindsIter<'a>(Kinds<'a>) -> Option<Kind> = |kinds, row| Some(kinds.get(row));

    /// An iterator over the strings of a [`Column`], returned by [`Column::iter`].
    ColumnIter<'a>(Column<'a>) -> Option<&'a str> = |column, row| Some(column.get(row));

    /// An iterator over the lengths of the URLs of a [`Batch`], returned by [`Batch::url_lens`].
    UrlLens<'a>(&'a Batch) -> Option<usize> = |batch, row| Some(batch.url_len(row));

    /// An iterator over the rows with an error of a [`Batch`], returned by [`Batch::errors`].
    Errors<'a>(&'a [(usize, Error)]) -> (usize, Error) = |errors, index| errors.get(index).copied();
}
