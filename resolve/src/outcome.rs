use std::fmt;

use google_news_link::OpaqueArticle;

/// The URL of a link, with its source and how it was verified.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct Resolved<'a> {
    pub(crate) url: &'a str,
    pub(crate) amp_url: Option<&'a str>,
    pub(crate) source: Source,
    pub(crate) verification: Verification,
}

/// Where a URL was found.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
#[non_exhaustive]
pub enum Source {
    /// In the link itself, offline.
    Link,
    /// In an answer of an earlier run that was [inserted](crate::Resolution::insert_known).
    Known,
    /// In a page of Google News that contains several links with their URLs.
    Page,
    /// In an answer of the service to a request for this link.
    Online,
}

/// How a URL was verified.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
#[non_exhaustive]
pub enum Verification {
    /// The link contains the URL.
    Contained,
    /// The URL has the length that the link determines.
    Length,
    /// The link determines neither the URL nor its length, so a wrong answer would not be detected. This applies to
    /// IDs and tokens that cannot be decoded and to keyed articles (`CAIi…`).
    Unverified,
}

impl Source {
    /// Returns the name: `link`, `known`, `page` or `online`.
    pub fn as_str(self) -> &'static str {
        match self {
            Source::Link => "link",
            Source::Known => "known",
            Source::Page => "page",
            Source::Online => "online",
        }
    }
}

impl Verification {
    /// Returns the name: `contained`, `length` or `unverified`.
    pub fn as_str(self) -> &'static str {
        match self {
            Verification::Contained => "contained",
            Verification::Length => "length",
            Verification::Unverified => "unverified",
        }
    }
}

/// Writes the [name](Self::as_str).
impl fmt::Display for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

/// Writes the [name](Self::as_str).
impl fmt::Display for Verification {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

impl<'a> Resolved<'a> {
    /// Returns the publisher's URL.
    pub fn url(&self) -> &'a str {
        self.url
    }

    /// Returns the URL of the publisher's AMP page, or `None` if it is not known.
    ///
    /// It is known if the link contains it, or if a [page with several links](crate::page) contains it and the second token of the link
    /// confirms its length. The service does not answer with AMP URLs.
    pub fn amp_url(&self) -> Option<&'a str> {
        self.amp_url
    }

    /// Returns where the URL was found.
    pub fn source(&self) -> Source {
        self.source
    }

    /// Returns how the URL was verified.
    pub fn verification(&self) -> Verification {
        self.verification
    }

    /// Returns `false` if a wrong answer would not have been detected: see [`Verification::Unverified`].
    pub fn is_verified(&self) -> bool {
        self.verification != Verification::Unverified
    }
}

/// Writes the URL.
impl fmt::Display for Resolved<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.url)
    }
}

/// The key under which an answer can be stored for a later run, and [inserted](crate::Resolution::insert_known) there.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
#[non_exhaustive]
pub enum AnswerKey<'a> {
    /// The token of an opaque article. Equal tokens mean equal URLs.
    Token(&'a str),
    /// The ID of any other article.
    Id(&'a str),
}

/// The token of the article.
impl<'a> From<&'a OpaqueArticle<'_>> for AnswerKey<'a> {
    fn from(article: &'a OpaqueArticle<'_>) -> Self {
        AnswerKey::Token(article.token())
    }
}
