//! Decodes links into columns and converts the columns to Arrow arrays.

use std::fmt::Write;
use std::sync::Arc;

use datafusion_common::arrow::array::{Array, ArrayRef, Int32Array, StringArray, StringBuilder};
use datafusion_common::arrow::buffer::{BooleanBuffer, Buffer, NullBuffer, OffsetBuffer};
use datafusion_common::arrow::datatypes::DataType;
use datafusion_common::{Result, resources_err};
use google_news_link::batch::{Batch, BatchFull, Column, StringBuffers};

/// A part of a decoded link, which is a column of the result. [`Part::name`] is its name in the record of a link, which is
/// the same in every program of this project.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub(crate) enum Part {
    Kind,
    Id,
    CanonicalUrl,
    AmpUrl,
    Token,
    UrlLen,
    Error,
}

impl Part {
    /// Every part, in the order of the record and of [`Rows::into_arrays`].
    pub(crate) const ALL: [Part; 7] =
        [Part::Kind, Part::Id, Part::CanonicalUrl, Part::AmpUrl, Part::Token, Part::UrlLen, Part::Error];

    pub(crate) fn name(self) -> &'static str {
        match self {
            Part::Kind => "kind",
            Part::Id => "id",
            Part::CanonicalUrl => "canonical_url",
            Part::AmpUrl => "amp_url",
            Part::Token => "token",
            Part::UrlLen => "url_len",
            Part::Error => "error",
        }
    }

    pub(crate) fn data_type(self) -> DataType {
        if self.is_string() { DataType::Utf8 } else { DataType::Int32 }
    }

    pub(crate) fn is_string(self) -> bool {
        self != Part::UrlLen
    }
}

/// Decoded links. NULL links have no row in the batch, so that they cost nothing and have no error.
pub(crate) struct Rows {
    batch: Batch,
    /// The rows that are NULL, if any.
    nulls: Option<NullBuffer>,
}

/// Initial capacity for the strings of a row. The median URL has 104 bytes.
const BYTES_PER_ROW: usize = 128;

/// Initial capacity for the ID of a row. IDs have 262 characters on average.
const ID_LEN: usize = 264;

/// The highest offset in the strings of an array, and with it their total length.
const MAX_BYTES: usize = i32::MAX as usize;

impl Rows {
    /// Decodes `len` links, which `push` pushes. `nulls` has the positions of the NULL links, which are not among them.
    pub(crate) fn decode(
        len: usize,
        push: impl FnOnce(&mut Batch) -> std::result::Result<(), BatchFull>,
        nulls: Option<NullBuffer>,
    ) -> Result<Self> {
        let mut batch = Batch::with_capacity(len, len.saturating_mul(BYTES_PER_ROW));
        // An error of the query, not of the row that did not fit: its link may be valid.
        if push(&mut batch).is_err() {
            return too_long("URLs", len);
        }
        #[cfg(test)]
        tests::DECODED.set(tests::DECODED.get() + batch.len());
        Ok(Rows { batch, nulls })
    }

    /// Returns the array of `part`.
    pub(crate) fn into_array(self, part: Part) -> Result<ArrayRef> {
        // URLs and tokens share a buffer. Only their validity tells them apart.
        let column = match part {
            Part::Kind => return Ok(self.kinds()),
            Part::Id => return self.ids(MAX_BYTES),
            Part::CanonicalUrl => self.batch.canonical_urls(),
            Part::AmpUrl => self.batch.amp_urls(),
            Part::Token => self.batch.tokens(),
            Part::UrlLen => return Ok(self.url_lens()),
            Part::Error => return self.errors(),
        };
        let validity = self.validity(column);
        let parts = self.batch.into_parts();
        let strings = if part == Part::AmpUrl { parts.amp_urls } else { parts.urls };
        Strings::new(strings, self.nulls.as_ref()).array(validity)
    }

    /// Returns the arrays of [`Part::ALL`].
    pub(crate) fn into_arrays(self) -> Result<[ArrayRef; 7]> {
        let [url, amp_url, token] = [self.batch.canonical_urls(), self.batch.amp_urls(), self.batch.tokens()]
            .map(|column| self.validity(column));
        let (kind, id, url_len, error) =
            (self.kinds(), self.ids(MAX_BYTES)?, self.url_lens(), self.errors()?);
        let parts = self.batch.into_parts();
        // URLs and tokens share a buffer.
        let urls = Strings::new(parts.urls, self.nulls.as_ref());
        let amp_urls = Strings::new(parts.amp_urls, self.nulls.as_ref());
        Ok([kind, id, urls.array(url)?, amp_urls.array(amp_url)?, urls.array(token)?, url_len, error])
    }

    fn kinds(&self) -> ArrayRef {
        // In nine of ten rows the name has 7 bytes; the longest has 14.
        let mut kinds = StringBuilder::with_capacity(self.len(), self.len() * 8);
        for row in self.rows() {
            kinds.append_option(row.and_then(|row| self.batch.kinds().get(row)).map(|kind| kind.as_str()));
        }
        Arc::new(kinds.finish())
    }

