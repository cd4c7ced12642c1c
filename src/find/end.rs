//! Finds the end of a link in a text.

use super::spelling::{self, Spelled, is_escape_of, len_of_hex};
use crate::limits::MAX_INPUT_LEN;
use crate::link::{first_char, is_parameter, is_viewer_parameter, len_of_ellipsis};
use crate::printable::is_url_byte;

/// The set of characters that a link can consist of.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Charset {
    /// The characters of links with an ID in their path. A comma is not one of them: after such a link it belongs to the text.
    Page,
    /// The characters of links with an ID in their query, or in the query of a link that their query contains.
    Id,
    /// The characters of redirects: those of any URL in the parameter that contains the URL, and those of `Id` in others.
    Redirect,
    /// The characters of any URL; in the parameters that the AMP viewer adds to it, those of `Id`.
    Url,
}

impl Charset {
    fn is_of_id(self) -> bool {
        matches!(self, Charset::Page | Charset::Id)
    }

    pub(super) fn contains(self, byte: u8) -> bool {
        match self {
            Charset::Page | Charset::Id => byte.is_ascii_alphanumeric() || b"-_.~%=&+:/?#@$".contains(&byte),
            Charset::Redirect | Charset::Url => is_url_byte(byte),
        }
    }
}

/// The end of a link.
#[derive(Clone, Copy, Debug)]
pub(super) struct End {
    pub(super) at: usize,
    /// `true` if no character that follows can belong to the link.
    pub(super) is_known: bool,
}

/// Returns where the link that begins at `start` ends. From `from` on, it consists of characters of `charset`.
///
/// Closing brackets, quotes and punctuation that follow a link in text are not part of it.
pub(super) fn find_end(text: &[u8], start: usize, from: usize, percent: u8, charset: Charset) -> End {
    let mut scan = Scan::new(text, start, from, percent, charset);
    loop {
        match scan.step() {
            Step::Inside => {}
            Step::Outside => return scan.end(),
            Step::NextLink(at) => {
                return End { at: end_without_marks(text, start, from, at.min(scan.end)), is_known: true };
            }
        }
    }
}

/// The state of a search for the end of a link.
struct Scan<'t> {
    /// The text up to the last position at which the link can end.
    text: &'t [u8],
    /// Where the link begins.
    start: usize,
    /// Where the scan began: at the path, or after an ID.
    from: usize,
    percent: u8,
    charset: Charset,
    /// The characters that the current parameter can contain.
    here: Charset,
    /// The byte before the link.
    opener: u8,
    /// The link is in a parameter of another URL, but not percent-encoded.
    is_in_query: bool,
    /// The position of the current character.
    at: usize,
    /// The number of open brackets.
    open: u32,
    has_query: bool,
    /// The number of parameters up to here.
    parameters: usize,
    /// The current parameter has a `=`.
    has_value: bool,
    /// The slashes of the link are not escaped, but its query is, twice: `/read/CBMi…%253Foc%253D5`.
    is_query_escaped_twice: bool,
    /// Where the link ends if only punctuation follows.
    end: usize,
}

/// More parameters than any known redirect has. The text after each of them is examined, so their number must be limited.
const MAX_PARAMETERS: usize = 32;

/// The result of reading a character.
enum Step {
    Inside,
    Outside,
    /// Another link begins here, without anything between the two.
    NextLink(usize),
}

impl<'t> Scan<'t> {
    fn new(text: &'t [u8], start: usize, from: usize, percent: u8, charset: Charset) -> Self {
        let byte_before = match charset {
            Charset::Page => text[..start].last().copied(),
            _ => spelling::last(&text[..start]).map(|spelled| spelled.byte),
        };
        Scan {
            text: &text[..text.len().min(start + MAX_INPUT_LEN + 1)],
            start,
            from,
            percent,
            charset,
            here: charset,
            opener: byte_before.unwrap_or(b' '),
            is_in_query: percent == 0 && is_in_query(text, start),
            at: from,
            open: 0,
            has_query: false,
            parameters: 0,
            has_value: false,
            is_query_escaped_twice: false,
            end: from,
        }
    }

