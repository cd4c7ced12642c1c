//! Decodes many links into columns in the layout of Apache Arrow.
//!
//! A [`Batch`] has one row per link. Row i is the i-th link that was pushed, or the i-th line of a block; a link that cannot
//! be decoded is a row with an error. Rows can be read as targets, by [`Batch::get`], or as columns:
//!
//! | | one value per row | missing for |
//! |---|---|---|
//! | [`Batch::kinds`] | [`Kind`] | errors |
//! | [`Batch::canonical_urls`] | `str` | rows without a canonical URL |
//! | [`Batch::amp_urls`] | `str` | rows without an AMP URL |
//! | [`Batch::tokens`] | `str` | rows that are neither opaque articles nor opaque redirects |
//! | [`Batch::amp_tokens`] | `str` | rows that are not opaque articles with an AMP URL |
//! | [`Batch::url_lens`] | length of the canonical URL | rows with neither URL nor token |
//!
//! [`BatchReader`] reads batches from a file, [`BlockReader`] only splits it into blocks of lines, which several threads can
//! decode.

use std::fmt;

use crate::base64url::{self, Level, dispatch};
use crate::decode::{Decoded, decode_with};
use crate::error::Error;
use crate::limits::{MAX_INPUT_LEN, PADDING};
use crate::link;
use crate::message::ArticleShape;
use crate::target::{Article, Kind, OpaqueArticle, Redirect, Target};
use crate::url_policy::CheckedUrl;
pub use columns::{Column, Counts, Kinds};
pub use iter::{ColumnIter, Errors, KindsIter, Rows, UrlLens};
pub use parts::{Parts, StringBuffers, Validity};
pub use reader::{BatchReader, Batches, BlockReader};
use simd::Pipeline;
use strings::Strings;
#[cfg(feature = "vector-levels")]
#[cfg_attr(docsrs, doc(cfg(feature = "vector-levels")))]
pub use vector_level::VectorLevel;

mod columns;
mod found;
mod iter;
mod parts;
mod reader;
mod simd;
mod strings;
#[cfg(feature = "vector-levels")]
mod vector_level;

/// Many links, decoded into columns.
///
/// The strings of a column are stored in one buffer, with an `i32` offset for each row and the end. Canonical URLs and tokens
/// share a buffer, as do AMP URLs and AMP tokens, because no row has both; the kind of the row tells which of them it is.
///
/// [`clear`](Self::clear) keeps the memory. A batch that is reused allocates nothing once it has seen as many links.
///
/// A buffer contains at most 2 GiB ([`i32::MAX`] bytes). A link for which there is no room is not pushed, and the caller gets
/// the error [`BatchFull`]. Because of that there is no `Extend` and no `FromIterator`, which could neither report the
/// error nor return the link.
///
/// # Examples
///
/// ```
/// use google_news_link::{Batch, Kind};
///
/// let mut batch = Batch::new();
/// batch.push_lines(b"CBMiFmh0dHBzOi8vYW11LnR2LzExMTkzMS_SAQA\nhello\n./articles/CCAiC2JSMFZjT0NUb2hZmAEB\n")?;
/// assert_eq!(batch.len(), 3);
/// assert_eq!(batch.canonical_urls().get(0), Some("https://amu.tv/111931/"));
/// assert_eq!(batch.kinds().get(2), Some(Kind::Video));
/// for (row, error) in batch.errors() {
///     println!("line {}: {error}", row + 1);
/// }
/// # assert_eq!(batch.errors().count(), 1);
/// # Ok::<(), google_news_link::batch::BatchFull>(())
/// ```
#[derive(Default)]
pub struct Batch {
    kinds: Vec<Option<Kind>>,
    /// Canonical URLs and tokens.
    urls: Strings,
    /// AMP URLs and AMP tokens.
    amp_urls: Strings,
    /// The rows with an error, in ascending order.
    errors: Vec<(usize, Error)>,
    messages: Messages,
    scratch: Scratch,
}

