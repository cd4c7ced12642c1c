//! How the characters of a link are written in a text: as they are, or escaped for HTML, for JSON and scripts, or as part of
//! another URL.

use crate::link::{MAX_BACKSLASHES, character_of_reference, count_backslashes, parse_digits};

/// A character that a text contains, escaped or not.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Spelled {
    /// The character. The value of a byte beyond ASCII is one of its UTF-8 bytes, or [`BEYOND_ASCII`].
    pub(super) byte: u8,
    /// The number of bytes that it takes.
    pub(super) len: usize,
}

/// What stands for characters that are escaped by their number and are beyond ASCII: no UTF-8 contains this byte.
pub(super) const BEYOND_ASCII: u8 = 0xff;

/// How often a link can be percent-encoded. Real ones are at most twice.
pub(super) const MAX_PERCENT: u8 = 3;

/// Reads the first character of `text`, in a link that is percent-encoded `percent` times.
pub(super) fn first(text: &[u8], percent: u8) -> Option<Spelled> {
    Some(match *text.first()? {
        b'\\' => script_escape(text).unwrap_or(Spelled { byte: b'\\', len: 1 }),
        b'&' => reference(text),
        b'%' if percent > 0 => percent_escape(text, percent).unwrap_or(Spelled { byte: b'%', len: 1 }),
        byte => Spelled { byte, len: 1 },
    })
}

/// Reads an escape as in JSON and scripts, also after doubled backslashes: `\u003d`, `\\u003d`, `\x3d`, `\/`.
fn script_escape(text: &[u8]) -> Option<Spelled> {
    let slashes = count_backslashes(text);
    let (digits, len) = match text.get(slashes)? {
        b'/' => return Some(Spelled { byte: b'/', len: slashes + 1 }),
        b'u' => (text.get(slashes + 1..slashes + 5)?, slashes + 5),
        b'x' => (text.get(slashes + 1..slashes + 3)?, slashes + 3),
        _ => return None,
    };
    Some(Spelled { byte: ascii(parse_digits(digits, 16)?), len })
}

/// Reads a character reference, or a `&` that is one of the link's own. In HTML that was escaped twice, `&amp;amp;` is one `&`.
fn reference(text: &[u8]) -> Spelled {
    const AMP: &[u8] = b"amp;";
    let mut len = 1;
    while text[len..].starts_with(AMP) {
        len += AMP.len();
    }
    match named_reference(&text[len..]) {
        Some((byte, name_len)) => Spelled { byte, len: len + name_len },
        None => Spelled { byte: b'&', len },
    }
}

/// Reads a reference without its `&`. `&lt=5` is a parameter, not a reference.
fn named_reference(text: &[u8]) -> Option<(u8, usize)> {
    const LONGEST: usize = "#x000026;".len();
    let end = memchr::memchr(b';', &text[..text.len().min(LONGEST)])?;
    let name = &text[..end];
    let byte = match character_of_reference(name) {
        Some(char) => ascii(char),
        None if name == b"nbsp" => b' ',
        None if end > 1 && name.iter().all(u8::is_ascii_alphanumeric) => BEYOND_ASCII,
        None => return None,
    };
    Some((byte, end + 1))
}

/// Reads `%2F`, or `%252F` if `percent` is 2.
fn percent_escape(text: &[u8], percent: u8) -> Option<Spelled> {
    let mut len = 1;
    for _ in 1..percent {
        text[len..].starts_with(b"25").then_some(())?;
        len += 2;
    }
    let value = parse_digits(text.get(len..len + 2)?, 16)?;
    Some(Spelled { byte: u8::try_from(value).ok()?, len: len + 2 })
}

fn ascii(value: u32) -> u8 {
    u8::try_from(value).ok().filter(u8::is_ascii).unwrap_or(BEYOND_ASCII)
}

/// Returns the offset of the last character of `text` if it is `byte`, however it is written.
pub(super) fn start_of_last(text: &[u8], byte: u8) -> Option<usize> {
    const LONGEST: usize = MAX_BACKSLASHES + "u002f".len();
    let window = text.len().saturating_sub(LONGEST);
    // The longest spelling that ends with the text: `\/` rather than `/`.
    (window..text.len()).find(|&at| {
        let is_whole = |percent| first(&text[at..], percent) == Some(Spelled { byte, len: text.len() - at });
        // An escape does not begin in the middle of another one.
        let is_escaped = at > 0 && matches!(text[at], b'\\') && text[at - 1] == b'\\';
        !is_escaped && (0..=MAX_PERCENT).any(is_whole)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn characters_are_read_however_they_are_written() {
        for (text, percent, byte, len) in [
            ("a", 0, b'a', 1),
            ("/x", 0, b'/', 1),
            (r"\/x", 0, b'/', 2),
            (r"\\\/x", 0, b'/', 4),
            (r"\u003dx", 0, b'=', 6),
            (r"\\u0026x", 0, b'&', 7),
            (r"\x3d", 0, b'=', 4),
            (r"\u00e9", 0, BEYOND_ASCII, 6),
            (r#"\""#, 0, b'\\', 1),
            (r"\u00", 0, b'\\', 1),
            ("&amp;a", 0, b'&', 5),
            ("&amp;amp;a", 0, b'&', 9),
            ("&a=b;", 0, b'&', 1),
            ("&quot;", 0, b'"', 6),
            ("&amp;quot;", 0, b'"', 10),
            ("&#61;", 0, b'=', 5),
            ("&#x3D;", 0, b'=', 6),
            ("&#x+3D;", 0, b'&', 1),
            ("&#8217;", 0, BEYOND_ASCII, 7),
            ("&eacute;", 0, BEYOND_ASCII, 8),
            ("&", 0, b'&', 1),
            ("%2F", 0, b'%', 1),
            ("%2F", 1, b'/', 3),
            ("%252F", 1, b'%', 3),
            ("%252F", 2, b'/', 5),
            ("%2", 1, b'%', 1),
            ("%C3", 1, 0xc3, 3),
        ] {
            assert_eq!(first(text.as_bytes(), percent), Some(Spelled { byte, len }), "{text}, {percent}");
        }
        assert_eq!(first(b"", 0), None);
    }

    #[test]
    fn the_last_character_is_found_however_it_is_written() {
        for (text, start) in [
            ("a/", Some(1)),
            (r"a\/", Some(1)),
            (r"a\\\/", Some(1)),
            (r"a\u002f", Some(1)),
            (r"a\\u002F", Some(1)),
            ("a&#47;", Some(1)),
            ("a&sol;", Some(1)),
            ("a%2F", Some(1)),
            ("a%252f", Some(1)),
            ("a", None),
            ("a%2", None),
            ("", None),
        ] {
            assert_eq!(start_of_last(text.as_bytes(), b'/'), start, "{text}");
        }
    }
}
