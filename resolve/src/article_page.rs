//! Reads the page of an article: its signature or, in older pages, its URL.

use google_news_link::GooglePage;
use html5gum::Span;
use html5gum::emitters::callback::{CallbackEmitter, CallbackEvent};
use serde_json::value::RawValue;

use crate::base64url::is_base64url;
use crate::error::PageChange;
use crate::html::tokenizer;
use crate::service::Signature;

/// What a page contains about an ID.
#[derive(PartialEq, Eq, Default, Debug)]
pub(crate) struct Findings {
    /// The signature in the attributes `data-n-a-ts` and `data-n-a-sg` of the element with the ID.
    pub(crate) signature: Option<Signature>,
    /// The signature in the attribute `data-p` of an outer element, which repeats it.
    second_signature: Option<Signature>,
    /// Plain URLs, as in pages before 2024, of elements that do not have another ID.
    pub(crate) urls: Vec<PageUrl>,
    /// Whether the page has a form that is sent to the consent page.
    pub(crate) asks_for_consent: bool,
    has_other_ids: bool,
    has_invalid_attributes: bool,
}

impl Findings {
    /// Returns the signature from the attributes or, if they are missing or were renamed, from `data-p`.
    pub(crate) fn into_signature(self) -> Result<Signature, PageChange> {
        self.signature.or(self.second_signature).ok_or(if self.has_invalid_attributes {
            PageChange::InvalidAttributes
        } else if self.has_other_ids {
            PageChange::OtherIds
        } else {
            PageChange::NoAttributes
        })
    }
}

/// A plain URL.
#[derive(PartialEq, Eq, Debug)]
pub(crate) struct PageUrl {
    pub(crate) url: String,
    /// Whether its element has the requested ID. Otherwise it has no ID.
    pub(crate) has_id: bool,
}

/// The maximum number of plain URLs that are kept. A page has at most one.
const MAX_URLS: usize = 8;

/// Reads a page as a browser does, up to the first element whose attributes contain a signature for `id`.
pub(crate) fn read(page: &[u8], id: &str) -> Findings {
    let mut findings = Findings::default();
    let mut element = Element::default();
    let mut emitter = CallbackEmitter::new(|event: CallbackEvent<'_>, _: Span<()>| {
        match event {
            CallbackEvent::OpenStartTag { name } => element.open(name),
            CallbackEvent::AttributeName { name } => element.name(name),
            CallbackEvent::AttributeValue { value } => element.value(value),
            CallbackEvent::CloseStartTag { .. } => element.close(id, &mut findings),
            _ => {}
        }
        findings.signature.is_some().then_some(())
    });
    // Tags in a script are text.
    emitter.naively_switch_states(true);
    // The tokenizer returns as soon as the callback returns a value: at the signature.
    let _ = tokenizer(page, emitter).next();
    findings
}

/// The attributes that are used.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Attribute {
    Id,
    Timestamp,
    Signature,
    Parameters,
    Url,
    Action,
}

impl Attribute {
    const COUNT: usize = Attribute::Action as usize + 1;

    fn of_name(name: &[u8]) -> Option<Self> {
        match name {
            b"data-n-a-id" => Some(Attribute::Id),
            b"data-n-a-ts" => Some(Attribute::Timestamp),
            b"data-n-a-sg" => Some(Attribute::Signature),
            b"data-p" => Some(Attribute::Parameters),
            b"data-n-au" => Some(Attribute::Url),
            b"action" => Some(Attribute::Action),
            _ => None,
        }
    }
}

/// The element that is being read. Only the values of [`Attribute`]s are kept, so that a page full of attributes takes
/// no more memory than its length.
#[derive(Default)]
struct Element {
    is_form: bool,
    values: [Option<Vec<u8>>; Attribute::COUNT],
    /// The attribute whose value follows.
    current: Option<Attribute>,
}

impl Element {
    fn open(&mut self, name: &[u8]) {
        *self = Element { is_form: name == b"form", ..Element::default() };
    }

