//! The search for links.

use std::fmt;
use std::iter::FusedIterator;
use std::ops::Range;

use super::anchors::{Anchor, Anchors};
use super::end::{Charset, find_end};
use super::found::Match;
use super::relative;
use super::site::{find_common, find_site};
use crate::link::{Destination, Link};

/// Finds every link to Google News in a text: HTML, JSON, Markdown, CSV, mail, source code, or a mix of these.
///
/// All links that [`Link`] parses and that have a host are found, with or without a scheme. They may be escaped for
/// HTML (`&amp;`), for JSON and scripts (`\/`, `\u003d`, `\\u0026`), or percent-encoded as a parameter of another URL.
/// To find links without a host as well, call [`Find::relative`]. Mail must be decoded first (quoted-printable,
/// base64).
///
/// A link in plain text ends before brackets, quotes and punctuation that belong to the text. A redirect that ends with
/// its URL is not found if a letter beyond ASCII follows it directly, because that letter may belong to the URL.
///
/// The text can be arbitrary bytes. The search takes time in proportion to its length and constant memory. Matches are in order
/// and do not overlap.
///
/// # Examples
///
/// ```
/// use google_news_link::find;
///
/// let text = "[title](https://news.google.com/rss/articles/CBMiFmh0dHBzOi8vYW11LnR2LzExMTkzMS_SAQA?oc=5), see it.";
/// for found in find(text.as_bytes()) {
///     println!("{:?}: {}", found.range(), found.decode()?);
/// }
/// # assert_eq!(find(text.as_bytes()).map(|found| found.range()).collect::<Vec<_>>(), [8..89]);
/// # Ok::<(), google_news_link::Error>(())
/// ```
pub fn find(text: &[u8]) -> Find<'_> {
    Find { text, at: 0, anchors: Anchors::new(text), end: text.len(), before: 0, wasted: 0 }
}

/// An iterator over the links in a text, returned by [`find`].
#[derive(Clone)]
#[must_use = "iterators are lazy and do nothing unless consumed"]
pub struct Find<'t> {
    pub(super) text: &'t [u8],
    /// Where the last match ended. No later match begins before this position.
    at: usize,
    anchors: Anchors<'t>,
    /// Anchors that begin at this position or later are not examined.
    end: usize,
    /// The number of bytes of the stream that precede the text.
    before: u64,
    /// The number of bytes that were read for anchors that are not part of a link, and for all anchors without a host.
    wasted: u64,
}

/// How many bytes may be [wasted](Find::wasted): per byte of the text, and in addition for the whole text. A text that consists of
/// hosts and has no byte that ends a link would be read to its end once per host; once the limit is exceeded, anchors are skipped, so
/// that the time is linear. Real texts are far from the limit.
const MAX_WASTE: (u64, u64) = (16, 1 << 20);

/// The state of a search at the end of one part of a stream, from which it continues in the next part.
#[derive(Clone, Copy, Default)]
pub(super) struct State {
    /// See [`Find::at`].
    at: usize,
    /// The position from which the next anchor is searched.
    anchor: usize,
    /// See [`Find::before`].
    before: u64,
    /// See [`Find::wasted`].
    wasted: u64,
}

impl State {
    /// Adjusts the state after the first `len` bytes of the text were dropped from memory.
    pub(super) fn drop_front(&mut self, len: usize) {
        self.at = self.at.saturating_sub(len);
        self.anchor -= len;
        self.before += len as u64;
    }
}

impl<'t> Find<'t> {
    /// Also finds links without a host if `yes` is `true`: `./articles/CBMi…`, `/goto?url=CAES…` and IDs alone. Those that cannot be
    /// decoded are skipped.
    ///
    /// Pages of Google News and of Google's search results contain such links. On other sites, the same paths lead elsewhere.
    ///
    /// # Examples
    ///
    /// ```
    /// use google_news_link::find;
    ///
    /// let page = br#"<a href="./read/CBMiFmh0dHBzOi8vYW11LnR2LzExMTkzMS_SAQA?hl=en-US&amp;gl=US">"#;
    /// assert_eq!(find(page).count(), 0);
    /// let found = find(page).relative(true).next().expect("a link");
    /// assert_eq!(found.as_bytes(), b"./read/CBMiFmh0dHBzOi8vYW11LnR2LzExMTkzMS_SAQA?hl=en-US&amp;gl=US");
    /// ```
    pub fn relative(self, yes: bool) -> Self {
        Find { anchors: self.anchors.with_relative(yes), ..self }
    }

