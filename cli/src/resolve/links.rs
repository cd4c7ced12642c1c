//! The links of a run, and where the URL of each comes from.

use std::collections::VecDeque;

use google_news_link::{Decoder, Target};
use google_news_link_resolve::{self as resolve, ErrorKind, Resolution};

use crate::failure::Failure;
use crate::links::LinkReader;

/// Links that were not printed yet, in order.
pub(super) struct Links {
    waiting: VecDeque<Link>,
}

/// A link, as little of it as is needed: 100,000 of them wait at once.
pub(super) struct Link {
    pub(super) text: Box<[u8]>,
    pub(super) source: Source,
}

/// Where the URL of a link comes from, with the number of its outcome.
#[derive(Clone, Copy)]
pub(super) enum Source {
    /// The link cannot be decoded.
    None,
    /// The link contains its URL, or does not lead to an article.
    Offline(usize),
    Cache(usize),
    Online(usize),
}

impl Links {
    /// Reads all links and adds them to the resolution, whose answers so far are those of the cache.
    pub(super) fn read(mut links: LinkReader<'_>, resolution: &mut Resolution) -> Result<Self, Failure> {
        let mut waiting = VecDeque::new();
        let mut decoder = Decoder::new();
        let mut link = Vec::new();
        while links.read(&mut link)? {
            let source = match decoder.decode_bytes(&link) {
                Err(_) => Source::None,
                Ok(target) => {
                    let number = resolution.push_target(&target);
                    let is_cached = || matches!(resolution.outcome(number), Some(Ok(_)));
                    match target {
                        Target::OpaqueArticle(_) if is_cached() => Source::Cache(number),
                        Target::OpaqueArticle(_) => Source::Online(number),
                        _ => Source::Offline(number),
                    }
                }
            };
            waiting.push_back(Link { text: link.as_slice().into(), source });
        }
        Ok(Links { waiting })
    }

    pub(super) fn len(&self) -> usize {
        self.waiting.len()
    }

    pub(super) fn pop(&mut self) -> Option<Link> {
        self.waiting.pop_front()
    }

    /// Removes the next link if its outcome is final: `resumes` says whether blocks are lifted.
    pub(super) fn pop_settled(&mut self, resolution: &Resolution, resumes: bool) -> Option<Link> {
        let is_settled = match self.waiting.front()?.outcome(resolution) {
            Some(Err(error)) => !(is_left(error) || (resumes && is_block(error))),
            _ => true,
        };
        if is_settled { self.waiting.pop_front() } else { None }
    }
}

impl Link {
    /// The URL or the error; `None` if the link cannot be decoded.
    pub(super) fn outcome<'a>(
        &self,
        resolution: &'a Resolution,
    ) -> Option<Result<&'a str, &'a resolve::Error>> {
        match self.source {
            Source::None => None,
            Source::Offline(number) | Source::Cache(number) | Source::Online(number) => {
                resolution.outcome(number)
            }
        }
    }
}

impl Source {
    pub(super) fn as_str(self) -> Option<&'static str> {
        match self {
            Source::None => None,
            Source::Offline(_) => Some("offline"),
            Source::Cache(_) => Some("cache"),
            Source::Online(_) => Some("online"),
        }
    }
}

/// True if the article still waits for its answer.
pub(super) fn is_left(error: &resolve::Error) -> bool {
    matches!(error.kind(), ErrorKind::NotTried | ErrorKind::Interrupted)
}

fn is_block(error: &resolve::Error) -> bool {
    matches!(error.kind(), ErrorKind::TooManyRequests | ErrorKind::Captcha)
}
