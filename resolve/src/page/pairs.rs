use std::collections::HashMap;

use super::{Check, PageLink, Refutation, links};

/// The links of one or more pages, each once, with all that is known of it.
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
    /// A link that occurs several times is merged: a URL that the ID does not refute takes precedence over one that it
    /// refutes. If there are two different ones of the former, neither is used
    /// ([`Ambiguous`](Refutation::Ambiguous)).
    pub fn add_page(&mut self, page: &[u8]) {
        for link in links(page) {
            match self.by_id.get(link.id()).and_then(|&index| self.links.get_mut(index)) {
                Some(known) => merge(known, link),
                None => {
                    self.by_id.insert(link.id().to_owned(), self.links.len());
                    self.links.push(link);
                }
            }
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

fn merge(known: &mut PageLink, link: PageLink) {
    let is_same = known.page_url == link.page_url;
    match (known.check, link.check) {
        (Check::Refuted(Refutation::Ambiguous), _) => return,
        // A URL that was refuted once does not become true by being repeated.
        (Check::Refuted(_), _) if is_same => return,
        (_, Check::Refuted(Refutation::Ambiguous)) => known.check = link.check,
        (_, Check::Refuted(_)) if is_same => known.check = link.check,
        (_, Check::Refuted(_)) => return,
        (Check::Refuted(_), _) => {
            (known.page_url, known.check, known.form) = (link.page_url, link.check, link.form);
            known.amp_url = link.amp_url;
        }
        // The same video may have several addresses, and so may what `uo=` confirms.
        (Check::Unverified, Check::Confirmed) => {
            (known.page_url, known.check) = (link.page_url, link.check);
        }
        (Check::Confirmed, Check::Unverified) => {}
        _ if is_same
            && known.amp_url.is_some()
            && link.amp_url.is_some()
            && known.amp_url != link.amp_url =>
        {
            known.amp_url = None;
        }
        _ if is_same => known.amp_url = known.amp_url.take().or(link.amp_url),
        _ if known.target.as_ref().is_some_and(|target| target.as_video().is_some()) => {}
        _ => known.check = Check::Refuted(Refutation::Ambiguous),
    }
    known.title = known.title.take().or(link.title);
    known.source_name = known.source_name.take().or(link.source_name);
    known.time = known.time.or(link.time);
}

#[cfg(test)]
mod tests {
    use super::*;

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
}
