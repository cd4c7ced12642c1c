//! Reads the tags of HTML and XML, and tells them from text that looks like tags.

use std::collections::{HashMap, HashSet};
use std::ops::Range;

/// A tag, or a name between angle brackets as it occurs in chats and source code.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct Tag {
    form: Form,
    /// In lower case, except for names of one letter.
    pub(super) name: Vec<u8>,
    /// The tag has an attribute with a value. If the tag was cut off at the link, the value may be missing.
    pub(super) has_value: bool,
    pub(super) range: Range<usize>,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Form {
    /// `<name>`, and `<!doctype>`, `<!-- -->` and `<?xml?>`, which have no end tag.
    Opening,
    Closing,
    /// `<name/>`, and elements without content.
    Empty,
}

/// The maximum length of a name that matters. The rest of a longer name is ignored.
const MAX_NAME_LEN: usize = 32;

/// Elements that often have no end tag, besides [`EMPTY`], and other frequent elements: a single tag of these is enough to recognize HTML.
#[rustfmt::skip]
const KNOWN: [&[u8]; 49] = [
    b"a", b"article", b"b", b"blockquote", b"body", b"center", b"code", b"dd", b"div", b"dl", b"dt", b"em", b"figure", b"font", b"footer",
    b"form", b"h1", b"h2", b"h3", b"h4", b"h5", b"h6", b"head", b"header", b"html", b"i", b"li", b"main", b"nav", b"ol", b"option", b"p", b"P",
    b"pre", b"section", b"small", b"span", b"strong", b"sub", b"sup", b"table", b"tbody", b"td", b"th", b"thead", b"tr", b"u", b"ul",
    b"video",
];

/// Elements without content.
#[rustfmt::skip]
const EMPTY: [&[u8]; 9] = [b"base", b"br", b"col", b"embed", b"hr", b"img", b"input", b"meta", b"wbr"];

/// Elements in which nothing is escaped.
const RAW: [&[u8]; 6] = [b"script", b"style", b"xmp", b"iframe", b"noembed", b"noframes"];

impl Tag {
    /// Parses the text between angle brackets, or returns `None` if it is not that of a tag.
    pub(super) fn read(chars: impl Iterator<Item = u8>, range: Range<usize>) -> Option<Tag> {
        let mut chars = chars.peekable();
        let is_closing = chars.next_if_eq(&b'/').is_some();
        let declaration = chars.next_if(|byte| matches!(byte, b'!' | b'?'));
        if declaration == Some(b'!') && !matches!(chars.peek(), Some(b'-' | b'D' | b'd')) {
            return None;
        }
        let mut name = Vec::new();
        while let Some(byte) = chars.next_if(is_of_name) {
            if name.len() < MAX_NAME_LEN {
                name.push(byte);
            }
        }
        if name.len() > 1 {
            name.make_ascii_lowercase();
        }
        let is_name = name.first().is_some_and(u8::is_ascii_alphabetic) || declaration.is_some();
        let is_ended = chars.peek().is_none_or(|byte| *byte == b'/' || byte.is_ascii_whitespace());
        if !is_name || !is_ended {
            return None;
        }
        let attributes: Vec<u8> = chars.filter(|byte| !byte.is_ascii_whitespace()).collect();
        let value = attributes.iter().position(|&byte| byte == b'=');
        let has_value = value.is_some();
        // `<b && c>` in source code.
        let names = &attributes[..value.unwrap_or(attributes.len())];
        if declaration.is_none() && !names.iter().all(|byte| is_of_name(byte) || *byte == b'/') {
            return None;
        }
        let (is_empty, is_known) = (EMPTY.contains(&&name[..]), is_known(&name));
        let form = match attributes.last() {
            _ if is_closing => Form::Closing,
            _ if is_empty || declaration.is_some() => Form::Empty,
            Some(b'/') => Form::Empty,
            // `<Media omitted>`: only few attributes have no value.
            Some(_) if !has_value && !is_known => return None,
            _ => Form::Opening,
        };
        Some(Tag { form, name, has_value, range })
    }

    pub(super) fn is_opening(&self) -> bool {
        self.form == Form::Opening
    }

    pub(super) fn is_closing(&self) -> bool {
        self.form == Form::Closing
    }

    pub(super) fn is_ended_by(&self, other: &Tag) -> bool {
        other.is_closing() && other.name == self.name
    }

    /// Returns `true` for the start tag of an element in which nothing is escaped.
    pub(super) fn is_raw(&self) -> bool {
        self.form == Form::Opening && RAW.contains(&&self.name[..])
    }
}

fn is_known(name: &[u8]) -> bool {
    KNOWN.contains(&name) || RAW.contains(&name)
}

fn is_of_name(byte: &u8) -> bool {
    byte.is_ascii_alphanumeric() || b"-_.:@".contains(byte)
}

/// Returns the tags without those that are probably text that only looks like a tag.
pub(super) fn real(tags: &[Tag]) -> impl Iterator<Item = &Tag> {
    let closed: HashSet<&[u8]> =
        tags.iter().filter(|tag| tag.is_closing()).map(|tag| &tag.name[..]).collect();
    tags.iter().filter(move |tag| {
        let name = &tag.name[..];
        tag.form != Form::Opening || tag.has_value || is_known(name) || closed.contains(name)
    })
}

/// Returns the tags without a partner among `tags`: start tags of elements that end later, and end tags of elements
/// that began earlier. The end of an element also ends the elements in it.
pub(super) fn unmatched<'t>(tags: impl Iterator<Item = &'t Tag>) -> Vec<&'t Tag> {
    let mut open: Vec<&Tag> = Vec::new();
    let mut counts: HashMap<&[u8], usize> = HashMap::new();
    let mut closing = Vec::new();
    for tag in tags {
        match tag.form {
            Form::Opening => {
                open.push(tag);
                *counts.entry(&tag.name).or_default() += 1;
            }
            Form::Closing if counts.get(&tag.name[..]).is_none_or(|&count| count == 0) => closing.push(tag),
            Form::Closing => {
                while let Some(last) = open.pop() {
                    counts.entry(&last.name).and_modify(|count| *count -= 1);
                    if last.name == tag.name {
                        break;
                    }
                }
            }
            Form::Empty => {}
        }
    }
    open.into_iter().chain(closing).collect()
}
