//! The command `harvest`.

use std::io::{self, Read, StdoutLock, Write};
use std::path::PathBuf;

use clap::Args as ClapArgs;
use google_news_link_resolve::page::{Check, PageLink, Pairs};
use google_news_link_resolve::{Options, Resolution};
use serde::Serialize;

use crate::cache::Cache;
use crate::failure::{Failure, STANDARD_INPUT, Success, cannot_print, cannot_read};
use crate::help;
use crate::online::{read_page, say_pair_counts};
use crate::record::Record;
use crate::terminal::{announce_stdin, printable, say};

/// Prints the links of saved pages of Google News with the publishers' URLs.
///
/// The web pages of news.google.com (search, home, topics; not its feeds and not the pages of articles) contain the
/// publisher's URL next to each link, and a search page up to 100 of them. A page saved in a browser, or an answer of
/// batchexecute, is read offline.
///
/// Each URL is checked: its length must be the one that the link determines. A URL that contradicts its link is counted
/// as refuted and not printed. The result is a table with one row per link, without duplicates, and the columns id,
/// canonical_url, amp_url, verified, time, source_name and title.
#[derive(ClapArgs)]
#[command(after_help = help::after(EXAMPLES, EXIT_STATUS))]
pub(crate) struct Args {
    /// Print a JSON object per line
    ///
    /// Its keys are link, kind, id, canonical_url, amp_url, token, url_len, error, source, verified, title, source_name
    /// and time; absent values are null. A link whose URL is refuted is an object with an error.
    #[arg(long)]
    json: bool,

    /// Add the URLs to the answers in a file, which `resolve --cache` uses
    #[arg(long, value_name = "FILE")]
    cache: Option<PathBuf>,

    /// Saved pages; without any, or for `-`, standard input
    #[arg(value_name = "PAGE")]
    pages: Vec<PathBuf>,
}

const EXAMPLES: &str = "  google-news-link harvest saved.html > urls.tsv
  google-news-link harvest --json --cache answers.jsonl *.html | jq -r .canonical_url
  curl 'https://news.google.com/search?q=climate' | google-news-link harvest";

const EXIT_STATUS: &str = "  0  success; also if the reader of the output closes the pipe
  1  no link with a URL, or a URL that its link refutes
  2  wrong usage, unreadable input, unwritable output";

pub(crate) fn run(args: &Args) -> Result<Success, Failure> {
    let mut pairs = Pairs::new();
    if args.pages.is_empty() {
        pairs.add_page(&read_stdin()?);
    }
    for path in &args.pages {
        let page = if path.as_os_str() == "-" { read_stdin()? } else { read_page(path)? };
        pairs.add_page(&page);
    }
    if let Some(path) = &args.cache {
        let mut resolution = Resolution::new(Options::new());
        let mut cache = Cache::open(path, &mut resolution)?;
        resolution.learn_pairs(&pairs);
        cache.keep_new(&resolution)?;
    }
    print(&pairs, args.json).map_err(cannot_print)?;
    let counts = pairs.counts();
    if counts.found == 0 {
        say(format_args!("no link with a URL in the pages"));
        return Ok(Success::SomeLinksFailed);
    }
    say_pair_counts(counts);
    Ok(Success::of_failed(counts.refuted))
}

fn read_stdin() -> Result<Vec<u8>, Failure> {
    announce_stdin("a page");
    let mut page = Vec::new();
    io::stdin().lock().read_to_end(&mut page).map_err(cannot_read(STANDARD_INPUT))?;
    Ok(page)
}

fn print(pairs: &Pairs, json: bool) -> io::Result<()> {
    let mut output = io::stdout().lock();
    if !json {
        writeln!(output, "id\tcanonical_url\tamp_url\tverified\ttime\tsource_name\ttitle")?;
    }
    for link in pairs {
        if json { print_record(&mut output, link) } else { print_row(&mut output, link) }?;
    }
    output.flush()
}

fn print_row(output: &mut StdoutLock<'_>, link: &PageLink) -> io::Result<()> {
    let Some(url) = link.url() else { return Ok(()) };
    let time = link.time().map(|time| time.to_string());
    let texts = [link.source_name(), link.title()].map(|text| printable(text.unwrap_or_default()));
    writeln!(
        output,
        "{}\t{url}\t{}\t{}\t{}\t{}\t{}",
        link.id(),
        link.amp_url().unwrap_or_default(),
        link.check() == Check::Confirmed,
        time.unwrap_or_default(),
        texts[0],
        texts[1]
    )
}

/// A record with the keys that only `harvest` writes.
#[derive(Serialize)]
struct PageRecord<'a> {
    #[serde(flatten)]
    record: Record<'a>,
    source: Option<&'static str>,
    verified: Option<bool>,
    title: Option<&'a str>,
    source_name: Option<&'a str>,
    time: Option<u64>,
}

fn print_record(output: &mut StdoutLock<'_>, link: &PageLink) -> io::Result<()> {
    let mut record = match link.target() {
        Some(target) => Record::of_target(None, target),
        None => Record { id: Some(link.id().to_owned()), ..Record::default() },
    };
    record.canonical_url = link.url();
    record.amp_url = link.amp_url();
    if let Check::Refuted(refutation) = link.check() {
        record.error = Some(refutation.to_string());
    }
    let record = PageRecord {
        record,
        source: link.url().map(|_| "page"),
        verified: link.url().map(|_| link.check() == Check::Confirmed),
        title: link.title(),
        source_name: link.source_name(),
        time: link.time(),
    };
    serde_json::to_writer(&mut *output, &record)?;
    writeln!(output)
}
