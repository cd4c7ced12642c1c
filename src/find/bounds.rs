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
        /// Longer than all paths that tell the shape of a link.
        const MAX_LEN: usize = 12;
        let (mut path, mut len, mut at) = ([0; MAX_LEN], 0, self.path);
        while let Some(slot) = path.get_mut(len)
            && let Some(first) = spelling::first(&text[at..], self.percent)
            && is_url_byte(first.byte)
            && !matches!(first.byte, b'?' | b'#')
        {
            *slot = first.byte;
            len += 1;
            at += first.len;
        }
        match find_shape(self.host, &path[..len])? {
            (LinkShape::Page, _) => Some(Charset::Page),
            _ => Some(Charset::Url),
        }
    }
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
    (end - start < MAX_INPUT_LEN).then_some(start..end)
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
    Some(Site { start, host, path, percent })
}

/// Returns how often the colon of a scheme is percent-encoded.
fn percent_of_colon(scheme: &[u8]) -> u8 {
    let is_colon = |first: Spelled| first.is_percent && first.byte == b':';
    let at = memchr::memchr2(b'%', b'\\', scheme);
    let is_percent = |at: usize, percent| spelling::first(&scheme[at..], percent).is_some_and(is_colon);
    at.and_then(|at| (1..=MAX_PERCENT).find(|&percent| is_percent(at, percent))).unwrap_or(0)
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
    /// Those of any URL.
    Url,
}

impl Charset {
    fn contains(self, byte: u8) -> bool {
        match self {
            Charset::Page | Charset::Id => byte.is_ascii_alphanumeric() || b"-_.~%=&+:/?#@$".contains(&byte),
            Charset::Url => is_url_byte(byte),
        }
    }
}

/// Returns where the link ends that begins at `start` and has only characters of `charset` from `from` on.
///
/// Closing brackets, quotes and punctuation that follow a link in text are not part of it.
pub(super) fn find_end(text: &[u8], start: usize, from: usize, percent: u8, charset: Charset) -> usize {
    let opener = text[..start].last().copied().unwrap_or(b' ');
    let is_in_query = percent == 0 && is_in_query(text, start);
    let text_end = text.len().min(start + MAX_INPUT_LEN + 1);
    let (mut at, mut open, mut has_query, mut has_value) = (from, 0_u32, false, false);
    // Where the link ends if only punctuation follows.
    let mut end = from;
    while let Some(Spelled { byte, len, is_percent, .. }) = spelling::first(&text[at..text_end], percent) {
        let is_in_link = match byte {
            byte if percent > 0 && !is_percent && ends_parameter(byte) => false,
            // The same in the URL around that one.
            b'%' if (1..percent).any(|less| {
                is_escape_of(&text[at..text_end], less, |byte| ends_parameter(byte) || !is_url_byte(byte))
            }) =>
            {
                false
            }
            0x80.. => is_percent && byte != spelling::BEYOND_ASCII && charset == Charset::Url,
            b'\'' | b'|' | b'^' if opener == byte => false,
            // A parameter of the link around this one, again: `?u=news.google.com/articles/CBMi…&h=1`.
            b'&' if opener == b'=' && !has_query => false,
            b'&' if is_in_query => is_parameter_of_link(text, at + len),
            b'#' | b'+' if is_in_query => false,
            b'%' if is_in_query => !is_escape_of(&text[at..text_end], 1, |byte| !is_url_byte(byte)),
            // A comment in SQL.
            b'-' if has_query && charset == Charset::Page => {
                spelling::first(&text[at + len..text_end], percent).is_none_or(|next| next.byte != b'-')
            }
            // The next link, without anything between them.
            b':' if charset != Charset::Url => match start_of_glued_scheme(text, from, at, percent) {
                Some(scheme) => return end_without_marks(text, start, from, scheme.min(end)),
                None => true,
            },
            byte => charset.contains(byte),
        };
        if !is_in_link {
            break;
        }
        match byte {
            b'?' => has_query = true,
            b'(' | b'[' | b'{' => open += 1,
            b')' | b']' | b'}' if open == 0 => break,
            b')' | b']' | b'}' => open -= 1,
            _ => {}
        }
        at += len;
        let is_end = match byte {
            b'.' | b',' | b';' | b':' | b'!' | b'?' | b'\'' | b'*' | b'~' | b'&' => false,
            // No value of a link with an ID ends with these: they are around the link.
            b'=' if has_query && charset == Charset::Page => !has_value,
            b'-' | b'_' | b'/' if has_query && charset == Charset::Page => false,
            b'+' | b'$' | b'%' | b'@' if charset == Charset::Page => false,
            _ => true,
        };
        has_value = byte == b'=' || has_value && !matches!(byte, b'?' | b'&');
        if is_end {
            end = at;
        }
    }
    // The ID is whole if there is a query after it, so that an ellipsis is not what is missing of it.
    let is_whole = has_query && charset == Charset::Page;
    let ellipsis = if is_whole { 0 } else { len_of_ellipsis(&text[end..text_end.max(end)]) };
    end_without_marks(text, start, from, end + ellipsis)
}

/// Returns `true` for the characters that end a parameter of the URL around a percent-encoded link: before the next one, before the
/// fragment, or a space.
fn ends_parameter(byte: u8) -> bool {
    matches!(byte, b'&' | b'#' | b';' | b'+')
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
    text[from..start].last().is_some_and(u8::is_ascii_alphanumeric).then_some(start)
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

/// Returns `true` if it is unknown where a URL in plain text ends that seems to end at `end`: before a letter beyond ASCII, or an
/// escape of one.
pub(super) fn is_end_unknown(text: &[u8], end: usize, percent: u8) -> bool {
    match spelling::first(&text[end..], percent) {
        Some(Spelled { byte: spelling::BEYOND_ASCII, .. }) => true,
        Some(Spelled { byte: 0x80.., .. }) => !first_char(&text[end..]).is_some_and(is_id_end),
        _ => false,
    }
}
