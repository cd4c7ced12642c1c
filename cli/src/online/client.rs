//! The HTTP client, and the thread that it runs on.

use std::error::Error;
use std::future::Future;
use std::time::Duration;

use reqwest::Client;
use reqwest::header::HeaderValue;
use reqwest::redirect::Policy;

use crate::failure::Failure;

/// Creates a client for [`google_news_link_resolve::ReqwestDriver`], without redirects and cookies. Proxies are taken from
/// the environment, trusted certificates from the system. `timeout` is a number of seconds.
pub(super) fn client(user_agent: HeaderValue, timeout: u32) -> Result<Client, Failure> {
    // Returns an error only if there is a provider already, which can be used as well.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let timeout = Duration::from_secs(timeout.into());
    let client = Client::builder().redirect(Policy::none()).timeout(timeout).user_agent(user_agent);
    client.build().map_err(|error| Failure::Client(message_with_sources(&error)))
}

/// Returns the message of an error and those of its sources, because the message of the client alone is "builder
/// error".
fn message_with_sources(error: &dyn Error) -> String {
    let sources = std::iter::successors(error.source(), |&error| error.source());
    sources.fold(error.to_string(), |message, source| format!("{message}: {source}"))
}

/// Runs a future to its end on this thread.
pub(super) fn block_on<T>(future: impl Future<Output = T>) -> Result<T, Failure> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    Ok(runtime.map_err(|error| Failure::Client(error.to_string()))?.block_on(future))
}
