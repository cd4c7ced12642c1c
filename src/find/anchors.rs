//! What nearly no text contains and every link does: the search jumps from one to the next.

use std::ops::Range;
use std::sync::LazyLock;

use aho_corasick::{AhoCorasick, Input, MatchKind};
use memchr::memmem::Finder;

/// Anchors are searched for in blocks of this size, so that the second search finds the block in the cache. Two searches take
/// 10 % more time than one in this way, and half as much as one search for both.
const BLOCK: usize = 32 * 1024;

/// A part of a link, from which the search for its beginning and its end starts.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct Anchor {
    pub(super) range: Range<usize>,
    /// The anchor is a part of a host. Otherwise it is the beginning of an ID or of a path.
    pub(super) is_host: bool,
}

/// Parts of hosts, `google.` or `google-com.translate.goog`, and `ampproject.org`. In a host of upper case none is found.
const HOSTS: [&str; 2] = ["google", "ampproject.org"];

/// The first characters of IDs, and what precedes a URL in a link without a host.
const RELATIVE: [&str; 14] = [
    "CBMi",
    "CAES",
    "CAIi",
    "CAAq",
    "CAAi",
    "CCAi",
    "CC8i",
    "CBIw",
    "CAQi",
    "CAQq",
    "CAow",
    "/url?",
    "/amp/s/",
    "\\/amp\\/s\\/",
];

/// An iterator over the anchors in a text, in order.
#[derive(Clone)]
pub(super) struct Anchors<'t> {
    text: &'t [u8],
    /// No anchor that begins before is returned.
    at: usize,
    /// Where the next of [`HOSTS`] is, if there is one in the current block.
    next: [Option<usize>; HOSTS.len()],
    /// Where the current block ends.
    block_end: usize,
    is_relative: bool,
}

impl<'t> Anchors<'t> {
    pub(super) fn new(text: &'t [u8]) -> Self {
        Anchors { text, at: 0, next: [None; HOSTS.len()], block_end: 0, is_relative: false }
    }

    pub(super) fn with_relative(self, is_relative: bool) -> Self {
        Anchors { is_relative, ..self }
    }

    /// Skips what begins before `at`.
    pub(super) fn skip_to(&mut self, at: usize) {
        self.at = at;
    }

    fn next_of_any(&mut self) -> Option<Anchor> {
        static SEARCHER: LazyLock<Option<AhoCorasick>> = LazyLock::new(|| {
            let patterns = HOSTS.iter().chain(&RELATIVE);
            AhoCorasick::builder().match_kind(MatchKind::LeftmostFirst).build(patterns).ok()
        });
        let found = SEARCHER.as_ref()?.find(Input::new(self.text).span(self.at..self.text.len()))?;
        self.at = found.end();
        Some(Anchor { range: found.range(), is_host: found.pattern().as_usize() < HOSTS.len() })
    }

    fn next_host(&mut self) -> Option<Anchor> {
        static FINDERS: LazyLock<[Finder<'static>; HOSTS.len()]> = LazyLock::new(|| HOSTS.map(Finder::new));
        loop {
            let first = (0..HOSTS.len()).filter_map(|host| Some((self.next[host]?, host))).min();
            if let Some((start, host)) = first {
                let end = start + HOSTS[host].len();
                let from = end.max(self.at);
                self.next[host] = self.find_in_block(&FINDERS[host], from);
                // `googleapis.com`: in many pages, more frequent than all others.
                let is_word = HOSTS[host] == HOSTS[0] && !matches!(self.text.get(end), Some(b'.' | b'-'));
                if start >= self.at && !is_word {
                    self.at = end;
                    return Some(Anchor { range: start..end, is_host: true });
                }
                continue;
            }
            if self.block_end == self.text.len() {
                return None;
            }
            // An anchor that is cut by the end of the last block begins in this one.
            let start = self.at.max(self.block_end.saturating_sub(HOSTS[1].len() - 1));
            self.block_end = self.text.len().min(start + BLOCK);
            self.next = [0, 1].map(|host| self.find_in_block(&FINDERS[host], start));
        }
    }

    fn find_in_block(&self, finder: &Finder<'_>, from: usize) -> Option<usize> {
        Some(from + finder.find(self.text.get(from..self.block_end)?)?)
    }
}

impl Iterator for Anchors<'_> {
    type Item = Anchor;

    fn next(&mut self) -> Option<Anchor> {
        if self.is_relative { self.next_of_any() } else { self.next_host() }
    }
}
