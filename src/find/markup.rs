//! Finds out whether a link is in markup (an element or an attribute of HTML or XML), and how many times the markup is
//! escaped: HTML in a feed is escaped itself.

use std::collections::HashSet;
use std::ops::Range;

use super::spelling::{self, MAX_PERCENT, Spelled};
use super::tags::{Tag, real, unmatched};

/// Tags are searched in this many bytes after a link, and in twice as many before it: nearly every link in markup is this
/// close to a tag.
const NEAR: usize = 1024;

/// The same number for a second search, if the first one finds no angle bracket.
pub(super) const DISTANCE: usize = 3072;

/// The markup around a link.
#[derive(Clone, Copy, Default, Debug)]
pub(super) struct Markup<'t> {
    /// The number of times that a `&` of the link has to be escaped for HTML.
    pub(super) depth: u8,
    /// The beginning of the escapes that a script uses for angle brackets, `\u00` or `\x`.
    pub(super) script: Option<&'t [u8]>,
}

/// The maximum number of levels of HTML that is escaped in HTML. Real texts have fewer.
const MAX_LEVELS: u8 = 4;

/// Returns the markup around the link at `range`, which is percent-encoded `percent` times.
///
/// A `&` is escaped in tags and in elements, but not in CDATA, in scripts, and in text that only looks like tags, as `<name>` does
/// in a chat. Nor is it escaped in a string of a script or of a table if all tags are in other strings.
pub(super) fn around<'t>(text: &'t [u8], range: &Range<usize>, percent: u8) -> Markup<'t> {
    let marks_within = |distance: usize| {
        let start = range.start.saturating_sub(2 * distance);
        let end = text.len().min(range.end + distance);
        (marks(text, start..range.start, percent), marks(text, range.end..end, percent))
    };
    let (mut before, mut after) = marks_within(NEAR);
    if !before.iter().chain(&after).any(Mark::is_bracket) {
        (before, after) = marks_within(DISTANCE);
    }
    let brackets = || before.iter().chain(&after).filter(|mark| mark.is_bracket());
    let levels = brackets().map(|mark| mark.level.saturating_add(1)).max().unwrap_or_default();
    // Brackets that a script escapes are text for the markup around the script, and form markup of their own.
    let mut scripts: Vec<_> = brackets().map(|mark| mark.script).collect();
    scripts.sort_unstable_by_key(|script| (script.map_or(0, <[u8]>::len), *script));
    scripts.dedup();
    let mut markup = Markup::default();
    for (&script, level) in
        scripts.iter().flat_map(|script| (0..levels.min(MAX_LEVELS)).map(move |level| (script, level)))
    {
        // HTML that is escaped in an element or an attribute ends at the end of that element or attribute.
        let is_outside = |mark: &Mark<'_>| {
            mark.is_bracket() && mark.level < level && (mark.script.is_none() || mark.script == script)
        };
        let first = before.iter().rposition(is_outside).map_or(0, |at| at + 1);
        let end = after.iter().position(is_outside).unwrap_or(after.len());
        let at_level = |marks: &[Mark<'t>]| -> Vec<Mark<'t>> {
            let is_at_level =
                |mark: &&Mark<'_>| mark.is_quote() || mark.level == level && mark.script == script;
            marks.iter().filter(is_at_level).copied().collect()
        };
        let place = Place {
            text,
            before: at_level(&before[first..]),
            after: at_level(&after[..end]),
            link: range.clone(),
            percent,
            is_fragment: first > 0 && end < after.len(),
            is_raw: false,
        };
        if place.is_markup() {
            markup = Markup { depth: level + 1, script };
        }
    }
    if markup.depth == 0 {
        markup.script =
            before.iter().rev().chain(&after).find(|mark| mark.is_bracket()).and_then(|mark| mark.script);
    }
    // In a script, a `&` is written `\u0026`, which the HTML around the script does not escape.
    if markup.script.is_none() {
        markup.depth = markup.depth.max(depth_of_neighbors(text, range, percent));
    }
    markup
}

