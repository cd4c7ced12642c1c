//! Says where Google News links lead.
//!
//!     cargo run --release --example decode -- 'https://news.google.com/rss/articles/CBMi…?oc=5'
//!     cargo run --release --example decode -- --json < links.txt

use std::ffi::OsString;
use std::io::{self, BufRead, ErrorKind, IsTerminal, Write};
use std::process::ExitCode;

use clap::Args as ClapArgs;
use google_news_link::{Decoder, Error, Target};
use serde::Serialize;

/// Says where Google News links lead.
#[derive(ClapArgs)]
pub(crate) struct Args {
    /// Print a JSON object a line: link, kind, canonical_url, amp_url, token, error
    #[arg(long)]
    json: bool,

    /// Links or IDs; without any, the lines of standard input
    #[arg(value_name = "LINK")]
    links: Vec<OsString>,
}

pub(crate) fn main(args: &Args) -> ExitCode {
    match run(args) {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        // Whoever reads this has read enough.
        Err(error) if error.kind() == ErrorKind::BrokenPipe => ExitCode::SUCCESS,
        Err(error) => {
            say(format_args!("error: {error}"));
            ExitCode::FAILURE
        }
    }
}

/// Says it to whoever is at the terminal, or to nobody.
fn say(what: std::fmt::Arguments<'_>) {
    let _ = writeln!(io::stderr(), "{what}");
}

/// True if every link could be decoded.
fn run(args: &Args) -> io::Result<bool> {
    let mut printer = Printer { out: io::stdout().lock(), json: args.json, several: false, all_good: true };
    let mut decoder = Decoder::new();
    if !args.links.is_empty() {
        printer.several = args.links.len() > 1;
        for link in &args.links {
            let link = link.as_encoded_bytes();
            printer.print(link, decoder.decode(link))?;
        }
        return Ok(printer.all_good);
    }
    if io::stdin().is_terminal() {
        say(format_args!("reading links from the terminal, one a line; Ctrl-D ends"));
    }
    let mut input = io::stdin().lock();
    let mut line = Vec::new();
    let mut rows = 0;
    while input.read_until(b'\n', &mut line)? > 0 {
        let link = line.strip_suffix(b"\n").unwrap_or(&line);
        let link = link.strip_suffix(b"\r").unwrap_or(link);
        // One line alone is shown as one link is.
        rows += 1;
        printer.several = rows > 1 || !input.fill_buf()?.is_empty();
        printer.print(link, decoder.decode(link))?;
        line.clear();
    }
    Ok(printer.all_good)
}

struct Printer<W> {
    out: W,
    json: bool,
    several: bool,
    all_good: bool,
}

/// What `--json` prints; what is not there is null.
#[derive(Serialize)]
struct Record<'a> {
    link: &'a str,
    kind: Option<&'a str>,
    canonical_url: Option<&'a str>,
    amp_url: Option<&'a str>,
    token: Option<&'a str>,
    error: Option<String>,
}

impl<W: Write> Printer<W> {
    fn print(&mut self, link: &[u8], decoded: Result<Target<'_>, Error>) -> io::Result<()> {
        let text = link;
        let link = String::from_utf8_lossy(text);
        self.all_good &= decoded.is_ok();
        if self.json {
            let target = decoded.as_ref().ok();
            serde_json::to_writer(
                &mut self.out,
                &Record {
                    link: &link,
                    kind: target.map(|target| target.kind().as_str()),
                    canonical_url: target.and_then(|target| target.canonical_url()),
                    amp_url: target.and_then(|target| target.amp_url()),
                    token: target.and_then(|target| target.token()),
                    error: decoded.as_ref().err().map(Error::to_string),
                },
            )?;
            return writeln!(self.out);
        }
        match decoded {
            Ok(target) => {
                if self.several {
                    writeln!(self.out, "link: {}", printable(&link))?;
                }
                self.print_facts(&target)?;
                if self.several { writeln!(self.out) } else { Ok(()) }
            }
            Err(error) => {
                say(format_args!("error: {error}\n{}", pointed_at(text, error.offset())));
                Ok(())
            }
        }
    }

    fn print_facts(&mut self, target: &Target<'_>) -> io::Result<()> {
        let out = &mut self.out;
        let mut fact = |name: &str, value: Option<&str>| match value {
            Some(value) => writeln!(out, "{name}: {value}"),
            None => Ok(()),
        };
        let number = |number: Option<u64>| number.map(|number| number.to_string());
        fact("kind", Some(target.kind().as_str()))?;
        fact("canonical_url", target.canonical_url())?;
        fact("amp_url", target.amp_url())?;
        fact("token", target.token())?;
        match target {
            Target::OpaqueArticle(article) => {
                fact("amp_token", article.amp_token())?;
                fact("url_length", Some(&article.url_len().to_string()))?;
                fact("amp_url_length", article.amp_url_len().map(|len| len.to_string()).as_deref())
            }
            Target::KeyedArticle(article) => fact("publication_id", Some(&article.publication().to_id())),
            Target::Video(video) => fact("video", Some(video.key())),
            Target::Topic(topic) => {
                fact("subject", topic.mid())?;
                fact("language", topic.language())?;
                fact("region", topic.region())?;
                fact("name", topic.name())?;
                fact("query", topic.query())?;
                fact("place", topic.place())
            }
            Target::Story(story) => {
                fact("cluster", Some(&story.cluster().to_string()))?;
                fact("title", story.title())
            }
            Target::Publication(publication) => {
                fact("number", number(publication.number()).as_deref())?;
                fact("family", number(publication.family_number()).as_deref())?;
                let hex = |key: &[u8; 16]| key.iter().map(|byte| format!("{byte:02x}")).collect::<String>();
                fact("key", publication.key().map(hex).as_deref())?;
                fact("site", publication.site())
            }
            Target::Section(section) => {
                fact("edition_id", Some(&section.edition().to_id()))?;
                fact("number", number(section.number()).as_deref())?;
                fact("name", section.name())?;
                fact("subject", section.subject())?;
                fact("place", section.place())
            }
            Target::Share(share) => fact("number", Some(&share.number().to_string())),
            Target::Picture(picture) => {
                fact("key", Some(picture.key()))?;
                fact("width", number(picture.width()).as_deref())?;
                fact("height", number(picture.height()).as_deref())
            }
            _ => Ok(()),
        }
    }
}

/// The link, or as much of it as fits a line, with a caret under the byte at `offset`.
fn pointed_at(link: &[u8], offset: Option<usize>) -> String {
    const WIDTH: usize = 96;
    let whole = printable(&String::from_utf8_lossy(link));
    let Some(offset) = offset else { return format!("  {whole}") };
    let column = String::from_utf8_lossy(&link[..offset.min(link.len())]).chars().count();
    let shown: Vec<char> = whole.chars().collect();
    let first = if shown.len() <= WIDTH { 0 } else { column.saturating_sub(WIDTH * 2 / 3) };
    let last = shown.len().min(first + WIDTH);
    let (before, behind) = (if first > 0 { "…" } else { "" }, if last < shown.len() { "…" } else { "" });
    let part: String = shown[first..last].iter().collect();
    let indent = " ".repeat(before.chars().count() + column - first);
    format!("  {before}{part}{behind}\n  {indent}^")
}

/// The link without what would move a terminal's cursor; each character still has one column.
fn printable(link: &str) -> String {
    link.chars().map(|char| if char.is_control() { '\u{fffd}' } else { char }).collect()
}
