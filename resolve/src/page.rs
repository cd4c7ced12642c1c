//! Reads the publishers' URLs of the links in a page of Google News.
//!
//! The web pages of `news.google.com` (search, home, topics, stories) contain the publisher's URL next to each encrypted ID, 100 of
//! them in one search page. So a saved page resolves its links offline, and one request takes the place of a hundred.
//! RSS feeds and the pages of single articles do not contain these URLs.
//!
//! [`links`] reads a page, [`Pairs`] collects its links, and [`Resolution::learn`](crate::Resolution::learn) uses them.
//!
//! Each URL is checked against the ID next to it: the token of an opaque article determines the length of the URL (which
//! was right in 129 of 129 pairs), a plain article contains the URL, a video its key. A URL that contradicts the ID is
//! refuted and never returned as the URL of the link.
//!
//! Google does not document these pages and can change them at any time. Two forms are known:
//!
//! - elements with the attributes `href` (the link) and `jslog` (the URL, in JSON in base64; up to 2022 as plain text);
//! - records in scripts, arrays that begin with `[13,[13,"ID"],"title",…` and contain the URL.
//!
//! The same records occur in answers of `batchexecute`, which the button "show more" requests. They can be read as well, also
//! if they are truncated or damaged.

use google_news_link::Target;

use links::Reader;

mod jslog;
mod links;
mod pairs;
mod record;
mod rows;

pub use pairs::{PairCounts, Pairs};

/// The maximum number of links of one page that are read. Real pages contain about 100.
pub const MAX_LINKS: usize = 10_000;

/// Returns the links of a page with their URLs, in order.
///
/// The page may be HTML or an answer of `batchexecute`. A link occurs several times if the page contains it several times,
/// often with different details: [`Pairs`] merges them. No input is an error; a page without links is an empty iterator.
/// Time is proportional to the length of the page. The iterator needs at most as much memory as the page is long, and reads
/// at most [`MAX_LINKS`] links. A damaged element or record is skipped; the others are read.
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

/// A link in a page, with the URL next to it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct PageLink {
    id: String,
    target: Option<Target<'static>>,
    page_url: String,
    amp_url: Amp,
    check: Check,
    form: Form,
    title: Option<String>,
    source_name: Option<String>,
    time: Option<u64>,
}

/// The AMP URLs of a link, each of which the second token of its ID confirms.
#[derive(Clone, PartialEq, Eq, Default, Debug)]
pub(crate) enum Amp {
    #[default]
    Absent,
    One(String),
    /// There are different ones, and nothing tells which one is right.
    Several,
}

impl Amp {
    /// Adds the AMP URL that another place in the pages has for the same link.
    pub(crate) fn add(&mut self, other: Amp) {
        match (&*self, &other) {
            (_, Amp::Absent) | (Amp::Several, _) => {}
            (Amp::One(url), Amp::One(other)) if url == other => {}
            (Amp::Absent, _) => *self = other,
            (Amp::One(_), _) => *self = Amp::Several,
        }
    }

    pub(crate) fn url(&self) -> Option<&str> {
        match self {
            Amp::One(url) => Some(url),
            Amp::Absent | Amp::Several => None,
        }
    }
}

/// The result of checking the URL of a page against the ID next to it.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
#[non_exhaustive]
pub enum Check {
    /// The ID confirms the URL: by its length, or because the ID contains it.
    Confirmed,
    /// Nothing in the ID can confirm the URL: a keyed article (`CAIi…`), or an ID that cannot be decoded.
    Unverified,
    /// The URL contradicts the ID, for example by its length, or must not be returned.
    Refuted(Refutation),
}

/// Why the URL of a page is not the URL of the link.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Refutation {
    /// The URL does not have the length that the token determines.
    #[error("URL of another length")]
    Length,
    /// The ID contains another URL, or the key of another video.
    #[error("URL other than that of the ID")]
    Other,
    /// The URL is not an HTTP URL, contains a space or a control character, or is that of a page of Google that only
    /// forwards to another one.
    #[error("invalid URL")]
    InvalidUrl,
    /// Pages contain two different URLs for the link or for its token, and nothing tells which one is right.
    #[error("several different URLs")]
    Ambiguous,
}

/// The form in which a page contains a link.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
#[non_exhaustive]
pub enum Form {
    /// The attributes of an element.
    Attributes,
    /// A record in a script or an answer.
    Record,
}

impl PageLink {
    /// Returns the ID of the link.
    pub fn id(&self) -> &str {
        &self.id
    }

    /// Returns the target of the link, or `None` if its ID cannot be decoded.
    pub fn target(&self) -> Option<&Target<'static>> {
        self.target.as_ref()
    }

    /// Returns the publisher's URL, or `None` if the ID [refutes](Check::Refuted) it.
    pub fn url(&self) -> Option<&str> {
        match self.check {
            Check::Confirmed | Check::Unverified => Some(&self.page_url),
            Check::Refuted(_) => None,
        }
    }

    /// Returns the URL of the publisher's AMP page, if there is one and the second token of the ID confirms its length.
    pub fn amp_url(&self) -> Option<&str> {
        self.amp_url.url().filter(|_| self.url().is_some())
    }

    /// Returns whether the ID confirms the URL.
    pub fn check(&self) -> Check {
        self.check
    }

    /// Returns the URL that the page contains, also if the ID refutes it. It may be any string.
    pub fn page_url(&self) -> &str {
        &self.page_url
    }

    /// Returns the form in which the page contains the link.
    pub fn form(&self) -> Form {
        self.form
    }

    /// Returns the headline, which only records contain. Returns `None` if the ID [refutes](Check::Refuted) the URL, because the
    /// record may describe another article.
    pub fn title(&self) -> Option<&str> {
        self.title.as_deref().filter(|_| self.url().is_some())
    }

    /// Returns the name of the publisher, which only records contain.
    pub fn source_name(&self) -> Option<&str> {
        self.source_name.as_deref().filter(|_| self.url().is_some())
    }

    /// Returns the time of publication in Unix seconds, which only records contain.
    pub fn time(&self) -> Option<u64> {
        self.time.filter(|_| self.url().is_some())
    }
}
