//! Gives an RSS or Atom feed back with its Google News links replaced by the publishers' URLs.
//!
//!     cargo run --release --example feed -- feed.xml --output clean.xml
//!     curl 'https://news.google.com/rss' | cargo run --release --features ureq --example feed -- --resolve > clean.xml
//!
//! Every other byte stays as it is. Nothing is written before all of the feed has been read and found sound.

use std::fs::File;
use std::io::{self, ErrorKind, IsTerminal, Read, Write};
use std::path::PathBuf;
use std::process::ExitCode;

use clap::Args as ClapArgs;

mod html;
mod links;
mod online;
#[cfg(test)]
mod tests;
mod text;

use crate::program::{Failure, exit_code, failed, say};

/// Gives an RSS or Atom feed back with its Google News links replaced by the publishers' URLs.
#[derive(ClapArgs)]
pub(crate) struct Args {
    /// Where to write, once all of the feed has been read; without it, to standard output
    #[arg(long, value_name = "FILE")]
    output: Option<PathBuf>,

    /// Ask Google where opaque links lead: one request for each, and one more for 50 of them
    #[arg(long)]
    resolve: bool,

    /// Whom to ask
    #[arg(long, value_name = "URL", default_value = "https://news.google.com", requires = "resolve")]
    base: String,

    /// The feed; without it, or for `-`, standard input
    file: Option<PathBuf>,
}

pub(crate) fn main(args: &Args) -> ExitCode {
    exit_code(run(args).map(|()| ExitCode::SUCCESS))
}

fn run(args: &Args) -> Result<(), Failure> {
    let (name, feed) = read(args)?;
    let mut found =
        links::find(&feed).map_err(|error| failed(name)(io::Error::new(ErrorKind::InvalidData, error)))?;
    if args.resolve {
        online::resolve(&mut found, &args.base)?;
    }
    let (feed, counts) = links::replace(&feed, &found);
    match &args.output {
        Some(path) => std::fs::write(path, &feed).map_err(failed(path.display().to_string()))?,
        None => {
            let mut output = io::stdout().lock();
            output.write_all(&feed).and_then(|()| output.flush()).map_err(failed("writing"))?;
        }
    }
    let links::Counts { replaced, opaque, others } = counts;
    say(format_args!("{replaced} links replaced; {opaque} opaque and {others} others stay"));
    Ok(())
}

/// The feed and the name it goes by.
fn read(args: &Args) -> Result<(String, Vec<u8>), Failure> {
    let mut feed = Vec::new();
    let file = args.file.as_ref().filter(|file| file.as_os_str() != "-");
    let name = file.map_or_else(|| "standard input".into(), |path| path.display().to_string());
    let read = match file {
        Some(path) => File::open(path).and_then(|mut file| file.read_to_end(&mut feed)),
        None => {
            if io::stdin().is_terminal() {
                say(format_args!("reading a feed from the terminal; Ctrl-D ends"));
            }
            io::stdin().lock().read_to_end(&mut feed)
        }
    };
    match read {
        Ok(_) => Ok((name, feed)),
        Err(error) => Err(failed(name)(error)),
    }
}
