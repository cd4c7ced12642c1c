//! Reads the characters of a link in a text, unescaped or escaped: for HTML, for JSON and scripts, or as part of another URL.

use crate::link::{MAX_BACKSLASHES, character_of_reference, count_backslashes, parse_digits};

/// A character that a text contains, escaped or not.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Spelled {
    /// The character. The value of a byte beyond ASCII is one of its UTF-8 bytes, or [`BEYOND_ASCII`].
    pub(super) byte: u8,
    /// The number of bytes that spell it.
    pub(super) len: usize,
    /// The number of times that it is escaped for HTML: 1 for `&lt;`, 2 for `&amp;lt;`.
    pub(super) html: u8,
    /// It is percent-encoded as many times as the link is.
    pub(super) is_percent: bool,
    /// The character that [`BEYOND_ASCII`] replaces, if it is known.
    pub(super) beyond_ascii: Option<char>,
}

impl Spelled {
    fn new(byte: u8, len: usize) -> Self {
        Spelled { byte, len, html: 0, is_percent: false, beyond_ascii: None }
    }

    /// Creates a character from a numeric escape.
    fn of_number(number: u32, len: usize) -> Self {
        match u8::try_from(number) {
            Ok(byte) if byte.is_ascii() => Spelled::new(byte, len),
            _ => Spelled { beyond_ascii: char::from_u32(number), ..Spelled::new(BEYOND_ASCII, len) },
        }
    }
}

/// The placeholder for a character beyond ASCII that is escaped by its number. This byte does not occur in UTF-8.
pub(super) const BEYOND_ASCII: u8 = 0xff;

/// The maximum number of times that a link can be percent-encoded. Real links are encoded at most twice.
pub(super) const MAX_PERCENT: u8 = 3;

/// Reads the first character of `text`, in a link that is percent-encoded `percent` times.
///
/// The escape that was applied last is decoded first: `\u002526amp;` is HTML that was percent-encoded and then written
/// in a script.
pub(super) fn first(text: &[u8], percent: u8) -> Option<Spelled> {
    match *text.first()? {
        b'\\' | b'&' | b'%' => {}
        byte => return Some(Spelled::new(byte, 1)),
    }
    let spelled = script_in_url(text, percent)?;
    Some(if spelled.byte == b'&' { reference(text, percent, spelled) } else { spelled })
}

/// Returns `true` if `text` begins with a character that is percent-encoded `percent` times and that is one of `chars`.
pub(super) fn is_escape_of(text: &[u8], percent: u8, chars: impl Fn(u8) -> bool) -> bool {
    first(text, percent).is_some_and(|escaped| escaped.is_percent && chars(escaped.byte))
}

/// Returns the length of the digits of a percent-escape, which may itself be escaped: `252F`.
pub(super) fn len_of_hex(text: &[u8]) -> usize {
    let mut len = 0;
    while text[len..].starts_with(b"25") {
        len += 2;
    }
    // Otherwise the escape is `%25` itself, followed by a host.
    if text[len..].iter().take(2).filter(|byte| byte.is_ascii_hexdigit()).count() == 2 {
        len + 2
    } else {
        len
    }
}

/// Reads an escape of JSON or a script, also with doubled backslashes: `\u003d`, `\\u003d`, `\x3d`, `\/`. `\&` is an
/// escape of LaTeX and of shells.
fn script_escape(text: &[u8]) -> Option<Spelled> {
    let byte = *text.first()?;
    let escape = || {
        let slashes = count_backslashes(text);
        let (digits, len) = match text.get(slashes)? {
            byte @ (b'/' | b'&') => return Some(Spelled::new(*byte, slashes + 1)),
            b'u' => (text.get(slashes + 1..slashes + 5)?, slashes + 5),
            b'x' => (text.get(slashes + 1..slashes + 3)?, slashes + 3),
            _ => return None,
        };
        Some(Spelled::of_number(parse_digits(digits, 16)?, len))
    };
    (byte == b'\\').then(escape).flatten().or(Some(Spelled::new(byte, 1)))
}

