//! Where a link begins and ends in a text.

use std::ops::Range;

use super::spelling::{self, MAX_PERCENT, Spelled};
use crate::base64url::{Level, prefix_len};
use crate::host::{HostKind, classify_host};
use crate::limits::MAX_INPUT_LEN;
use crate::link::{common_id_start, first_char, is_id_end, is_parameter, len_of_ellipsis, starts_with_id};
use crate::printable::is_url_byte;
use crate::shape::{LinkShape, find_shape};

/// A host of Google's in a text, and what it is written in.
#[derive(Clone, Debug)]
pub(super) struct Site {
    /// Where the link begins: at its scheme, if it has one.
    pub(super) start: usize,
    pub(super) host: HostKind,
    /// Where its path begins.
    pub(super) path: usize,
    /// How often the link is percent-encoded.
    pub(super) percent: u8,
}

impl Site {
    /// Returns the characters that the link can have, or `None` for most URLs on hosts of Google's that are not links, by the
    /// beginning of their paths.
    pub(super) fn charset(&self, text: &[u8]) -> Option<Charset> {
        let (path, len, _) = read_path(text, self.path, self.percent);
        Some(match find_shape(self.host, &path[..len])?.0 {
            LinkShape::Page => Charset::Page,
            LinkShape::UrlParameter => Charset::Redirect,
            _ => Charset::Url,
        })
    }
}

/// Longer than all paths that tell the shape of a link.
const MAX_PATH_LEN: usize = 12;

/// Reads the beginning of the path at `at`, and returns it, its length, and where it ends in the text.
fn read_path(text: &[u8], mut at: usize, percent: u8) -> ([u8; MAX_PATH_LEN], usize, usize) {
    let (mut path, mut len) = ([0; MAX_PATH_LEN], 0);
    while let Some(slot) = path.get_mut(len)
        && let Some(first) = spelling::first(&text[at..], percent)
        && is_url_byte(first.byte)
        && !matches!(first.byte, b'?' | b'#' | b'%')
    {
        *slot = first.byte;
        len += 1;
        at += first.len;
    }
    (path, len, at)
}

/// Finds a link of the form that nearly all have, `https://news.google.com/rss/articles/CBMi…?oc=5`. Its `google` begins at `anchor`.
/// [`find_site`] and [`find_end`] find the same, but take 10 times as long.
pub(super) fn find_common(text: &[u8], anchor: usize) -> Option<Range<usize>> {
    const BEFORE: &[u8] = b"https://news.";
    let start = anchor.checked_sub(BEFORE.len())?;
    if !text[start..].starts_with(BEFORE) {
        return None;
    }
    let link = &text[start..text.len().min(start + MAX_INPUT_LEN)];
    let id_start = common_id_start(link)?;
    let id_len = prefix_len(Level::new(), &link[id_start..]);
    // The parser has to decide whether a short name is an ID or a folder, as in `/articles/read`, and whether a path that goes on is
    // that of a link, as in `/articles/CBMi…/sections/`.
    let after = text.get(start + id_start + id_len).copied().unwrap_or(b' ');
    let ends_path = after == b'?' || !(Charset::Page.contains(after) || after == b'\\');
    if id_len < MIN_ID_LEN || !ends_path || marks_before(text, start).is_some() {
        return None;
    }
    let end = find_end(text, start, start + id_start + id_len, 0, Charset::Page);
    (end.is_known && end.at - start < MAX_INPUT_LEN).then_some(start..end.at)
}

/// The shortest ID that is found without the parser. Folders have shorter names.
const MIN_ID_LEN: usize = 16;

/// No host has more characters.
const MAX_HOST_LEN: usize = 253;

/// No link begins farther before its anchor: its host, the scheme with escaped slashes, or folders.
pub(super) const MAX_BEFORE_ANCHOR: usize = 512;

