//! Where in a text the link is, and where in the link the ID or the URL.

use std::borrow::Cow;
use std::ops::Range;

use url::Url;

use super::source_map::{NotUtf8, Text};
use super::{Link, class, resembles_id};
use crate::base64url::is_base64url;
use crate::error::{Error, ErrorKind};
use crate::url_policy::check_url;

/// A link in a link in a link … has to end somewhere. Real ones have two.
const MAX_WRAPPERS: u32 = 4;

/// The link that `text` is or wraps.
pub(super) fn locate(text: Text<'_>, wrappers: u32) -> Result<Link<'_>, Error> {
    let text = unescape_whole(text);
    let bytes = text.bytes();
    let none = Error::at(ErrorKind::NotGoogleNews, text.origin().of(0));
    if wrappers > MAX_WRAPPERS {
        return Err(none);
    }
    if resembles_id(bytes) {
        return with_id(&text, String::new(), None, id_in(bytes, 0..bytes.len()));
    }
    let Some((site, path)) = site(bytes) else { return Err(none) };
    let end = path_end(bytes, path);
    match site {
        Site::News => page(text, path, wrappers),
        Site::Path => page(text, path, wrappers).map_err(|error| match error.kind() {
            // A path alone is as good as any other text.
            ErrorKind::NoId => none,
            _ => error,
        }),
        Site::NewsUrl => in_parameter(&text, path..end, wrappers)
            .unwrap_or(Err(Error::at(ErrorKind::NoId, text.origin().of(path)))),
        Site::Url => in_parameter(&text, path..end, wrappers).unwrap_or(Err(none)),
        Site::Continue => continued(&text, end, wrappers).unwrap_or(Err(none)),
        Site::Amp => in_path(&text, path, path + b"/amp/".len(), wrappers),
        Site::AmpCache => in_path(&text, path, path + b"/c/".len(), wrappers),
    }
}

/// What a link can be on.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Site {
    /// `news.google.com`, `google.com/newsstand`.
    News,
    /// A path alone, to be understood as one of `news.google.com`.
    Path,
    /// `news.google.com/news/url` of any country.
    NewsUrl,
    /// `www.google.com/url` of any country.
    Url,
    /// A consent or captcha page, with the link in `continue=`.
    Continue,
    /// `www.google.com/amp/` of any country.
    Amp,
    /// `….cdn.ampproject.org/c/`, or `/v/` in the viewer.
    AmpCache,
}

/// The site of `text` and where its path begins.
fn site(text: &[u8]) -> Option<(Site, usize)> {
    let (host, path) = match authority(text) {
        Authority::Host(host, path) => (host, path),
        Authority::Relative => {
            let path = &text[..path_end(text, 0)];
            let is_url = matches!(path.strip_prefix(b".").unwrap_or(path), b"/news/url" | b"/news/url/");
            return Some((if is_url { Site::NewsUrl } else { Site::Path }, 0));
        }
        Authority::None => return None,
    };
    let folder = &text[path..path_end(text, path)];
    let folder =
        if folder == b"/url/" || folder == b"/news/url/" { &folder[..folder.len() - 1] } else { folder };
    let is_news = is_google(&host, "news.");
    let site = if is_news && folder == b"/news/url" {
        Site::NewsUrl
    } else if is_news {
        Site::News
    } else if is_google(&host, "consent.") {
        Site::Continue
    } else if is_google(&host, "www.") || is_google(&host, "") {
        match folder {
            b"/url" => Site::Url,
            [b'/', b's', b'o', b'r', b'r', b'y', b'/', ..] => Site::Continue,
            [b'/', b'a', b'm', b'p', b'/', ..] => Site::Amp,
            _ if folder.starts_with(b"/newsstand/") => Site::News,
            _ => return None,
        }
    } else if host.strip_suffix(".cdn.ampproject.org").is_some_and(|label| !label.contains('.')) {
        match folder {
            [b'/', b'c' | b'v', b'/', ..] => Site::AmpCache,
            _ => return None,
        }
    } else {
        return None;
    };
    Some((site, path))
}

