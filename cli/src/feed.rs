//! The command `feed`.

use std::io::{self, Write};
use std::path::PathBuf;

use clap::Args as ClapArgs;

mod html;
mod links;
mod online;
#[cfg(test)]
mod tests;
mod text;

use crate::failure::{Failure, Success, cannot_print, cannot_write};
use crate::help;
use crate::input::{Input, file_of};
use crate::online::OnlineArgs;
use crate::replacement::Replacement;
use crate::terminal::{Quantity, say};
pub(crate) use links::Malformed;

/// Replaces the Google News links of an RSS or Atom feed by the publishers' URLs.
///
/// Every other byte stays as it is. Nothing is written before the whole feed has been read and found to be
/// well-formed. Encrypted links are replaced only with --resolve, which requests their URLs from Google.
#[derive(ClapArgs)]
#[command(after_help = help::after(EXAMPLES, EXIT_STATUS))]
#[command(mut_group("OnlineArgs", |group| group.requires("resolve")))]
pub(crate) struct Args {
    /// Write to a file instead of standard output (`-`)
    ///
    /// The file is written whole or not at all, and keeps its permissions. It may be the input.
    #[arg(long, value_name = "FILE")]
    output: Option<PathBuf>,

    /// Resolve encrypted links online
    ///
    /// The page of the feed (the link of its channel, a search page for example) is requested first: it contains the URLs
    /// of up to 100 articles. Each article that it lacks takes one more request, and every 50 of them another one.
    /// Google blocks IP addresses that send many requests. For more than one feed, use --cache.
    #[arg(long)]
    resolve: bool,

    #[command(flatten)]
    online: OnlineArgs,

    /// The feed; without it, or for `-`, standard input
    file: Option<PathBuf>,
}

const EXAMPLES: &str = "  google-news-link feed feed.xml --output feed.xml
  curl 'https://news.google.com/rss' | google-news-link feed --resolve > clean.xml";

const EXIT_STATUS: &str =
    "  0  success, even if links were kept; also if the reader of the output closes the pipe
  1  with --resolve, no URL for some of the encrypted links, or an interrupted run
  2  wrong usage, unreadable input, unwritable output, a feed that is not well-formed";

pub(crate) fn run(args: &Args) -> Result<Success, Failure> {
    let input = Input::open(args.file.as_deref(), "a feed")?;
    let name = input.name().to_owned();
    let feed = input.read_all()?;
    let mut found = links::find(&feed).map_err(|source| Failure::Feed { name, source })?;
    let end = if args.resolve { Some(online::resolve(&mut found, &args.online)?) } else { None };
    let (feed, counts) = links::replace(&feed, &found);
    match file_of(args.output.as_deref()) {
        Some(path) => {
            let mut output = Replacement::create(path)?;
            output.write_all(&feed).map_err(cannot_write(output.name()))?;
            output.finish()?;
        }
        None => {
            let mut output = io::stdout().lock();
            output.write_all(&feed).and_then(|()| output.flush()).map_err(cannot_print)?;
        }
    }
    let links::Counts { replaced, opaque, others } = counts;
    let status = end.map_or(Success::Complete, |end| end.status(opaque));
    let (replaced, others) = (Quantity(replaced, "link"), Quantity(others, "other link"));
    say(format_args!("{replaced} replaced; {opaque} opaque and {others} unchanged"));
    Ok(status)
}