/// The ID messages of rows of the rarer kinds, which have more properties than two strings, and of those with unknown fields.
#[derive(Clone, Default)]
struct Messages {
    bytes: Vec<u8>,
    /// The row and the offset at which its message ends.
    ends: Vec<(usize, usize)>,
}

/// Memory that is kept between calls.
#[derive(Default)]
struct Scratch {
    pipeline: Option<Box<Pipeline>>,
    message: Vec<u8>,
    /// The message of a `uo=` parameter, or a decoded token.
    second_message: Vec<u8>,
}

impl Batch {
    /// Creates a batch without rows.
    pub fn new() -> Self {
        Batch::default()
    }

    /// Creates a batch with room for `rows` rows and `bytes` bytes of strings in each of the two buffers. Strings have 100
    /// bytes on average.
    pub fn with_capacity(rows: usize, bytes: usize) -> Self {
        Batch {
            kinds: Vec::with_capacity(rows),
            urls: Strings::with_capacity(rows, bytes),
            amp_urls: Strings::with_capacity(rows, bytes),
            ..Batch::default()
        }
    }

    /// Decodes one link into the next row.
    ///
    /// A link that cannot be decoded is a row, too, with an error.
    ///
    /// # Errors
    ///
    /// Returns [`BatchFull`] if a column would exceed 2 GiB. The batch is unchanged then.
    ///
    /// # Examples
    ///
    /// ```
    /// use google_news_link::Batch;
    ///
    /// let mut batch = Batch::new();
    /// for link in ["CBMiFmh0dHBzOi8vYW11LnR2LzExMTkzMS_SAQA", "hello"] {
    ///     batch.push(link)?;
    /// }
    /// assert_eq!(batch.canonical_urls().iter().flatten().count(), 1);
    /// # Ok::<(), google_news_link::batch::BatchFull>(())
    /// ```
    pub fn push(&mut self, link: impl AsRef<[u8]>) -> Result<(), BatchFull> {
        let (level, link) = (Level::new(), link.as_ref());
        self.reserve_for_link(link.len());
        if self.push_article(level, link) { Ok(()) } else { self.push_decoded(level, link, 0) }
    }

    /// Pushes a link to an article, if it is one that the fast path of [`decode`](crate::decode) accepts, and returns
    /// whether it was. There is no [`Target`], and the strings are copied by whole vectors: 110 ns instead of 137.
    fn push_article(&mut self, level: Level, link: &[u8]) -> bool {
        let Some(common) = link::scan_common(link) else { return false };
        let len = common.id.len();
        let message = &mut self.scratch.message;
        let Some(nonprintable) = base64url::decode_fast(level, &link[common.id_start..], len, message) else {
            return false;
        };
        let Some(shape) = ArticleShape::of(message, len * 3 / 4, nonprintable) else { return false };
        let has_room = self.urls.has_room_for(shape.key.len()) & self.amp_urls.has_room_for(shape.amp.len());
        if !has_room || Article::from_shape(message, &shape).is_none() {
            return false;
        }
        self.kinds.push(Some(Kind::Article));
        self.urls.push_ascii(message, &shape.key);
        self.amp_urls.push_ascii(message, &shape.amp);
        true
    }

    /// Decodes each line of `block` into a row. This is the fastest method for many links.
    ///
    /// Lines end with `\n`; a `\r` before it does not belong to the link. An empty line is a row, too. The bytes after the
    /// last `\n` are a line unless there are none. A line of more than 65,536 bytes is a row with the error
    /// [`TooLong`](crate::ErrorKind::TooLong).
    ///
    /// # Errors
    ///
    /// Returns [`BatchFull`] if a column would exceed 2 GiB. The lines before [`BatchFull::offset`] are in the batch then,
    /// and no line is lost.
    ///
    /// # Examples
    ///
    /// ```
    /// use google_news_link::Batch;
    ///
    /// fn decode_all(mut block: &[u8], mut take: impl FnMut(&Batch)) {
    ///     let mut batch = Batch::new();
    ///     while let Err(full) = batch.push_lines(block) {
    ///         take(&batch);
    ///         batch.clear();
    ///         block = &block[full.offset()..];
    ///     }
    ///     take(&batch);
    /// }
    /// # let mut rows = 0;
    /// # decode_all(b"CBIwkdv6lUE\nhello", |batch| rows += batch.len());
    /// # assert_eq!(rows, 2);
    /// ```
    pub fn push_lines(&mut self, block: &[u8]) -> Result<(), BatchFull> {
        self.push_lines_with(Level::new(), block)
    }