/// Reads `%2F`, or `%252F` if `percent` is 2.
fn percent_escape(text: &[u8], percent: u8) -> Option<Spelled> {
    let sign = script_escape(text)?;
    let escape = || {
        let mut len = sign.len;
        for _ in 1..percent {
            text[len..].starts_with(b"25").then_some(())?;
            len += 2;
        }
        let value = parse_digits(text.get(len..len + 2)?, 16)?;
        Some(Spelled { is_percent: true, ..Spelled::new(u8::try_from(value).ok()?, len + 2) })
    };
    (sign.byte == b'%' && percent > 0).then(escape).flatten().or(Some(sign))
}

/// Reads an escape of JSON whose backslashes are percent-encoded: `%5Cu0026`.
fn script_in_url(text: &[u8], percent: u8) -> Option<Spelled> {
    let backslash = percent_escape(text, percent)?;
    let escape = || {
        // The digits are not percent-encoded.
        let mut unescaped = [b'\\'; MAX_BACKSLASHES + "u0026".len()];
        let (mut len, mut count) = (backslash.len, 1);
        while count < MAX_BACKSLASHES
            && let Some(next) = percent_escape(&text[len..], percent).filter(|next| *next == backslash)
        {
            len += next.len;
            count += 1;
        }
        if let Some(slash) =
            percent_escape(&text[len..], percent).filter(|next| next.is_percent && next.byte == b'/')
        {
            return Some(Spelled { len: len + slash.len, ..slash });
        }
        let digits = &text[len..text.len().min(len + "u0026".len())];
        unescaped[count..count + digits.len()].copy_from_slice(digits);
        let spelled = script_escape(&unescaped[..count + digits.len()])?;
        (spelled.len > count).then_some(Spelled {
            is_percent: true,
            len: len + spelled.len - count,
            ..spelled
        })
    };
    (backslash.is_percent && backslash.byte == b'\\').then(escape).flatten().or(Some(backslash))
}

/// Reads the character reference that `amp` begins, or returns `amp` if it begins none. In HTML that was escaped twice,
/// `&amp;amp;` is one `&`.
fn reference(text: &[u8], percent: u8, amp: Spelled) -> Spelled {
    let mut spelled = amp;
    while let Some((name, len)) = name_of_reference(&text[spelled.len..], percent, amp.is_percent) {
        let Some(named) = character(&name) else { break };
        let (len, html) = (spelled.len + len, spelled.html.saturating_add(1));
        spelled = Spelled { len, html, is_percent: amp.is_percent, ..named };
        if spelled.byte != b'&' {
            break;
        }
    }
    spelled
}

/// Reads a reference without its `&`, and returns its name and its length. `&lt=5` is a parameter, not a reference. The
/// semicolon must be percent-encoded if the `&` is: in `%26lt;` it belongs to the text.
fn name_of_reference(text: &[u8], percent: u8, is_percent: bool) -> Option<(Name, usize)> {
    let mut name = Name::default();
    let mut len = 0;
    loop {
        let next = match text.get(len)? {
            byte if byte.is_ascii_alphanumeric() => Spelled::new(*byte, 1),
            b'\\' | b'%' | b';' | b'#' => script_in_url(&text[len..], percent)?,
            _ => return None,
        };
        len += next.len;
        if next.byte == b';' && next.is_percent == is_percent {
            return Some((name, len));
        }
        if !(next.byte.is_ascii_alphanumeric() || next.byte == b'#') {
            return None;
        }
        *name.bytes.get_mut(name.len)? = next.byte;
        name.len += 1;
    }
}

/// The name of a character reference.
#[derive(Default)]
struct Name {
    bytes: [u8; "#x000026".len()],
    len: usize,
}

/// Returns the character of the reference `name`, or `None` if there is no such reference. Its `len` is 0 and must be
/// set by the caller.
fn character(name: &Name) -> Option<Spelled> {
    let name = &name.bytes[..name.len];
    if let Some(number) = character_of_reference(name) {
        return Some(Spelled::of_number(number, 0));
    }
    if let Some(&(_, char)) = PUNCTUATION.iter().find(|(known, _)| *known == name) {
        return Some(Spelled::of_number(char.into(), 0));
    }
    let is_name = name.len() > 1 && name.iter().all(u8::is_ascii_alphanumeric);
    is_name.then(|| Spelled::new(BEYOND_ASCII, 0))
}