/// Returns how often the characters next to the link are escaped for HTML: once in `&quot;link&quot;`, twice in `&amp;quot;link`.
fn depth_of_neighbors(text: &[u8], range: &Range<usize>, percent: u8) -> u8 {
    let before = spelling::last(&text[..range.start]).filter(|_| percent == 0);
    let after = spelling::first(&text[range.end..], percent);
    let neighbors = [before, after].into_iter().flatten();
    neighbors.filter(|next| next.is_percent == (percent > 0)).map(|next| next.html).max().unwrap_or_default()
}

/// Returns `\u00` of `\u003c`, with all its backslashes, and `\x` of `\x3c`. The backslashes may be percent-encoded.
pub(super) fn script_prefix(spelled: &[u8]) -> Option<&[u8]> {
    const BACKSLASHES: [&[u8]; 1 + MAX_PERCENT as usize] = [b"\\", b"%5C", b"%255C", b"%25255C"];
    let mut slashes = 0;
    while let Some(slash) = BACKSLASHES.iter().find(|slash| {
        spelled[slashes..].get(..slash.len()).is_some_and(|begin| begin.eq_ignore_ascii_case(slash))
    }) {
        slashes += slash.len();
    }
    let digits = [&b"u00"[..], b"x"].into_iter().find(|digits| spelled[slashes..].starts_with(digits))?;
    (slashes > 0).then(|| &spelled[..slashes + digits.len()])
}

/// Returns `true` if an apostrophe, escaped or not, precedes the link at `start` in its line.
pub(super) fn has_apostrophe_before(text: &[u8], start: usize) -> bool {
    let first = start.saturating_sub(2 * NEAR);
    let line = memchr::memrchr(b'\n', &text[first..start]).map_or(first, |at| first + at + 1);
    marks(text, line..start, 0).iter().any(|mark| mark.byte == b'\'')
}

/// An angle bracket or a quote in a text.
#[derive(Clone, Copy, Debug)]
struct Mark<'t> {
    byte: u8,
    /// How often it is escaped for HTML.
    level: u8,
    start: usize,
    end: usize,
    /// The bytes that spell it, with the backslashes before it. Quotes with the same spelling belong together.
    spelled: &'t [u8],
    /// The beginning of its escape, if a script escapes it.
    script: Option<&'t [u8]>,
}

impl Mark<'_> {
    fn is_bracket(&self) -> bool {
        !self.is_quote()
    }

    fn is_quote(&self) -> bool {
        matches!(self.byte, b'"' | b'\'' | b'`')
    }
}

/// Returns the angle brackets and quotes in `range`, in a text that contains a link that is percent-encoded `percent` times.
fn marks(text: &[u8], range: Range<usize>, percent: u8) -> Vec<Mark<'_>> {
    let mut found = Vec::new();
    let mut at = range.start;
    let begins = |byte: &u8| match byte {
        b'<' | b'>' | b'"' | b'\'' | b'`' | b'&' | b'\\' => true,
        b'%' => percent > 0,
        _ => false,
    };
    while let Some(len) = text[at..range.end].iter().position(begins) {
        let start = at + len;
        let Some(Spelled { byte, len, html: level, is_percent, .. }) =
            spelling::first(&text[start..range.end], percent)
        else {
            break;
        };
        at = start + len;
        let is_mark = matches!(byte, b'<' | b'>' | b'"' | b'\'' | b'`');
        // If the link is percent-encoded, marks that are not belong to the text around the URL that contains the link.
        if is_mark && is_percent == (percent > 0) {
            let slashes = text[range.start..start].iter().rev().take_while(|&&byte| byte == b'\\').count();
            let script = script_prefix(&text[start..at]);
            found.push(Mark { byte, level, start, end: at, spelled: &text[start - slashes..at], script });
        }
    }
    found
}

/// A link among the angle brackets of one level and the quotes.
struct Place<'t> {
    text: &'t [u8],
    before: Vec<Mark<'t>>,
    after: Vec<Mark<'t>>,
    link: Range<usize>,
    percent: u8,
    /// The text is the whole content of an element, of an attribute or of a section of CDATA.
    is_fragment: bool,
    /// The text is the content of a script or a similar element, in which only strings can be markup.
    is_raw: bool,
}

