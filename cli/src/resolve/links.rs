//! The links of a run.

use std::collections::VecDeque;

use google_news_link_resolve::{self as resolve, AnswerKey, Resolution, Resolved};

use crate::failure::Failure;
use crate::links::LinkReader;
use crate::online::is_left;

/// Links that have not been printed yet, in order.
pub(super) struct Links {
    waiting: VecDeque<Link>,
}

/// A link. It contains only what is needed later, because 100,000 links can wait at the same time.
pub(super) struct Link {
    pub(super) text: Box<[u8]>,
    /// The number of its outcome, `None` if there is nothing to resolve.
    number: Option<usize>,
}

impl Links {
    /// Reads all links and adds them to the resolution.
    pub(super) fn read(mut links: LinkReader<'_>, resolution: &mut Resolution) -> Result<Self, Failure> {
        let mut waiting = VecDeque::new();
        let mut link = Vec::new();
        while links.read(&mut link)? {
            let number = resolution.push_link(&link).ok();
            waiting.push_back(Link { text: link.as_slice().into(), number });
        }
        Ok(Links { waiting })
    }

    pub(super) fn len(&self) -> usize {
        self.waiting.len()
    }

    pub(super) fn pop(&mut self) -> Option<Link> {
        self.waiting.pop_front()
    }

    /// Removes the next link if its outcome is final. `resumes` tells whether blocks are lifted.
    pub(super) fn pop_settled(&mut self, resolution: &Resolution, resumes: bool) -> Option<Link> {
        let is_settled = match self.waiting.front()?.outcome(resolution) {
            Some(Err(error)) => !(is_left(&error) || (resumes && error.is_block())),
            _ => true,
        };
        if is_settled { self.waiting.pop_front() } else { None }
    }
}

impl Link {
    /// Returns the ID of an article that cannot be decoded.
    pub(super) fn undecoded_id<'a>(&self, resolution: &'a Resolution) -> Option<&'a str> {
        match resolution.answer_key(self.number?)? {
            AnswerKey::Id(id) => Some(id),
            _ => None,
        }
    }

    /// Returns the URL or the error, `None` if there is nothing to resolve.
    pub(super) fn outcome<'a>(
        &self,
        resolution: &'a Resolution,
    ) -> Option<Result<Resolved<'a>, resolve::Error>> {
        resolution.outcome(self.number?)
    }
}
