//! The rows of a batch, and the scalar code that adds them.

use std::fmt;
use std::ops::Range;

use super::columns::Column;
use super::iterators::iterators;
use super::strings::Strings;
use crate::base64url::{self, Level};
use crate::decode::{Decoded, decode_with};
use crate::error::Error;
use crate::limits::{MAX_INPUT_LEN, PADDING};
use crate::link;
use crate::message::ArticleShape;
use crate::target::{Article, Kind, OpaqueArticle, Redirect, Target, token};
use crate::url_policy::CheckedUrl;

/// The rows of a batch.
#[derive(Clone, Default)]
pub(super) struct RowStore {
    pub(super) kinds: Vec<Option<Kind>>,
    /// Canonical URLs and tokens.
    pub(super) urls: Strings,
    /// AMP URLs and AMP tokens.
    pub(super) amp_urls: Strings,
    /// The rows with an error, in ascending order.
    pub(super) errors: Vec<(usize, Error)>,
    messages: Messages,
    scratch: Scratch,
}

/// The decoded IDs of rows that are not described completely by two strings: those of the rarer kinds, and those with
/// unknown fields.
#[derive(Clone, Default)]
struct Messages {
    bytes: Vec<u8>,
    /// The row and the offset at which its message ends.
    ends: Vec<(usize, usize)>,
}

/// Memory that is kept between calls, but not cloned.
#[derive(Default)]
struct Scratch {
    message: Vec<u8>,
    /// The message of a `uo=` parameter, or a decoded token.
    second_message: Vec<u8>,
}

impl Scratch {
    /// Makes room for the messages of a link of `len` bytes. A link that is too long needs no room.
    fn reserve_for_link(&mut self, len: usize) {
        let message_len = base64url::buffer_len(len.min(MAX_INPUT_LEN)) + PADDING;
        for buffer in [&mut self.message, &mut self.second_message] {
            if buffer.len() < message_len {
                buffer.resize(message_len, 0);
            }
        }
    }
}

impl Clone for Scratch {
    fn clone(&self) -> Self {
        Scratch::default()
    }
}

impl RowStore {
    pub(super) fn with_capacity(rows: usize, bytes: usize) -> Self {
        RowStore {
            kinds: Vec::with_capacity(rows),
            urls: Strings::with_capacity(rows, bytes),
            amp_urls: Strings::with_capacity(rows, bytes),
            ..RowStore::default()
        }
    }

    pub(super) fn len(&self) -> usize {
        self.kinds.len()
    }

    pub(super) fn clear(&mut self) {
        self.kinds.clear();
        self.urls.clear();
        self.amp_urls.clear();
        self.errors.clear();
        self.messages.bytes.clear();
        self.messages.ends.clear();
    }

