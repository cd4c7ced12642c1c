use std::fmt;
use std::ops::Range;

use fearless_simd::{Level, dispatch};

use crate::decode::{Decoded, decode_with};
use crate::error::{Error, ErrorKind};
use crate::message::Shape;
use crate::target::{Article, Kind, OpaqueArticle, Redirect, Target, Video};
use crate::{base64url, link};
pub use columns::{Buffers, Column, ColumnBuffers, Counts, Kinds};
use group::Group;
pub use reader::{BatchReader, BlockReader};

mod columns;
mod group;
mod lines;
mod reader;
mod steps;

/// Many links, decoded into columns: a row a link, in the layout of Apache Arrow.
///
/// A column is one text of all its rows and an `i32` offset for each row and the end. Canonical URLs and tokens
/// share a column's text, as do AMP URLs and AMP tokens, since no row has both; which of them it is the row's
/// kind says. [`clear`](Self::clear) keeps the memory, so that a batch that is used again allocates nothing
/// once it is warm.
///
/// Row i is the i-th link that was pushed, whatever it holds: a link that can't be decoded is a row with an
/// error.
///
/// ```
/// use google_news_link::{Batch, Kind};
///
/// let mut batch = Batch::new();
/// batch.push_lines(b"CBMiFmh0dHBzOi8vYW11LnR2LzExMTkzMS_SAQA\nhello\n./articles/CCAiC2JSMFZjT0NUb2hZmAEB\n");
/// assert_eq!(batch.len(), 3);
/// assert_eq!(batch.canonical_urls().get(0), Some("https://amu.tv/111931/"));
/// assert_eq!(batch.kinds().get(2), Some(Kind::Video));
/// for (row, error) in batch.errors() {
///     println!("line {}: {error}", row + 1);
/// }
/// # assert_eq!(batch.errors().count(), 1);
/// ```
pub struct Batch {
    /// One more than the kind's place in [`Kind::ALL`], 0 for a row with an error.
    kinds: Vec<u8>,
    main: Texts,
    amp: Texts,
    errors: Vec<(usize, Error)>,
    rest: Rest,
    scratch: Scratch,
    /// The most bytes that a column may hold.
    limit: usize,
    is_full: bool,
}

/// The texts of a column, one behind the other.
#[derive(Clone)]
struct Texts {
    /// Longer than what is in use, so that whole vectors can be written behind it.
    bytes: Vec<u8>,
    /// Where each row begins, and where the last one ends.
    offsets: Vec<i32>,
}

/// The messages of rows that have more to say than two texts, which few have.
#[derive(Clone, Default)]
struct Rest {
    messages: Vec<u8>,
    /// The row, and where its message ends.
    rows: Vec<(usize, usize)>,
}

/// Where messages are decoded to.
#[derive(Clone, Default)]
struct Scratch {
    /// Of rows that take the fast way together.
    group: Option<Box<Group>>,
    /// Of a row that takes the slow way.
    message: Vec<u8>,
    token: Vec<u8>,
    /// Where the lines of a segment end.
    newlines: Vec<u32>,
}

/// What is written at once behind the end of a column's text, at most: a vector more than is needed.
const SLACK: usize = 256;

impl Batch {
    /// A batch without rows.
    pub fn new() -> Self {
        Batch {
            kinds: Vec::new(),
            main: Texts::new(),
            amp: Texts::new(),
            errors: Vec::new(),
            rest: Rest::default(),
            scratch: Scratch::default(),
            limit: i32::MAX as usize,
            is_full: false,
        }
    }

    /// A batch without rows, with room for `rows` of them and for `text` bytes in each column.
    pub fn with_capacity(rows: usize, text: usize) -> Self {
        Batch {
            kinds: Vec::with_capacity(rows),
            main: Texts::with_capacity(rows, text),
            amp: Texts::with_capacity(rows, text),
            ..Batch::new()
        }
    }

