//! Parses links of every form: classifies the host and the path, and finds the ID or the URL.

use std::borrow::Cow;
use std::ops::Range;

use url::Url;

use super::grammar::{self, Part};
use super::query::{Parameter, Parameters};
use super::source_map::{MappedText, SourceMap, first_char};
use crate::base64url::{is_base64url, without_padding};
use crate::error::{Error, ErrorKind};
use crate::host::{HostKind, classify_host, classify_plain_host, is_plain_host};
use crate::printable::{are_url_bytes, is_url_byte};
use crate::shape::{LinkShape, find_shape};
use crate::url_policy::{CheckedUrl, own};

/// The maximum number of links that may be wrapped around a link. Real ones have up to two.
const MAX_WRAPPERS: u32 = 4;

/// The parts of a link.
#[derive(Clone)]
pub(super) struct Parsed<'a> {
    pub(super) contained: Contained<'a>,
    pub(super) path: Cow<'a, str>,
    /// The query with its `?`, or with `&` if the `?` is missing. It may be empty.
    pub(super) query: Cow<'a, [u8]>,
}

/// The destination of a link.
#[derive(Clone)]
pub(crate) enum Contained<'a> {
    Id { id: Cow<'a, str>, edition_id: Option<Cow<'a, str>>, source_map: SourceMap },
    Url(CheckedUrl<'a>),
}

impl Parsed<'_> {
    pub(super) fn into_owned(self) -> Parsed<'static> {
        let contained = match self.contained {
            Contained::Id { id, edition_id, source_map } => {
                Contained::Id { id: own(id), edition_id: edition_id.map(own), source_map }
            }
            Contained::Url(url) => Contained::Url(url.into_owned()),
        };
        Parsed { contained, path: own(self.path), query: Cow::Owned(self.query.into_owned()) }
    }
}

/// Parses a link, which may be escaped and may be in white space, quotes or brackets.
pub(super) fn parse(link: &[u8]) -> Result<Parsed<'_>, Error> {
    // HTML in a feed is escaped twice: `&amp;#038;`.
    parse_text(MappedText::new(link).unescape_script().unescape_html().unescape_html().trim(), 0)
}

