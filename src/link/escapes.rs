//! Decodes escapes of HTML, JSON and scripts, for the parser and for the search in texts.

/// The maximum number of backslashes of one escape; JSON in JSON in JSON has four. Without the limit, all remaining
/// backslashes of an input that consists of them would be counted at each of them, which takes quadratic time.
pub(crate) const MAX_BACKSLASHES: usize = 8;

/// Returns the number of backslashes before the rest of an escape.
pub(crate) fn count_backslashes(text: &[u8]) -> usize {
    text.iter().take(MAX_BACKSLASHES).take_while(|&&byte| byte == b'\\').count()
}

/// Returns the character of the character reference `name`, without its `&` and `;`, if it is one that occurs in links.
pub(crate) fn character_of_reference(name: &[u8]) -> Option<u32> {
    match name {
        b"amp" => Some('&'.into()),
        b"quot" => Some('"'.into()),
        b"apos" => Some('\''.into()),
        b"lt" => Some('<'.into()),
        b"gt" => Some('>'.into()),
        b"equals" => Some('='.into()),
        b"sol" => Some('/'.into()),
        [b'#', b'x' | b'X', digits @ ..] => parse_digits(digits, 16),
        [b'#', digits @ ..] => parse_digits(digits, 10),
        _ => None,
    }
}

/// Parses a number without a sign.
pub(crate) fn parse_digits(digits: &[u8], radix: u32) -> Option<u32> {
    // `from_str_radix` takes a sign as well.
    let digits = std::str::from_utf8(digits).ok().filter(|digits| !digits.starts_with('+'))?;
    u32::from_str_radix(digits, radix).ok()
}
