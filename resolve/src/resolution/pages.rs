//! Pages with several links: they are requested before any article, and their links need no request.

use http::{Method, Request};

use super::{Block, Resolution};
use crate::article_page;
use crate::error::{AnswerChange, Error, MAX_REDIRECTS, Problem};
use crate::exchange::{Errand, NewsErrand, NewsVisit, Outcome, Visit};
use crate::options::{AfterBlockedPage, InvalidPageUrl};
use crate::outcome::Source;
use crate::page::{Check, PageLink, PairCounts, Pairs, Refutation};
use crate::service;
use crate::subject::{Classified, State, Subject};

impl Resolution {
    /// Adds a page of Google News that contains several links with their URLs, and returns its number, which is valid
    /// for [`page_outcome`](Self::page_outcome) only: pages and links are numbered separately.
    ///
    /// It is requested before any article, and only the articles that are not in it are requested one by one: a search
    /// page takes the place of 100 requests. It is not requested if links were added and all articles among them have an
    /// outcome. The address of a feed is accepted as well: `/rss/search?q=…` becomes
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
    /// Returns an error if the address is neither on Google News nor under the base URL, or if it is that of a single
    /// article or picture: `https://news.google.com/articles/CBMi…`.
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
        Ok(self.news.add(url))
    }

    /// Learns the URLs of links from a page that was saved or received: from HTML, or from an answer of `batchexecute`.
    /// These links are not requested, unless their URL is [refuted](crate::page::Check::Refuted).
    ///
    /// It does not matter whether an article is added before or after this.
    ///
    /// # Examples
    ///
    /// ```
    /// use google_news_link_resolve::{Options, Resolution};
    ///
    /// // The attribute `jslog` contains `[null,"https://example.com"]`.
    /// let page = br#"<a href="./read/CBMiNkFVX3lxTE04T1d2QWFkS3BlS042NlZ0bThVc3hFeU5xTFF0d25TdDFhSURHT00tRWhSOGVpZw?hl=en-US"
    ///     jslog="95014; 5:W251bGwsImh0dHBzOi8vZXhhbXBsZS5jb20iXQ==; track:click">"#;
    /// let mut resolution = Resolution::new(Options::new());
    /// resolution.learn(page);
    /// resolution.push_id("CBMiNkFVX3lxTE04T1d2QWFkS3BlS042NlZ0bThVc3hFeU5xTFF0d25TdDFhSURHT00tRWhSOGVpZw");
    /// assert!(resolution.is_done());
    /// assert_eq!(resolution.outcome(0).expect("one link").unwrap().url(), "https://example.com");
    /// ```
    pub fn learn(&mut self, page: &[u8]) -> PairCounts {
        self.learn_pairs(&Pairs::read(page))
    }

    /// Learns the URLs of links from pages that have been read.
    ///
    /// If an earlier page had another URL for the same link, neither is used, and the article is requested.
    pub fn learn_pairs(&mut self, pairs: &Pairs) -> PairCounts {
        pairs.iter().for_each(|link| self.learn_link(link));
        pairs.counts()
    }

    fn learn_link(&mut self, link: &PageLink) {
        let link = self.news.add_link(link.clone());
        // Other IDs contain their URLs.
        let Classified::Subject(subject) = Subject::of_id(link.id()) else { return };
        let Some(url) = link.url().map(str::to_owned) else {
            if link.check() == Check::Refuted(Refutation::Ambiguous) {
                self.withdraw(&subject);
            }
            return;
        };
        if let (Some(token), Some(url)) = (subject.amp_token(), link.amp_url()) {
            self.amp_urls.insert(token.to_owned(), url.to_owned());
        }
        // The URL has been checked.
        if let Ok(Some(index)) = self.insert(subject, &url, Source::Page) {
            self.add_answer(index);
        }
    }

    /// Withdraws an answer from a page, because another page has another URL for the same link.
    fn withdraw(&mut self, subject: &Subject) {
        let Some(index) = self.entries.find(subject) else { return };
        let entry = &mut self.entries[index];
        if !matches!(&entry.state, State::Settled(Ok(found)) if found.source == Source::Page) {
            return;
        }
        entry.state = State::NotTried;
        entry.answer = None;
        if entry.is_given {
            self.remaining += 1;
            if self.block == Block::None {
                // The first visit of the entry may still be in the queue, because only the next request drops it.
                self.visits.retain(|visit| visit.entry != index);
                self.visits.push_back(Visit::first(index, &entry.subject, self.options.first_path));
            }
        }
    }

    /// Returns the outcome of the page with this number: the numbers of its links, or an error. Returns `None` if there is
    /// no such number, or if the page has no outcome yet.
    pub fn page_outcome(&self, number: usize) -> Option<Result<PairCounts, Error>> {
        self.news.outcome(number)
    }

    /// Returns the numbers of different links in all pages that were [requested](Self::push_page) or [learned](Self::learn).
    pub fn pair_counts(&self) -> PairCounts {
        self.news.pair_counts()
    }

    /// Returns `true` if no links have been added yet, or if an article without an outcome may be in a page.
    pub(super) fn needs_news_pages(&self) -> bool {
        self.given.is_empty() || self.visits.has_articles()
    }

    pub(super) fn visit_news_page(&self, visit: NewsVisit) -> (Option<Request<Vec<u8>>>, Errand) {
        let url = self.news.url_of(&visit);
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
                self.news.redirect(visit, url);
                return;
            }
            Outcome::Redirect(_) => {
                self.news.give_up(visit.page);
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