    fn name(&mut self, name: &[u8]) {
        // The first of several attributes with the same name counts.
        self.current =
            Attribute::of_name(name).filter(|&attribute| self.values[attribute as usize].is_none());
        if let Some(attribute) = self.current {
            self.values[attribute as usize] = Some(Vec::new());
        }
    }

    fn value(&mut self, value: &[u8]) {
        if let Some(bytes) = self.current.and_then(|attribute| self.values[attribute as usize].as_mut()) {
            bytes.extend_from_slice(value);
        }
    }

    fn take(&mut self, attribute: Attribute) -> Option<String> {
        String::from_utf8(self.values[attribute as usize].take()?).ok()
    }

    fn close(&mut self, id: &str, findings: &mut Findings) {
        if self.is_form {
            let action = self.take(Attribute::Action).unwrap_or_default();
            findings.asks_for_consent |= GooglePage::classify(&action) == Some(GooglePage::Consent);
        }
        let found = self.take(Attribute::Id);
        let (timestamp, signature) = (self.take(Attribute::Timestamp), self.take(Attribute::Signature));
        if found.as_deref() == Some(id) {
            findings.has_invalid_attributes |= timestamp.is_some() || signature.is_some();
            if findings.signature.is_none() {
                findings.signature =
                    timestamp.zip(signature).and_then(|(timestamp, text)| new_signature(&timestamp, text));
            }
        } else if found.is_some() {
            findings.has_other_ids = true;
        }
        if let Some(parameters) = self.take(Attribute::Parameters)
            && findings.second_signature.is_none()
        {
            match signature_in(&parameters, id) {
                Parameters::Signed(signature) => findings.second_signature = Some(signature),
                Parameters::OfId => findings.has_invalid_attributes = true,
                Parameters::OfOtherId => findings.has_other_ids = true,
                Parameters::Other => {}
            }
        }
        let has_id = found.is_some();
        if found.is_none_or(|found| found == id) && findings.urls.len() < MAX_URLS {
            findings.urls.extend(self.take(Attribute::Url).map(|url| PageUrl { url, has_id }));
        }
        self.current = None;
    }
}

/// Creates a signature from the two attributes. 8 of 8 signatures have 28 base64url characters; the limit allows for
/// longer ones.
fn new_signature(timestamp: &str, text: String) -> Option<Signature> {
    const MAX_LEN: usize = 512;
    let is_valid = (1..=MAX_LEN).contains(&text.len()) && is_base64url(&text);
    // `parse` accepts a sign as well.
    let timestamp =
        timestamp.bytes().all(|byte| byte.is_ascii_digit()).then(|| timestamp.parse().ok()).flatten()?;
    is_valid.then_some(Signature { timestamp, text })
}

/// What a value of `data-p` contains.
#[derive(PartialEq, Eq, Debug)]
enum Parameters {
    Signed(Signature),
    /// The ID without a timestamp and a signature after it.
    OfId,
    /// The ID of another article.
    OfOtherId,
    Other,
}

/// Reads `%.@.[context],"ID",1,1,null,false,TIMESTAMP,"SIGNATURE"]`, where `%.@.` takes the place of a `[`. An array after
/// `%.@.` is accepted as well.
///
/// The signature is the first string after the ID that follows a timestamp, at whichever index.
fn signature_in(parameters: &str, id: &str) -> Parameters {
    let Some(rest) = parameters.strip_prefix("%.@.") else { return Parameters::Other };
    let json = format!("[{rest}");
    let array = serde_json::from_str::<Vec<&RawValue>>(&json).or_else(|_| serde_json::from_str(rest));
    let Ok(values) = array else { return Parameters::Other };
    let string = |value: &RawValue| serde_json::from_str::<String>(value.get()).ok();
    let Some(at) = values.iter().position(|value| string(value).is_some_and(|text| text == id)) else {
        let begins_id = |value: &&RawValue| string(value).is_some_and(|text| text.starts_with("CBMi"));
        return if values.iter().any(begins_id) { Parameters::OfOtherId } else { Parameters::Other };
    };
    let rest = values.get(at + 1..).unwrap_or_default();
    rest.windows(2)
        .find_map(|pair| {
            // Unix seconds; the smaller numbers before are flags.
            let is_timestamp = |number: &u64| *number > 1_000_000_000;
            let timestamp = pair[0].get();
            // A number, or a string that contains one.
            let timestamp = string(pair[0]).unwrap_or_else(|| timestamp.to_owned());
            new_signature(&timestamp, string(pair[1])?).filter(|signature| is_timestamp(&signature.timestamp))
        })
        .map_or(Parameters::OfId, Parameters::Signed)
}