    pub(super) fn canonical_urls(&self) -> Column<'_> {
        let kinds = [Kind::Article, Kind::KeyedArticle, Kind::Video, Kind::Redirect];
        Column::new(&self.urls, &self.kinds, &kinds)
    }

    pub(super) fn get(&self, row: usize) -> Option<Result<Target<'_>, Error>> {
        let kind = *self.kinds.get(row)?;
        let (url, amp_url) = (self.urls.get(row), self.amp_urls.get(row));
        Some(match kind {
            None => {
                let index = self.errors.partition_point(|&(other, _)| other < row);
                Err(self.errors[index].1)
            }
            Some(Kind::Redirect) => Ok(Target::Redirect(Redirect::from_stored(CheckedUrl::from_stored(url)))),
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

    fn url_len(&self, row: usize) -> Option<usize> {
        match (*self.kinds.get(row)?)? {
            // Nine of ten rows; its URL is never empty.
            Kind::Article => Some(self.urls.get_bytes(row).len()),
            Kind::OpaqueArticle => Some(token::url_len(self.urls.get_bytes(row).len())),
            Kind::OpaqueRedirect => self.get(row)?.ok()?.url_len(),
            _ => self.canonical_urls().get_bytes(row).map(<[u8]>::len),
        }
    }

    /// Decodes a link into the next row.
    pub(super) fn push(&mut self, level: Level, link: &[u8]) -> Result<(), BatchFull> {
        self.reserve_for_link(link.len());
        if self.push_article(level, link) { Ok(()) } else { self.push_decoded(level, link, 0) }
    }

    /// Pushes the link if it leads to an article that the fast path of [`decode`](crate::decode) accepts. Returns
    /// `true` if it was pushed. No [`Target`] is built, and the strings are copied in whole vectors: 110 ns instead of
    /// 137.
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

    /// The scalar twin of [`Pipeline::push_lines`](super::simd::Pipeline::push_lines), for the lines from `start` on.
    pub(super) fn push_lines_scalar(
        &mut self,
        level: Level,
        block: &[u8],
        start: usize,
    ) -> Result<(), BatchFull> {
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

    /// The scalar twin of [`Pipeline::push_strings`](super::simd::Pipeline::push_strings).
    pub(super) fn push_strings_scalar(
        &mut self,
        level: Level,
        data: &[u8],
        ranges: impl Iterator<Item = Range<usize>>,
    ) -> Result<(), BatchFull> {
        for range in ranges {
            check_range(&range, data.len());
            self.push_decoded(level, &data[range.clone()], range.start)?;
        }
        Ok(())
    }

    /// Makes room for the messages and strings of a link of `len` bytes. A link that is too long needs no room.
    fn reserve_for_link(&mut self, len: usize) {
        self.scratch.reserve_for_link(len);
        let len = len.min(MAX_INPUT_LEN);
        self.urls.reserve(len);
        self.amp_urls.reserve(len);
    }

    /// Pushes a row by [`decode_with`], which accepts every link. `offset` is where the link begins in its block.
    #[inline(never)]
    pub(super) fn push_decoded(&mut self, level: Level, link: &[u8], offset: usize) -> Result<(), BatchFull> {
        self.reserve_for_link(link.len());
        self.decode(level, link, |rows, decoded| match decoded {
            Ok(Decoded { target, message }) => rows.push_target(&target, message, offset),
            Err(error) => {
                rows.errors.push((rows.len(), error));
                rows.push_row(None, "", "");
                Ok(())
            }
        })
    }

    /// Decodes a link for row `row`, which has not been pushed yet, and passes its kind and its two strings to `take`.
    /// Only its error or its message is stored: for the row when it is pushed, or until
    /// [`drop_pending`](Self::drop_pending) drops it.
    pub(super) fn decode_ahead(
        &mut self,
        level: Level,
        link: &[u8],
        row: usize,
        take: impl FnOnce(Option<Kind>, &str, &str),
    ) {
        self.scratch.reserve_for_link(link.len());
        self.decode(level, link, |rows, decoded| match decoded {
            Ok(Decoded { target, message }) => {
                rows.store_message(row, &target, message);
                let (url, amp_url) = strings_of(&target);
                take(Some(target.kind()), url, amp_url);
            }
            Err(error) => {
                rows.errors.push((row, error));
                take(None, "", "");
            }
        });
    }

    /// Drops what [`decode_ahead`](Self::decode_ahead) has stored for rows that were not pushed.
    pub(super) fn drop_pending(&mut self) {
        let len = self.len();
        while self.errors.pop_if(|(row, _)| *row >= len).is_some() {}
        self.messages.truncate(len);
    }

    /// Decodes a link in the scratch memory.
    #[inline(always)]
    fn decode<T>(
        &mut self,
        level: Level,
        link: &[u8],
        store: impl FnOnce(&mut Self, Result<Decoded<'_>, Error>) -> T,
    ) -> T {
        let mut message = std::mem::take(&mut self.scratch.message);
        let mut second_message = std::mem::take(&mut self.scratch.second_message);
        let result = store(self, decode_with(level, link, &mut message, &mut second_message));
        self.scratch.message = message;
        self.scratch.second_message = second_message;
        result
    }

    fn push_target(&mut self, target: &Target<'_>, message: &[u8], offset: usize) -> Result<(), BatchFull> {
        let (url, amp_url) = strings_of(target);
        if !self.urls.has_room_for(url.len()) || !self.amp_urls.has_room_for(amp_url.len()) {
            return Err(BatchFull { offset });
        }
        self.store_message(self.len(), target, message);
        self.push_row(Some(target.kind()), url, amp_url);
        Ok(())
    }

    /// Stores the message of a target that its two strings do not describe completely.
    fn store_message(&mut self, row: usize, target: &Target<'_>, message: &[u8]) {
        let is_in_columns = matches!(target.kind(), Kind::Article | Kind::OpaqueArticle | Kind::Redirect);
        if !is_in_columns || target.has_unknown_fields() {
            self.messages.push(row, message);
        }
    }

    fn push_row(&mut self, kind: Option<Kind>, url: &str, amp_url: &str) {
        self.kinds.push(kind);
        self.urls.push(url);
        self.amp_urls.push(amp_url);
    }
}

/// The rows, as [`RowStore::get`] returns them.
impl fmt::Debug for RowStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(BatchIter::new(self)).finish()
    }
}

/// Checks that `range` is within data of `data_len` bytes.
///
/// # Panics
///
/// Panics if it is not.
#[inline(always)]
pub(super) fn check_range(range: &Range<usize>, data_len: usize) {
    assert!(
        range.start <= range.end && range.end <= data_len,
        "no string at {range:?} in data of {data_len} bytes"
    );
}

/// Returns the strings that a target has in the columns: the canonical URL or token, and the AMP URL or token.
fn strings_of<'a>(target: &'a Target<'_>) -> (&'a str, &'a str) {
    let (url, amp_url) = match target {
        Target::OpaqueArticle(article) => (Some(article.token()), article.amp_token()),
        Target::OpaqueRedirect(redirect) => (Some(redirect.token()), None),
        target => (target.canonical_url(), target.amp_url()),
    };
    (url.unwrap_or_default(), amp_url.unwrap_or_default())
}