    /// Does the same as [`push_lines`](Self::push_lines) on a given vector level.
    ///
    /// # Errors
    ///
    /// Returns the error of [`push_lines`](Self::push_lines).
    #[cfg(feature = "vector-levels")]
    #[cfg_attr(docsrs, doc(cfg(feature = "vector-levels")))]
    pub fn push_lines_on(&mut self, level: VectorLevel, block: &[u8]) -> Result<(), BatchFull> {
        self.push_lines_with(level.0, block)
    }

    fn push_lines_with(&mut self, level: Level, block: &[u8]) -> Result<(), BatchFull> {
        dispatch!(level, simd => {
            let mut pipeline = self.scratch.pipeline.take().unwrap_or_default();
            let result = pipeline.push_lines(simd, level, block, self);
            self.scratch.pipeline = Some(pipeline);
            result
        }, else self.push_lines_scalar(level, block, 0))
    }

    /// The scalar twin of [`Pipeline::push_lines`], for the lines from `start` on.
    fn push_lines_scalar(&mut self, level: Level, block: &[u8], start: usize) -> Result<(), BatchFull> {
        let mut line = start;
        for newline in memchr::memchr_iter(b'\n', &block[start..]) {
            let end = start + newline;
            self.push_decoded(level, without_carriage_return(&block[line..end]), line)?;
            line = end + 1;
        }
        match &block[line..] {
            [] => Ok(()),
            last => self.push_decoded(level, without_carriage_return(last), line),
        }
    }

    /// Returns the number of rows.
    pub fn len(&self) -> usize {
        self.kinds.len()
    }

    /// Returns `true` if there are no rows.
    pub fn is_empty(&self) -> bool {
        self.kinds.is_empty()
    }

    /// Removes all rows and keeps the memory.
    pub fn clear(&mut self) {
        self.kinds.clear();
        self.urls.clear();
        self.amp_urls.clear();
        self.errors.clear();
        self.messages.bytes.clear();
        self.messages.ends.clear();
    }

