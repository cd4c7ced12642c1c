use std::sync::Arc;

use google_news_link::GooglePage;
use http::{Response, StatusCode, header};
use url::Url;

use crate::answer::{self, Answer};
use crate::article_page::{Page, PageUrl};
use crate::error::Problem;
use crate::options::{Options, PagePath};
use crate::service::{Redirect, Signature, is_page, redirect};

/// A request that was sent, and the part of its response that has been received.
///
/// It belongs to the [`Resolution`](crate::Resolution) that created it and must be returned there with
/// [`finish`](crate::Resolution::finish) or [`on_failure`](crate::Resolution::on_failure). It borrows nothing, so it can
/// be moved to another thread in between.
#[derive(Debug)]
#[must_use = "the resolution waits until the exchange is finished or has failed"]
pub struct Exchange {
    pub(crate) serial: u64,
    pub(crate) errand: Errand,
    options: Arc<Options>,
    reply: Reply,
}

/// The kind of a request.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
#[non_exhaustive]
pub enum RequestKind {
    /// A GET of the page of one article.
    ArticlePage,
    /// A POST of several IDs, answered by their URLs.
    Post,
}

/// The purpose of an exchange.
#[derive(Clone, Debug)]
pub(crate) enum Errand {
    Page(PageErrand),
    /// The indices of the articles of the rows.
    Post(Vec<usize>),
}

impl Errand {
    /// Returns the indices of the articles that it is for.
    pub(crate) fn indices(&self) -> &[usize] {
        match self {
            Errand::Page(page) => std::slice::from_ref(&page.visit.article),
            Errand::Post(indices) => indices,
        }
    }
}

/// The page of an article that was requested.
#[derive(Clone, Debug)]
pub(crate) struct PageErrand {
    pub(crate) visit: Visit,
    pub(crate) id: String,
    pub(crate) url: Url,
}

/// The page of an article that is to be requested. Its URL is created for the request: many pages wait, and few are in
/// flight.
#[derive(Clone, Debug)]
pub(crate) struct Visit {
    pub(crate) article: usize,
    pub(crate) path: PagePath,
    /// Whether the other path has been requested.
    pub(crate) is_second: bool,
    /// The number of redirects so far.
    pub(crate) redirects: u8,
    /// The target of the last one, which is the URL of this page.
    pub(crate) redirected_to: Option<Box<Url>>,
}

impl Visit {
    /// Creates the first visit for an article.
    pub(crate) fn first(article: usize, path: PagePath) -> Self {
        Visit { article, path, is_second: false, redirects: 0, redirected_to: None }
    }
}

/// Whether more of the body of a response is needed.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[must_use = "the body should not be read to its end if the rest is not needed"]
pub enum Next {
    /// The next piece of the body is needed.
    Read,
    /// The rest of the body is not needed.
    Stop,
}

#[derive(Debug)]
enum Reply {
    /// Nothing was received.
    None,
    /// The body of a page.
    Page(Page),
    /// The body of an answer.
    Answer(Vec<u8>),
    /// The outcome is known, without the rest of the response.
    Known(Outcome),
}

/// The meaning of a response.
#[derive(Debug)]
pub(crate) enum Outcome {
    Signature(Signature),
    /// Plain URLs, one of which may be the article's.
    Urls(Vec<PageUrl>),
    Redirect(Url),
    Answer(Answer),
    /// HTTP 503, which is a block if it comes several times in a row.
    Unavailable,
    /// A page without a signature. The page at the other path may have one.
    DeadEnd(Problem),
    Error(Problem),
}

impl Exchange {
    pub(crate) fn new(serial: u64, errand: Errand, options: &Arc<Options>) -> Self {
        Exchange { serial, errand, options: options.clone(), reply: Reply::None }
    }

    /// Returns `true` if it was created by the resolution that owns these options.
    pub(crate) fn is_of(&self, options: &Arc<Options>) -> bool {
        Arc::ptr_eq(&self.options, options)
    }

    /// Returns the kind of the request.
    pub fn kind(&self) -> RequestKind {
        match self.errand {
            Errand::Page(_) => RequestKind::ArticlePage,
            Errand::Post(_) => RequestKind::Post,
        }
    }

