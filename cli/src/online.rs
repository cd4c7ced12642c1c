//! The HTTP client of the commands that send requests.

use std::future::Future;
use std::time::Duration;

use google_news_link_resolve::{InvalidBaseUrl, Options};
use reqwest::Client;
use reqwest::header::HeaderValue;
use reqwest::redirect::Policy;

use crate::failure::Failure;

pub(crate) const BASE_URL: &str = "https://news.google.com";

/// What the client calls itself.
pub(crate) const USER_AGENT: &str = concat!("google-news-link/", env!("CARGO_PKG_VERSION"));

/// A page of 0.6 MB takes longer than this only on a line that carries 20 KB/s.
const TIMEOUT: Duration = Duration::from_secs(30);

/// Parses the value of `--base`.
pub(crate) fn parse_base_url(url: &str) -> Result<Options, InvalidBaseUrl> {
    Options::new().base_url(url)
}

/// A client as [`google_news_link_resolve::reqwest::Driver`] needs it: without redirects and cookies. It takes its
/// proxies from the environment and the trusted certificates from the system.
pub(crate) fn client(user_agent: HeaderValue) -> Result<Client, Failure> {
    // Fails only if there is a provider already, which then serves as well.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let client = Client::builder().redirect(Policy::none()).timeout(TIMEOUT).user_agent(user_agent).build();
    client.map_err(|error| Failure::Client(with_sources(&error)))
}

/// Runs a future to its end on this thread.
pub(crate) fn block_on<T>(future: impl Future<Output = T>) -> Result<T, Failure> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    Ok(runtime.map_err(|error| Failure::Client(error.to_string()))?.block_on(future))
}

fn with_sources(error: &dyn std::error::Error) -> String {
    let sources = std::iter::successors(error.source(), |error| error.source());
    sources.fold(error.to_string(), |text, source| format!("{text}: {source}"))
}
