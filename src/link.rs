use std::borrow::Cow;
use std::fmt;
use std::hash::{Hash, Hasher};

use crate::error::{Error, ErrorKind};
use crate::limits::MAX_INPUT_LEN;
pub(crate) use escapes::{MAX_BACKSLASHES, character_of_reference, count_backslashes, parse_digits};
pub(crate) use grammar::{
    BEGINNINGS, closers_of, is_first_folder, is_id_folder, is_parameter, is_viewer_parameter,
    len_of_ellipsis, starts_with_id,
};
pub(crate) use parser::Contained;
use parser::Parsed;
pub use query::Params;
pub(crate) use query::find_uo;
pub(crate) use scanner::{common_id_start, scan_common};
pub(crate) use source_map::{first_char, last_char};

mod escapes;
mod grammar;
mod parser;
mod query;
mod scanner;
mod source_map;

/// A parsed link to Google News. Its ID has not been decoded yet and may be invalid.
///
/// These inputs are accepted:
///
/// - `https://` and `http://` links to `news.google.com` and its country hosts (`news.google.co.jp`), also without a
///   scheme (`news.google.com/…`, `//news.google.com/…`) or without a host (`./articles/…`, `/articles/…`), if their
///   path contains an ID. Such paths begin with `/articles`, `/rss/articles`, `/__i/rss/rd/articles`, `/atom/articles`,
///   `/read`, `/rss/read`, `/topics`, `/stories`, `/publications`, `/sections`, `/s`, `/api/attachments`;
/// - an ID alone (`CBMi…`);
/// - the consent, captcha and sign-in pages of `consent.google.com`, `www.google.com/sorry` and `accounts.google.com`, and of their
///   country hosts, which contain the link in the parameter `continue=`;
/// - the older `google.com/newsstand/…` and `newsstand.google.com`;
/// - redirects with an encrypted URL, `google.com/goto?url=CAES…` (see [`OpaqueRedirect`](crate::OpaqueRedirect));
/// - redirects that contain their URL in plain text (see [`Redirect`](crate::Redirect)). If that URL is itself a link
///   of this list, the inner link is parsed in its place;
/// - all of these escaped for HTML (`&amp;`) or for JSON and scripts (`\u003d`, `\/`), percent-encoded as a whole, in
///   white space, quotes or brackets, and with text appended to the query.
///
/// Whole hosts are compared, in the form to which the `url` crate normalizes them: `news.google.com.evil.example`,
/// `news.google.com@evil.example` and `evil.example/?u=news.google.com` are not Google News.
///
/// # Examples
///
/// ```
/// use google_news_link::{Destination, Link};
///
/// let link = Link::parse("https://news.google.com/rss/articles/CBMiFmh0dHBzOi8vYW11LnR2LzExMTkzMS_SAQA?oc=5&amp;hl=en-US")?;
/// assert_eq!(link.destination(), Destination::Id("CBMiFmh0dHBzOi8vYW11LnR2LzExMTkzMS_SAQA"));
/// assert_eq!(link.path(), "/rss/articles");
/// assert_eq!(link.param("hl").as_deref(), Some("en-US"));
/// assert_eq!(link.decode()?.canonical_url(), Some("https://amu.tv/111931/"));
/// # Ok::<(), google_news_link::Error>(())
/// ```
#[derive(Clone)]
pub struct Link<'a>(Parsed<'a>);