/// Finds the host that contains the anchor at `anchor` (`google.`, `ampproject.org`), and the beginning of its link.
pub(super) fn find_site(text: &[u8], anchor: usize) -> Option<Site> {
    let is_label = |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_');
    let before = &text[anchor.saturating_sub(MAX_HOST_LEN)..anchor];
    let start = anchor - before.iter().rev().take_while(|byte| is_label(byte)).count();
    let rest = &text[anchor..text.len().min(anchor + MAX_HOST_LEN)];
    let host_end = anchor + rest.iter().take_while(|byte| is_label(byte)).count();
    // A port that Google listens to.
    let ports: [&[u8]; 2] = [b":443", b":80"];
    let port = ports.into_iter().find(|port| text[host_end..].starts_with(port));
    let path = host_end + port.map_or(0, <[u8]>::len);
    let percent = percent_of_slash(&text[path..])?;
    let host_start = start + len_of_escape_before(text, start, host_end);
    let host = std::str::from_utf8(&text[host_start..host_end]).ok()?;
    let host = match classify_host(host) {
        HostKind::Other => return None,
        kind => kind,
    };
    let start = find_scheme(text, host_start)?;
    // The parser takes `CBMi.google.com` for an ID.
    if start == host_start && starts_with_id(&text[start..]) {
        return None;
    }
    // `https%3A//news.google.com/…`: slashes are not percent-encoded by all programs.
    let percent = percent.max(percent_of_colon(&text[start..host_start]));
    let percent = if percent == 0 { percent_of_query(text, host, path) } else { percent };
    Some(Site { start, host, path, percent })
}

/// Returns how often the colon of a scheme is percent-encoded.
fn percent_of_colon(scheme: &[u8]) -> u8 {
    let is_colon = |first: Spelled| first.is_percent && first.byte == b':';
    let at = memchr::memchr2(b'%', b'\\', scheme);
    let is_percent = |at: usize, percent| spelling::first(&scheme[at..], percent).is_some_and(is_colon);
    at.and_then(|at| (1..=MAX_PERCENT).find(|&percent| is_percent(at, percent))).unwrap_or(0)
}

/// Returns how often a redirect is percent-encoded whose slashes are not: `https://www.google.com/url%3Fq%3Dhttps://…`. A query
/// that is escaped into the path of a page, `/read/CBMi…%3Foc%3D5`, does not tell.
fn percent_of_query(text: &[u8], host: HostKind, path: usize) -> u8 {
    let (begin, len, end) = read_path(text, path, 0);
    let is_redirect =
        find_shape(host, &begin[..len]).is_some_and(|(shape, _)| shape == LinkShape::UrlParameter);
    let is_percent = |&percent: &u8| is_escape_of(&text[end..], percent, |byte| byte == b'?');
    (1..=MAX_PERCENT).find(is_percent).filter(|_| is_redirect).unwrap_or(0)
}

/// Returns how often `text` is percent-encoded if it begins with a slash.
fn percent_of_slash(text: &[u8]) -> Option<u8> {
    (0..=MAX_PERCENT).find(|&percent| spelling::first(text, percent).is_some_and(|first| first.byte == b'/'))
}

/// Returns the length of what belongs to an escape and was taken for a part of the host: `2F` in `%2Fnews.google.com`, `n` in
/// `\nnews.google.com`, a line end in a script.
fn len_of_escape_before(text: &[u8], start: usize, end: usize) -> usize {
    let taken = &text[start..end];
    match text[..start].last() {
        Some(b'%') => len_of_hex(taken),
        Some(b'\\') => match taken {
            // An escaped percent sign, which begins another escape.
            [b'u', b'0', b'0', b'2', b'5', rest @ ..] => taken.len() - rest.len() + len_of_hex(rest),
            [b'x', b'2', b'5', rest @ ..] => taken.len() - rest.len() + len_of_hex(rest),
            [b'u', ..] => 5.min(taken.len()),
            [b'x', ..] => 3.min(taken.len()),
            [b'n' | b'r' | b't' | b'b' | b'f', ..] => 1,
            _ => 0,
        },
        _ => 0,
    }
}

/// Returns the length of the digits of a percent-escape, perhaps of one that is escaped itself: `252F`.
fn len_of_hex(text: &[u8]) -> usize {
    let mut len = 0;
    while text[len..].starts_with(b"25") {
        len += 2;
    }
    // `%25` itself, before a host.
    if text[len..].iter().take(2).filter(|byte| byte.is_ascii_hexdigit()).count() == 2 {
        len + 2
    } else {
        len
    }
}

