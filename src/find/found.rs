//! A link that was found.

use std::borrow::Cow;
use std::fmt;
use std::hash::{Hash, Hasher};
use std::ops::Range;

use super::replacement;
use crate::error::Error;
use crate::target::Target;

/// A link in a text, returned by [`Find`](super::Find) or passed on by [`Rewriter`](crate::Rewriter).
///
/// Two matches are equal if their links and their ranges are, even in different texts.
#[derive(Clone)]
pub struct Match<'t> {
    /// The text, or the part of a stream that is in memory.
    pub(super) text: &'t [u8],
    /// The range in `text`.
    pub(super) range: Range<usize>,
    /// The number of bytes of the stream that precede `text`.
    pub(super) base: usize,
    /// How often the link is percent-encoded.
    pub(super) percent: u8,
}

impl<'t> Match<'t> {
    /// Returns the range of the link, counted from the beginning of the text. For a [`Rewriter`](crate::Rewriter), that is the
    /// beginning of the stream (modulo 4 GiB if `usize` has 32 bits).
    ///
    /// Brackets, quotes and punctuation around the link are not included. An ellipsis directly after an ID is included, because it
    /// shows that the ID is incomplete.
    pub fn range(&self) -> Range<usize> {
        let Range { start, end } = self.range;
        self.base.wrapping_add(start)..self.base.wrapping_add(end)
    }

    /// Returns the link as it is written in the text. [`Link::parse_bytes`](crate::Link::parse_bytes) accepts it.
    pub fn as_bytes(&self) -> &'t [u8] {
        &self.text[self.range.clone()]
    }

    /// Decodes the link: returns what [`decode`](crate::decode) returns for [`as_bytes`](Self::as_bytes).
    ///
    /// # Errors
    ///
    /// Returns the errors of [`decode`](crate::decode) that concern the ID, for example for
    /// `https://news.google.com/articles/CBMiYmh0dHBzO...`. Their offsets count from the beginning of the link.
    ///
    /// # Examples
    ///
    /// ```
    /// use google_news_link::find;
    ///
    /// let found = find(b"see https://news.google.com/articles/CBMiYmh0dHBzO...").next().expect("a link");
    /// assert_eq!((found.range(), found.decode().unwrap_err().offset()), (4..53, Some(46)));
    /// ```
    pub fn decode(&self) -> Result<Target<'static>, Error> {
        crate::decode(self.as_bytes())
    }

    /// Escapes `url` so that it can replace the link in the text: in the same way and as many times as the link is
    /// escaped.
    ///
    /// The characters `/`, `:`, `?`, `=` and `&` are written as in the link. If the link has no `&`, the tags around
    /// the link decide how many times a `&` is escaped for HTML: twice in HTML that is escaped in a feed, not at all in
    /// scripts and CDATA. Other characters that would end the URL or a part of the text around it (the quote of an
    /// attribute, the bracket of a Markdown link, the comma of a table) are percent-encoded, and so is `&` if the link
    /// is in a parameter of another URL.
    ///
    /// # Examples
    ///
    /// ```
    /// use google_news_link::find;
    ///
    /// let json = br#"{"url":"https:\/\/news.google.com\/read\/CBMiFmh0dHBzOi8vYW11LnR2LzExMTkzMS_SAQA?hl\u003den"}"#;
    /// let found = find(json).next().expect("a link");
    /// assert_eq!(&*found.escape("https://example.com/?a=\""), br"https:\/\/example.com\/?a\u003d%22");
    /// ```
    pub fn escape<'u>(&self, url: &'u str) -> Cow<'u, [u8]> {
        replacement::escape(self.text, self.range.clone(), self.percent, url)
    }
}

/// Comparing and hashing takes time in proportion to the link, not to the text.
impl PartialEq for Match<'_> {
    fn eq(&self, other: &Self) -> bool {
        self.range() == other.range() && self.as_bytes() == other.as_bytes()
    }
}

impl Eq for Match<'_> {}

impl Hash for Match<'_> {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.range().hash(state);
        self.as_bytes().hash(state);
    }
}

impl fmt::Debug for Match<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Match")
            .field("range", &self.range())
            .field("text", &String::from_utf8_lossy(self.as_bytes()))
            .finish()
    }
}