    /// Reads the next character.
    fn step(&mut self) -> Step {
        let Some(spelled) = spelling::first(&self.text[self.at..], self.percent) else {
            return Step::Outside;
        };
        let Spelled { byte, len, .. } = spelled;
        if byte == b':'
            && let Some(at) = start_of_glued_scheme(self.text, self.from, self.at, self.percent)
        {
            return Step::NextLink(at);
        }
        if self.ends_url_around(&spelled) || self.ends_text_around(&spelled) || !self.is_of_link(&spelled) {
            return Step::Outside;
        }
        match byte {
            b'%' => self.is_query_escaped_twice |= self.is_escape(2, |byte| byte == b'?'),
            b'(' | b'[' | b'{' => self.open += 1,
            b')' | b']' | b'}' if self.open == 0 => return Step::Outside,
            b')' | b']' | b'}' => self.open -= 1,
            _ => {}
        }
        self.at += len;
        // What follows a `?` in the URL of a redirect belongs to that URL.
        let begins_parameter = match self.charset {
            Charset::Page | Charset::Id => false,
            Charset::Redirect => byte == b'&' || byte == b'?' && !self.has_query,
            Charset::Url => matches!(byte, b'?' | b'&' | b'#'),
        };
        self.parameters += usize::from(begins_parameter);
        if begins_parameter && self.parameters <= MAX_PARAMETERS {
            let rest = &self.text[self.at..];
            let is_after_url = match self.charset {
                Charset::Redirect => is_parameter_after_url(rest),
                _ => is_viewer_parameter(rest),
            };
            self.here = if is_after_url { Charset::Id } else { Charset::Url };
        }
        self.has_query |= byte == b'?';
        if self.can_be_last(byte) {
            self.end = self.at;
        }
        self.has_value = byte == b'=' || self.has_value && !matches!(byte, b'?' | b'&');
        Step::Inside
    }

    /// Returns `true` if the current character is percent-encoded `percent` times and is one of `chars`.
    fn is_escape(&self, percent: u8, chars: impl Fn(u8) -> bool) -> bool {
        is_escape_of(&self.text[self.at..], percent, chars)
    }

    /// Returns `true` for a character that ends the link because it belongs to another URL, which contains the link in
    /// a parameter.
    fn ends_url_around(&self, &Spelled { byte, len, is_percent, .. }: &Spelled) -> bool {
        let is_percent_encoded = self.percent > 0;
        let is_unescaped = is_percent_encoded && !is_percent;
        match byte {
            byte if is_unescaped && ends_parameter(byte) => true,
            // Programs that percent-encode links also encode these characters.
            b',' | b'|' | b'[' | b']' if is_unescaped => true,
            b'/' if is_unescaped => self.is_slash_escaped(),
            // In a link that is encoded several times: the same characters of an outer URL, encoded fewer times.
            b'%' if is_percent_encoded => (1..self.percent)
                .any(|less| self.is_escape(less, |byte| ends_parameter(byte) || !is_url_byte(byte))),
            b'%' if self.is_query_escaped_twice && self.is_escape(1, ends_parameter) => true,
            b'&' if self.is_in_query => !is_googles(&self.text[self.at + len..]),
            b'#' | b'+' => self.is_in_query,
            b'%' if self.is_in_query => self.is_escape(1, |byte| !is_url_byte(byte)),
            _ => false,
        }
    }

    /// Returns `true` for a character that can be part of a link, but here belongs to the text around the link.
    fn ends_text_around(&self, &Spelled { byte, len, .. }: &Spelled) -> bool {
        let rest = &self.text[self.at + len..];
        match byte {
            b'^' => self.opener == byte,
            // The end of a string that contains more than the link. An apostrophe in a URL is followed by the rest of a word.
            b'\'' => {
                self.opener == byte
                    || !spelling::first(rest, self.percent).is_some_and(|next| is_of_word(next.byte))
            }
            b',' | b';' => self.opener == byte || begins_url(rest),
            // `<link|title>` in chats, `[link|title]` in wikis, `|url=link|title=` in templates, cells of tables.
            b'|' => {
                !matches!(self.opener, b'"' | b'\'') && !has_parameter_after_url(rest) || begins_url(rest)
            }
            // `[url]link[/url]`.
            b'[' => self.opener == b']',
            // The end of a comment in source code.
            b'*' => rest.first() == Some(&b'/') && !rest.get(1).copied().is_some_and(is_url_byte),
            // The beginning of a comment in source code.
            b'/' if self.has_query && self.here.is_of_id() => {
                matches!(rest.first(), Some(b'/' | b'*')) && !self.text[..self.at].ends_with(b":")
            }
            // The beginning of a comment in SQL.
            b'-' if self.has_query && self.charset == Charset::Page => {
                spelling::first(rest, self.percent).is_some_and(|next| next.byte == b'-')
            }
            _ => false,
        }
    }

    fn is_of_link(&self, spelled: &Spelled) -> bool {
        match spelled.byte {
            spelling::BEYOND_ASCII => false,
            b',' if self.charset == Charset::Redirect
                && is_list_item(&self.text[self.at + spelled.len..]) =>
            {
                true
            }
            0x80.. => spelled.is_percent && self.here == Charset::Url,
            byte => self.here.contains(byte),
        }
    }

