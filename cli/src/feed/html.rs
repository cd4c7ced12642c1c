//! Finds the values of `href` in HTML, with their offsets.
//!
//! It implements the states of the HTML tokenizer that are needed for this. Nothing in HTML is an error; an attribute
//! that is truncated at the end is ignored.

use std::ops::Range;

/// The value of an `href`, without its quotes.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Href {
    pub(crate) value: Range<usize>,
    pub(crate) quote: Option<u8>,
}

/// Elements whose content is text, not markup.
const RAW: [&[u8]; 8] =
    [b"script", b"style", b"textarea", b"title", b"xmp", b"iframe", b"noembed", b"noframes"];

/// Returns the `href` of each start tag in `html`, in order.
pub(crate) fn hrefs(html: &[u8]) -> Vec<Href> {
    let mut hrefs = Vec::new();
    let mut at = 0;
    while let Some(tag) = find(html, at, |byte| byte == b'<').map(|tag| tag + 1) {
        at = match &html[tag..] {
            // `<!-->` is a whole comment.
            [b'!', b'-', b'-', ..] => after(html, tag + 1, b"-->"),
            [b'!' | b'?', ..] => after(html, tag, b">"),
            [b'/', first, ..] if !first.is_ascii_alphabetic() => after(html, tag, b">"),
            [b'/', ..] => attributes(html, name_end(html, tag + 1), &mut Vec::new()),
            [first, ..] if first.is_ascii_alphabetic() => {
                let name = tag..name_end(html, tag);
                let end = attributes(html, name.end, &mut hrefs);
                let name = &html[name];
                if RAW.iter().any(|raw| raw.eq_ignore_ascii_case(name)) {
                    raw_end(html, end, name)
                } else {
                    end
                }
            }
            _ => tag,
        };
    }
    hrefs
}

/// Reads the attributes of a tag from `at` on and returns the end of the tag.
fn attributes(html: &[u8], mut at: usize, hrefs: &mut Vec<Href>) -> usize {
    loop {
        let Some(start) = find(html, at, |byte| !is_space(byte) && byte != b'/') else { return html.len() };
        if html[start] == b'>' {
            return start + 1;
        }
        // A name may begin with `=`.
        let ends = |byte| is_space(byte) || matches!(byte, b'/' | b'>' | b'=');
        let end = find(html, start + 1, ends).unwrap_or(html.len());
        let name = &html[start..end];
        at = end;
        let Some(equals) = find(html, end, |byte| !is_space(byte)).filter(|&at| html[at] == b'=') else {
            continue;
        };
        let Some(first) = find(html, equals + 1, |byte| !is_space(byte)) else { return html.len() };
        let (value, quote) = match html[first] {
            b'>' => return first + 1,
            quote @ (b'"' | b'\'') => {
                let Some(end) = find(html, first + 1, |byte| byte == quote) else { return html.len() };
                at = end + 1;
                (first + 1..end, Some(quote))
            }
            _ => {
                let Some(end) = find(html, first, |byte| is_space(byte) || byte == b'>') else {
                    return html.len();
                };
                at = end;
                (first..end, None)
            }
        };
        if name.eq_ignore_ascii_case(b"href") {
            hrefs.push(Href { value, quote });
        }
    }
}

/// Returns the offset of the end tag of the element `name`, whose content begins at `at`.
fn raw_end(html: &[u8], at: usize, name: &[u8]) -> usize {
    let is_end = |text: &[u8]| text.starts_with(b"</") && text[2..].eq_ignore_ascii_case(name);
    html[at..].windows(2 + name.len()).position(is_end).map_or(html.len(), |end| at + end)
}

fn name_end(html: &[u8], at: usize) -> usize {
    find(html, at, |byte| is_space(byte) || matches!(byte, b'/' | b'>')).unwrap_or(html.len())
}

/// Returns the offset after the first `end` from `at` on, or that of the end of `html`.
fn after(html: &[u8], at: usize, end: &[u8]) -> usize {
    html[at..]
        .windows(end.len())
        .position(|text| text == end)
        .map_or(html.len(), |found| at + found + end.len())
}

/// Returns the offset of the first byte from `at` on that is `wanted`.
fn find(html: &[u8], at: usize, wanted: impl Fn(u8) -> bool) -> Option<usize> {
    html.get(at..)?.iter().position(|&byte| wanted(byte)).map(|found| at + found)
}

fn is_space(byte: u8) -> bool {
    byte.is_ascii_whitespace()
}