    /// Returns what [`decode`](crate::decode) returns for the link of row `row`, or `None` if there is no such row.
    ///
    /// # Examples
    ///
    /// ```
    /// use google_news_link::Batch;
    ///
    /// let mut batch = Batch::new();
    /// batch.push("https://news.google.com/publications/CAAqBwgKMI7rigMwlq88")?;
    /// let target = batch.get(0).expect("one row")?;
    /// assert_eq!(target.as_publication().and_then(|publication| publication.number()), Some(989_078));
    /// assert_eq!(batch.get(1), None);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn get(&self, row: usize) -> Option<Result<Target<'_>, Error>> {
        let kind = *self.kinds.get(row)?;
        let (url, amp_url) = (self.urls.get(row), self.amp_urls.get(row));
        Some(match kind {
            None => {
                let index = self.errors.partition_point(|&(other, _)| other < row);
                Err(self.errors[index].1)
            }
            Some(Kind::Redirect) => Ok(Target::Redirect(Redirect { url: CheckedUrl::from_stored(url) })),
            Some(kind) => match self.messages.get(row) {
                None if kind == Kind::OpaqueArticle => Ok(OpaqueArticle::from_columns(url, amp_url).into()),
                None => {
                    debug_assert_eq!(kind, Kind::Article, "all other kinds have a message");
                    Ok(Article::from_columns(url, amp_url).into())
                }
                // The message was valid when it was pushed.
                Some(message) => Target::from_message(message).map(|mut target| {
                    if let Target::KeyedArticle(article) = &mut target
                        && !url.is_empty()
                    {
                        article.set_canonical_url(Some(CheckedUrl::from_stored(url)));
                    }
                    target
                }),
            },
        })
    }

    /// Returns an iterator over the rows, as [`get`](Self::get) returns them.
    pub fn iter(&self) -> Rows<'_> {
        Rows::new(self)
    }

    /// Returns the kinds of the rows.
    pub fn kinds(&self) -> Kinds<'_> {
        Kinds { kinds: &self.kinds }
    }

    /// Returns the column of the canonical URLs.
    pub fn canonical_urls(&self) -> Column<'_> {
        let kinds = [Kind::Article, Kind::KeyedArticle, Kind::Video, Kind::Redirect];
        Column::new(&self.urls, &self.kinds, &kinds)
    }

    /// Returns the column of the AMP URLs.
    pub fn amp_urls(&self) -> Column<'_> {
        Column::new(&self.amp_urls, &self.kinds, &[Kind::Article])
    }

    /// Returns the column of the tokens of opaque articles and opaque redirects.
    pub fn tokens(&self) -> Column<'_> {
        Column::new(&self.urls, &self.kinds, &[Kind::OpaqueArticle, Kind::OpaqueRedirect])
    }

    /// Returns the column of the AMP tokens of opaque articles.
    pub fn amp_tokens(&self) -> Column<'_> {
        Column::new(&self.amp_urls, &self.kinds, &[Kind::OpaqueArticle])
    }

    /// Returns the length of each row's canonical URL, which is known of an opaque article and an opaque redirect, too
    /// ([`Target::url_len`]).
    ///
    /// # Examples
    ///
    /// ```
    /// use google_news_link::Batch;
    ///
    /// let opaque = "CBMiNkFVX3lxTE04T1d2QWFkS3BlS042NlZ0bThVc3hFeU5xTFF0d25TdDFhSURHT00tRWhSOGVpZw";
    /// let mut batch = Batch::new();
    /// batch.push(opaque)?;
    /// batch.push("CBMiFmh0dHBzOi8vYW11LnR2LzExMTkzMS_SAQA")?;
    /// batch.push("hello")?;
    /// assert_eq!(batch.url_lens().collect::<Vec<_>>(), [Some(19), Some(22), None]);
    /// # Ok::<(), google_news_link::batch::BatchFull>(())
    /// ```
    pub fn url_lens(&self) -> UrlLens<'_> {
        UrlLens::new(self)
    }

    fn url_len(&self, row: usize) -> Option<usize> {
        match self.kinds().get(row)? {
            Kind::OpaqueArticle => Some(OpaqueArticle::from_columns(self.urls.get(row), "").url_len()),
            Kind::OpaqueRedirect => self.get(row)?.ok()?.url_len(),
            _ => self.canonical_urls().get_bytes(row).map(<[u8]>::len),
        }
    }

    /// Returns an iterator over the rows with an error, in ascending order, and their errors.
    pub fn errors(&self) -> Errors<'_> {
        Errors::new(&self.errors)
    }

    /// Counts the rows of each kind and those with an error.
    pub fn counts(&self) -> Counts {
        Counts::of(self.kinds())
    }

    /// Converts the batch into its buffers. The strings are not copied: Arrow's buffers take vectors as they are.
    ///
    /// # Examples
    ///
    /// ```
    /// use google_news_link::{Batch, Kind};
    ///
    /// let mut batch = Batch::new();
    /// batch.push_lines(b"CBMiFmh0dHBzOi8vYW11LnR2LzExMTkzMS_SAQA\nhello\n")?;
    /// let parts = batch.into_parts();
    /// assert_eq!(parts.urls.data, b"https://amu.tv/111931/");
    /// assert_eq!(parts.urls.offsets, [0, 22, 22]);
    /// assert_eq!(parts.validity.canonical_urls, [0b01]);
    /// assert_eq!(Kind::ALL[usize::from(parts.kinds[0])], Kind::Article);
    /// assert_eq!(parts.errors[0].0, 1);
    /// # Ok::<(), google_news_link::batch::BatchFull>(())
    /// ```
    pub fn into_parts(self) -> Parts {
        Parts {
            kinds: self.kinds().keys(),
            validity: Validity {
                kinds: self.kinds().validity(),
                canonical_urls: self.canonical_urls().validity(),
                amp_urls: self.amp_urls().validity(),
                tokens: self.tokens().validity(),
                amp_tokens: self.amp_tokens().validity(),
            },
            urls: self.urls.into_buffers(),
            amp_urls: self.amp_urls.into_buffers(),
            errors: self.errors,
        }
    }

    /// Makes room for the messages and strings of a link of `len` bytes. A link that is too long has none.
    fn reserve_for_link(&mut self, len: usize) {
        let len = len.min(MAX_INPUT_LEN);
        let message_len = base64url::buffer_len(len) + PADDING;
        for scratch in [&mut self.scratch.message, &mut self.scratch.second_message] {
            if scratch.len() < message_len {
                scratch.resize(message_len, 0);
            }
        }
        self.urls.reserve(len);
        self.amp_urls.reserve(len);
    }

    /// Pushes a row by [`decode_with`], which accepts every link. `offset` is where the link begins in its block.
    #[inline(never)]
    fn push_decoded(&mut self, level: Level, link: &[u8], offset: usize) -> Result<(), BatchFull> {
        self.reserve_for_link(link.len());
        let mut message = std::mem::take(&mut self.scratch.message);
        let mut second_message = std::mem::take(&mut self.scratch.second_message);
        let result = match decode_with(level, link, &mut message, &mut second_message) {
            Ok(Decoded { target, message }) => self.push_target(&target, message, offset),
            Err(error) => {
                self.errors.push((self.len(), error));
                self.push_row(None, "", "");
                Ok(())
            }
        };
        self.scratch.message = message;
        self.scratch.second_message = second_message;
        result
    }

    fn push_target(&mut self, target: &Target<'_>, message: &[u8], offset: usize) -> Result<(), BatchFull> {
        let (url, amp_url) = match target {
            Target::OpaqueArticle(article) => (Some(article.token()), article.amp_token()),
            Target::OpaqueRedirect(redirect) => (Some(redirect.token()), None),
            target => (target.canonical_url(), target.amp_url()),
        };
        let (url, amp_url) = (url.unwrap_or_default(), amp_url.unwrap_or_default());
        if !self.urls.has_room_for(url.len()) || !self.amp_urls.has_room_for(amp_url.len()) {
            return Err(BatchFull { offset });
        }
        let is_in_columns = matches!(target.kind(), Kind::Article | Kind::OpaqueArticle | Kind::Redirect);
        if !is_in_columns || target.has_unknown_fields() {
            self.messages.push(self.len(), message);
        }
        self.push_row(Some(target.kind()), url, amp_url);
        Ok(())
    }

    fn push_row(&mut self, kind: Option<Kind>, url: &str, amp_url: &str) {
        self.kinds.push(kind);
        self.urls.push(url);
        self.amp_urls.push(amp_url);
    }
}

