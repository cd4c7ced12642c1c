//! The options of all commands that send requests.

use std::path::PathBuf;
use std::time::{Duration, Instant};

use clap::Args as ClapArgs;
use google_news_link_resolve::{Options, Resolution};
use reqwest::header::HeaderValue;

use super::client::{block_on, client};
use super::pages::{Pages, push_pages, read_page};
use super::run::{End, Run, Watch};
use crate::cache::Cache;
use crate::failure::Failure;

const BASE_URL: &str = "https://news.google.com";

/// The default value of the header User-Agent.
const USER_AGENT: &str = concat!("google-news-link/", env!("CARGO_PKG_VERSION"));

/// The default value of `--timeout`, in seconds. A page of 0.6 MB takes longer only on connections slower than 20 KB/s.
const TIMEOUT: u32 = 30;

#[derive(ClapArgs)]
pub(crate) struct OnlineArgs {
    /// Read answers of earlier runs from this file, and append new ones
    ///
    /// The file contains one JSON object per line, with the keys token (or id, if there is no token) and url. Each
    /// answer is written to the file before it is used, so that no signal loses one. (The file is not flushed to the
    /// disk: a power failure may lose the last seconds.) Two runs can share a file at the same time, but request the
    /// same articles.
    #[arg(long, value_name = "FILE")]
    cache: Option<PathBuf>,

    /// Request this page with several links first, then one by one the articles that it does not contain
    ///
    /// The URL is that of a search, topic or home page of Google News. For the URL of a feed, the page with the same
    /// articles is requested. https://news.google.com/search?q=... contains up to 100 articles with their URLs. Can be
    /// given several times. The page is not requested if no link needs it.
    #[arg(long, value_name = "URL")]
    page: Vec<String>,

    /// Take URLs from a saved page of Google News
    ///
    /// Like the command `harvest`. Can be given several times.
    #[arg(long, value_name = "FILE")]
    learn: Vec<PathBuf>,

    /// End after this number of seconds
    ///
    /// Up to 49 articles whose pages have been received by then are left without a URL: the POST that requests their
    /// URLs, up to 50 at a time, would exceed the deadline.
    #[arg(long, value_name = "SECONDS")]
    deadline: Option<u32>,

    /// After a block, pause for this number of seconds and continue with what is left
    ///
    /// This is repeated as often as needed, but not after --deadline.
    #[arg(long, value_name = "SECONDS", value_parser = clap::value_parser!(u32).range(1..))]
    wait: Option<u32>,

    /// The maximum number of pages that are requested at the same time, 1 to 64
    #[arg(long, value_name = "N", default_value = "4", value_parser = clap::value_parser!(u16).range(1..=64))]
    in_flight: u16,

    /// The number of seconds after which a request without a complete response fails
    #[arg(long, value_name = "SECONDS", default_value_t = TIMEOUT, value_parser = clap::value_parser!(u32).range(1..))]
    timeout: u32,

    /// The value of the header User-Agent
    #[arg(long, value_name = "TEXT", default_value = USER_AGENT)]
    user_agent: HeaderValue,

    /// Send requests to this server instead of Google's
    #[arg(long, value_name = "URL", default_value = BASE_URL, value_parser = |url: &str| Options::new().base_url(url))]
    base: Options,
}

/// The state of a command before it sends requests: the answers of the cache and of saved pages, and the deadline.
pub(crate) struct Session {
    pub(crate) resolution: Resolution,
    cache: Option<Cache>,
    deadline: Option<Instant>,
}

impl OnlineArgs {
    /// Returns `true` if articles that a block refused are requested again.
    pub(crate) fn resumes(&self) -> bool {
        self.wait.is_some()
    }

    /// Begins a session with the answers of the cache and of the saved pages. The time until the deadline starts now.
    pub(crate) fn begin(&self) -> Result<Session, Failure> {
        let deadline = self.deadline.map(|seconds| Instant::now() + Duration::from_secs(seconds.into()));
        let mut resolution = Resolution::new(self.base.clone().pages_in_flight(self.in_flight.into()));
        let mut cache = self.cache.as_deref().map(|path| Cache::open(path, &mut resolution)).transpose()?;
        for path in &self.learn {
            resolution.learn(&read_page(path)?);
        }
        if let Some(cache) = &mut cache {
            cache.keep_new(&resolution)?;
        }
        Ok(Session { resolution, cache, deadline })
    }

    /// Requests the pages of the arguments and `more_pages`, and then the articles that the session still lacks. Also
    /// returns the pages with their numbers.
    pub(crate) fn request_all<'a>(
        &'a self,
        session: &mut Session,
        more_pages: &'a [String],
        watch: &mut impl Watch,
    ) -> Result<(End, Pages<'a>), Failure> {
        let Session { resolution, cache, deadline } = session;
        let pages = push_pages(self.page.iter().chain(more_pages), resolution)?;
        if resolution.remaining() == 0 {
            watch.settled(resolution)?;
            return Ok((End::Complete, pages));
        }
        let mut run = Run {
            client: client(self.user_agent.clone(), self.timeout)?,
            deadline: *deadline,
            wait: self.wait.map(|seconds| Duration::from_secs(seconds.into())),
            cache: cache.as_mut(),
            watch,
            resolution,
        };
        Ok((block_on(run.until_end())??, pages))
    }
}
