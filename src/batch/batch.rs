use std::fmt;
use std::ops::Range;

use super::columns::{Column, Counts, Kinds};
use super::parts::{Parts, Validity};
use super::row_store::{BatchFull, BatchIter, Errors, RowStore, UrlLens};
use super::simd::Pipeline;
#[cfg(feature = "vector-levels")]
use super::vector_level::VectorLevel;
use crate::base64url::{Level, dispatch};
use crate::error::Error;
use crate::find::Match;
use crate::target::{Kind, Target};

/// Many links, decoded into columns.
///
/// The strings of a column are stored in one buffer, with an `i32` offset at which each row begins and one at which the
/// last row ends. Canonical URLs and tokens share a buffer, as do AMP URLs and AMP tokens, because no row has both a
/// URL and a token; the kind of the row tells which of the two it has.
///
/// [`clear`](Self::clear) keeps the memory. A reused batch allocates nothing as long as it contains no more rows and
/// bytes than before.
///
/// A buffer contains at most 2 GiB ([`i32::MAX`] bytes). A link for which there is no room is not pushed, and the
/// method returns the error [`BatchFull`]. `Extend` and `FromIterator` are not implemented, because they could neither
/// report that error nor return the link.
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
    rows: RowStore,
    pipeline: Option<Box<Pipeline>>,
}

impl Batch {
    /// Creates a batch without rows.
    pub fn new() -> Self {
        Batch::default()
    }

    /// Creates a batch with room for `rows` rows and `bytes` bytes of strings in each of the two buffers. Strings have 100
    /// bytes on average.
    ///
    /// # Panics
    ///
    /// Panics if the capacity exceeds `isize::MAX` bytes, as [`Vec::with_capacity`] does.
    pub fn with_capacity(rows: usize, bytes: usize) -> Self {
        Batch { rows: RowStore::with_capacity(rows, bytes), ..Batch::default() }
    }

