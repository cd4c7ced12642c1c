//! Writes a URL in place of a link, escaped as the link is.

use std::borrow::Cow;
use std::ops::Range;

use url::form_urlencoded;

use super::spelling::{self, Spelled};

/// Characters of a URL that have another spelling in some texts.
const SPECIAL: [u8; 5] = *b"/:?=&";

/// Returns `url` as it is written in place of the link at `range`.
pub(super) fn escape<'u>(text: &[u8], range: Range<usize>, percent: u8, url: &'u str) -> Cow<'u, [u8]> {
    if percent > 0 {
        let encode = |url: String| form_urlencoded::byte_serialize(url.as_bytes()).collect::<String>();
        let encoded = (0..percent).fold(url.to_owned(), |url, _| encode(url));
        return Cow::Owned(encoded.into_bytes());
    }
    let link = &text[range.clone()];
    let spellings = Spellings::of(link);
    let context =
        Context { before: text[..range.start].last().copied(), after: text.get(range.end).copied() };
    let is_plain =
        |byte: u8| !context.is_broken_by(byte) && (!SPECIAL.contains(&byte) || spellings.is_plain(byte));
    if url.bytes().all(is_plain) && !(url.contains('&') && is_markup(text, &range)) {
        return Cow::Borrowed(url.as_bytes());
    }
    let mut out = Vec::with_capacity(url.len() + 16);
    for byte in url.bytes() {
        match byte {
            b'&' if spellings.is_plain(b'&') && is_markup(text, &range) => out.extend_from_slice(b"&amp;"),
            byte if SPECIAL.contains(&byte) => spellings.write(byte, &mut out),
            byte if context.is_broken_by(byte) => out.extend_from_slice(format!("%{byte:02X}").as_bytes()),
            byte => out.push(byte),
        }
    }
    Cow::Owned(out)
}

/// The bytes next to a link.
struct Context {
    before: Option<u8>,
    after: Option<u8>,
}

impl Context {
    /// Returns `true` for a character of a URL that would end it here, or the part of the text that contains it.
    fn is_broken_by(&self, byte: u8) -> bool {
        match byte {
            b'"' | b'<' | b'>' | b'\\' | b'`' | b'{' | b'}' | b'|' | b'^' => true,
            b'\'' => self.before == Some(b'\'') || self.after == Some(b'\''),
            b'(' | b')' => self.before == Some(b'(') || self.after == Some(b')'),
            b'[' | b']' => self.before == Some(b'[') || self.after == Some(b']'),
            b',' | b';' => self.before == Some(byte) || self.after == Some(byte),
            _ => false,
        }
    }
}

/// How far from a link tags are looked for.
pub(super) const MARKUP_DISTANCE: usize = 1024;

/// Returns `true` if the link is in an element of HTML or XML, or in an attribute, where a `&` is escaped: if it is between two tags
/// or in one. In CDATA it is not escaped, nor after an angle bracket that does not begin a tag, as in `> quoted`.
fn is_markup(text: &[u8], range: &Range<usize>) -> bool {
    let before = &text[range.start.saturating_sub(2 * MARKUP_DISTANCE)..range.start];
    let after = &text[range.end..text.len().min(range.end + MARKUP_DISTANCE)];
    let is_tag = |from: &[u8]| {
        matches!(from, [b'<', b'/' | b'?', ..] | [b'<', b'!', b'-' | b'D' | b'd', ..])
            || matches!(from, [b'<', name, ..] if name.is_ascii_alphabetic())
    };
    let Some(next) = memchr::memchr2(b'<', b'>', after) else { return false };
    let Some(last) = memchr::memrchr2(b'<', b'>', before) else { return false };
    match (before[last], after[next]) {
        (b'<', b'>') => is_tag(&before[last..]),
        (b'>', b'<') => {
            let opening = memchr::memrchr(b'<', &before[..last]);
            opening.is_some_and(|opening| is_tag(&before[opening..])) && is_tag(&after[next..])
        }
        _ => false,
    }
}

/// How a link writes the characters that can be escaped.
struct Spellings<'t> {
    /// One for each of [`SPECIAL`].
    found: [Option<&'t [u8]>; SPECIAL.len()],
    /// The beginning of an escape by number in a script, `\u00` or `\\u00`.
    script: Option<&'t [u8]>,
    is_html: bool,
}

impl<'t> Spellings<'t> {
    fn of(link: &'t [u8]) -> Self {
        let mut spellings = Spellings { found: [None; SPECIAL.len()], script: None, is_html: false };
        let mut rest = link;
        while let Some(Spelled { byte, len }) = spelling::first(rest, 0) {
            let (spelled, after) = rest.split_at(len);
            if let Some(at) = SPECIAL.iter().position(|&special| special == byte) {
                spellings.found[at].get_or_insert(spelled);
            }
            match spelled {
                [b'\\', .., b'u', _, _, _, _] => spellings.script = Some(&spelled[..len - 2]),
                [b'&', _, ..] => spellings.is_html = true,
                _ => {}
            }
            rest = after;
        }
        spellings
    }

    fn spelling(&self, byte: u8) -> Option<&'t [u8]> {
        SPECIAL.iter().position(|&special| special == byte).and_then(|at| self.found[at])
    }

    /// Returns `true` if `byte` is written as it is.
    fn is_plain(&self, byte: u8) -> bool {
        match self.spelling(byte) {
            Some(spelled) => spelled.len() == 1,
            None => byte != b'&' || (self.script.is_none() && !self.is_html),
        }
    }

    fn write(&self, byte: u8, out: &mut Vec<u8>) {
        match (self.spelling(byte), self.script) {
            (Some(spelled), _) => out.extend_from_slice(spelled),
            (None, Some(script)) if byte == b'&' || byte == b'=' => {
                out.extend_from_slice(script);
                out.extend_from_slice(format!("{byte:02x}").as_bytes());
            }
            (None, _) if byte == b'&' && self.is_html => out.extend_from_slice(b"&amp;"),
            (None, _) => out.push(byte),
        }
    }
}
