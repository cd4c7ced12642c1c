//! The iterator over the links of a page.

use std::collections::VecDeque;

use google_news_link::{Destination, Link, Target, check_url, decode};
use html5gum::emitters::callback::{Callback, CallbackEmitter, CallbackEvent};
use html5gum::{Span, StringReader, Tokenizer};
use serde_core::Deserializer as _;
use serde_core::de::{IgnoredAny, SeqAccess, Visitor};
use serde_json::value::RawValue;
use url::Url;

use super::jslog::url_of_jslog;
use super::record::{AMP_URL, Record, Records, SAME_URL, URL};
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

/// Longer values of attributes are ignored. It is the longest link that can be decoded.
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
            CallbackEvent::AttributeValue { value } => match self.current {
                _ if value.len() > MAX_VALUE_LEN => {}
                Attribute::Href => self.href.extend_from_slice(value),
                Attribute::Jslog => self.jslog.extend_from_slice(value),
                Attribute::Other => {}
            },
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
    let check = check(target.as_ref(), &url);
    is_article.then(|| PageLink {
        id: id.to_owned(),
        target,
        page_url: url,
        check,
        ..new_link(Form::Attributes)
    })
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
    let (page_url, check) = choose_url(target.as_ref(), &record.urls).filter(|_| is_article)?;
    let article = target.as_ref().and_then(Target::as_opaque_article);
    let amp_url = record.urls.iter().find(|(index, _)| *index == AMP_URL).map(|(_, url)| url);
    let amp_url = amp_url
        .filter(|url| article.is_some_and(|article| article.accepts_amp_url(url)) && check_url(url).is_ok());
    Some(PageLink {
        id: record.id,
        amp_url: amp_url.cloned(),
        page_url: page_url.to_owned(),
        check,
        title: record.title,
        source_name: record.source_name,
        time: record.time,
        target,
        ..new_link(Form::Record)
    })
}

/// Chooses the URL of the article among those of a record: the one at the index of the URL, or at that of its repetition. An encrypted
/// article whose token refutes these may have it at another index, if there is only one that the token accepts.
fn choose_url<'a>(target: Option<&Target<'_>>, urls: &'a [(usize, String)]) -> Option<(&'a str, Check)> {
    let at = |wanted: usize| urls.iter().find(|(index, _)| *index == wanted).map(|(_, url)| url.as_str());
    let (url, same) = (at(URL), at(SAME_URL));
    let checked = url.or(same).map(|url| (url, check(target, url)));
    match (checked, target) {
        (Some((_, Check::Confirmed)), _) => {}
        // Nothing else can tell which of the two it is.
        (Some((first, Check::Unverified)), _) if same.is_some_and(|same| same != first) => {
            return Some((first, Check::Refuted(Refutation::Ambiguous)));
        }
        (_, Some(Target::OpaqueArticle(_))) => {
            let mut accepted: Vec<&str> = urls.iter().map(|(_, url)| url.as_str()).collect();
            accepted.retain(|url| check(target, url) == Check::Confirmed);
            accepted.sort_unstable();
            accepted.dedup();
            match accepted[..] {
                [] => {}
                [url] => return Some((url, Check::Confirmed)),
                [first, ..] => return Some((first, Check::Refuted(Refutation::Ambiguous))),
            }
        }
        _ => {}
    }
    // For an encrypted article, a record without a URL at its index is refuted by any other.
    let is_opaque = matches!(target, Some(Target::OpaqueArticle(_)));
    checked.or_else(|| {
        let (_, url) = urls.first().filter(|_| is_opaque)?;
        Some((url, check(target, url)))
    })
}

fn is_article(target: &Target<'_>) -> bool {
    matches!(
        target,
        Target::Article(_) | Target::OpaqueArticle(_) | Target::KeyedArticle(_) | Target::Video(_)
    )
}

/// A link of which nothing is known but its form.
fn new_link(form: Form) -> PageLink {
    PageLink {
        id: String::new(),
        target: None,
        page_url: String::new(),
        amp_url: None,
        check: Check::Unverified,
        form,
        title: None,
        source_name: None,
        time: None,
    }
}

fn check(target: Option<&Target<'_>>, url: &str) -> Check {
    if check_url(url).is_err() {
        return Check::Refuted(Refutation::InvalidUrl);
    }
    match target {
        Some(Target::OpaqueArticle(article)) if article.accepts_url(url) => Check::Confirmed,
        Some(Target::OpaqueArticle(_)) => Check::Refuted(Refutation::Length),
        Some(Target::Video(video)) => match key_of_video(url) {
            Some(key) if key == video.key() => Check::Confirmed,
            _ => Check::Refuted(Refutation::Other),
        },
        Some(target) => match target.canonical_url() {
            Some(own) if own == url => Check::Confirmed,
            Some(_) => Check::Refuted(Refutation::Other),
            None => Check::Unverified,
        },
        None => Check::Unverified,
    }
}

