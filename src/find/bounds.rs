//! Where a link begins and ends in a text.

use std::ops::Range;

use super::spelling::{self, MAX_PERCENT, Spelled};
use crate::base64url::{Level, prefix_len};
use crate::host::{HostKind, classify_host};
use crate::limits::MAX_INPUT_LEN;
use crate::link::{
    common_id_start, first_char, is_id_end, is_path_of_link, is_start_of_path, is_url_byte, len_of_ellipsis,
    starts_with_id,
};

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
    /// Returns `false` for most URLs on hosts of Google's that are not links, by the beginning of their paths.
    pub(super) fn is_suspected_link(&self, text: &[u8]) -> bool {
        /// The longest path that tells the shape of a link, `/newsstand/`.
        const MAX_LEN: usize = 12;
        if matches!(self.host, HostKind::News | HostKind::NewsAlias | HostKind::Consent | HostKind::Accounts)
        {
            return true;
        }
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
        // The whole path, or its beginning.
        if len < MAX_LEN {
            return is_path_of_link(self.host, &path[..len]);
        }
        is_start_of_path(self.host, &path)
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
    let ends_path = after == b'?' || !(Charset::Id.contains(after) || after == b'\\');
    if id_len < MIN_ID_LEN || !ends_path {
        return None;
    }
    let end = find_end(text, start, start + id_start + id_len, 0, Charset::Id);
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
    Some(Site { start, host, path, percent })
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
        Some(b'%') => {
            let mut len = 0;
            while taken[len..].starts_with(b"25") {
                len += 2;
            }
            // `%25` itself, before a host.
            if taken[len..].iter().take(2).filter(|byte| byte.is_ascii_hexdigit()).count() == 2 {
                len + 2
            } else {
                len
            }
        }
        Some(b'\\') => match taken.first() {
            Some(b'u') => 5.min(taken.len()),
            Some(b'x') => 3.min(taken.len()),
            Some(b'n' | b'r' | b't' | b'b' | b'f') => 1,
            _ => 0,
        },
        _ => 0,
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
    /// Those of links with an ID: in text that follows one, a comma is a comma.
    Id,
    /// Those of any URL.
    Url,
}

impl Charset {
    fn contains(self, byte: u8) -> bool {
        match self {
            Charset::Id => byte.is_ascii_alphanumeric() || b"-_.~%=&+:/?#@$".contains(&byte),
            Charset::Url => is_url_byte(byte),
        }
    }
}

/// Returns where the link ends that begins at `start` and has only characters of `charset` from `from` on.
///
/// Closing brackets, quotes and punctuation that follow a link in text are not part of it.
pub(super) fn find_end(text: &[u8], start: usize, from: usize, percent: u8, charset: Charset) -> usize {
    let opener = text[..start].last().copied().unwrap_or(b' ');
    let text_end = text.len().min(start + MAX_INPUT_LEN + 1);
    let (mut at, mut open, mut has_query) = (from, 0_u32, false);
    // Where the link ends if only punctuation follows.
    let mut end = from;
    while let Some(Spelled { byte, len }) = spelling::first(&text[at..text_end], percent) {
        let is_escaped = len > 1;
        let is_in_link = match byte {
            // A parameter of the link around this one.
            b'&' | b'#' | b';' if percent > 0 && !(is_escaped && text[at] == b'%') => false,
            0x80.. => percent > 0 && is_escaped && byte != spelling::BEYOND_ASCII && charset == Charset::Url,
            b'\'' | b'|' | b'^' if opener == byte => false,
            // A parameter of the link around this one, again: `?u=news.google.com/articles/CBMi…&h=1`.
            b'&' if opener == b'=' && !has_query => false,
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
        if !matches!(byte, b'.' | b',' | b';' | b':' | b'!' | b'?' | b'\'' | b'*' | b'~' | b'&') {
            end = at;
        }
    }
    end + len_of_ellipsis(&text[end..text_end.max(end)])
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