impl<'t> Place<'t> {
    /// Returns `true` if a `&` is escaped at this place and level.
    fn is_markup(&self) -> bool {
        if let Some(section) = self.character_data() {
            return section.is_markup();
        }
        if let Some(is_markup) = self.of_tag() {
            return is_markup;
        }
        let (mut before, mut after) = (self.tags(&self.before), self.tags(&self.after));
        if !self.is_raw
            && let Some(element) = self.raw_element(&before, &after)
        {
            return element.is_markup();
        }
        if let Some(string) = self.string() {
            let text = string.opener.end..string.closer.start;
            let is_within = |tag: &&Tag| text.start <= tag.range.start && tag.range.end <= text.end;
            let within: Vec<_> = before.iter().chain(&after).filter(is_within).cloned().collect();
            if real(&within).next().is_some() {
                return Place { is_fragment: true, is_raw: false, ..self.within(text) }.is_markup();
            }
            before.retain(|tag| !string.is_other(tag.range.end..string.opener.start));
            after.retain(|tag| !string.is_other(string.closer.end..tag.range.start));
        }
        let tags = [before, after].concat();
        let (before, after) = real(&tags).partition::<Vec<_>, _>(|tag| tag.range.end <= self.link.start);
        let closed: HashSet<_> = tags.iter().filter(|tag| tag.is_closing()).map(|tag| &tag.name).collect();
        // A tag without an end tag may be a word in angle brackets: `fix <li> in lists`.
        let is_shown =
            |tag: &Tag| tag.has_value || closed.contains(&tag.name) || self.begins_line(&tag.range);
        let open = unmatched(before.iter().copied());
        // The innermost script, which may be in a string of another one. Elements around it do not count.
        let script = open.iter().rposition(|tag| tag.is_raw());
        let is_of_script = |tag: &Tag| script.is_none_or(|at| !open[at].is_ended_by(tag));
        let closing = unmatched(after.iter().copied()).into_iter().filter(|tag| tag.is_closing());
        let is_in_element =
            open[script.map_or(0, |at| at + 1)..].iter().any(|tag| tag.is_opening() && is_shown(tag))
                || closing.take_while(|tag| is_of_script(tag)).next().is_some();
        let is_near_tag = || {
            before.last().into_iter().chain(after.first()).any(|tag| {
                self.is_next_to(&tag.range)
                    && (!tag.is_opening() || is_shown(tag) || tag.range.end == self.link.start)
            })
        };
        let is_in_fragment = || self.is_fragment && before.len() + after.len() > 0;
        is_in_element || !self.is_raw && (is_in_fragment() || is_near_tag())
    }

    /// Returns the characters in `range`.
    fn chars(&self, range: Range<usize>) -> impl Iterator<Item = u8> {
        let mut rest = &self.text[range];
        std::iter::from_fn(move || {
            // Slashes and spaces (`+`) may be escaped one time fewer than the rest.
            let less = self.percent.saturating_sub(1);
            let first = spelling::first(rest, self.percent)?;
            let Spelled { byte, len, is_percent, .. } = match first.byte {
                b'%' => spelling::first(rest, less)
                    .filter(|less| matches!(less.byte, b'+' | b'/'))
                    .unwrap_or(first),
                _ => first,
            };
            rest = &rest[len..];
            Some(if byte == b'+' && self.percent > 0 && (!is_percent || less > 0) { b' ' } else { byte })
        })
    }