    /// Decodes one link into the next row.
    pub fn push(&mut self, link: impl AsRef<[u8]>) {
        let (level, link) = (Level::new(), link.as_ref());
        self.make_room(link.len());
        if !self.push_article(level, link) {
            self.slow_row(level, link);
        }
    }

    /// The row of a link to an article, if the fast paths of [`decode`](crate::decode) know it: without a target in
    /// between, and with its texts copied whole vectors at a time, it takes 110 ns instead of 137.
    fn push_article(&mut self, level: Level, link: &[u8]) -> bool {
        let Some(common) = link::common(link) else { return false };
        let len = common.id.len();
        let message = &mut self.scratch.message;
        let Some(foreign) = base64url::accept(level, &link[common.start..], len, message) else {
            return false;
        };
        let Some(shape) = Shape::of(message, len * 3 / 4, foreign) else { return false };
        let is_full =
            self.main.len() + shape.key.len() > self.limit || self.amp.len() + shape.amp.len() > self.limit;
        if is_full || Article::from_shape(message, &shape).is_none() {
            return false;
        }
        self.kinds.push(columns::code(Kind::Article));
        self.main.push_part(message, &shape.key);
        self.amp.push_part(message, &shape.amp);
        true
    }

    /// Decodes each line of `block` into a row, which is the fast way for many links.
    ///
    /// Lines end with `\n`; a `\r` before it is not part of the link. An empty line is a row, too. What stands
    /// behind the last `\n` is a line of its own, unless there is nothing. A line of more than 65,536 bytes is
    /// a row with the error [`TooLong`](crate::ErrorKind::TooLong).
    pub fn push_lines(&mut self, block: &[u8]) {
        self.push_lines_on(VectorLevel(Level::new()), block);
    }

    /// [`push_lines`](Self::push_lines) with vectors of one level, to measure them against each other.
    #[doc(hidden)]
    pub fn push_lines_on(&mut self, level: VectorLevel, block: &[u8]) {
        dispatch!(level.0, simd => self.lines(simd, block));
    }

    /// How many rows there are.
    pub fn len(&self) -> usize {
        self.kinds.len()
    }

    /// True if there are no rows.
    pub fn is_empty(&self) -> bool {
        self.kinds.is_empty()
    }

    /// True if there was no room for the texts of a row: a column's offsets count no further than 2 GiB. That row
    /// has the error [`BatchFull`](crate::ErrorKind::BatchFull); shorter texts may still find room.
    pub fn is_full(&self) -> bool {
        self.is_full
    }

    /// Removes all rows and keeps the memory.
    pub fn clear(&mut self) {
        self.kinds.clear();
        self.main.clear();
        self.amp.clear();
        self.errors.clear();
        self.rest.messages.clear();
        self.rest.rows.clear();
        self.is_full = false;
    }

