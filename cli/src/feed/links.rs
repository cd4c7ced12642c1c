//! Finds the links of a feed, with their offsets, escapes and targets, and replaces them.

use std::borrow::Cow;
use std::ops::Range;

use google_news_link::{ErrorKind, GooglePage, Target, decode};
use quick_xml::errors::Error as XmlError;
use quick_xml::escape::{EscapeError, resolve_predefined_entity, unescape_with};
use quick_xml::events::{BytesRef, BytesStart, Event};
use quick_xml::reader::Reader;
use thiserror::Error as ThisError;

use super::html;
use super::text::{Text, Written};
use crate::online::is_opaque;

/// The links of a feed to Google News.
pub(crate) struct Found {
    /// Links that can be decoded, in order.
    pub(crate) links: Vec<Link>,
    /// The number of other links: damaged, without an ID, or together with other text.
    others: usize,
    /// The address of the feed's page of Google News.
    pub(crate) page: Option<String>,
    /// Whether the encoding of the feed lacks some characters, so that those beyond ASCII are written as references.
    ascii: bool,
}

/// A link to Google News and its target.
pub(crate) struct Link {
    /// The bytes of the feed that are replaced.
    range: Range<usize>,
    place: Place,
    pub(crate) target: Target<'static>,
}

/// The position of a link in the markup, which determines how it is escaped. An attribute has the quotes around it, if
/// any.
#[derive(Clone, Copy)]
enum Place {
    /// The text of an element.
    Text,
    /// A CDATA section.
    Cdata,
    /// An attribute of an element.
    Attribute(Option<u8>),
    /// An attribute in HTML, which is the text of an element.
    HtmlInText(Option<u8>),
    /// An attribute in HTML, which is in a CDATA section.
    HtmlInCdata(Option<u8>),
}

/// The numbers of links that were replaced or not.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
pub(crate) struct Counts {
    pub(crate) replaced: usize,
    pub(crate) opaque: usize,
    pub(crate) others: usize,
}

/// The error for input that is not a well-formed feed, with the offset of the byte at fault.
#[derive(Debug, ThisError)]
#[error("{what}, at byte {at}")]
pub(crate) struct Malformed {
    what: String,
    at: usize,
}

impl Malformed {
    fn new(what: impl Into<String>, at: usize) -> Self {
        // The name of a tag may contain control characters, which would move the cursor of a terminal.
        Malformed { what: what.into().replace(char::is_control, "\u{fffd}"), at }
    }
}

/// Returns the feed, with each link whose URL is known replaced by the URL.
pub(crate) fn replace(feed: &[u8], found: &Found) -> (Vec<u8>, Counts) {
    let mut counts = Counts { others: found.others, ..Counts::default() };
    let mut replaced = Vec::with_capacity(feed.len());
    let mut done = 0;
    for link in &found.links {
        match link.target.canonical_url().and_then(|url| link.place.write(url, found.ascii)) {
            Some(url) => {
                counts.replaced += 1;
                replaced.extend_from_slice(&feed[done..link.range.start]);
                replaced.extend_from_slice(url.as_bytes());
                done = link.range.end;
            }
            None if is_opaque(&link.target) => counts.opaque += 1,
            None => counts.others += 1,
        }
    }
    replaced.extend_from_slice(&feed[done..]);
    (replaced, counts)
}

/// Returns `true` for the target of a link to one article or picture, whose page does not contain several links.
fn is_single(target: &Target<'_>) -> bool {
    !matches!(target, Target::Topic(_) | Target::Story(_) | Target::Publication(_) | Target::Section(_))
}

impl Place {
    /// Returns the URL with the escapes of this position, or `None` if it cannot be written there.
    fn write(self, url: &str, ascii: bool) -> Option<String> {
        match self {
            Place::Text => Some(escape(url, "", ascii)),
            // CDATA contains no references.
            Place::Cdata if ascii && !url.is_ascii() => None,
            // The characters that end a section are split between two sections.
            Place::Cdata => Some(url.replace("]]>", "]]]]><![CDATA[>")),
            Place::Attribute(quote) | Place::HtmlInCdata(quote) => Some(escape(url, unfit(quote), ascii)),
            Place::HtmlInText(quote) => Some(escape(&escape(url, unfit(quote), ascii), "", ascii)),
        }
    }
}

/// Returns the characters that must be escaped in an attribute with these quotes.
fn unfit(quote: Option<u8>) -> &'static str {
    match quote {
        Some(b'"') => "\"",
        Some(_) => "'",
        // A URL that ends in `]]` would end a CDATA section together with the `>` after it.
        None => "\"'`]",
    }
}