/// Parses the link in `input`, or the link that it wraps. `wrappers` is the number of links around `input`.
fn parse_text(input: MappedText<'_>, wrappers: u32) -> Result<Parsed<'_>, Error> {
    let input = unescape_slashes(input);
    let bytes = input.bytes();
    let not_news = Error::at(ErrorKind::NotGoogleNews, input.offset_of(0));
    if wrappers > MAX_WRAPPERS {
        return Err(not_news);
    }
    let is_before_token =
        |before: &&&[u8]| bytes.strip_prefix(**before).is_some_and(|rest| rest.starts_with(grammar::TOKEN));
    let before_token = grammar::BEFORE_TOKEN.iter().find(is_before_token);
    if let Some(start) =
        before_token.map(|before| before.len()).or(grammar::starts_with_id(bytes).then_some(0))
    {
        // The query may be percent-encoded, as in the path of a page, and so may the padding of a token.
        let end = Part::Path.end(bytes, start);
        let input = input.percent_decode(start..end, |_| true);
        let id = trim_id(input.bytes(), start..input.bytes().len());
        return link_to_id(input, String::new(), None, id);
    }
    let Some(site) = find_site(bytes) else { return Err(not_news) };
    let path = site.path.clone();
    let no_id = Error::at(ErrorKind::NoId, input.offset_of(path.start));
    match site.shape {
        // A path with neither a host nor an ID can be any text.
        LinkShape::Page => parse_page(input, path, if site.is_relative { not_news } else { no_id }, wrappers),
        LinkShape::UrlParameter => match find_url_parameter(bytes, path.end) {
            Some(value) if bytes[value.clone()].starts_with(grammar::TOKEN) => {
                let (start, len) = (value.start, value.len());
                let token = input.slice(value).percent_decode(0..len, |_| true);
                let id = trim_id(token.bytes(), 0..token.bytes().len());
                let query = input.slice_bytes(path.end..input.bytes().len());
                debug_assert!(start > path.end);
                Ok(Parsed { query, ..link_to_id(token, site.name.into(), None, id)? })
            }
            Some(value) => parse_redirect(&input, &site, site.name.into(), "", value, wrappers),
            None => Err(if site.is_news() { no_id } else { not_news }),
        },
        LinkShape::Continue => match find_parameter(bytes, path.end, b"continue=") {
            Some(value) => {
                parse_text(input.slice(value.clone()).percent_decode(0..value.len(), |_| true), wrappers + 1)
            }
            None => Err(not_news),
        },
        LinkShape::ViewerPath | LinkShape::CachePath => {
            let start = (path.start + site.name.len() + 1).min(path.end);
            let (name, scheme, start) = match bytes[start..].strip_prefix(b"s/") {
                Some(_) => (format!("{}/s", site.name).into(), "https://", start + 2),
                None => (site.name.into(), "http://", start),
            };
            // A relative link to something else may have a folder of this name.
            if site.is_relative && scheme == "http://" {
                return Err(not_news);
            }
            parse_redirect(&input, &site, name, scheme, start..bytes.len(), wrappers)
        }
    }
}

/// The host and the path of a link. Its ID or URL has not been found yet.
struct Site {
    host: HostKind,
    /// `true` for a path without a host, which is taken for a path of Google News.
    is_relative: bool,
    path: Range<usize>,
    shape: LinkShape,
    /// The part of the path that determines the shape.
    name: &'static str,
}

impl Site {
    fn is_news(&self) -> bool {
        matches!(self.host, HostKind::News | HostKind::NewsAlias | HostKind::NewsRedirect)
    }
}

fn find_site(input: &[u8]) -> Option<Site> {
    let (host, start) = find_host(input).filter(|(host, _)| *host != HostKind::Other)?;
    let is_relative = start == 0;
    let path = start..Part::Path.end(input, start);
    if !is_relative {
        let (shape, name) = find_shape(host, &input[path.clone()])?;
        return Some(Site { host, is_relative, path, shape, name });
    }
    let path = if input.starts_with(b".") { start + 1..path.end } else { path };
    let (host, shape, name) = grammar::find_relative_shape(&input[path.clone()])?;
    Some(Site { host, is_relative, path, shape, name })
}

/// Returns the host and where the path begins: 0 for a path without a host.
fn find_host(input: &[u8]) -> Option<(HostKind, usize)> {
    match grammar::NEWS_ORIGINS.iter().find(|origin| input.starts_with(origin)) {
        Some(origin) => Some((HostKind::News, origin.len() - 1)),
        None => find_any_host(input),
    }
}

/// Finds the host as [`find_host`] does, without the table of frequent hosts.
fn find_any_host(input: &[u8]) -> Option<(HostKind, usize)> {
    let is_scheme = |scheme: &&str| {
        input.get(..scheme.len()).is_some_and(|begin| begin.eq_ignore_ascii_case(scheme.as_bytes()))
    };
    let start = ["https://", "http://", "//"].into_iter().find(is_scheme).map_or(0, str::len);
    let end = Part::Host.end(input, start);
    let authority = &input[start..end];
    if start == 0 {
        if (matches!(authority, b"" | b".") && input.get(end) == Some(&b'/'))
            || grammar::is_first_folder(authority)
        {
            return Some((HostKind::News, 0));
        }
        if !authority.contains(&b'.') {
            return None;
        }
    }
    if is_plain_host(authority) {
        return Some((classify_plain_host(authority), end));
    }
    let authority = std::str::from_utf8(authority).ok()?;
    // A link without a scheme is parsed as https.
    let scheme = if start == "http://".len() { "http" } else { "https" };
    let url = Url::parse(&format!("{scheme}://{authority}")).ok()?;
    let is_host = url.username().is_empty() && url.password().is_none() && url.port().is_none();
    Some((classify_host(url.host_str().filter(|_| is_host)?), end))
}

/// Percent-decodes an input whose slashes are all escaped, `https%3A%2F%2Fnews.google.com%2F…`, or whose colon is,
/// `https%3A//…`, or a redirect whose query is, `https://www.google.com/url%3Fq%3D…`.
fn unescape_slashes(mut input: MappedText<'_>) -> MappedText<'_> {
    if memchr::memchr(b'%', input.bytes()).is_none() {
        return input;
    }
    // Twice, for the `continue=` in a `continue=`.
    for _ in 0..2 {
        let bytes = input.bytes();
        // If there is an unescaped slash, it ends the scheme or the host.
        let end = Part::Host.end(bytes, 0);
        let has =
            |escape: &[u8]| bytes[..end].windows(escape.len()).any(|part| part.eq_ignore_ascii_case(escape));
        let has_escaped_colon = ["http%3A", "https%3A", "http%253A", "https%253A"]
            .iter()
            .any(|scheme| bytes[..end].eq_ignore_ascii_case(scheme.as_bytes()));
        if !has_escaped_colon
            && !has_escaped_query(bytes)
            && (bytes.get(end) == Some(&b'/') || !(has(b"%2F") || has(b"%252F")))
        {
            break;
        }
        let len = bytes.len();
        input = input.percent_decode(0..len, |_| true).unescape_script();
    }
    input
}

/// Returns `true` for a redirect whose query is percent-encoded, `https://www.google.com/url%3Fq%3D…`.
fn has_escaped_query(input: &[u8]) -> bool {
    let Some(at) = memchr::memchr(b'%', &input[..Part::Path.end(input, 0)]) else { return false };
    let is_query = [&b"%3F"[..], b"%253F"].iter().any(|escape| {
        input[at..].get(..escape.len()).is_some_and(|begin| begin.eq_ignore_ascii_case(escape))
    });
    let is_redirect = |(host, path): (HostKind, usize)| {
        let shape = input.get(path..at).and_then(|path| find_shape(host, path));
        matches!(shape, Some((LinkShape::UrlParameter, _)))
    };
    is_query && find_host(input).is_some_and(is_redirect)
}

/// Returns the parts of a path between slashes, except empty ones and dots.
fn segments(input: &[u8], path: Range<usize>) -> impl Iterator<Item = Range<usize>> {
    let mut next = path.start;
    std::iter::from_fn(move || {
        let start = next;
        let rest = input[..path.end].get(start..)?;
        let end = start + memchr::memchr(b'/', rest).unwrap_or(rest.len());
        next = end + 1;
        Some(start..end)
    })
    .filter(|segment| !matches!(&input[segment.clone()], b"" | b"."))
}

/// Room for any real path before an ID, such as `/__i/rss/rd/articles`.
const USUAL_PREFIX: usize = 32;

/// Parses a link to a page of Google News.
fn parse_page(
    mut input: MappedText<'_>,
    path: Range<usize>,
    no_id: Error,
    wrappers: u32,
) -> Result<Parsed<'_>, Error> {
    let mut end = path.end;
    // The query may be escaped into the path, perhaps twice: `/read/CBMi…%3Fhl%3Den-IE`, `%253Fhl%253Den-IE`.
    if memchr::memchr(b'%', &input.bytes()[path.clone()]).is_some() {
        let is_twice = memchr::memmem::find(&input.bytes()[path.clone()], b"%253").is_some();
        input = input.percent_decode(path.clone(), |_| true);
        end = Part::Path.end(input.bytes(), path.start);
        if is_twice && find_escaped_question(&input.bytes()[path.start..end]).is_some() {
            input = input.percent_decode(path.start..end, |_| true);
            end = Part::Path.end(input.bytes(), path.start);
        }
    }
    let bytes = input.bytes();
    let mut prefix = String::with_capacity(USUAL_PREFIX);
    let mut edition = None;
    let mut parts = segments(bytes, path.start..end).peekable();
    while let Some(part) = parts.next() {
        let name = &bytes[part];
        prefix.push('/');
        prefix.push_str(&String::from_utf8_lossy(name));
        if !grammar::is_id_folder(name) {
            continue;
        }
        let Some(id) = parts.next_if(|next| !grammar::is_id_folder(&bytes[next.clone()])) else { continue };
        let id = trim_id(bytes, id);
        if parts.peek().is_none_or(|next| &bytes[next.clone()] != grammar::SECTIONS) {
            drop(parts);
            return link_to_id(input, prefix, edition, id);
        }
        edition = Some(id);
    }
    let find = |appended: &&[u8]| {
        memchr::memchr_iter(b'/', &bytes[end..]).find(|at| bytes[end + at..].starts_with(appended))
    };
    match grammar::APPENDED.iter().find_map(find) {
        Some(at) => parse_text(input.slice(end + at..bytes.len()), wrappers + 1),
        None => Err(no_id),
    }
}

/// Returns the range of the ID in a segment of a path.
fn trim_id(input: &[u8], segment: Range<usize>) -> Range<usize> {
    let start = segment.start;
    let end = id_end(input, &segment);
    let id = &input[start..end];
    let end = match id {
        // `%s`, `*`: there is no ID, and the error will point at these bytes.
        [] => segment.end,
        [..] if id.starts_with(grammar::PICTURE) => memchr::memchr(b'=', id).map_or(end, |at| start + at),
        // A dot that ends a sentence, but not the dots after a truncated ID.
        [.., last, b'.']
            if (is_base64url(*last) || *last == b'=')
                && input.get(end).is_none_or(|&byte| Part::Id.is_ended_by(byte)) =>
        {
            end - 1
        }
        _ => end,
    };
    let id = &input[start..end];
    if id.starts_with(grammar::TOKEN) { start..start + without_padding(id).len() } else { start..end }
}

/// Returns the end of the ID that `segment` begins with: the offset of the first byte or closing character that no ID
/// contains, but after an ellipsis.
fn id_end(input: &[u8], segment: &Range<usize>) -> usize {
    let start = segment.start;
    let mut end = Part::Id.end(&input[..segment.end], start);
    if !input[start..end].is_ascii()
        && let Some(at) = input[start..end].iter().position(|byte| !byte.is_ascii())
        && first_char(&input[start + at..]).is_some_and(grammar::is_id_end)
    {
        end = start + at;
    }
    // An ellipsis shows that the ID was cut. It is taken for a part of the ID, so that the error points at it.
    end + grammar::len_of_ellipsis(&input[end..])
}

fn link_to_id<'a>(
    input: MappedText<'a>,
    path: String,
    edition: Option<Range<usize>>,
    id: Range<usize>,
) -> Result<Parsed<'a>, Error> {
    let bytes = input.bytes();
    let path_end = Part::Path.end(bytes, id.end);
    let query = match (bytes.get(path_end), bytes.get(id.end)) {
        (Some(b'?'), _) => path_end,
        // The `?` is missing.
        (_, Some(b'&')) => id.end,
        _ => bytes.len(),
    };
    let query = input.slice(query..bytes.len()).into_bytes();
    let edition = edition.map(|edition| input.slice(edition));
    let (id, source_map) = input.into_slice(id).into_id()?;
    let edition_id = edition.map(MappedText::into_id).transpose()?.map(|(id, _)| id);
    Ok(Parsed { contained: Contained::Id { id, edition_id, source_map }, path: path.into(), query })
}