/// Removes the `\r` of a line end `\r\n`.
fn without_carriage_return(line: &[u8]) -> &[u8] {
    line.strip_suffix(b"\r").unwrap_or(line)
}

impl Messages {
    fn push(&mut self, row: usize, message: &[u8]) {
        self.bytes.extend_from_slice(message);
        self.ends.push((row, self.bytes.len()));
    }

    /// The message of `row`, if it has one.
    fn get(&self, row: usize) -> Option<&[u8]> {
        let index = self.ends.binary_search_by_key(&row, |&(other, _)| other).ok()?;
        let start = index.checked_sub(1).map_or(0, |before| self.ends[before].1);
        Some(&self.bytes[start..self.ends[index].1])
    }
}

/// Clones the rows without the free memory after them.
impl Clone for Batch {
    fn clone(&self) -> Self {
        Batch {
            kinds: self.kinds.clone(),
            urls: self.urls.clone(),
            amp_urls: self.amp_urls.clone(),
            errors: self.errors.clone(),
            messages: self.messages.clone(),
            scratch: Scratch::default(),
        }
    }
}

/// Compares the rows.
impl PartialEq for Batch {
    fn eq(&self, other: &Self) -> bool {
        self.kinds == other.kinds && self.errors == other.errors && self.iter().eq(other.iter())
    }
}

