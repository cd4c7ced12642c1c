//! Finds the ID in links of the common form, in one pass and without an allocation. Its reference is the parser, which
//! finds the same ID in these links.

use super::grammar::{COMMON_ORIGINS, COMMON_PATHS, PICTURE, is_id_folder, starts_with_id};
use crate::base64url::are_base64url;
use crate::limits::MAX_INPUT_LEN;

/// A link of the common form: an origin, a path, an ID and a tail.
///
/// Its ID is the one that [`Link::parse_bytes`](super::Link::parse_bytes) finds, provided that it consists of base64url characters.
#[derive(Clone, Copy, Debug)]
pub(crate) struct CommonLink<'a> {
    pub(crate) id: &'a [u8],
    pub(crate) id_start: usize,
    /// The query or fragment, with its `?` or `#`, the size of a picture, with its `=`, or empty.
    tail: &'a [u8],
}

/// Returns the parts of a link of the common form.
// Inlined, because otherwise the parts are returned through memory, written 8 bytes and read 16 bytes at a time, which takes 10 ns.
#[inline(always)]
pub(crate) fn scan_common(link: &[u8]) -> Option<CommonLink<'_>> {
    let id_start = common_id_start(link)?;
    let rest = &link[id_start..];
    // `?oc=5` is the most frequent tail, and comparing the end is cheaper than a search. An earlier `?` would be a
    // character of the ID that is not base64url, so that the link is left to the parser.
    let end = match rest.strip_suffix(b"?oc=5") {
        Some(id) => id.len(),
        None => memchr::memchr2(b'?', b'#', rest).unwrap_or(rest.len()),
    };
    let end = if rest.starts_with(PICTURE) { picture_id_end(&rest[..end]) } else { end };
    let (id, tail) = rest.split_at(end);
    // `./articles/read` is a path without an ID.
    let is_id = !id.is_empty() && (id.len() > 16 || !is_id_folder(id));
    is_id.then_some(CommonLink { id, id_start, tail })
}

/// Returns the end of the ID in `id_and_size`, the ID of a picture with `=` and the size: `CC8i…=-w200-h112-p-df-rw`.
///
/// If anything else follows, such as the slash of `…/sections/ID`, it returns the end of the text: its `=` is a character of the ID
/// that is not base64url, so that the link is left to the parser.
fn picture_id_end(id_and_size: &[u8]) -> usize {
    match memchr::memchr(b'=', id_and_size) {
        Some(at) if are_base64url(&id_and_size[at + 1..]) => at,
        _ => id_and_size.len(),
    }
}

/// Returns where the ID begins in a link of the common form.
#[inline]
pub(crate) fn common_id_start(link: &[u8]) -> Option<usize> {
    if link.len() > MAX_INPUT_LEN {
        return None;
    }
    match COMMON_ORIGINS.into_iter().find(|origin| link.starts_with(origin)) {
        Some(origin) => {
            let path = COMMON_PATHS.into_iter().find(|path| link[origin.len()..].starts_with(path))?;
            Some(origin.len() + path.len())
        }
        None => starts_with_id(link).then_some(0),
    }
}

impl<'a> CommonLink<'a> {
    /// Returns the query in the tail, or `None` if the parser may find other parameters in it: if it has another escape
    /// than `&amp;`, or is not ASCII, because the parser trims white space beyond ASCII.
    pub(crate) fn query(&self) -> Option<&'a [u8]> {
        let tail = self.tail;
        let is_escaped = memchr::memchr2_iter(b'\\', b';', tail).any(|at| !tail[..=at].ends_with(b"&amp;"));
        (!is_escaped && tail.is_ascii()).then_some(if tail.starts_with(b"?") { tail } else { b"" })
    }
}
