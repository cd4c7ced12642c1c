//! An article's page: where its signature stands.

use google_news_link::GooglePage;
use html5gum::emitters::callback::{CallbackEmitter, CallbackEvent};
use html5gum::{Span, Tokenizer};

use crate::service::Signature;

/// What a page says of an ID.
#[derive(PartialEq, Eq, Default, Debug)]
pub(crate) struct Findings {
    pub(crate) signature: Option<Signature>,
    /// URLs in clear, as pages had them before 2024, of elements that are not another ID's.
    pub(crate) urls: Vec<PageUrl>,
    /// True if the page has a form that is sent to consent.google.com.
    pub(crate) asks_for_consent: bool,
}

/// A URL in clear.
#[derive(PartialEq, Eq, Debug)]
pub(crate) struct PageUrl {
    pub(crate) url: String,
    /// Whether its element has the ID that was asked for, or none.
    pub(crate) has_id: bool,
}

/// So many URLs in clear are kept. A page has one at most.
const MAX_URLS: usize = 8;

/// Reads a page as a browser would, up to the first element that has a signature for `id`.
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
    // What stands in a script is no element.
    emitter.naively_switch_states(true);
    // The tokenizer yields only once the callback does: at the signature.
    let _ = Tokenizer::new_with_emitter(page, emitter).next();
    findings
}

/// The attributes that matter.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Attribute {
    Id,
    Timestamp,
    Signature,
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
            b"data-n-au" => Some(Attribute::Url),
            b"action" => Some(Attribute::Action),
            _ => None,
        }
    }
}

/// The element that is being read: of its attributes only those that matter, so that a page of nothing but
/// attributes takes no more memory than it has bytes.
#[derive(Default)]
struct Element {
    is_form: bool,
    values: [Option<Vec<u8>>; Attribute::COUNT],
    /// Whose value comes next.
    current: Option<Attribute>,
}

impl Element {
    fn open(&mut self, name: &[u8]) {
        *self = Element { is_form: name == b"form", ..Element::default() };
    }

    fn name(&mut self, name: &[u8]) {
        // Of equal names the first one counts.
        self.current =
            Attribute::of_name(name).filter(|&attribute| self.values[attribute as usize].is_none());
        if let Some(attribute) = self.current {
            self.values[attribute as usize] = Some(Vec::new());
        }
    }

    fn value(&mut self, value: &[u8]) {
        if let Some(text) = self.current.and_then(|attribute| self.values[attribute as usize].as_mut()) {
            text.extend_from_slice(value);
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
        let pair = self.take(Attribute::Timestamp).zip(self.take(Attribute::Signature));
        if findings.signature.is_none() && found.as_deref() == Some(id) {
            findings.signature = pair.and_then(|(timestamp, text)| signature(&timestamp, text));
        }
        let has_id = found.is_some();
        if found.is_none_or(|found| found == id) && findings.urls.len() < MAX_URLS {
            findings.urls.extend(self.take(Attribute::Url).map(|url| PageUrl { url, has_id }));
        }
        self.current = None;
    }
}

/// 8 of 8 signatures have 28 characters of base64url. A longer one may come one day, but not a page full.
fn signature(timestamp: &str, text: String) -> Option<Signature> {
    const MAX_LEN: usize = 512;
    let is_sound = (1..=MAX_LEN).contains(&text.len())
        && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_'));
    // `parse` takes a sign as well.
    let timestamp =
        timestamp.bytes().all(|byte| byte.is_ascii_digit()).then(|| timestamp.parse().ok()).flatten()?;
    is_sound.then_some(Signature { timestamp, text })
}

/// A page that is read as it comes, until the signature was found.
///
/// It is kept from its beginning, since whether a tag is one depends on all that stands before it (in a script
/// it is none). It is gone through only when a tag with the attribute's name has come, and again only once it
/// has grown by half: a page that is full of that name costs three times its length, not its square.
#[derive(Debug)]
pub(crate) struct Page {
    text: Vec<u8>,
    tag: Tag,
    /// So long was the text when it was last gone through.
    last_read: usize,
}

/// What has come of a tag with the attribute's name.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Tag {
    None,
    /// Its end has not.
    Begun,
    Whole,
}

impl Page {
    pub(crate) fn new() -> Self {
        Page { text: Vec::new(), tag: Tag::None, last_read: 0 }
    }

    pub(crate) fn len(&self) -> usize {
        self.text.len()
    }

    /// The signature, if it has come.
    pub(crate) fn push(&mut self, chunk: &[u8], id: &str) -> Option<Signature> {
        // HTML does not care about case, but Google writes it so; for any other, the end of the page makes up.
        const NAME: &[u8] = b"data-n-a-sg";
        let from = self.text.len().saturating_sub(NAME.len() - 1);
        self.text.extend_from_slice(chunk);
        let new = self.text.get(from..).unwrap_or_default();
        let ends = |text: &[u8]| if memchr::memchr(b'>', text).is_some() { Tag::Whole } else { Tag::Begun };
        match memchr::memmem::rfind(new, NAME).and_then(|at| new.get(at..)) {
            Some(rest) => self.tag = ends(rest),
            None if self.tag == Tag::Begun => self.tag = ends(chunk),
            None => {}
        }
        if self.tag != Tag::Whole || self.text.len() < self.last_read + self.last_read / 2 {
            return None;
        }
        self.last_read = self.text.len();
        read(&self.text, id).signature
    }

    /// What the whole page says.
    pub(crate) fn finish(&self, id: &str) -> Findings {
        read(&self.text, id)
    }
}
