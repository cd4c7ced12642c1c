use std::collections::{BTreeMap, HashMap, VecDeque};
use std::sync::Arc;

use http::{Method, Request, Response};
use url::Url;

use crate::answer::Answer;
use crate::error::{AnswerChange, Error, Failure, MAX_REDIRECTS, MAX_UNAVAILABLE, Problem};
use crate::exchange::{
    Errand, Exchange, NewsVisit, Next, Outcome, PageErrand, RedirectErrand, RequestKind, Visit,
};
use crate::options::{AfterBlockedPage, Options};
use crate::outcome::Source;
use crate::service::{self, Signature};
use crate::subject::{Contained, Entries, Found, State, Subject};

mod links;
mod news_pages;
mod outcomes;
mod pages;
mod visits;

use news_pages::NewsPages;
use visits::Visits;

/// The state of resolving any number of links: it takes links and responses, and returns requests and one outcome per
/// link, in order.
///
/// It has no socket, clock or thread; the [crate documentation](crate) shows how to run it. Answers are kept when a run
/// ends early, and links can be added at any time.
///
/// ```
/// use google_news_link::decode;
/// use google_news_link_resolve::{ErrorKind, Options, Resolution};
///
/// let mut resolution = Resolution::new(Options::new());
/// resolution.push_target(&decode("CBMiFmh0dHBzOi8vYW11LnR2LzExMTkzMS_SAQA")?);
/// resolution.push_target(&decode(
///     "CBMiNkFVX3lxTE04T1d2QWFkS3BlS042NlZ0bThVc3hFeU5xTFF0d25TdDFhSURHT00tRWhSOGVpZw",
/// )?);
/// let (request, exchange) = resolution.next_request().expect("one article has no URL yet");
/// assert_eq!(request.uri().path(), "/rss/articles/CBMiNkFVX3lxTE04T1d2QWFkS3BlS042NlZ0bThVc3hFeU5xTFF0d25TdDFhSURHT00tRWhSOGVpZw");
///
/// // The address is rate limited.
/// resolution.on_response(exchange, &http::Response::builder().status(429).body("")?);
/// assert!(resolution.is_done());
/// assert_eq!(resolution.outcome(0).expect("two links")?.url(), "https://amu.tv/111931/");
/// let error = resolution.outcome(1).expect("two links").unwrap_err();
/// assert_eq!((error.kind(), error.status()), (ErrorKind::TooManyRequests, Some(429)));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug)]
pub struct Resolution {
    options: Arc<Options>,
    /// The links that were added, in order.
    given: Vec<Given>,
    entries: Entries,
    /// Pages of articles and redirects that have to be requested.
    visits: Visits,
    news: NewsPages,
    /// Articles whose signature is known, waiting for a POST.
    signed: VecDeque<(usize, Signature)>,
    /// The requests in flight, by serial number.
    in_flight: BTreeMap<u64, InFlight>,
    /// The number of visits among them.
    pages_in_flight: usize,
    /// Whether an entry may have become known while it was waiting.
    has_inserted: bool,
    next_serial: u64,
    block: Block,
    unavailable: Unavailable,
    /// Entries in the order in which they were answered.
    answered: Vec<usize>,
    /// The AMP URLs of pages, by the second token of their articles.
    amp_urls: HashMap<String, String>,
    /// The number of entries that were added and have no outcome.
    remaining: usize,
    /// The number of requests of each kind.
    requests: [usize; RequestKind::COUNT],
    not_tried: Error,
    interrupted: Error,
}

#[derive(Debug)]
enum Given {
    /// The index of an entry.
    Entry(usize),
    /// The index of an entry, and the second token of the article, which is not that of the entry.
    OtherAmp(usize, Option<Box<str>>),
    /// A link whose outcome was known at once.
    Known(Result<Contained, Error>),
}

/// A request in flight, as it is sent again if necessary.
#[derive(Debug)]
enum InFlight {
    Visit(Visit),
    News(NewsVisit),
    Post(Vec<(usize, Signature)>),
}

