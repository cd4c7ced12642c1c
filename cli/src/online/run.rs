//! A run: requests, pauses after blocks, and its end.

use std::fmt::Arguments;
use std::ops::ControlFlow;
use std::time::{Duration, Instant};

use google_news_link_resolve::ReqwestDriver;
use google_news_link_resolve::Resolution;
use reqwest::Client;
use tokio::time::sleep;

use super::signals::Signals;
use crate::cache::Cache;
use crate::failure::{Failure, Success};
use crate::terminal::{Quantity, say};

/// Observes a run, to save answers and to show its progress.
pub(crate) trait Watch {
    /// Handles new answers, which have already been written to the cache.
    fn settled(&mut self, resolution: &Resolution) -> Result<(), Failure>;

    /// Reports what the run is doing.
    fn say(&self, message: Arguments<'_>);
}

pub(super) struct Run<'a, W> {
    pub(super) client: Client,
    pub(super) deadline: Option<Instant>,
    /// The duration of a pause after a block.
    pub(super) wait: Option<Duration>,
    pub(super) cache: Option<&'a mut Cache>,
    pub(super) watch: &'a mut W,
    pub(super) resolution: &'a mut Resolution,
}

/// The reason why a run has ended.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum End {
    /// Every article has its URL or an error.
    Complete,
    Blocked,
    Deadline,
    Interrupted,
}

impl End {
    /// Reports the number of links that are left, and the reason.
    pub(crate) fn say(self, left: usize) {
        let reason = match self {
            End::Complete => return,
            End::Blocked => "blocked by the service",
            End::Deadline => "deadline reached",
            End::Interrupted => "interrupted",
        };
        say(format_args!("{reason}: {} left", Quantity(left, "link")));
    }

    /// Returns the status of a run in which `failed` links have no URL. An interrupted run fails even if nothing was
    /// left to do.
    pub(crate) fn status(self, failed: usize) -> Success {
        if self == End::Interrupted { Success::SomeLinksFailed } else { Success::of_failed(failed) }
    }
}

impl<W: Watch> Run<'_, W> {
    /// Requests articles until all are answered or no more may be requested.
    pub(super) async fn until_end(&mut self) -> Result<End, Failure> {
        let mut signals = Signals::new().map_err(Failure::Signals)?;
        self.watch.settled(self.resolution)?;
        loop {
            tokio::select! {
                result = self.until_block() => result?,
                () = signals.recv() => return Ok(End::Interrupted),
            }
            if !self.resolution.is_blocked() {
                return Ok(if self.resolution.is_done() { End::Complete } else { End::Deadline });
            }
            let Some(wait) = self.wait.filter(|&wait| self.may_pause(wait)) else {
                return Ok(End::Blocked);
            };
            self.resolution.resume();
            let articles = Quantity(self.resolution.remaining(), "article");
            let seconds = Quantity(wait.as_secs() as usize, "second");
            self.watch.say(format_args!("blocked by the service: continuing in {seconds} with {articles}"));
            tokio::select! {
                () = sleep(wait) => {}
                () = signals.recv() => return Ok(End::Interrupted),
            }
        }
    }

    /// Sends requests until all are answered, the service blocks this IP address, or the deadline has come.
    async fn until_block(&mut self) -> Result<(), Failure> {
        let Run { client, deadline, cache, watch, resolution, .. } = self;
        let mut driver = ReqwestDriver::new(client);
        if let Some(deadline) = *deadline {
            driver = driver.deadline(deadline);
        }
        let mut result = Ok(());
        let keep_and_show = |resolution: &mut Resolution| {
            // The cache comes first, so that every answer that is printed is in it.
            result = match cache {
                Some(cache) => cache.keep_new(resolution),
                None => Ok(()),
            }
            .and_then(|()| watch.settled(resolution));
            if result.is_ok() { ControlFlow::Continue(()) } else { ControlFlow::Break(()) }
        };
        driver.run_with(resolution, keep_and_show).await;
        result
    }

    /// Returns `true` if a pause that begins now ends before the deadline.
    fn may_pause(&self, wait: Duration) -> bool {
        self.deadline.is_none_or(|deadline| Instant::now() + wait < deadline)
    }
}
