//! What the commands that send requests have in common.

use std::collections::BTreeMap;
use std::fmt::{self, Display, Formatter};
use std::fs;
use std::future::Future;
use std::ops::ControlFlow;
use std::path::Path;
use std::time::Duration;

use google_news_link::Target;
use google_news_link_resolve::page::PairCounts;
use google_news_link_resolve::reqwest::error_message;
use google_news_link_resolve::{InvalidBaseUrl, Options, ReqwestDriver, Resolution};
use reqwest::Client;
use reqwest::header::HeaderValue;
use reqwest::redirect::Policy;

use crate::cache::Cache;
use crate::failure::{Failure, cannot_read, name_of};
use crate::terminal::{Quantity, printable, say};

pub(crate) const BASE_URL: &str = "https://news.google.com";

/// The default value of the header User-Agent.
pub(crate) const USER_AGENT: &str = concat!("google-news-link/", env!("CARGO_PKG_VERSION"));

/// The default value of `--timeout`, in seconds. A page of 0.6 MB takes longer only on a line that carries 20 KB/s.
pub(crate) const TIMEOUT: u32 = 30;

/// Parses the value of `--base`.
pub(crate) fn parse_base_url(url: &str) -> Result<Options, InvalidBaseUrl> {
    Options::new().base_url(url)
}

/// Creates a client for [`google_news_link_resolve::ReqwestDriver`], without redirects and cookies. Proxies are taken from
/// the environment, trusted certificates from the system. `timeout` is a number of seconds.
pub(crate) fn client(user_agent: HeaderValue, timeout: u32) -> Result<Client, Failure> {
    // Returns an error only if there is a provider already, which can be used as well.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let timeout = Duration::from_secs(timeout.into());
    let client = Client::builder().redirect(Policy::none()).timeout(timeout).user_agent(user_agent);
    client.build().map_err(|error| Failure::Client(error_message(&error)))
}

/// Runs a future to its end on this thread.
pub(crate) fn block_on<T>(future: impl Future<Output = T>) -> Result<T, Failure> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    Ok(runtime.map_err(|error| Failure::Client(error.to_string()))?.block_on(future))
}

/// Reads a saved page.
pub(crate) fn read_page(path: &Path) -> Result<Vec<u8>, Failure> {
    fs::read(path).map_err(|error| cannot_read(name_of(path))(error))
}

/// Adds pages with several links, unless no link has to be requested. Returns each with its number.
pub(crate) fn push_pages<'a>(
    urls: &'a [String],
    resolution: &mut Resolution,
) -> Result<Vec<(&'a str, usize)>, Failure> {
    let mut pages = Vec::new();
    for url in urls {
        if resolution.remaining() > 0 {
            let number =
                resolution.push_page(url).map_err(|source| Failure::Page { url: printable(url), source })?;
            pages.push((url.as_str(), number));
        }
    }
    Ok(pages)
}

/// Requests all that a resolution lacks, after the pages at `urls`, and reports what the pages contained.
///
/// Answers are added to the cache as they come.
pub(crate) fn request_all(
    resolution: &mut Resolution,
    urls: &[String],
    mut cache: Option<&mut Cache>,
) -> Result<(), Failure> {
    let pages = push_pages(urls, resolution)?;
    if resolution.remaining() > 0 {
        let client = client(HeaderValue::from_static(USER_AGENT), TIMEOUT)?;
        let mut result = Ok(());
        let keep = |resolution: &mut Resolution| {
            result = cache.as_mut().map_or(Ok(()), |cache| cache.keep_new(resolution));
            if result.is_ok() { ControlFlow::Continue(()) } else { ControlFlow::Break(()) }
        };
        block_on(ReqwestDriver::new(&client).run_with(resolution, keep))?;
        result?;
    }
    say_page_errors(&pages, resolution);
    say_pair_counts(resolution.pair_counts());
    Ok(())
}

/// Returns `true` if the URL is encrypted.
pub(crate) fn is_opaque(target: &Target<'_>) -> bool {
    matches!(target, Target::OpaqueArticle(_) | Target::OpaqueRedirect(_))
}

/// The errors of links, each with the number of links.
#[derive(Default)]
pub(crate) struct Problems(BTreeMap<String, usize>);

impl Problems {
    pub(crate) fn add(&mut self, problem: &impl Display) {
        *self.0.entry(problem.to_string()).or_default() += 1;
    }

    /// Reports each problem. `noun` is what the links are called.
    pub(crate) fn say(&self, noun: &'static str) {
        for (problem, &links) in &self.0 {
            say(format_args!("{}: {}", Quantity(links, noun), printable(problem)));
        }
    }
}

/// Reports the pages that could not be read. Their articles were requested one by one.
pub(crate) fn say_page_errors(pages: &[(&str, usize)], resolution: &Resolution) {
    for &(url, number) in pages {
        if let Some(Err(error)) = resolution.page_outcome(number) {
            say(format_args!("{}: {}", printable(url), printable(&error.to_string())));
        }
    }
}

/// Reports how many links pages contained, if any.
pub(crate) fn say_pair_counts(counts: PairCounts) {
    let PairCounts { found, confirmed, unverified, refuted, .. } = counts;
    if found > 0 {
        let found = Quantity(found, "link");
        say(format_args!(
            "{found} with a URL in pages: {confirmed} confirmed, {unverified} unverified, {refuted} refuted"
        ));
    }
}

/// The numbers of requests of each kind. Those of redirects and of pages with several links are left out if they are 0.
pub(crate) struct Requests<'a>(pub(crate) &'a Resolution);

impl Display for Requests<'_> {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let Requests(resolution) = self;
        if resolution.news_pages() > 0 {
            write!(f, "{}, ", Quantity(resolution.news_pages(), "link page"))?;
        }
        Quantity(resolution.pages(), "page").fmt(f)?;
        if resolution.redirects() > 0 {
            write!(f, ", {}", Quantity(resolution.redirects(), "redirect"))?;
        }
        write!(f, " and {}", Quantity(resolution.posts(), "POST"))
    }
}
