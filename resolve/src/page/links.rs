//! The iterator over the links of a page.

use std::collections::VecDeque;

use google_news_link::{Destination, Link, Target, check_url, decode};
use html5gum::emitters::callback::{Callback, CallbackEmitter, CallbackEvent};
use html5gum::{Span, Tokenizer};
use url::Url;

use super::jslog::url_of_jslog;
use super::link::{Amp, Check, Form, PageLink, Refutation};
use super::record::{AMP_URL, Budget, Record, Records, SAME_URL, URL};
use super::rows::Results;
use crate::base64url::is_base64url;
use crate::html::{SpacedReader, tokenizer};

/// The maximum number of links of one page that are read. Real pages contain about 100.
pub const MAX_LINKS: usize = 10_000;

/// Returns the links of a page with their URLs, in order.
///
/// The page may be HTML or an answer of `batchexecute`. A link is returned as many times as the page contains it, often
/// with different details: [`Pairs`](super::Pairs) merges them. No input is an error; for a page without links, the
/// iterator is empty. Time is proportional to the length of the page. The iterator needs at most as much memory as the
/// page is long, and reads at most [`MAX_LINKS`] links. A damaged element or record is skipped; the others are read.
///
/// ```
/// use google_news_link_resolve::page;
///
/// // The attribute contains `[null,"https://example.com"]`.
/// let html = br#"<a href="./read/CBMiNkFVX3lxTE04T1d2QWFkS3BlS042NlZ0bThVc3hFeU5xTFF0d25TdDFhSURHT00tRWhSOGVpZw?hl=en-US"
///     jslog="95014; 5:W251bGwsImh0dHBzOi8vZXhhbXBsZS5jb20iXQ==; track:click">"#;
/// let link = page::links(html).next().expect("one link");
/// assert_eq!(link.url(), Some("https://example.com"));
/// assert_eq!(link.check(), page::Check::Confirmed);
/// ```
pub fn links(page: &[u8]) -> impl Iterator<Item = PageLink> {
    Reader::new(page).take(MAX_LINKS)
}

/// Reads a page of either kind.
enum Reader<'a> {
    Html(Box<Html<'a>>),
    Answer(Box<Answer<'a>>),
}

/// The tokenizer of a page, and the links that were read from the last token.
struct Html<'a> {
    tokenizer: Tokenizer<SpacedReader<'a>, CallbackEmitter<Collector, VecDeque<PageLink>>>,
    ready: VecDeque<PageLink>,
}

/// An answer of `batchexecute`, and the links that were read from the last row.
struct Answer<'a> {
    results: Results<'a>,
    scripts: Scripts,
    ready: VecDeque<PageLink>,
}

impl<'a> Reader<'a> {
    fn new(page: &'a [u8]) -> Self {
        let text = page.strip_prefix(BYTE_ORDER_MARK).unwrap_or(page).trim_ascii_start();
        let scripts = Scripts { count: 0, budget: Budget::of_page(page.len()) };
        // HTML begins with neither of these. An answer may lack its first line.
        if text.starts_with(b")]}'") || text.starts_with(b"[") {
            let results = Results::new(text);
            return Reader::Answer(Box::new(Answer { results, scripts, ready: VecDeque::new() }));
        }
        let mut emitter = CallbackEmitter::new(Collector::new(scripts));
        // Tags in a script are text.
        emitter.naively_switch_states(true);
        Reader::Html(Box::new(Html { tokenizer: tokenizer(page, emitter), ready: VecDeque::new() }))
    }
}

const BYTE_ORDER_MARK: &[u8] = b"\xef\xbb\xbf";