impl Eq for Batch {}

impl fmt::Debug for Batch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self).finish()
    }
}

impl<'a> IntoIterator for &'a Batch {
    type Item = Result<Target<'a>, Error>;
    type IntoIter = Rows<'a>;

    fn into_iter(self) -> Rows<'a> {
        self.iter()
    }
}

/// The error of [`Batch::push`] and [`Batch::push_lines`] if a column would exceed 2 GiB.
///
/// [`Batch::push_lines`] has an example of how to continue.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, thiserror::Error)]
#[error("batch is full: a column would exceed 2 GiB")]
pub struct BatchFull {
    offset: usize,
}

impl BatchFull {
    /// Returns the offset in the block of the first line that was not pushed, or 0 for a single link.
    pub fn offset(&self) -> usize {
        self.offset
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LINKS: [&str; 4] = [
        "CBMiFmh0dHBzOi8vYW11LnR2LzExMTkzMS_SAQA",
        "https://news.google.com/rss/articles/CCAiC2JSMFZjT0NUb2hZmAEB?oc=5",
        "CBMiFmh0dHBzOi8vYW11LnR2LzExMTkzMS_SAQA?and=much&more=so&that=the&line=is&longer=than&a=vector",
        "CAAqBwgKMI7rigMwlq88",
    ];

    /// It takes a while to fill 2 GiB, so this one is full at 70 bytes: 22 for the first link, 43 for the second, none for
    /// the last.
    fn small_batch() -> Batch {
        let mut batch = Batch::new();
        batch.urls.max_len = 70;
        batch
    }

    #[test]
    fn a_full_batch_keeps_its_rows_and_tells_where_to_continue() {
        let block = LINKS.repeat(20).join("\n");
        for level in Level::available() {
            let mut batch = small_batch();
            let (mut start, mut kinds) = (0, Vec::new());
            while let Err(full) = batch.push_lines_with(level, &block.as_bytes()[start..]) {
                kinds.extend(batch.kinds());
                batch.clear();
                start += full.offset();
                assert_eq!(block.as_bytes()[start - 1], b'\n');
            }
            kinds.extend(batch.kinds());
            let all = [Kind::Article, Kind::Video, Kind::Article, Kind::Publication].map(Some);
            assert_eq!(kinds, all.repeat(20), "{level:?}");
        }
    }

    #[test]
    fn a_link_for_which_there_is_no_room_is_not_pushed() {
        let mut batch = small_batch();
        let results = LINKS.map(|link| batch.push(link));
        assert_eq!(results, [Ok(()), Ok(()), Err(BatchFull { offset: 0 }), Ok(())]);
        let kinds = [Kind::Article, Kind::Video, Kind::Publication].map(Some);
        assert_eq!(batch.kinds().into_iter().collect::<Vec<_>>(), kinds);
        assert_eq!(batch.urls.len(), 65);
        assert_eq!(results[2].unwrap_err().to_string(), "batch is full: a column would exceed 2 GiB");
        batch.clear();
        assert_eq!(batch.push(LINKS[2]), Ok(()));
    }
}
