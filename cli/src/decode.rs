//! The command `decode`.

use std::ffi::OsString;
use std::io::{self, StdoutLock, Write};

use clap::Args as ClapArgs;
use google_news_link::{Decoder, Error, Target};

use crate::failure::{Failure, Success, cannot_print};
use crate::help;
use crate::links::LinkReader;
use crate::record::Record;
use crate::terminal::{printable, printable_bytes, say_error};

/// Decodes links and prints all that they contain, offline.
///
/// Prints a line `name: value` for each field; several links are separated by an empty line. The errors of links that
/// cannot be decoded go to standard error, with a caret under the invalid byte.
///
/// The output contains no URL for an opaque article (of July 2024 and later), since its link does not contain one:
/// see the command `resolve`.
#[derive(ClapArgs)]
#[command(after_help = help::after(EXAMPLES, EXIT_STATUS))]
pub(crate) struct Args {
    /// Print a JSON object per line
    ///
    /// Its keys are link, kind, id, canonical_url, amp_url, token, url_len and error; absent values are null. A link
    /// that cannot be decoded is an object with an error.
    #[arg(long)]
    json: bool,

    /// Links or IDs; without any, the lines of standard input
    #[arg(value_name = "LINK")]
    links: Vec<OsString>,
}

const EXIT_STATUS: &str = "  0  success; also if the reader of the output closes the pipe
  1  some of the links cannot be decoded
  2  wrong usage, unreadable input, unwritable output";

const EXAMPLES: &str =
    "  google-news-link decode https://news.google.com/articles/CBMiFmh0dHBzOi8vYW11LnR2LzExMTkzMS_SAQA
  google-news-link decode CAAqBwgKMI7rigMwlq88
  google-news-link decode --json < links.txt | jq -r '.canonical_url // empty'";

pub(crate) fn run(args: &Args) -> Result<Success, Failure> {
    let mut links = LinkReader::new(&args.links);
    let mut output = io::stdout().lock();
    let mut decoder = Decoder::new();
    let mut link = Vec::new();
    let (mut read, mut failed) = (0, 0);
    while links.read(&mut link)? {
        read += 1;
        let target = decoder.decode_bytes(&link);
        failed += usize::from(target.is_err());
        if args.json {
            print_record(&mut output, &link, &target).map_err(cannot_print)?;
            continue;
        }
        match target {
            Ok(target) => {
                let is_alone = read == 1 && !links.has_more()?;
                print_facts(&mut output, &link, is_alone, &target).map_err(cannot_print)?;
            }
            Err(error) => {
                let pointer = point_at(&link, error.offset());
                say_error(format_args!("{error}\n{pointer}"));
            }
        }
    }
    Ok(Success::of_failed(failed))
}

fn print_record(
    output: &mut StdoutLock<'_>,
    link: &[u8],
    target: &Result<Target<'_>, Error>,
) -> io::Result<()> {
    let link = String::from_utf8_lossy(link);
    let record = match target {
        Ok(target) => Record::of_target(Some(&link), target),
        Err(error) => Record::of_error(Some(&link), error),
    };
    serde_json::to_writer(&mut *output, &record)?;
    writeln!(output)
}

/// Prints the facts of a link. If it is not the only one, the link is printed before its facts, and an empty line after
/// them.
fn print_facts(
    output: &mut StdoutLock<'_>,
    link: &[u8],
    is_alone: bool,
    target: &Target<'_>,
) -> io::Result<()> {
    if !is_alone {
        writeln!(output, "link: {}", printable_bytes(link))?;
    }
    let mut facts = Facts { output };
    facts.text("kind", Some(target.kind().as_str()))?;
    facts.text("canonical_url", target.canonical_url())?;
    facts.text("amp_url", target.amp_url())?;
    facts.text("token", target.token())?;
    facts.of_kind(target)?;
    if is_alone { Ok(()) } else { writeln!(output) }
}

struct Facts<'a, 'out> {
    output: &'a mut StdoutLock<'out>,
}

impl Facts<'_, '_> {
    fn text(&mut self, name: &str, value: Option<&str>) -> io::Result<()> {
        match value {
            Some(value) => writeln!(self.output, "{name}: {}", printable(value)),
            None => Ok(()),
        }
    }

    fn number(&mut self, name: &str, value: Option<u64>) -> io::Result<()> {
        match value {
            Some(value) => writeln!(self.output, "{name}: {value}"),
            None => Ok(()),
        }
    }

    /// Prints the facts that only targets of this kind have.
    fn of_kind(&mut self, target: &Target<'_>) -> io::Result<()> {
        match target {
            Target::OpaqueArticle(article) => {
                self.text("amp_token", article.amp_token())?;
                self.number("url_len", Some(article.url_len() as u64))?;
                self.number("amp_url_len", article.amp_url_len().map(|len| len as u64))
            }
            Target::OpaqueRedirect(redirect) => self.number("url_len", Some(redirect.url_len() as u64)),
            Target::KeyedArticle(article) => {
                self.text("key", Some(&hex(article.key())))?;
                self.text("publication_id", Some(&article.publication().to_id()))?;
                self.number("section_number", article.section_number())
            }
            Target::Video(video) => self.text("video", Some(video.youtube_id())),
            Target::Topic(topic) => {
                self.text("knowledge_graph_id", topic.knowledge_graph_id())?;
                self.text("language", topic.language())?;
                self.text("region", topic.region())?;
                self.text("name", topic.name())?;
                self.text("query", topic.query())?;
                self.text("place_knowledge_graph_id", topic.place_knowledge_graph_id())
            }
            Target::Story(story) => {
                self.number("cluster", Some(story.cluster_number()))?;
                self.number("hash", Some(story.cluster_hash()))?;
                self.text("title", story.title())
            }
            Target::Publication(publication) => {
                self.number("number", publication.number())?;
                self.number("family", publication.family_number())?;
                self.text("key", publication.key().map(hex).as_deref())?;
                self.text("site", publication.site())
            }
            Target::Section(section) => {
                self.text("edition_id", Some(&section.edition().to_id()))?;
                self.number("number", section.number())?;
                self.text("name", section.name())?;
                self.text("knowledge_graph_id", section.knowledge_graph_id())?;
                self.text("place_knowledge_graph_id", section.place_knowledge_graph_id())
            }
            Target::Share(share) => self.number("number", Some(share.number())),
            Target::Picture(picture) => {
                self.text("key", Some(picture.key()))?;
                self.number("width", picture.width())?;
                self.number("height", picture.height())
            }
            _ => Ok(()),
        }
    }
}

fn hex(key: &[u8; 16]) -> String {
    format!("{:032x}", u128::from_be_bytes(*key))
}

/// Returns the link, or as much of it as fits in a line, with a caret under the byte at `offset`.
fn point_at(link: &[u8], offset: Option<usize>) -> String {
    const WIDTH: usize = 96;
    let whole = printable_bytes(link);
    let Some(offset) = offset else { return format!("  {whole}") };
    let column = String::from_utf8_lossy(&link[..offset.min(link.len())]).chars().count();
    let shown: Vec<char> = whole.chars().collect();
    let first = if shown.len() <= WIDTH { 0 } else { column.saturating_sub(WIDTH * 2 / 3) };
    let last = shown.len().min(first + WIDTH);
    let (before, after) = (if first > 0 { "…" } else { "" }, if last < shown.len() { "…" } else { "" });
    let part: String = shown[first..last].iter().collect();
    let indent = " ".repeat(before.chars().count() + column - first);
    format!("  {before}{part}{after}\n  {indent}^")
}