    /// Returns `true` if the link can end with `byte`. Other characters are punctuation that follows it, or marks around it.
    fn can_be_last(&self, byte: u8) -> bool {
        let is_page = self.charset == Charset::Page;
        match byte {
            b'.' | b',' | b';' | b':' | b'!' | b'?' | b'\'' | b'*' | b'~' | b'&' => false,
            // No parameter of a link with an ID ends with one of these.
            b'=' if self.has_query && is_page => !self.has_value,
            b'-' | b'_' if self.has_query && is_page => false,
            b'/' if self.has_query && self.here.is_of_id() => false,
            b'+' | b'$' | b'%' | b'@' if self.here.is_of_id() => false,
            _ => true,
        }
    }

    /// Returns `true` if the slashes of the link are percent-encoded.
    fn is_slash_escaped(&self) -> bool {
        is_escape_of(&self.text[self.from..], self.percent, |_| true)
    }

    /// Returns the end of the link, which does not include the current character.
    fn end(&self) -> End {
        // An ID with a query after it is complete, so an ellipsis at the end belongs to the text.
        let is_whole = self.has_query && self.here.is_of_id() && self.charset != Charset::Id;
        let ellipsis = if is_whole { 0 } else { len_of_ellipsis(&self.text[self.end..]) };
        let at = end_without_marks(self.text, self.start, self.from, self.end + ellipsis);
        let is_line_broken = is_line_broken(&self.text[self.start..at], &self.text[at..], self.here);
        let may_go_on = !self.here.is_of_id() && may_go_on(self.text, at, self.percent);
        End { at, is_known: !is_line_broken && !may_go_on }
    }
}

/// Returns `true` if the parameter that `query` begins with is the redirect's own, and not a part of its URL whose `&`
/// should have been escaped: `sa=D` is, `b=2` is not in `?q=https://example.com/?a=1&b=2&sa=D`.
fn is_parameter_after_url(query: &[u8]) -> bool {
    let is_before_url = has_later_parameter(query, has_url);
    !has_url(query) && !is_before_url && (is_googles(query) || !has_parameter_after_url(query))
}

/// Returns `true` if `query` begins with a parameter that can contain the URL of a redirect.
fn has_url(query: &[u8]) -> bool {
    let names = [&b"url"[..], b"q", b"continue"];
    names.iter().any(|name| matches!(query.strip_prefix(*name), Some([b'=' | b'%', ..])))
}

/// Returns `true` if `query` begins with a parameter that Google adds to links, and not with one of a URL around the link.
fn is_googles(query: &[u8]) -> bool {
    is_parameter(&query[..query.len().min(MAX_NAME_LEN)])
}

/// Returns `true` if a parameter of Google's follows in `text`, the remainder of a link.
fn has_parameter_after_url(text: &[u8]) -> bool {
    has_later_parameter(text, |query| !has_url(query) && is_googles(query))
}

/// Returns `true` if `is_wanted` is `true` for a later parameter in `text`, the remainder of a link.
fn has_later_parameter(text: &[u8], is_wanted: impl Fn(&[u8]) -> bool) -> bool {
    const LONGEST: usize = 512;
    let text = &text[..text.len().min(LONGEST)];
    let len = text.iter().position(|&byte| !is_url_byte(byte)).unwrap_or(text.len());
    // `://` begins the next link, whose parameters do not count.
    let len = memchr::memmem::find(&text[..len], b"://").unwrap_or(len);
    // A parameter also follows `%26` and `&amp;`.
    [&b"&"[..], b"26", b"amp;"].iter().any(|separator| {
        memchr::memmem::find_iter(&text[..len], separator).any(|at| is_wanted(&text[at + separator.len()..]))
    })
}

/// Returns `true` for what follows a comma in parameters of Google's: `bvm=bv.85142067,d.eXY`, `ved=1t:429,r:1,s:0`.
fn is_list_item(text: &[u8]) -> bool {
    matches!(text, [b'a'..=b'z', b'.' | b':', next, ..] if next.is_ascii_alphanumeric())
}

fn begins_url(text: &[u8]) -> bool {
    text.starts_with(b"https://") || text.starts_with(b"http://")
}

/// Returns `true` for what can follow an apostrophe in a URL.
fn is_of_word(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'/' | b'%')
}

/// Returns `true` if a line of mail (quoted-printable) seems to have been broken within a link, by a `=` before the
/// line end. A `=` of the link itself would be written as `=3D`.
fn is_line_broken(link: &[u8], after: &[u8], charset: Charset) -> bool {
    let Some(link) = link.strip_suffix(b"=") else { return false };
    let is_before_query = matches!(link.last(), Some(b'?' | b'&'));
    matches!(after, [b'\n', ..] | [b'\r', b'\n', ..])
        && (is_before_query || charset == Charset::Url && !link.contains(&b'='))
}

/// Returns `true` for the characters that end a parameter of the URL around a percent-encoded link: the separators of
/// parameters, `#`, and `+`, which is a space.
fn ends_parameter(byte: u8) -> bool {
    matches!(byte, b'&' | b'#' | b';' | b'+')
}

