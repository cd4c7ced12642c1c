//! What a link is in: an element or an attribute of HTML or XML, perhaps escaped once more, as HTML in a feed is.

use std::ops::Range;

use super::spelling::{self, Spelled};

/// How far from a link tags are looked for.
pub(super) const DISTANCE: usize = 1024;

/// What is around a link.
#[derive(Clone, Copy, Default, Debug)]
pub(super) struct Markup<'t> {
    /// How often a `&` of the link has to be escaped for HTML.
    pub(super) depth: u8,
    /// The beginning of the escapes that a script uses for angle brackets, `\u00` or `\x`.
    pub(super) script: Option<&'t [u8]>,
}

/// HTML in HTML in HTML: nothing real is deeper.
const MAX_LEVEL: u8 = 3;

/// Returns what is around the link at `range`, which is percent-encoded `percent` times.
///
/// A `&` is escaped between two tags and within one. In CDATA it is not escaped, nor after an angle bracket that does not begin a tag, as
/// in `> quoted`, nor in scripts.
pub(super) fn around<'t>(text: &'t [u8], range: &Range<usize>, percent: u8) -> Markup<'t> {
    let start = range.start.saturating_sub(2 * DISTANCE);
    let before = brackets(text, start..range.start, percent);
    let after = brackets(text, range.end..text.len().min(range.end + DISTANCE), percent);
    let mut markup = Markup::default();
    let last_level = before.iter().chain(&after).map(|bracket| bracket.level).max().unwrap_or_default();
    for level in 0..=last_level.min(MAX_LEVEL) {
        // HTML that is escaped in an element or an attribute ends where that does.
        let first = before.iter().rposition(|bracket| bracket.level < level).map_or(0, |at| at + 1);
        let end = after.iter().position(|bracket| bracket.level < level).unwrap_or(after.len());
        let is_within = first > 0 && end < after.len();
        let at_level = |brackets: &[Bracket]| -> Vec<Bracket> {
            brackets.iter().filter(|bracket| bracket.level == level).copied().collect()
        };
        let place = Place {
            text,
            before: at_level(&before[first..]),
            after: at_level(&after[..end]),
            link: range.start,
            percent,
        };
        if place.is_in_markup() || is_within && place.has_tag() && !place.is_raw() {
            let nearest = place.before.last().or(place.after.first());
            let script = nearest.and_then(|bracket| script_prefix(&text[bracket.range()]));
            markup = Markup { depth: level + 1, script };
        }
    }
    markup
}

/// Returns `\u00` of `\u003c`, with all its backslashes, and `\x` of `\x3c`.
pub(super) fn script_prefix(spelled: &[u8]) -> Option<&[u8]> {
    let slashes = spelled.iter().take_while(|&&byte| byte == b'\\').count();
    let len = match spelled.get(slashes)? {
        b'u' => "u00".len(),
        b'x' => "x".len(),
        _ => return None,
    };
    spelled.get(..slashes + len).filter(|_| slashes > 0)
}

/// An angle bracket in a text.
#[derive(Clone, Copy, Debug)]
struct Bracket {
    is_opening: bool,
    /// How often it is escaped for HTML.
    level: u8,
    start: usize,
    end: usize,
}

impl Bracket {
    fn range(&self) -> Range<usize> {
        self.start..self.end
    }
}

fn brackets(text: &[u8], range: Range<usize>, percent: u8) -> Vec<Bracket> {
    let mut found = Vec::new();
    let mut at = range.start;
    let begins = |byte: &u8| matches!(byte, b'<' | b'>' | b'&' | b'\\' | b'%');
    while let Some(len) = text[at..range.end].iter().position(begins) {
        let start = at + len;
        let Some(Spelled { byte, len, html: level, is_percent }) =
            spelling::first(&text[start..range.end], percent)
        else {
            break;
        };
        at = start + len;
        // What is not percent-encoded belongs to the text around the URL that contains the link.
        if matches!(byte, b'<' | b'>') && is_percent == (percent > 0) {
            found.push(Bracket { is_opening: byte == b'<', level, start, end: at });
        }
    }
    found
}

/// A link among the angle brackets of one level.
struct Place<'t> {
    text: &'t [u8],
    before: Vec<Bracket>,
    after: Vec<Bracket>,
    link: usize,
    percent: u8,
}

