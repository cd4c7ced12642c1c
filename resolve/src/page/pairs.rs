use std::collections::HashMap;

use google_news_link::{OpaqueArticle, Target};

use super::link::{Check, PageLink, Refutation};
use super::links::{check, links};

/// The links of one or more pages, each of them once, with the details of all its occurrences.
///
/// ```
/// use google_news_link_resolve::page::Pairs;
///
/// let html = br#"<a href="./read/CBMiNkFVX3lxTE04T1d2QWFkS3BlS042NlZ0bThVc3hFeU5xTFF0d25TdDFhSURHT00tRWhSOGVpZw?hl=en-US"
///     jslog="95014; 5:W251bGwsImh0dHBzOi8vZXhhbXBsZS5jb20iXQ==; track:click">"#;
/// let pairs = Pairs::read(html);
/// assert_eq!(pairs.counts().confirmed, 1);
/// assert_eq!(pairs.iter().next().and_then(|link| link.url()), Some("https://example.com"));
/// ```
#[derive(Clone, Default, Debug)]
pub struct Pairs {
    links: Vec<PageLink>,
    by_id: HashMap<String, usize>,
    by_token: HashMap<String, SameToken>,
}

/// The links with one token, which have one URL: their IDs differ in the second token, that of the AMP URL.
#[derive(Clone, Default, Debug)]
struct SameToken {
    links: Vec<usize>,
    /// The first link that has a URL.
    with_url: Option<usize>,
    is_ambiguous: bool,
}

/// The numbers of different links in pages, by the result of their [check](PageLink::check).
#[derive(Clone, Copy, PartialEq, Eq, Hash, Default, Debug)]
#[non_exhaustive]
pub struct PairCounts {
    /// All links.
    pub found: usize,
    /// Links whose URL the ID confirms.
    pub confirmed: usize,
    /// Links whose URL nothing can confirm.
    pub unverified: usize,
    /// Links whose URL the ID refutes, or with several different URLs.
    pub refuted: usize,
}

impl Pairs {
    /// Creates an empty collection.
    pub fn new() -> Self {
        Pairs::default()
    }

    /// Reads the links of one page.
    pub fn read(page: &[u8]) -> Self {
        let mut pairs = Pairs::new();
        pairs.add_page(page);
        pairs
    }

    /// Adds the links of a page.
    ///
    /// The occurrences of a link are merged: a URL that the ID does not refute takes precedence over one that it
    /// refutes. If there are two different URLs that the ID does not refute, neither is used
    /// ([`Ambiguous`](Refutation::Ambiguous)). This also applies to different IDs with the same token, because equal
    /// tokens mean equal URLs, and to occurrences on different pages.
    pub fn add_page(&mut self, page: &[u8]) {
        links(page).for_each(|link| _ = self.add(link));
    }

    /// Adds a link, and returns it with the details of its earlier occurrences.
    pub(crate) fn add(&mut self, link: PageLink) -> &PageLink {
        let index = match self.by_id.get(link.id()) {
            Some(&index) => {
                merge(&mut self.links[index], link);
                index
            }
            None => {
                let index = self.links.len();
                self.by_id.insert(link.id().to_owned(), index);
                if let Some(article) = opaque(&link) {
                    self.by_token.entry(article.token().to_owned()).or_default().links.push(index);
                }
                self.links.push(link);
                index
            }
        };
        self.compare_with_same_token(index);
        &self.links[index]
    }

    /// Refutes all links with the token of this one if they have different URLs.
    fn compare_with_same_token(&mut self, index: usize) {
        let links = &mut self.links;
        let Some(same) = opaque(&links[index]).and_then(|article| self.by_token.get_mut(article.token()))
        else {
            return;
        };
        let is_ambiguous = |link: &PageLink| link.check == Check::Refuted(Refutation::Ambiguous);
        if same.is_ambiguous {
            refute(&mut links[index]);
        } else if is_ambiguous(&links[index])
            || links[index].url().is_some()
                && same.with_url.is_some_and(|first| links[first].page_url != links[index].page_url)
        {
            same.is_ambiguous = true;
            same.links.iter().for_each(|&index| refute(&mut links[index]));
        } else if links[index].url().is_some() {
            same.with_url.get_or_insert(index);
        }
    }

    /// Returns the links in the order in which they were found first.
    pub fn iter(&self) -> std::slice::Iter<'_, PageLink> {
        self.links.iter()
    }

    /// Counts the links.
    pub fn counts(&self) -> PairCounts {
        let mut counts = PairCounts { found: self.links.len(), ..PairCounts::default() };
        for link in &self.links {
            *match link.check() {
                Check::Confirmed => &mut counts.confirmed,
                Check::Unverified => &mut counts.unverified,
                Check::Refuted(_) => &mut counts.refuted,
            } += 1;
        }
        counts
    }
}