/// The requests that are not allowed.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
enum Block {
    None,
    /// Pages. POSTs of signatures that are known are sent.
    Pages,
    All,
}

/// Consecutive HTTP 503 responses.
#[derive(Default, Debug)]
struct Unavailable {
    count: usize,
    /// The entries whose outcome depends on the next responses: another 503 may show that these are a block.
    undecided: Vec<usize>,
}

impl Resolution {
    /// Returns the next request and the exchange that handles its response.
    ///
    /// Returns `None` if a response must arrive first, and [at the end](Self::is_done). Call it again after each
    /// exchange that has finished or failed.
    #[must_use = "the resolution waits until the exchange is finished or has failed"]
    pub fn next_request(&mut self) -> Option<(Request<Vec<u8>>, Exchange)> {
        if std::mem::take(&mut self.has_inserted) {
            self.drop_settled();
        }
        while let Some(in_flight) = self.next_errand() {
            let (request, errand) = match &in_flight {
                InFlight::Visit(visit) => self.visit(visit.clone()),
                InFlight::News(visit) => self.visit_news_page(visit.clone()),
                InFlight::Post(rows) => {
                    let signed = rows.iter().map(|(index, signature)| (self.id_of(*index), signature));
                    let indices = rows.iter().map(|(index, _)| *index).collect();
                    (service::post(&self.options, signed), Errand::Post(indices))
                }
            };
            let Some(request) = request else {
                // The base URL is valid, so this is the target of a redirect, or an ID that makes its URL too long.
                self.settle_all(&errand, &Problem::RefusedRedirect);
                continue;
            };
            match &in_flight {
                InFlight::Visit(visit) => {
                    self.set(visit.entry, State::Begun);
                    self.pages_in_flight += 1;
                }
                InFlight::News(visit) => self.news.begin(visit.page),
                InFlight::Post(_) => {}
            }
            let serial = self.next_serial;
            self.next_serial += 1;
            self.in_flight.insert(serial, in_flight);
            let exchange = Exchange::new(serial, errand, &self.options);
            self.requests[exchange.kind() as usize] += 1;
            return Some((request, exchange));
        }
        self.end_unavailable_at_the_end();
        None
    }

    fn id_of(&self, index: usize) -> String {
        self.entries[index].subject.to_id()
    }

    fn visit(&self, visit: Visit) -> (Option<Request<Vec<u8>>>, Errand) {
        let subject = &self.entries[visit.entry].subject;
        let token = match &**subject {
            Subject::Redirect(redirect) => Some(redirect.token()),
            Subject::RedirectToken(token) => Some(&**token),
            Subject::Article(_) | Subject::Id(_) => None,
        };
        if let Some(token) = token {
            let url = service::goto_url(&self.options, token);
            let method = if visit.is_second { Method::GET } else { Method::HEAD };
            return (service::request(method, &url), Errand::Redirect(RedirectErrand { visit, url }));
        }
        let id = subject.to_id();
        let url = match &visit.redirected_to {
            Some(url) => Url::clone(url),
            None => service::page_url(&self.options, visit.path, &id),
        };
        (service::request(Method::GET, &url), Errand::Page(PageErrand { visit, id, url }))
    }

    /// Returns what to request next.
    fn next_errand(&mut self) -> Option<InFlight> {
        let has_room = self.news.in_flight() + self.pages_in_flight < self.options.pages_in_flight;
        if self.block == Block::None
            && has_room
            && self.needs_news_pages()
            && let Some(visit) = self.news.next_visit()
        {
            return Some(InFlight::News(visit));
        }
        // An article may be in one of the pages that are in flight.
        let may_visit = self.news.in_flight() == 0;
        let more_pages = self.block == Block::None && !self.visits.is_empty();
        let is_full = self.signed.len() >= self.options.ids_per_post;
        // A POST that is not full waits while another page may come.
        if !self.signed.is_empty() && (is_full || (self.pages_in_flight == 0 && !more_pages)) {
            let count = self.signed.len().min(self.options.ids_per_post);
            return Some(InFlight::Post(self.signed.drain(..count).collect()));
        }
        if more_pages && may_visit && has_room {
            return self.visits.pop_front().map(InFlight::Visit);
        }
        None
    }

