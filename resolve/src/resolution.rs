use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;

use http::{Request, Response};
use url::Url;

use crate::answer::Answer;
use crate::article::{Articles, State, check};
use crate::error::{Error, Failure, MAX_REDIRECTS, Problem};
use crate::exchange::{Errand, Exchange, Next, Outcome, PageErrand, Visit};
use crate::options::Options;
use crate::service::{self, Signature};
use google_news_link::{OpaqueArticle, Target};

mod outcomes;

/// Articles in, requests out, responses in, and one outcome for each article, in order.
///
/// It has no socket, no clock and no thread of its own: see the [crate docs](crate) for who runs it. What has been
/// answered stays known when asking ends early, and more articles can be [pushed](Self::push) at any time.
///
/// ```
/// use google_news_link_resolve::{ErrorKind, Options, Resolution};
/// use google_news_link::{Target, decode};
///
/// let mut resolution = Resolution::new(Options::new());
/// resolution.push_target(&decode("CBMiFmh0dHBzOi8vYW11LnR2LzExMTkzMS_SAQA")?);
/// resolution.push_target(&decode(
///     "CBMiNkFVX3lxTE04T1d2QWFkS3BlS042NlZ0bThVc3hFeU5xTFF0d25TdDFhSURHT00tRWhSOGVpZw",
/// )?);
/// let (request, exchange) = resolution.next_request().expect("one article has no URL yet");
/// assert_eq!(request.uri().path(), "/rss/articles/CBMiNkFVX3lxTE04T1d2QWFkS3BlS042NlZ0bThVc3hFeU5xTFF0d25TdDFhSURHT00tRWhSOGVpZw");
///
/// // The service is busy.
/// resolution.on_response(exchange, &http::Response::builder().status(429).body("")?);
/// assert!(resolution.is_done());
/// let outcomes: Vec<_> = resolution.outcomes().collect();
/// assert_eq!(outcomes[0], Ok("https://amu.tv/111931/"));
/// assert_eq!(outcomes[1].unwrap_err().kind(), ErrorKind::TooManyRequests);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug)]
pub struct Resolution {
    options: Arc<Options>,
    /// What was given, in order.
    given: Vec<Given>,
    articles: Articles,
    /// Pages that are still to be asked for.
    visits: VecDeque<Visit>,
    /// Articles whose page is known, waiting for a POST.
    signed: VecDeque<(usize, Signature)>,
    /// What is under way, by serial number.
    in_flight: BTreeMap<u64, InFlight>,
    /// How many of these are pages.
    pages_in_flight: usize,
    /// Something was seeded that may be waiting to be asked for.
    is_seeded: bool,
    next_serial: u64,
    block: Block,
    /// Articles in the order in which they were answered.
    answered: Vec<usize>,
    settled: usize,
    pages: usize,
    posts: usize,
    not_tried: Error,
    interrupted: Error,
}

#[derive(Debug)]
enum Given {
    /// An opaque article.
    Article(usize),
    /// Anything else, whose outcome was known at once.
    Known(Result<String, Error>),
}

/// What was asked for, as it is asked for again.
#[derive(Debug)]
enum InFlight {
    Page(Visit),
    Post(Vec<(usize, Signature)>),
}

/// What may still be asked for.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
enum Block {
    None,
    /// No page, but URLs for signatures.
    Pages,
    All,
}

impl Resolution {
    /// A resolution with no articles.
    pub fn new(options: Options) -> Self {
        Resolution {
            options: Arc::new(options),
            given: Vec::new(),
            articles: Articles::default(),
            visits: VecDeque::new(),
            signed: VecDeque::new(),
            in_flight: BTreeMap::new(),
            pages_in_flight: 0,
            is_seeded: false,
            next_serial: 0,
            block: Block::None,
            answered: Vec::new(),
            settled: 0,
            pages: 0,
            posts: 0,
            not_tried: Error::new(Problem::NotTried),
            interrupted: Error::new(Problem::Interrupted),
        }
    }