    /// Returns the section of CDATA that contains the link, if there is one.
    fn character_data(&self) -> Option<Place<'t>> {
        let begins = |mark: &Mark<'_>| {
            mark.byte == b'<' && self.chars(mark.end..self.link.start).take(8).eq(*b"![CDATA[")
        };
        let bracket = |end: usize| spelling::start_of_last(&self.text[..end], b']');
        let ends = |mark: &Mark<'_>| mark.byte == b'>' && bracket(mark.start).and_then(bracket).is_some();
        let first = self.before.iter().rposition(begins)?;
        if self.before[first..].iter().any(ends) {
            return None;
        }
        let end = self.after.iter().position(ends).unwrap_or(self.after.len());
        let (before, after) = (self.before[first + 1..].to_vec(), self.after[..end].to_vec());
        Some(Place { before, after, link: self.link.clone(), is_fragment: true, ..*self })
    }

    /// Returns the script or similar element that contains the link, if there is one.
    fn raw_element(&self, before: &[Tag], after: &[Tag]) -> Option<Place<'t>> {
        let begin = unmatched(before.iter()).into_iter().find(|tag| tag.is_raw())?;
        let end =
            after.iter().find(|tag| begin.is_ended_by(tag)).map_or(self.text.len(), |tag| tag.range.start);
        Some(Place { is_raw: true, ..self.within(begin.range.end..end) })
    }

    /// Returns the same place with only the marks that are in `range`.
    fn within(&self, range: Range<usize>) -> Place<'t> {
        let is_within = |mark: &&Mark<'_>| range.start <= mark.start && mark.end <= range.end;
        let within = |marks: &[Mark<'t>]| marks.iter().filter(is_within).copied().collect();
        Place { before: within(&self.before), after: within(&self.after), link: self.link.clone(), ..*self }
    }

    /// Returns `Some(true)` if the link is in an attribute, `<a href="link">`, `Some(false)` if it is in a part of a
    /// tag in which nothing is escaped, and `None` if it is not in a tag.
    fn of_tag(&self) -> Option<bool> {
        let is_bracket = |mark: &&Mark<'_>| mark.is_bracket();
        let last = self.before.iter().rev().find(is_bracket).filter(|mark| mark.byte == b'<')?;
        let next = self.after.iter().find(is_bracket);
        let text: Vec<u8> = self.chars(last.end..self.link.start).collect();
        // Source code: `<?php a('link') ?>`, `<%= a "link" %>`. In XML, `<?xml-stylesheet href="link"?>`.
        if text.starts_with(b"%") || text.starts_with(b"?") && !text.starts_with(b"?xml") {
            return Some(false);
        }
        // A comment, perhaps around a script.
        let is_tag =
            !text.starts_with(b"!") && Tag::read(text.iter().copied(), 0..0).is_some_and(|tag| tag.has_value);
        if !is_tag || next.is_none_or(|next| next.byte != b'>') {
            return None;
        }
        Some(!is_in_expression(&self.text[last.end..self.link.start]))
    }

    /// Returns the tags between `marks`.
    fn tags(&self, marks: &[Mark<'_>]) -> Vec<Tag> {
        let brackets: Vec<_> = marks.iter().filter(|mark| mark.is_bracket()).collect();
        let pairs = brackets.windows(2).filter(|pair| pair[0].byte == b'<' && pair[1].byte == b'>');
        pairs
            .filter_map(|pair| Tag::read(self.chars(pair[0].end..pair[1].start), pair[0].start..pair[1].end))
            .collect()
    }

    /// Returns the string of a script or a table that contains the link. Its two quotes have the same spelling, and
    /// characters that separate values are before the first and after the second.
    fn string(&self) -> Option<StringLiteral<'t>> {
        let is_separator =
            |byte: Option<&u8>, separators: &[u8]| byte.is_none_or(|byte| separators.contains(byte));
        let is_skipped = |byte: &&u8| !matches!(**byte, b' ' | b'\\');
        let mut seen: Vec<&[u8]> = Vec::new();
        let is_first = |mark: &&Mark<'t>| {
            let is_first = mark.is_quote() && !seen.contains(&mark.spelled);
            seen.extend(is_first.then_some(mark.spelled));
            is_first
        };
        self.before.iter().rev().filter(is_first).find_map(|&opener| {
            let before = &self.text[..opener.end - opener.spelled.len()];
            let closer = *self.after.iter().find(|other| other.spelled == opener.spelled)?;
            let is_string = is_separator(before.iter().rev().find(is_skipped), b":,;[({=+\n\r\t")
                && is_separator(self.text[closer.end..].iter().find(is_skipped), b":,;])}+\n\r\t");
            let is_alike = |mark: &&Mark<'_>| mark.spelled == opener.spelled;
            let quotes = self.before.iter().chain(&self.after).filter(is_alike).map(|mark| mark.start);
            is_string.then(|| StringLiteral { opener, closer, quotes: quotes.collect() })
        })
    }

    /// Returns `true` if the tag at `tag` begins a line before the link, perhaps after other tags.
    fn begins_line(&self, tag: &Range<usize>) -> bool {
        let before = self.text[..tag.start].trim_ascii_end();
        let is_first = before.last() == Some(&b'>')
            || self.text[before.len()..tag.start].contains(&b'\n')
            || before.is_empty();
        is_first && tag.end <= self.link.start
    }

    /// Returns `true` if there are only spaces, or nothing, between the link and the tag at `tag`.
    fn is_next_to(&self, tag: &Range<usize>) -> bool {
        let between =
            if tag.end <= self.link.start { tag.end..self.link.start } else { self.link.end..tag.start };
        self.text[between].iter().all(|&byte| byte == b' ')
    }
}