/// Returns the range of the value of the parameter `name` (including its `=`) in the query at `path_end`, if there is
/// one. The value of the last parameter includes the fragment of the link, as in a browser.
fn find_parameter(input: &[u8], path_end: usize, name: &[u8]) -> Option<Range<usize>> {
    let query = input[path_end..].strip_prefix(b"?")?;
    let start = path_end + 1;
    let query = &query[..memchr::memchr(b'#', query).unwrap_or(query.len())];
    Parameters::of(query).find_map(|Parameter { range, pair }| {
        let value = pair.strip_prefix(name)?;
        let end = if range.end == query.len() { input.len() } else { start + range.end };
        Some(start + range.end - value.len()..end)
    })
}

/// Returns the range of the value of `url=` or `q=`: of the first one that is a URL or a token, because a link may use
/// either parameter for something else.
fn find_url_parameter(input: &[u8], path_end: usize) -> Option<Range<usize>> {
    let is_url = |value: &Range<usize>| {
        let value = &input[value.clone()];
        value.starts_with(b"http") || value.starts_with(grammar::TOKEN)
    };
    let url = find_parameter(input, path_end, b"url=");
    if url.as_ref().is_some_and(is_url) {
        return url;
    }
    match (url, find_parameter(input, path_end, b"q=")) {
        (Some(_), Some(q)) if is_url(&q) => Some(q),
        (Some(url), _) => Some(url),
        (None, Some(q)) => Some(q),
        // A token may also be the whole query, `goto?CAES…`.
        (None, None) if input.get(path_end + 1..)?.starts_with(grammar::TOKEN) => {
            find_parameter(input, path_end, b"")
        }
        (None, None) => None,
    }
}