/// Returns where a link begins whose host begins at `host`, or `None` if the host is part of something else.
fn find_scheme(text: &[u8], host: usize) -> Option<usize> {
    let slash = |end: usize| spelling::start_of_last(&text[..end], b'/');
    let Some(second) = slash(host) else {
        // `user@news.google.com`.
        return spelling::start_of_last(&text[..host], b'@').is_none().then_some(host);
    };
    // A path in another URL, `example.com/news.google.com`.
    let first = slash(second)?;
    let Some(colon) = spelling::start_of_last(&text[..first], b':') else {
        let is_free = text[..first].last().is_none_or(|&byte| {
            !(byte.is_ascii_alphanumeric() || matches!(byte, b'/' | b'-' | b'_' | b'.' | b'%' | b')' | b']'))
        });
        return is_free.then_some(first);
    };
    let has_scheme = |scheme: &[u8]| {
        let start = colon.checked_sub(scheme.len())?;
        text[start..colon].eq_ignore_ascii_case(scheme).then_some(start)
    };
    has_scheme(b"https").or_else(|| has_scheme(b"http"))
}

/// The characters that a link can consist of.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Charset {
    /// Those of links with an ID in their path: in text that follows one, a comma is a comma.
    Page,
    /// Those of links with an ID in their query, or in the query of a link in it.
    Id,
    /// Those of any URL in the parameter that contains one, and in others those of `Id`.
    Redirect,
    /// Those of any URL.
    Url,
}

impl Charset {
    fn is_of_id(self) -> bool {
        matches!(self, Charset::Page | Charset::Id)
    }

    fn contains(self, byte: u8) -> bool {
        match self {
            Charset::Page | Charset::Id => byte.is_ascii_alphanumeric() || b"-_.~%=&+:/?#@$".contains(&byte),
            Charset::Redirect | Charset::Url => is_url_byte(byte),
        }
    }
}

/// The end of a link.
#[derive(Clone, Copy, Debug)]
pub(super) struct End {
    pub(super) at: usize,
    /// Nothing that follows can belong to the link.
    pub(super) is_known: bool,
}

/// Returns where the link ends that begins at `start` and has only characters of `charset` from `from` on.
///
/// Closing brackets, quotes and punctuation that follow a link in text are not part of it.
pub(super) fn find_end(text: &[u8], start: usize, from: usize, percent: u8, charset: Charset) -> End {
    let is_of_page = charset == Charset::Page;
    let opener = if is_of_page { text[..start].last().copied() } else { byte_before(text, start) };
    let opener = opener.unwrap_or(b' ');
    let is_in_query = percent == 0 && is_in_query(text, start);
    let text_end = text.len().min(start + MAX_INPUT_LEN + 1);
    let (mut at, mut open, mut has_query, mut has_value) = (from, 0_u32, false, false);
    // In a link whose slashes are not escaped: `/read/CBMi…%253Foc%253D5`.
    let mut is_query_escaped_twice = false;
    // The characters of the parameter at hand.
    let mut here = charset;
    // Where the link ends if only punctuation follows.
    let mut end = from;
    while let Some(Spelled { byte, len, is_percent, .. }) = spelling::first(&text[at..text_end], percent) {
        let rest = &text[at + len..text_end];
        let is_in_link = match byte {
            byte if percent > 0 && !is_percent && ends_parameter(byte) => false,
            // Programs that escape links escape these as well.
            b',' | b'|' | b'[' | b']' if percent > 0 && !is_percent => false,
            b'/' if percent > 0 && !is_percent && has_escaped_slash(text, from, percent) => false,
            // The same in the URL around that one.
            b'%' if (1..percent).any(|less| {
                is_escape_of(&text[at..text_end], less, |byte| ends_parameter(byte) || !is_url_byte(byte))
            }) =>
            {
                false
            }
            b'%' if is_query_escaped_twice && is_escape_of(&text[at..text_end], 1, ends_parameter) => false,
            0x80.. => is_percent && byte != spelling::BEYOND_ASCII && here == Charset::Url,
            b'\'' | b'^' | b',' | b';' if opener == byte => false,
            // `<link|title>` in chats, `[link|title]` in wikis, a cell of a table.
            b'|' if matches!(opener, b'<' | b'[' | b'{' | b'|') => false,
            // `[url]link[/url]`.
            b'[' if opener == b']' => false,
            // The end of a comment in source code.
            b'*' if rest.first() == Some(&b'/') && !rest.get(1).copied().is_some_and(is_url_byte) => false,
            // Its beginning.
            b'/' if has_query && here.is_of_id() => {
                !matches!(rest.first(), Some(b'/' | b'*')) || text[..at].ends_with(b":")
            }
            // A parameter of the link around this one, again: `?u=news.google.com/articles/CBMi…&h=1`.
            b'&' if opener == b'=' && !has_query => false,
            b'&' if is_in_query => is_parameter_of_link(text, at + len),
            b'#' | b'+' if is_in_query => false,
            b'%' if is_in_query => !is_escape_of(&text[at..text_end], 1, |byte| !is_url_byte(byte)),
            // A comment in SQL.
            b'-' if has_query && is_of_page => {
                spelling::first(rest, percent).is_none_or(|next| next.byte != b'-')
            }
            // The next link, without anything between them.
            b':' => match start_of_glued_scheme(text, from, at, percent) {
                Some(scheme) => {
                    return End { at: end_without_marks(text, start, from, scheme.min(end)), is_known: true };
                }
                None => true,
            },
            byte => here.contains(byte),
        };
        if !is_in_link {
            break;
        }
        match byte {
            b'?' => has_query = true,
            b'%' => is_query_escaped_twice |= is_escape_of(&text[at..text_end], 2, |byte| byte == b'?'),
            b'(' | b'[' | b'{' => open += 1,
            b')' | b']' | b'}' if open == 0 => break,
            b')' | b']' | b'}' => open -= 1,
            _ => {}
        }
        if matches!(byte, b'?' | b'&') && charset == Charset::Redirect {
            here = if is_parameter_after_url(rest) { Charset::Id } else { Charset::Url };
        }
        at += len;
        let is_end = match byte {
            b'.' | b',' | b';' | b':' | b'!' | b'?' | b'\'' | b'*' | b'~' | b'&' => false,
            // No value of a link with an ID ends with these: they are around the link.
            b'=' if has_query && is_of_page => !has_value,
            b'-' | b'_' if has_query && is_of_page => false,
            b'/' if has_query && here.is_of_id() => false,
            b'+' | b'$' | b'%' | b'@' if here.is_of_id() => false,
            _ => true,
        };
        has_value = byte == b'=' || has_value && !matches!(byte, b'?' | b'&');
        if is_end {
            end = at;
        }
    }
    // The ID is whole if there is a query after it, so that an ellipsis is not what is missing of it.
    let is_whole = has_query && (is_of_page || charset == Charset::Redirect && here.is_of_id());
    let ellipsis = if is_whole { 0 } else { len_of_ellipsis(&text[end..text_end.max(end)]) };
    let at = end_without_marks(text, start, from, end + ellipsis);
    let is_line_broken = is_line_broken(&text[start..at], &text[at..], here);
    End { at, is_known: !is_line_broken && (here.is_of_id() || !may_go_on(text, at, percent)) }
}

