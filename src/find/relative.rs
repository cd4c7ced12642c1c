//! Finds links without a host, and IDs alone.

use std::ops::Range;

use super::end::{Charset, find_end};
use super::site::MAX_BEFORE_ANCHOR;
use super::spelling;
use crate::base64url::is_base64url;
use crate::link::{is_first_folder, is_id_folder};

/// Returns the range of the candidate for a link that contains the anchor at `anchor`, the beginning of an ID or of a path.
pub(super) fn range_at(text: &[u8], anchor: usize) -> Option<Range<usize>> {
    let found = |start: usize, charset| {
        let end = find_end(text, start, start, 0, charset);
        end.is_known.then_some(start..end.at)
    };
    if text[anchor] == b'/' {
        // `./url?q=` is a link; the same path after a host is not.
        let before = text[..anchor].last();
        let start = if before == Some(&b'.') { anchor - 1 } else { anchor };
        let is_free = text[..start]
            .last()
            .is_none_or(|&byte| !is_base64url(byte) && !matches!(byte, b'.' | b'/' | b'%' | b':'));
        let charset = if text[anchor..].starts_with(b"/url") { Charset::Redirect } else { Charset::Url };
        return if is_free { found(start, charset) } else { None };
    }
    let start = start_of_path(text, anchor);
    // Not `../articles/`, not a path of another host, and not the digits of an escape such as `\x22`.
    let is_free = !text[..=start].ends_with(b"..")
        && spelling::last(&text[..start]).is_none_or(|last| !is_base64url(last.byte) && last.byte != b'%')
        && spelling::start_of_last(&text[..start], b'/').is_none()
        && !is_in_url(&text[..start]);
    let charset = if text[..anchor].ends_with(b"=") { Charset::Id } else { Charset::Page };
    if is_free { found(start, charset) } else { None }
}

/// Returns `true` if `text` ends with the beginning of a URL, such as `https://example.com/?id=`.
fn is_in_url(text: &[u8]) -> bool {
    const LONGEST: usize = 512;
    let window = &text[text.len().saturating_sub(LONGEST)..];
    let ends_word =
        |&byte: &u8| byte <= b' ' || matches!(byte, b'"' | b'\'' | b'<' | b'>' | b'(' | b')' | b',');
    let word = window.iter().rposition(ends_word).map_or(window, |at| &window[at + 1..]);
    memchr::memmem::find(word, b"://").is_some() || memchr::memmem::find(word, b"%3A%2F%2F").is_some()
}

/// The maximum length of the name of a folder before an ID.
const MAX_FOLDER_LEN: usize = 16;

/// The maximum length of all folders before an ID together.
const MAX_PATH_LEN: usize = 128;
const _: () = assert!(2 * MAX_PATH_LEN < MAX_BEFORE_ANCHOR);

/// Returns where the link whose ID begins at `id` begins: at its path, such as `./rss/articles/`, or at the ID if there
/// is no path.
fn start_of_path(text: &[u8], id: usize) -> usize {
    let before = |end: usize, wanted: &[u8]| text[..end].ends_with(wanted).then(|| end - wanted.len());
    if let Some(start) = before(id, b"?url=") {
        let Some(start) = before(start, b"goto") else { return start };
        return before(start, b"/").map_or(start, |slash| before(slash, b".").unwrap_or(slash));
    }
    let mut start = id;
    while id - start < MAX_PATH_LEN
        && let Some(slash) = spelling::start_of_last(&text[..start], b'/')
    {
        let len =
            text[..slash].iter().rev().take(MAX_FOLDER_LEN).take_while(|&&byte| is_base64url(byte)).count();
        let name = &text[slash - len..slash];
        let is_first = start == id;
        if is_first && !is_id_folder(name) || !is_first && !is_first_folder(name) {
            // The link begins at the slash before its first folder, or at the dot before that.
            return if is_first {
                start
            } else {
                before(slash, b".").filter(|_| len == 0).unwrap_or(if len == 0 { slash } else { start })
            };
        }
        start = slash - len;
    }
    start
}
