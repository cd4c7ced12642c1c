use std::sync::Arc;

use google_news_link::GooglePage;
use http::{Response, StatusCode, header};
use url::Url;

use crate::answer::{self, Answer};
use crate::article_page::{Page, PageUrl};
use crate::error::Problem;
use crate::options::{ArticlePath, Options};
use crate::service::{Redirect, Signature, is_page, redirect};
use crate::subject::Subject;

/// A request that was sent, and the part of its response that has been received.
///
/// It belongs to the [`Resolution`](crate::Resolution) that created it and must be returned there with
/// [`finish`](crate::Resolution::finish) or [`on_failure`](crate::Resolution::on_failure). It borrows nothing, so it can
/// be moved to another thread in between.
///
/// # Examples
///
/// Read a response only as far as it is needed:
///
/// ```
/// use std::io::{self, Read};
///
/// use google_news_link_resolve::{Exchange, Failure, Next, Resolution};
///
/// fn take(resolution: &mut Resolution, mut exchange: Exchange, response: http::Response<impl Read>) {
///     match read(&mut exchange, response) {
///         Ok(()) => resolution.finish(exchange),
///         Err(error) => resolution.on_failure(exchange, Failure::ConnectionFailed(error.to_string())),
///     }
/// }
///
/// fn read(exchange: &mut Exchange, mut response: http::Response<impl Read>) -> io::Result<()> {
///     let mut buffer = [0; 16 * 1024];
///     let mut next = exchange.on_head(&response);
///     while next == Next::Read {
///         match response.body_mut().read(&mut buffer)? {
///             0 => break,
///             len => next = exchange.on_body(&buffer[..len]),
///         }
///     }
///     Ok(())
/// }
/// ```
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
    /// A HEAD or GET of one encrypted redirect.
    Redirect,
    /// A GET of a page with several links.
    NewsPage,
}

impl RequestKind {
    /// The number of kinds.
    pub(crate) const COUNT: usize = RequestKind::NewsPage as usize + 1;
}

/// The purpose of an exchange.
#[derive(Clone, Debug)]
pub(crate) enum Errand {
    Page(PageErrand),
    /// The indices of the articles of the rows.
    Post(Vec<usize>),
    Redirect(RedirectErrand),
    NewsPage(NewsErrand),
}

impl Errand {
    /// Returns the indices of the articles for which the request is sent.
    pub(crate) fn indices(&self) -> &[usize] {
        match self {
            Errand::Page(page) => std::slice::from_ref(&page.visit.entry),
            Errand::Post(indices) => indices,
            Errand::Redirect(redirect) => std::slice::from_ref(&redirect.visit.entry),
            Errand::NewsPage(_) => &[],
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

/// A page with several links that was requested.
#[derive(Clone, Debug)]
pub(crate) struct NewsErrand {
    pub(crate) visit: NewsVisit,
    pub(crate) url: Url,
}

/// A page with several links that is to be requested.
#[derive(Clone, Debug)]
pub(crate) struct NewsVisit {
    /// The index of the page.
    pub(crate) page: usize,
    /// The number of redirects so far.
    pub(crate) redirects: u8,
    /// The target of the last redirect.
    pub(crate) redirected_to: Option<Box<Url>>,
}

/// An encrypted redirect that was requested.
#[derive(Clone, Debug)]
pub(crate) struct RedirectErrand {
    pub(crate) visit: Visit,
    pub(crate) url: Url,
}

/// The page of an article or the redirect that is to be requested. Its URL is created only for the request, because
/// many visits wait and few are in flight.
#[derive(Clone, Debug)]
pub(crate) struct Visit {
    pub(crate) entry: usize,
    /// Whether the visit is for an article.
    pub(crate) is_article: bool,
    pub(crate) path: ArticlePath,
    /// Whether the article's other address has been requested. For a redirect: whether HEAD was refused, so that GET is used.
    pub(crate) is_second: bool,
    /// The number of redirects so far.
    pub(crate) redirects: u8,
    /// The target of the last redirect, which is the URL of this page.
    pub(crate) redirected_to: Option<Box<Url>>,
}

impl Visit {
    /// Creates the first visit for an entry.
    pub(crate) fn first(entry: usize, subject: &Subject, path: ArticlePath) -> Self {
        Visit {
            entry,
            is_article: !subject.is_redirect(),
            path,
            is_second: false,
            redirects: 0,
            redirected_to: None,
        }
    }
}

/// Whether more of the body of a response is needed.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
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
    /// The body of a page with several links.
    News(Vec<u8>),
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
    /// The target of an encrypted redirect.
    Location(String),
    Answer(Answer),
    /// A page with several links.
    News(Vec<u8>),
    /// HTTP 503, which is a block if it comes several times in a row.
    Unavailable,
    /// A page without a signature; the page at the article's other address may have one. Or a redirect that refuses HEAD.
    DeadEnd(Problem),
    Error(Problem),
}

impl Exchange {
    pub(crate) fn new(serial: u64, errand: Errand, options: &Arc<Options>) -> Self {
        Exchange { serial, errand, options: options.clone(), reply: Reply::None }
    }

    /// Returns `true` if the exchange was created by the resolution that owns these options.
    pub(crate) fn is_of(&self, options: &Arc<Options>) -> bool {
        Arc::ptr_eq(&self.options, options)
    }

    /// Returns the kind of the request.
    pub fn kind(&self) -> RequestKind {
        match self.errand {
            Errand::Page(_) => RequestKind::ArticlePage,
            Errand::Post(_) => RequestKind::Post,
            Errand::Redirect(_) => RequestKind::Redirect,
            Errand::NewsPage(_) => RequestKind::NewsPage,
        }
    }

    /// Handles the head of the response, its status and headers. The body is ignored.
    ///
    /// Returns [`Next::Read`] if the body is needed, and [`Next::Stop`] if the outcome is known without it.
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
            (StatusCode::OK, Errand::NewsPage(_)) => {
                self.reply = Reply::News(Vec::new());
                return Next::Read;
            }
            (StatusCode::METHOD_NOT_ALLOWED, Errand::Redirect(_)) => {
                Outcome::DeadEnd(Problem::UnexpectedStatus(405))
            }
            (status, Errand::Redirect(redirect))
                if location.is_some()
                    && (status.is_redirection() || status == StatusCode::PAYMENT_REQUIRED) =>
            {
                location_outcome(&self.options, &redirect.url, location)
            }
            (StatusCode::TOO_MANY_REQUESTS, _) => Outcome::Error(Problem::TooManyRequests),
            (StatusCode::BAD_REQUEST, _) => Outcome::Error(Problem::BadRequest),
            (status, errand @ (Errand::Page(_) | Errand::Post(_) | Errand::NewsPage(_)))
                if matches!(status.as_u16(), 301 | 302 | 303 | 307 | 308) =>
            {
                match errand {
                    Errand::Page(PageErrand { url, .. }) | Errand::NewsPage(NewsErrand { url, .. }) => {
                        match redirect(&self.options, url, location) {
                            Redirect::To(url) => Outcome::Redirect(url),
                            Redirect::Captcha => Outcome::Error(Problem::Captcha),
                            Redirect::Refused => Outcome::Error(Problem::RefusedRedirect),
                        }
                    }
                    // The body of a POST is not sent to another address.
                    _ => Outcome::Error(match redirect(&self.options, &self.options.base, location) {
                        Redirect::Captcha => Problem::Captcha,
                        Redirect::To(url) if is_page(&self.options, &url, GooglePage::Consent) => {
                            Problem::Consent
                        }
                        _ => Problem::RefusedRedirect,
                    }),
                }
            }
            (StatusCode::NOT_FOUND, Errand::Page(_)) => Outcome::DeadEnd(Problem::UnexpectedStatus(404)),
            (StatusCode::SERVICE_UNAVAILABLE, _) => Outcome::Unavailable,
            (status, _) => Outcome::Error(Problem::UnexpectedStatus(status.as_u16())),
        };
        self.reply = Reply::Known(outcome);
        Next::Stop
    }