/// Returns `true` if the slashes of the link are percent-encoded whose path begins at `path`.
fn has_escaped_slash(text: &[u8], path: usize, percent: u8) -> bool {
    is_escape_of(&text[path..], percent, |_| true)
}

/// Returns `true` if `query` begins with a parameter of Google's that does not contain the URL of a redirect.
fn is_parameter_after_url(query: &[u8]) -> bool {
    let has_url = [&b"url="[..], b"q=", b"continue=", b"url%", b"q%", b"continue%"]
        .iter()
        .any(|name| query.starts_with(name));
    !has_url && is_parameter(&query[..query.len().min(MAX_NAME_LEN)])
}

/// Returns `true` if a line of mail (quoted-printable) seems to have been broken within a link, by a `=` before the line end. Its own
/// `=` would be escaped.
fn is_line_broken(link: &[u8], after: &[u8], charset: Charset) -> bool {
    let Some(link) = link.strip_suffix(b"=") else { return false };
    let is_before_query = matches!(link.last(), Some(b'?' | b'&'));
    matches!(after, [b'\n', ..] | [b'\r', b'\n', ..])
        && (is_before_query || charset == Charset::Url && !link.contains(&b'='))
}

/// Returns `true` for the characters that end a parameter of the URL around a percent-encoded link: before the next one, before the
/// fragment, or a space.
fn ends_parameter(byte: u8) -> bool {
    matches!(byte, b'&' | b'#' | b';' | b'+')
}

/// Returns the character before `at`, however it is written.
fn byte_before(text: &[u8], at: usize) -> Option<u8> {
    spelling::last(&text[..at]).map(|spelled| spelled.byte)
}

/// Returns where the link ends without the marks around it, which could be characters of its ID.
fn end_without_marks(text: &[u8], start: usize, from: usize, end: usize) -> usize {
    match marks_before(text, start) {
        Some(marks) if text[from.min(end)..end].ends_with(marks) => end - marks.len(),
        _ => end,
    }
}