impl<'a> IntoIterator for &'a Pairs {
    type Item = &'a PageLink;
    type IntoIter = std::slice::Iter<'a, PageLink>;

    fn into_iter(self) -> Self::IntoIter {
        self.iter()
    }
}

impl std::ops::AddAssign for PairCounts {
    fn add_assign(&mut self, other: Self) {
        self.found += other.found;
        self.confirmed += other.confirmed;
        self.unverified += other.unverified;
        self.refuted += other.refuted;
    }
}

fn opaque(link: &PageLink) -> Option<&OpaqueArticle<'static>> {
    link.target().and_then(Target::as_opaque_article)
}

/// Marks a link as refuted because it has several different URLs.
fn refute(link: &mut PageLink) {
    link.check = Check::Refuted(Refutation::Ambiguous);
}

/// Merges the link with another occurrence of its ID.
fn merge(known: &mut PageLink, mut link: PageLink) {
    share_own_url(known, &mut link);
    let is_same = known.page_url == link.page_url;
    match (known.check, link.check) {
        (Check::Refuted(Refutation::Ambiguous), _) => {}
        // A URL that was refuted once does not become true by being repeated.
        (Check::Refuted(_), _) if is_same => {}
        (_, Check::Refuted(Refutation::Ambiguous)) => refute(known),
        (_, Check::Refuted(_)) if is_same => known.check = link.check,
        (_, Check::Refuted(_)) => {}
        // No details are used of a record whose URL is wrong.
        (Check::Refuted(_), _) => *known = link,
        // The same video may have several addresses.
        _ if is_same || known.target.as_ref().is_some_and(|target| target.as_video().is_some()) => {
            known.amp_url.add(link.amp_url);
            known.title = known.title.take().or(link.title);
            known.source_name = known.source_name.take().or(link.source_name);
            known.time = known.time.or(link.time);
        }
        _ => refute(known),
    }
}

/// Checks the URL of a link against the URL that the other link contains, if only the other one contains its URL. This
/// is the case for keyed articles, of which some links have `uo=`.
fn share_own_url(one: &mut PageLink, other: &mut PageLink) {
    let has_own = |link: &PageLink| link.target().is_some_and(|target| target.canonical_url().is_some());
    let (from, to) = match (has_own(one), has_own(other)) {
        (true, false) => (one, other),
        (false, true) => (other, one),
        _ => return,
    };
    to.target = from.target.clone();
    if to.check != Check::Refuted(Refutation::Ambiguous) {
        to.check = check(to.target(), &to.page_url);
    }
}

#[cfg(test)]
mod tests {
    use base64::Engine;
    use base64::engine::general_purpose::URL_SAFE_NO_PAD;

    use super::super::link::Amp;
    use super::*;

    #[test]
    fn counts_of_several_pages_are_added() {
        let mut sum = PairCounts { found: 10, confirmed: 2, unverified: 3, refuted: 5 };
        sum += PairCounts { found: 17, confirmed: 4, unverified: 6, refuted: 7 };
        assert_eq!(sum, PairCounts { found: 27, confirmed: 6, unverified: 9, refuted: 12 });
    }