/// Removes the `\r` of a line end `\r\n`.
pub(super) fn without_carriage_return(line: &[u8]) -> &[u8] {
    line.strip_suffix(b"\r").unwrap_or(line)
}

impl Messages {
    fn push(&mut self, row: usize, message: &[u8]) {
        self.bytes.extend_from_slice(message);
        self.ends.push((row, self.bytes.len()));
    }

    /// Removes the messages of the row `row` and those after it.
    fn truncate(&mut self, row: usize) {
        while self.ends.pop_if(|(other, _)| *other >= row).is_some() {}
        self.bytes.truncate(self.ends.last().map_or(0, |&(_, end)| end));
    }

    /// Returns the message of `row`, if it has one.
    fn get(&self, row: usize) -> Option<&[u8]> {
        let index = self.ends.binary_search_by_key(&row, |&(other, _)| other).ok()?;
        let start = index.checked_sub(1).map_or(0, |before| self.ends[before].1);
        Some(&self.bytes[start..self.ends[index].1])
    }
}

iterators! {
    /// An iterator over the rows of a [`Batch`](super::Batch), returned by [`Batch::iter`](super::Batch::iter).
    BatchIter<'a>(&'a RowStore) -> Result<Target<'a>, Error> = RowStore::get;

    /// An iterator over the lengths of [`UrlLens`], returned by [`UrlLens::iter`].
    UrlLensIter<'a>(&'a RowStore) -> Option<usize> = |rows, row| Some(rows.url_len(row));

    /// An iterator over the rows of a [`Batch`](super::Batch) that have an error, and their errors, returned by
    /// [`Batch::errors`](super::Batch::errors).
    Errors<'a>(&'a [(usize, Error)]) -> (usize, Error) = |errors, index| errors.get(index).copied();
}

/// The lengths of the canonical URLs of a [`Batch`](super::Batch): `None` for a row without URL and token.
#[derive(Clone, Copy)]
pub struct UrlLens<'a> {
    rows: &'a RowStore,
}

impl<'a> UrlLens<'a> {
    pub(super) fn new(rows: &'a RowStore) -> Self {
        UrlLens { rows }
    }

    /// Returns the length in row `row`, or `None` if the row has none or does not exist.
    pub fn get(&self, row: usize) -> Option<usize> {
        self.rows.url_len(row)
    }

    /// Returns an iterator over the lengths of all rows.
    pub fn iter(&self) -> UrlLensIter<'a> {
        UrlLensIter::new(self.rows)
    }

    /// Returns the number of rows.
    pub fn len(&self) -> usize {
        self.rows.len()
    }

    /// Returns `true` if there are no rows.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

impl<'a> IntoIterator for UrlLens<'a> {
    type Item = Option<usize>;
    type IntoIter = UrlLensIter<'a>;

    fn into_iter(self) -> UrlLensIter<'a> {
        self.iter()
    }
}

impl fmt::Debug for UrlLens<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(*self).finish()
    }
}

/// The error of [`Batch::push`](super::Batch::push) and the methods that push several links, if a column would exceed 2 GiB.
///
/// [`Batch::push_lines`](super::Batch::push_lines) has an example of how to continue.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, thiserror::Error)]
#[error("batch is full: a column would exceed 2 GiB")]
pub struct BatchFull {
    pub(super) offset: usize,
}

impl BatchFull {
    /// Returns where the first link that was not pushed begins: in the block, the data or the text that was passed. It
    /// is 0 for [`Batch::push`](super::Batch::push).
    pub fn offset(&self) -> usize {
        self.offset
    }
}