/// Returns the marks of `__link__`, `==link==` and the like that are before the link.
fn marks_before(text: &[u8], start: usize) -> Option<&[u8]> {
    let (&mark, _) = text[..start].split_last().filter(|(mark, _)| matches!(mark, b'_' | b'=' | b'-'))?;
    let len = text[..start].iter().rev().take(MAX_MARKS).take_while(|&&byte| byte == mark).count();
    // The name of a parameter is followed by one `=`, and an item of a list by one `-`.
    (mark == b'_' || len > 1).then(|| &text[start - len..start])
}

/// More marks than this are a line.
const MAX_MARKS: usize = 3;

/// Returns where the scheme begins before the colon at `colon` if another link follows without anything between the two.
fn start_of_glued_scheme(text: &[u8], from: usize, colon: usize, percent: u8) -> Option<usize> {
    let mut after = colon;
    for expected in *b"://" {
        let Spelled { byte, len, .. } = spelling::first(&text[after..], percent)?;
        (byte == expected).then_some(())?;
        after += len;
    }
    let before = &text[from..colon];
    let scheme = [&b"https"[..], b"http"].into_iter().find(|scheme| {
        before.len().checked_sub(scheme.len()).is_some_and(|len| before[len..].eq_ignore_ascii_case(scheme))
    })?;
    let start = colon - scheme.len();
    // Another link is a part of this one as the value of a parameter, or in a path.
    let is_glued =
        byte_before(&text[from..start], start - from).is_some_and(|byte| byte.is_ascii_alphanumeric());
    (is_glued && !ends_with_percent_escape(&text[from..start])).then_some(start)
}

/// Returns `true` if `text` ends with `%3D`, `%253D` and so on.
fn ends_with_percent_escape(text: &[u8]) -> bool {
    const LONGEST: usize = "%252525".len();
    let end = &text[text.len().saturating_sub(LONGEST)..];
    let digits = end.iter().rposition(|&byte| byte == b'%').map(|at| &end[at + 1..]);
    digits.is_some_and(|digits| digits.len() >= 2 && len_of_hex(digits) == digits.len())
}

/// No name of a parameter is longer.
const MAX_NAME_LEN: usize = 64;

/// Returns `true` if the link that begins at `start` is in a parameter of another URL, in which it should be percent-encoded:
/// `?text=see%20https://news.google.com/…%20there`.
pub(super) fn is_in_query(text: &[u8], start: usize) -> bool {
    let is_mark = |byte: &u8| b"([{'*_~,;:!|".contains(byte);
    let before = &text[..start - text[..start].iter().rev().take(8).take_while(|byte| is_mark(byte)).count()];
    match before {
        [.., b'%', high, low] => high.is_ascii_hexdigit() && low.is_ascii_hexdigit(),
        // A space. A line that was added begins with a plus sign, too.
        [.., byte, b'+'] => byte.is_ascii_alphanumeric(),
        [before @ .., b'='] => {
            let is_name = |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-' | b'.');
            let len = before.iter().rev().take(MAX_NAME_LEN).take_while(|byte| is_name(byte)).count();
            let before = &before[..before.len() - len];
            len > 0 && [b'?', b'&'].into_iter().any(|byte| spelling::start_of_last(before, byte).is_some())
        }
        _ => false,
    }
}

/// Returns `true` if a parameter of a link with an ID or a URL begins at `at`, and not one of the URL around it.
fn is_parameter_of_link(text: &[u8], at: usize) -> bool {
    is_parameter(&text[at..text.len().min(at + MAX_NAME_LEN)])
}

/// Returns `true` if `text` begins with a character that is percent-encoded `percent` times and that is one of `chars`.
fn is_escape_of(text: &[u8], percent: u8, chars: impl Fn(u8) -> bool) -> bool {
    spelling::first(text, percent).is_some_and(|escaped| escaped.is_percent && chars(escaped.byte))
}

/// Returns `true` if a URL in plain text that seems to end at `end` may go on: before a letter beyond ASCII, or an escape of one.
fn may_go_on(text: &[u8], end: usize, percent: u8) -> bool {
    match spelling::first(&text[end..], percent) {
        Some(Spelled { byte: spelling::BEYOND_ASCII, beyond_ascii, .. }) => {
            !beyond_ascii.is_some_and(is_id_end)
        }
        Some(Spelled { byte: 0x80.., .. }) => !first_char(&text[end..]).is_some_and(is_id_end),
        _ => false,
    }
}
