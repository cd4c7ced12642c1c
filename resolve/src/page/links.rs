//! The iterator over the links of a page.

use std::collections::VecDeque;

use google_news_link::{Destination, Link, Target, check_url, decode};
use html5gum::emitters::callback::{Callback, CallbackEmitter, CallbackEvent};
use html5gum::{Span, StringReader, Tokenizer};
use serde_core::Deserializer as _;
use serde_core::de::{IgnoredAny, SeqAccess, Visitor};
use serde_json::value::RawValue;

use super::jslog::url_of_jslog;
use super::record::{Record, Records};
use super::{Check, Form, MAX_LINKS, PageLink, Refutation};
use crate::subject::is_base64url;

/// Reads a page of either kind.
pub(super) enum Reader<'a> {
    Html(Box<Html<'a>>),
    Answer(VecDeque<PageLink>),
}

/// The tokenizer of a page, and the links that were read from the last token.
pub(super) struct Html<'a> {
    tokenizer: Tokenizer<StringReader<'a>, CallbackEmitter<Collector, VecDeque<PageLink>>>,
    ready: VecDeque<PageLink>,
}

impl<'a> Reader<'a> {
    pub(super) fn new(page: &'a [u8]) -> Self {
        if let Some(json) = page.trim_ascii_start().strip_prefix(b")]}'") {
            return Reader::Answer(links_of_answer(json));
        }
        let mut emitter = CallbackEmitter::new(Collector::default());
        // Tags in a script are text.
        emitter.naively_switch_states(true);
        Reader::Html(Box::new(Html {
            tokenizer: Tokenizer::new_with_emitter(page, emitter),
            ready: VecDeque::new(),
        }))
    }
}

impl Iterator for Reader<'_> {
    type Item = PageLink;

    fn next(&mut self) -> Option<PageLink> {
        match self {
            Reader::Answer(links) => links.pop_front(),
            Reader::Html(html) => loop {
                if let Some(link) = html.ready.pop_front() {
                    return Some(link);
                }
                let Ok(links) = html.tokenizer.next()?;
                html.ready = links;
            },
        }
    }
}

/// Collects the links of elements and scripts.
#[derive(Default)]
pub(super) struct Collector {
    href: Vec<u8>,
    jslog: Vec<u8>,
    current: Attribute,
    is_script: bool,
    /// The number of links so far.
    count: usize,
}

#[derive(Clone, Copy, PartialEq, Eq, Default)]
enum Attribute {
    #[default]
    Other,
    Href,
    Jslog,
}

/// Longer values of attributes are truncated. It is the longest link that can be decoded.
const MAX_VALUE_LEN: usize = 65_536;

impl Callback<VecDeque<PageLink>, ()> for Collector {
    fn handle_event(&mut self, event: CallbackEvent<'_>, _: Span<()>) -> Option<VecDeque<PageLink>> {
        match event {
            CallbackEvent::OpenStartTag { name } => {
                self.href.clear();
                self.jslog.clear();
                self.current = Attribute::Other;
                self.is_script = name == b"script";
            }
            CallbackEvent::AttributeName { name } => {
                self.current = match name {
                    // The first of several attributes with the same name counts.
                    b"href" if self.href.is_empty() => Attribute::Href,
                    b"jslog" if self.jslog.is_empty() => Attribute::Jslog,
                    _ => Attribute::Other,
                };
            }
            CallbackEvent::AttributeValue { value } => {
                let value = value.get(..MAX_VALUE_LEN).unwrap_or(value);
                match self.current {
                    Attribute::Href => self.href.extend_from_slice(value),
                    Attribute::Jslog => self.jslog.extend_from_slice(value),
                    Attribute::Other => {}
                }
            }
            CallbackEvent::CloseStartTag { .. } if !self.href.is_empty() && !self.jslog.is_empty() => {
                let link = link_of_attributes(&self.href, &self.jslog)?;
                self.count += 1;
                return Some(VecDeque::from([link]));
            }
            CallbackEvent::EndTag { .. } => self.is_script = false,
            CallbackEvent::String { value } if self.is_script => {
                let room = MAX_LINKS.saturating_sub(self.count);
                let links: VecDeque<_> = links_of_script(value).take(room).collect();
                self.count += links.len();
                return (!links.is_empty()).then_some(links);
            }
            _ => {}
        }
        None
    }
}

fn link_of_attributes(href: &[u8], jslog: &[u8]) -> Option<PageLink> {
    let url = url_of_jslog(std::str::from_utf8(jslog).ok()?)?;
    let href = std::str::from_utf8(href).ok()?;
    let link = Link::parse(href).ok()?;
    let Destination::Id(id) = link.destination() else { return None };
    let target = link.decode().ok();
    // An ID that cannot be decoded is that of an article if its path says so.
    let is_article = match &target {
        Some(target) => is_article(target),
        None => is_base64url(id) && matches!(link.path().rsplit('/').next(), Some("articles" | "read")),
    };
    is_article.then(|| new_link(id.to_owned(), target, [url], Form::Attributes))
}