/// The destination of a [`Link`]: an ID, an encrypted URL or a URL in plain text.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
#[non_exhaustive]
pub enum Destination<'a> {
    /// An ID, which may be invalid. In a link to a section, it is the ID of the section.
    Id(&'a str),
    /// The token of an [opaque redirect](crate::OpaqueRedirect), without padding, which may be invalid. It is also the ID of the redirect.
    Token(&'a str),
    /// A URL in plain text, that of a [`Redirect`](crate::Redirect).
    Url(&'a str),
}

impl<'a> Link<'a> {
    /// Parses a link without decoding its ID.
    ///
    /// # Errors
    ///
    /// - [`NotGoogleNews`](crate::ErrorKind::NotGoogleNews) for `https://example.com/`, `hello` and the empty string;
    /// - [`NoId`](crate::ErrorKind::NoId) for `https://news.google.com/search?q=manga`;
    /// - [`TooLong`](crate::ErrorKind::TooLong) for an input of more than 65,536 bytes;
    /// - [`InvalidByte`](crate::ErrorKind::InvalidByte) for an ID that is not UTF-8: `./articles/%FF`;
    /// - the errors of [`check_url`](crate::check_url) for a URL in plain text: `https://www.google.com/url?q=http://a
    ///   b`. Such a URL must also consist of ASCII characters without ``"<>\` ``. If it is the URL of a
    ///   [`GooglePage`](crate::GooglePage) that contains no other URL, the error is
    ///   [`NotGoogleNews`](crate::ErrorKind::NotGoogleNews):
    ///   `https://www.google.com/url?q=https://accounts.google.com/`.
    ///
    /// # Examples
    ///
    /// ```
    /// use google_news_link::{Error, Link};
    ///
    /// let lines = ["./read/CBMiFmh0", "./topics/CAAqAb/sections/CAQiCd"];
    /// let links = lines.into_iter().map(Link::parse).collect::<Result<Vec<_>, Error>>()?;
    /// assert_eq!(links[1].edition_id(), Some("CAAqAb"));
    /// # Ok::<(), Error>(())
    /// ```
    pub fn parse(link: &'a str) -> Result<Self, Error> {
        Link::parse_bytes(link.as_bytes())
    }

    /// Parses a link that need not be UTF-8.
    ///
    /// # Errors
    ///
    /// Returns the errors of [`parse`](Self::parse).
    ///
    /// # Examples
    ///
    /// ```
    /// # use google_news_link::{Error, Link};
    /// let link = Link::parse_bytes(b"./read/CBIwkdv6lUE?title=\xe9t\xe9")?;
    /// assert_eq!(link.id(), Some("CBIwkdv6lUE"));
    /// # Ok::<(), Error>(())
    /// ```
    pub fn parse_bytes(link: &'a [u8]) -> Result<Self, Error> {
        if link.len() > MAX_INPUT_LEN {
            return Err(Error::at(ErrorKind::TooLong, MAX_INPUT_LEN));
        }
        parser::parse(link).map(Link)
    }

    /// Returns the destination of the link: an ID, a token or a URL.
    pub fn destination(&self) -> Destination<'_> {
        match &self.0.contained {
            Contained::Id { id, .. } if id.as_bytes().starts_with(grammar::TOKEN) => Destination::Token(id),
            Contained::Id { id, .. } => Destination::Id(id),
            Contained::Url(url) => Destination::Url(url.as_str()),
        }
    }

    /// Returns the ID or token, or `None` if the link contains its URL in plain text.
    pub fn id(&self) -> Option<&str> {
        match self.destination() {
            Destination::Id(id) | Destination::Token(id) => Some(id),
            Destination::Url(_) => None,
        }
    }

    /// Converts the link into its [ID or token](Self::id), which borrows from the input unless it was escaped there.
    ///
    /// # Examples
    ///
    /// ```
    /// use std::borrow::Cow;
    /// use std::collections::BTreeSet;
    ///
    /// use google_news_link::Link;
    ///
    /// fn ids<'a>(lines: &[&'a str]) -> BTreeSet<Cow<'a, str>> {
    ///     lines.iter().filter_map(|line| Link::parse(line).ok()?.into_id()).collect()
    /// }
    /// assert_eq!(ids(&["./read/CBIwkdv6lUE?oc=3", "hello", "news.google.com/s/CBIwkdv6lUE"]).len(), 1);
    /// ```
    pub fn into_id(self) -> Option<Cow<'a, str>> {
        match self.0.contained {
            Contained::Id { id, .. } => Some(id),
            Contained::Url(_) => None,
        }
    }

    /// Returns the first ID of a link to a section (`/topics/ID/sections/ID`): that of the topic or publication.
    pub fn edition_id(&self) -> Option<&str> {
        match &self.0.contained {
            Contained::Id { edition_id, .. } => edition_id.as_deref(),
            Contained::Url(_) => None,
        }
    }

    /// Returns the path before the ID, with a slash at its beginning and without one at its end: `/rss/articles`,
    /// `/read`.
    ///
    /// It is empty for an ID alone. For a link that contains a URL in plain text, it is the path before the URL or its
    /// parameter: `/url`, `/amp/s`.
    pub fn path(&self) -> &str {
        &self.0.path
    }

    /// Returns the value of the first parameter called `name`, unescaped: `hl`, `gl`, `ceid`, `oc`, `uo`.
    ///
    /// # Examples
    ///
    /// ```
    /// use google_news_link::Link;
    ///
    /// let link = Link::parse("./read/CBMiFmh0?hl=en-US&amp;ceid=US%3Aen")?;
    /// assert_eq!(link.param("ceid").as_deref(), Some("US:en"));
    /// assert_eq!(link.param("oc"), None);
    /// # Ok::<(), google_news_link::Error>(())
    /// ```
    pub fn param(&self, name: &str) -> Option<Cow<'_, str>> {
        self.params().find(|(found, _)| found == name).map(|(_, value)| value)
    }

    /// Returns the parameters in order, unescaped.
    ///
    /// # Examples
    ///
    /// ```
    /// use google_news_link::Link;
    ///
    /// let link = Link::parse("./topics/CAAqBwgKMI7rigMwlq88?hl=en-US&ceid=US%3Aen")?;
    /// let params: Vec<_> = link.params().collect();
    /// assert_eq!(params, [("hl".into(), "en-US".into()), ("ceid".into(), "US:en".into())]);
    /// # Ok::<(), google_news_link::Error>(())
    /// ```
    pub fn params(&self) -> Params<'_> {
        Params::of_tail(&self.0.query)
    }

    /// Converts the link into one that borrows nothing.
    pub fn into_owned(self) -> Link<'static> {
        Link(self.0.into_owned())
    }

    pub(crate) fn contained(&self) -> &Contained<'a> {
        &self.0.contained
    }

    /// Returns the query with its `?`, or with `&` if the `?` is missing. It may be empty.
    pub(crate) fn query(&self) -> &[u8] {
        &self.0.query
    }
}

impl<'a> TryFrom<&'a str> for Link<'a> {
    type Error = Error;

    fn try_from(link: &'a str) -> Result<Self, Error> {
        Link::parse(link)
    }
}

impl<'a> TryFrom<&'a [u8]> for Link<'a> {
    type Error = Error;

    fn try_from(link: &'a [u8]) -> Result<Self, Error> {
        Link::parse_bytes(link)
    }
}

/// Links are equal if their destinations, editions, paths and parameters are equal after unescaping.
impl PartialEq for Link<'_> {
    fn eq(&self, other: &Self) -> bool {
        self.destination() == other.destination()
            && self.edition_id() == other.edition_id()
            && self.path() == other.path()
            && self.params().eq(other.params())
    }
}

impl Eq for Link<'_> {}

impl Hash for Link<'_> {
    fn hash<H: Hasher>(&self, state: &mut H) {
        (self.destination(), self.edition_id(), self.path()).hash(state);
        for parameter in self.params() {
            parameter.hash(state);
        }
    }
}

impl fmt::Debug for Link<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Link")
            .field("destination", &self.destination())
            .field("edition_id", &self.edition_id())
            .field("path", &self.path())
            .field("query", &String::from_utf8_lossy(self.query()))
            .finish()
    }
}
