//! The pages with several links that were added: the queue of those that are requested, and their outcomes.

use std::collections::VecDeque;

use url::Url;

use crate::error::{Error, Problem};
use crate::exchange::NewsVisit;
use crate::page::{PageLink, PairCounts, Pairs};

/// The pages that were added.
#[derive(Default, Debug)]
pub(super) struct NewsPages {
    pages: Vec<NewsPage>,
    visits: VecDeque<NewsVisit>,
    in_flight: usize,
    /// The links of all pages.
    pairs: Pairs,
}

#[derive(Debug)]
struct NewsPage {
    url: Url,
    state: PageState,
}

#[derive(Debug)]
enum PageState {
    NotTried,
    Begun,
    Settled(Result<PairCounts, Error>),
}

impl NewsPages {
    /// Adds a page, unless it was added before, and returns its number.
    pub(super) fn add(&mut self, url: Url) -> usize {
        let known = self.pages.iter().position(|page| page.url == url);
        known.unwrap_or_else(|| {
            let page = self.pages.len();
            self.pages.push(NewsPage { url, state: PageState::NotTried });
            self.visits.push_back(NewsVisit { page, redirects: 0, redirected_to: None });
            page
        })
    }

    /// Adds a link of a page, and returns it with the details of its earlier occurrences.
    pub(super) fn add_link(&mut self, link: PageLink) -> &PageLink {
        self.pairs.add(link)
    }

    /// Returns the numbers of different links in all pages.
    pub(super) fn pair_counts(&self) -> PairCounts {
        self.pairs.counts()
    }

    /// Returns the outcome of a page, if it has one.
    pub(super) fn outcome(&self, page: usize) -> Option<Result<PairCounts, Error>> {
        match &self.pages.get(page)?.state {
            PageState::Settled(outcome) => Some(outcome.clone()),
            PageState::NotTried | PageState::Begun => None,
        }
    }

    /// Returns `true` if no page has to be requested.
    pub(super) fn is_empty(&self) -> bool {
        self.visits.is_empty()
    }

    /// Returns the address to request.
    pub(super) fn url_of(&self, visit: &NewsVisit) -> Url {
        match &visit.redirected_to {
            Some(url) => Url::clone(url),
            None => self.pages[visit.page].url.clone(),
        }
    }

    pub(super) fn in_flight(&self) -> usize {
        self.in_flight
    }

    pub(super) fn next_visit(&mut self) -> Option<NewsVisit> {
        self.visits.pop_front()
    }

    pub(super) fn begin(&mut self, page: usize) {
        self.in_flight += 1;
        self.set(page, PageState::Begun);
    }

    /// Handles the end of a request.
    pub(super) fn end(&mut self) {
        self.in_flight -= 1;
    }

    /// Requests the page next at the address to which it was redirected.
    pub(super) fn redirect(&mut self, visit: NewsVisit, url: Url) {
        let redirects = visit.redirects + 1;
        self.visits.push_front(NewsVisit { redirected_to: Some(Box::new(url)), redirects, ..visit });
    }

    /// Marks a page as not requested, because it cannot be requested again.
    pub(super) fn give_up(&mut self, page: usize) {
        self.set(page, PageState::NotTried);
    }

    /// Puts a request in flight back into the queue.
    pub(super) fn requeue(&mut self, visit: NewsVisit) {
        self.in_flight -= 1;
        self.visits.push_front(visit);
    }

    /// Drops all requests.
    pub(super) fn stop(&mut self) {
        while let Some(visit) = self.visits.pop_front() {
            self.set(visit.page, PageState::NotTried);
        }
    }

    /// Requests again the pages that a block has refused, or that were not requested because of it.
    pub(super) fn resume(&mut self) {
        self.visits.clear();
        for (page, NewsPage { state, .. }) in self.pages.iter_mut().enumerate() {
            if matches!(state, PageState::Settled(Err(error)) if error.is_block()) {
                *state = PageState::NotTried;
            }
            if matches!(state, PageState::NotTried) {
                self.visits.push_back(NewsVisit { page, redirects: 0, redirected_to: None });
            }
        }
    }

    pub(super) fn settle(&mut self, page: usize, outcome: Result<PairCounts, Problem>) {
        self.set(page, PageState::Settled(outcome.map_err(Error::new)));
    }

    fn set(&mut self, page: usize, state: PageState) {
        if let Some(page) = self.pages.get_mut(page) {
            page.state = state;
        }
    }
}