/// A page that is read in pieces, until the signature was found.
///
/// All of it is kept, because whether a tag is an element depends on everything before it: in a script it is text. It
/// is tokenized only when a tag that contains `data-n-a-sg` is complete, and again only when the page has grown by
/// half, so that a page full of that name takes time proportional to three times its length, not to its square.
#[derive(Debug)]
pub(crate) struct Page {
    html: Vec<u8>,
    tag: Tag,
    /// The length of the page when it was last tokenized.
    last_read: usize,
}

/// The part that has been received of a tag with the attribute `data-n-a-sg`.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Tag {
    None,
    Begun,
    Whole,
}

impl Page {
    pub(crate) fn new() -> Self {
        Page { html: Vec::new(), tag: Tag::None, last_read: 0 }
    }

    pub(crate) fn len(&self) -> usize {
        self.html.len()
    }

    /// Appends a piece and returns the signature if it has been received.
    pub(crate) fn push(&mut self, piece: &[u8], id: &str) -> Option<Signature> {
        // Names of attributes are case-insensitive, but Google writes lower case. Other pages are read at their end.
        const NAME: &[u8] = b"data-n-a-sg";
        let from = self.html.len().saturating_sub(NAME.len() - 1);
        self.html.extend_from_slice(piece);
        let new = self.html.get(from..).unwrap_or_default();
        let ends = |html: &[u8]| if memchr::memchr(b'>', html).is_some() { Tag::Whole } else { Tag::Begun };
        match memchr::memmem::rfind(new, NAME).and_then(|at| new.get(at..)) {
            Some(rest) => self.tag = ends(rest),
            None if self.tag == Tag::Begun => self.tag = ends(piece),
            None => {}
        }
        if self.tag != Tag::Whole || self.html.len() < self.last_read + self.last_read / 2 {
            return None;
        }
        self.last_read = self.html.len();
        read(&self.html, id).signature
    }