/// Parses a link that contains a URL at `url`. If `scheme` is not empty, it is that of the URL, which then has no
/// scheme in the link.
fn parse_redirect<'a>(
    input: &MappedText<'a>,
    site: &Site,
    name: Cow<'static, str>,
    scheme: &'static str,
    url: Range<usize>,
    wrappers: u32,
) -> Result<Parsed<'a>, Error> {
    let is_last = url.end == input.bytes().len();
    let after = &input.bytes()[url.end..];
    let cut = |url: &MappedText<'_>, at: usize, byte| {
        Err(Error::at(ErrorKind::InvalidUrlByte(byte), url.offset_of(at)))
    };
    let url = input.slice(url);
    // `caf&eacute;`: a letter that is not ASCII, at whose `&` the query was split.
    if is_reference(after) {
        return cut(&url, url.bytes().len(), b'&');
    }
    let url = if scheme.is_empty() {
        url
    } else {
        let (url, parameters) = match unescape_query(&url).filter(|_| site.shape == LinkShape::ViewerPath) {
            Some(url) => (url, &grammar::VIEWER_NAMES[..]),
            None => (url, &grammar::VIEWER_QUERY[..]),
        };
        without_viewer(url, parameters)
    };
    // A URL ends where the link does. White space, quotes or letters that are not ASCII show that something was appended, so that the end of
    // the URL is unknown.
    if let Some(at) = find_appended(url.bytes()) {
        return cut(&url, at, url.bytes()[at]);
    }
    if is_last && url.bytes().ends_with(b"...") {
        return cut(&url, url.bytes().len() - 3, b'.');
    }
    let url = if scheme.is_empty() {
        // Publishers' URLs contain percent-escapes, too. Only those of characters that a URL can contain unescaped are decoded.
        let len = url.bytes().len();
        url.percent_decode(0..len, is_url_byte)
    } else {
        // Without this check, `s`, `https:` and escaped hosts would be taken for names of hosts.
        let host = &url.bytes()[..Part::Host.end(url.bytes(), 0)];
        if !host.contains(&b'.') || host.contains(&b'%') {
            return Err(Error::at(ErrorKind::NotHttpUrl, url.offset_of(0)));
        }
        url
    };
    // A redirect to another link is followed.
    if find_site(url.bytes()).is_some_and(|site| !site.is_relative || site.shape != LinkShape::Page) {
        return parse_text(url, wrappers + 1);
    }
    let checked = check_redirect(scheme, &url).map_err(|error| match error.kind() {
        // It is no link to Google News either, because that would have been followed.
        ErrorKind::GoogleUrl => Error::at(ErrorKind::NotGoogleNews, url.offset_of(0)),
        _ => error.map_offset(|offset| url.offset_of(offset.saturating_sub(scheme.len()))),
    })?;
    let query = input.slice_bytes(site.path.end..input.bytes().len());
    Ok(Parsed { contained: Contained::Url(checked), path: name, query })
}

