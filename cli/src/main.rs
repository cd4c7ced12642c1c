//! Decodes Google News links on the command line.
#![forbid(unsafe_code)]
#![cfg_attr(not(test), warn(clippy::expect_used, clippy::panic, clippy::unwrap_used))]

use std::process::ExitCode;

use clap::error::{ContextKind, ContextValue};
use clap::{CommandFactory, Parser, Subcommand};

mod cache;
mod completions;
mod decode;
mod failure;
mod feed;
mod find;
mod harvest;
mod help;
mod identity;
mod input;
mod links;
mod man;
mod online;
mod record;
mod replacement;
mod resolve;
mod rewrite;
mod scan;
mod table;
mod terminal;

use failure::Success;

/// Decodes Google News links into the publishers' URLs.
///
/// Links from before July 2024 contain the publisher's URL: `decode` and `table` read it offline. The URLs of newer
/// ones are encrypted: `resolve` requests their URLs from Google, and `harvest` reads them from saved pages of Google
/// News. `find` and `rewrite` find links of all kinds in any text.
#[derive(Parser)]
#[command(name = "google-news-link", version, propagate_version = true, after_help = help::after(EXAMPLES, help::EXIT_STATUS))]
struct Args {
    #[command(subcommand)]
    command: Command,
}

const EXAMPLES: &str =
    "  google-news-link decode https://news.google.com/articles/CBMiFmh0dHBzOi8vYW11LnR2LzExMTkzMS_SAQA
  google-news-link table links.txt > links.tsv
  google-news-link find page.html
  google-news-link rewrite page.html > clean.html
  google-news-link resolve --cache answers.jsonl < links.txt
  google-news-link harvest saved.html
  google-news-link help table";

#[derive(Subcommand)]
enum Command {
    Decode(decode::Args),
    Table(table::Args),
    Find(find::Args),
    Rewrite(rewrite::Args),
    Feed(feed::Args),
    Resolve(resolve::Args),
    Harvest(harvest::Args),
    Completions(completions::Args),
    Man(man::Args),
}

fn main() -> ExitCode {
    let args = Args::try_parse().unwrap_or_else(|error| with_tip(error).exit());
    let result = match &args.command {
        Command::Decode(args) => decode::run(args),
        Command::Table(args) => table::run(args),
        Command::Find(args) => find::run(args),
        Command::Rewrite(args) => rewrite::run(args),
        Command::Feed(args) => feed::run(args),
        Command::Resolve(args) => resolve::run(args),
        Command::Harvest(args) => harvest::run(args),
        Command::Completions(args) => completions::run(args, Args::command()),
        Command::Man(args) => man::run(args, Args::command()),
    };
    match result {
        Ok(Success::Complete) => ExitCode::SUCCESS,
        Ok(Success::SomeLinksFailed) => ExitCode::from(1),
        Ok(Success::SomeInputsUnread) => ExitCode::from(2),
        // The reader of the output needs no more of it.
        Err(failure) if failure.is_closed_pipe() => ExitCode::SUCCESS,
        Err(failure) => {
            terminal::say_error(format_args!("{failure}"));
            ExitCode::from(2)
        }
    }
}

/// Adds a tip with the right command if the first argument is a link instead of a command.
fn with_tip(mut error: clap::Error) -> clap::Error {
    if let Some(ContextValue::String(word)) = error.get(ContextKind::InvalidSubcommand)
        && google_news_link::Link::parse(word).is_ok()
    {
        let tips = vec!["to decode a link, write 'google-news-link decode LINK'".into()];
        error.insert(ContextKind::Suggested, ContextValue::StyledStrs(tips));
    }
    error
}
