//! Parts of the input that know the offset of each of their bytes in the input, also after unescaping.

use std::borrow::Cow;
use std::ops::Range;
use std::str::Utf8Error;

use super::escapes::{character_of_reference, count_backslashes, parse_digits};
use super::grammar::closers_of;
use crate::error::{Error, ErrorKind};

/// A part of the input, perhaps unescaped.
#[derive(Clone, Debug)]
pub(super) struct MappedText<'a> {
    bytes: Cow<'a, [u8]>,
    source_map: SourceMap,
}

/// The offsets in the input of the bytes of a [`MappedText`].
#[derive(Clone, Debug)]
pub(crate) enum SourceMap {
    /// The offsets are consecutive; this is the first one.
    From(usize),
    /// One offset for each byte, and one for the end.
    Each(Vec<u32>),
}

impl SourceMap {
    /// Returns the offset in the input of the byte `index`.
    pub(crate) fn offset_of(&self, index: usize) -> usize {
        match self {
            SourceMap::From(start) => start + index,
            SourceMap::Each(offsets) => {
                offsets.get(index).or(offsets.last()).map_or(0, |&offset| offset as usize)
            }
        }
    }

    fn slice(&self, range: Range<usize>) -> SourceMap {
        match self {
            SourceMap::From(start) => SourceMap::From(start + range.start),
            SourceMap::Each(offsets) => SourceMap::Each(offsets[range.start..=range.end].to_vec()),
        }
    }
}

impl<'a> MappedText<'a> {
    pub(super) fn new(input: &'a [u8]) -> Self {
        MappedText { bytes: Cow::Borrowed(input), source_map: SourceMap::From(0) }
    }

    pub(super) fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// Returns the offset in the input of the byte `index`.
    pub(super) fn offset_of(&self, index: usize) -> usize {
        self.source_map.offset_of(index)
    }