/// The text with the escapes undone that leave it no slash of its own: `https%3A%2F%2Fnews.google.com%2F…`.
fn unescape_whole(mut text: Text<'_>) -> Text<'_> {
    // Twice, for the continue= of a continue=.
    for _ in 0..2 {
        // A slash of its own comes early if it comes at all.
        let head = &text.bytes()[..class::find(text.bytes(), 0, class::AFTER_HOST)];
        if text.bytes().get(head.len()) == Some(&b'/') {
            break;
        }
        let escaped = |head: &[u8]| head.windows(3).any(|w| w.eq_ignore_ascii_case(b"%2F"));
        let twice = |head: &[u8]| head.windows(5).any(|w| w.eq_ignore_ascii_case(b"%252F"));
        if !(escaped(head) || twice(head)) {
            break;
        }
        let len = text.bytes().len();
        text = text.percent_decode(0..len, |_| true);
    }
    text
}

enum Authority {
    /// The host, as `url` reads it, and where the path begins.
    Host(Cow<'static, str>, usize),
    /// None: the text is a path on `news.google.com`.
    Relative,
    /// None that a link to Google News can have.
    None,
}

fn authority(text: &[u8]) -> Authority {
    let lower = |len: usize| text.get(..len).map(<[u8]>::to_ascii_lowercase).unwrap_or_default();
    let (scheme, start) = if lower(8) == b"https://" {
        ("https://", 8)
    } else if lower(7) == b"http://" {
        ("http://", 7)
    } else if text.starts_with(b"//") {
        ("https://", 2)
    } else {
        ("https://", 0)
    };
    let end = class::find(text, start, class::AFTER_HOST);
    let host = &text[start..end];
    if start == 0 {
        // A first part without a dot inside is none of a host's, but of a path on Google News.
        let path =
            [&b"articles"[..], b"read", b"rss", b"atom", b"topics", b"stories", b"publications", b"__i"];
        if (matches!(host, b"" | b".") && text.get(end) == Some(&b'/')) || path.contains(&host) {
            return Authority::Relative;
        }
        if !host.contains(&b'.') {
            return Authority::None;
        }
    }
    // Those that nearly all links have are taken as they are. Of all others `url` knows better.
    let known = ["news.google.com", "consent.google.com", "www.google.com", "google.com"];
    if let Some(&known) = known.iter().find(|known| known.as_bytes() == host) {
        return Authority::Host(known.into(), end);
    }
    // Of letters, digits, dots and hyphens `url` makes the same in lower case, or none. A publisher's is not of Google's.
    let is_plain = host.iter().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-'));
    let of_google = |host: &[u8]| OF_GOOGLE.iter().any(|name| contains(host, name));
    if is_plain && !of_google(host) {
        return Authority::None;
    }
    let Ok(host) = std::str::from_utf8(host) else { return Authority::None };
    match Url::parse(&format!("{scheme}{host}")) {
        Ok(url) if url.username().is_empty() && url.password().is_none() && url.port().is_none() => {
            url.host_str().map_or(Authority::None, |host| Authority::Host(host.to_owned().into(), end))
        }
        _ => Authority::None,
    }
}

/// What is in each host that is looked for.
const OF_GOOGLE: [&[u8]; 2] = [b"google", b"ampproject"];

fn contains(host: &[u8], name: &[u8]) -> bool {
    host.windows(name.len()).any(|part| part.eq_ignore_ascii_case(name))
}

/// True for `google.com`, `google.ch`, `google.co.jp` and `google.com.au` behind `subdomain`.
fn is_google(host: &str, subdomain: &str) -> bool {
    let country = |code: &str| code.len() == 2 && code.bytes().all(|byte| byte.is_ascii_lowercase());
    match host.strip_prefix(subdomain).and_then(|host| host.strip_prefix("google.")) {
        Some("com") => true,
        Some(domain) => {
            country(domain) || domain.strip_prefix("co.").or(domain.strip_prefix("com.")).is_some_and(country)
        }
        None => false,
    }
}

/// Where the path of `text` ends that begins at `path`.
fn path_end(text: &[u8], path: usize) -> usize {
    class::find(text, path, class::AFTER_PATH)
}

/// The parts of a path between slashes, without empty ones and dots.
fn segments(text: &[u8], path: Range<usize>) -> impl Iterator<Item = Range<usize>> {
    let mut start = path.start;
    std::iter::from_fn(move || {
        (start <= path.end).then(|| {
            let end = memchr::memchr(b'/', &text[start..path.end]).map_or(path.end, |end| start + end);
            let segment = start..end;
            start = end + 1;
            segment
        })
    })
    .filter(|segment| !matches!(&text[segment.clone()], b"" | b"."))
}

/// What an ID stands behind.
pub(super) const BEFORE_AN_ID: [&[u8]; 9] = [
    b"articles",
    b"read",
    b"topics",
    b"stories",
    b"publications",
    b"sections",
    b"s",
    b"attachments",
    b"editions",
];

/// A page of Google News: its path begins at `path`.
fn page(text: Text<'_>, path: usize, wrappers: u32) -> Result<Link<'_>, Error> {
    let no_id = Error::at(ErrorKind::NoId, text.origin().of(path));
    // The query may be escaped into the path: `/read/CBMi…%3Fhl%3Den-IE`.
    let end = path_end(text.bytes(), path);
    let text = text.percent_decode(path..end, |_| true);
    let bytes = text.bytes();
    let end = path_end(bytes, path);
    let mut prefix = String::new();
    let mut edition = None;
    let mut parts = segments(bytes, path..end).peekable();
    while let Some(part) = parts.next() {
        let name = &bytes[part];
        prefix.push('/');
        prefix.push_str(&String::from_utf8_lossy(name));
        let Some(next) = parts.peek().filter(|_| BEFORE_AN_ID.contains(&name)) else { continue };
        if BEFORE_AN_ID.contains(&&bytes[next.clone()]) {
            continue;
        }
        let id = id_in(bytes, next.clone());
        parts.next();
        let section = parts.peek().is_some_and(|next| &bytes[next.clone()] == b"sections");
        if !section {
            return with_id(&text, prefix, edition, id);
        }
        edition = Some(id);
    }
    // A relative link that a program has joined to the address of a search.
    let joined = memchr::memmem::find(&bytes[end..], b"/articles/C")
        .or_else(|| memchr::memmem::find(&bytes[end..], b"/read/C"));
    match joined {
        Some(at) => locate(text.slice(end + at..bytes.len()), wrappers + 1),
        None => Err(no_id),
    }
}

/// Where in the part `part` of a path the ID is.
fn id_in(text: &[u8], part: Range<usize>) -> Range<usize> {
    let end = class::find(&text[..part.end], part.start, class::AFTER_ID);
    let id = &text[part.start..end];
    let end = match id {
        // `%s`, `*`: not an ID, and not a path without one.
        [] => part.end,
        // `CC8i…=-w200-h112-p-df-rw`: the picture's size.
        [b'C', b'C', b'8', b'i', ..] => memchr::memchr(b'=', id).map_or(end, |at| part.start + at),
        // The end of a sentence, but not the dots of a cut.
        [.., last, b'.']
            if is_base64url(*last) && text.get(end).is_none_or(|&byte| class::is(byte, class::AFTER_ID)) =>
        {
            end - 1
        }
        _ => end,
    };
    part.start..end
}

/// The link with the ID in the range `id` of `text`.
fn with_id<'a>(
    text: &Text<'a>,
    path: String,
    edition: Option<Range<usize>>,
    id: Range<usize>,
) -> Result<Link<'a>, Error> {
    let bytes = text.bytes();
    let mut query = bytes.len()..bytes.len();
    let behind = path_end(bytes, id.end);
    if bytes.get(behind) == Some(&b'?') {
        query.start = behind;
    } else if bytes.get(id.end) == Some(&b'&') {
        // Someone has forgotten the `?`.
        query.start = id.end;
    }
    let (id, origin) = text.slice(id).into_str().map_err(not_base64url)?;
    let edition_id = match edition {
        Some(edition) => Some(text.slice(edition).into_str().map_err(not_base64url)?.0),
        None => None,
    };
    let (query, _) = text.slice(query).into_parts();
    Ok(Link { id: Some(id), edition_id, path: path.into(), query, redirect: None, origin })
}

/// The error of an ID that is not even UTF-8.
fn not_base64url(invalid: NotUtf8) -> Error {
    Error::at(ErrorKind::InvalidByte(invalid.byte), invalid.origin)
}

/// The link in the `continue=` of a consent or captcha page, whose query begins at `query`.
fn continued<'a>(text: &Text<'a>, query: usize, wrappers: u32) -> Option<Result<Link<'a>, Error>> {
    let value = parameter(text.bytes(), query, b"continue=")?;
    let len = value.len();
    Some(locate(text.slice(value).percent_decode(0..len, |_| true), wrappers + 1))
}