    /// What row `row` leads to, as [`Decoder::decode`](crate::Decoder::decode) says of its link; None if there
    /// is no such row.
    pub fn get(&self, row: usize) -> Option<Result<Target<'_>, Error>> {
        let &kind = self.kinds.get(row)?;
        let Some(kind) = columns::kind(kind) else {
            let place = self.errors.binary_search_by_key(&row, |(row, _)| *row).ok()?;
            return Some(Err(self.errors[place].1));
        };
        let text = self.main.get(row);
        let amp = self.amp.get(row);
        Some(Ok(match kind {
            Kind::Article => Target::Article(Article::from_columns(text, amp)),
            Kind::OpaqueArticle => Target::OpaqueArticle(OpaqueArticle::from_columns(text, amp)),
            Kind::Video => Target::Video(Video::from_watch_url(text)?),
            Kind::Redirect => Target::Redirect(Redirect { url: text.into() }),
            _ => match Target::from_message(self.rest.get(row)?) {
                Ok(Target::KeyedArticle(article)) => Target::KeyedArticle(
                    article.with_canonical_url((!text.is_empty()).then_some(text.into())),
                ),
                other => other.ok()?,
            },
        }))
    }

    /// What each row leads to.
    pub fn iter(&self) -> Rows<'_> {
        Rows { batch: self, rows: 0..self.len() }
    }

    /// The kind of each row, None for a row with an error.
    pub fn kinds(&self) -> Kinds<'_> {
        Kinds::new(&self.kinds)
    }

    /// The canonical URL of each row that has one.
    pub fn canonical_urls(&self) -> Column<'_> {
        let kinds = [Kind::Article, Kind::KeyedArticle, Kind::Video, Kind::Redirect];
        Column::new(self.main.used(), &self.main.offsets, &self.kinds, &kinds)
    }

    /// The AMP URL of each row that has one.
    pub fn amp_urls(&self) -> Column<'_> {
        Column::new(self.amp.used(), &self.amp.offsets, &self.kinds, &[Kind::Article])
    }

    /// The token of each opaque article.
    pub fn tokens(&self) -> Column<'_> {
        Column::new(self.main.used(), &self.main.offsets, &self.kinds, &[Kind::OpaqueArticle])
    }

    /// The AMP token of each opaque article that has one.
    pub fn amp_tokens(&self) -> Column<'_> {
        Column::new(self.amp.used(), &self.amp.offsets, &self.kinds, &[Kind::OpaqueArticle])
    }

    /// The rows that could not be decoded, in their order, and why.
    pub fn errors(&self) -> impl Iterator<Item = (usize, Error)> {
        self.errors.iter().copied()
    }

    /// How many rows there are of each kind, and how many with an error.
    pub fn counts(&self) -> Counts {
        Counts::of(&self.kinds)
    }

    /// Ends the batch and gives its texts and their offsets away, without a copy: Arrow's buffers take vectors as
    /// they are.
    ///
    /// Whose text it is, [`canonical_urls`](Self::canonical_urls) and [`tokens`](Self::tokens),
    /// [`amp_urls`](Self::amp_urls) and [`amp_tokens`](Self::amp_tokens) tell by their
    /// [`validity`](Column::validity), as long as there is a batch to ask.
    ///
    /// ```
    /// use google_news_link::Batch;
    ///
    /// let mut batch = Batch::new();
    /// batch.push("CBMiFmh0dHBzOi8vYW11LnR2LzExMTkzMS_SAQA");
    /// batch.push("hello");
    /// let validity: Vec<bool> = batch.canonical_urls().validity().collect();
    /// let buffers = batch.into_buffers();
    /// assert_eq!(validity, [true, false]);
    /// assert_eq!(buffers.main.offsets, [0, 22, 22]);
    /// assert_eq!(buffers.main.text, b"https://amu.tv/111931/");
    /// ```
    pub fn into_buffers(self) -> Buffers {
        Buffers { main: self.main.into_buffers(), amp: self.amp.into_buffers() }
    }

    /// Makes room for the messages of `len` characters; a link that has more of them is not looked at.
    fn make_room(&mut self, len: usize) {
        let len = len.min(link::MAX_LEN);
        let longest = base64url::room(len) + SLACK;
        grow(&mut self.scratch.message, longest);
        grow(&mut self.scratch.token, longest);
        self.main.make_room(len);
        self.amp.make_room(len);
    }

    /// The row of a link that is alone, or that the fast way does not know.
    #[inline(never)]
    fn slow_row(&mut self, level: Level, link: &[u8]) {
        self.make_room(link.len());
        let mut message = std::mem::take(&mut self.scratch.message);
        let mut uo = std::mem::take(&mut self.scratch.token);
        match decode_with(level, link, &mut message, &mut uo) {
            Ok(Decoded { target, message }) => self.push_target(&target, message),
            Err(error) => self.push_error(error),
        }
        self.scratch.message = message;
        self.scratch.token = uo;
    }

    fn push_target(&mut self, target: &Target<'_>, message: &[u8]) {
        let (text, amp) = match target {
            Target::OpaqueArticle(article) => (article.token(), article.amp_token()),
            target => (target.canonical_url().unwrap_or_default(), target.amp_url()),
        };
        let amp = amp.unwrap_or_default();
        if self.main.len() + text.len() > self.limit || self.amp.len() + amp.len() > self.limit {
            self.is_full = true;
            return self.push_error(Error::new(ErrorKind::BatchFull));
        }
        match target.kind() {
            Kind::Article | Kind::OpaqueArticle | Kind::Video | Kind::Redirect => {}
            _ => {
                self.rest.messages.extend_from_slice(message);
                self.rest.rows.push((self.kinds.len(), self.rest.messages.len()));
            }
        }
        self.kinds.push(columns::code(target.kind()));
        self.main.push(text.as_bytes());
        self.amp.push(amp.as_bytes());
    }

    fn push_error(&mut self, error: Error) {
        self.errors.push((self.kinds.len(), error));
        self.kinds.push(0);
        self.main.push(b"");
        self.amp.push(b"");
    }
}