    /// Returns the bytes of `range`, which must be within this part.
    pub(super) fn slice(&self, range: Range<usize>) -> MappedText<'a> {
        MappedText { bytes: self.slice_bytes(range.clone()), source_map: self.source_map.slice(range) }
    }

    /// Does the same, in the memory of this part.
    pub(super) fn into_slice(self, range: Range<usize>) -> MappedText<'a> {
        match (self.bytes, self.source_map) {
            (Cow::Owned(mut bytes), SourceMap::Each(mut offsets)) => {
                bytes.truncate(range.end);
                bytes.drain(..range.start);
                offsets.truncate(range.end + 1);
                offsets.drain(..range.start);
                MappedText { bytes: Cow::Owned(bytes), source_map: SourceMap::Each(offsets) }
            }
            (bytes, source_map) => MappedText { bytes, source_map }.slice(range),
        }
    }

    /// Returns the bytes of `range` without their offsets.
    pub(super) fn slice_bytes(&self, range: Range<usize>) -> Cow<'a, [u8]> {
        match &self.bytes {
            Cow::Borrowed(bytes) => Cow::Borrowed(&bytes[range]),
            Cow::Owned(bytes) => Cow::Owned(bytes[range].to_vec()),
        }
    }

    pub(super) fn into_bytes(self) -> Cow<'a, [u8]> {
        self.bytes
    }

    /// Converts an ID into a string, or returns the error if it is not UTF-8.
    pub(super) fn into_id(self) -> Result<(Cow<'a, str>, SourceMap), Error> {
        let invalid = |bytes: &[u8], error: Utf8Error| {
            let at = error.valid_up_to();
            Error::at(ErrorKind::InvalidByte(bytes[at]), self.source_map.offset_of(at))
        };
        let id = match self.bytes {
            Cow::Borrowed(bytes) => {
                std::str::from_utf8(bytes).map(Cow::Borrowed).map_err(|error| invalid(bytes, error))?
            }
            Cow::Owned(bytes) => String::from_utf8(bytes)
                .map(Cow::Owned)
                .map_err(|error| invalid(error.as_bytes(), error.utf8_error()))?,
        };
        Ok((id, self.source_map))
    }

    /// Removes white space around the link, and the quotes and brackets in which it is wrapped. A closing bracket is
    /// removed only together with its opening one, because it may belong to the link: `…/Mercury_(planet)`.
    pub(super) fn trim(self) -> MappedText<'a> {
        let mut rest = trim_start(&self.bytes);
        // The characters that close each open quote or bracket.
        let mut closers = Vec::new();
        while let Some((opener, closer)) = first_char(rest).and_then(|char| Some((char, closers_of(char)?))) {
            closers.push(closer);
            rest = trim_start(&rest[opener.len_utf8()..]);
        }
        let start = self.bytes.len() - rest.len();
        rest = trim_end(rest);
        let mut open = &closers[..];
        while !open.is_empty() {
            // A comma or semicolon after the outermost closing character belongs to a list. It is removed only together with that character.
            let mut closed = rest;
            while let [inner @ .., b',' | b';'] = closed
                && open.len() == closers.len()
            {
                closed = trim_end(inner);
            }
            let Some(last) = last_char(closed) else { break };
            let Some(at) = open.iter().position(|closers| closers.contains(last)) else { break };
            open = &open[at + 1..];
            rest = trim_end(&closed[..closed.len() - last.len_utf8()]);
        }
        let end = start + rest.len();
        if start == 0 && end == self.bytes.len() { self } else { self.into_slice(start..end) }
    }

    /// Unescapes the escapes of JSON and scripts: `\u003d`, `\x3d`, `\/`, also with doubled backslashes. `\&`, an
    /// escape of LaTeX, is unescaped if every `&` is escaped.
    pub(super) fn unescape_script(self) -> MappedText<'a> {
        if memchr::memchr(b'\\', &self.bytes).is_none() {
            return self;
        }
        let is_ampersand_escaped =
            memchr::memchr_iter(b'&', &self.bytes).all(|at| self.bytes[..at].ends_with(b"\\"));
        self.replace(b'\\', |_, rest| {
            let slashes = count_backslashes(rest);
            let escape = &rest[slashes..];
            let (byte, len) = match escape.first()? {
                b'u' => (parse_digits(escape.get(1..5)?, 16)?, 5),
                b'x' => (parse_digits(escape.get(1..3)?, 16)?, 3),
                b'n' | b'r' | b't' => (u32::from(b'\n'), 1),
                byte @ (b'/' | b'"' | b'\'') => (u32::from(*byte), 1),
                b'&' if is_ampersand_escaped => (u32::from(b'&'), 1),
                _ => return None,
            };
            Some((ascii(byte)?, slashes + len))
        })
    }

    /// Unescapes the character references of HTML and XML if every `&` begins one. If another `&` is not escaped,
    /// `&amp;` is kept, too.
    pub(super) fn unescape_html(self) -> MappedText<'a> {
        let mut ampersands = memchr::memchr_iter(b'&', &self.bytes).peekable();
        let is_html =
            ampersands.peek().is_some() && ampersands.all(|at| reference(&self.bytes[at..]).is_some());
        if is_html { self.replace(b'&', |_, rest| reference(rest)) } else { self }
    }

    /// Decodes the percent-escapes in `range`, if `wanted` is `true` for the byte that they encode.
    pub(super) fn percent_decode(self, range: Range<usize>, wanted: fn(u8) -> bool) -> MappedText<'a> {
        if memchr::memchr(b'%', &self.bytes[range.clone()]).is_none() {
            return self;
        }
        self.replace(b'%', |at, rest| {
            let digits = rest.get(1..3).filter(|_| range.contains(&at))?;
            Some((u8::try_from(parse_digits(digits, 16)?).ok().filter(|&byte| wanted(byte))?, 3))
        })
    }

    /// Removes the bytes in `ranges`, which must be in order.
    pub(super) fn without(self, ranges: &[Range<usize>]) -> MappedText<'a> {
        if ranges.iter().all(Range::is_empty) {
            return self;
        }
        let mut kept = Builder::new(&self);
        let mut start = 0;
        for range in ranges {
            kept.copy(start..range.start);
            start = range.end;
        }
        kept.copy(start..self.bytes.len());
        kept.build()
    }

    /// Replaces escapes, which begin with the byte `escape`. `unescape` is called with the offset of each `escape` and
    /// the bytes from there on; it returns the byte that is escaped and the length of the escape.
    fn replace(self, escape: u8, unescape: impl Fn(usize, &[u8]) -> Option<(u8, usize)>) -> MappedText<'a> {
        let mut unescaped = Builder::new(&self);
        let mut at = 0;
        while let Some(len) = memchr::memchr(escape, &self.bytes[at..]) {
            unescaped.copy(at..at + len);
            at += len;
            let (byte, len) = unescape(at, &self.bytes[at..]).unwrap_or((escape, 1));
            unescaped.push(byte, at);
            at += len;
        }
        unescaped.copy(at..self.bytes.len());
        unescaped.build()
    }
}

/// Builds a [`MappedText`] from parts of another one.
struct Builder<'t> {
    from: &'t MappedText<'t>,
    bytes: Vec<u8>,
    offsets: Vec<u32>,
}

impl<'t> Builder<'t> {
    fn new(from: &'t MappedText<'t>) -> Self {
        let len = from.bytes.len();
        Builder { from, bytes: Vec::with_capacity(len), offsets: Vec::with_capacity(len + 1) }
    }

    fn copy(&mut self, range: Range<usize>) {
        self.bytes.extend_from_slice(&self.from.bytes[range.clone()]);
        match &self.from.source_map {
            SourceMap::From(start) => {
                self.offsets.extend((start + range.start) as u32..(start + range.end) as u32);
            }
            SourceMap::Each(offsets) => self.offsets.extend_from_slice(&offsets[range]),
        }
    }

    /// Pushes a byte whose escape is at the offset `at`.
    fn push(&mut self, byte: u8, at: usize) {
        self.bytes.push(byte);
        self.offsets.push(self.from.offset_of(at) as u32);
    }

