//! The outcomes so far.

use super::{Given, Resolution};
use crate::error::Error;
use crate::outcome::{AnswerKey, Resolved, Source, Verification};
use crate::subject::State;

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
        self.entries.len() - self.settled
    }

    /// Returns the number of requests for pages of articles. Each redirect counts.
    pub fn pages(&self) -> usize {
        self.pages
    }

    /// Returns the number of requests for encrypted redirects.
    pub fn redirects(&self) -> usize {
        self.redirects
    }

    /// Returns the number of POSTs.
    pub fn posts(&self) -> usize {
        self.posts
    }

    /// Returns the outcome of each link in the order in which they were added: its URL or an error.
    ///
    /// An article without an outcome has the error [`NotTried`](crate::ErrorKind::NotTried) or, if a request was sent,
    /// [`Interrupted`](crate::ErrorKind::Interrupted).
    pub fn outcomes(&self) -> impl ExactSizeIterator<Item = Result<Resolved<'_>, &Error>> {
        self.given.iter().map(|given| self.outcome_of(given))
    }

    /// Returns the outcome with the number that [`push`](Self::push) has returned, or `None` if there is no such number.
    pub fn outcome(&self, number: usize) -> Option<Result<Resolved<'_>, &Error>> {
        self.given.get(number).map(|given| self.outcome_of(given))
    }

    fn outcome_of<'a>(&'a self, given: &'a Given) -> Result<Resolved<'a>, &'a Error> {
        match given {
            Given::Known(outcome) => outcome.as_ref().map(|url| Resolved {
                url,
                source: Source::Link,
                verification: Verification::Contained,
            }),
            Given::Entry(index) => {
                let entry = &self.entries[*index];
                match &entry.state {
                    State::Settled(Ok(found)) => Ok(entry.subject.resolved(found)),
                    State::Settled(Err(error)) => Err(error),
                    State::NotTried => Err(&self.not_tried),
                    State::Begun => Err(&self.interrupted),
                }
            }
        }
    }

    /// Returns the answers in the order in which they arrived, each with the key under which it can be stored for a later
    /// run. Not included are answers that were inserted, and those of encrypted redirects, whose tokens do not occur twice.
    pub fn answers(&self) -> impl Iterator<Item = (AnswerKey<'_>, Resolved<'_>)> {
        self.answers_from(0)
    }

    /// Returns the [answers](Self::answers) without the first `count`, for callers who store them as they arrive.
    pub fn answers_from(&self, count: usize) -> impl Iterator<Item = (AnswerKey<'_>, Resolved<'_>)> {
        let new = self.answered.get(count..).unwrap_or_default();
        new.iter().filter_map(|&index| {
            let entry = &self.entries[index];
            match &entry.state {
                State::Settled(Ok(found)) => {
                    Some((entry.subject.answer_key()?, entry.subject.resolved(found)))
                }
                _ => None,
            }
        })
    }
}
