//! The results in an answer of `batchexecute`.
//!
//! ```text
//! )]}'
//!
//! [["wrb.fr","HOnZud","[\"gsrres\",[[13,[13,\"CBMi…\"],…",null,null,null,"generic"],["di",12]]
//!    │        │        └ the result: JSON in a string
//!    │        └ the name of the call
//!    └ the beginning of a row
//! ```
//!
//! A row is found by its beginning, and its result is unescaped without a parser. So damage elsewhere and a missing end
//! do no harm: every complete record is found. Each byte is read at most twice.

use memchr::{memchr2, memmem};

use super::record::{is_white_space, trim_end};

/// Iterates over the results, without their escapes.
pub(super) struct Results<'a> {
    answer: &'a [u8],
    /// Everything before this offset has been searched.
    searched: usize,
    finder: memmem::Finder<'static>,
}

impl<'a> Results<'a> {
    pub(super) fn new(answer: &'a [u8]) -> Self {
        Results { answer, searched: 0, finder: memmem::Finder::new(BEGINNING) }
    }
}

/// The first value of a row.
const BEGINNING: &[u8] = b"\"wrb.fr\"";

impl Iterator for Results<'_> {
    type Item = Vec<u8>;

    fn next(&mut self) -> Option<Vec<u8>> {
        loop {
            let at = self.searched + self.finder.find(self.answer.get(self.searched..)?)?;
            self.searched = at + BEGINNING.len();
            if !trim_end(self.answer.get(..at)?).ends_with(b"[") {
                continue;
            }
            let rest = self.answer.get(self.searched..)?;
            let Some(result) = after_comma(rest).and_then(skip_string).and_then(after_comma) else {
                continue;
            };
            let Some(result) = result.strip_prefix(b"\"") else { continue };
            // The search continues in the string, because a string without an end contains the next row. `unescape` ends such a string
            // after the first value of that row, because a quote and a comma follow it.
            self.searched = self.answer.len() - result.len();
            return Some(unescape(result));
        }
    }
}

/// Returns what follows a comma and white space.
fn after_comma(text: &[u8]) -> Option<&[u8]> {
    trim_start(text).strip_prefix(b",").map(trim_start)
}

fn trim_start(text: &[u8]) -> &[u8] {
    let start = text.iter().position(|byte| !is_white_space(byte)).unwrap_or(text.len());
    text.get(start..).unwrap_or_default()
}

/// Returns what follows the string of a call's name, which has no escapes.
fn skip_string(text: &[u8]) -> Option<&[u8]> {
    let text = text.strip_prefix(b"\"")?;
    let end = memchr2(b'"', b'\\', text)?;
    text.get(end..)?.strip_prefix(b"\"")
}

/// Returns the string that begins here, without its escapes.
///
/// A quote ends the string only if a comma, a bracket or the end of the answer follows it. Otherwise its backslash is
/// assumed to be missing. An invalid escape is kept, which makes only the record that contains it invalid.
fn unescape(mut text: &[u8]) -> Vec<u8> {
    let mut unescaped = Vec::new();
    while let Some(at) = memchr2(b'"', b'\\', text) {
        let (plain, rest) = text.split_at(at);
        unescaped.extend_from_slice(plain);
        if let Some(after) = rest.strip_prefix(b"\"") {
            if matches!(trim_start(after), [] | [b',' | b']', ..]) {
                return unescaped;
            }
            unescaped.push(b'"');
            text = after;
            continue;
        }
        let (char, after) = match rest {
            [_, b'u', digits @ ..] => match unescape_unicode(digits) {
                Some(decoded) => decoded,
                None => ('\\', rest.get(1..).unwrap_or_default()),
            },
            [_, byte, after @ ..] => match byte {
                b'"' | b'\\' | b'/' => (char::from(*byte), after),
                b'b' => ('\u{8}', after),
                b'f' => ('\u{c}', after),
                b'n' => ('\n', after),
                b'r' => ('\r', after),
                b't' => ('\t', after),
                _ => ('\\', rest.get(1..).unwrap_or_default()),
            },
            _ => ('\\', &[][..]),
        };
        unescaped.extend_from_slice(char.encode_utf8(&mut [0; 4]).as_bytes());
        text = after;
    }
    unescaped.extend_from_slice(text);
    unescaped
}

