use std::sync::Arc;

use google_news_link::GooglePage;
use http::{Response, StatusCode, header};
use url::Url;

use crate::answer::{self, Answer};
use crate::article_page::{Page, PageUrl};
use crate::error::Problem;
use crate::options::{Options, PagePath};
use crate::service::{Redirect, Signature, is_page, redirect};

/// A request that was sent, and its response as far as it has come.
///
/// It belongs to the [`Resolution`](crate::Resolution) that gave it and goes back there, by
/// [`finish`](crate::Resolution::finish) or [`fail`](crate::Resolution::fail). In between it is on its own and
/// can be carried to another thread.
#[derive(Debug)]
#[must_use = "the resolution waits until the exchange is finished or has failed"]
pub struct Exchange {
    pub(crate) serial: u64,
    pub(crate) errand: Errand,
    options: Arc<Options>,
    reply: Reply,
}

/// What an exchange is for.
#[derive(Clone, Debug)]
pub(crate) enum Errand {
    Page(PageErrand),
    /// The articles of the rows.
    Post(Vec<usize>),
}

/// A page that was requested.
#[derive(Clone, Debug)]
pub(crate) struct PageErrand {
    pub(crate) visit: Visit,
    pub(crate) id: String,
    pub(crate) url: Url,
}

/// A page to be requested. It has no URL yet, since many wait and few are in flight.
#[derive(Clone, Debug)]
pub(crate) struct Visit {
    pub(crate) article: usize,
    pub(crate) path: PagePath,
    /// Whether the other path has been asked.
    pub(crate) is_second: bool,
    /// How many redirects have led here.
    pub(crate) redirects: u8,
    /// Where the last one of them leads, which is then the page's URL.
    pub(crate) redirected_to: Option<Box<Url>>,
}

impl Visit {
    /// The first visit for an article.
    pub(crate) fn first(article: usize, path: PagePath) -> Self {
        Visit { article, path, is_second: false, redirects: 0, redirected_to: None }
    }
}

/// Whether the response's body is wanted.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[must_use]
pub enum Next {
    /// The next piece of the body.
    Read,
    /// Nothing more: the rest of the body need not be read.
    Stop,
}

#[derive(Debug)]
enum Reply {
    /// There is none yet.
    None,
    /// The body of a page.
    Page(Page),
    /// The body of an answer.
    Answer(Vec<u8>),
    /// It is known what the response says.
    Known(Outcome),
}

/// What a response says.
#[derive(Debug)]
pub(crate) enum Outcome {
    Signature(Signature),
    /// URLs in clear, one of which may be the article's.
    Urls(Vec<PageUrl>),
    Redirect(Url),
    Answer(Answer),
    /// A page that leads nowhere, but the one at the other path may.
    DeadEnd(Problem),
    Error(Problem),
}

impl Exchange {
    pub(crate) fn new(serial: u64, errand: Errand, options: &Arc<Options>) -> Self {
        Exchange { serial, errand, options: options.clone(), reply: Reply::None }
    }

    /// True if it was made by the resolution with these very options.
    pub(crate) fn is_of(&self, options: &Arc<Options>) -> bool {
        Arc::ptr_eq(&self.options, options)
    }

    /// True if this asks for a page; false if it asks for the URLs of many IDs.
    pub fn is_page(&self) -> bool {
        matches!(self.errand, Errand::Page(_))
    }

    /// Takes the head of the response, its status and headers; whatever body it is given with is not looked at.
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
                    // A body is not sent on.
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
            (status, _) => Outcome::Error(Problem::UnexpectedStatus(status.as_u16())),
        };
        self.reply = Reply::Known(outcome);
        Next::Stop
    }

    /// Takes the next piece of the body, which is to be decoded if the client has asked for a content encoding.
    pub fn on_body(&mut self, chunk: &[u8]) -> Next {
        let known = match (&mut self.reply, &self.errand) {
            (Reply::Page(page), Errand::Page(PageErrand { id, .. })) => {
                // Of a large piece, too, no more is read than is allowed.
                let room = self.options.max_body_len.saturating_sub(page.len());
                let mut signature = page.push(chunk.get(..room).unwrap_or(chunk), id);
                if chunk.len() > room {
                    // It was not gone through at each piece.
                    signature = signature.or_else(|| page.finish(id).signature);
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

    /// What the response says, as far as it has come.
    pub(crate) fn outcome(self) -> (Errand, Outcome) {
        let outcome = match (self.reply, &self.errand) {
            (Reply::Known(outcome), _) => outcome,
            (Reply::Page(page), Errand::Page(PageErrand { id, url, .. })) => {
                let findings = page.finish(id);
                match findings.signature {
                    Some(signature) => Outcome::Signature(signature),
                    None if findings.asks_for_consent || is_page(&self.options, url, GooglePage::Consent) => {
                        Outcome::Error(Problem::Consent)
                    }
                    None if !findings.urls.is_empty() => Outcome::Urls(findings.urls),
                    None => Outcome::DeadEnd(Problem::NoSignature),
                }
            }
            (Reply::Answer(text), Errand::Post(rows)) => Outcome::Answer(answer::read(&text, rows.len())),
            _ => Outcome::Error(Problem::Broken("finished without a response".into())),
        };
        (self.errand, outcome)
    }
}
