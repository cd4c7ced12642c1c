//! The outcomes so far.

use super::{Given, Resolution};
use crate::error::Error;
use crate::exchange::RequestKind;
use crate::outcome::{AnswerKey, Resolved, Source, Verification};
use crate::subject::{Contained, State};

impl Resolution {
    /// Returns the number of links that were added.
    pub fn len(&self) -> usize {
        self.given.len()
    }

    /// Returns `true` if no link was added.
    pub fn is_empty(&self) -> bool {
        self.given.is_empty()
    }

    /// Returns the number of different articles and redirects without an outcome. After a block, these are the ones that
    /// were not requested.
    pub fn remaining(&self) -> usize {
        self.remaining
    }

    /// Returns the number of requests of one kind so far. A request that follows a redirect counts as another one.
    ///
    /// ```
    /// use google_news_link::decode;
    /// use google_news_link_resolve::{Options, RequestKind, Resolution};
    ///
    /// let mut resolution = Resolution::new(Options::new());
    /// resolution.push_target(&decode(
    ///     "CBMiNkFVX3lxTE04T1d2QWFkS3BlS042NlZ0bThVc3hFeU5xTFF0d25TdDFhSURHT00tRWhSOGVpZw",
    /// )?);
    /// let (_request, exchange) = resolution.next_request().expect("a page to request");
    /// assert_eq!(exchange.kind(), RequestKind::ArticlePage);
    /// assert_eq!(resolution.requests(RequestKind::ArticlePage), 1);
    /// assert_eq!(resolution.requests(RequestKind::Post), 0);
    /// # Ok::<(), google_news_link::Error>(())
    /// ```
    pub fn requests(&self, kind: RequestKind) -> usize {
        self.requests[kind as usize]
    }

    /// Returns the outcome of each link in the order in which they were added: its URL or an error.
    ///
    /// An article without an outcome has the error [`NotTried`](crate::ErrorKind::NotTried) or, if a request was sent,
    /// [`Interrupted`](crate::ErrorKind::Interrupted).
    pub fn outcomes(&self) -> impl ExactSizeIterator<Item = Result<Resolved<'_>, Error>> {
        self.given.iter().map(|given| self.outcome_of(given))
    }

    /// Returns the outcome with the number that [`push`](Self::push) has returned, or `None` for any other number.
    ///
    /// # Examples
    ///
    /// ```
    /// use google_news_link::Target;
    /// use google_news_link_resolve::{Error, Options, Resolution};
    ///
    /// // `run` is a driver, such as `|resolution| UreqDriver::new(&agent).run(resolution)`.
    /// fn resolve(target: &Target<'_>, run: impl FnOnce(&mut Resolution)) -> Result<String, Error> {
    ///     let mut resolution = Resolution::new(Options::new());
    ///     let number = resolution.push_target(target);
    ///     run(&mut resolution);
    ///     Ok(resolution.outcome(number).expect("the link was added")?.url().to_owned())
    /// }
    /// ```
    pub fn outcome(&self, number: usize) -> Option<Result<Resolved<'_>, Error>> {
        self.given.get(number).map(|given| self.outcome_of(given))
    }

    /// Returns the key under which the answer for the link with this number can be stored for a later run, or `None` for a link
    /// that contains its URL, an encrypted redirect, or a number that was not returned.
    pub fn answer_key(&self, number: usize) -> Option<AnswerKey<'_>> {
        match self.given.get(number)? {
            Given::Entry(index) | Given::OtherAmp(index, _) => self.entries[*index].subject.answer_key(),
            Given::Known(_) => None,
        }
    }

    fn outcome_of<'a>(&'a self, given: &'a Given) -> Result<Resolved<'a>, Error> {
        let (index, amp_token) = match given {
            Given::Known(outcome) => {
                return outcome.as_ref().map_err(Error::clone).map(|Contained { url, amp_url }| Resolved {
                    url,
                    amp_url: amp_url.as_deref(),
                    source: Source::Link,
                    verification: Verification::Contained,
                });
            }
            Given::Entry(index) => (*index, self.entries[*index].subject.amp_token()),
            Given::OtherAmp(index, amp_token) => (*index, amp_token.as_deref()),
        };
        let entry = &self.entries[index];
        match &entry.state {
            State::Settled(Ok(found)) => Ok(entry.subject.resolved(found, self.amp_url(amp_token))),
            State::Settled(Err(error)) => Err(error.clone()),
            State::NotTried => Err(self.not_tried.clone()),
            State::Begun => Err(self.interrupted.clone()),
        }
    }

    fn amp_url(&self, amp_token: Option<&str>) -> Option<&str> {
        self.amp_urls.get(amp_token?).map(String::as_str)
    }

    /// Returns the number of answers so far, of which some may have been withdrawn: see
    /// [`answers_from`](Self::answers_from).
    pub fn answered(&self) -> usize {
        self.answered.len()
    }

    /// Returns the answers in the order in which they arrived, each with the key under which it can be stored for a later
    /// run. Answers that were inserted are not included, nor those of encrypted redirects, whose tokens do not occur
    /// twice.
    pub fn answers(&self) -> impl Iterator<Item = (AnswerKey<'_>, Resolved<'_>)> {
        self.answers_from(0)
    }

    /// Returns the [answers](Self::answers) that arrived after the first `count`, for callers who store them as they
    /// arrive. For the next call, the caller keeps the number of [answers so far](Self::answered).
    ///
    /// An answer from a page is withdrawn if a later page has another URL for the same link. It is not returned from then on.
    pub fn answers_from(&self, count: usize) -> impl Iterator<Item = (AnswerKey<'_>, Resolved<'_>)> {
        let new = self.answered.get(count..).unwrap_or_default();
        new.iter().enumerate().filter_map(move |(n, &index)| {
            let entry = &self.entries[index];
            match &entry.state {
                State::Settled(Ok(found)) if entry.answer == Some(count + n) => {
                    let amp_url = self.amp_url(entry.subject.amp_token());
                    Some((entry.subject.answer_key()?, entry.subject.resolved(found, amp_url)))
                }
                _ => None,
            }
        })
    }
}
