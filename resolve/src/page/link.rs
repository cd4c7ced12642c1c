use google_news_link::Target;

/// A link in a page, with the URL next to it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct PageLink {
    pub(super) id: String,
    pub(super) target: Option<Target<'static>>,
    pub(super) page_url: String,
    pub(super) amp_url: Amp,
    pub(super) check: Check,
    pub(super) form: Form,
    pub(super) title: Option<String>,
    pub(super) source_name: Option<String>,
    pub(super) time: Option<u64>,
}

/// The AMP URLs of a link, each of which the second token of its ID confirms.
#[derive(Clone, PartialEq, Eq, Default, Debug)]
pub(super) enum Amp {
    #[default]
    Absent,
    One(String),
    /// There are different ones, and nothing tells which one is right.
    Several,
}

impl Amp {
    /// Adds the AMP URL from another occurrence of the link.
    pub(super) fn add(&mut self, other: Amp) {
        match (&*self, &other) {
            (_, Amp::Absent) | (Amp::Several, _) => {}
            (Amp::One(url), Amp::One(other)) if url == other => {}
            (Amp::Absent, _) => *self = other,
            (Amp::One(_), _) => *self = Amp::Several,
        }
    }

    pub(super) fn url(&self) -> Option<&str> {
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

/// The reason why the URL that a page contains for a link is refuted.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Refutation {
    /// The URL does not have the length that the token determines.
    #[error("URL of another length")]
    Length,
    /// The ID contains another URL, or the YouTube ID of another video.
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

    /// Returns the URL that the page contains, even if the ID refutes it. It may be any string.
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