/// Returns the text with references for markup characters and for those in `unfit`.
fn escape(text: &str, unfit: &str, ascii: bool) -> String {
    let mut escaped = String::with_capacity(text.len());
    for char in text.chars() {
        match char {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' if unfit.contains('"') => escaped.push_str("&quot;"),
            _ if unfit.contains(char) || (ascii && !char.is_ascii()) => {
                escaped.push_str(&format!("&#{};", u32::from(char)));
            }
            _ => escaped.push(char),
        }
    }
    escaped
}

/// Finds all links to Google News in the positions in which a feed reader expects links: the text of `link`, `guid` and
/// `id`, each `href` in `description`, `summary` and `content`, and the `href` of Atom's `link`.
///
/// # Errors
///
/// Returns an error for XML that is truncated or not well-formed, for documents other than feeds, and for encodings
/// that are not a superset of ASCII.
pub(crate) fn find(feed: &[u8]) -> Result<Found, Malformed> {
    let (text, ascii) = as_utf8(feed)?;
    // The reader does not count the byte order mark.
    let mark = if text.starts_with('\u{feff}') { '\u{feff}'.len_utf8() } else { 0 };
    let mut finder = Finder {
        feed,
        text: &text,
        prefix: None,
        open: Vec::new(),
        holder: None,
        found: Found { links: Vec::new(), others: 0, page: None, ascii },
    };
    let mut reader = Reader::from_str(&text);
    loop {
        let at = mark + reader.buffer_position() as usize;
        match reader.read_event() {
            Ok(Event::Start(tag)) => {
                let holder = finder.start(&tag, at)?;
                finder.open.push(at);
                finder.holder = finder.holder.or(holder);
            }
            Ok(Event::Empty(tag)) => _ = finder.start(&tag, at)?,
            Ok(Event::End(_)) => finder.end(),
            Ok(Event::Text(text)) => finder.push(&text.into_inner(), Written::Plain, at)?,
            Ok(Event::CData(text)) => finder.push(&text.into_inner(), Written::Cdata, at)?,
            Ok(Event::GeneralRef(reference)) => finder.push_reference(reference, at)?,
            Ok(Event::Decl(_) | Event::PI(_) | Event::Comment(_) | Event::DocType(_)) => {}
            Ok(Event::Eof) => return finder.finish(),
            Err(error) => {
                return Err(Malformed::new(message(error), mark + reader.error_position() as usize));
            }
        }
    }
}

/// Returns the message of the parser without the prefix that names the kind of error.
fn message(error: XmlError) -> String {
    match error {
        XmlError::Syntax(error) => error.to_string(),
        XmlError::IllFormed(error) => error.to_string(),
        error => error.to_string(),
    }
}

/// Returns the feed as UTF-8 with the same offsets, and whether it has another encoding. In that case each byte beyond
/// ASCII is replaced by `_`.
fn as_utf8(feed: &[u8]) -> Result<(Cow<'_, str>, bool), Malformed> {
    // UTF-16 and UTF-32, with or without a byte order mark.
    if matches!(feed, [0xfe, 0xff, ..] | [0xff, 0xfe, ..] | [0, ..] | [_, 0, ..]) {
        return Err(Malformed::new("encoded in UTF-16 or UTF-32: convert it to UTF-8 first", 0));
    }
    let encoding = if feed.starts_with(b"\xef\xbb\xbf") { None } else { declared_encoding(feed)? };
    let encoding = encoding.unwrap_or_else(|| "utf-8".into());
    let has_ascii = |name: &str| {
        ["iso-8859-", "windows-125", "koi8-"].iter().any(|family| name.starts_with(family))
            || ["us-ascii", "ascii", "latin1", "euc-jp", "euc-kr"].contains(&name)
    };
    match encoding.to_ascii_lowercase().as_str() {
        "utf-8" | "utf8" => match std::str::from_utf8(feed) {
            Ok(text) => Ok((text.into(), false)),
            Err(error) => {
                Err(Malformed::new("not UTF-8, and no other encoding declared", error.valid_up_to()))
            }
        },
        name if has_ascii(name) => {
            let shown = |&byte: &u8| if byte.is_ascii() { char::from(byte) } else { '_' };
            Ok((feed.iter().map(shown).collect::<String>().into(), true))
        }
        // If ASCII bytes can be part of other characters, markup cannot be told from text.
        _ => Err(Malformed::new(format!("encoded in {encoding}: convert it to UTF-8 first"), 0)),
    }
}