    /// Decodes one link into the next row.
    ///
    /// A link that cannot be decoded adds a row with an error.
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
        self.rows.push(Level::new(), link.as_ref())
    }

    /// Decodes each line of `block` into a row. This is the fastest method for many links.
    ///
    /// Lines end with `\n`; a `\r` before it does not belong to the link. An empty line also adds a row. Bytes after
    /// the last `\n` count as a line. A line of more than 65,536 bytes adds a row with the error
    /// [`TooLong`](crate::ErrorKind::TooLong).
    ///
    /// # Errors
    ///
    /// Returns [`BatchFull`] if a column would exceed 2 GiB. The lines before [`BatchFull::offset`] have been pushed;
    /// the caller can push the others, from that offset on, after clearing the batch.
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

    /// Decodes each line of `block` into a row as [`push_lines`](Self::push_lines) does, by the code path `level`.
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
            let mut pipeline = self.pipeline.take().unwrap_or_default();
            let result = pipeline.push_lines(simd, level, block, &mut self.rows);
            self.pipeline = Some(pipeline);
            result
        }, else self.rows.push_lines_scalar(level, block, 0))
    }

    /// Decodes strings that are stored in `data`, such as those of an Arrow array, into one row each. If they are stored one after the
    /// other, this is as fast as [`push_lines`](Self::push_lines).
    ///
    /// Each range is that of one string in `data`. A string is one link, even if it contains a line end: the row is the one that
    /// [`push`](Self::push) adds.
    ///
    /// # Errors
    ///
    /// Returns [`BatchFull`] if a column would exceed 2 GiB. The strings before that have been pushed:
    /// [`len`](Self::len) returns their number, and [`BatchFull::offset`] is where the next one starts in `data`.
    ///
    /// # Panics
    ///
    /// Panics if a range is not within `data`.
    ///
    /// # Examples
    ///
    /// ```
    /// use google_news_link::{Batch, Kind};
    ///
    /// let data = b"CBMiFmh0dHBzOi8vYW11LnR2LzExMTkzMS_SAQACAAqBwgKMI7rigMwlq88";
    /// let offsets = [0, 39, 59];
    /// let mut batch = Batch::new();
    /// batch.push_strings(data, offsets.windows(2).map(|ends| ends[0]..ends[1]))?;
    /// assert_eq!(batch.canonical_urls().get(0), Some("https://amu.tv/111931/"));
    /// assert_eq!(batch.kinds().get(1), Some(Kind::Publication));
    /// # Ok::<(), google_news_link::batch::BatchFull>(())
    /// ```
    pub fn push_strings(
        &mut self,
        data: &[u8],
        ranges: impl IntoIterator<Item = Range<usize>>,
    ) -> Result<(), BatchFull> {
        self.push_strings_with(Level::new(), data, ranges.into_iter())
    }

    fn push_strings_with(
        &mut self,
        level: Level,
        data: &[u8],
        ranges: impl Iterator<Item = Range<usize>>,
    ) -> Result<(), BatchFull> {
        dispatch!(level, simd => {
            let mut pipeline = self.pipeline.take().unwrap_or_default();
            let result = pipeline.push_strings(simd, level, data, ranges, &mut self.rows);
            self.pipeline = Some(pipeline);
            result
        }, else self.rows.push_strings_scalar(level, data, ranges))
    }

    /// Decodes links that were found in a text, one row per link, and appends their ranges in the text to `ranges`.
    ///
    /// The offsets of errors are counted from the beginning of the link.
    ///
    /// # Errors
    ///
    /// Returns [`BatchFull`] if a column would exceed 2 GiB. Its [`offset`](BatchFull::offset) is where the first link
    /// that was not pushed begins in the text; `ranges` has one range for each link that was pushed.
    ///
    /// # Examples
    ///
    /// ```
    /// use google_news_link::{Batch, find};
    ///
    /// let page = b"<a href='https://news.google.com/articles/CBMiFmh0dHBzOi8vYW11LnR2LzExMTkzMS_SAQA'>";
    /// let (mut batch, mut ranges) = (Batch::new(), Vec::new());
    /// batch.push_matches(find(page), &mut ranges)?;
    /// assert_eq!(ranges, [9..81]);
    /// assert_eq!(batch.canonical_urls().get(0), Some("https://amu.tv/111931/"));
    /// # Ok::<(), google_news_link::batch::BatchFull>(())
    /// ```
    pub fn push_matches<'t>(
        &mut self,
        matches: impl IntoIterator<Item = Match<'t>>,
        ranges: &mut Vec<Range<usize>>,
    ) -> Result<(), BatchFull> {
        for found in matches {
            let range = found.range();
            self.push(found.as_bytes()).map_err(|_| BatchFull { offset: range.start })?;
            ranges.push(range);
        }
        Ok(())
    }

    /// Returns the number of rows.
    pub fn len(&self) -> usize {
        self.rows.len()
    }

    /// Returns `true` if there are no rows.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Removes all rows and keeps the memory.
    pub fn clear(&mut self) {
        self.rows.clear();
    }

    /// Returns what [`decode`](crate::decode) returns for the link of row `row`, or `None` if the row does not exist.
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
        self.rows.get(row)
    }

    /// Returns an iterator over the rows, as [`get`](Self::get) returns them.
    pub fn iter(&self) -> BatchIter<'_> {
        BatchIter::new(&self.rows)
    }

    /// Returns the kinds of the rows.
    pub fn kinds(&self) -> Kinds<'_> {
        Kinds { kinds: &self.rows.kinds }
    }

    /// Returns the column of the canonical URLs.
    pub fn canonical_urls(&self) -> Column<'_> {
        self.rows.canonical_urls()
    }

    /// Returns the column of the AMP URLs.
    pub fn amp_urls(&self) -> Column<'_> {
        Column::new(&self.rows.amp_urls, &self.rows.kinds, &[Kind::Article])
    }

    /// Returns the column of the tokens of opaque articles and opaque redirects.
    pub fn tokens(&self) -> Column<'_> {
        Column::new(&self.rows.urls, &self.rows.kinds, &[Kind::OpaqueArticle, Kind::OpaqueRedirect])
    }

    /// Returns the column of the AMP tokens of opaque articles.
    pub fn amp_tokens(&self) -> Column<'_> {
        Column::new(&self.rows.amp_urls, &self.rows.kinds, &[Kind::OpaqueArticle])
    }

    /// Returns the length of each row's canonical URL, which is also known for opaque articles and opaque redirects
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
    /// assert_eq!(batch.url_lens().into_iter().collect::<Vec<_>>(), [Some(19), Some(22), None]);
    /// assert_eq!(batch.url_lens().get(1), Some(22));
    /// # Ok::<(), google_news_link::batch::BatchFull>(())
    /// ```
    pub fn url_lens(&self) -> UrlLens<'_> {
        UrlLens::new(&self.rows)
    }

    /// Returns an iterator over the rows with an error, in ascending order, and their errors.
    pub fn errors(&self) -> Errors<'_> {
        Errors::new(&self.rows.errors)
    }

    /// Counts the rows of each kind and those with an error.
    pub fn counts(&self) -> Counts {
        Counts::of(self.kinds())
    }

    /// Converts the batch into its buffers. The strings are not copied, and an Arrow buffer can be created from each
    /// vector without a copy.
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
            urls: self.rows.urls.into_buffers(),
            amp_urls: self.rows.amp_urls.into_buffers(),
            errors: self.rows.errors,
        }
    }
}

