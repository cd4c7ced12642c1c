//! The protocol on [`ureq`], which blocks: one request after the other.

use std::io::Read;
use std::ops::ControlFlow;
use std::time::{Duration, Instant};

use ::ureq::{Agent, Error};
use http::Request;

use crate::{Exchange, Failure, Next, Resolution};

/// Runs a [`Resolution`] on an [`Agent`].
///
/// Proxies, TLS and the timeouts are the agent's. It is told for each request not to follow redirects, and not to
/// make errors of statuses. Give it one without the feature `cookies`: a client that sends Google's cookies back
/// is not led to the article.
///
/// ```no_run
/// use std::time::{Duration, Instant};
///
/// use google_news_link::decode;
/// use google_news_link_resolve::{Options, Resolution, ureq::Driver};
///
/// let mut resolution = Resolution::new(Options::new());
/// for link in std::io::stdin().lines() {
///     resolution.push_target(&decode(link?)?);
/// }
/// let agent = ureq::Agent::config_builder().timeout_global(Some(Duration::from_secs(30))).build().into();
/// Driver::new(&agent).deadline(Instant::now() + Duration::from_secs(600)).run(&mut resolution);
/// for outcome in resolution.outcomes() {
///     match outcome {
///         Ok(url) => println!("{url}"),
///         Err(error) if error.is_retryable() => println!("later, perhaps: {error}"),
///         Err(error) => println!("{error}"),
///     }
/// }
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug)]
#[must_use]
pub struct Driver<'a> {
    agent: &'a Agent,
    deadline: Option<Instant>,
}

impl<'a> Driver<'a> {
    /// A driver without a deadline.
    pub fn new(agent: &'a Agent) -> Self {
        Driver { agent, deadline: None }
    }

    /// When to end: the request that is under way [times out](crate::ErrorKind::TimedOut), and nothing more is
    /// asked for, not even what the pages that have come were asked for. To lose none of them, end by
    /// [`run_with`](Self::run_with) and run again.
    pub fn deadline(mut self, deadline: Instant) -> Self {
        self.deadline = Some(deadline);
        self
    }

    /// Asks for all there is to ask for. What the articles have led to stands in the resolution's
    /// [outcomes](Resolution::outcomes), whether asking came to its end or not.
    pub fn run(&self, resolution: &mut Resolution) {
        self.run_with(resolution, |_| ControlFlow::Continue(()));
    }

    /// The same, and calls `pulse` after each exchange: to show how far it is, to keep
    /// [answers](Resolution::answers), and to end by [`ControlFlow::Break`].
    pub fn run_with(
        &self,
        resolution: &mut Resolution,
        mut pulse: impl FnMut(&mut Resolution) -> ControlFlow<()>,
    ) {
        resolution.recall();
        loop {
            let left = self.deadline.map(|deadline| deadline.saturating_duration_since(Instant::now()));
            if left.is_some_and(|left| left.is_zero()) {
                return;
            }
            let Some((request, mut exchange)) = resolution.poll() else { return };
            match self.exchange(request, &mut exchange, left) {
                Ok(()) => resolution.finish(exchange),
                Err(failure) => resolution.fail(exchange, failure),
            }
            if pulse(resolution).is_break() {
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
        // The sooner of the two.
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
        if exchange.head(&response) == Next::Stop {
            return Ok(());
        }
        let mut body = response.body_mut().as_reader();
        let mut chunk = [0; 16 << 10];
        loop {
            match body.read(&mut chunk).map_err(|error| failure(error.into()))? {
                0 => return Ok(()),
                len if exchange.data(&chunk[..len]) == Next::Stop => return Ok(()),
                _ => {}
            }
        }
    }
}

fn failure(error: Error) -> Failure {
    match error {
        Error::Timeout(_) => Failure::TimedOut,
        error => Failure::Broken(error.to_string()),
    }
}