impl Iterator for Reader<'_> {
    type Item = PageLink;

    fn next(&mut self) -> Option<PageLink> {
        match self {
            Reader::Answer(answer) => loop {
                if let Some(link) = answer.ready.pop_front() {
                    return Some(link);
                }
                answer.ready = answer.scripts.links(&answer.results.next()?);
            },
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

/// Reads the records of all scripts of a page, or of all results of an answer.
struct Scripts {
    /// The number of links of the page so far.
    count: usize,
    budget: Budget,
}

impl Scripts {
    /// Returns the links of a script, at most as many as the page may still have.
    fn links(&mut self, script: &[u8]) -> VecDeque<PageLink> {
        let room = MAX_LINKS.saturating_sub(self.count);
        let records = Records::new(script, &mut self.budget);
        let links: VecDeque<_> = records.filter_map(link_of_record).take(room).collect();
        self.count += links.len();
        links
    }
}

/// Collects the links of elements and scripts.
struct Collector {
    /// The values of the attributes, if the element has them.
    href: Option<Vec<u8>>,
    jslog: Option<Vec<u8>>,
    current: Attribute,
    is_script: bool,
    scripts: Scripts,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Attribute {
    Other,
    Href,
    Jslog,
}

/// The maximum length of an attribute's value: that of the longest link that can be decoded. Longer values are ignored.
const MAX_VALUE_LEN: usize = 65_536;

impl Collector {
    fn new(scripts: Scripts) -> Self {
        Collector { href: None, jslog: None, current: Attribute::Other, is_script: false, scripts }
    }

    /// Begins an attribute. The first of several with the same name counts, even if it is empty.
    fn begin(&mut self, name: &[u8]) {
        let (attribute, value) = match name {
            b"href" => (Attribute::Href, &mut self.href),
            b"jslog" => (Attribute::Jslog, &mut self.jslog),
            _ => {
                self.current = Attribute::Other;
                return;
            }
        };
        self.current = if value.is_none() { attribute } else { Attribute::Other };
        value.get_or_insert_default();
    }
}

impl Callback<VecDeque<PageLink>, ()> for Collector {
    fn handle_event(&mut self, event: CallbackEvent<'_>, _: Span<()>) -> Option<VecDeque<PageLink>> {
        match event {
            CallbackEvent::OpenStartTag { name } => {
                (self.href, self.jslog) = (None, None);
                self.current = Attribute::Other;
                self.is_script = name == b"script";
            }
            CallbackEvent::AttributeName { name } => self.begin(name),
            CallbackEvent::AttributeValue { value } => {
                let attribute = match self.current {
                    Attribute::Href => &mut self.href,
                    Attribute::Jslog => &mut self.jslog,
                    Attribute::Other => return None,
                };
                *attribute = Some(if value.len() > MAX_VALUE_LEN { Vec::new() } else { value.to_vec() });
            }
            CallbackEvent::CloseStartTag { .. } => {
                let link = link_of_attributes(&self.href.take()?, &self.jslog.take()?)?;
                self.scripts.count += 1;
                return Some(VecDeque::from([link]));
            }
            CallbackEvent::EndTag { .. } => self.is_script = false,
            CallbackEvent::String { value } if self.is_script => {
                let links = self.scripts.links(value);
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
    // An ID that cannot be decoded is taken for that of an article if the path of the link is one of articles.
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
        amp_url: amp_url.cloned().map_or(Amp::Absent, Amp::One),
        page_url: page_url.to_owned(),
        check,
        title: record.title,
        source_name: record.source_name,
        time: record.time,
        target,
        ..new_link(Form::Record)
    })
}

/// Chooses the URL of the article among those of a record: the one at index [`URL`], or else at [`SAME_URL`]. If the
/// token of an encrypted article refutes that URL and accepts exactly one other URL of the record, that one is chosen.
fn choose_url<'a>(target: Option<&Target<'_>>, urls: &'a [(usize, String)]) -> Option<(&'a str, Check)> {
    let at = |wanted: usize| urls.iter().find(|(index, _)| *index == wanted).map(|(_, url)| url.as_str());
    let (url, same) = (at(URL), at(SAME_URL));
    let checked = url.or(same).map(|url| (url, check(target, url)));
    match (checked, target) {
        (Some((_, Check::Confirmed)), _) => {}
        // Two different URLs, and an ID that confirms neither.
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
    // For an encrypted article, a record without a URL at these indices is returned as refuted, with any other URL.
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

/// Creates a link with its form and no details.
fn new_link(form: Form) -> PageLink {
    PageLink {
        id: String::new(),
        target: None,
        page_url: String::new(),
        amp_url: Amp::Absent,
        check: Check::Unverified,
        form,
        title: None,
        source_name: None,
        time: None,
    }
}

/// Checks a URL against the target of the ID.
pub(super) fn check(target: Option<&Target<'_>>, url: &str) -> Check {
    if check_url(url).is_err() {
        return Check::Refuted(Refutation::InvalidUrl);
    }
    match target {
        Some(Target::OpaqueArticle(article)) if article.accepts_url(url) => Check::Confirmed,
        Some(Target::OpaqueArticle(_)) => Check::Refuted(Refutation::Length),
        Some(Target::Video(video)) => match youtube_id_of(url) {
            Some(id) if id == video.youtube_id() => Check::Confirmed,
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

/// Returns the ID in the address of a video's page, in any of the forms that YouTube has.
fn youtube_id_of(url: &str) -> Option<String> {
    let url = Url::parse(url).ok()?;
    let mut path = url.path_segments()?;
    match (url.host_str()?, path.next()?) {
        ("youtu.be", id) => Some(id.to_owned()),
        ("youtube.com" | "www.youtube.com" | "m.youtube.com", "watch") => {
            url.query_pairs().find(|(name, _)| name == "v").map(|(_, id)| id.into_owned())
        }
        ("youtube.com" | "www.youtube.com" | "m.youtube.com", "shorts" | "embed" | "live" | "v") => {
            path.next().map(str::to_owned)
        }
        _ => None,
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
        let script = format!("[{}]", items.join(","));
        let mut scripts = Scripts { count: 0, budget: Budget::of_page(script.len()) };
        scripts.links(script.as_bytes()).pop_front()
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
        // The ID of a keyed article cannot confirm a URL.
        assert_eq!(link(KEYED, &[(36, "https://publisher.example")]), None);
        assert_eq!(link(KEYED, &[(7, "https://publisher.example/a")]), None);
        let url = "https://publisher.example/a";
        assert_eq!(link(KEYED, &[(6, url), (36, "https://x.example")]).unwrap().url(), Some(url));
        assert_eq!(link(KEYED, &[(38, url)]).unwrap().url(), Some(url));
        assert_eq!(link(KEYED, &[(6, url), (38, "https://x.example")]).unwrap().url(), None);
    }

    #[test]
    fn a_video_is_confirmed_by_its_youtube_id_alone() {
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
    fn no_more_links_of_a_script_are_kept_than_returned() {
        let record =
            r#"[13,[13,"CBMiFmh0dHBzOi8vYW11LnR2LzExMTkzMS_SAQA"],0,0,0,0,"https://amu.tv/111931/"],"#;
        let script = record.repeat(MAX_LINKS / 2 + 1);
        let mut scripts = Scripts { count: 0, budget: Budget::of_page(3 * script.len()) };
        assert_eq!(scripts.links(script.as_bytes()).len(), MAX_LINKS / 2 + 1);
        assert_eq!(scripts.links(script.as_bytes()).len(), MAX_LINKS / 2 - 1);
        assert_eq!(scripts.links(script.as_bytes()).len(), 0);
        // The links of elements count as well.
        let element = r#"<a href="./read/CBMiFmh0dHBzOi8vYW11LnR2LzExMTkzMS_SAQA" jslog="95014; 4:https://amu.tv/111931/">"#;
        let page = format!("{element}<script>{}</script>", record.repeat(MAX_LINKS));
        assert_eq!(Reader::new(page.as_bytes()).count(), MAX_LINKS);
    }

    #[test]
    fn attributes_are_read_up_to_the_length_of_the_longest_link() {
        for (len, count) in [(MAX_VALUE_LEN, 1), (MAX_VALUE_LEN + 1, 0)] {
            let mut href = format!("./read/{OPAQUE}?");
            href.extend(std::iter::repeat_n('x', len - href.len()));
            let page = format!(r#"<a href="{href}" jslog="95014; 4:https://example.com">"#);
            assert_eq!(Reader::new(page.as_bytes()).count(), count, "{len}");
        }
    }
}
