//! Anchors: strings that every link contains and other text rarely does. The search jumps from one to the next.

use std::ops::Range;
use std::sync::LazyLock;

use aho_corasick::{AhoCorasick, Input, MatchKind};

use super::hosts::find_name;
use crate::base64url::Level;
use crate::link::BEGINNINGS;

/// The text is searched in blocks of this size, so that the second search finds the block in the cache.
const BLOCK: usize = 32 * 1024;

/// A part of a link, from which the search for its beginning and its end starts.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct Anchor {
    pub(super) range: Range<usize>,
    /// The anchor is a part of a host. Otherwise it is the beginning of an ID or of a path.
    pub(super) is_host: bool,
}

/// The paths of links that contain a URL and have no host.
const PATHS: [&[u8]; 3] = [b"/url?", b"/amp/s/", b"\\/amp\\/s\\/"];

/// The maximum length of an anchor, including the byte after a name in a host.
const MAX_LEN: usize = "ampproject.org".len() + 1;

/// An iterator over the anchors in a text, in order.
#[derive(Clone)]
pub(super) struct Anchors<'t> {
    text: &'t [u8],
    /// Anchors that begin before this position are not returned.
    at: usize,
    /// The next part of a host, if there is one in the current block.
    host: Option<Range<usize>>,
    /// The next beginning of an ID or one of [`PATHS`], if there is one in the current block.
    relative: Option<Range<usize>>,
    /// Where the current block ends.
    block_end: usize,
    /// Links without a host are searched for, too.
    is_relative: bool,
}

impl<'t> Anchors<'t> {
    pub(super) fn new(text: &'t [u8]) -> Self {
        Anchors { text, at: 0, host: None, relative: None, block_end: 0, is_relative: false }
    }

    pub(super) fn with_relative(self, is_relative: bool) -> Self {
        Anchors { is_relative, ..self }
    }

    /// Skips what begins before `at`.
    pub(super) fn skip_to(&mut self, at: usize) {
        self.at = at;
    }

    /// Returns the position from which the next anchor is searched.
    pub(super) fn position(&self) -> usize {
        self.at
    }

    fn find_host(&self, from: usize) -> Option<Range<usize>> {
        find_name(Level::new(), &self.text[..self.block_end], from.min(self.block_end))
    }

    fn find_relative(&self, from: usize) -> Option<Range<usize>> {
        static SEARCHER: LazyLock<Option<AhoCorasick>> = LazyLock::new(|| {
            let patterns = BEGINNINGS.into_iter().map(|begin| &begin[..]).chain(PATHS);
            AhoCorasick::builder().match_kind(MatchKind::LeftmostFirst).build(patterns).ok()
        });
        if !self.is_relative || from >= self.block_end {
            return None;
        }
        SEARCHER.as_ref()?.find(Input::new(self.text).span(from..self.block_end)).map(|found| found.range())
    }
}

impl Iterator for Anchors<'_> {
    type Item = Anchor;

    fn next(&mut self) -> Option<Anchor> {
        loop {
            let is_skipped =
                |next: &Option<Range<usize>>| next.as_ref().is_some_and(|next| next.start < self.at);
            if is_skipped(&self.host) {
                self.host = self.find_host(self.at);
            }
            if is_skipped(&self.relative) {
                self.relative = self.find_relative(self.at);
            }
            let host = self.host.iter().map(|range| (range, true));
            let relative = self.relative.iter().map(|range| (range, false));
            if let Some((range, is_host)) = host.chain(relative).min_by_key(|(range, _)| range.start) {
                self.at = range.end;
                return Some(Anchor { range: range.clone(), is_host });
            }
            if self.block_end == self.text.len() {
                return None;
            }
            // The next block begins before the end of the last one, so that it contains any anchor that was cut there.
            let start = self.at.max(self.block_end.saturating_sub(MAX_LEN - 1));
            self.block_end = self.text.len().min(start + BLOCK);
            self.host = self.find_host(start);
            self.relative = self.find_relative(start);
        }
    }
}