/// Returns the encoding that the feed declares.
fn declared_encoding(feed: &[u8]) -> Result<Option<String>, Malformed> {
    let mut reader = Reader::from_reader(feed);
    loop {
        return match reader.read_event() {
            Ok(Event::Text(text)) if text.trim_ascii().is_empty() => continue,
            Ok(Event::Decl(declaration)) => match declaration.encoding() {
                Some(Ok(encoding)) => Ok(Some(encoding.into_owned())),
                Some(Err(error)) => Err(Malformed::new(error.to_string(), 0)),
                None => Ok(None),
            },
            // Errors are found again by the second reader.
            _ => Ok(None),
        };
    }
}

struct Finder<'a> {
    feed: &'a [u8],
    /// The feed as UTF-8.
    text: &'a str,
    /// The prefix of the names of the feed's own elements, once the root is known: empty, or that of Atom.
    prefix: Option<String>,
    /// The offsets of the open elements.
    open: Vec<usize>,
    /// The open element that may contain links.
    holder: Option<Holder>,
    found: Found,
}

/// An element that may contain links.
struct Holder {
    content: Content,
    /// The number of elements around it.
    depth: usize,
    text: Text,
    /// Whether the element contains elements, so that its content is XHTML.
    has_elements: bool,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Content {
    /// A link and nothing else.
    Link,
    /// A link and nothing else, which identifies an item.
    Id,
    Html,
}

/// Returns `true` for a link to the page of a feed or item, and `false` for one to the feed itself. Atom distinguishes
/// them by `rel`.
fn is_alternate(tag: &BytesStart<'_>) -> bool {
    let rel = tag.attributes().flatten().find(|attribute| attribute.key.as_ref() == "rel");
    rel.is_none_or(|rel| &*rel.value == "alternate")
}

impl Finder<'_> {
    /// Handles a start tag at `at`. Returns its element if it may contain links.
    fn start(&mut self, tag: &BytesStart<'_>, at: usize) -> Result<Option<Holder>, Malformed> {
        let name = tag.name();
        let name = name.as_ref();
        if self.open.is_empty() {
            self.root(name, at)?;
        }
        let own = self.prefix.as_deref().and_then(|prefix| name.strip_prefix(prefix));
        let in_html = match &mut self.holder {
            Some(holder) => {
                holder.has_elements = true;
                Some(holder.content == Content::Html)
            }
            None => None,
        };
        for attribute in tag.attributes() {
            let attribute = attribute.map_err(|error| Malformed::new(format!("in <{name}>, {error}"), at))?;
            let end = range_of(&attribute.value, self.text).end;
            let written = attribute.value.trim_ascii();
            let range = range_of(written, self.text);
            // The value of an entity that the feed defines is not known. No link contains this character.
            let entity = |name: &str| resolve_predefined_entity(name).or(Some("\u{fffd}"));
            let value = unescape_with(written, entity).map_err(|error| match error {
                EscapeError::UnterminatedEntity(at) => {
                    Malformed::new("a reference that is not closed", range.start + at.start)
                }
                _ => Malformed::new("a reference to no character", range.start),
            })?;
            if attribute.key.as_ref() == "href" && in_html.unwrap_or(own == Some("link")) {
                let quote = self.feed.get(end).copied();
                if in_html.is_none() && is_alternate(tag) {
                    self.keep_page(value.as_bytes());
                }
                self.link(value.as_bytes(), Some((range, Place::Attribute(quote))));
            }
        }
        let content = match own {
            Some("link") => Content::Link,
            Some("guid" | "id") => Content::Id,
            Some("description" | "summary" | "content") => Content::Html,
            _ => return Ok(None),
        };
        let depth = self.open.len();
        Ok(Some(Holder { content, depth, text: Text::default(), has_elements: false }))
    }

    /// Handles the outermost element.
    fn root(&mut self, name: &str, at: usize) -> Result<(), Malformed> {
        if self.prefix.is_some() {
            return Err(Malformed::new(format!("<{name}> after the end of the feed"), at));
        }
        let (prefix, local) = name.split_at(name.find(':').map_or(0, |colon| colon + 1));
        self.prefix = Some(match local {
            "feed" | "entry" => prefix.to_owned(),
            "rss" if prefix.is_empty() => String::new(),
            // RSS 1.0: the other elements have no prefix.
            "RDF" => String::new(),
            _ => return Err(Malformed::new(format!("<{name}> is not the root of an RSS or Atom feed"), at)),
        });
        Ok(())
    }

