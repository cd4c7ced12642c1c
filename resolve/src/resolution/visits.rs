//! The queue of pages of articles and of redirects.

use std::collections::VecDeque;

use crate::exchange::Visit;

/// The visits that wait, and the number of those that a page with several links can make unnecessary.
#[derive(Default, Debug)]
pub(super) struct Visits {
    queue: VecDeque<Visit>,
    /// The number of visits for articles. Pages contain no encrypted redirects.
    articles: usize,
}

impl Visits {
    pub(super) fn push_back(&mut self, visit: Visit) {
        self.articles += usize::from(visit.is_article);
        self.queue.push_back(visit);
    }

    pub(super) fn push_front(&mut self, visit: Visit) {
        self.articles += usize::from(visit.is_article);
        self.queue.push_front(visit);
    }

    pub(super) fn pop_front(&mut self) -> Option<Visit> {
        let visit = self.queue.pop_front()?;
        self.articles -= usize::from(visit.is_article);
        Some(visit)
    }

    pub(super) fn retain(&mut self, is_kept: impl FnMut(&Visit) -> bool) {
        self.queue.retain(is_kept);
        self.articles = self.queue.iter().filter(|visit| visit.is_article).count();
    }

    pub(super) fn clear(&mut self) {
        *self = Visits::default();
    }

    pub(super) fn is_empty(&self) -> bool {
        self.queue.is_empty()
    }

    pub(super) fn has_articles(&self) -> bool {
        self.articles > 0
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = &Visit> {
        self.queue.iter()
    }
}
