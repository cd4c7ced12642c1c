//! Decodes Google News links on the command line.
#![forbid(unsafe_code)]

use std::process::ExitCode;

use clap::{Parser, Subcommand};

mod decode;
mod feed;
mod program;
mod resolve;
mod table;

/// Decodes Google News links into the publisher's URLs.
#[derive(Parser)]
#[command(version)]
struct Args {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    Decode(decode::Args),
    Table(table::Args),
    Feed(feed::Args),
    Resolve(resolve::Args),
}

fn main() -> ExitCode {
    match Args::parse().command {
        Command::Decode(args) => decode::main(&args),
        Command::Table(args) => table::main(&args),
        Command::Feed(args) => feed::main(&args),
        Command::Resolve(args) => resolve::main(&args),
    }
}