    /// Handles the next piece of the body. `chunk` must already be decoded if the response has a content encoding.
    ///
    /// Returns [`Next::Read`] if the next piece is needed, and [`Next::Stop`] if the outcome is known without it.
    pub fn on_body(&mut self, chunk: &[u8]) -> Next {
        let known = match (&mut self.reply, &self.errand) {
            (Reply::Page(page), Errand::Page(PageErrand { id, .. })) => {
                // Of a piece that exceeds the limit, only the part up to the limit is read.
                let room = self.options.max_body_len.saturating_sub(page.len());
                let mut signature = page.push(chunk.get(..room).unwrap_or(chunk), id);
                if chunk.len() > room {
                    // The page may not have been tokenized after the last piece.
                    signature = signature.or_else(|| page.finish(id).into_signature().ok());
                    Some(signature.map_or(self.too_large(), Outcome::Signature))
                } else {
                    signature.map(Outcome::Signature)
                }
            }
            (Reply::Answer(body), _) => push_body(body, chunk, self.options.max_body_len),
            (Reply::News(body), _) => push_body(body, chunk, self.options.max_page_len),
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
            (Reply::News(_), Errand::NewsPage(NewsErrand { url, .. }))
                if is_page(&self.options, url, GooglePage::Consent) =>
            {
                Outcome::Error(Problem::Consent)
            }
            (Reply::News(body), _) => Outcome::News(body),
            (Reply::Answer(body), Errand::Post(rows)) => Outcome::Answer(answer::read(&body, rows.len())),
            _ => Outcome::Error(Problem::ConnectionFailed("no response".into())),
        };
        (self.errand, outcome)
    }
}

/// Appends a piece of a body, or returns the error for one that is too long.
fn push_body(body: &mut Vec<u8>, piece: &[u8], max_len: usize) -> Option<Outcome> {
    if piece.len() > max_len.saturating_sub(body.len()) {
        return Some(Outcome::Error(Problem::TooLarge(max_len)));
    }
    body.extend_from_slice(piece);
    None
}

/// Returns the location as the URL of an encrypted redirect, or the error if it is that of a captcha or consent page.
fn location_outcome(options: &Options, from: &Url, location: Option<&[u8]>) -> Outcome {
    let Some(location) = location.and_then(|location| std::str::from_utf8(location).ok()) else {
        return Outcome::Error(Problem::InvalidUrl);
    };
    match from.join(location) {
        Ok(url) if is_page(options, &url, GooglePage::Captcha) => Outcome::Error(Problem::Captcha),
        Ok(url) if is_page(options, &url, GooglePage::Consent) => Outcome::Error(Problem::Consent),
        _ => Outcome::Location(location.into()),
    }
}
