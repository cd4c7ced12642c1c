//! Escapes a URL that replaces a link, in the way in which the link is escaped.

use std::borrow::Cow;
use std::ops::Range;

use url::form_urlencoded;

use super::end::is_in_query;
use super::markup::{self, Markup};
use super::spelling::{self, Spelled};
use crate::link::{closers_of, last_char};

/// The characters of a URL that some texts escape.
const SPECIAL: [u8; 5] = *b"/:?=&";

/// The index of `=` in [`SPECIAL`].
const EQUALS: usize = 3;
const _: () = assert!(SPECIAL[EQUALS] == b'=');

/// Returns `url` with the escapes that it needs in place of the link at `range`.
pub(super) fn escape<'u>(text: &[u8], range: Range<usize>, percent: u8, url: &'u str) -> Cow<'u, [u8]> {
    let spellings = Spellings::of(&text[range.clone()], percent);
    let has_ampersand = url.contains('&');
    // The link itself may show how a `&` is escaped.
    let is_known = !has_ampersand || spellings.html > 0 || spellings.spelling(b'&').is_some();
    let markup = if is_known { Markup::default() } else { markup::around(text, &range, percent) };
    if percent > 0 {
        return Cow::Owned(percent_encode(url, percent, &spellings, &markup));
    }
    let ampersand = spellings.ampersand(&markup, |text| text.as_bytes().to_vec());
    let context = Context::of(text, &range, url);
    let is_plain = |char: char| {
        !context.is_broken_by(char)
            && u8::try_from(char).map_or(true, |byte| !SPECIAL.contains(&byte) || spellings.is_plain(byte))
    };
    if url.chars().all(is_plain) && (!has_ampersand || ampersand == b"&") {
        return Cow::Borrowed(url.as_bytes());
    }
    let mut out = Vec::with_capacity(url.len() + 16);
    for char in url.chars() {
        if context.is_broken_by(char) {
            let mut utf8 = [0; 4];
            for byte in char.encode_utf8(&mut utf8).bytes() {
                out.extend_from_slice(format!("%{byte:02X}").as_bytes());
            }
            continue;
        }
        match u8::try_from(char).ok().filter(|byte| SPECIAL.contains(byte)) {
            Some(b'&') => out.extend_from_slice(&ampersand),
            Some(byte) => spellings.write(byte, &mut out),
            None => out.extend_from_slice(char.encode_utf8(&mut [0; 4]).as_bytes()),
        }
    }
    Cow::Owned(out)
}

/// Returns `url` with the escapes that it needs in place of a link that is percent-encoded `percent` times.
fn percent_encode(url: &str, percent: u8, spellings: &Spellings<'_>, markup: &Markup<'_>) -> Vec<u8> {
    // Slashes and colons that the link does not escape are not escaped in the URL.
    let sign = format!("%{}", "25".repeat(usize::from(percent) - 1));
    let plain: Vec<_> = [("/", "2F"), (":", "3A")]
        .into_iter()
        .filter(|(char, _)| spellings.spelling(char.as_bytes()[0]) == Some(char.as_bytes()))
        .map(|(char, digits)| (char, format!("{sign}{digits}")))
        .collect();
    let encode = |text: &str| {
        let encoded = (0..percent)
            .fold(text.to_owned(), |text, _| form_urlencoded::byte_serialize(text.as_bytes()).collect());
        plain.iter().fold(encoded, |text, (char, escape)| text.replace(escape, char)).into_bytes()
    };
    let ampersand = spellings.ampersand(markup, encode);
    let parts: Vec<_> = url.split('&').map(encode).collect();
    parts.join(&ampersand[..])
}

/// The characters next to a link, and the text around it.
struct Context {
    before: Option<char>,
    after: Option<char>,
    /// The link is in a parameter of another URL, but not percent-encoded.
    is_in_query: bool,
    /// The link may be in a string between apostrophes, and the URL has one.
    is_in_apostrophes: bool,
}

impl Context {
    fn of(text: &[u8], range: &Range<usize>, url: &str) -> Self {
        let (before, after) = (&text[..range.start], &text[range.end..]);
        let escaped = |spelled: Spelled| (spelled.len > 1).then(|| char::from(spelled.byte));
        let first = after.first().map(|&byte| char::from(byte));
        Context {
            before: spelling::last(before).and_then(escaped).or_else(|| last_char(before)),
            after: spelling::first(after, 0).and_then(escaped).or(first),
            is_in_query: is_in_query(text, range.start),
            is_in_apostrophes: url.contains('\'') && markup::has_apostrophe_before(text, range.start),
        }
    }