/// A link with a URL as the value of `url=` or `q=`; None if it has neither.
fn in_parameter<'a>(text: &Text<'a>, path: Range<usize>, wrappers: u32) -> Option<Result<Link<'a>, Error>> {
    let bytes = text.bytes();
    let url = parameter(bytes, path.end, b"url=");
    let query = parameter(bytes, path.end, b"q=");
    // Either may be there for another purpose.
    let is_url = |value: &Range<usize>| bytes[value.clone()].starts_with(b"http");
    let value = url.clone().filter(is_url).or(query.clone().filter(is_url)).or(url).or(query)?;
    let len = value.len();
    let value = text.slice(value);
    Some(expect_url_bytes(&value).and_then(|()| {
        // Publishers' URLs have escapes of their own, which they lose only to characters that need none.
        in_clear(text, path, "", value.percent_decode(0..len, is_url_byte), wrappers)
    }))
}

/// A link with a URL as the rest of its path, from `start` on: `s/` for https, then the host.
fn in_path<'a>(text: &Text<'a>, path: usize, start: usize, wrappers: u32) -> Result<Link<'a>, Error> {
    let bytes = text.bytes();
    let part = |start: usize| &bytes[start..class::find(bytes, start, class::AFTER_HOST)];
    let (scheme, host) = match part(start) {
        b"s" if bytes.get(start + 1) == Some(&b'/') => ("https://", start + 2),
        _ => ("http://", start),
    };
    let rest = text.slice(host..bytes.len());
    expect_url_bytes(&rest)?;
    // What is no name of a host, as `s`, `https:` or an escaped one, would be taken for one.
    if !part(host).contains(&b'.') || part(host).contains(&b'%') {
        return Err(Error::at(ErrorKind::NotHttpUrl, rest.origin().of(0)));
    }
    in_clear(text, path..host - 1, scheme, without_viewer(rest), wrappers)
}

