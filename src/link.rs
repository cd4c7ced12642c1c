use std::borrow::Cow;
use std::fmt;

use url::form_urlencoded;

use crate::base64url::is_base64url;
use crate::error::{Error, ErrorKind};
use crate::url_policy::own;
use source_map::{Origin, Text};

mod parser;
mod source_map;

/// The longest text that is looked at. The longest real link has 3,200 bytes.
pub(crate) const MAX_LEN: usize = 65_536;

/// A link to Google News, in whatever shape it arrived: its ID, what stands around it, its parameters.
///
/// Accepted are
///
/// - `https://` and `http://` links to `news.google.com`, of a country too (`news.google.co.jp`), without a scheme (`news.google.com/…`, `//…`) or
///   without a host (`./articles/…`, `/articles/…`), with any path in which an ID is found: `/articles`,
///   `/rss/articles`, `/__i/rss/rd/articles`, `/atom/articles`, `/read`, `/rss/read`, `/topics`, `/stories`,
///   `/publications`, `/sections`, `/s`, `/api/attachments`;
/// - an ID alone (`CBMi…`);
/// - pages of `consent.google.com` and `www.google.com/sorry`, of a country too, with the link in `continue=`;
/// - `google.com/newsstand`;
/// - links with the URL in clear (see [`Redirect`](crate::Redirect)); one that leads back to Google News is
///   followed;
/// - all of these as they stand in HTML (`&amp;`), JSON and scripts (`\u003d`, `\/`), or wholly
///   percent-encoded, with white space, quotes or brackets around them, and with text glued to the query.
///
/// Hosts are compared whole, as the `url` crate reads them: `news.google.com.evil.example`,
/// `news.google.com@evil.example` and `evil.example/?u=news.google.com` are not Google News.
///
/// A link that parses is not yet known to hold a sound ID: that is for [`decode`](crate::decode) to say.
///
/// ```
/// use google_news_link::Link;
///
/// let link = Link::parse("https://news.google.com/rss/articles/CBMiFmh0?oc=5&amp;hl=en-US")?;
/// assert_eq!(link.id(), Some("CBMiFmh0"));
/// assert_eq!(link.path(), "/rss/articles");
/// assert_eq!(link.param("hl").as_deref(), Some("en-US"));
/// # Ok::<(), google_news_link::Error>(())
/// ```
#[derive(Clone)]
pub struct Link<'a> {
    id: Option<Cow<'a, str>>,
    edition_id: Option<Cow<'a, str>>,
    path: Cow<'a, str>,
    query: Cow<'a, [u8]>,
    redirect: Option<Cow<'a, str>>,
    /// Of the ID.
    origin: Origin,
}

impl<'a> Link<'a> {
    /// The parts of `text`.
    ///
    /// # Errors
    ///
    /// [`NotGoogleNews`](crate::ErrorKind::NotGoogleNews) for `https://example.com/`, `hello` and an empty
    /// text; [`NoId`](crate::ErrorKind::NoId) for `https://news.google.com/search?q=manga`;
    /// [`TooLong`](crate::ErrorKind::TooLong) for a text of more than 65,536 bytes;
    /// [`InvalidByte`](crate::ErrorKind::InvalidByte) for an ID that is not UTF-8; what is wrong with its URL
    /// for a link with a URL in clear.
    pub fn parse(text: &'a (impl AsRef<[u8]> + ?Sized)) -> Result<Self, Error> {
        Link::parse_bytes(text.as_ref())
    }

    pub(crate) fn parse_bytes(text: &'a [u8]) -> Result<Self, Error> {
        if text.len() > MAX_LEN {
            return Err(Error::at(ErrorKind::TooLong, MAX_LEN));
        }
        let text = Text::new(text).unescape_script().unescape_html().trim();
        parser::locate(text, 0)
    }

    /// The ID: of a section, if the link is to one. None if the link holds its URL in clear.
    pub fn id(&self) -> Option<&str> {
        self.id.as_deref()
    }

    /// In a link to a section (`/topics/ID/sections/ID`), the ID of what it is a section of.
    pub fn edition_id(&self) -> Option<&str> {
        self.edition_id.as_deref()
    }

    /// The path before the ID, with a slash before each part and none behind: `/rss/articles`, `/read`;
    /// empty for an ID that stands alone. Of a link with its URL in clear, the path of the link: `/url`.
    pub fn path(&self) -> &str {
        &self.path
    }

