use std::collections::{BTreeMap, HashMap, VecDeque};
use std::sync::Arc;

use http::{Request, Response};

use crate::answer::Answer;
use crate::error::{Error, Failure, MAX_REDIRECTS, Problem};
use crate::exchange::{Errand, Exchange, Next, Outcome, Visit};
use crate::options::Options;
use crate::page::PageUrl;
use crate::service::{self, Signature};
use google_news_link::{OpaqueArticle, Target, check_url};

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
/// let (request, exchange) = resolution.poll().expect("one article has no URL yet");
/// assert_eq!(request.uri().path(), "/rss/articles/CBMiNkFVX3lxTE04T1d2QWFkS3BlS042NlZ0bThVc3hFeU5xTFF0d25TdDFhSURHT00tRWhSOGVpZw");
///
/// // The service is busy.
/// resolution.receive(exchange, &http::Response::builder().status(429).body("")?);
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
    /// One for each token.
    articles: Vec<Article>,
    by_token: HashMap<String, usize>,
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

#[derive(Debug)]
struct Article {
    token: String,
    id: String,
    url_len: usize,
    state: State,
}

impl Article {
    /// True if there is no outcome yet.
    fn is_open(&self) -> bool {
        !matches!(self.state, State::Settled(_))
    }
}

#[derive(Debug)]
enum State {
    /// Nothing of it was asked for, or it was given up.
    NotTried,
    /// Something of it is asked for, or was.
    Begun,
    Settled(Result<String, Error>),
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
            articles: Vec::new(),
            by_token: HashMap::new(),
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
    /// If its token was added or [seeded](Self::seed) before, it is not asked for once more.
    pub fn push(&mut self, article: &OpaqueArticle<'_>) -> usize {
        let (index, is_new) = self.article(article);
        if is_new {
            let id = self.articles[index].id.clone();
            let path = self.options.first_path;
            let url = service::page_url(&self.options, path, &id);
            self.visits.push_back(Visit { article: index, id, url, path, is_second: false, redirects: 0 });
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
    pub fn seed(&mut self, article: &OpaqueArticle<'_>, url: &str) -> Result<(), Error> {
        let url = judge(article.url_len(), url.into()).map_err(Error::new)?;
        let (index, is_new) = self.article(article);
        self.is_seeded |= !is_new;
        match &mut self.articles[index].state {
            State::Settled(Err(_)) => self.articles[index].state = State::Settled(Ok(url)),
            State::Settled(Ok(_)) => {}
            State::NotTried | State::Begun => self.settle_open(index, Ok(url)),
        }
        Ok(())
    }

    /// The place of the article, and whether it is new.
    fn article(&mut self, article: &OpaqueArticle<'_>) -> (usize, bool) {
        if let Some(&index) = self.by_token.get(article.token()) {
            return (index, false);
        }
        let index = self.articles.len();
        self.by_token.insert(article.token().into(), index);
        self.articles.push(Article {
            token: article.token().into(),
            id: article.to_id(),
            url_len: article.url_len(),
            state: State::NotTried,
        });
        (index, true)
    }

    /// The next request, with the exchange that takes its response. `None` while the responses of others have to
    /// come first, and at the [end](Self::is_done): ask again after each exchange that was finished or failed.
    #[must_use = "the resolution waits until the exchange is finished or has failed"]
    pub fn poll(&mut self) -> Option<(Request<Vec<u8>>, Exchange)> {
        if std::mem::take(&mut self.is_seeded) {
            self.drop_settled();
        }
        while let Some(in_flight) = self.next_errand() {
            let (request, errand) = match &in_flight {
                InFlight::Page(visit) => (service::get(&visit.url), Errand::Page(visit.clone())),
                InFlight::Post(rows) => {
                    let texts =
                        rows.iter().map(|(index, signature)| (self.articles[*index].id.as_str(), signature));
                    let indices = rows.iter().map(|(index, _)| *index).collect();
                    (service::post(&self.options, texts), Errand::Post(indices))
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

    /// Takes a whole response: the [head](Exchange::head), the [body](Exchange::data) and its
    /// [end](Self::finish) in one.
    pub fn receive(&mut self, mut exchange: Exchange, response: &Response<impl AsRef<[u8]>>) {
        if exchange.head(response) == Next::Read {
            let _ = exchange.data(response.body().as_ref());
        }
        self.finish(exchange);
    }

    /// Takes an exchange back whose response has ended, or of which [no more](Next::Stop) is wanted.
    ///
    /// One that is not this resolution's, or was [recalled](Self::recall), is let go.
    pub fn finish(&mut self, exchange: Exchange) {
        if !self.take_back(&exchange) {
            return;
        }
        match exchange.outcome() {
            (Errand::Page(visit), outcome) => self.finish_page(visit, outcome),
            (Errand::Post(indices), Outcome::Answer(answer)) => self.finish_post(&indices, answer),
            (errand, Outcome::Error(problem)) => {
                if is_block(&problem) {
                    self.block(Block::All);
                }
                self.settle_all(&errand, &problem);
            }
            (errand, _) => self.settle_all(&errand, &Problem::InvalidAnswer),
        }
    }

    /// Takes an exchange back to which there is no response, or not all of it.
    pub fn fail(&mut self, exchange: Exchange, failure: Failure) {
        if self.take_back(&exchange) {
            self.settle_all(&exchange.errand, &failure.into());
        }
    }

    /// Gives up waiting for all exchanges that were handed out: what they were to ask for is handed out again.
    /// For a driver whose future was dropped, and with it what was under way.
    pub fn recall(&mut self) {
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
            && is_block(problem)
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
            Outcome::Urls(urls) => match self.judge_all(visit.article, urls) {
                Ok(url) => self.settle(visit.article, Ok(url)),
                Err(problem) => self.finish_page(visit, Outcome::DeadEnd(problem)),
            },
            Outcome::Redirect(_) if visit.redirects == MAX_REDIRECTS => {
                self.settle(visit.article, Err(Problem::TooManyRedirects));
            }
            Outcome::Redirect(url) if self.block == Block::None => {
                self.visits.push_front(Visit { url, redirects: visit.redirects + 1, ..visit });
            }
            Outcome::DeadEnd(_) if !visit.is_second && self.block == Block::None => {
                let path = visit.path.other();
                let url = service::page_url(&self.options, path, &visit.id);
                self.visits.push_front(Visit { url, path, is_second: true, ..visit });
            }
            // It comes too late: nothing more is asked for.
            Outcome::Signature(_) | Outcome::Redirect(_) => self.set(visit.article, State::NotTried),
            Outcome::DeadEnd(_) if !visit.is_second => self.set(visit.article, State::NotTried),
            Outcome::DeadEnd(problem) | Outcome::Error(problem) => self.settle(visit.article, Err(problem)),
            Outcome::Answer(_) => self.settle(visit.article, Err(Problem::InvalidAnswer)),
        }
    }

    /// The one URL of a page that can be the article's: an element's that has its ID, or of one that has none. If
    /// there are several, none is guessed.
    fn judge_all(&self, index: usize, urls: Vec<PageUrl>) -> Result<String, Problem> {
        let url_len = self.articles[index].url_len;
        let mut problem = Problem::NoSignature;
        let mut fit: Vec<PageUrl> = Vec::new();
        for found in urls {
            match judge(url_len, found.url) {
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

    fn finish_post(&mut self, indices: &[usize], answer: Answer) {
        for (&index, row) in indices.iter().zip(answer.rows) {
            let missing = if answer.is_whole { Problem::MissingRow } else { Problem::InvalidAnswer };
            let url_len = self.articles[index].url_len;
            self.settle(index, row.unwrap_or(Err(missing)).and_then(|url| judge(url_len, url)));
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
            Errand::Page(visit) => self.settle(visit.article, Err(problem.clone())),
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

    /// How many articles and other targets were added.
    pub fn len(&self) -> usize {
        self.given.len()
    }

    /// True if nothing was added yet.
    pub fn is_empty(&self) -> bool {
        self.given.is_empty()
    }

    /// How many different tokens were added or seeded that have no outcome yet. After a block, those that were
    /// not tried.
    pub fn remaining(&self) -> usize {
        self.articles.len() - self.settled
    }

    /// How many pages were asked for, each redirect counted.
    pub fn pages(&self) -> usize {
        self.pages
    }

    /// How many POSTs were handed out.
    pub fn posts(&self) -> usize {
        self.posts
    }

    /// The outcome of each article that was added, in that order: the canonical URL, or why there is none. What
    /// has no outcome yet is [`NotTried`](crate::ErrorKind::NotTried) or, if it was begun,
    /// [`Interrupted`](crate::ErrorKind::Interrupted).
    pub fn outcomes(&self) -> impl ExactSizeIterator<Item = Result<&str, &Error>> {
        self.given.iter().map(|given| self.outcome_of(given))
    }

    /// The outcome with the number that [`push`](Self::push) gave.
    pub fn outcome(&self, number: usize) -> Option<Result<&str, &Error>> {
        self.given.get(number).map(|given| self.outcome_of(given))
    }

    fn outcome_of<'a>(&'a self, given: &'a Given) -> Result<&'a str, &'a Error> {
        let outcome = match given {
            Given::Known(outcome) => outcome,
            Given::Article(index) => match &self.articles[*index].state {
                State::Settled(outcome) => outcome,
                State::NotTried => return Err(&self.not_tried),
                State::Begun => return Err(&self.interrupted),
            },
        };
        outcome.as_ref().map(String::as_str)
    }

    /// The answers that have come, each with its token, in the order in which they came: to be
    /// [seeded](Self::seed) the next time. Those that were seeded are not among them.
    pub fn answers(&self) -> impl Iterator<Item = (&str, &str)> {
        self.answers_from(0)
    }

    /// The [answers](Self::answers) behind the first `known` ones, for whoever keeps them as they come.
    pub fn answers_from(&self, known: usize) -> impl Iterator<Item = (&str, &str)> {
        let new = self.answered.get(known..).unwrap_or_default();
        new.iter().filter_map(|&index| match &self.articles[index] {
            Article { token, state: State::Settled(Ok(url)), .. } => Some((token.as_str(), url.as_str())),
            _ => None,
        })
    }
}

/// True if the service will answer nobody at this address for a while.
fn is_block(problem: &Problem) -> bool {
    matches!(problem, Problem::TooManyRequests | Problem::Captcha)
}

/// The URL, if it is one that may be handed out and has the length that the token says: it had in 73 of 73
/// recorded answers.
fn judge(expected: usize, url: String) -> Result<String, Problem> {
    if check_url(url.as_bytes()).is_err() {
        return Err(Problem::InvalidUrl);
    }
    match url.len() == expected {
        true => Ok(url),
        false => Err(Problem::WrongLength { expected, url }),
    }
}
