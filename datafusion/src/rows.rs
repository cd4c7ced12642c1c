//! Links decoded into columns, and the columns as Arrow's arrays.

use std::fmt::Write;
use std::sync::Arc;

use datafusion_common::arrow::array::{ArrayRef, Int32Array, StringArray, StringBuilder};
use datafusion_common::arrow::buffer::{BooleanBuffer, Buffer, NullBuffer, OffsetBuffer};
use datafusion_common::arrow::datatypes::DataType;
use datafusion_common::{Result, resources_err};
use google_news_link::{Batch, Column, ColumnBuffers, Target};

/// What there is to know of a link.
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
        if self.is_text() { DataType::Utf8 } else { DataType::Int32 }
    }

    pub(crate) fn is_text(self) -> bool {
        self != Part::UrlLen
    }
}

/// Links and what they lead to. Those that are NULL are no rows of the batch: they cost nothing and have no errors.
pub(crate) struct Rows {
    batch: Batch,
    nulls: Option<NullBuffer>,
}

/// The room for the texts of a row, at first. A URL has 104 bytes in the median.
const TEXT: usize = 128;

impl Rows {
    /// A batch with room for `len` links.
    pub(crate) fn batch(len: usize) -> Batch {
        Batch::with_capacity(len, len.saturating_mul(TEXT))
    }

    /// The rows of `batch`, which stand where `nulls` has none.
    pub(crate) fn new(batch: Batch, nulls: Option<NullBuffer>) -> Result<Self> {
        if batch.is_full() {
            // That is no row's fault: it would be wrong to say that it can't be decoded.
            return resources_err!(
                "the URLs of {} links have more than 2 GiB: set datafusion.execution.batch_size to fewer rows",
                batch.len()
            );
        }
        #[cfg(test)]
        tests::DECODED.set(tests::DECODED.get() + batch.len());
        Ok(Rows { batch, nulls })
    }

    /// The array of `part`.
    pub(crate) fn into_array(self, part: Part) -> Result<ArrayRef> {
        // Whose texts they are can only be told as long as there is a batch.
        let column = match part {
            Part::Kind => return Ok(self.kinds()),
            Part::Error => return self.errors(),
            Part::UrlLen => return Ok(self.url_lens()),
            Part::Url => self.batch.canonical_urls(),
            Part::AmpUrl => self.batch.amp_urls(),
            Part::Token => self.batch.tokens(),
        };
        let validity = self.validity(column);
        let buffers = self.batch.into_buffers();
        let texts = if part == Part::AmpUrl { buffers.amp } else { buffers.main };
        Texts::new(texts, self.nulls.as_ref()).array(validity)
    }

    /// The arrays of [`Part::ALL`].
    pub(crate) fn into_arrays(self) -> Result<[ArrayRef; 6]> {
        let [url, amp_url, token] = [self.batch.canonical_urls(), self.batch.amp_urls(), self.batch.tokens()]
            .map(|column| self.validity(column));
        let (kind, error, url_len) = (self.kinds(), self.errors()?, self.url_lens());
        let buffers = self.batch.into_buffers();
        // URLs and tokens have one text for both.
        let main = Texts::new(buffers.main, self.nulls.as_ref());
        let amp = Texts::new(buffers.amp, self.nulls.as_ref());
        Ok([main.array(url)?, amp.array(amp_url)?, kind, main.array(token)?, error, url_len])
    }

    fn kinds(&self) -> ArrayRef {
        // A name has 7 bytes in nine of ten rows, and at most 14.
        let mut kinds = StringBuilder::with_capacity(self.len(), self.len() * 8);
        for row in self.rows() {
            kinds.append_option(row.and_then(|row| self.batch.kinds().get(row)).map(|kind| kind.as_str()));
        }
        Arc::new(kinds.finish())
    }

    fn errors(&self) -> Result<ArrayRef> {
        let mut errors = self.batch.errors().peekable();
        let mut texts = StringBuilder::with_capacity(self.len(), 0);
        for row in self.rows() {
            match errors.next_if(|(at, _)| Some(*at) == row) {
                Some((_, error)) => {
                    write!(texts, "{error}")?;
                    texts.append_value("");
                }
                None => texts.append_null(),
            }
        }
        Ok(Arc::new(texts.finish()))
    }

    fn url_lens(&self) -> ArrayRef {
        let url_len = |row| match self.batch.get(row)?.ok()? {
            Target::OpaqueArticle(article) => Some(article.url_len()),
            target => target.canonical_url().map(str::len),
        };
        // A text has at most 65,536 bytes.
        let lens = self.rows().map(|row| i32::try_from(row.and_then(url_len)?).ok());
        Arc::new(lens.collect::<Int32Array>())
    }

    /// Which rows have a text of `column`.
    fn validity(&self, column: Column<'_>) -> NullBuffer {
        let mut bits = column.validity();
        NullBuffer::new(match &self.nulls {
            None => BooleanBuffer::collect_bool(self.len(), |_| bits.next() == Some(true)),
            Some(nulls) => BooleanBuffer::collect_bool(self.len(), |row| {
                nulls.is_valid(row) && bits.next() == Some(true)
            }),
        })
    }

    /// How many rows there are, those that are NULL among them.
    fn len(&self) -> usize {
        self.nulls.as_ref().map_or(self.batch.len(), NullBuffer::len)
    }

    /// The row in the batch of each row that is not NULL.
    fn rows(&self) -> impl Iterator<Item = Option<usize>> {
        let mut rows = 0..self.batch.len();
        (0..self.len()).map(move |row| match &self.nulls {
            Some(nulls) if nulls.is_null(row) => None,
            _ => rows.next(),
        })
    }
}

/// Texts that several arrays can share.
struct Texts {
    offsets: OffsetBuffer<i32>,
    text: Buffer,
}

impl Texts {
    fn new(ColumnBuffers { mut text, offsets, .. }: ColumnBuffers, nulls: Option<&NullBuffer>) -> Self {
        // The array may live long, and the room behind the text is not small. Giving it back is no copy.
        text.shrink_to_fit();
        let offsets = match nulls {
            None => offsets,
            Some(nulls) => spread(&offsets, nulls),
        };
        Texts { offsets: OffsetBuffer::new(offsets.into()), text: text.into() }
    }

    fn array(&self, validity: NullBuffer) -> Result<ArrayRef> {
        Ok(Arc::new(StringArray::try_new(self.offsets.clone(), self.text.clone(), Some(validity))?))
    }
}

/// The offsets of all rows: those that are NULL have no text.
fn spread(offsets: &[i32], nulls: &NullBuffer) -> Vec<i32> {
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
        /// How many links this thread has decoded.
        pub(crate) static DECODED: Cell<usize> = const { Cell::new(0) };
    }
}
