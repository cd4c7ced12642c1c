//! Text whose bytes know where they stood in the text as it was given.

use std::borrow::Cow;
use std::ops::Range;
use std::str::Utf8Error;

/// A part of the given text, perhaps unescaped.
#[derive(Clone, Debug)]
pub(super) struct Text<'a> {
    bytes: Cow<'a, [u8]>,
    origin: Origin,
}

/// Where the bytes of a [`Text`] stood.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Origin {
    /// One behind the other, from here on.
    From(usize),
    /// Byte i began at the i-th of these; the last one is the end.
    Map(Vec<u32>),
}

impl Origin {
    pub(super) fn of(&self, index: usize) -> usize {
        match self {
            Origin::From(start) => start + index,
            Origin::Map(map) => map.get(index).or(map.last()).map_or(0, |&at| at as usize),
        }
    }

    /// Pushes the origins of `range` to `map`.
    fn extend(&self, map: &mut Vec<u32>, range: Range<usize>) {
        match self {
            Origin::From(start) => map.extend((start + range.start) as u32..(start + range.end) as u32),
            Origin::Map(origins) => map.extend_from_slice(&origins[range]),
        }
    }
}

/// The first byte of a text that is not UTF-8, and where it stood.
pub(super) struct NotUtf8 {
    pub(super) byte: u8,
    pub(super) origin: usize,
}

impl<'a> Text<'a> {
    pub(super) fn new(bytes: &'a [u8]) -> Self {
        Text { bytes: Cow::Borrowed(bytes), origin: Origin::From(0) }
    }

    pub(super) fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    pub(super) fn origin(&self) -> &Origin {
        &self.origin
    }