    /// The value of the parameter `name`, unescaped: `hl`, `gl`, `ceid`, `oc`, `uo`. If it is there more
    /// than once, the first.
    pub fn param(&self, name: &str) -> Option<Cow<'_, str>> {
        self.params().find(|(found, _)| found == name).map(|(_, value)| value)
    }

    /// The parameters, unescaped, in their order.
    pub fn params(&self) -> impl Iterator<Item = (Cow<'_, str>, Cow<'_, str>)> {
        params(&self.query)
    }

    /// The URL that the link holds in clear: what [`Redirect::url`](crate::Redirect::url) gives.
    pub fn url(&self) -> Option<&str> {
        self.redirect.as_deref()
    }

    /// The link with texts of its own.
    pub fn into_owned(self) -> Link<'static> {
        Link {
            id: self.id.map(own),
            edition_id: self.edition_id.map(own),
            path: own(self.path),
            query: Cow::Owned(self.query.into_owned()),
            redirect: self.redirect.map(own),
            origin: self.origin,
        }
    }

    pub(crate) fn query(&self) -> &[u8] {
        &self.query
    }

    /// Where in the given text the character `index` of the ID stands.
    pub(crate) fn id_origin(&self, index: usize) -> usize {
        self.origin.of(index)
    }

    pub(crate) fn into_redirect(self) -> Option<Cow<'a, str>> {
        self.redirect
    }
}

/// The same parts, wherever they stood in the text.
impl PartialEq for Link<'_> {
    fn eq(&self, other: &Self) -> bool {
        let parts = |link: &Self| (link.id.clone(), link.edition_id.clone(), link.redirect.clone());
        parts(self) == parts(other) && self.path == other.path && self.query == other.query
    }
}

impl Eq for Link<'_> {}

impl fmt::Debug for Link<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Link")
            .field("id", &self.id())
            .field("edition_id", &self.edition_id())
            .field("path", &self.path())
            .field("query", &String::from_utf8_lossy(&self.query))
            .field("url", &self.url())
            .finish()
    }
}

/// An ID in a link of one of the shapes that nearly all have.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Common<'a> {
    pub(crate) id: &'a [u8],
    pub(crate) start: usize,
    /// From the `?` or `#` on, or empty.
    pub(crate) tail: &'a [u8],
}

/// The paths before an ID by which more than 99 % of 330,000 links are known.
const PATHS: [&[u8]; 8] = [
    b"rss/articles/",
    b"articles/",
    b"read/",
    b"__i/rss/rd/articles/",
    b"./articles/",
    b"./read/",
    b"stories/",
    b"topics/",
];

/// The ID of `text`, if it is of a shape that needs no thought. Nothing is said of the ID's characters: only
/// if all of them are base64url's is it the one that [`Link::parse`] finds.
pub(crate) fn common(text: &[u8]) -> Option<Common<'_>> {
    let start = id_start(text)?;
    let after = &text[start..];
    // `?oc=5` is the most frequent tail, and a look from behind is cheaper than a search. Should there be an
    // earlier `?`, the ID has a character that is not base64url's.
    let end = match after.strip_suffix(b"?oc=5") {
        Some(id) => id.len(),
        None => memchr::memchr2(b'?', b'#', after).unwrap_or(after.len()),
    };
    let (id, tail) = after.split_at(end);
    // `./articles/read`: a path without an ID.
    let is_id = !id.is_empty() && (id.len() > 16 || !parser::BEFORE_AN_ID.contains(&id));
    is_id.then_some(Common { id, start, tail })
}

/// Where the ID begins in a text of a shape that needs no thought.
#[inline]
pub(crate) fn id_start(text: &[u8]) -> Option<usize> {
    if text.len() > MAX_LEN {
        return None;
    }
    let host = [&b"https://news.google.com/"[..], b"./", b"http://news.google.com/", b"news.google.com/"]
        .into_iter()
        .find(|host| text.starts_with(host));
    match host {
        Some(host) => {
            let path = PATHS.into_iter().find(|path| text[host.len()..].starts_with(path))?;
            Some(host.len() + path.len())
        }
        None => resembles_id(text).then_some(0),
    }
}

impl<'a> Common<'a> {
    /// The tail as a query, if [`Link::parse`] finds the same parameters in it: it has no escapes but `&amp;`.
    pub(crate) fn query(&self) -> Option<&'a [u8]> {
        let tail = self.tail;
        let escaped = memchr::memchr2_iter(b'\\', b';', tail).any(|at| !tail[..=at].ends_with(b"&amp;"));
        (!escaped).then_some(if tail.starts_with(b"?") { tail } else { b"" })
    }
}

