//! Articles that are being resolved, one for each token.

use std::borrow::Borrow;
use std::collections::HashMap;
use std::hash::{Hash, Hasher};
use std::ops::{Index, IndexMut};
use std::sync::Arc;

use google_news_link::{OpaqueArticle, check_url};

use crate::article_page::PageUrl;
use crate::error::{Error, Problem};

/// An article and what is known of its URL.
///
/// While it waits, its tokens are all that is kept of it: its ID and its page's URL are built when the page is
/// requested.
#[derive(Debug)]
pub(crate) struct Article {
    pub(crate) opaque: Arc<OpaqueArticle<'static>>,
    pub(crate) state: State,
}

#[derive(Debug)]
pub(crate) enum State {
    /// Nothing of it was asked for, or it was given up.
    NotTried,
    /// Something of it is asked for, or was.
    Begun,
    Settled(Result<String, Error>),
}

impl Article {
    /// True if there is no outcome yet.
    pub(crate) fn is_open(&self) -> bool {
        !matches!(self.state, State::Settled(_))
    }

    /// Returns the URL if it may be handed out and has the length that the token tells: 73 of 73 recorded answers had.
    pub(crate) fn check(&self, url: String) -> Result<String, Problem> {
        check(&self.opaque, url)
    }

    /// The one URL of a page that can be the article's: an element's that has its ID, or of one that has none. If
    /// there are several, none is chosen.
    pub(crate) fn check_all(&self, urls: Vec<PageUrl>) -> Result<String, Problem> {
        let mut problem = Problem::NoSignature;
        let mut fit: Vec<PageUrl> = Vec::new();
        for found in urls {
            match self.check(found.url) {
                Ok(url) => fit.push(PageUrl { url, ..found }),
                Err(other) if problem == Problem::NoSignature => problem = other,
                Err(_) => {}
            }
        }
        if fit.iter().any(|found| found.has_id) {
            fit.retain(|found| found.has_id);
        }
        match fit.pop() {
            Some(found) if fit.iter().all(|other| other.url == found.url) => Ok(found.url),
            Some(_) => Err(Problem::NoSignature),
            None => Err(problem),
        }
    }
}

pub(crate) fn check(article: &OpaqueArticle<'_>, url: String) -> Result<String, Problem> {
    if check_url(url.as_bytes()).is_err() {
        return Err(Problem::InvalidUrl);
    }
    match article.accepts_url(&url) {
        true => Ok(url),
        false => Err(Problem::WrongLength { expected: article.url_len(), url }),
    }
}

/// Articles in the order in which their tokens came.
#[derive(Default, Debug)]
pub(crate) struct Articles {
    articles: Vec<Article>,
    by_token: HashMap<ByToken, usize>,
}

impl Articles {
    /// The index of the article with this token, and whether it is new.
    pub(crate) fn insert(&mut self, article: &OpaqueArticle<'_>) -> (usize, bool) {
        if let Some(&index) = self.by_token.get(article.token()) {
            return (index, false);
        }
        let index = self.articles.len();
        let opaque = Arc::new(article.clone().into_owned());
        self.by_token.insert(ByToken(opaque.clone()), index);
        self.articles.push(Article { opaque, state: State::NotTried });
        (index, true)
    }

    pub(crate) fn len(&self) -> usize {
        self.articles.len()
    }

    pub(crate) fn iter_mut(&mut self) -> impl Iterator<Item = &mut Article> {
        self.articles.iter_mut()
    }
}

impl Index<usize> for Articles {
    type Output = Article;

    fn index(&self, index: usize) -> &Article {
        &self.articles[index]
    }
}

impl IndexMut<usize> for Articles {
    fn index_mut(&mut self, index: usize) -> &mut Article {
        &mut self.articles[index]
    }
}

/// An article that is found by its token, without a second copy of it.
#[derive(Debug)]
struct ByToken(Arc<OpaqueArticle<'static>>);

impl Borrow<str> for ByToken {
    fn borrow(&self) -> &str {
        self.0.token()
    }
}

impl Hash for ByToken {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.0.token().hash(state);
    }
}

impl PartialEq for ByToken {
    fn eq(&self, other: &Self) -> bool {
        self.0.token() == other.0.token()
    }
}

impl Eq for ByToken {}