    /// Returns the IDs, which have at most `max_bytes` characters together.
    ///
    /// The batch does not store them, so each is encoded again from what it stores, in about 300 ns. To parse the link
    /// again and to copy the ID from it takes 750 ns.
    fn ids(&self, max_bytes: usize) -> Result<ArrayRef> {
        let capacity = self.batch.len().saturating_mul(ID_LEN).min(max_bytes);
        let mut ids = StringBuilder::with_capacity(self.len(), capacity);
        for row in self.rows() {
            let id = row.and_then(|row| self.batch.get(row)?.ok()?.to_id());
            if id.as_ref().is_some_and(|id| id.len() > max_bytes - ids.values_slice().len()) {
                return too_long("IDs", self.batch.len());
            }
            ids.append_option(id);
        }
        let mut ids = ids.finish();
        ids.shrink_to_fit();
        Ok(Arc::new(ids))
    }

    fn errors(&self) -> Result<ArrayRef> {
        let mut errors = self.batch.errors().peekable();
        let mut messages = StringBuilder::with_capacity(self.len(), 0);
        for row in self.rows() {
            match errors.next_if(|(at, _)| Some(*at) == row) {
                Some((_, error)) => {
                    write!(messages, "{error}")?;
                    messages.append_value("");
                }
                None => messages.append_null(),
            }
        }
        Ok(Arc::new(messages.finish()))
    }

    fn url_lens(&self) -> ArrayRef {
        let mut lens = self.batch.url_lens().iter();
        // A URL has at most 65,536 bytes.
        let lens = self.rows().map(|row| i32::try_from(row.and_then(|_| lens.next()?)?).ok());
        Arc::new(lens.collect::<Int32Array>())
    }

    /// Returns which rows have a value in `column`.
    fn validity(&self, column: Column<'_>) -> NullBuffer {
        let len = self.len();
        let mut rows = self.rows();
        NullBuffer::new(match &self.nulls {
            None => BooleanBuffer::new(column.validity().into(), 0, len),
            Some(_) => BooleanBuffer::collect_bool(len, |_| {
                rows.next().flatten().is_some_and(|row| column.is_valid(row))
            }),
        })
    }

    /// Returns the number of rows, including NULL ones.
    fn len(&self) -> usize {
        self.nulls.as_ref().map_or(self.batch.len(), NullBuffer::len)
    }

    /// Returns the index in the batch for each row, or `None` if it is NULL.
    fn rows(&self) -> impl Iterator<Item = Option<usize>> {
        let mut rows = 0..self.batch.len();
        (0..self.len()).map(move |row| match &self.nulls {
            Some(nulls) if nulls.is_null(row) => None,
            _ => rows.next(),
        })
    }
}

fn too_long<T>(strings: &str, len: usize) -> Result<T> {
    resources_err!(
        "the {strings} of {len} links have more than 2 GiB: set datafusion.execution.batch_size to fewer rows"
    )
}

/// String data that several arrays can share.
struct Strings {
    offsets: OffsetBuffer<i32>,
    bytes: Buffer,
}

impl Strings {
    fn new(StringBuffers { mut data, offsets, .. }: StringBuffers, nulls: Option<&NullBuffer>) -> Self {
        // The array may live long, and the unused capacity is not small. Shrinking does not copy the data.
        data.shrink_to_fit();
        let offsets = match nulls {
            None => offsets,
            Some(nulls) => insert_nulls(&offsets, nulls),
        };
        Strings { offsets: OffsetBuffer::new(offsets.into()), bytes: data.into() }
    }

    fn array(&self, validity: NullBuffer) -> Result<ArrayRef> {
        Ok(Arc::new(StringArray::try_new(self.offsets.clone(), self.bytes.clone(), Some(validity))?))
    }
}

/// Inserts the offset of an empty string for each NULL row.
fn insert_nulls(offsets: &[i32], nulls: &NullBuffer) -> Vec<i32> {
    let mut ends = offsets.iter().copied();
    let mut end = ends.next().unwrap_or_default();
    let mut all = Vec::with_capacity(nulls.len() + 1);
    all.push(end);
    all.extend(nulls.iter().map(|is_valid| {
        if is_valid {
            end = ends.next().unwrap_or(end);
        }
        end
    }));
    all
}

#[cfg(test)]
pub(crate) mod tests {
    use std::cell::Cell;

    use datafusion_common::arrow::array::AsArray;

    use super::*;

    thread_local! {
        /// The number of links that this thread has decoded.
        pub(crate) static DECODED: Cell<usize> = const { Cell::new(0) };
    }

    #[test]
    fn ids_that_exceed_an_array_are_an_error() {
        let links = ["CBIwkdv6lUE", "hello", "CAAqBwgKMI7rigMwlq88"];
        let push = |batch: &mut Batch| links.iter().try_for_each(|link| batch.push(link));
        let rows = Rows::decode(links.len(), push, None).unwrap();
        let len = links[0].len() + links[2].len();
        assert_eq!(rows.ids(len).unwrap().as_string::<i32>().value_data().len(), len);
        let error = rows.ids(len - 1).unwrap_err().to_string();
        assert_eq!(
            error,
            "Resources exhausted: the IDs of 3 links have more than 2 GiB: set datafusion.execution.batch_size to \
             fewer rows"
        );
    }
}
