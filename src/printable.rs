//! Characters that can be printed, and those of URLs.

/// A string that consists of the characters `!` to `~`. URLs consist of these.
#[derive(Clone, Copy, Debug)]
pub(crate) struct PrintableAscii<'a>(&'a [u8]);

impl<'a> PrintableAscii<'a> {
    /// Wraps bytes that must all be printable, as the decoder has found when it counted those that are not.
    #[inline(always)]
    pub(crate) fn from_counted(bytes: &'a [u8]) -> Self {
        debug_assert!(bytes.iter().all(u8::is_ascii_graphic));
        PrintableAscii(bytes)
    }

    #[inline(always)]
    pub(crate) fn as_bytes(self) -> &'a [u8] {
        self.0
    }
}

/// Returns `true` for spaces and controls of any kind, among them those that end a line (U+0085, U+2028), those that change the
/// direction of a text (U+202E), and other characters that cannot be seen (U+00AD, U+200B). The joiners U+200C and U+200D are not
/// among these: Persian and Hindi are written with them.
pub(crate) fn is_invisible(char: char) -> bool {
    char.is_control()
        || char.is_whitespace()
        || matches!(
            char,
            '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{115f}' | '\u{1160}' | '\u{17b4}' | '\u{17b5}' | '\u{180e}' | '\u{200b}'
                | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{3164}' | '\u{feff}'
                | '\u{ffa0}' | '\u{fff0}'..='\u{fffb}' | '\u{1bca0}'..='\u{1bca3}' | '\u{1d173}'..='\u{1d17a}'
                | '\u{e0000}'..='\u{e0fff}'
        )
}

/// Returns `true` for a string that can be printed to terminals and tables: its only invisible characters are spaces.
pub(crate) fn is_plain(text: &str) -> bool {
    let is_printable_ascii = text.bytes().fold(true, |all, byte| all & (b' '..=b'~').contains(&byte));
    is_printable_ascii || !text.contains(|char| char != ' ' && is_invisible(char))
}

/// Returns `true` for the characters of URLs. Braces, bars and carets should be escaped, but publishers write them unescaped: `{key}`.
pub(crate) fn is_url_byte(byte: u8) -> bool {
    byte.is_ascii_graphic() & !matches!(byte, b'"' | b'<' | b'>' | b'\\' | b'`')
}

/// Returns `true` if all of `bytes` are characters of URLs. They are all tested, so that the compiler can test 16 at a time.
pub(crate) fn are_url_bytes(bytes: &[u8]) -> bool {
    bytes.iter().fold(true, |all, &byte| all & is_url_byte(byte))
}

pub(crate) fn is_space_or_control(byte: u8) -> bool {
    byte <= b' ' || byte == 0x7f
}
