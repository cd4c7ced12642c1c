//! The HTTP client of the commands that send requests.

use std::future::Future;
use std::time::Duration;

use google_news_link_resolve::reqwest::error_message;
use google_news_link_resolve::{InvalidBaseUrl, Options};
use reqwest::Client;
use reqwest::header::HeaderValue;
use reqwest::redirect::Policy;

use crate::failure::Failure;

pub(crate) const BASE_URL: &str = "https://news.google.com";

/// The default value of the header User-Agent.
pub(crate) const USER_AGENT: &str = concat!("google-news-link/", env!("CARGO_PKG_VERSION"));

/// A page of 0.6 MB takes longer than this only on a line that carries 20 KB/s.
const TIMEOUT: Duration = Duration::from_secs(30);

/// Parses the value of `--base`.
pub(crate) fn parse_base_url(url: &str) -> Result<Options, InvalidBaseUrl> {
    Options::new().base_url(url)
}

/// Creates a client for [`google_news_link_resolve::ReqwestDriver`], without redirects and cookies. Proxies are taken from
/// the environment, trusted certificates from the system.
pub(crate) fn client(user_agent: HeaderValue) -> Result<Client, Failure> {
    // Returns an error only if there is a provider already, which can be used as well.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let client = Client::builder().redirect(Policy::none()).timeout(TIMEOUT).user_agent(user_agent).build();
    client.map_err(|error| Failure::Client(error_message(&error)))
}

/// Runs a future to its end on this thread.
pub(crate) fn block_on<T>(future: impl Future<Output = T>) -> Result<T, Failure> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    Ok(runtime.map_err(|error| Failure::Client(error.to_string()))?.block_on(future))
}
