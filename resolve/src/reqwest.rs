//! The protocol on [`reqwest`], which is asynchronous: several pages at once.

use std::future::Future;
use std::ops::ControlFlow;
use std::pin::Pin;
use std::time::{Duration, Instant};

use ::reqwest::{Client, Request, Response};
use futures_util::StreamExt;
use futures_util::stream::FuturesUnordered;

use crate::{Exchange, Failure, Next, Resolution};

/// Runs a [`Resolution`] on a [`Client`], as many pages at once as the
/// [options](crate::Options::pages_in_flight) say.
///
/// Proxies, TLS and timeouts are the client's. Two things a client can't be told for each request: build it so that it
/// follows no redirects, and without a cookie store. If it follows a redirect nevertheless, the article is not
/// resolved ([`FollowedRedirect`](crate::ErrorKind::FollowedRedirect)); a client that sends Google's cookies back
/// is not led to the article.
///
/// ```no_run
/// # async fn f() -> Result<(), Box<dyn std::error::Error>> {
/// use google_news_link::decode;
/// use google_news_link_resolve::{Options, Resolution, reqwest::Driver};
/// use reqwest::redirect::Policy;
///
/// let client = reqwest::Client::builder().redirect(Policy::none()).build()?;
/// let mut resolution = Resolution::new(Options::new().pages_in_flight(8));
/// resolution.push_target(&decode(
///     "CBMiNkFVX3lxTE04T1d2QWFkS3BlS042NlZ0bThVc3hFeU5xTFF0d25TdDFhSURHT00tRWhSOGVpZw",
/// )?);
/// Driver::new(&client).run(&mut resolution).await;
/// for outcome in resolution.outcomes() {
///     println!("{outcome:?}");
/// }
/// # Ok(())
/// # }
/// ```
///
/// The future can be dropped at any time. What has been answered until then stands in the resolution; what was
/// under way is asked for again when it is run again.
#[derive(Clone, Debug)]
#[must_use]
pub struct Driver<'a> {
    client: &'a Client,
    deadline: Option<Instant>,
}

/// What is done at once: each ends with its exchange.
type Running<'a> = Pin<Box<dyn Future<Output = (Exchange, Result<(), Failure>)> + Send + 'a>>;

impl<'a> Driver<'a> {
    /// A driver without a deadline.
    pub fn new(client: &'a Client) -> Self {
        Driver { client, deadline: None }
    }

    /// When to end: the requests that are under way [time out](crate::ErrorKind::TimedOut), and nothing more is
    /// asked for, not even what the pages that have come were asked for. To lose none of them, end by
    /// [`run_with`](Self::run_with) and run again.
    pub fn deadline(mut self, deadline: Instant) -> Self {
        self.deadline = Some(deadline);
        self
    }

    /// Asks for all there is to ask for. What the articles have led to stands in the resolution's
    /// [outcomes](Resolution::outcomes), whether asking came to its end or not.
    pub async fn run(&self, resolution: &mut Resolution) {
        self.run_with(resolution, |_| ControlFlow::Continue(())).await;
    }

    /// The same, and calls `pulse` after each exchange: to show how far it is, to keep
    /// [answers](Resolution::answers), and to end by [`ControlFlow::Break`].
    pub async fn run_with(
        &self,
        resolution: &mut Resolution,
        mut pulse: impl FnMut(&mut Resolution) -> ControlFlow<()>,
    ) {
        resolution.recall();
        let mut running: FuturesUnordered<Running<'_>> = FuturesUnordered::new();
        loop {
            loop {
                let left = self.deadline.map(|deadline| deadline.saturating_duration_since(Instant::now()));
                if left.is_some_and(|left| left.is_zero()) {
                    break;
                }
                let Some((request, exchange)) = resolution.poll() else { break };
                running.push(Box::pin(self.exchange(request, exchange, left)));
            }
            let Some((exchange, result)) = running.next().await else { return };
            match result {
                Ok(()) => resolution.finish(exchange),
                Err(failure) => resolution.fail(exchange, failure),
            }
            if pulse(resolution).is_break() {
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
        // A timeout of the request's own would stand in for the client's, which may be the shorter one.
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
        if exchange.head(&head_of(&response)) == Next::Stop {
            return Ok(());
        }
        while let Some(chunk) = response.chunk().await.map_err(failure)? {
            if exchange.data(&chunk) == Next::Stop {
                break;
            }
        }
        Ok(())
    }
}

fn head_of(response: &Response) -> http::Response<()> {
    let mut head = http::Response::new(());
    *head.status_mut() = response.status();
    *head.headers_mut() = response.headers().clone();
    head
}

fn failure(error: ::reqwest::Error) -> Failure {
    match error.is_timeout() {
        true => Failure::TimedOut,
        // The sources say what has failed; the address is known.
        false => Failure::Broken(chain(&error.without_url())),
    }
}

/// The error and its sources, `error sending request: connection refused`.
fn chain(error: &dyn std::error::Error) -> String {
    let sources = std::iter::successors(error.source(), |error| error.source());
    sources.fold(error.to_string(), |text, source| format!("{text}: {source}"))
}