impl Place<'_> {
    /// Returns `true` if the link is between two tags or in one.
    fn is_in_markup(&self) -> bool {
        let Some((last, before)) = self.before.split_last() else { return false };
        let Some(next) = self.after.first() else { return false };
        match (last.is_opening, next.is_opening) {
            (true, false) => self.is_tag(last),
            (false, true) => {
                let opening = before.iter().rev().find(|bracket| bracket.is_opening);
                opening.is_some_and(|opening| self.is_tag(opening)) && self.is_tag(next) && !self.is_raw()
            }
            _ => false,
        }
    }

    fn has_tag(&self) -> bool {
        self.before.iter().chain(&self.after).any(|bracket| bracket.is_opening && self.is_tag(bracket))
    }

    /// Returns the characters between a bracket and the link, or after a bracket that follows the link.
    fn chars_after(&self, bracket: &Bracket) -> impl Iterator<Item = u8> {
        let end = if bracket.end <= self.link { self.link } else { self.text.len() };
        let mut rest = &self.text[bracket.end..end];
        std::iter::from_fn(move || {
            let Spelled { byte, len, .. } = spelling::first(rest, self.percent)?;
            rest = &rest[len..];
            Some(byte)
        })
    }

    fn is_tag(&self, bracket: &Bracket) -> bool {
        let mut chars = self.chars_after(bracket);
        match chars.next() {
            Some(b'/' | b'?') => true,
            Some(b'!') => matches!(chars.next(), Some(b'-' | b'D' | b'd')),
            first => first.is_some_and(|byte| byte.is_ascii_alphabetic()),
        }
    }

    /// Returns `true` if the link is where nothing is escaped: in CDATA, in an element for scripts, or in a string that has no tags.
    fn is_raw(&self) -> bool {
        let Some((last, before)) = self.before.split_last() else { return false };
        if last.is_opening {
            return self.chars_after(last).take(2).eq(*b"![");
        }
        let opening = before.iter().rev().find(|bracket| bracket.is_opening);
        opening.is_some_and(|opening| self.begins_raw_element(opening))
            || has_separator(&self.text[last.end..self.link])
    }

    fn begins_raw_element(&self, bracket: &Bracket) -> bool {
        const NAMES: [&[u8]; 6] = [b"script", b"style", b"xmp", b"iframe", b"noembed", b"noframes"];
        let longest = NAMES.iter().map(|name| name.len()).max().unwrap_or_default();
        let name: Vec<u8> = self
            .chars_after(bracket)
            .take(longest + 1)
            .take_while(u8::is_ascii_alphanumeric)
            .map(|byte| byte.to_ascii_lowercase())
            .collect();
        NAMES.contains(&&name[..])
    }
}

/// Returns `true` for text that has what separates the strings of JSON, of scripts and of tables, `":` or `","`. Tags before it are in
/// another string than what follows.
fn has_separator(text: &[u8]) -> bool {
    let skip = |text: &[u8]| {
        let is_skipped = |byte: &&u8| byte.is_ascii_whitespace() || **byte == b'\\';
        text.iter().take_while(is_skipped).count()
    };
    memchr::memchr_iter(b'"', text).any(|quote| {
        let rest = &text[quote + 1..];
        match &rest[skip(rest)..] {
            [b':', ..] => true,
            [b',' | b'\t' | b';', rest @ ..] => matches!(&rest[skip(rest)..], [b'"' | b'{' | b'[', ..]),
            _ => false,
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Returns the depth at the place of `@`.
    fn depth(text: &str, percent: u8) -> u8 {
        let at = text.find('@').expect("a link");
        around(text.as_bytes(), &(at..at + 1), percent).depth
    }

    #[test]
    fn links_are_escaped_as_often_as_what_is_around_them() {
        for (text, expected) in [
            ("@", 0),
            ("<p>@</p>", 1),
            ("<a b='@'>", 1),
            ("a < b @ c > d", 0),
            ("> @ <", 0),
            ("<![CDATA[@]]>", 0),
            ("<![CDATA[<a href='@'>]]>", 1),
            ("<d>&lt;a href=\"@\"&gt;</d>", 2),
            ("<d>&lt;a href=&quot;@&quot;&gt;</d>", 2),
            ("<d>&lt;p&gt;a&lt;/p&gt;</d><d>@</d><d>&lt;p&gt;</d>", 1),
            ("<d>&lt;p&gt;a @</d>", 2),
            ("<d>&lt;e&gt;&lt;![CDATA[@]]&gt;&lt;/e&gt;</d>", 1),
            ("<d>&lt;script&gt;a = @&lt;/script&gt;</d>", 1),
            ("<d>@ &lt;b&gt;</d>", 2),
            ("<d>3 &lt; 4 @</d>", 1),
            ("&lt;p&gt;@ x&lt;/p&gt;", 2),
            ("&#60;p&#x3e;@ x&#60;/p&#x3e;", 2),
            ("&amp;lt;p&amp;gt;@&amp;lt;/p&amp;gt;", 3),
            ("<d>&amp;lt;p&amp;gt;@&amp;lt;/p&amp;gt;</d>", 3),
            (r"\u003cp\u003e@\u003c/p\u003e", 1),
            (r"\x3cp\x3e@\x3c\/p\x3e", 1),
            (r"\u0026lt;p\u0026gt;@\u0026lt;/p\u0026gt;", 2),
            (r"<p>@<\/p>", 1),
            ("<script>var a = '@';</script>", 0),
            ("<SCRIPT type=\"application/ld+json\">{\"a\":\"@\"}</SCRIPT>", 0),
            ("<style>a { background: url(@) }</style>", 0),
            ("<script>b('<a href=\"@\">')</script>", 1),
            ("<scripts>@</scripts>", 1),
            (r#"{"a":"<b>x</b>","c":"@","d":"<i>"}"#, 0),
            (r#"{"a":"<b>x</b>", "c": "y @ z", "d":"<i>"}"#, 0),
            (r#"{\"a\":\"<b>x</b>\",\"c\":\"@\",\"d\":\"<i>\"}"#, 0),
            (r#"{"a":"<b>x</b> @","d":"<i>"}"#, 1),
            ("\"<b>x</b>\",\"@\",\"<i>y</i>\"", 0),
            ("<p>\"a\" and \"@\"</p>", 1),
        ] {
            assert_eq!(depth(text, 0), expected, "{text}");
        }
        assert_eq!(depth("<p>?b=%3Ca%20href=%22@%22%3E</p>", 1), 1);
        assert_eq!(depth("<p>?b=@</p>", 1), 0);
    }
}
