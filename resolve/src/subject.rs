//! The articles and redirects to resolve, each of them once.

use std::borrow::Borrow;
use std::collections::HashMap;
use std::hash::{Hash, Hasher};
use std::ops::{Index, IndexMut};
use std::sync::Arc;

use google_news_link::{Destination, Link, OpaqueArticle, OpaqueRedirect, Target, check_url, decode};

use crate::article_page::PageUrl;
use crate::base64url::is_base64url;
use crate::error::{Error, MAX_ID_LEN, PageChange, Problem};
use crate::outcome::{AnswerKey, Resolved, Source, Verification};

/// An article or redirect whose URL is requested.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) enum Subject {
    /// An article whose token determines the length of its URL.
    Article(OpaqueArticle<'static>),
    /// Any other ID of an article. Nothing in it can confirm a URL.
    Id(Box<str>),
    /// A redirect whose token determines the length of its URL.
    Redirect(OpaqueRedirect<'static>),
    /// The token of any other redirect. Nothing in it can confirm a URL.
    RedirectToken(Box<str>),
}

/// A subject, or the reason why none has to be resolved.
pub(crate) enum Classified {
    Subject(Subject),
    Known(Result<Contained, Problem>),
}

/// The URLs that a link contains.
#[derive(Debug)]
pub(crate) struct Contained {
    pub(crate) url: String,
    pub(crate) amp_url: Option<String>,
}

impl Subject {
    /// Classifies the target of a link.
    pub(crate) fn of_target(target: &Target<'_>) -> Classified {
        match target {
            Target::OpaqueArticle(article) => {
                Classified::Subject(Subject::Article(article.clone().into_owned()))
            }
            Target::OpaqueRedirect(redirect) => {
                Classified::Subject(Subject::Redirect(redirect.clone().into_owned()))
            }
            _ => match (target, target.canonical_url()) {
                (_, Some(url)) => {
                    let amp_url = target.amp_url().map(str::to_owned);
                    Classified::Known(Ok(Contained { url: url.into(), amp_url }))
                }
                (Target::KeyedArticle(article), None) => {
                    Classified::Subject(Subject::Id(article.to_id().into()))
                }
                (_, None) => Classified::Known(Err(Problem::NotAnArticle(target.kind()))),
            },
        }
    }

    /// Classifies an ID, even if it cannot be decoded. Both alphabets are accepted, with and without padding.
    pub(crate) fn of_id(id: &str) -> Classified {
        let id = id.trim_end_matches('=').replace('+', "-").replace('/', "_");
        if !(1..=MAX_ID_LEN).contains(&id.len()) || !is_base64url(&id) {
            return Classified::Known(Err(Problem::InvalidId));
        }
        match decode(&id) {
            Ok(target) => Subject::of_target(&target),
            Err(_) if id.starts_with(REDIRECT) => Classified::Subject(Subject::RedirectToken(id.into())),
            Err(_) => Classified::Subject(Subject::Id(id.into())),
        }
    }

    /// Classifies the key of an answer.
    pub(crate) fn of_key(key: AnswerKey<'_>) -> Classified {
        match key {
            AnswerKey::Token(token) => match OpaqueArticle::new(token, None) {
                Ok(article) => Classified::Subject(Subject::Article(article.into_owned())),
                Err(_) => Classified::Known(Err(Problem::InvalidToken)),
            },
            AnswerKey::Id(id) => Subject::of_id(id),
        }
    }

    /// Classifies a link, even if its ID or token cannot be decoded, because the service may be able to.
    pub(crate) fn of_link(link: &[u8]) -> Result<Classified, google_news_link::Error> {
        let error = match decode(link) {
            Ok(target) => return Ok(Subject::of_target(&target)),
            Err(error) => error,
        };
        let link = Link::parse_bytes(link)?;
        let id = match link.destination() {
            Destination::Token(token) => Some(token),
            Destination::Id(id) if is_article(&link, id) => Some(id),
            _ => None,
        };
        id.filter(|id| is_base64url(id)).map(Subject::of_id).ok_or(error)
    }

    /// Returns `true` for an encrypted redirect.
    pub(crate) fn is_redirect(&self) -> bool {
        matches!(self, Subject::Redirect(_) | Subject::RedirectToken(_))
    }

    /// Returns the second token of an article.
    pub(crate) fn amp_token(&self) -> Option<&str> {
        match self {
            Subject::Article(article) => article.amp_token(),
            _ => None,
        }
    }

    /// Returns the ID, which is part of the requests.
    pub(crate) fn to_id(&self) -> String {
        match self {
            Subject::Article(article) => article.to_id(),
            Subject::Id(id) => id.as_ref().into(),
            Subject::Redirect(redirect) => redirect.to_id(),
            Subject::RedirectToken(token) => token.as_ref().into(),
        }
    }

    /// Returns the URL if it may be returned and, if there is a token, has the length that the token determines. This
    /// was the case in 73 of 73 recorded answers.
    pub(crate) fn check(&self, url: String) -> Result<String, Problem> {
        if check_url(&url).is_err() {
            return Err(Problem::InvalidUrl);
        }
        match self {
            Subject::Article(article) if !article.accepts_url(&url) => {
                Err(Problem::WrongLength { expected: article.url_len(), url })
            }
            Subject::Redirect(redirect) if !redirect.accepts_url(&url) => {
                Err(Problem::WrongLength { expected: redirect.url_len(), url })
            }
            Subject::Article(_) | Subject::Id(_) | Subject::Redirect(_) | Subject::RedirectToken(_) => {
                Ok(url)
            }
        }
    }

    /// Returns the plain URL of a page that can be the article's: that of an element with the article's ID or, if no
    /// element has it, of an element without an ID. For an ID without a token, only an element with the ID is accepted.
    /// Returns an error if there are several different URLs.
    pub(crate) fn check_all(&self, urls: Vec<PageUrl>) -> Result<String, Problem> {
        let mut problem = Problem::NoSignature(PageChange::NoAttributes);
        let mut accepted: Vec<PageUrl> = Vec::new();
        for found in urls {
            if !found.has_id && matches!(self, Subject::Id(_)) {
                continue;
            }
            match self.check(found.url) {
                Ok(url) => accepted.push(PageUrl { url, ..found }),
                Err(other) if matches!(problem, Problem::NoSignature(_)) => problem = other,
                Err(_) => {}
            }
        }
        if accepted.iter().any(|found| found.has_id) {
            accepted.retain(|found| found.has_id);
        }
        match accepted.pop() {
            Some(found) if accepted.iter().all(|other| other.url == found.url) => Ok(found.url),
            Some(_) => Err(Problem::NoSignature(PageChange::SeveralUrls)),
            None => Err(problem),
        }
    }

    fn verification(&self) -> Verification {
        match self {
            Subject::Article(_) | Subject::Redirect(_) => Verification::Length,
            Subject::Id(_) | Subject::RedirectToken(_) => Verification::Unverified,
        }
    }

    /// Returns a URL that [`check`](Self::check) has accepted, with how it was verified.
    pub(crate) fn resolved<'a>(&self, found: &'a Found, amp_url: Option<&'a str>) -> Resolved<'a> {
        Resolved { url: &found.url, amp_url, source: found.source, verification: self.verification() }
    }

    /// Returns the key of the subject, its token or ID. Links with equal keys are requested once.
    fn key(&self) -> Key<'_> {
        match self {
            Subject::Article(article) => Key::Token(article.token()),
            Subject::Id(id) => Key::Id(id),
            Subject::Redirect(redirect) => Key::Redirect(redirect.token()),
            Subject::RedirectToken(token) => Key::Redirect(token),
        }
    }

    /// Returns the key of its answer in a later run. The token of a redirect is new for every impression of the result
    /// page, so it is not such a key.
    pub(crate) fn answer_key(&self) -> Option<AnswerKey<'_>> {
        match self {
            Subject::Article(article) => Some(AnswerKey::Token(article.token())),
            Subject::Id(id) => Some(AnswerKey::Id(id)),
            Subject::Redirect(_) | Subject::RedirectToken(_) => None,
        }
    }
}