    /// Handles the head of the response, its status and headers. The body is ignored.
    pub fn on_head<T>(&mut self, response: &Response<T>) -> Next {
        let location = response.headers().get(header::LOCATION).map(header::HeaderValue::as_bytes);
        let outcome = match (response.status(), &self.errand) {
            (StatusCode::OK, Errand::Page(_)) => {
                self.reply = Reply::Page(Page::new());
                return Next::Read;
            }
            (StatusCode::OK, Errand::Post(_)) => {
                self.reply = Reply::Answer(Vec::new());
                return Next::Read;
            }
            (StatusCode::TOO_MANY_REQUESTS, _) => Outcome::Error(Problem::TooManyRequests),
            (StatusCode::BAD_REQUEST, _) => Outcome::Error(Problem::BadRequest),
            (status, errand) if matches!(status.as_u16(), 301 | 302 | 303 | 307 | 308) => {
                match errand {
                    Errand::Page(page) => match redirect(&self.options, &page.url, location) {
                        Redirect::To(url) => Outcome::Redirect(url),
                        Redirect::Captcha => Outcome::Error(Problem::Captcha),
                        Redirect::Refused => Outcome::Error(Problem::RefusedRedirect),
                    },
                    // The body of a POST is not sent to another address.
                    Errand::Post(_) => {
                        Outcome::Error(match redirect(&self.options, &self.options.base, location) {
                            Redirect::Captcha => Problem::Captcha,
                            Redirect::To(url) if is_page(&self.options, &url, GooglePage::Consent) => {
                                Problem::Consent
                            }
                            _ => Problem::RefusedRedirect,
                        })
                    }
                }
            }
            (StatusCode::NOT_FOUND, Errand::Page(_)) => Outcome::DeadEnd(Problem::UnexpectedStatus(404)),
            (StatusCode::SERVICE_UNAVAILABLE, _) => Outcome::Unavailable,
            (status, _) => Outcome::Error(Problem::UnexpectedStatus(status.as_u16())),
        };
        self.reply = Reply::Known(outcome);
        Next::Stop
    }

    /// Handles the next piece of the body. If the client has requested a content encoding, it must be decoded.
    pub fn on_body(&mut self, chunk: &[u8]) -> Next {
        let known = match (&mut self.reply, &self.errand) {
            (Reply::Page(page), Errand::Page(PageErrand { id, .. })) => {
                // Of a piece that exceeds the limit, only the part before it is read.
                let room = self.options.max_body_len.saturating_sub(page.len());
                let mut signature = page.push(chunk.get(..room).unwrap_or(chunk), id);
                if chunk.len() > room {
                    // The page is not tokenized after each piece.
                    signature = signature.or_else(|| page.finish(id).into_signature().ok());
                    Some(signature.map_or(self.too_large(), Outcome::Signature))
                } else {
                    signature.map(Outcome::Signature)
                }
            }
            (Reply::Answer(answer), _) => {
                let is_too_large = chunk.len() > self.options.max_body_len.saturating_sub(answer.len());
                if !is_too_large {
                    answer.extend_from_slice(chunk);
                }
                is_too_large.then_some(self.too_large())
            }
            _ => return Next::Stop,
        };
        match known {
            Some(outcome) => {
                self.reply = Reply::Known(outcome);
                Next::Stop
            }
            None => Next::Read,
        }
    }

    fn too_large(&self) -> Outcome {
        Outcome::Error(Problem::TooLarge(self.options.max_body_len))
    }

    /// Returns the meaning of the response.
    pub(crate) fn into_outcome(self) -> (Errand, Outcome) {
        let outcome = match (self.reply, &self.errand) {
            (Reply::Known(outcome), _) => outcome,
            (Reply::Page(page), Errand::Page(PageErrand { id, url, .. })) => {
                let mut findings = page.finish(id);
                let asks_for_consent =
                    findings.asks_for_consent || is_page(&self.options, url, GooglePage::Consent);
                let urls = std::mem::take(&mut findings.urls);
                match findings.into_signature() {
                    Ok(signature) => Outcome::Signature(signature),
                    Err(_) if asks_for_consent => Outcome::Error(Problem::Consent),
                    Err(_) if !urls.is_empty() => Outcome::Urls(urls),
                    Err(change) => Outcome::DeadEnd(Problem::NoSignature(change)),
                }
            }
            (Reply::Answer(body), Errand::Post(rows)) => Outcome::Answer(answer::read(&body, rows.len())),
            _ => Outcome::Error(Problem::ConnectionFailed("no response".into())),
        };
        (self.errand, outcome)
    }
}