/// The link to `url`, with `scheme` before it, that the link `text` with the path `path` holds.
fn in_clear<'a>(
    text: &Text<'a>,
    path: Range<usize>,
    scheme: &'static str,
    url: Text<'a>,
    wrappers: u32,
) -> Result<Link<'a>, Error> {
    // What leads back to Google News is no way out, and never handed out as one.
    if site(url.bytes()).is_some_and(|(site, _)| site != Site::Path) {
        return locate(url, wrappers + 1);
    }
    // `./news/url/` is the path `/news/url`.
    let whole = &text.bytes()[path.clone()];
    let path =
        path.start + usize::from(whole.starts_with(b"."))..path.end - usize::from(whole.ends_with(b"/"));
    let (path, _) = text.slice(path).into_str().map_err(not_base64url)?;
    let (bytes, origin) = url.into_parts();
    let at = |offset: usize| origin.of(offset.saturating_sub(scheme.len()));
    let url = match bytes {
        Cow::Borrowed(bytes) if scheme.is_empty() => check_url(bytes).map(Cow::Borrowed),
        bytes => {
            let url = [scheme.as_bytes(), &bytes].concat();
            check_url(&url).map(|url| Cow::Owned(url.to_owned()))
        }
    };
    let url = url.map_err(|error| error.map_offset(at))?;
    // Nobody has made an ID of this URL, so whether it is one at all is for `url` to say; and it may be one of Google
    // News for all that, with a port, a user name or a dot behind the host.
    match Url::parse(&url) {
        Err(_) => return Err(Error::at(ErrorKind::NotHttpUrl, at(0))),
        Ok(url) if url.host_str().is_some_and(|host| is_google(host.trim_end_matches('.'), "news.")) => {
            return Err(Error::at(ErrorKind::NotGoogleNews, at(0)));
        }
        Ok(_) => {}
    }
    let query = path_end(text.bytes(), 0)..text.bytes().len();
    let (query, origin) = text.slice(query).into_parts();
    Ok(Link { id: None, edition_id: None, path, query, redirect: Some(url), origin })
}

