//! A blocking driver on [`ureq`](https://docs.rs/ureq): one request after the other.

use std::io::Read;
use std::ops::ControlFlow;
use std::time::{Duration, Instant};

use http::Request;
use ureq::{Agent, Error};

use crate::{Exchange, Failure, Next, Resolution};

/// Runs a [`Resolution`] on an [`Agent`].
///
/// The agent determines proxies, TLS and timeouts. The driver disables redirects for each request and treats no status
/// as an error of the client. The feature `cookies` of the agent must be off: A client that returns Google's cookies
/// does not get to the article.
///
/// ```no_run
/// use std::time::{Duration, Instant};
///
/// use google_news_link::decode;
/// use google_news_link_resolve::{Options, Resolution, UreqDriver};
///
/// let mut resolution = Resolution::new(Options::new());
/// for link in std::io::stdin().lines() {
///     resolution.push_target(&decode(link?)?);
/// }
/// let agent = ureq::Agent::config_builder().timeout_global(Some(Duration::from_secs(30))).build().into();
/// UreqDriver::new(&agent).deadline(Instant::now() + Duration::from_secs(600)).run(&mut resolution);
/// for outcome in resolution.outcomes() {
///     match outcome {
///         Ok(url) => println!("{url}"),
///         Err(error) if error.is_retryable() => println!("try again later: {error}"),
///         Err(error) => println!("{error}"),
///     }
/// }
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug)]
#[must_use]
pub struct UreqDriver<'a> {
    agent: &'a Agent,
    deadline: Option<Instant>,
}

impl<'a> UreqDriver<'a> {
    /// Creates a driver without a deadline.
    pub fn new(agent: &'a Agent) -> Self {
        UreqDriver { agent, deadline: None }
    }

    /// Sets the time at which to stop.
    ///
    /// Requests in flight [time out](crate::ErrorKind::TimedOut) at the deadline, and no other is sent, not even the POST
    /// for pages that have been received. To keep these pages, stop with [`run_with`](Self::run_with) and run again.
    pub fn deadline(mut self, deadline: Instant) -> Self {
        self.deadline = Some(deadline);
        self
    }

    /// Sends requests until nothing is left to request, or until a block or the deadline. The results are in
    /// [`Resolution::outcomes`] in any case.
    pub fn run(&self, resolution: &mut Resolution) {
        self.run_with(resolution, |_| ControlFlow::Continue(()));
    }

    /// Does the same as [`run`](Self::run), and calls `after_exchange` after each exchange, for example to show
    /// progress or to save [answers](Resolution::answers). [`ControlFlow::Break`] stops the run.
    ///
    /// # Examples
    ///
    /// Insert the answers of a file, and write each new answer to it as soon as it has arrived:
    ///
    /// ```
    /// use std::fs::OpenOptions;
    /// use std::io::{self, BufRead, BufReader, Write};
    /// use std::ops::ControlFlow;
    ///
    /// use google_news_link_resolve::{AnswerKey, Resolution, UreqDriver};
    ///
    /// fn run(agent: &ureq::Agent, resolution: &mut Resolution, path: &str) -> io::Result<()> {
    ///     let mut file = OpenOptions::new().read(true).append(true).create(true).open(path)?;
    ///     for line in BufReader::new(&file).lines() {
    ///         let line = line?;
    ///         let fields: Vec<_> = line.split('\t').collect();
    ///         let (key, url) = match fields[..] {
    ///             ["token", token, url] => (AnswerKey::Token(token), url),
    ///             ["id", id, url] => (AnswerKey::Id(id), url),
    ///             _ => continue,
    ///         };
    ///         // An answer that is not accepted is requested again.
    ///         let _ = resolution.insert_known(key, url);
    ///     }
    ///     let mut written = resolution.answered();
    ///     let mut result = Ok(());
    ///     UreqDriver::new(agent).run_with(resolution, |resolution| {
    ///         for (key, resolved) in resolution.answers_from(written) {
    ///             let (kind, key) = match key {
    ///                 AnswerKey::Token(token) => ("token", token),
    ///                 AnswerKey::Id(id) => ("id", id),
    ///                 _ => continue,
    ///             };
    ///             result = writeln!(file, "{kind}\t{key}\t{}", resolved.url());
    ///             if result.is_err() {
    ///                 return ControlFlow::Break(());
    ///             }
    ///         }
    ///         written = resolution.answered();
    ///         ControlFlow::Continue(())
    ///     });
    ///     result
    /// }
    /// ```
    pub fn run_with(
        &self,
        resolution: &mut Resolution,
        mut after_exchange: impl FnMut(&mut Resolution) -> ControlFlow<()>,
    ) {
        resolution.requeue_in_flight();
        loop {
            let left = self.deadline.map(|deadline| deadline.saturating_duration_since(Instant::now()));
            if left.is_some_and(|left| left.is_zero()) {
                return;
            }
            let Some((request, mut exchange)) = resolution.next_request() else { return };
            match self.exchange(request, &mut exchange, left) {
                Ok(()) => resolution.finish(exchange),
                Err(failure) => resolution.on_failure(exchange, failure),
            }
            if after_exchange(resolution).is_break() {
                return;
            }
        }
    }

    fn exchange(
        &self,
        request: Request<Vec<u8>>,
        exchange: &mut Exchange,
        left: Option<Duration>,
    ) -> Result<(), Failure> {
        // The earlier one of the driver's deadline and the agent's timeout.
        let own = self.agent.config().timeouts().global;
        let timeout = left.into_iter().chain(own).min();
        let request = self
            .agent
            .configure_request(request)
            .max_redirects(0)
            .http_status_as_error(false)
            .timeout_global(timeout)
            .build();
        let mut response = self.agent.run(request).map_err(failure)?;
        if exchange.on_head(&response) == Next::Stop {
            return Ok(());
        }
        let mut body = response.body_mut().as_reader();
        let mut chunk = [0; 16 << 10];
        loop {
            match body.read(&mut chunk).map_err(|error| failure(error.into()))? {
                0 => return Ok(()),
                len if exchange.on_body(&chunk[..len]) == Next::Stop => return Ok(()),
                _ => {}
            }
        }
    }
}

fn failure(error: Error) -> Failure {
    match error {
        Error::Timeout(_) => Failure::TimedOut,
        error => Failure::ConnectionFailed(error.to_string()),
    }
}