/// The beginning of the tokens of encrypted redirects: `08 01 12`.
const REDIRECT: &str = "CAES";

/// The beginnings of the IDs of articles.
const ARTICLES: [&str; 3] = ["CBMi", "CAIi", "CCAi"];

/// Returns `true` for a link to an article, even if its ID cannot be decoded.
fn is_article(link: &Link<'_>, id: &str) -> bool {
    match link.path().rsplit('/').next() {
        Some("articles" | "read") => true,
        // An ID alone.
        Some("") => ARTICLES.iter().any(|beginning| id.starts_with(beginning)) || id.starts_with(REDIRECT),
        _ => false,
    }
}

#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
enum Key<'a> {
    Token(&'a str),
    Id(&'a str),
    Redirect(&'a str),
}

/// A subject and its state.
///
/// While it waits, it consists of little more than its tokens: its ID and the URL of its page are created for the
/// request.
#[derive(Debug)]
pub(crate) struct Entry {
    pub(crate) subject: Arc<Subject>,
    pub(crate) state: State,
    /// Whether a link to the subject was added. For other entries, only an answer was inserted.
    pub(crate) is_given: bool,
    /// The index of its answer among all answers.
    pub(crate) answer: Option<usize>,
}

#[derive(Debug)]
pub(crate) enum State {
    /// No request was sent, or the request was dropped.
    NotTried,
    /// A request was sent.
    Begun,
    Settled(Result<Found, Error>),
}

/// A URL and where it was found.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Found {
    pub(crate) url: String,
    pub(crate) source: Source,
}

impl Entry {
    /// Returns `true` if there is no outcome yet.
    pub(crate) fn is_open(&self) -> bool {
        !matches!(self.state, State::Settled(_))
    }
}

/// Subjects in the order in which they were added, each once.
#[derive(Default, Debug)]
pub(crate) struct Entries {
    entries: Vec<Entry>,
    by_key: HashMap<ByKey, usize>,
}

impl Entries {
    /// Returns the index of the subject, and whether it is new.
    pub(crate) fn insert(&mut self, subject: Subject) -> (usize, bool) {
        if let Some(&index) = self.by_key.get(&subject.key() as &dyn HasKey) {
            return (index, false);
        }
        let index = self.entries.len();
        let subject = Arc::new(subject);
        self.by_key.insert(ByKey(subject.clone()), index);
        self.entries.push(Entry { subject, state: State::NotTried, is_given: false, answer: None });
        (index, true)
    }

    /// Returns the index of the subject, if it was inserted.
    pub(crate) fn find(&self, subject: &Subject) -> Option<usize> {
        self.by_key.get(&subject.key() as &dyn HasKey).copied()
    }

    pub(crate) fn iter_mut(&mut self) -> impl Iterator<Item = &mut Entry> {
        self.entries.iter_mut()
    }
}

impl Index<usize> for Entries {
    type Output = Entry;

    fn index(&self, index: usize) -> &Entry {
        &self.entries[index]
    }
}

impl IndexMut<usize> for Entries {
    fn index_mut(&mut self, index: usize) -> &mut Entry {
        &mut self.entries[index]
    }
}

/// A subject that is found by its key, without a second copy of it.
#[derive(Debug)]
struct ByKey(Arc<Subject>);

/// Lets a map of [`ByKey`] be searched with a [`Key`]: `Borrow` can return only references.
trait HasKey {
    fn key(&self) -> Key<'_>;
}

impl HasKey for ByKey {
    fn key(&self) -> Key<'_> {
        self.0.key()
    }
}

impl HasKey for Key<'_> {
    fn key(&self) -> Key<'_> {
        *self
    }
}

impl<'a> Borrow<dyn HasKey + 'a> for ByKey {
    fn borrow(&self) -> &(dyn HasKey + 'a) {
        self
    }
}

impl Hash for dyn HasKey + '_ {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.key().hash(state);
    }
}

impl PartialEq for dyn HasKey + '_ {
    fn eq(&self, other: &Self) -> bool {
        self.key() == other.key()
    }
}

impl Eq for dyn HasKey + '_ {}

impl Hash for ByKey {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.key().hash(state);
    }
}

impl PartialEq for ByKey {
    fn eq(&self, other: &Self) -> bool {
        self.key() == other.key()
    }
}

impl Eq for ByKey {}