/// Returns the key in the address of a video's page, in any of the forms that YouTube has.
fn key_of_video(url: &str) -> Option<String> {
    let url = Url::parse(url).ok()?;
    let mut path = url.path_segments()?;
    match (url.host_str()?, path.next()?) {
        ("youtu.be", key) => Some(key.to_owned()),
        ("youtube.com" | "www.youtube.com" | "m.youtube.com", "watch") => {
            url.query_pairs().find(|(name, _)| name == "v").map(|(_, key)| key.into_owned())
        }
        ("youtube.com" | "www.youtube.com" | "m.youtube.com", "shorts" | "embed" | "live" | "v") => {
            path.next().map(str::to_owned)
        }
        _ => None,
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

    const OPAQUE: &str = "CBMiNkFVX3lxTE04T1d2QWFkS3BlS042NlZ0bThVc3hFeU5xTFF0d25TdDFhSURHT00tRWhSOGVpZw";
    const KEYED: &str = "CAIiEGuAj6xdE1EiuL__EEW4PWEqGQgEKhAIACoHCAowl--JCzCtppwDMMWWowY";

    /// Reads a record of 52 items with these URLs.
    fn link(id: &str, urls: &[(usize, &str)]) -> Option<PageLink> {
        let mut items = vec!["null".to_owned(); 52];
        (items[0], items[1]) = ("13".into(), format!("[13,\"{id}\"]"));
        for (index, url) in urls {
            items[*index] = format!("\"{url}\"");
        }
        links_of_script(format!("[{}]", items.join(",")).as_bytes()).next()
    }

    #[test]
    fn only_the_token_allows_a_url_at_another_index() {
        let confirmed = "https://example.com";
        for (urls, check) in [
            (&[(6, confirmed)][..], Check::Confirmed),
            (&[(6, "https://example.org/a"), (7, confirmed)], Check::Confirmed),
            (&[(36, "https://example.org/"), (38, confirmed)], Check::Confirmed),
            (&[(7, confirmed), (9, "https://example.net")], Check::Refuted(Refutation::Ambiguous)),
            (&[(36, "https://example.org/")], Check::Refuted(Refutation::Length)),
        ] {
            let link = link(OPAQUE, urls).unwrap();
            assert_eq!(link.check(), check, "{urls:?}");
            assert_eq!(link.url(), (check == Check::Confirmed).then_some(confirmed), "{urls:?}");
        }
        // Nothing checks that of an article with a key.
        assert_eq!(link(KEYED, &[(36, "https://publisher.example")]), None);
        assert_eq!(link(KEYED, &[(7, "https://publisher.example/a")]), None);
        let url = "https://publisher.example/a";
        assert_eq!(link(KEYED, &[(6, url), (36, "https://x.example")]).unwrap().url(), Some(url));
        assert_eq!(link(KEYED, &[(38, url)]).unwrap().url(), Some(url));
        assert_eq!(link(KEYED, &[(6, url), (38, "https://x.example")]).unwrap().url(), None);
    }

    #[test]
    fn a_video_is_confirmed_by_its_key_alone() {
        for (url, is_confirmed) in [
            ("https://www.youtube.com/watch?v=bR0VcOCTohY", true),
            ("https://m.youtube.com/watch?app=desktop&v=bR0VcOCTohY", true),
            ("https://youtu.be/bR0VcOCTohY?t=1", true),
            ("https://www.youtube.com/shorts/bR0VcOCTohY", true),
            ("https://www.youtube.com/watch?v=bR0VcOCTohYx", false),
            ("https://i.ytimg.com/vi/bR0VcOCTohY/hq.jpg", false),
            ("https://evil.example/?bR0VcOCTohY", false),
        ] {
            let link = link("CCAiC2JSMFZjT0NUb2hZmAEB", &[(6, url)]).unwrap();
            assert_eq!(link.check() == Check::Confirmed, is_confirmed, "{url}");
        }
    }

    #[test]
    fn values_that_are_too_long_are_ignored() {
        let url = format!("https://a.example/{}", "x".repeat(70_000));
        let page = format!(r#"<a href="./articles/{KEYED}" jslog="95014; 4:{url}; track:click">"#);
        assert_eq!(Reader::new(page.as_bytes()).next(), None);
    }

    #[test]
    fn no_more_links_of_an_answer_are_kept_than_returned() {
        let record =
            r#"[13,[13,\"CBMiFmh0dHBzOi8vYW11LnR2LzExMTkzMS_SAQA\"],0,0,0,0,\"https://amu.tv/111931/\"],"#;
        let rows = format!(r#"["wrb.fr","x","{}"],"#, record.repeat(MAX_LINKS / 2 + 1)).repeat(2);
        let answer = format!(")]}}'[{}]", rows.trim_end_matches(','));
        let Reader::Answer(links) = Reader::new(answer.as_bytes()) else { panic!("an answer") };
        assert_eq!(links.len(), MAX_LINKS);
    }
}