/// A kind of vectors that this machine has.
#[doc(hidden)]
#[derive(Clone, Copy, Debug)]
pub struct VectorLevel(Level);

impl VectorLevel {
    /// Every one, the best first.
    pub fn all() -> Vec<Self> {
        base64url::levels().into_iter().map(VectorLevel).collect()
    }

    /// Its name: `avx2`, `neon`.
    pub fn name(self) -> String {
        format!("{:?}", self.0).split('(').next().unwrap_or_default().to_lowercase()
    }
}

impl Texts {
    fn new() -> Self {
        Texts { bytes: Vec::new(), offsets: vec![0] }
    }

    fn with_capacity(rows: usize, text: usize) -> Self {
        let mut offsets = Vec::with_capacity(rows.saturating_add(1));
        offsets.push(0);
        Texts { bytes: vec![0; text.saturating_add(SLACK)], offsets }
    }

    fn into_buffers(mut self) -> ColumnBuffers {
        self.bytes.truncate(self.len());
        ColumnBuffers { text: self.bytes, offsets: self.offsets }
    }

    fn len(&self) -> usize {
        self.offsets.last().map_or(0, |&end| end as usize)
    }

    fn used(&self) -> &[u8] {
        self.bytes.get(..self.len()).unwrap_or_default()
    }

    fn clear(&mut self) {
        self.offsets.truncate(1);
    }

    fn get(&self, row: usize) -> &str {
        columns::text(&self.bytes, &self.offsets, row)
    }

    /// Makes room for texts of `len` bytes, and for a vector behind them. It at least doubles what there is.
    fn make_room(&mut self, len: usize) {
        let needed = self.len() + len + SLACK;
        if self.bytes.len() < needed {
            let doubled = (self.bytes.len() * 2).max(needed);
            self.bytes.resize(doubled, 0);
        }
    }

    /// Makes room for texts until `end`, and for a vector behind them.
    #[inline(always)]
    fn make_room_until(&mut self, end: usize) {
        if self.bytes.len() < end + SLACK {
            self.make_room(end - self.len());
        }
    }

    /// Adds a part of a buffer; there is [`SLACK`] behind it in both, so 128 bytes go at once: more than 9 of 10 texts
    /// have.
    #[inline(always)]
    fn push_part(&mut self, buffer: &[u8], part: &Range<usize>) {
        const AT_ONCE: usize = 128;
        let (start, len) = (self.len(), part.len());
        let chunks = (buffer[part.start..].first_chunk::<AT_ONCE>(), self.bytes[start..].first_chunk_mut());
        match chunks {
            (Some(from), Some(to)) if len <= AT_ONCE => *to = *from,
            _ => self.bytes[start..start + len].copy_from_slice(&buffer[part.clone()]),
        }
        self.offsets.push((start + len) as i32);
    }

    fn push(&mut self, text: &[u8]) {
        let start = self.len();
        self.make_room(text.len());
        self.bytes[start..start + text.len()].copy_from_slice(text);
        self.offsets.push((start + text.len()) as i32);
    }
}