fn links_of_script(script: &[u8]) -> impl Iterator<Item = PageLink> {
    Records::new(script).filter_map(link_of_record)
}

fn link_of_record(record: Record) -> Option<PageLink> {
    let target = decode(&record.id).ok();
    let is_article = match &target {
        Some(target) => is_article(target),
        None => record.id.starts_with("CBMi") || record.id.starts_with("CAIi"),
    };
    is_article.then(|| PageLink {
        title: record.title,
        source_name: record.source_name,
        time: record.time,
        ..new_link(record.id, target, record.urls, Form::Record)
    })
}

fn is_article(target: &Target<'_>) -> bool {
    matches!(
        target,
        Target::Article(_) | Target::OpaqueArticle(_) | Target::KeyedArticle(_) | Target::Video(_)
    )
}

/// Creates a link from the URLs of an element or a record, of which the first one is that of the article.
fn new_link(
    id: String,
    target: Option<Target<'static>>,
    urls: impl IntoIterator<Item = String>,
    form: Form,
) -> PageLink {
    let mut urls = urls.into_iter();
    let page_url = urls.next().unwrap_or_default();
    let check = check(target.as_ref(), &page_url);
    // The AMP URL is the last one, but not always the only one after the first.
    let is_amp_url = |url: &String| {
        target
            .as_ref()
            .and_then(Target::as_opaque_article)
            .is_some_and(|article| article.accepts_amp_url(url))
            && check_url(url).is_ok()
    };
    let amp_url = urls.filter(is_amp_url).last();
    PageLink { id, target, page_url, amp_url, check, form, title: None, source_name: None, time: None }
}

fn check(target: Option<&Target<'_>>, url: &str) -> Check {
    if check_url(url).is_err() {
        return Check::Refuted(Refutation::InvalidUrl);
    }
    match target {
        Some(Target::OpaqueArticle(article)) if article.accepts_url(url) => Check::Confirmed,
        Some(Target::OpaqueArticle(_)) => Check::Refuted(Refutation::Length),
        // The page may contain any form of the address of a video.
        Some(Target::Video(video)) if url.contains(video.key()) => Check::Confirmed,
        Some(target) => match target.canonical_url() {
            Some(own) if own == url => Check::Confirmed,
            Some(_) => Check::Refuted(Refutation::Other),
            None => Check::Unverified,
        },
        None => Check::Unverified,
    }
}

/// Reads an answer of `batchexecute`: rows with JSON in strings.
fn links_of_answer(json: &[u8]) -> VecDeque<PageLink> {
    let mut links = VecDeque::new();
    // With `rt=c`, each chunk is preceded by a number.
    for value in serde_json::Deserializer::from_slice(json).into_iter::<&RawValue>() {
        let Ok(value) = value else { break };
        // Anything that is not an array of rows has no records.
        let _ = serde_json::Deserializer::from_str(value.get()).deserialize_seq(Rows { links: &mut links });
    }
    links
}

/// Visits the rows of an answer one by one: all at once would need several times the memory of the answer.
struct Rows<'a> {
    links: &'a mut VecDeque<PageLink>,
}

impl<'de> Visitor<'de> for Rows<'_> {
    type Value = ();

    fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("an array of rows")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut rows: A) -> Result<(), A::Error> {
        while let Some(row) = rows.next_element::<&RawValue>()? {
            let mut inner = None;
            let _ = serde_json::Deserializer::from_str(row.get()).deserialize_seq(Row { inner: &mut inner });
            if let Some(inner) = inner {
                let room = MAX_LINKS.saturating_sub(self.links.len());
                self.links.extend(links_of_script(inner.as_bytes()).take(room));
            }
        }
        Ok(())
    }
}

/// Visits a row: `"wrb.fr"`, the name of the call, and its result, which is JSON in a string.
struct Row<'a> {
    inner: &'a mut Option<String>,
}

impl<'de> Visitor<'de> for Row<'_> {
    type Value = ();

    fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("a row")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut row: A) -> Result<(), A::Error> {
        if row.next_element::<String>()?.as_deref() == Some("wrb.fr") {
            row.next_element::<IgnoredAny>()?;
            *self.inner = row.next_element::<String>()?;
        }
        while row.next_element::<IgnoredAny>()?.is_some() {}
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_more_links_of_an_answer_are_kept_than_returned() {
        let record = r#"[13,[13,\"CBMiFmh0dHBzOi8vYW11LnR2LzExMTkzMS_SAQA\"],0,\"https://amu.tv/111931/\"],"#;
        let rows = format!(r#"["wrb.fr","x","{}"],"#, record.repeat(MAX_LINKS / 2 + 1)).repeat(2);
        let answer = format!(")]}}'[{}]", rows.trim_end_matches(','));
        let Reader::Answer(links) = Reader::new(answer.as_bytes()) else { panic!("an answer") };
        assert_eq!(links.len(), MAX_LINKS);
    }
}