    /// Handles a whole response: its [head](Exchange::on_head), its [body](Exchange::on_body) and its
    /// [end](Self::finish).
    pub fn on_response(&mut self, mut exchange: Exchange, response: &Response<impl AsRef<[u8]>>) {
        if exchange.on_head(response) == Next::Read {
            let _ = exchange.on_body(response.body().as_ref());
        }
        self.finish(exchange);
    }

    /// Ends an exchange: its response is complete, or [no more](Next::Stop) of it is needed.
    ///
    /// An exchange of another resolution, or one that was [requeued](Self::requeue_in_flight), is ignored.
    pub fn finish(&mut self, exchange: Exchange) {
        if !self.take_back(&exchange) {
            return;
        }
        let (errand, outcome) = exchange.into_outcome();
        match &outcome {
            Outcome::Unavailable => {}
            Outcome::Error(problem) if problem.is_block() => self.settle_undecided(&Problem::Unavailable),
            _ => self.end_unavailable(),
        }
        match (errand, outcome) {
            (errand, Outcome::Unavailable) => self.on_unavailable(&errand),
            (Errand::NewsPage(page), outcome) => self.finish_news_page(page.visit, outcome),
            (Errand::Page(page), outcome) => self.finish_visit(page.visit, outcome),
            (Errand::Redirect(redirect), outcome) => self.finish_visit(redirect.visit, outcome),
            (Errand::Post(indices), Outcome::Answer(answer)) => self.finish_post(&indices, answer),
            (errand, Outcome::Error(problem)) => {
                if problem.is_block() {
                    self.block(Block::All);
                }
                self.settle_all(&errand, &problem);
            }
            (errand, _) => self.settle_all(&errand, &Problem::InvalidAnswer(AnswerChange::NotRows)),
        }
        self.end_unavailable_at_the_end();
    }

    /// Ends an exchange that failed: its response did not arrive, or only in part.
    pub fn on_failure(&mut self, exchange: Exchange, failure: Failure) {
        if self.take_back(&exchange) {
            self.settle_all(&exchange.errand, &failure.into());
            self.end_unavailable_at_the_end();
        }
    }

    /// Puts all requests that are in flight back into the queue, to be sent again. Their exchanges are ignored from then
    /// on. Drivers call it first, because an earlier run may have been dropped with requests in flight.
    pub fn requeue_in_flight(&mut self) {
        while let Some((_, in_flight)) = self.in_flight.pop_last() {
            match in_flight {
                InFlight::Visit(visit) => self.visits.push_front(visit),
                InFlight::News(visit) => self.news.requeue(visit),
                InFlight::Post(rows) => rows.into_iter().rev().for_each(|row| self.signed.push_front(row)),
            }
        }
        self.pages_in_flight = 0;
        self.drop_settled();
        if self.block != Block::None {
            self.block(self.block);
        }
    }

    /// Lifts a [block](Self::is_blocked), to be called after a pause: articles that were not requested, interrupted or
    /// refused by the block are requested again. All other outcomes stay. Without a block nothing changes.
    ///
    /// How long the pause must be is not known; one block lasted for hours. The resolution is blocked again as soon as
    /// the service refuses another request.
    ///
    /// ```
    /// use google_news_link::decode;
    /// use google_news_link_resolve::{ErrorKind, Options, Resolution};
    ///
    /// let mut resolution = Resolution::new(Options::new());
    /// resolution.push_target(&decode(
    ///     "CBMiNkFVX3lxTE04T1d2QWFkS3BlS042NlZ0bThVc3hFeU5xTFF0d25TdDFhSURHT00tRWhSOGVpZw",
    /// )?);
    /// let (_, exchange) = resolution.next_request().expect("one page to request");
    /// resolution.on_response(exchange, &http::Response::builder().status(429).body("")?);
    /// assert!(resolution.is_blocked() && resolution.next_request().is_none());
    ///
    /// // An hour later:
    /// resolution.resume();
    /// assert!(!resolution.is_blocked());
    /// assert!(resolution.next_request().is_some(), "the same page");
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn resume(&mut self) {
        if self.block == Block::None {
            return;
        }
        self.block = Block::None;
        self.unavailable.count = 0;
        self.news.resume();
        // Links that were added during the block are requested in the order of all links.
        self.visits.clear();
        for (index, entry) in self.entries.iter_mut().enumerate() {
            if matches!(&entry.state, State::Settled(Err(error)) if error.is_block()) {
                entry.state = State::NotTried;
                self.remaining += usize::from(entry.is_given);
            }
            // Entries that have begun are in flight or signed.
            if entry.is_given && matches!(entry.state, State::NotTried) {
                self.visits.push_back(Visit::first(index, &entry.subject, self.options.first_path));
            }
        }
    }

