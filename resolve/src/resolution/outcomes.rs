//! What a resolution has led to so far.

use super::{Given, Resolution};
use crate::article::{Article, State};
use crate::error::Error;

impl Resolution {
    /// How many articles and other targets were added.
    pub fn len(&self) -> usize {
        self.given.len()
    }

    /// True if nothing was added yet.
    pub fn is_empty(&self) -> bool {
        self.given.is_empty()
    }

    /// How many different tokens were added or inserted that have no outcome yet. After a block, those that were
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
    /// [inserted](Self::insert_known) the next time. Those that were inserted are not among them.
    pub fn answers(&self) -> impl Iterator<Item = (&str, &str)> {
        self.answers_from(0)
    }

    /// The [answers](Self::answers) after the first `known` ones, for callers who keep them as they come.
    pub fn answers_from(&self, known: usize) -> impl Iterator<Item = (&str, &str)> {
        let new = self.answered.get(known..).unwrap_or_default();
        new.iter().filter_map(|&index| match &self.articles[index] {
            Article { opaque, state: State::Settled(Ok(url)) } => Some((opaque.token(), url.as_str())),
            _ => None,
        })
    }
}