/// Returns the offset of the first byte that no URL contains, or of the first character reference.
fn find_appended(url: &[u8]) -> Option<usize> {
    let invalid = if are_url_bytes(url) { None } else { url.iter().position(|&byte| !is_url_byte(byte)) };
    let before = &url[..invalid.unwrap_or(url.len())];
    memchr::memchr_iter(b'&', before).find(|&at| is_reference(&url[at..])).or(invalid)
}

/// Returns `true` if `text` begins with a reference to any character, such as `&eacute;` or `&#8217;`, except `&amp;`,
/// which separates parameters.
fn is_reference(text: &[u8]) -> bool {
    const LONGEST: usize = 10;
    let Some(rest) = text.strip_prefix(b"&") else { return false };
    let len =
        rest.iter().take(LONGEST).take_while(|&&byte| byte == b'#' || byte.is_ascii_alphanumeric()).count();
    len > 1 && rest.get(len) == Some(&b';') && !rest.starts_with(b"amp;")
}

fn check_redirect<'a>(scheme: &str, url: &MappedText<'a>) -> Result<CheckedUrl<'a>, Error> {
    let url = match url.clone().into_bytes() {
        Cow::Borrowed(url) if scheme.is_empty() => CheckedUrl::check(url)?,
        url => CheckedUrl::check(&[scheme.as_bytes(), &url].concat())?.into_owned(),
    };
    url.check_redirect()
}