    /// The bytes of `range` and where the first of them stood. The range is one of this text.
    pub(super) fn slice(&self, range: Range<usize>) -> Text<'a> {
        let bytes = match &self.bytes {
            Cow::Borrowed(bytes) => Cow::Borrowed(&bytes[range.clone()]),
            Cow::Owned(bytes) => Cow::Owned(bytes[range.clone()].to_vec()),
        };
        let origin = match &self.origin {
            Origin::From(start) => Origin::From(start + range.start),
            Origin::Map(map) => Origin::Map(map[range.start..=range.end].to_vec()),
        };
        Text { bytes, origin }
    }

    pub(super) fn into_parts(self) -> (Cow<'a, [u8]>, Origin) {
        (self.bytes, self.origin)
    }

    /// The text without white space around it, and without the quotes and brackets in which it is wrapped, each with
    /// its partner: a bracket behind it may be its own, `…/Mercury_(planet)`.
    pub(super) fn trim(self) -> Text<'a> {
        let mut left = &*self.bytes;
        let mut openers = Vec::new();
        loop {
            left = trim_spaces_before(left);
            match left {
                [opener @ (b'"' | b'\'' | b'`' | b'<' | b'(' | b'[' | b'{'), rest @ ..] => {
                    openers.push(*opener);
                    left = rest;
                }
                _ => break,
            }
        }
        let start = self.bytes.len() - left.len();
        left = trim_spaces_behind(left);
        let mut wrapped = &openers[..];
        while !wrapped.is_empty() {
            // The comma of a list stands behind the outermost closer, and only before one is it cut.
            let mut wrapper = left;
            while let [rest @ .., b',' | b';'] = wrapper
                && wrapped.len() == openers.len()
            {
                wrapper = trim_spaces_behind(rest);
            }
            let Some((closer, rest)) = wrapper.split_last() else { break };
            let Some(place) = wrapped.iter().position(|&opener| closer_of(opener) == *closer) else { break };
            wrapped = &wrapped[place + 1..];
            left = trim_spaces_behind(rest);
        }
        let end = start + left.len();
        if start == 0 && end == self.bytes.len() { self } else { self.slice(start..end) }
    }

    /// The text with its backslash escapes undone, as they stand in JSON and scripts: `\u003d`, `\x3d`,
    /// `\/`, also behind a doubled backslash.
    pub(super) fn unescape_script(self) -> Text<'a> {
        if memchr::memchr(b'\\', &self.bytes).is_none() {
            return self;
        }
        self.replace(b'\\', |_, rest| {
            // JSON in JSON in JSON has four. A text of nothing else must not be counted again at each one.
            let slashes = rest.iter().take(8).take_while(|&&byte| byte == b'\\').count();
            let escape = &rest[slashes..];
            let (byte, len) = match escape.first().filter(|_| slashes > 0)? {
                b'u' => (hex(escape.get(1..5)?)?, 5),
                b'x' => (hex(escape.get(1..3)?)?, 3),
                b'n' | b'r' | b't' => (u32::from(b'\n'), 1),
                byte @ (b'/' | b'"' | b'\'') => (u32::from(*byte), 1),
                _ => return None,
            };
            Some((ascii(byte)?, slashes + len))
        })
    }

    /// The text with its character references undone, as it stands in HTML and XML, if all of it is written
    /// so. Where an ampersand stands for itself, `&amp;` does, too.
    pub(super) fn unescape_html(self) -> Text<'a> {
        let escaped = |text: &Self| {
            let mut ampersands = memchr::memchr_iter(b'&', &text.bytes).peekable();
            ampersands.peek().is_some() && ampersands.all(|at| reference(&text.bytes[at..]).is_some())
        };
        if escaped(&self) { self.replace(b'&', |_, rest| reference(rest)) } else { self }
    }

    /// The text with the percent-escapes of `range` undone that stand for what is `wanted`.
    pub(super) fn percent_decode(self, range: Range<usize>, wanted: fn(u8) -> bool) -> Text<'a> {
        if memchr::memchr(b'%', &self.bytes[range.clone()]).is_none() {
            return self;
        }
        self.replace(b'%', |at, rest| {
            let digits = rest.strip_prefix(b"%").filter(|_| range.contains(&at))?.get(..2)?;
            Some((u8::try_from(hex(digits)?).ok().filter(|&byte| wanted(byte))?, 3))
        })
    }

    /// The text without its bytes in `ranges`, which follow one another.
    pub(super) fn without(self, ranges: &[Range<usize>]) -> Text<'a> {
        if ranges.is_empty() {
            return self;
        }
        let mut bytes = Vec::with_capacity(self.bytes.len());
        let mut map = Vec::with_capacity(self.bytes.len() + 1);
        let mut at = 0;
        for range in ranges {
            bytes.extend_from_slice(&self.bytes[at..range.start]);
            self.origin.extend(&mut map, at..range.start);
            at = range.end;
        }
        bytes.extend_from_slice(&self.bytes[at..]);
        self.origin.extend(&mut map, at..self.bytes.len());
        map.push(self.origin.of(self.bytes.len()) as u32);
        Text { bytes: Cow::Owned(bytes), origin: Origin::Map(map) }
    }

    /// The text as UTF-8.
    pub(super) fn into_str(self) -> Result<(Cow<'a, str>, Origin), NotUtf8> {
        let invalid = |bytes: &[u8], error: Utf8Error| {
            let at = error.valid_up_to();
            NotUtf8 { byte: bytes[at], origin: self.origin.of(at) }
        };
        let text = match self.bytes {
            Cow::Borrowed(bytes) => {
                std::str::from_utf8(bytes).map(Cow::Borrowed).map_err(|error| invalid(bytes, error))?
            }
            Cow::Owned(bytes) => String::from_utf8(bytes)
                .map(Cow::Owned)
                .map_err(|error| invalid(error.as_bytes(), error.utf8_error()))?,
        };
        Ok((text, self.origin))
    }

    /// The text with the byte that `replacement` finds for the front of what is left from an index on, and how
    /// many bytes it stands for. It is asked where there is an `escape`, the first byte of all that it replaces.
    fn replace(self, escape: u8, replacement: impl Fn(usize, &[u8]) -> Option<(u8, usize)>) -> Text<'a> {
        let mut bytes = Vec::with_capacity(self.bytes.len());
        let mut map = Vec::with_capacity(self.bytes.len() + 1);
        let mut at = 0;
        loop {
            let left = &self.bytes[at..];
            let plain = memchr::memchr(escape, left).unwrap_or(left.len());
            bytes.extend_from_slice(&left[..plain]);
            self.origin.extend(&mut map, at..at + plain);
            at += plain;
            let Some(&byte) = self.bytes.get(at) else { break };
            let (byte, len) = replacement(at, &self.bytes[at..]).unwrap_or((byte, 1));
            bytes.push(byte);
            map.push(self.origin.of(at) as u32);
            at += len;
        }
        map.push(self.origin.of(at) as u32);
        Text { bytes: Cow::Owned(bytes), origin: Origin::Map(map) }
    }
}

/// White space that is not ASCII: the mark of byte order, of no width, unbroken.
const WIDE_SPACES: [&str; 3] = ["\u{feff}", "\u{200b}", "\u{a0}"];

fn is_space(byte: u8) -> bool {
    byte.is_ascii_whitespace() || byte == 0x0b || byte == 0
}

fn trim_spaces_before(mut text: &[u8]) -> &[u8] {
    loop {
        text = match text {
            [first, rest @ ..] if is_space(*first) => rest,
            _ => match WIDE_SPACES.iter().find_map(|space| text.strip_prefix(space.as_bytes())) {
                Some(rest) => rest,
                None => return text,
            },
        }
    }
}

fn trim_spaces_behind(mut text: &[u8]) -> &[u8] {
    loop {
        text = match text {
            [rest @ .., last] if is_space(*last) => rest,
            _ => match WIDE_SPACES.iter().find_map(|space| text.strip_suffix(space.as_bytes())) {
                Some(rest) => rest,
                None => return text,
            },
        }
    }
}