    /// Adds an article to be asked for, and gives the number of its outcome: 0 for the first one.
    ///
    /// If its token was added or [seeded](Self::insert_known) before, it is not asked for once more.
    pub fn push(&mut self, article: &OpaqueArticle<'_>) -> usize {
        let (index, is_new) = self.articles.insert(article);
        if is_new {
            self.visits.push_back(Visit::first(index, self.options.first_path));
        }
        self.given.push(Given::Article(index));
        self.given.len() - 1
    }

    /// Adds whatever a link has led to, and gives the number of its outcome: an opaque article is asked for; of
    /// anything else the canonical URL is the outcome, or [`NotAnArticle`](crate::ErrorKind::NotAnArticle) where
    /// it has none.
    pub fn push_target(&mut self, target: &Target<'_>) -> usize {
        if let Target::OpaqueArticle(article) = target {
            return self.push(article);
        }
        self.given.push(Given::Known(match target.canonical_url() {
            Some(url) => Ok(url.into()),
            None => Err(Error::new(Problem::NotAnArticle(target.kind()))),
        }));
        self.given.len() - 1
    }

    /// Adds an answer that is known from before, so that the article is not asked for.
    ///
    /// # Errors
    ///
    /// [`WrongLength`](crate::ErrorKind::WrongLength) and [`InvalidUrl`](crate::ErrorKind::InvalidUrl), as for
    /// an answer of the service. Then the article is asked for.
    pub fn insert_known(&mut self, article: &OpaqueArticle<'_>, url: &str) -> Result<(), Error> {
        let url = check(article, url.into()).map_err(Error::new)?;
        let (index, is_new) = self.articles.insert(article);
        self.is_seeded |= !is_new;
        match &mut self.articles[index].state {
            State::Settled(Err(_)) => self.articles[index].state = State::Settled(Ok(url)),
            State::Settled(Ok(_)) => {}
            State::NotTried | State::Begun => self.settle_open(index, Ok(url)),
        }
        Ok(())
    }

    /// The next request, with the exchange that takes its response. `None` while the responses of others have to
    /// come first, and at the [end](Self::is_done): ask again after each exchange that was finished or failed.
    #[must_use = "the resolution waits until the exchange is finished or has failed"]
    pub fn next_request(&mut self) -> Option<(Request<Vec<u8>>, Exchange)> {
        if std::mem::take(&mut self.is_seeded) {
            self.drop_settled();
        }
        while let Some(in_flight) = self.next_errand() {
            let (request, errand) = match &in_flight {
                InFlight::Page(visit) => {
                    let page = self.page_errand(visit.clone());
                    (service::get(&page.url), Errand::Page(page))
                }
                InFlight::Post(rows) => {
                    let signed = rows.iter().map(|(index, signature)| (self.id_of(*index), signature));
                    let indices = rows.iter().map(|(index, _)| *index).collect();
                    (service::post(&self.options, signed), Errand::Post(indices))
                }
            };
            let Some(request) = request else {
                // The base URL was looked at, so this is where a redirect leads.
                self.settle_all(&errand, &Problem::RefusedRedirect);
                continue;
            };
            match &in_flight {
                InFlight::Page(visit) => {
                    self.set(visit.article, State::Begun);
                    self.pages += 1;
                    self.pages_in_flight += 1;
                }
                InFlight::Post(_) => self.posts += 1,
            }
            let serial = self.next_serial;
            self.next_serial += 1;
            self.in_flight.insert(serial, in_flight);
            return Some((request, Exchange::new(serial, errand, &self.options)));
        }
        None
    }

    fn id_of(&self, index: usize) -> String {
        self.articles[index].opaque.to_id()
    }

    fn page_errand(&self, visit: Visit) -> PageErrand {
        let id = self.id_of(visit.article);
        let url = match &visit.redirected_to {
            Some(url) => Url::clone(url),
            None => service::page_url(&self.options, visit.path, &id),
        };
        PageErrand { visit, id, url }
    }