/// Clones the rows without their spare capacity.
impl Clone for Batch {
    fn clone(&self) -> Self {
        Batch { rows: self.rows.clone(), pipeline: None }
    }
}

/// Compares the rows.
impl PartialEq for Batch {
    fn eq(&self, other: &Self) -> bool {
        self.rows.kinds == other.rows.kinds && self.errors().eq(other.errors()) && self.iter().eq(other)
    }
}

impl Eq for Batch {}

impl fmt::Debug for Batch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.rows.fmt(f)
    }
}

impl<'a> IntoIterator for &'a Batch {
    type Item = Result<Target<'a>, Error>;
    type IntoIter = BatchIter<'a>;

    fn into_iter(self) -> BatchIter<'a> {
        self.iter()
    }
}

#[cfg(test)]
mod tests {
    use quickcheck::QuickCheck;

    use super::*;
    use crate::limits::PADDING;

    const LINKS: [&str; 4] = [
        "CBMiFmh0dHBzOi8vYW11LnR2LzExMTkzMS_SAQA",
        "https://news.google.com/rss/articles/CCAiC2JSMFZjT0NUb2hZmAEB?oc=5",
        "CBMiFmh0dHBzOi8vYW11LnR2LzExMTkzMS_SAQA?and=much&more=so&that=the&line=is&longer=than&a=vector",
        "CAAqBwgKMI7rigMwlq88",
    ];