    /// Returns `true` after the service has refused a request with HTTP 429, with a captcha, or three times in a row with
    /// HTTP 503: no page is requested until [`resume`](Self::resume).
    pub fn is_blocked(&self) -> bool {
        self.block != Block::None
    }

    /// Drops the requests for entries whose answers were inserted in the meantime.
    fn drop_settled(&mut self) {
        let entries = &self.entries;
        self.visits.retain(|visit| entries[visit.entry].is_open());
        self.signed.retain(|(index, _)| entries[*index].is_open());
    }

    /// Removes an exchange from those in flight. Returns `true` if it was one of them.
    fn take_back(&mut self, exchange: &Exchange) -> bool {
        if !exchange.is_of(&self.options) {
            return false;
        }
        let in_flight = self.in_flight.remove(&exchange.serial);
        match in_flight {
            Some(InFlight::Visit(_)) => self.pages_in_flight -= 1,
            Some(InFlight::News(_)) => self.news.end(),
            Some(InFlight::Post(_)) | None => {}
        }
        in_flight.is_some()
    }

    fn finish_visit(&mut self, visit: Visit, outcome: Outcome) {
        if let Outcome::Error(problem) = &outcome
            && problem.is_block()
        {
            self.block(Block::Pages);
        }
        if !self.entries[visit.entry].is_open() {
            return;
        }
        match outcome {
            Outcome::Signature(signature) if self.block < Block::All => {
                self.signed.push_back((visit.entry, signature));
            }
            Outcome::Urls(urls) => match self.entries[visit.entry].subject.check_all(urls) {
                Ok(url) => self.settle(visit.entry, Ok(url)),
                Err(problem) => self.finish_visit(visit, Outcome::DeadEnd(problem)),
            },
            Outcome::Location(url) => {
                let outcome = self.entries[visit.entry].subject.check(url);
                self.settle(visit.entry, outcome);
            }
            Outcome::Redirect(_) if visit.redirects == MAX_REDIRECTS => {
                self.settle(visit.entry, Err(Problem::TooManyRedirects));
            }
            Outcome::Redirect(url) if self.block == Block::None => {
                let redirected_to = Some(Box::new(url));
                self.visits.push_front(Visit { redirected_to, redirects: visit.redirects + 1, ..visit });
            }
            Outcome::DeadEnd(_) if !visit.is_second && self.block == Block::None => {
                let path = visit.path.other();
                self.visits.push_front(Visit { path, is_second: true, redirected_to: None, ..visit });
            }
            // During a block, no more requests are sent.
            Outcome::Signature(_) | Outcome::Redirect(_) => self.set(visit.entry, State::NotTried),
            Outcome::DeadEnd(_) if !visit.is_second => self.set(visit.entry, State::NotTried),
            Outcome::DeadEnd(problem) | Outcome::Error(problem) => self.settle(visit.entry, Err(problem)),
            Outcome::Answer(_) | Outcome::News(_) | Outcome::Unavailable => {
                self.settle(visit.entry, Err(Problem::InvalidAnswer(AnswerChange::NotRows)));
            }
        }
    }

    fn finish_post(&mut self, indices: &[usize], answer: Answer) {
        for (&index, row) in indices.iter().zip(answer.rows) {
            let missing = answer.change.map_or(Problem::MissingRow, Problem::InvalidAnswer);
            let outcome = row.unwrap_or(Err(missing)).and_then(|url| self.entries[index].subject.check(url));
            self.settle(index, outcome);
        }
    }

