//! Pages with several links, which are requested before any article.

use std::collections::VecDeque;

use http::{Method, Request};
use url::Url;

use super::{Block, Resolution};
use crate::article_page;
use crate::error::{AnswerChange, Error, MAX_REDIRECTS, Problem};
use crate::exchange::{Errand, NewsErrand, NewsVisit, Outcome};
use crate::options::{AfterBlockedPage, InvalidPageUrl};
use crate::outcome::Source;
use crate::page::{PageLink, PairCounts, Pairs};
use crate::service;
use crate::subject::{Classified, Subject};

/// The pages that were added.
#[derive(Default, Debug)]
pub(super) struct NewsPages {
    pages: Vec<NewsPage>,
    visits: VecDeque<NewsVisit>,
    in_flight: usize,
    requests: usize,
    counts: PairCounts,
}

#[derive(Debug)]
struct NewsPage {
    url: Url,
    state: State,
}

#[derive(Debug)]
enum State {
    NotTried,
    Begun,
    Settled(Result<PairCounts, Error>),
}

impl NewsPages {
    pub(super) fn in_flight(&self) -> usize {
        self.in_flight
    }

    pub(super) fn next_visit(&mut self) -> Option<NewsVisit> {
        self.visits.pop_front()
    }

    /// Returns `true` if no page waits and none is in flight.
    pub(super) fn is_done(&self) -> bool {
        self.in_flight == 0 && self.visits.is_empty()
    }

    pub(super) fn begin(&mut self, page: usize) {
        self.in_flight += 1;
        self.requests += 1;
        self.set(page, State::Begun);
    }

    /// Handles the end of a request.
    pub(super) fn end(&mut self) {
        self.in_flight -= 1;
    }

    /// Puts a request in flight back into the queue.
    pub(super) fn requeue(&mut self, visit: NewsVisit) {
        self.in_flight -= 1;
        self.visits.push_front(visit);
    }

    /// Drops all requests.
    pub(super) fn stop(&mut self) {
        while let Some(visit) = self.visits.pop_front() {
            self.set(visit.page, State::NotTried);
        }
    }

    /// Requests the pages again that were not requested or refused by a block.
    pub(super) fn resume(&mut self) {
        self.visits.clear();
        for (page, NewsPage { state, .. }) in self.pages.iter_mut().enumerate() {
            if matches!(state, State::Settled(Err(error)) if error.is_block()) {
                *state = State::NotTried;
            }
            if matches!(state, State::NotTried) {
                self.visits.push_back(NewsVisit { page, redirects: 0, redirected_to: None });
            }
        }
    }

    pub(super) fn settle(&mut self, page: usize, outcome: Result<PairCounts, Problem>) {
        self.set(page, State::Settled(outcome.map_err(Error::new)));
    }

    fn set(&mut self, page: usize, state: State) {
        if let Some(page) = self.pages.get_mut(page) {
            page.state = state;
        }
    }
}

impl Resolution {
    /// Adds a page of Google News that contains several links with their URLs, and returns its number.
    ///
    /// It is requested before any article, and only the articles that are not in it are requested one by one: a search
    /// page takes the place of 100 requests. The address of a feed is accepted as well: `/rss/search?q=…` becomes
    /// `/search?q=…`. The page is requested from the server of the [base URL](crate::Options::base_url); without `hl`,
    /// `gl` and `ceid`, those of the [locale](crate::Options::locale) are added. An address that was added before is
    /// not requested again.
    ///
    /// Redirects, cookies and blocks are handled as for articles. What happens after a page was refused is
    /// determined by [`Options::after_blocked_page`](crate::Options::after_blocked_page). If a page cannot be read,
    /// the articles are requested as usual.
    ///
    /// # Errors
    ///
    /// For an address that is not of `news.google.com` and does not begin with the base URL.
    ///
    /// # Examples
    ///
    /// ```
    /// use google_news_link_resolve::{Options, Resolution};
    ///
    /// let mut resolution = Resolution::new(Options::new());
    /// resolution.push_page("https://news.google.com/rss/search?q=climate&hl=en-US&gl=US&ceid=US:en")?;
    /// let (request, _exchange) = resolution.next_request().expect("a page to request");
    /// assert_eq!(request.uri(), "https://news.google.com/search?q=climate&hl=en-US&gl=US&ceid=US:en");
    /// # Ok::<(), google_news_link_resolve::InvalidPageUrl>(())
    /// ```
    pub fn push_page(&mut self, url: &str) -> Result<usize, InvalidPageUrl> {
        let url = service::news_page_url(&self.options, url).ok_or(InvalidPageUrl)?;
        let known = self.news.pages.iter().position(|page| page.url == url);
        Ok(known.unwrap_or_else(|| {
            let page = self.news.pages.len();
            self.news.pages.push(NewsPage { url, state: State::NotTried });
            self.news.visits.push_back(NewsVisit { page, redirects: 0, redirected_to: None });
            page
        }))
    }

