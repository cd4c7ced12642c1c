//! A run: requests, pauses after blocks, and its end.

use std::ops::ControlFlow;
use std::time::{Duration, Instant};

use google_news_link_resolve::ReqwestDriver;
use google_news_link_resolve::Resolution;
use reqwest::Client;
use tokio::time::sleep;

use super::printer::Printer;
use super::signals::Signals;
use crate::cache::Cache;
use crate::failure::Failure;
use crate::terminal::Quantity;

pub(super) struct Run {
    pub(super) client: Client,
    pub(super) deadline: Option<Instant>,
    /// How long to pause after a block.
    pub(super) wait: Option<Duration>,
    pub(super) cache: Option<Cache>,
    pub(super) printer: Printer,
    pub(super) resolution: Resolution,
}

/// Why a run has ended.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum End {
    /// Every article has its URL or an error.
    Complete,
    Blocked,
    Deadline,
    Interrupted,
}

impl Run {
    /// Requests articles until all are answered or no more may be requested.
    pub(super) async fn until_end(&mut self) -> Result<End, Failure> {
        let mut signals = Signals::new().map_err(Failure::Signals)?;
        self.printer.print_settled(&self.resolution)?;
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
            self.printer.say(format_args!("blocked by the service: continuing in {seconds} with {articles}"));
            tokio::select! {
                () = sleep(wait) => {}
                () = signals.recv() => return Ok(End::Interrupted),
            }
        }
    }

    /// Sends requests until all are answered, the service blocks this address, or the deadline has come.
    async fn until_block(&mut self) -> Result<(), Failure> {
        let Run { client, deadline, cache, printer, resolution, .. } = self;
        let mut driver = ReqwestDriver::new(client);
        if let Some(deadline) = *deadline {
            driver = driver.deadline(deadline);
        }
        let mut result = Ok(());
        let keep_and_print = |resolution: &mut Resolution| {
            // In this order: what was printed is in the cache.
            result = match cache {
                Some(cache) => cache.keep_new(resolution),
                None => Ok(()),
            }
            .and_then(|()| printer.print_settled(resolution));
            if result.is_ok() { ControlFlow::Continue(()) } else { ControlFlow::Break(()) }
        };
        driver.run_with(resolution, keep_and_print).await;
        result
    }

    /// False if the deadline comes before the end of a pause that begins now.
    fn may_pause(&self, wait: Duration) -> bool {
        self.deadline.is_none_or(|deadline| Instant::now() + wait < deadline)
    }
}
