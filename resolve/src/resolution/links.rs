//! What is added: links, and the answers of earlier runs.

use std::collections::{BTreeMap, HashMap, VecDeque};
use std::sync::Arc;

use google_news_link::{OpaqueArticle, Target};

use super::news_pages::NewsPages;
use super::visits::Visits;
use super::{Block, Given, Resolution, Unavailable};
use crate::error::{Error, Problem};
use crate::exchange::{RequestKind, Visit};
use crate::options::Options;
use crate::outcome::{AnswerKey, Source};
use crate::subject::{Classified, Entries, Found, State, Subject};

impl Resolution {
    /// Creates a resolution without links.
    pub fn new(options: Options) -> Self {
        Resolution {
            options: Arc::new(options),
            given: Vec::new(),
            entries: Entries::default(),
            visits: Visits::default(),
            news: NewsPages::default(),
            signed: VecDeque::new(),
            in_flight: BTreeMap::new(),
            pages_in_flight: 0,
            has_inserted: false,
            next_serial: 0,
            block: Block::None,
            unavailable: Unavailable::default(),
            answered: Vec::new(),
            amp_urls: HashMap::new(),
            remaining: 0,
            requests: [0; RequestKind::COUNT],
            not_tried: Error::new(Problem::NotTried),
            interrupted: Error::new(Problem::Interrupted),
        }
    }

    /// Adds an article and returns the number of its outcome: 0 for the first link.
    ///
    /// If its token was added or [inserted](Self::insert_known) before, it is not requested again.
    pub fn push(&mut self, article: &OpaqueArticle<'_>) -> usize {
        self.push_subject(Subject::Article(article.clone().into_owned()))
    }

    /// Adds the target of a link and returns the number of its outcome.
    ///
    /// Opaque articles, encrypted redirects and keyed articles without a URL are requested; the URLs of keyed articles
    /// are [unverified](crate::Verification::Unverified). The outcome of any other target is its canonical URL, or
    /// [`NotAnArticle`](crate::ErrorKind::NotAnArticle) if it has none.
    pub fn push_target(&mut self, target: &Target<'_>) -> usize {
        self.push_classified(Subject::of_target(target))
    }

    /// Adds the ID of an article, even if it cannot be decoded, and returns the number of its outcome.
    ///
    /// Google's server accepts any ID, so articles can still be resolved after a change of the format. Since nothing in
    /// an ID that cannot be decoded determines the length of the URL, the result is
    /// [unverified](crate::Verification::Unverified). An ID that can be decoded is treated as its
    /// [target](Self::push_target).
    ///
    /// The outcome of a string that is not an ID is [`InvalidId`](crate::ErrorKind::InvalidId).
    ///
    /// ```
    /// use google_news_link::decode;
    /// use google_news_link_resolve::{Options, Resolution};
    ///
    /// // An ID of an unknown type.
    /// let id = "CE0iBGFiY2Q";
    /// assert!(decode(id).is_err());
    /// let mut resolution = Resolution::new(Options::new());
    /// resolution.push_id(id);
    /// let (request, _exchange) = resolution.next_request().expect("a page to request");
    /// assert_eq!(request.uri().path(), "/rss/articles/CE0iBGFiY2Q");
    /// ```
    pub fn push_id(&mut self, id: &str) -> usize {
        self.push_classified(Subject::of_id(id))
    }

    /// Adds a link, even if its ID or token cannot be decoded, and returns the number of its outcome.
    ///
    /// A link that can be decoded is treated as its [target](Self::push_target). The ID of an article that cannot be
    /// decoded is treated as by [`push_id`](Self::push_id), and so is the token of an encrypted redirect; their URLs
    /// are [unverified](crate::Verification::Unverified).
    ///
    /// # Errors
    ///
    /// Returns the error of [`decode`](google_news_link::decode) if the link can be neither decoded nor requested:
    /// `https://example.com/`, a topic with an invalid ID. Nothing is added then.
    ///
    /// # Examples
    ///
    /// ```
    /// use google_news_link::ErrorKind;
    /// use google_news_link_resolve::{Options, Resolution};
    ///
    /// let mut resolution = Resolution::new(Options::new());
    /// // The ID contains a part of a URL, and its length field says that the URL is longer.
    /// assert_eq!(resolution.push_link("https://news.google.com/rss/articles/CBMiF2h0dHBzOi8vYW11")?, 0);
    /// let error = resolution.push_link("https://example.com/").unwrap_err();
    /// assert_eq!((error.kind(), resolution.len()), (ErrorKind::NotGoogleNews, 1));
    /// # Ok::<(), google_news_link::Error>(())
    /// ```
    pub fn push_link(&mut self, link: impl AsRef<[u8]>) -> Result<usize, google_news_link::Error> {
        Ok(self.push_classified(Subject::of_link(link.as_ref())?))
    }