    /// Reads the whole page.
    pub(crate) fn finish(&self, id: &str) -> Findings {
        read(&self.html, id)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SIGNED: &str = r#"<p data-n-a-id="CBMiA" data-n-a-ts="1790181872" data-n-a-sg="Ae5Wzi-z">"#;

    fn signature() -> Signature {
        Signature { timestamp: 1_790_181_872, text: "Ae5Wzi-z".into() }
    }

    /// Pushes a piece that is filled up with spaces to `len` bytes.
    fn push(page: &mut Page, piece: &str, len: usize) -> Option<Signature> {
        page.push(format!("{piece:len$}").as_bytes(), "CBMiA")
    }

    #[test]
    fn parameters_repeat_the_signature_after_the_id() {
        let signed = || Parameters::Signed(signature());
        for (parameters, expected) in [
            (r#"%.@.[[1],2],"ID",1,1,null,false,1790181872,"Ae5Wzi-z"]"#, signed()),
            (r#"%.@."ID",1790181872,"Ae5Wzi-z"]"#, signed()),
            (r#"%.@.[[1],"ID",1,1,null,false,1790181872,"Ae5Wzi-z"]"#, signed()),
            (r#"%.@.["ID",1790181872,"Ae5Wzi-z"]"#, signed()),
            (r#"%.@.["ID",1790181872,null,1790181872,"Ae5Wzi-z","x"]"#, signed()),
            (r#"%.@.[1790181872,"other","ID",1790181872,"Ae5Wzi-z"]"#, signed()),
            (r#"%.@.["\u0049D",1790181872,"Ae5Wzi-z"]"#, signed()),
            (r#"%.@.["ID",1,1,"1790181872","Ae5Wzi-z"]"#, signed()),
            (r#"%.@.["ID","1","Ae5Wzi-z"]"#, Parameters::OfId),
            (r#"%.@.["ID","+1790181872","Ae5Wzi-z"]"#, Parameters::OfId),
            (r#"%.@.["ID",1,"Ae5Wzi-z"]"#, Parameters::OfId),
            (r#"%.@.["ID",1000000000,"Ae5Wzi-z"]"#, Parameters::OfId),
            (r#"%.@.["ID",1790181872,"Ae5 Wzi-z"]"#, Parameters::OfId),
            (r#"%.@.["ID"]"#, Parameters::OfId),
            (r#"%.@.[1790181872,"Ae5Wzi-z","ID"]"#, Parameters::OfId),
            (r#"%.@.["CBMiother",1790181872,"Ae5Wzi-z"]"#, Parameters::OfOtherId),
            (r#"%.@.[["ID",1790181872,"Ae5Wzi-z"]]"#, Parameters::Other),
            (r#"["ID",1790181872,"Ae5Wzi-z"]"#, Parameters::Other),
            (r#"%.@.["ID",1790181872,"Ae5Wzi-z""#, Parameters::Other),
            (r#"%.@.["ID",1790181872,"Ae5Wzi-z"],1]"#, Parameters::Other),
            ("%.@.", Parameters::Other),
            ("%.@.]", Parameters::Other),
        ] {
            assert_eq!(signature_in(parameters, "ID"), expected, "{parameters}");
        }
        // An ID is not a timestamp.
        assert_eq!(signature_in(r#"%.@.["1790181872","Ae5Wzi-z"]"#, "1790181872"), Parameters::OfId);
    }

    #[test]
    fn an_element_with_half_a_signature_is_invalid() {
        for (attributes, expected) in [
            (r#"data-n-a-ts="1790181872" data-n-a-sg="Ae5Wzi-z""#, Ok(signature())),
            (r#"data-n-a-ts="1790181872""#, Err(PageChange::InvalidAttributes)),
            (r#"data-n-a-sg="Ae5Wzi-z""#, Err(PageChange::InvalidAttributes)),
            ("", Err(PageChange::NoAttributes)),
        ] {
            let page = format!(r#"<div data-n-a-id="CBMiA" {attributes}>"#);
            assert_eq!(read(page.as_bytes(), "CBMiA").into_signature(), expected, "{page}");
        }
    }

    #[test]
    fn no_more_plain_urls_are_kept_than_the_limit() {
        let page: String =
            (0..2 * MAX_URLS).map(|n| format!(r#"<a data-n-au="https://example.com/{n}">"#)).collect();
        let urls = (0..MAX_URLS).map(|n| PageUrl { url: format!("https://example.com/{n}"), has_id: false });
        assert_eq!(read(page.as_bytes(), "CBMiA").urls, urls.collect::<Vec<_>>());
    }

    #[test]
    fn a_page_is_tokenized_again_when_it_has_grown_by_half() {
        let mut page = Page::new();
        assert_eq!(push(&mut page, r#"<p data-n-a-id="CBMiB" data-n-a-sg="x">"#, 400), None);
        assert_eq!(push(&mut page, SIGNED, 199), None);
        assert_eq!(push(&mut page, "", 1), Some(signature()));
    }

    #[test]
    fn a_page_is_not_tokenized_before_it_has_the_name_of_the_attribute() {
        let mut page = Page::new();
        assert_eq!(push(&mut page, "<p>", 400), None);
        assert_eq!(push(&mut page, SIGNED, 100), Some(signature()));
    }
}