/// In clear, a URL ends where the link does. With white space, quotes or letters that are not ASCII in it,
/// something is glued to it, and where the URL ends is anyone's guess.
fn expect_url_bytes(url: &Text<'_>) -> Result<(), Error> {
    match url.bytes().iter().position(|&byte| !is_url_byte(byte)) {
        Some(at) => Err(Error::at(ErrorKind::InvalidUrlByte(url.bytes()[at]), url.origin().of(at))),
        None => Ok(()),
    }
}

/// True for what stands in URLs without an escape. Braces, bars and carets should not, but publishers write them:
/// `{key}`.
fn is_url_byte(byte: u8) -> bool {
    byte.is_ascii_graphic() && !b"\"<>\\`".contains(&byte)
}

/// The value of the parameter `name` (with its `=`) in the query that begins at `query`, if one does. The last value
/// has the fragment of the link with it, as a browser would give it to the URL.
fn parameter(text: &[u8], query: usize, name: &[u8]) -> Option<Range<usize>> {
    let mut start = query + 1;
    let tail = text.get(query..)?.strip_prefix(b"?")?;
    let end = memchr::memchr(b'#', tail).unwrap_or(tail.len());
    tail[..end].split(|&byte| byte == b'&').find_map(|pair| {
        let behind = start + pair.len();
        start = behind + 1;
        // `&amp;` in a text that has `&` beside it.
        let named = pair.strip_prefix(b"amp;").unwrap_or(pair);
        let value = named.strip_prefix(name)?;
        let is_last = behind == query + 1 + end;
        Some(behind - value.len()..if is_last { text.len() } else { behind })
    })
}

/// The URL without what the AMP viewer has added to its query and its fragment.
fn without_viewer(url: Text<'_>) -> Text<'_> {
    let bytes = url.bytes();
    let fragment = memchr::memchr(b'#', bytes).unwrap_or(bytes.len());
    let mut ranges = Vec::new();
    if let Some(query) = memchr::memchr(b'?', &bytes[..fragment]) {
        let mut start = query + 1;
        let mut any_stays = false;
        for pair in bytes[start..fragment].split(|&byte| byte == b'&') {
            let end = start + pair.len();
            if is_viewers(pair, &VIEWER_QUERY) {
                // With the `&` behind it, for the one before it may be all that is left.
                ranges.push(start..(end + 1).min(fragment));
            } else {
                any_stays = true;
            }
            start = end + 1;
        }
        match ranges.last_mut() {
            // Nothing is left of the query.
            Some(_) if !any_stays => {
                ranges.clear();
                ranges.push(query..fragment);
            }
            // What stands before the viewer's last parameters keeps no `&` behind it.
            Some(_) => {
                let mut end = fragment;
                while let Some(range) = ranges.pop_if(|range| range.end == end) {
                    end = range.start;
                }
                if end < fragment {
                    ranges.push(end - 1..fragment);
                }
            }
            None => {}
        }
    }
    let mut pairs = bytes[fragment..].get(1..).unwrap_or_default().split(|&byte| byte == b'&');
    if pairs.any(|pair| is_viewers(pair, &VIEWER_QUERY) || is_viewers(pair, &VIEWER_FRAGMENT)) {
        ranges.push(fragment..bytes.len());
    }
    url.without(&ranges)
}

/// What the AMP viewer adds to a query: `amp_js_v=0.1`, `usqp=…`, `aoh=…`.
const VIEWER_QUERY: [&[u8]; 5] = [b"amp_", b"ampshare=", b"aoh=", b"csi=", b"usqp="];

/// What it adds to a fragment besides. In a query they might be the publisher's own.
const VIEWER_FRAGMENT: [&[u8]; 10] = [
    b"referrer=",
    b"origin=",
    b"prerenderSize=",
    b"visibilityState=",
    b"paddingTop=",
    b"viewerUrl=",
    b"webview=",
    b"cap=",
    b"p2r=",
    b"horizontalScrolling=",
];

fn is_viewers(pair: &[u8], names: &[&[u8]]) -> bool {
    // `&amp;` in a text that has `&` beside it.
    let pair = pair.strip_prefix(b"amp;").unwrap_or(pair);
    names.iter().any(|name| pair.starts_with(name))
}
