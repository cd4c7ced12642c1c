//! The command `resolve`.

use std::ffi::OsString;
use std::fmt::{self, Display, Formatter};

use clap::Args as ClapArgs;

mod links;
mod printer;

use crate::failure::{Failure, Success};
use crate::help;
use crate::links::LinkReader;
use crate::online::{OnlineArgs, Requests, say_page_errors, say_pair_counts};
use crate::terminal::{Quantity, say};
use links::Links;
use printer::Printer;

/// Prints the publishers' URLs of links, and requests encrypted ones from Google.
///
/// Prints one line per link, in order: its URL, or an empty line if it was not found. Errors go to standard error. Each
/// opaque article takes one request, and every 50 of them one more. The answers are checked: a URL whose length is not
/// the one that the link determines is an error.
///
/// The URLs of keyed articles (CAIi...) and of articles whose IDs cannot be decoded are requested as well. Nothing in
/// such a link can confirm a URL, so a tab and the word "unverified" follow it.
///
/// The service is undocumented and can change any day. Google blocks IP addresses that send many requests, after 19 to
/// more than 1,000 of them. A block ends the run, unless --wait is given. Ctrl-C ends the run as well; the URLs that
/// are known by then are printed. HTTPS_PROXY, ALL_PROXY and NO_PROXY are respected.
#[derive(ClapArgs)]
#[command(after_help = help::after(EXAMPLES, EXIT_STATUS))]
pub(crate) struct Args {
    /// Print a JSON object per line
    ///
    /// Its keys are link, kind, id, canonical_url, amp_url, token, url_len, error, retry, source and verified; absent
    /// values are null. canonical_url contains resolved URLs as well; retry is true if another run may succeed; source
    /// is offline (the link contains the URL), cache, page or online; verified is false if nothing in the link could confirm
    /// the URL.
    #[arg(long)]
    json: bool,

    #[command(flatten)]
    online: OnlineArgs,

    /// Links or IDs; without any, the lines of standard input
    #[arg(value_name = "LINK")]
    links: Vec<OsString>,
}

const EXIT_STATUS: &str = "  0  success; also if the reader of the output closes the pipe
  1  no URL for some of the links, or an interrupted run
  2  wrong usage, unreadable input, unwritable output";

const EXAMPLES: &str = "  google-news-link resolve 'https://news.google.com/rss/articles/CBMi...'
  google-news-link resolve --cache answers.jsonl < links.txt > urls.txt
  google-news-link resolve --page 'https://news.google.com/search?q=climate' < links.txt
  google-news-link resolve --learn saved.html < links.txt
  google-news-link resolve --json --cache answers.jsonl --wait 3600 < links.txt > records.jsonl
  HTTPS_PROXY=socks5h://127.0.0.1:1080 google-news-link resolve --in-flight 1 < links.txt";

/// Writes the number of URLs that could not be verified, in parentheses after the number of URLs.
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
    let mut session = args.online.begin()?;
    let links = Links::read(LinkReader::new(&args.links), &mut session.resolution)?;
    let remaining = session.resolution.remaining();
    let mut printer = Printer::new(args.json, args.online.resumes(), links, remaining);
    let (end, pages) = args.online.request_all(&mut session, &[], &mut printer)?;
    let resolution = session.resolution;
    let counts = printer.finish(&resolution)?;
    say_page_errors(&pages, &resolution);
    say_pair_counts(resolution.pair_counts());
    end.say(counts.left);
    say(format_args!(
        "{}: {} with a URL{}, {} without; requested {}",
        Quantity(counts.links, "link"),
        counts.links - counts.failed,
        Unverified(counts.unverified),
        counts.failed,
        Requests(&resolution),
    ));
    Ok(end.status(counts.failed))
}