fn closer_of(opener: u8) -> u8 {
    match opener {
        b'<' => b'>',
        b'(' => b')',
        b'[' => b']',
        b'{' => b'}',
        quote => quote,
    }
}

/// The character of the reference at the front of `rest`, and its length.
fn reference(rest: &[u8]) -> Option<(u8, usize)> {
    const LONGEST: usize = "&equals;".len();
    let end = memchr::memchr(b';', &rest[..rest.len().min(LONGEST)])?;
    let byte = match rest.get(1..end)? {
        b"amp" => b'&',
        b"quot" => b'"',
        b"apos" => b'\'',
        b"lt" => b'<',
        b"gt" => b'>',
        b"equals" => b'=',
        b"sol" => b'/',
        [b'#', b'x' | b'X', digits @ ..] => ascii(hex(digits)?)?,
        [b'#', digits @ ..] => ascii(std::str::from_utf8(digits).ok()?.parse().ok()?)?,
        _ => return None,
    };
    Some((byte, end + 1))
}

fn hex(digits: &[u8]) -> Option<u32> {
    if digits.is_empty() || !digits.iter().all(u8::is_ascii_hexdigit) {
        return None;
    }
    u32::from_str_radix(std::str::from_utf8(digits).ok()?, 16).ok()
}

fn ascii(value: u32) -> Option<u8> {
    u8::try_from(value).ok().filter(u8::is_ascii)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(bytes: &[u8]) -> Text<'_> {
        Text::new(bytes)
    }

    #[test]
    fn what_is_around_a_link_is_cut_off_and_counted() {
        for (given, trimmed, start) in [
            ("link", "link", 0),
            ("  \t\"link\"\r\n", "link", 4),
            ("<link>", "link", 1),
            ("'link',", "link", 1),
            ("(link).", "link).", 1),
            ("link_(a)", "link_(a)", 0),
            ("link'", "link'", 0),
            ("\"link_(a)\"", "link_(a)", 1),
            ("(link_(a))", "link_(a)", 1),
            ("[\"link;\"],", "link;", 2),
            ("\"link,", "link,", 1),
            ("(\"link\"", "link", 2),
            ("\"\"", "", 2),
            ("\u{feff}link\u{a0}", "link", 3),
            ("", "", 0),
            (" \" ", "", 3),
            ("\"", "", 1),
            ("a link", "a link", 0),
        ] {
            let text = text(given.as_bytes()).trim();
            assert_eq!(text.bytes(), trimmed.as_bytes(), "{given:?}");
            assert_eq!(text.origin().of(0), start, "{given:?}");
        }
    }

    #[test]
    fn escapes_are_undone_and_counted() {
        type Unescape = fn(Text<'static>) -> Text<'static>;
        let script: Unescape = Text::unescape_script;
        let html: Unescape = Text::unescape_html;
        let percent: Unescape = |text| {
            let len = text.bytes().len();
            text.percent_decode(0..len, |_| true)
        };
        for (unescape, given, plain, origins) in [
            (script, r"a\u003db", "a=b", &[0, 1, 7, 8][..]),
            (script, r"a\\u0026b", "a&b", &[0, 1, 8, 9]),
            (script, r"\/\x3D", "/=", &[0, 2, 6]),
            (script, r"\u00e9\u003", r"\u00e9\u003", &[0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11]),
            (script, r"a\", r"a\", &[0, 1, 2]),
            (html, "?a&amp;b&#61;&#x3D;", "?a&b==", &[0, 1, 2, 7, 8, 13, 19]),
            (html, "amp;a&amp;b#3;", "amp;a&b#3;", &[0, 1, 2, 3, 4, 5, 10]),
            (html, "a&amp;b&c", "a&amp;b&c", &[0, 1]),
            (html, "&bogus;", "&bogus;", &[0]),
            (percent, "%2Fa%3f", "/a?", &[0, 3, 4, 7]),
            (percent, "%", "%", &[0, 1]),
            (percent, "%zz%C3", "%zz\u{fffd}", &[0, 1, 2, 3]),
        ] {
            let text = unescape(text(given.as_bytes()));
            assert_eq!(String::from_utf8_lossy(text.bytes()), plain, "{given:?}");
            for (index, &origin) in origins.iter().enumerate() {
                assert_eq!(text.origin().of(index), origin, "{given:?}, {index}");
            }
        }
    }

    #[test]
    fn percent_escapes_are_undone_in_their_range_alone() {
        let text = text(b"%41%41%41%41").percent_decode(3..9, |_| true);
        assert_eq!(text.bytes(), b"%41AA%41");
    }

    #[test]
    fn a_slice_of_unescaped_text_still_knows_its_place() {
        let text = text(br"\/\/ab").unescape_script().slice(2..4);
        assert_eq!(text.bytes(), b"ab");
        assert_eq!((text.origin().of(0), text.origin().of(2)), (4, 6));
    }
}