    /// Continues a search from `state`, and examines the anchors that begin before `end`.
    pub(super) fn between(mut self, state: State, end: usize) -> Self {
        let State { at, anchor, before, wasted } = state;
        self.anchors.skip_to(anchor);
        Find { at, end, before, wasted, ..self }
    }

    /// Returns the state of a search that has ended.
    pub(super) fn into_state(self) -> State {
        let anchor = self.anchors.position().max(self.end);
        State { at: self.at, anchor, before: self.before, wasted: self.wasted }
    }

    fn new_match(&self, range: Range<usize>, percent: u8) -> Match<'t> {
        Match { text: self.text, range, base: self.before as usize, percent }
    }

    fn match_at(&mut self, anchor: &Anchor) -> Option<Match<'t>> {
        let start = anchor.range.start;
        if !anchor.is_host {
            let found = self.new_match(relative::range_at(self.text, start)?, 0);
            self.wasted += found.range.len() as u64;
            return (found.range.start >= self.at && found.decode().is_ok()).then_some(found);
        }
        if let Some(range) = find_common(self.text, start).filter(|range| range.start >= self.at) {
            return Some(self.new_match(range, 0));
        }
        let site = find_site(self.text, start).filter(|site| site.start >= self.at)?;
        let charset = site.charset(self.text)?;
        let found = |charset| {
            let end = find_end(self.text, site.start, site.path, site.percent, charset);
            (self.new_match(site.start..end.at, site.percent), end.is_known)
        };
        let with_id = |charset| {
            let (found, is_known) = found(charset);
            let has_id = Link::parse_bytes(found.as_bytes()).is_ok_and(|link| link.id().is_some());
            (has_id && is_known).then_some(found)
        };
        let charset = match charset {
            Charset::Page => match with_id(charset) {
                Some(found) => return Some(found),
                None => Charset::Url,
            },
            charset => charset,
        };
        // A URL in plain text can contain more characters than an ID, and may continue.
        let (longer, is_known) = found(charset);
        let len = longer.range.len() as u64;
        let result = match Link::parse_bytes(longer.as_bytes()) {
            Ok(link) if link.id().is_none() => {
                // Text that follows belongs to the fragment that the AMP viewer adds, which is dropped.
                let is_dropped = longer.as_bytes().contains(&b'#')
                    && matches!(link.destination(), Destination::Url(url) if !url.contains('#'));
                (is_known || is_dropped).then_some(longer)
            }
            _ => with_id(Charset::Id),
        };
        // Bytes that were read for a link that is returned are not wasted: a line of a list may have thousands of links.
        if result.is_none() {
            self.wasted += len;
        }
        result
    }
}

impl<'t> Iterator for Find<'t> {
    type Item = Match<'t>;

    fn next(&mut self) -> Option<Match<'t>> {
        while let Some(anchor) = self.anchors.next() {
            if anchor.range.start >= self.end {
                self.anchors.skip_to(anchor.range.start);
                return None;
            }
            let (per_byte, whole) = MAX_WASTE;
            if self.wasted > (self.before + anchor.range.start as u64) * per_byte + whole {
                continue;
            }
            if let Some(found) = self.match_at(&anchor) {
                self.at = found.range.end;
                self.anchors.skip_to(self.at);
                return Some(found);
            }
        }
        None
    }
}

impl FusedIterator for Find<'_> {}

impl fmt::Debug for Find<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Find").field("at", &self.at).finish_non_exhaustive()
    }
}