    /// Uses the links of a page at hand, HTML or an answer of `batchexecute`: [those](crate::page) whose URLs the IDs do
    /// not refute are not requested.
    ///
    /// It does not matter whether an article is added before or after this.
    pub fn learn(&mut self, page: &[u8]) -> PairCounts {
        self.learn_pairs(&Pairs::read(page))
    }

    /// Uses the links of pages that have been read.
    pub fn learn_pairs(&mut self, pairs: &Pairs) -> PairCounts {
        pairs.iter().for_each(|link| self.learn_link(link));
        let counts = pairs.counts();
        self.news.counts += counts;
        counts
    }

    fn learn_link(&mut self, link: &PageLink) {
        // Other IDs contain their URLs.
        let Some(url) = link.url() else { return };
        let Classified::Subject(subject) = Subject::of_id(link.id()) else { return };
        // The URL has been checked.
        if let Ok(Some(index)) = self.insert(subject, url, Source::Page)
            && self.entries[index].subject.answer_key().is_some()
        {
            self.answered.push(index);
        }
    }

    /// Returns the outcome of the page with this number: the numbers of its links, or an error. Returns `None` if there is
    /// no such number, or if the page has no outcome yet.
    pub fn page_outcome(&self, number: usize) -> Option<Result<PairCounts, &Error>> {
        match &self.news.pages.get(number)?.state {
            State::Settled(outcome) => Some(outcome.as_ref().copied()),
            State::NotTried | State::Begun => None,
        }
    }

    /// Returns the numbers of links in all pages that were [requested](Self::push_page) or [at hand](Self::learn).
    pub fn pair_counts(&self) -> PairCounts {
        self.news.counts
    }

    /// Returns the number of requests for pages with several links. Each redirect counts.
    pub fn news_pages(&self) -> usize {
        self.news.requests
    }

    pub(super) fn visit_news_page(&self, visit: NewsVisit) -> (Option<Request<Vec<u8>>>, Errand) {
        let url = match &visit.redirected_to {
            Some(url) => Url::clone(url),
            None => self.news.pages[visit.page].url.clone(),
        };
        (service::request(Method::GET, &url), Errand::NewsPage(NewsErrand { visit, url }))
    }

    pub(super) fn finish_news_page(&mut self, visit: NewsVisit, outcome: Outcome) {
        let outcome = match outcome {
            Outcome::News(html) => match self.learn(&html) {
                PairCounts { found: 0, .. } if article_page::read(&html, "").asks_for_consent => {
                    Err(Problem::Consent)
                }
                PairCounts { found: 0, .. } => Err(Problem::NoPairs),
                counts => Ok(counts),
            },
            Outcome::Redirect(_) if visit.redirects == MAX_REDIRECTS => Err(Problem::TooManyRedirects),
            Outcome::Redirect(url) if self.block == Block::None => {
                let redirected_to = Some(Box::new(url));
                let redirects = visit.redirects + 1;
                self.news.visits.push_front(NewsVisit { redirected_to, redirects, ..visit });
                return;
            }
            Outcome::Redirect(_) => {
                self.news.set(visit.page, State::NotTried);
                return;
            }
            Outcome::Error(problem) => {
                if problem.is_block() {
                    match self.options.after_blocked_page {
                        AfterBlockedPage::Stop => self.block(Block::Pages),
                        AfterBlockedPage::RequestArticles => self.news.stop(),
                    }
                }
                Err(problem)
            }
            _ => Err(Problem::InvalidAnswer(AnswerChange::NotRows)),
        };
        self.news.settle(visit.page, outcome);
    }
}