/// Returns `true` if `text`, the beginning of a JSX tag, ends inside an expression: `<Link to={`.
fn is_in_expression(text: &[u8]) -> bool {
    let mut rest = text;
    while let Some(at) = memchr::memchr(b'=', rest) {
        rest = &rest[at + 1..];
        let end = match rest.first() {
            Some(quote @ (b'"' | b'\'')) => memchr::memchr(*quote, &rest[1..]),
            Some(b'{') => match memchr::memchr(b'}', rest) {
                Some(end) => Some(end),
                None => return true,
            },
            _ => Some(0),
        };
        // The quote is not closed: the link is in the value.
        let Some(end) = end else { return false };
        rest = &rest[end..];
    }
    false
}

/// The quotes of a string.
struct StringLiteral<'t> {
    opener: Mark<'t>,
    closer: Mark<'t>,
    /// The positions of all quotes that have the same spelling.
    quotes: Vec<usize>,
}

impl StringLiteral<'_> {
    /// Returns `true` if the text on the other side of `between` is in another string: if there is an odd number of
    /// these quotes in `between`.
    fn is_other(&self, between: Range<usize>) -> bool {
        let count_before = |at| self.quotes.partition_point(|&quote| quote < at);
        !between.is_empty() && (count_before(between.end) - count_before(between.start)) % 2 == 1
    }
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
    fn links_are_escaped_as_often_as_the_markup_around_them() {
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
            // What only looks like tags.
            ("12:01 <bob> @\n12:02 <al> ok", 0),
            ("<Media omitted> @ <Media omitted>", 0),
            ("<bob=x.org> @ <al=x.org>", 0),
            ("<INFO> @ <INFO>", 0),
            ("Vec<String> @ Vec<u8>", 0),
            ("#include <string>\n@\n#include <map>", 0),
            ("<URL:@> <b>x</b>", 0),
            ("if a <b && c(@) > d", 0),
            ("<script>if (a <b && c> d || e <i && f=g> h) i('@')</script>", 0),
            ("<script>var a = <p>@</p>;</script>", 1),
            ("fix <li> in list\n\nsee @", 0),
            ("WARN unclosed <p> at 3; url=\"@\"", 0),
            ("E: got <html> for @", 0),
            ("12:01 <i> @", 0),
            // Tags in other strings or fields.
            ("1\t<ul><li>a<li>b</ul>\t@\n", 0),
            ("1\t<p>Hello<p>World\t@", 0),
            ("a|<p>Hello<p>World|@", 0),
            ("a: <p>x\nu: \"@\"", 0),
            (r#""<p>x","He said ""yes"": @ y""#, 0),
            ("('<li>x','it''s @ y')", 0),
            ("s := `<p>x`\nu := \"@\"", 0),
            (r#"a.push("<b>x</b>");a.push("@");a.push("<i>y</i>")"#, 0),
            (r#"{h:"<p>x</p>",u:"@",k:"<p>"}"#, 0),
            (r#"{h:"<p>x",u:"@",k:"</p>"}"#, 0),
            ("{h:'<p>x',u:'@',k:'</p>'}", 0),
            ("[`<p>x`,`@`,`</p>`]", 0),
            ("INSERT INTO a VALUES ('<p>x','@','<b>y</b>')", 0),
            ("1,<p>x</p>,@,<b>y</b>", 0),
            ("<p>x</p>\t@\t<b>y</b>", 0),
            ("html: <p>x</p>\nlink: @\nmore: <b>y</b>\n", 0),
            ("<a b='{&quot;c&quot;:&quot;&lt;p&gt;&quot;,&quot;d&quot;:&quot;@&quot;}'>", 1),
            // Not in a tag.
            ("<script><!--\nvar u=\"@\";\n//--></script>", 0),
            ("<?php $u = '@'; ?>", 0),
            ("<p><%= link_to 'x', '@' %></p>", 0),
            ("<script setup>\nconst u = '@'\n</script>", 0),
            ("<style scoped>a { b: url(@) }</style>", 0),
            ("<p><?php a('@'); ?></p>", 0),
            ("<?xml-stylesheet href='@'?>", 1),
            (r#"<Link to={"@"}>"#, 0),
            (r#"<Link a="b" to={"@"}>"#, 0),
            (r#"<a b="c={" href="@">"#, 1),
            (r#"<a b={c} href="@">"#, 1),
            (r#"<Card data={{ url: "@" }} />"#, 0),
            // JSON in an attribute, and HTML in it.
            (
                r#"<div a="[{&quot;b&quot;: &quot;c -\u003e d&quot;, &quot;e&quot;: &quot;@&quot;}]"></div>"#,
                1,
            ),
            (
                r#"<div a="{&quot;b&quot;:&quot;\u003cp\u003ec\u003c/p\u003e&quot;,&quot;e&quot;:&quot;@&quot;}">"#,
                1,
            ),
            (r#"<div a="{&quot;b&quot;:&quot;\u003cp\u003e@\u003c/p\u003e&quot;}">"#, 1),
            // Tags on one side.
            ("<![CDATA[<p>x</p> @]]>", 1),
            ("<![CDATA[@<br/>more]]>", 1),
            (r#"{"h":"see @<br>x"}"#, 1),
            (r#"{"h":"<a href=\"x\">y</a> see @"}"#, 1),
            ("<title>x</title>@", 1),
            ("@<br>x", 1),
            ("<b>x</b> @ <i>y</i>", 1),
            ("<ul><li>@<li>x</ul>", 1),
            ("<UL><LI>@<LI>x", 1),
            ("<P>@\n<P>x\n", 1),
            ("<p>\nSee\n@\n\n<p>\nx\n", 1),
            ("<d>&lt;bob&gt; @</d>", 1),
            ("<!-- @ -->", 0),
            ("<!-- <a href='@'> -->", 1),
            // Escaped characters next to the link.
            ("&quot;@&quot;", 1),
            ("<d>&amp;quot;@&amp;quot;</d>", 2),
        ] {
            assert_eq!(depth(text, 0), expected, "{text}");
        }
        for (distance, expected) in [(NEAR, 1), (2 * DISTANCE - 100, 1), (2 * DISTANCE, 0)] {
            let text = format!("<p>{}@</p>", "a ".repeat(distance / 2));
            assert_eq!(depth(&text.replace("</p>", &"b ".repeat(DISTANCE)), 0), expected, "{distance}");
        }
        assert_eq!(depth("<p>?b=%3Ca%20href=%22@%22%3E</p>", 1), 1);
        assert_eq!(depth("<p>?b=@</p>", 1), 0);
        assert_eq!(depth("?b=%3Ca+href%3D%22@%22%3E", 1), 1);
        assert_eq!(depth("?b=%253Ca%2Bhref%253D%2522@%2522%253E", 2), 1);
        for (text, script) in [
            (r#"<div a="{&quot;b&quot;:&quot;\u003cp\u003e@\u003c/p\u003e&quot;}">"#, Some(&br"\u00"[..])),
            (r#"<div a="{&quot;b&quot;:&quot;\u003cp\u003e&quot;,&quot;c&quot;:&quot;@&quot;}">"#, None),
        ] {
            let at = text.find('@').expect("a link");
            assert_eq!(around(text.as_bytes(), &(at..at + 1), 0).script, script, "{text}");
        }
    }
}
