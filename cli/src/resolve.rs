//! The command `resolve`.

use std::ffi::OsString;
use std::fmt::{self, Display, Formatter};
use std::path::PathBuf;
use std::time::{Duration, Instant};

use clap::Args as ClapArgs;
use google_news_link_resolve::{Options, Resolution};
use reqwest::header::HeaderValue;

mod links;
mod printer;
mod run;
mod signals;

use crate::cache::Cache;
use crate::failure::{Failure, Success};
use crate::help;
use crate::links::LinkReader;
use crate::online::{
    BASE_URL, Requests, TIMEOUT, USER_AGENT, block_on, client, parse_base_url, push_pages, read_page,
    say_page_errors, say_pair_counts,
};
use crate::terminal::{Quantity, say};
use links::Links;
use printer::Printer;
use run::{End, Run};

/// Prints the publishers' URLs of links, and requests those of opaque articles from Google.
///
/// Prints one line per link, in order: the URL, or an empty line if there is none. Errors go to standard error. Each
/// opaque article takes one request, and every 50 of them one more. The answers are checked: a URL whose length is not
/// the one that the link determines is an error.
///
/// The URLs of keyed articles (CAIi...) and of articles whose IDs cannot be decoded are requested as well. Nothing in
/// such a link can confirm a URL, so a tab and the word "unverified" follow it.
///
/// The service is undocumented and can change any day. Google blocks addresses that send many requests, after 19 to
/// more than 1,000 of them; a block ends the run, or is waited for with --wait. Ctrl-C ends the run as well: what is
/// known by then is printed. HTTPS_PROXY, ALL_PROXY and NO_PROXY are respected.
#[derive(ClapArgs)]
#[command(after_help = help::after(EXAMPLES, help::EXIT_STATUS))]
pub(crate) struct Args {
    /// Print a JSON object per line
    ///
    /// Its keys are link, kind, id, canonical_url, amp_url, token, url_len, error, retry, source and verified; absent
    /// values are null. canonical_url contains resolved URLs as well; retry is true if another run may succeed; source
    /// is offline (the link contains the URL), cache, page or online; verified is false if nothing in the link could confirm
    /// the URL.
    #[arg(long)]
    json: bool,

    /// Keep answers in a file and request none that is in it
    ///
    /// The file contains one JSON object per line, with the keys token (or id, if there is no token) and url. Each
    /// answer is written to the file before it is printed, so that no signal loses one. (The file is not flushed to the
    /// disk: a power failure may lose the last seconds.) Two runs can share a file at the same time, but request the
    /// same articles.
    #[arg(long, value_name = "FILE")]
    cache: Option<PathBuf>,

    /// Request a page with several links first, and only the articles that it lacks one by one
    ///
    /// The address of a search, topic or home page of Google News, or of a feed, whose page is requested then:
    /// https://news.google.com/search?q=... contains up to 100 articles with their URLs. Can be given several times.
    /// Nothing is requested if no link needs it.
    #[arg(long, value_name = "URL")]
    page: Vec<String>,

    /// Take URLs from a saved page of Google News
    ///
    /// Like the command `harvest`. Can be given several times.
    #[arg(long, value_name = "FILE")]
    learn: Vec<PathBuf>,

    /// End after this number of seconds
    ///
    /// Pages that have come by then, up to 49, are not used: a POST for their URLs would take longer.
    #[arg(long, value_name = "SECONDS")]
    deadline: Option<u32>,

    /// After a block, pause for this number of seconds and continue with what is left
    ///
    /// As often as needed, until the deadline if there is one.
    #[arg(long, value_name = "SECONDS", value_parser = clap::value_parser!(u32).range(1..))]
    wait: Option<u32>,

    /// The number of pages that are requested at once, 1 to 64
    #[arg(long, value_name = "N", default_value = "4", value_parser = clap::value_parser!(u16).range(1..=64))]
    in_flight: u16,

    /// The number of seconds after which a request fails that has no complete response
    #[arg(long, value_name = "SECONDS", default_value_t = TIMEOUT, value_parser = clap::value_parser!(u32).range(1..))]
    timeout: u32,

    /// The value of the header User-Agent
    #[arg(long, value_name = "TEXT", default_value = USER_AGENT)]
    user_agent: HeaderValue,

    /// Send requests to this server instead of Google's
    #[arg(long, value_name = "URL", default_value = BASE_URL, value_parser = parse_base_url)]
    base: Options,

    /// Links or IDs; without any, the lines of standard input
    #[arg(value_name = "LINK")]
    links: Vec<OsString>,
}

const EXAMPLES: &str = "  google-news-link resolve 'https://news.google.com/rss/articles/CBMi...'
  google-news-link resolve --cache answers.jsonl < links.txt > urls.txt
  google-news-link resolve --page 'https://news.google.com/search?q=climate' < links.txt
  google-news-link resolve --learn saved.html < links.txt
  google-news-link resolve --json --cache answers.jsonl --wait 3600 < links.txt > records.jsonl
  HTTPS_PROXY=socks5h://127.0.0.1:1080 google-news-link resolve --in-flight 1 < links.txt";

/// The number of URLs that could not be verified, in parentheses after the number of URLs.
struct Unverified(usize);

impl Display for Unverified {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match self.0 {
            0 => Ok(()),
            number => write!(f, " ({number} unverified)"),
        }
    }
}

pub(crate) fn run(args: &Args) -> Result<Success, Failure> {
    let deadline = args.deadline.map(|seconds| Instant::now() + Duration::from_secs(seconds.into()));
    let options = args.base.clone().pages_in_flight(args.in_flight.into());
    let mut resolution = Resolution::new(options);
    let mut cache = args.cache.as_deref().map(|path| Cache::open(path, &mut resolution)).transpose()?;
    for path in &args.learn {
        resolution.learn(&read_page(path)?);
    }
    if let Some(cache) = &mut cache {
        cache.keep_new(&resolution)?;
    }
    let links = Links::read(LinkReader::new(&args.links), &mut resolution)?;
    let pages = push_pages(&args.page, &mut resolution)?;
    let mut run = Run {
        client: client(args.user_agent.clone(), args.timeout)?,
        deadline,
        wait: args.wait.map(|seconds| Duration::from_secs(seconds.into())),
        cache,
        printer: Printer::new(args.json, args.wait.is_some(), links, resolution.remaining()),
        resolution,
    };
    let end = block_on(run.until_end())??;
    let Run { mut printer, resolution, .. } = run;
    let counts = printer.finish(&resolution)?;
    say_page_errors(&pages, &resolution);
    say_pair_counts(resolution.pair_counts());
    let reason = match end {
        End::Complete => None,
        End::Blocked => Some("blocked by the service"),
        End::Deadline => Some("deadline reached"),
        End::Interrupted => Some("interrupted"),
    };
    if let Some(reason) = reason {
        say(format_args!("{reason}: {} left", Quantity(counts.left, "link")));
    }
    say(format_args!(
        "{}: {} with a URL{}, {} without; requested {}",
        Quantity(counts.links, "link"),
        counts.links - counts.failed,
        Unverified(counts.unverified),
        counts.failed,
        Requests(&resolution),
    ));
    // An interrupted run has not done what was asked for, even if nothing was left to do.
    match end {
        End::Interrupted => Ok(Success::SomeLinksFailed),
        _ => Ok(Success::of_failed(counts.failed)),
    }
}