/// Returns the offset of the first `%3F`.
fn find_escaped_question(path: &[u8]) -> Option<usize> {
    path.windows(3).position(|escape| escape.eq_ignore_ascii_case(b"%3F"))
}

/// Unescapes the query of a URL in the path of a link to the AMP viewer, if it begins with `%3F`. The query of such a
/// link is the viewer's own and is removed: `example.com/a%3Fb=1?usqp=x` becomes `example.com/a?b=1`. Escapes before
/// the first `%3F` belong to the URL and are kept.
fn unescape_query<'a>(url: &MappedText<'a>) -> Option<MappedText<'a>> {
    let bytes = url.bytes();
    let path_end = Part::Path.end(bytes, 0);
    let question = find_escaped_question(&bytes[..path_end])?;
    let fragment = memchr::memchr(b'#', bytes).unwrap_or(bytes.len());
    let viewers_query = path_end..fragment.max(path_end);
    Some(url.clone().without(&[viewers_query]).percent_decode(question..path_end, is_url_byte))
}

/// Removes the parameters that the AMP viewer has added to a URL: those of its query that begin with one of
/// `parameters`, and its fragment if that contains one.
fn without_viewer<'a>(url: MappedText<'a>, parameters: &[&[u8]]) -> MappedText<'a> {
    let bytes = url.bytes();
    let has_any = |pair: &[u8], names: &[&[u8]]| names.iter().any(|name| pair.starts_with(name));
    let fragment = memchr::memchr(b'#', bytes).unwrap_or(bytes.len());
    let mut removed = Vec::new();
    if let Some(question) = memchr::memchr(b'?', &bytes[..fragment]) {
        // Each kept parameter keeps the `?` or `&` before it.
        let start = question + 1;
        let (mut kept, mut next) = (question, start);
        for Parameter { range, pair } in Parameters::of(&bytes[start..fragment]) {
            if !has_any(pair, parameters) {
                removed.push(next..start + range.start);
                kept = start + range.end;
                next = kept + 1;
            }
        }
        removed.push(kept..fragment);
    }
    let is_viewers =
        |pair: &[u8]| has_any(pair, &grammar::VIEWER_QUERY) || has_any(pair, &grammar::VIEWER_FRAGMENT);
    if Parameters::of(bytes[fragment..].get(1..).unwrap_or_default())
        .any(|parameter| is_viewers(parameter.pair))
    {
        removed.push(fragment..bytes.len());
    }
    url.without(&removed)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn frequent_hosts_are_those_of_the_table() {
        for origin in grammar::NEWS_ORIGINS {
            let link = [origin, b"search?q=a"].concat();
            assert_eq!(find_host(&link), Some((HostKind::News, origin.len() - 1)));
            assert_eq!(find_any_host(&link), find_host(&link), "{}", link.escape_ascii());
        }
    }
}