/// The value of `uo=` in a query.
pub(crate) fn uo(query: &[u8]) -> Option<Cow<'_, [u8]>> {
    if let Some(value) = pairs(query).find_map(|pair| pair.strip_prefix(b"uo=")) {
        return Some(Cow::Borrowed(value));
    }
    // In a query that was escaped as a whole.
    memchr::memmem::find(query, b"uo%3")?;
    let (_, value) = params(query).find(|(name, _)| name == "uo")?;
    Some(Cow::Owned(value.into_owned().into_bytes()))
}

/// The parameters of a query, unescaped.
fn params(query: &[u8]) -> impl Iterator<Item = (Cow<'_, str>, Cow<'_, str>)> {
    pairs(query).flat_map(|pair| {
        // A whole query escaped once more: `hl%3Den-IE%26gl%3DIE`.
        let unescaped = if pair.contains(&b'=') {
            None
        } else {
            form_urlencoded::parse(pair).next().map(|(name, _)| name).filter(|name| name.contains('='))
        };
        match unescaped {
            Some(pairs) => form_urlencoded::parse(pairs.as_bytes())
                .map(|(name, value)| (name.into_owned().into(), value.into_owned().into()))
                .collect::<Vec<_>>(),
            None => form_urlencoded::parse(pair).collect(),
        }
    })
}

/// The parameters of a query, which may begin with `?`.
fn pairs(query: &[u8]) -> impl Iterator<Item = &[u8]> {
    let query = query.strip_prefix(b"?").unwrap_or(query);
    query[..class::find(query, 0, class::AFTER_QUERY)]
        .split(|&byte| byte == b'&')
        // `&amp;` in a text that has `&` beside it.
        .map(|pair| pair.strip_prefix(b"amp;").unwrap_or(pair))
        .filter(|pair| !pair.is_empty())
}

/// Classes of bytes: a table, because texts in unusual shapes are looked through several times, and a byte
/// takes a nanosecond less this way.
mod class {
    /// What can't stand in a link, but may stand behind one.
    pub(super) const AFTER_LINK: u8 = 1;
    /// What ends a path: the above, `?` and `#`.
    pub(super) const AFTER_PATH: u8 = 2;
    /// What ends a host: the above, and `/`.
    pub(super) const AFTER_HOST: u8 = 4;
    /// What ends an ID, once all escapes are undone. A dot is not one of these: `CBMiYmh0...` was cut by whoever
    /// printed it.
    pub(super) const AFTER_ID: u8 = 8;
    /// What ends a query: what ends a link, and `#`.
    pub(super) const AFTER_QUERY: u8 = 16;

    const OF: [u8; 256] = {
        let mut of = [0; 256];
        let mut byte = 0;
        while byte < 256 {
            of[byte] = match byte as u8 {
                0..=b' ' | 0x7f | b'"' | b'<' | b'>' | b'\\' | b'^' | b'`' | b'{' | b'|' | b'}' => {
                    AFTER_LINK | AFTER_PATH | AFTER_HOST | AFTER_ID | AFTER_QUERY
                }
                b'#' => AFTER_PATH | AFTER_HOST | AFTER_ID | AFTER_QUERY,
                b'?' => AFTER_PATH | AFTER_HOST | AFTER_ID,
                b'/' => AFTER_HOST | AFTER_ID,
                b'&' | b'\'' | b'(' | b')' | b',' | b';' | b':' | b'!' | b'*' | b'[' | b']' => AFTER_ID,
                _ => 0,
            };
            byte += 1;
        }
        of
    };

    pub(super) fn is(byte: u8, class: u8) -> bool {
        OF[usize::from(byte)] & class != 0
    }

    /// Where in `text`, from `start` on, the first byte of `class` is, or the end of the text.
    pub(super) fn find(text: &[u8], start: usize, class: u8) -> usize {
        text[start..].iter().position(|&byte| is(byte, class)).map_or(text.len(), |at| start + at)
    }
}

/// True for what is an ID rather than a host. The first byte of a message is 08, the second its type, up to 2f;
/// then `CBMi` and the other ten beginnings of real IDs are never a host's, `CBS.example` is one's.
fn resembles_id(text: &[u8]) -> bool {
    const BEGINNINGS: [&[u8; 4]; 11] =
        [b"CBMi", b"CAIi", b"CAAq", b"CAAi", b"CCAi", b"CC8i", b"CBIw", b"CAQi", b"CAQq", b"CAow", b"CAUi"];
    if text.first_chunk().is_some_and(|first| BEGINNINGS.contains(&first)) {
        return true;
    }
    let is_host = || {
        let end = text.iter().position(|&byte| !is_base64url(byte)).unwrap_or(text.len());
        matches!(&text[end..], [b'.', next, ..] if is_base64url(*next))
    };
    matches!(text, [b'C', b'A'..=b'C', ..]) && !is_host()
}