    fn push_classified(&mut self, classified: Classified) -> usize {
        match classified {
            Classified::Subject(subject) => self.push_subject(subject),
            Classified::Known(outcome) => {
                self.given.push(Given::Known(outcome.map_err(Error::new)));
                self.given.len() - 1
            }
        }
    }

    fn push_subject(&mut self, subject: Subject) -> usize {
        let amp_token = subject.amp_token().map(Box::from);
        let (index, _) = self.entries.insert(subject);
        let entry = &mut self.entries[index];
        if !std::mem::replace(&mut entry.is_given, true) && entry.is_open() {
            self.remaining += 1;
            self.visits.push_back(Visit::first(index, &entry.subject, self.options.first_path));
        }
        self.given.push(match entry.subject.amp_token() == amp_token.as_deref() {
            true => Given::Entry(index),
            false => Given::OtherAmp(index, amp_token),
        });
        self.given.len() - 1
    }

    /// Inserts an answer from an earlier run, so that the article is not requested. The key is the one that was
    /// returned together with the [answer](Self::answers), or the article itself.
    ///
    /// If the key is an ID that contains its URL, `url` is ignored and not checked: the outcome of such a link is the URL
    /// that it contains.
    ///
    /// # Errors
    ///
    /// Returns [`WrongLength`](crate::ErrorKind::WrongLength) or [`InvalidUrl`](crate::ErrorKind::InvalidUrl), as for an answer
    /// of the service, [`InvalidId`](crate::ErrorKind::InvalidId) for a key that is not a token or an ID, and
    /// [`NotAnArticle`](crate::ErrorKind::NotAnArticle) for the ID of a topic. The article is requested then.
    ///
    /// # Examples
    ///
    /// ```
    /// use google_news_link_resolve::{AnswerKey, Options, Resolution};
    ///
    /// let mut resolution = Resolution::new(Options::new());
    /// let token = "AU_yqLM8OWvAadKpeKN66Vtm8UsxEyNqLQtwnSt1aIDGOM-EhR8eig";
    /// resolution.insert_known(AnswerKey::Token(token), "https://example.com")?;
    /// resolution.push_id("CBMiNkFVX3lxTE04T1d2QWFkS3BlS042NlZ0bThVc3hFeU5xTFF0d25TdDFhSURHT00tRWhSOGVpZw");
    /// assert!(resolution.is_done());
    /// # Ok::<(), google_news_link_resolve::Error>(())
    /// ```
    pub fn insert_known<'a>(&mut self, key: impl Into<AnswerKey<'a>>, url: &str) -> Result<(), Error> {
        match Subject::of_key(key.into()) {
            Classified::Subject(subject) => self.insert(subject, url, Source::Known).map(drop),
            // The ID contains its URL, which need not be inserted.
            Classified::Known(outcome) => outcome.map(drop).map_err(Error::new),
        }
    }

    /// Inserts an answer, if it is acceptable and the first one. Returns the index of its entry if it is new.
    pub(super) fn insert(
        &mut self,
        subject: Subject,
        url: &str,
        source: Source,
    ) -> Result<Option<usize>, Error> {
        let url = subject.check(url.into()).map_err(Error::new)?;
        let found = Found { url, source };
        let (index, is_new) = self.entries.insert(subject);
        self.has_inserted |= !is_new;
        match &mut self.entries[index].state {
            State::Settled(Ok(_)) => return Ok(None),
            State::Settled(outcome @ Err(_)) => *outcome = Ok(found),
            State::NotTried | State::Begun => self.settle_open(index, Ok(found)),
        }
        Ok(Some(index))
    }
}