/// Returns where the link ends without the marks around it, as in `__link__`, which could also be characters of its ID.
fn end_without_marks(text: &[u8], start: usize, from: usize, end: usize) -> usize {
    match marks_before(text, start) {
        Some(marks) if text[from.min(end)..end].ends_with(marks) => end - marks.len(),
        _ => end,
    }
}

/// Returns the marks of `__link__`, `==link==` and the like that are before the link.
pub(super) fn marks_before(text: &[u8], start: usize) -> Option<&[u8]> {
    let (&mark, _) = text[..start].split_last().filter(|(mark, _)| matches!(mark, b'_' | b'=' | b'-'))?;
    let len = text[..start].iter().rev().take(MAX_MARKS).take_while(|&&byte| byte == mark).count();
    // A single `=` follows the name of a parameter, and a single `-` begins an item of a list.
    (mark == b'_' || len > 1).then(|| &text[start - len..start])
}

/// The maximum number of marks that are removed. More of them are a horizontal line.
const MAX_MARKS: usize = 3;

/// Returns where the scheme before the colon at `colon` begins, if the scheme begins another link that follows this one
/// without a separator.
fn start_of_glued_scheme(text: &[u8], from: usize, colon: usize, percent: u8) -> Option<usize> {
    let mut after = colon;
    for expected in *b"://" {
        let Spelled { byte, len, .. } = spelling::first(&text[after..], percent)?;
        (byte == expected).then_some(())?;
        after += len;
    }
    let before = &text[from..colon];
    let scheme = [&b"https"[..], b"http"].into_iter().find(|scheme| {
        before.len().checked_sub(scheme.len()).is_some_and(|len| before[len..].eq_ignore_ascii_case(scheme))
    })?;
    let start = colon - scheme.len();
    // After a letter or digit it is another link; otherwise it is the value of a parameter or a part of the path of this one.
    let is_glued = spelling::last(&text[from..start])
        .map(|last| last.byte)
        .is_some_and(|byte| byte.is_ascii_alphanumeric());
    (is_glued && !ends_with_percent_escape(&text[from..start])).then_some(start)
}

/// Returns `true` if `text` ends with `%3D`, `%253D` and so on.
fn ends_with_percent_escape(text: &[u8]) -> bool {
    const LONGEST: usize = "%252525".len();
    let end = &text[text.len().saturating_sub(LONGEST)..];
    let digits = end.iter().rposition(|&byte| byte == b'%').map(|at| &end[at + 1..]);
    digits.is_some_and(|digits| digits.len() >= 2 && len_of_hex(digits) == digits.len())
}

/// The maximum length of a parameter's name.
const MAX_NAME_LEN: usize = 64;

/// Returns `true` if the link that begins at `start` is in a parameter of another URL, in which it should be percent-encoded:
/// `?text=see%20https://news.google.com/…%20there`.
pub(super) fn is_in_query(text: &[u8], start: usize) -> bool {
    let is_mark = |byte: &u8| b"([{'*_~,;:!|".contains(byte);
    let before = &text[..start - text[..start].iter().rev().take(8).take_while(|byte| is_mark(byte)).count()];
    match before {
        [.., b'%', high, low] => high.is_ascii_hexdigit() && low.is_ascii_hexdigit(),
        // A `+` after a letter or digit is a space. Elsewhere it may begin a line that a diff adds.
        [.., byte, b'+'] => byte.is_ascii_alphanumeric(),
        [before @ .., b'='] => {
            let is_name = |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-' | b'.');
            let len = before.iter().rev().take(MAX_NAME_LEN).take_while(|byte| is_name(byte)).count();
            let before = &before[..before.len() - len];
            len > 0 && [b'?', b'&'].into_iter().any(|byte| spelling::start_of_last(before, byte).is_some())
        }
        _ => false,
    }
}

/// Returns `true` if a URL in plain text that seems to end at `end` may continue, because a letter beyond ASCII
/// follows, or an escape of one.
fn may_go_on(text: &[u8], end: usize, percent: u8) -> bool {
    let is_letter = |char: char| char.is_alphanumeric() || char == char::REPLACEMENT_CHARACTER;
    match spelling::first(&text[end..], percent) {
        Some(Spelled { byte: spelling::BEYOND_ASCII, beyond_ascii, .. }) => {
            beyond_ascii.is_none_or(is_letter)
        }
        // In Windows-1252 and its relatives, these are quotes, dashes and a space.
        Some(Spelled { byte: 0x91..=0x97 | 0xa0 | 0xab | 0xbb, .. }) => false,
        Some(Spelled { byte: 0x80.., .. }) => first_char(&text[end..]).is_none_or(is_letter),
        _ => false,
    }
}