    #[test]
    fn a_url_that_was_refuted_once_stays_refuted() {
        let keyed = "CAIiEGuAj6xdE1EiuL__EEW4PWEqGQgEKhAIACoHCAowl--JCzCtppwDMMWWowY";
        let uo = "CAUiJGh0dHBzOi8vamV0c3RyZWFtLmJ6L2FyY2hpdmVzLzE2MDA0NNIBAA";
        let refuted =
            format!(r#"<a href="./articles/{keyed}?uo={uo}" jslog="95014; 4:https://evil.example/a; x">"#);
        let again =
            format!(r#"<script>[13,[13,"{keyed}"],"t",null,[1],null,"https://evil.example/a"]</script>"#);
        for page in [format!("{refuted}{again}"), format!("{again}{refuted}")] {
            let pairs = Pairs::read(page.as_bytes());
            let urls: Vec<_> = pairs.iter().map(PageLink::url).collect();
            assert_eq!(urls, [None], "{page}");
        }
    }

    const KEYED: &str = "CAIiEGuAj6xdE1EiuL__EEW4PWEqGQgEKhAIACoHCAowl--JCzCtppwDMMWWowY";
    const KEYED_URL: &str = "https://jetstream.bz/archives/160044";

    #[test]
    fn the_url_that_a_link_contains_decides_for_all_its_occurrences() {
        let uo = "CAUiJGh0dHBzOi8vamV0c3RyZWFtLmJ6L2FyY2hpdmVzLzE2MDA0NNIBAA";
        let own = |url: &str| {
            format!(r#"<a href="./articles/{KEYED}?uo={uo}" jslog="95014; 4:{url}; track:click">"#)
        };
        let record = |url: &str| format!(r#"<script>[13,[13,"{KEYED}"],"t",null,[1],null,"{url}"]</script>"#);
        let other = "https://jetstream.bz/other";
        for (places, url) in [
            ([own(KEYED_URL), record(KEYED_URL)], Some(KEYED_URL)),
            ([own(KEYED_URL), record(other)], Some(KEYED_URL)),
            ([own(other), record(KEYED_URL)], Some(KEYED_URL)),
            ([own(other), record(other)], None),
            ([own(other), record("https://jetstream.bz/third")], None),
        ] {
            for page in [places.concat(), format!("{}{}", places[1], places[0])] {
                let pairs = Pairs::read(page.as_bytes());
                let found: Vec<_> = pairs.iter().map(|link| (link.url(), link.check())).collect();
                let check = url.map_or(Check::Refuted(Refutation::Other), |_| Check::Confirmed);
                assert_eq!(found, [(url, check)], "{page}");
            }
        }
    }

    #[test]
    fn links_that_contain_different_urls_refute_each_other() {
        let own = |url: &str| {
            let message = [b"\x08\x05\x22", &[url.len() as u8][..], url.as_bytes(), b"\xd2\x01\x00"].concat();
            let uo = URL_SAFE_NO_PAD.encode(message);
            format!(r#"<a href="./articles/{KEYED}?uo={uo}" jslog="95014; 4:{KEYED_URL}; track:click">"#)
        };
        let (right, wrong) = (own(KEYED_URL), own("https://jetstream.bz/other"));
        for (page, url) in [
            (right.clone(), Some(KEYED_URL)),
            (format!("{right}{wrong}"), None),
            (format!("{wrong}{right}"), None),
        ] {
            let pairs = Pairs::read(page.as_bytes());
            let urls: Vec<_> = pairs.iter().map(PageLink::url).collect();
            assert_eq!(urls, [url], "{page}");
        }
    }

    #[test]
    fn several_urls_stay_ambiguous_when_one_is_repeated() {
        let link = |url: &str| format!(r#"<a href="./articles/{KEYED}" jslog="95014; 4:{url}; x">"#);
        let [a, b, c] = ["https://a.example/", "https://b.example/", "https://c.example/"];
        let nulls = "null,".repeat(31);
        let both = format!(r#"<script>[13,[13,"{KEYED}"],"t",null,[1],null,"{a}",{nulls}"{b}"]</script>"#);
        for page in [
            [link(a), link(b), link(b)].concat(),
            [link(a), link(b), link(a)].concat(),
            [link(c), both.clone()].concat(),
            [both.clone(), link(c)].concat(),
            [link(a), both].concat(),
        ] {
            let pairs = Pairs::read(page.as_bytes());
            let checks: Vec<_> = pairs.iter().map(PageLink::check).collect();
            assert_eq!(checks, [Check::Refuted(Refutation::Ambiguous)], "{page}");
        }
    }

    #[test]
    fn nothing_of_a_refuted_record_is_used() {
        let id = "CBMiNkFVX3lxTE04T1d2QWFkS3BlS042NlZ0bThVc3hFeU5xTFF0d25TdDFhSURHT00tRWhSOGVpZw";
        let record = |title: &str, url: &str| {
            format!(
                r#"<script>[13,[13,"{id}"],"{title}",null,[{}],null,"{url}",null,null,null,[12,[12,"x"],"{title}"]]</script>"#,
                title.len()
            )
        };
        let bad = record("bad", "https://example.com/x");
        let good = record("good", "https://example.com");
        let anchor = format!(r#"<a href="./read/{id}" jslog="95014; 4:https://example.com; x">"#);
        let details = |page: &str| {
            let pairs = Pairs::read(page.as_bytes());
            let link = pairs.iter().next().unwrap();
            let texts = [link.title(), link.source_name()].map(|text| text.map(str::to_owned));
            (link.url().is_some(), texts, link.time())
        };
        let good_details = (true, [Some("good".into()), Some("good".into())], Some(4));
        assert_eq!(details(&bad), (false, [None, None], None));
        assert_eq!(details(&format!("{bad}{anchor}{bad}")), (true, [None, None], None));
        for page in [format!("{bad}{anchor}{good}"), format!("{good}{bad}"), format!("{bad}{good}")] {
            assert_eq!(details(&page), good_details, "{page}");
        }
    }

    #[test]
    fn different_amp_urls_are_not_used_even_if_one_is_repeated() {
        let mut amp = Amp::Absent;
        for (url, expected) in [
            ("", None),
            ("a", Some("a")),
            ("", Some("a")),
            ("a", Some("a")),
            ("b", None),
            ("a", None),
            ("", None),
        ] {
            amp.add(if url.is_empty() { Amp::Absent } else { Amp::One(url.into()) });
            assert_eq!(amp.url(), expected);
        }
    }
}