impl Rest {
    fn get(&self, row: usize) -> Option<&[u8]> {
        let place = self.rows.binary_search_by_key(&row, |(row, _)| *row).ok()?;
        let start = place.checked_sub(1).map_or(0, |before| self.rows[before].1);
        self.messages.get(start..self.rows[place].1)
    }
}

fn grow(bytes: &mut Vec<u8>, len: usize) {
    if bytes.len() < len {
        bytes.resize(len, 0);
    }
}

impl Default for Batch {
    fn default() -> Self {
        Batch::new()
    }
}

/// The rows, without the room behind them.
impl Clone for Batch {
    fn clone(&self) -> Self {
        let texts = |texts: &Texts| Texts { bytes: texts.used().to_vec(), offsets: texts.offsets.clone() };
        Batch {
            kinds: self.kinds.clone(),
            main: texts(&self.main),
            amp: texts(&self.amp),
            errors: self.errors.clone(),
            rest: self.rest.clone(),
            scratch: Scratch::default(),
            limit: self.limit,
            is_full: self.is_full,
        }
    }
}

/// The same rows.
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

impl<T: AsRef<[u8]>> Extend<T> for Batch {
    fn extend<I: IntoIterator<Item = T>>(&mut self, links: I) {
        links.into_iter().for_each(|link| self.push(link));
    }
}

impl<T: AsRef<[u8]>> FromIterator<T> for Batch {
    fn from_iter<I: IntoIterator<Item = T>>(links: I) -> Self {
        let mut batch = Batch::new();
        batch.extend(links);
        batch
    }
}

impl<'a> IntoIterator for &'a Batch {
    type Item = Result<Target<'a>, Error>;
    type IntoIter = Rows<'a>;

    fn into_iter(self) -> Rows<'a> {
        self.iter()
    }
}

/// What the rows of a [`Batch`] lead to.
#[derive(Clone, Debug)]
pub struct Rows<'a> {
    batch: &'a Batch,
    rows: Range<usize>,
}

impl<'a> Iterator for Rows<'a> {
    type Item = Result<Target<'a>, Error>;

    fn next(&mut self) -> Option<Self::Item> {
        self.batch.get(self.rows.next()?)
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        self.rows.size_hint()
    }
}

impl DoubleEndedIterator for Rows<'_> {
    fn next_back(&mut self) -> Option<Self::Item> {
        self.batch.get(self.rows.next_back()?)
    }
}

impl ExactSizeIterator for Rows<'_> {}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ErrorKind;

    const LINKS: [&str; 4] = [
        "CBMiFmh0dHBzOi8vYW11LnR2LzExMTkzMS_SAQA",
        "https://news.google.com/rss/articles/CCAiC2JSMFZjT0NUb2hZmAEB?oc=5",
        "CBMiFmh0dHBzOi8vYW11LnR2LzExMTkzMS_SAQA?and=much&more=so&that=the&line=is&longer=than&a=vector",
        "CAAqBwgKMI7rigMwlq88",
    ];

    /// A column of 2 GiB takes a while to fill, so it is one of 70 bytes.
    #[test]
    fn a_full_batch_says_so_in_each_row() {
        for push_lines in [true, false] {
            let mut batch = Batch::new();
            batch.limit = 70;
            if push_lines {
                batch.push_lines(LINKS.join("\n").as_bytes());
            } else {
                batch.extend(LINKS);
            }
            let kinds: Vec<_> = batch.kinds().iter().collect();
            // 22 bytes, 43 bytes, no room for 22 more; a publication needs none.
            assert_eq!(kinds, [Some(Kind::Article), Some(Kind::Video), None, Some(Kind::Publication)]);
            assert_eq!(
                batch.errors().map(|(row, error)| (row, error.kind())).collect::<Vec<_>>(),
                [(2, ErrorKind::BatchFull)]
            );
            assert!(batch.is_full());
            assert_eq!(batch.main.len(), 65);
            batch.clear();
            assert!(!batch.is_full());
            batch.push(LINKS[0]);
            assert_eq!(batch.canonical_urls().get(0), Some("https://amu.tv/111931/"));
        }
    }
}