/// The names of punctuation that may follow a link in text. Other names are taken for those of letters.
const PUNCTUATION: [(&[u8], char); 18] = [
    (b"nbsp", '\u{a0}'),
    (b"ensp", '\u{2002}'),
    (b"emsp", '\u{2003}'),
    (b"thinsp", '\u{2009}'),
    (b"zwnj", '\u{200c}'),
    (b"laquo", '«'),
    (b"raquo", '»'),
    (b"lsaquo", '‹'),
    (b"rsaquo", '›'),
    (b"ldquo", '“'),
    (b"rdquo", '”'),
    (b"bdquo", '„'),
    (b"lsquo", '‘'),
    (b"rsquo", '’'),
    (b"sbquo", '‚'),
    (b"ndash", '–'),
    (b"mdash", '—'),
    (b"middot", '·'),
];

/// The length of the longest spelling that [`last`] and [`start_of_last`] read.
const LONGEST: usize = MAX_BACKSLASHES + "u0026quot;".len();

/// Reads the last character of `text`, without decoding percent-escapes. The longest possible escape is read: `\/`
/// rather than `/`.
pub(super) fn last(text: &[u8]) -> Option<Spelled> {
    starts_of_last(text).find_map(|at| whole(&text[at..], 0))
}

/// Returns the offset of the last character of `text` if it is `byte`, escaped or not.
pub(super) fn start_of_last(text: &[u8], byte: u8) -> Option<usize> {
    starts_of_last(text).find(|&at| {
        (0..=MAX_PERCENT)
            .any(|percent| whole(&text[at..], percent).is_some_and(|spelled| spelled.byte == byte))
    })
}

/// Reads `text` if it is one character.
fn whole(text: &[u8], percent: u8) -> Option<Spelled> {
    first(text, percent).filter(|spelled| spelled.len == text.len())
}

/// Returns the offsets at which the last character of `text` may begin: those of possible escapes, except in the middle
/// of a run of backslashes, and that of the last byte.
fn starts_of_last(text: &[u8]) -> impl Iterator<Item = usize> {
    (text.len().saturating_sub(LONGEST)..text.len()).filter(|&at| match text[at] {
        b'\\' => at == 0 || text[at - 1] != b'\\',
        b'&' | b'%' => true,
        _ => at + 1 == text.len(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn characters_are_read_with_every_kind_of_escape() {
        for (text, percent, byte, len) in [
            (r"\u0026amp;", 0, b'&', 10),
            (r"\\u0026amp;", 0, b'&', 11),
            (r"\u0026amp;amp;", 0, b'&', 14),
            (r"\x26amp;", 0, b'&', 8),
            (r"\x26#38;", 0, b'&', 8),
            (r"\u0026quot;", 0, b'"', 11),
            (r"\u0026lt\u003b", 0, b'<', 14),
            (r"\u0026lt=5;", 0, b'&', 6),
            (r"\&gl=US", 0, b'&', 2),
            (r"\u00252F", 1, b'/', 8),
            (r"\u0025252F", 2, b'/', 10),
            (r"\x252F", 1, b'/', 6),
            ("%26amp%3B", 1, b'&', 9),
            ("%26amp;", 1, b'&', 3),
            ("&amp%3B", 1, b'&', 1),
            ("%2526quot%253B", 2, b'"', 14),
            (r"\u002526amp\u00253B", 1, b'&', 19),
            (r"%5Cu0026x", 1, b'&', 8),
            (r"%5C%5Cu0026amp;", 1, b'&', 11),
            (r"%5Cu0026amp%3B", 1, b'&', 14),
            (r"%255Cu0026", 2, b'&', 10),
            (r"%5Cx26", 1, b'&', 6),
            (r"%5C%2F", 1, b'/', 6),
            (r"%255C%252F", 2, b'/', 10),
            ("%5C/", 1, b'/', 4),
            (r"%5Cn", 1, b'\\', 3),
            (r"%5Cu00", 1, b'\\', 3),
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
            let spelled = first(text.as_bytes(), percent).map(|spelled| (spelled.byte, spelled.len));
            assert_eq!(spelled, Some((byte, len)), "{text}, {percent}");
        }
        assert_eq!(first(b"", 0), None);
    }

    #[test]
    fn the_last_character_is_found_with_every_kind_of_escape() {
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
            (r"a\u00252f", Some(1)),
            ("a%5C%2F", Some(1)),
            ("a", None),
            ("a%2", None),
            ("", None),
        ] {
            assert_eq!(start_of_last(text.as_bytes(), b'/'), start, "{text}");
        }
    }
}