    fn build<'a>(mut self) -> MappedText<'a> {
        self.offsets.push(self.from.offset_of(self.from.bytes.len()) as u32);
        MappedText { bytes: Cow::Owned(self.bytes), source_map: SourceMap::Each(self.offsets) }
    }
}

/// White space: ASCII, the byte order mark, the zero-width space and the no-break space.
const SPACES: [&[u8]; 10] =
    [b" ", b"\t", b"\n", b"\r", b"\x0b", b"\x0c", b"\0", b"\xef\xbb\xbf", b"\xe2\x80\x8b", b"\xc2\xa0"];

fn trim_start(mut bytes: &[u8]) -> &[u8] {
    while bytes.first().is_some_and(|byte| !byte.is_ascii_graphic())
        && let Some(rest) = SPACES.iter().find_map(|space| bytes.strip_prefix(*space))
    {
        bytes = rest;
    }
    bytes
}

fn trim_end(mut bytes: &[u8]) -> &[u8] {
    while bytes.last().is_some_and(|byte| !byte.is_ascii_graphic())
        && let Some(rest) = SPACES.iter().find_map(|space| bytes.strip_suffix(*space))
    {
        bytes = rest;
    }
    bytes
}

/// The length of the longest character in UTF-8.
const MAX_CHAR_LEN: usize = 4;

/// Returns the character that `bytes` begin with, if it is UTF-8.
pub(crate) fn first_char(bytes: &[u8]) -> Option<char> {
    if let Some(byte @ ..0x80) = bytes.first() {
        return Some(char::from(*byte));
    }
    let bytes = &bytes[..bytes.len().min(MAX_CHAR_LEN)];
    bytes.utf8_chunks().next()?.valid().chars().next()
}

/// Returns the character that `bytes` end with, if it is UTF-8.
pub(crate) fn last_char(bytes: &[u8]) -> Option<char> {
    let bytes = &bytes[bytes.len().saturating_sub(MAX_CHAR_LEN)..];
    let last = bytes.utf8_chunks().last()?;
    last.invalid().is_empty().then(|| last.valid().chars().next_back()).flatten()
}

/// Returns the character of the reference that `html` begins with, and the length of the reference.
fn reference(html: &[u8]) -> Option<(u8, usize)> {
    const LONGEST: usize = "&equals;".len();
    let end = memchr::memchr(b';', &html[..html.len().min(LONGEST)])?;
    Some((ascii(character_of_reference(html.get(1..end)?)?)?, end + 1))
}

fn ascii(value: u32) -> Option<u8> {
    u8::try_from(value).ok().filter(u8::is_ascii)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mapped(bytes: &[u8]) -> MappedText<'_> {
        MappedText::new(bytes)
    }

    #[test]
    fn quotes_and_spaces_around_a_link_are_removed_and_counted() {
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
            let text = mapped(given.as_bytes()).trim();
            assert_eq!(text.bytes(), trimmed.as_bytes(), "{given:?}");
            assert_eq!(text.offset_of(0), start, "{given:?}");
        }
    }

    #[test]
    fn escapes_are_replaced_and_counted() {
        type Unescape = fn(MappedText<'static>) -> MappedText<'static>;
        let script: Unescape = MappedText::unescape_script;
        let html: Unescape = MappedText::unescape_html;
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
            (script, r"a\&b\&c", "a&b&c", &[0, 1, 3, 4, 6, 7]),
            (script, r"a\&b&c", r"a\&b&c", &[0, 1]),
            (html, "?a&amp;b&#61;&#x3D;", "?a&b==", &[0, 1, 2, 7, 8, 13, 19]),
            (html, "amp;a&amp;b#3;", "amp;a&b#3;", &[0, 1, 2, 3, 4, 5, 10]),
            (html, "a&amp;b&c", "a&amp;b&c", &[0, 1]),
            (html, "&bogus;", "&bogus;", &[0]),
            (html, "&#+61;&#x+3d;", "&#+61;&#x+3d;", &[0]),
            (percent, "%2Fa%3f", "/a?", &[0, 3, 4, 7]),
            (percent, "%", "%", &[0, 1]),
            (percent, "%zz%C3", "%zz\u{fffd}", &[0, 1, 2, 3]),
        ] {
            let text = unescape(mapped(given.as_bytes()));
            assert_eq!(String::from_utf8_lossy(text.bytes()), plain, "{given:?}");
            for (index, &origin) in origins.iter().enumerate() {
                assert_eq!(text.offset_of(index), origin, "{given:?}, {index}");
            }
        }
    }

    #[test]
    fn percent_escapes_are_replaced_in_their_range_alone() {
        let text = mapped(b"%41%41%41%41").percent_decode(3..9, |_| true);
        assert_eq!(text.bytes(), b"%41AA%41");
    }

    #[test]
    fn a_slice_of_an_unescaped_part_keeps_its_offsets() {
        let text = mapped(br"\/\/ab").unescape_script().slice(2..4);
        assert_eq!(text.bytes(), b"ab");
        assert_eq!((text.offset_of(0), text.offset_of(2)), (4, 6));
    }
}