    /// Creates a batch that is full at 70 bytes, because filling 2 GiB takes too long. The first link takes 22 bytes,
    /// the second 43, the last none.
    fn small_batch() -> Batch {
        let mut batch = Batch::new();
        batch.rows.urls.max_len = 70;
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
    fn a_full_column_of_amp_urls_tells_where_to_continue() {
        const LINK: &str = "CBMiFmh0dHBzOi8vYW11LnR2LzExMTkzMS_SARZodHRwczovL2FtdS50di8xMTE5MzEv";
        let block = format!("{LINK}\n").repeat(80);
        for level in Level::available() {
            let mut batch = Batch::new();
            batch.rows.amp_urls.max_len = 70;
            let full = batch.push_lines_with(level, block.as_bytes());
            let offset = 3 * (LINK.len() + 1);
            assert_eq!((full, batch.len()), (Err(BatchFull { offset }), 3), "{level:?}");
        }
    }

    #[test]
    fn a_link_for_which_there_is_no_room_is_not_pushed() {
        let mut batch = small_batch();
        let results = LINKS.map(|link| batch.push(link));
        assert_eq!(results, [Ok(()), Ok(()), Err(BatchFull { offset: 0 }), Ok(())]);
        let kinds = [Kind::Article, Kind::Video, Kind::Publication].map(Some);
        assert_eq!(batch.kinds().into_iter().collect::<Vec<_>>(), kinds);
        assert_eq!(batch.rows.urls.len(), 65);
        assert_eq!(results[2].unwrap_err().to_string(), "batch is full: a column would exceed 2 GiB");
        batch.clear();
        assert_eq!(batch.push(LINKS[2]), Ok(()));
    }

    /// Links of all sorts, and fragments that a fast path could mistake for a part of a link.
    const PIECES: [&str; 20] = [
        LINKS[0],
        LINKS[1],
        LINKS[2],
        LINKS[3],
        "https://news.google.com/rss/articles/CBMiFmh0dHBzOi8vYW11LnR2LzExMTkzMS_SAQA?oc=5",
        "https://news.google.com/read/CBMiNkFVX3lxTE04T1d2QWFkS3BlS042NlZ0bThVc3hFeU5xTFF0d25TdDFhSURHT00tRWhSOGVpZw",
        "CBMiFmh0dHBzOi8vYW11LnR2LzExMTkzMS_SARZodHRwczovL2FtdS50di8xMTE5MzEv",
        "https://news.google.com/rss/articles/",
        "./articles/",
        "CBMi",
        "CBMiF",
        "0gEA",
        "?oc=5",
        "?",
        "\r",
        "\n",
        "\r\n",
        " ",
        "",
        "hello",
    ];

    #[test]
    fn strings_decode_as_if_pushed_one_by_one() {
        fn property(pieces: Vec<u8>, cuts: Vec<usize>, others: Vec<(usize, usize)>) {
            // Strings end after most pieces, and anywhere.
            let (mut data, mut offsets) = (String::new(), vec![0]);
            for piece in pieces {
                data.push_str(PIECES[usize::from(piece) % PIECES.len()]);
                offsets.extend((piece < 0xd0).then_some(data.len()));
            }
            offsets.extend(cuts.iter().take(4).map(|cut| cut % (data.len() + 1)));
            offsets.sort_unstable();
            let mut ranges: Vec<_> = offsets.windows(2).map(|ends| ends[0]..ends[1]).collect();
            // In any order, and some more than once.
            for (at, other) in others.into_iter().filter(|_| !offsets[1..].is_empty()) {
                ranges.insert(at % (ranges.len() + 1), ranges[other % ranges.len()].clone());
            }
            // With bytes after the last string, and without.
            for after in [0, 2 * PADDING] {
                let data = [data.as_bytes(), &vec![b'A'; after][..]].concat();
                for level in Level::available() {
                    let (mut together, mut each) = (Batch::new(), Batch::new());
                    together.push_strings_with(level, &data, ranges.iter().cloned()).unwrap();
                    for range in &ranges {
                        each.push(&data[range.clone()]).unwrap();
                    }
                    assert_eq!(together, each, "{level:?}: {ranges:?} {}", data.escape_ascii());
                    assert_eq!(together.rows.urls.as_bytes(), each.rows.urls.as_bytes());
                    assert_eq!(together.rows.urls.offsets, each.rows.urls.offsets);
                }
            }
        }
        QuickCheck::new().tests(300).quickcheck(property as fn(_, _, _));
    }

    #[test]
    fn a_full_batch_tells_which_string_was_not_pushed() {
        let (data, len) = (LINKS[0].repeat(40), LINKS[0].len());
        for level in Level::available() {
            let mut batch = small_batch();
            let ranges = (0..40).map(|string| string * len..(string + 1) * len);
            let full = batch.push_strings_with(level, data.as_bytes(), ranges);
            assert_eq!((full, batch.len()), (Err(BatchFull { offset: 3 * len }), 3), "{level:?}");
        }
    }

    #[test]
    fn ranges_that_are_not_in_the_data_panic() {
        #[expect(clippy::reversed_empty_ranges, reason = "reversed ranges must panic, too")]
        for range in [2..1, 2..4, 4..4, 0..usize::MAX, usize::MAX..0] {
            for level in Level::available() {
                let push =
                    || Batch::new().push_strings_with(level, b"abc", [0..3, range.clone()].into_iter());
                let message = std::panic::catch_unwind(push).expect_err("there is no such string");
                let message = message.downcast::<String>().expect("a message");
                assert_eq!(*message, format!("no string at {range:?} in data of 3 bytes"));
            }
        }
    }
}