    /// Handles HTTP 503. Whether it is a block or an error of these articles alone is known when the next responses have
    /// arrived.
    fn on_unavailable(&mut self, errand: &Errand) {
        self.unavailable.count += 1;
        self.unavailable.undecided.extend(errand.indices());
        // During a block, this request was already in flight when another one was refused.
        let is_block = self.unavailable.count >= MAX_UNAVAILABLE || self.block != Block::None;
        if let Errand::NewsPage(page) = errand {
            let problem = if is_block { Problem::Unavailable } else { Problem::UnexpectedStatus(503) };
            self.news.settle(page.visit.page, Err(problem));
        }
        if is_block {
            let is_page = matches!(errand, Errand::NewsPage(_));
            match self.options.after_blocked_page {
                AfterBlockedPage::RequestArticles if is_page => {
                    self.news.stop();
                    self.unavailable.count = 0;
                }
                _ => self.block(Block::Pages),
            }
            self.settle_undecided(&Problem::Unavailable);
        }
    }

    /// Ends a series of HTTP 503 that is too short to be a block.
    fn end_unavailable(&mut self) {
        self.unavailable.count = 0;
        self.settle_undecided(&Problem::UnexpectedStatus(503));
    }

    /// Ends a series of HTTP 503 if no other response will arrive.
    fn end_unavailable_at_the_end(&mut self) {
        if !self.unavailable.undecided.is_empty() && self.is_done() {
            self.end_unavailable();
        }
    }

    fn settle_undecided(&mut self, problem: &Problem) {
        for index in std::mem::take(&mut self.unavailable.undecided) {
            self.settle(index, Err(problem.clone()));
        }
    }

    /// Drops all requests for pages, or all requests.
    fn block(&mut self, block: Block) {
        self.block = self.block.max(block);
        self.news.stop();
        while let Some(visit) = self.visits.pop_front() {
            self.set(visit.entry, State::NotTried);
        }
        while self.block == Block::All
            && let Some((index, _)) = self.signed.pop_front()
        {
            self.set(index, State::NotTried);
        }
    }

    fn settle_all(&mut self, errand: &Errand, problem: &Problem) {
        if let Errand::NewsPage(page) = errand {
            self.news.settle(page.visit.page, Err(problem.clone()));
        }
        for &index in errand.indices() {
            self.settle(index, Err(problem.clone()));
        }
    }

    /// Sets the outcome of an entry that has none.
    fn settle(&mut self, index: usize, outcome: Result<String, Problem>) {
        if self.entries[index].is_open() {
            if outcome.is_ok() {
                self.add_answer(index);
            }
            let found = outcome.map(|url| Found { url, source: Source::Online });
            self.settle_open(index, found.map_err(Error::new));
        }
    }

    fn settle_open(&mut self, index: usize, outcome: Result<Found, Error>) {
        let entry = &mut self.entries[index];
        self.remaining -= usize::from(entry.is_given);
        entry.state = State::Settled(outcome);
    }

    /// Adds the entry to the answers, if it has a key.
    fn add_answer(&mut self, index: usize) {
        if self.entries[index].subject.answer_key().is_some() {
            self.entries[index].answer = Some(self.answered.len());
            self.answered.push(index);
        }
    }

    /// Sets the state of an entry without an outcome. It may have got one while it was requested.
    fn set(&mut self, index: usize, state: State) {
        if self.entries[index].is_open() {
            self.entries[index].state = state;
        }
    }

    /// Returns `true` if nothing is left to request and no response is awaited.
    pub fn is_done(&self) -> bool {
        // Articles that have become known may still be in the queues, because only the next request drops them.
        self.in_flight.is_empty()
            && !self.signed.iter().any(|(index, _)| self.entries[*index].is_open())
            && (self.block > Block::None
                || (self.news.is_empty() || !self.given.is_empty())
                    && !self.visits.iter().any(|visit| self.entries[visit.entry].is_open()))
    }
}
