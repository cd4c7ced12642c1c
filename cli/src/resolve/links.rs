//! The links of a run.

use std::collections::VecDeque;

use google_news_link::{Decoder, Destination, Link as ParsedLink};
use google_news_link_resolve::{self as resolve, ErrorKind, Resolution, Resolved};

use crate::failure::Failure;
use crate::links::LinkReader;

/// Links that have not been printed yet, in order.
pub(super) struct Links {
    waiting: VecDeque<Link>,
}

/// A link. It contains no more than necessary: 100,000 of them can wait at the same time.
pub(super) struct Link {
    pub(super) text: Box<[u8]>,
    /// The number of its outcome, `None` if there is nothing to resolve.
    number: Option<usize>,
}

impl Links {
    /// Reads all links and adds them to the resolution.
    pub(super) fn read(mut links: LinkReader<'_>, resolution: &mut Resolution) -> Result<Self, Failure> {
        let mut waiting = VecDeque::new();
        let mut decoder = Decoder::new();
        let mut link = Vec::new();
        while links.read(&mut link)? {
            let number = match decoder.decode_bytes(&link) {
                Ok(target) => Some(resolution.push_target(&target)),
                Err(_) => article_id(&link).map(|id| resolution.push_id(&id)),
            };
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
            Some(Err(error)) => !(is_left(error) || (resumes && error.is_block())),
            _ => true,
        };
        if is_settled { self.waiting.pop_front() } else { None }
    }
}

impl Link {
    /// Returns the URL or the error, `None` if there is nothing to resolve.
    pub(super) fn outcome<'a>(
        &self,
        resolution: &'a Resolution,
    ) -> Option<Result<Resolved<'a>, &'a resolve::Error>> {
        resolution.outcome(self.number?)
    }
}

/// Returns the ID of a link to an article, also if it cannot be decoded.
pub(super) fn article_id(link: &[u8]) -> Option<String> {
    let parsed = ParsedLink::parse_bytes(link).ok()?;
    let Destination::Id(id) = parsed.destination() else { return None };
    let is_article = match parsed.path().rsplit('/').next() {
        Some("articles" | "read") => true,
        // An ID alone: those of articles have these beginnings.
        Some("") => ["CBMi", "CAIi", "CCAi"].iter().any(|beginning| id.starts_with(beginning)),
        _ => false,
    };
    let is_base64url = id.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_'));
    (is_article && is_base64url).then(|| id.to_owned())
}

/// Returns `true` if the link still waits for its answer.
pub(super) fn is_left(error: &resolve::Error) -> bool {
    matches!(error.kind(), ErrorKind::NotTried | ErrorKind::Interrupted)
}
