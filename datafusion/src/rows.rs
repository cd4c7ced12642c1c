//! Decodes links into columns and converts the columns to Arrow arrays.

use std::fmt::Write;
use std::sync::Arc;

use datafusion_common::arrow::array::{ArrayRef, Int32Array, StringArray, StringBuilder};
use datafusion_common::arrow::buffer::{BooleanBuffer, Buffer, NullBuffer, OffsetBuffer};
use datafusion_common::arrow::datatypes::DataType;
use datafusion_common::{Result, resources_err};
use google_news_link::batch::{Batch, Column, StringBuffers};

/// A part of a decoded link, which is a column of the result.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub(crate) enum Part {
    Url,
    AmpUrl,
    Kind,
    Token,
    Error,
    UrlLen,
}

impl Part {
    /// Every part, in the order of [`Rows::into_arrays`].
    pub(crate) const ALL: [Part; 6] =
        [Part::Url, Part::AmpUrl, Part::Kind, Part::Token, Part::Error, Part::UrlLen];

    pub(crate) fn name(self) -> &'static str {
        match self {
            Part::Url => "url",
            Part::AmpUrl => "amp_url",
            Part::Kind => "kind",
            Part::Token => "token",
            Part::Error => "error",
            Part::UrlLen => "url_len",
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

impl Rows {
    /// Decodes `len` links. `nulls` has the positions of the NULL links, which are not among them.
    pub(crate) fn decode(
        len: usize,
        links: impl IntoIterator<Item = impl AsRef<[u8]>>,
        nulls: Option<NullBuffer>,
    ) -> Result<Self> {
        let mut batch = Batch::with_capacity(len, len.saturating_mul(BYTES_PER_ROW));
        for link in links {
            // Not an error of the row that did not fit: its link may be valid.
            if batch.push(link).is_err() {
                return resources_err!(
                    "the URLs of {len} links have more than 2 GiB: set datafusion.execution.batch_size to fewer rows"
                );
            }
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
            Part::Error => return self.errors(),
            Part::UrlLen => return Ok(self.url_lens()),
            Part::Url => self.batch.canonical_urls(),
            Part::AmpUrl => self.batch.amp_urls(),
            Part::Token => self.batch.tokens(),
        };
        let validity = self.validity(column);
        let parts = self.batch.into_parts();
        let strings = if part == Part::AmpUrl { parts.amp_urls } else { parts.urls };
        Strings::new(strings, self.nulls.as_ref()).array(validity)
    }

    /// Returns the arrays of [`Part::ALL`].
    pub(crate) fn into_arrays(self) -> Result<[ArrayRef; 6]> {
        let [url, amp_url, token] = [self.batch.canonical_urls(), self.batch.amp_urls(), self.batch.tokens()]
            .map(|column| self.validity(column));
        let (kind, error, url_len) = (self.kinds(), self.errors()?, self.url_lens());
        let parts = self.batch.into_parts();
        // URLs and tokens share a buffer.
        let urls = Strings::new(parts.urls, self.nulls.as_ref());
        let amp_urls = Strings::new(parts.amp_urls, self.nulls.as_ref());
        Ok([urls.array(url)?, amp_urls.array(amp_url)?, kind, urls.array(token)?, error, url_len])
    }

    fn kinds(&self) -> ArrayRef {
        // In nine of ten rows the name has 7 bytes; the longest has 14.
        let mut kinds = StringBuilder::with_capacity(self.len(), self.len() * 8);
        for row in self.rows() {
            kinds.append_option(row.and_then(|row| self.batch.kinds().get(row)).map(|kind| kind.as_str()));
        }
        Arc::new(kinds.finish())
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
        let mut lens = self.batch.url_lens();
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

    thread_local! {
        /// The number of links that this thread has decoded.
        pub(crate) static DECODED: Cell<usize> = const { Cell::new(0) };
    }
}
