//! An asynchronous driver on [`reqwest`](https://docs.rs/reqwest): several pages at the same time.

use std::error::Error;
use std::future::Future;
use std::ops::ControlFlow;
use std::pin::Pin;
use std::time::{Duration, Instant};

use futures_util::StreamExt;
use futures_util::stream::FuturesUnordered;
use reqwest::{Client, Request, Response};

use crate::{Exchange, Failure, Next, Resolution};

/// Runs a [`Resolution`] on a [`Client`], with as many pages in flight as the
/// [options](crate::Options::pages_in_flight) allow.
///
/// The client determines proxies, TLS and timeouts. It must be built without redirects and without a cookie store, which
/// cannot be set per request. If it follows a redirect nevertheless, the article has the error
/// [`FollowedRedirect`](crate::ErrorKind::FollowedRedirect). A client that returns Google's cookies does not get to the
/// article.
///
/// ```no_run
/// # async fn f() -> Result<(), Box<dyn std::error::Error>> {
/// use google_news_link::decode;
/// use google_news_link_resolve::{Options, Resolution, ReqwestDriver};
/// use reqwest::redirect::Policy;
///
/// let client = reqwest::Client::builder().redirect(Policy::none()).build()?;
/// let mut resolution = Resolution::new(Options::new().pages_in_flight(8));
/// resolution.push_target(&decode(
///     "CBMiNkFVX3lxTE04T1d2QWFkS3BlS042NlZ0bThVc3hFeU5xTFF0d25TdDFhSURHT00tRWhSOGVpZw",
/// )?);
/// ReqwestDriver::new(&client).run(&mut resolution).await;
/// for outcome in resolution.outcomes() {
///     println!("{outcome:?}");
/// }
/// # Ok(())
/// # }
/// ```
///
/// The future can be dropped at any time. The resolution keeps all answers received by then; requests that were in
/// flight are sent again by the next run.
#[derive(Clone, Debug)]
#[must_use]
pub struct ReqwestDriver<'a> {
    client: &'a Client,
    deadline: Option<Instant>,
}

/// The future of an exchange in flight, which returns the exchange and its result.
type Running<'a> = Pin<Box<dyn Future<Output = (Exchange, Result<(), Failure>)> + Send + 'a>>;

impl<'a> ReqwestDriver<'a> {
    /// Creates a driver without a deadline.
    pub fn new(client: &'a Client) -> Self {
        ReqwestDriver { client, deadline: None }
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
    pub async fn run(&self, resolution: &mut Resolution) {
        self.run_with(resolution, |_| ControlFlow::Continue(())).await;
    }

    /// Does the same as [`run`](Self::run), and calls `after_exchange` after each exchange, for example to show
    /// progress or to save [answers](Resolution::answers). [`ControlFlow::Break`] stops the run.
    pub async fn run_with(
        &self,
        resolution: &mut Resolution,
        mut after_exchange: impl FnMut(&mut Resolution) -> ControlFlow<()>,
    ) {
        resolution.requeue_in_flight();
        let mut running: FuturesUnordered<Running<'_>> = FuturesUnordered::new();
        loop {
            loop {
                let left = self.deadline.map(|deadline| deadline.saturating_duration_since(now()));
                if left.is_some_and(|left| left.is_zero()) {
                    break;
                }
                let Some((request, exchange)) = resolution.next_request() else { break };
                running.push(Box::pin(self.exchange(request, exchange, left)));
            }
            let Some((exchange, result)) = running.next().await else { return };
            match result {
                Ok(()) => resolution.finish(exchange),
                Err(failure) => resolution.on_failure(exchange, failure),
            }
            if after_exchange(resolution).is_break() {
                return;
            }
        }
    }

    async fn exchange(
        &self,
        request: http::Request<Vec<u8>>,
        mut exchange: Exchange,
        left: Option<Duration>,
    ) -> (Exchange, Result<(), Failure>) {
        let read = self.read(request, &mut exchange);
        // A timeout of the request would replace that of the client, which may be shorter.
        let result = match left {
            Some(left) => tokio::time::timeout(left, read).await.unwrap_or(Err(Failure::TimedOut)),
            None => read.await,
        };
        (exchange, result)
    }

    async fn read(&self, request: http::Request<Vec<u8>>, exchange: &mut Exchange) -> Result<(), Failure> {
        let request = Request::try_from(request).map_err(failure)?;
        let url = request.url().clone();
        let mut response = self.client.execute(request).await.map_err(failure)?;
        if *response.url() != url {
            return Err(Failure::FollowedRedirect);
        }
        if exchange.on_head(&head_of(&response)) == Next::Stop {
            return Ok(());
        }
        while let Some(chunk) = response.chunk().await.map_err(failure)? {
            if exchange.on_body(&chunk) == Next::Stop {
                break;
            }
        }
        Ok(())
    }
}

/// Returns the time by the clock of the timeouts, which a test can pause.
fn now() -> Instant {
    tokio::time::Instant::now().into_std()
}

fn head_of(response: &Response) -> http::Response<()> {
    let mut head = http::Response::new(());
    *head.status_mut() = response.status();
    *head.headers_mut() = response.headers().clone();
    head
}

fn failure(error: reqwest::Error) -> Failure {
    if error.is_timeout() {
        return Failure::TimedOut;
    }
    // The caller knows the URL. The message of the error alone does not tell why the request failed.
    let error = error.without_url();
    let sources = std::iter::successors(error.source(), |&error| error.source());
    let message = sources.fold(error.to_string(), |message, source| format!("{message}: {source}"));
    Failure::ConnectionFailed(message)
}