    fn end(&mut self) {
        self.open.pop();
        let Some(Holder { content, text, has_elements, .. }) =
            self.holder.take_if(|holder| holder.depth == self.open.len())
        else {
            return;
        };
        let bytes = text.bytes();
        match content {
            Content::Link | Content::Id => {
                let range = trim(bytes);
                if content == Content::Link {
                    self.keep_page(&bytes[range.clone()]);
                }
                let place = text
                    .source(range.clone())
                    .filter(|_| !has_elements)
                    .map(|(source, is_cdata)| (source, if is_cdata { Place::Cdata } else { Place::Text }));
                self.link(&bytes[range], place);
            }
            Content::Html if has_elements => {}
            Content::Html => {
                for html::Href { value, quote } in html::hrefs(bytes) {
                    let trimmed = trim(&bytes[value.clone()]);
                    let range = value.start + trimmed.start..value.start + trimmed.end;
                    let place = text.source(range.clone()).map(|(source, is_cdata)| {
                        let place = if is_cdata { Place::HtmlInCdata } else { Place::HtmlInText };
                        (source, place(quote))
                    });
                    self.link(&bytes[range], place);
                }
            }
        }
    }

    /// Handles text at `at`.
    fn push(&mut self, text: &str, written: Written, at: usize) -> Result<(), Malformed> {
        if self.open.is_empty() && (written == Written::Cdata || !text.trim_ascii().is_empty()) {
            return Err(Malformed::new("text outside of the feed", at));
        }
        if let Some(holder) = &mut self.holder {
            let source = range_of(text, self.text);
            holder.text.push(&self.feed[source.clone()], source, written);
        }
        Ok(())
    }

    /// Handles a reference at `at`.
    fn push_reference(&mut self, reference: BytesRef<'_>, at: usize) -> Result<(), Malformed> {
        if self.open.is_empty() {
            return Err(Malformed::new("text outside of the feed", at));
        }
        let char =
            reference.resolve_char_ref().map_err(|_| Malformed::new("a reference to no character", at))?;
        let mut buffer = [0; 4];
        let char = match char {
            Some(char) => char.encode_utf8(&mut buffer),
            None => resolve_predefined_entity(&reference).unwrap_or("\u{fffd}"),
        };
        if let Some(holder) = &mut self.holder {
            let name = range_of(&reference.into_inner(), self.text);
            holder.text.push(char.as_bytes(), name.start - 1..name.end + 1, Written::Reference);
        }
        Ok(())
    }

    /// Keeps the address of the feed's page. It is in `<rss><channel><link>` or `<feed><link>`.
    fn keep_page(&mut self, text: &[u8]) {
        let is_page = || {
            std::str::from_utf8(text)
                .ok()
                .filter(|url| GooglePage::classify(url) == Some(GooglePage::News))
                .filter(|_| !decode(text).is_ok_and(|target| is_single(&target)))
        };
        if self.found.page.is_none() && self.is_in_channel() {
            self.found.page = is_page().map(str::to_owned);
        }
    }

    /// Returns `true` if the open elements are those around the link of the feed itself.
    fn is_in_channel(&self) -> bool {
        let name = |at: usize| {
            let name =
                self.text.get(at + 1..).and_then(|rest| rest.split([' ', '\t', '\r', '\n', '>', '/']).next());
            name.zip(self.prefix.as_deref()).and_then(|(name, prefix)| name.strip_prefix(prefix))
        };
        match self.open[..] {
            [feed] => name(feed) == Some("feed"),
            [_, channel] => name(channel) == Some("channel"),
            _ => false,
        }
    }

    /// Handles text that should be a link, with the position at which it can be replaced, if any.
    fn link(&mut self, text: &[u8], place: Option<(Range<usize>, Place)>) {
        match (decode(text), place.filter(|_| is_link_alone(text))) {
            (Ok(target), Some((range, place))) => self.found.links.push(Link { range, place, target }),
            (Err(error), _) if matches!(error.kind(), ErrorKind::NotGoogleNews | ErrorKind::TooLong) => {}
            _ => self.found.others += 1,
        }
    }

    fn finish(self) -> Result<Found, Malformed> {
        if let Some(&at) = self.open.last() {
            return Err(Malformed::new("an element that is not closed", at));
        }
        if self.prefix.is_none() {
            return Err(Malformed::new("not an RSS or Atom feed", self.feed.len()));
        }
        Ok(self.found)
    }
}

/// Returns `true` if the text contains only the link, without words, quotes or brackets that the decoder would ignore and that the
/// replacement would lose.
fn is_link_alone(text: &[u8]) -> bool {
    text.iter().all(|byte| byte.is_ascii_graphic() && !b"\"<>\\`".contains(byte))
        && !matches!(text, [b'\'' | b'(' | b'[' | b'{', ..])
}

/// Returns the range of `text` without the white space around it.
fn trim(text: &[u8]) -> Range<usize> {
    let start = text.len() - text.trim_ascii_start().len();
    start..start.max(text.trim_ascii_end().len())
}

/// Returns the range of `part` in `whole`, of which it is a part.
fn range_of(part: &str, whole: &str) -> Range<usize> {
    let start = part.as_ptr().addr() - whole.as_ptr().addr();
    start..start + part.len()
}