/// Reads the four digits after `\u`, and the second half of a surrogate pair. Returns the character and what follows it.
fn unescape_unicode(text: &[u8]) -> Option<(char, &[u8])> {
    let (first, rest) = code_unit(text)?;
    let second = rest.strip_prefix(b"\\u").and_then(code_unit);
    let pair = second.and_then(|(second, rest)| {
        let char = char::decode_utf16([first, second]).next()?.ok().filter(|char| *char > '\u{ffff}')?;
        Some((char, rest))
    });
    let single = || (char::from_u32(first.into()).unwrap_or(char::REPLACEMENT_CHARACTER), rest);
    Some(pair.unwrap_or_else(single))
}

fn code_unit(text: &[u8]) -> Option<(u16, &[u8])> {
    let (digits, rest) = text.split_at_checked(4)?;
    let digits = std::str::from_utf8(digits).ok().filter(|digits| !digits.starts_with('+'))?;
    Some((u16::from_str_radix(digits, 16).ok()?, rest))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn results(answer: &[u8]) -> Vec<String> {
        Results::new(answer).map(|result| String::from_utf8_lossy(&result).into_owned()).collect()
    }

    #[test]
    fn results_are_unescaped_like_json() {
        let text = "a \"b\" \\ / \u{8}\u{c}\n\r\t \u{ffff}é 😀 \u{1f}";
        let json = serde_json::to_string(text).unwrap();
        let escapes = [("\u{ffff}", "\\uffff"), ("é", "\\u00e9"), ("😀", "\\uD83D\\ude00"), ("/", "\\/")];
        let ascii = escapes.iter().fold(json.clone(), |json, (char, escape)| json.replace(char, escape));
        for json in [json, ascii] {
            assert_eq!(serde_json::from_str::<String>(&json).unwrap(), text);
            let answer = format!("[[\"wrb.fr\",\"x\",{json},null],[ \"wrb.fr\" ,\n\"y\" , {json} ]]");
            assert_eq!(results(answer.as_bytes()), [text, text]);
        }
    }

    #[test]
    fn damage_does_not_end_the_results() {
        for (answer, expected) in [
            (&br#"[["wrb.fr","x","a"#[..], &["a"][..]),
            (br#"[["wrb.fr","x","a\"#, &["a\\"]),
            (br#"[["wrb.fr","x","a\u12"#, &["a\\u12"]),
            (br#"[["wrb.fr","x","a\ud800\u0041 \u+123 \x"]"#, &["a\u{fffd}A \\u+123 \\x"]),
            (br#"[["wrb.fr","x","a"b"],["wrb.fr","y","c"]"#, &["a\"b", "c"]),
            (b"[\xff{[\"wrb.fr\",\"x\",\"a\xffb\"]]]]],[\"wrb.fr\",\"y\",\"c\"]", &["a\u{fffd}b", "c"]),
            (br#"[["wrb.fr","x","a[["wrb.fr","y","c"]"#, &["a[[\"wrb.fr", "c"]),
            // Rows of other forms.
            (br#"[["wrb.fr","x",null],["wrb.fr"],["wrb.fr","x\"y","a"],["wrb.fr","y","c"]"#, &["c"]),
            (br#"["wrb.fr",["wrb.fr","y","c"]"#, &["c"]),
            (br#"["di","wrb.fr","x","a"]"#, &[]),
            (br#"["wrb.fr","x"#, &[]),
        ] {
            assert_eq!(results(answer), expected, "{}", String::from_utf8_lossy(answer));
        }
    }
}