    /// What to ask for next.
    fn next_errand(&mut self) -> Option<InFlight> {
        let more_pages = self.block == Block::None && !self.visits.is_empty();
        let is_full = self.signed.len() >= self.options.ids_per_post;
        // A POST that is not full waits as long as a page may come.
        if !self.signed.is_empty() && (is_full || (self.pages_in_flight == 0 && !more_pages)) {
            let count = self.signed.len().min(self.options.ids_per_post);
            return Some(InFlight::Post(self.signed.drain(..count).collect()));
        }
        if more_pages && self.pages_in_flight < self.options.pages_in_flight {
            return self.visits.pop_front().map(InFlight::Page);
        }
        None
    }

    /// Takes a whole response: the [head](Exchange::on_head), the [body](Exchange::on_body) and its
    /// [end](Self::finish) in one.
    pub fn on_response(&mut self, mut exchange: Exchange, response: &Response<impl AsRef<[u8]>>) {
        if exchange.on_head(response) == Next::Read {
            let _ = exchange.on_body(response.body().as_ref());
        }
        self.finish(exchange);
    }

    /// Takes an exchange back whose response has ended, or of which [no more](Next::Stop) is wanted.
    ///
    /// One that is not this resolution's, or was [recalled](Self::requeue_in_flight), is let go.
    pub fn finish(&mut self, exchange: Exchange) {
        if !self.take_back(&exchange) {
            return;
        }
        match exchange.outcome() {
            (Errand::Page(page), outcome) => self.finish_page(page.visit, outcome),
            (Errand::Post(indices), Outcome::Answer(answer)) => self.finish_post(&indices, answer),
            (errand, Outcome::Error(problem)) => {
                if problem.is_block() {
                    self.block(Block::All);
                }
                self.settle_all(&errand, &problem);
            }
            (errand, _) => self.settle_all(&errand, &Problem::InvalidAnswer),
        }
    }

    /// Takes an exchange back to which there is no response, or not all of it.
    pub fn on_failure(&mut self, exchange: Exchange, failure: Failure) {
        if self.take_back(&exchange) {
            self.settle_all(&exchange.errand, &failure.into());
        }
    }

    /// Gives up waiting for all exchanges that were handed out: what they were to ask for is handed out again.
    /// For a driver whose future was dropped, and with it what was under way.
    pub fn requeue_in_flight(&mut self) {
        while let Some((_, in_flight)) = self.in_flight.pop_last() {
            match in_flight {
                InFlight::Page(visit) => self.visits.push_front(visit),
                InFlight::Post(rows) => rows.into_iter().rev().for_each(|row| self.signed.push_front(row)),
            }
        }
        self.pages_in_flight = 0;
        self.drop_settled();
        if self.block != Block::None {
            self.block(self.block);
        }
    }

