//! Finds the beginning of a link in a text.

use std::ops::Range;

use super::end::{Charset, find_end, marks_before};
use super::spelling::{self, MAX_PERCENT, Spelled, is_escape_of, len_of_hex};
use crate::base64url::{Level, prefix_len};
use crate::host::{HostKind, classify_host};
use crate::limits::MAX_INPUT_LEN;
use crate::link::{common_id_start, starts_with_id};
use crate::printable::is_url_byte;
use crate::shape::{LinkShape, find_shape};

/// A host of Google's in a text, and how it is encoded.
#[derive(Clone, Debug)]
pub(super) struct Site {
    /// Where the link begins: at its scheme, if it has one.
    pub(super) start: usize,
    pub(super) host: HostKind,
    /// Where the link's path begins.
    pub(super) path: usize,
    /// The number of times that the link is percent-encoded.
    pub(super) percent: u8,
}

impl Site {
    /// Returns the characters that the link can consist of, or `None` if the beginning of its path shows that it is not
    /// a link. That is enough to reject most other URLs on hosts of Google's.
    pub(super) fn charset(&self, text: &[u8]) -> Option<Charset> {
        let (path, len, _) = read_path(text, self.path, self.percent);
        Some(match find_shape(self.host, &path[..len])?.0 {
            LinkShape::Page => Charset::Page,
            LinkShape::UrlParameter | LinkShape::Continue => Charset::Redirect,
            LinkShape::ViewerPath | LinkShape::CachePath => Charset::Url,
        })
    }
}

/// The maximum length of a path that determines the shape of a link.
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

/// Finds a link of the most frequent form, `https://news.google.com/rss/articles/CBMi…?oc=5`, whose `google` begins at
/// `anchor`. [`find_site`] and [`find_end`] together return the same range, but take 10 times as long.
pub(super) fn find_common(text: &[u8], anchor: usize) -> Option<Range<usize>> {
    const BEFORE: &[u8] = b"https://news.";
    let start = anchor.checked_sub(BEFORE.len())?;
    if !text[start..].starts_with(BEFORE) {
        return None;
    }
    let link = &text[start..text.len().min(start + MAX_INPUT_LEN)];
    let id_start = common_id_start(link)?;
    let id_len = prefix_len(Level::new(), &link[id_start..]);
    // Only the parser can decide whether a short name is an ID or a folder, as in `/articles/read`, and whether a path
    // that continues after the ID is that of a link, as in `/articles/CBMi…/sections/`.
    let after = text.get(start + id_start + id_len).copied().unwrap_or(b' ');
    let ends_path = after == b'?' || !(Charset::Page.contains(after) || after == b'\\');
    if id_len < MIN_ID_LEN || !ends_path || marks_before(text, start).is_some() {
        return None;
    }
    let end = find_end(text, start, start + id_start + id_len, 0, Charset::Page);
    (end.is_known && end.at - start < MAX_INPUT_LEN).then_some(start..end.at)
}

/// The minimum length of an ID that is found without the parser. Folders have shorter names.
const MIN_ID_LEN: usize = 16;

/// The maximum length of a host.
const MAX_HOST_LEN: usize = 253;

/// The maximum number of bytes of a link before its anchor: a scheme with escaped slashes and a host, or folders.
pub(super) const MAX_BEFORE_ANCHOR: usize = 512;

/// Finds the host that contains the anchor at `anchor` (`google.`, `ampproject.org`), and the beginning of its link.
pub(super) fn find_site(text: &[u8], anchor: usize) -> Option<Site> {
    let is_label = |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_');
    let before = &text[anchor.saturating_sub(MAX_HOST_LEN)..anchor];
    let start = anchor - before.iter().rev().take_while(|byte| is_label(byte)).count();
    let rest = &text[anchor..text.len().min(anchor + MAX_HOST_LEN)];
    let host_end = anchor + rest.iter().take_while(|byte| is_label(byte)).count();
    // The ports on which Google serves these pages.
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
    // The parser would take `CBMi.google.com` for an ID.
    if start == host_start && starts_with_id(&text[start..]) {
        return None;
    }
    // `https%3A//news.google.com/…`: some programs percent-encode the colon, but not the slashes.
    let percent = percent.max(percent_of_colon(&text[start..host_start]));
    let percent = if percent == 0 { percent_of_query(text, host, path) } else { percent };
    Some(Site { start, host, path, percent })
}

/// Returns the number of times that the colon of `scheme` is percent-encoded.
fn percent_of_colon(scheme: &[u8]) -> u8 {
    let is_colon = |first: Spelled| first.is_percent && first.byte == b':';
    let at = memchr::memchr2(b'%', b'\\', scheme);
    let is_percent = |at: usize, percent| spelling::first(&scheme[at..], percent).is_some_and(is_colon);
    at.and_then(|at| (1..=MAX_PERCENT).find(|&percent| is_percent(at, percent))).unwrap_or(0)
}

/// Returns the number of times that a redirect is percent-encoded apart from its slashes:
/// `https://www.google.com/url%3Fq%3Dhttps://…`. For a page it returns 0, because programs also escape the query of a
/// page alone: `/read/CBMi…%3Foc%3D5`.
fn percent_of_query(text: &[u8], host: HostKind, path: usize) -> u8 {
    let (begin, len, end) = read_path(text, path, 0);
    let is_percent = |&percent: &u8| is_escape_of(&text[end..], percent, |byte| byte == b'?');
    let is_redirect = |_: &u8| matches!(find_shape(host, &begin[..len]), Some((LinkShape::UrlParameter, _)));
    (1..=MAX_PERCENT).find(is_percent).filter(is_redirect).unwrap_or(0)
}

/// Returns the number of times that the slash that `text` begins with is percent-encoded, or `None` if there is no
/// slash.
fn percent_of_slash(text: &[u8]) -> Option<u8> {
    (0..=MAX_PERCENT).find(|&percent| spelling::first(text, percent).is_some_and(|first| first.byte == b'/'))
}

/// Returns the number of characters that were taken for the beginning of the host, but belong to an escape before it:
/// `2F` in `%2Fnews.google.com`, `n` in `\nnews.google.com` (a line end in a script).
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

/// Returns where the link whose host begins at `host` begins, or `None` if the host is part of another URL or of an
/// e-mail address.
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