    /// Returns `true` if `char`, in a URL at this place, would end the URL or the part of the text that contains it.
    fn is_broken_by(&self, char: char) -> bool {
        let is_near = |char| self.before == Some(char) || self.after == Some(char);
        match char {
            // Most characters of a URL.
            'a'..='z' | 'A'..='Z' | '0'..='9' | '-' | '.' | '_' | '~' => false,
            '"' | '<' | '>' | '\\' | '`' | '{' | '}' | '|' | '^' => true,
            // `url(…)` in CSS, and an attribute without quotes.
            '\'' => self.is_in_apostrophes || is_near('\'') || matches!(self.before, Some('(' | '=')),
            '(' | ')' => self.before == Some('(') || self.after == Some(')'),
            '[' | ']' => self.before == Some('[') || self.after == Some(']'),
            ',' | ';' => is_near(char),
            '&' | '#' | '+' | '%' => self.is_in_query,
            _ => {
                !char.is_ascii()
                    && self.before.and_then(closers_of).is_some_and(|closers| closers.contains(char))
            }
        }
    }
}

/// The escapes that a link uses.
struct Spellings<'t> {
    /// The first spelling of each of [`SPECIAL`] in the link.
    found: [Option<&'t [u8]>; SPECIAL.len()],
    /// The beginning of the numeric escapes that a script uses, `\u00`, `\\u00` or `\x`.
    script: Option<&'t [u8]>,
    /// The number of times that the link is escaped for HTML.
    html: u8,
}

impl<'t> Spellings<'t> {
    fn of(link: &'t [u8], percent: u8) -> Self {
        let mut spellings = Spellings { found: [None; SPECIAL.len()], script: None, html: 0 };
        let mut rest = link;
        while let Some(Spelled { byte, len, html, .. }) = spelling::first(rest, percent) {
            let (spelled, after) = rest.split_at(len);
            if let Some(at) = SPECIAL.iter().position(|&special| special == byte) {
                spellings.found[at].get_or_insert(spelled);
            }
            spellings.script = spellings.script.or_else(|| markup::script_prefix(spelled));
            spellings.html = spellings.html.max(html);
            rest = after;
        }
        if is_quoted_printable(link) {
            spellings.found[EQUALS] = Some(b"=3D");
        }
        spellings
    }

    fn spelling(&self, byte: u8) -> Option<&'t [u8]> {
        SPECIAL.iter().position(|&special| special == byte).and_then(|at| self.found[at])
    }

    /// Returns `true` if the link does not escape `byte`.
    fn is_plain(&self, byte: u8) -> bool {
        self.spelling(byte).is_none_or(|spelled| spelled.len() == 1)
    }

    /// Returns the number of times that a `&` is escaped for HTML: as often as in the link, or else as often as the
    /// markup around the link requires. JSON in HTML needs no escapes if it escapes angle brackets and `&` by their
    /// numbers; HTML in such JSON does.
    fn depth(&self, markup: &Markup<'_>) -> u8 {
        match self.html {
            0 if self.spelling(b'&').is_some() => 0,
            0 if self.script.is_some() && self.script != markup.script => 0,
            0 => markup.depth,
            html => html,
        }
    }

    /// Returns the spelling of a `&`. `encode` is applied to the parts whose spelling neither the link nor a script
    /// shows.
    fn ampersand(&self, markup: &Markup<'_>, encode: impl Fn(&str) -> Vec<u8>) -> Vec<u8> {
        // The link may spell it `&#38;` or `&amp;`.
        if let Some(spelled) = self.spelling(b'&') {
            return spelled.to_vec();
        }
        let mut out = Vec::new();
        match self.script.or(markup.script) {
            Some(script) => write_escape(script, b'&', &mut out),
            None => out.extend(encode("&")),
        }
        out.extend(encode(&"amp;".repeat(self.depth(markup).into())));
        out
    }

    /// Writes one of [`SPECIAL`] other than `&`, as the link spells it.
    fn write(&self, byte: u8, out: &mut Vec<u8>) {
        match (self.spelling(byte), self.script) {
            (Some(spelled), _) => out.extend_from_slice(spelled),
            (None, Some(script)) if byte == b'=' => write_escape(script, byte, out),
            (None, _) => out.push(byte),
        }
    }
}

/// Returns `true` for a link that is encoded for mail (quoted-printable), `?oc=3D5`.
fn is_quoted_printable(link: &[u8]) -> bool {
    let mut values = memchr::memchr_iter(b'=', link).map(|at| &link[at + 1..]).peekable();
    values.peek().is_some() && values.all(|value| value.starts_with(b"3D"))
}

fn write_escape(script: &[u8], byte: u8, out: &mut Vec<u8>) {
    out.extend_from_slice(script);
    out.extend_from_slice(format!("{byte:02x}").as_bytes());
}