    /// Lifts a [block](Self::is_blocked), to be called after a pause: articles that were not tried, interrupted or
    /// refused by the block are requested again. All other outcomes stay. Without a block nothing changes.
    ///
    /// How long the pause has to be is not known; a block was seen to last for hours. The resolution is blocked
    /// again as soon as the service refuses another request.
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
        // Those that were pushed during the block; they get their turn in the order of all articles.
        self.visits.clear();
        for (index, article) in self.articles.iter_mut().enumerate() {
            if matches!(&article.state, State::Settled(Err(error)) if error.is_block()) {
                article.state = State::NotTried;
                self.settled -= 1;
            }
            // What has begun is in flight or has its signature.
            if matches!(article.state, State::NotTried) {
                self.visits.push_back(Visit::first(index, self.options.first_path));
            }
        }
    }

    /// True after the service has refused a request with status 429 or a captcha: no page is requested until
    /// [`resume`](Self::resume).
    pub fn is_blocked(&self) -> bool {
        self.block != Block::None
    }

    /// Forgets what is still to be asked for and was seeded in the meantime.
    fn drop_settled(&mut self) {
        let articles = &self.articles;
        self.visits.retain(|visit| articles[visit.article].is_open());
        self.signed.retain(|(index, _)| articles[*index].is_open());
    }

    /// True if the exchange is one that is waited for.
    fn take_back(&mut self, exchange: &Exchange) -> bool {
        if !exchange.is_of(&self.options) {
            return false;
        }
        let errand = self.in_flight.remove(&exchange.serial);
        self.pages_in_flight -= usize::from(matches!(errand, Some(InFlight::Page(_))));
        errand.is_some()
    }

    fn finish_page(&mut self, visit: Visit, outcome: Outcome) {
        if let Outcome::Error(problem) = &outcome
            && problem.is_block()
        {
            self.block(Block::Pages);
        }
        if !self.articles[visit.article].is_open() {
            return;
        }
        match outcome {
            Outcome::Signature(signature) if self.block < Block::All => {
                self.signed.push_back((visit.article, signature));
            }
            Outcome::Urls(urls) => match self.articles[visit.article].check_all(urls) {
                Ok(url) => self.settle(visit.article, Ok(url)),
                Err(problem) => self.finish_page(visit, Outcome::DeadEnd(problem)),
            },
            Outcome::Redirect(_) if visit.redirects == MAX_REDIRECTS => {
                self.settle(visit.article, Err(Problem::TooManyRedirects));
            }
            Outcome::Redirect(url) if self.block == Block::None => {
                let redirected_to = Some(Box::new(url));
                self.visits.push_front(Visit { redirected_to, redirects: visit.redirects + 1, ..visit });
            }
            Outcome::DeadEnd(_) if !visit.is_second && self.block == Block::None => {
                let path = visit.path.other();
                self.visits.push_front(Visit { path, is_second: true, redirected_to: None, ..visit });
            }
            // It comes too late: nothing more is asked for.
            Outcome::Signature(_) | Outcome::Redirect(_) => self.set(visit.article, State::NotTried),
            Outcome::DeadEnd(_) if !visit.is_second => self.set(visit.article, State::NotTried),
            Outcome::DeadEnd(problem) | Outcome::Error(problem) => self.settle(visit.article, Err(problem)),
            Outcome::Answer(_) => self.settle(visit.article, Err(Problem::InvalidAnswer)),
        }
    }

    fn finish_post(&mut self, indices: &[usize], answer: Answer) {
        for (&index, row) in indices.iter().zip(answer.rows) {
            let missing = if answer.is_whole { Problem::MissingRow } else { Problem::InvalidAnswer };
            let outcome = row.unwrap_or(Err(missing)).and_then(|url| self.articles[index].check(url));
            self.settle(index, outcome);
        }
    }

    /// Asks for no more pages, or for nothing more.
    fn block(&mut self, block: Block) {
        self.block = self.block.max(block);
        while let Some(visit) = self.visits.pop_front() {
            self.set(visit.article, State::NotTried);
        }
        while self.block == Block::All
            && let Some((index, _)) = self.signed.pop_front()
        {
            self.set(index, State::NotTried);
        }
    }

    fn settle_all(&mut self, errand: &Errand, problem: &Problem) {
        match errand {
            Errand::Page(page) => self.settle(page.visit.article, Err(problem.clone())),
            Errand::Post(indices) => {
                indices.iter().for_each(|&index| self.settle(index, Err(problem.clone())))
            }
        }
    }

    /// Ends what is open with an answer, or without one.
    fn settle(&mut self, index: usize, outcome: Result<String, Problem>) {
        if self.articles[index].is_open() {
            if outcome.is_ok() {
                self.answered.push(index);
            }
            self.settle_open(index, outcome.map_err(Error::new));
        }
    }

    /// The same, of an article that is open.
    fn settle_open(&mut self, index: usize, outcome: Result<String, Error>) {
        self.settled += 1;
        self.articles[index].state = State::Settled(outcome);
    }

    /// What is settled stays: it may have been seeded while it was asked for.
    fn set(&mut self, index: usize, state: State) {
        if self.articles[index].is_open() {
            self.articles[index].state = state;
        }
    }

    /// True if there is nothing left to ask for and nothing to wait for.
    pub fn is_done(&self) -> bool {
        self.in_flight.is_empty()
            && !self.signed.iter().any(|(index, _)| self.articles[*index].is_open())
            && (self.block > Block::None
                || !self.visits.iter().any(|visit| self.articles[visit.article].is_open()))
    }
}
