//! The command `find`.

use std::io::{self, BufWriter, StdoutLock, Write};
use std::path::{Path, PathBuf};

use clap::Args as ClapArgs;
use google_news_link::{Error, Match, Target, decode};
use serde::Serialize;

use crate::failure::{Failure, Success, cannot_print, name_of};
use crate::help;
use crate::input::Input;
use crate::record::Record;
use crate::scan::for_each_link;
use crate::terminal::{printable, say_error};

/// Finds the links in any text and decodes them, offline.
///
/// The text can be HTML, JSON, Markdown, CSV, mail, source code or any other bytes. Links are found even if they are
/// escaped: for HTML (&amp;), for JSON and scripts (\/, \u003d), or percent-encoded as a parameter of another URL.
///
/// Prints one line per link, FILE:BYTE: kind URL. BYTE is the offset of the link's first byte, and FILE is - for standard
/// input. If a link has no URL, its line contains the token of an opaque article, or the identifier of a topic, story
/// or publication. The line of a link that cannot be decoded is FILE:BYTE: error: MESSAGE, with the offset in the file.
/// Memory use is constant, however large a file is.
#[derive(ClapArgs)]
#[command(after_help = help::after(EXAMPLES, EXIT_STATUS))]
pub(crate) struct Args {
    /// Print a JSON object per line
    ///
    /// Its keys are file, start, end, link, kind, id, canonical_url, amp_url, token, url_len and error; absent values are
    /// null. start and end are the offsets of the link's first byte and of the byte after its last; link is the link as
    /// it is written in the file. The offset in an error is counted from the beginning of the link.
    #[arg(long)]
    json: bool,

    /// Also find links without a host
    ///
    /// These are ./articles/CBMi..., /goto?url=CAES... and IDs alone, as they occur in the pages of Google News and of
    /// Google's search results. Only those that can be decoded are found.
    #[arg(long)]
    relative: bool,

    /// The texts; without any, or for `-`, standard input
    #[arg(value_name = "FILE")]
    files: Vec<PathBuf>,
}

const EXAMPLES: &str = "  google-news-link find *.html
  google-news-link find --json --relative saved.html | jq -r '.canonical_url // empty'
  zcat crawl.warc.gz | google-news-link find | grep ' article '";

const EXIT_STATUS: &str =
    "  0  success, even if there is no link; also if the reader of the output closes the pipe
  1  some of the links cannot be decoded
  2  wrong usage, unwritable output, unreadable input (other inputs are searched)";

pub(crate) fn run(args: &Args) -> Result<Success, Failure> {
    let mut printer = Printer { output: BufWriter::new(io::stdout().lock()), is_json: args.json, failed: 0 };
    let stdin = [PathBuf::from(STDIN)];
    let files = if args.files.is_empty() { &stdin[..] } else { &args.files };
    let mut unread = 0;
    for file in files {
        match find_in(file, args.relative, &mut printer) {
            Err(failure @ (Failure::Read { .. } | Failure::OutputIsInput { .. })) => {
                say_error(format_args!("{failure}"));
                unread += 1;
            }
            result => result?,
        }
    }
    printer.output.flush().map_err(cannot_print)?;
    if unread > 0 { Ok(Success::SomeInputsUnread) } else { Ok(Success::of_failed(printer.failed)) }
}

/// The name of standard input in arguments and in the output.
const STDIN: &str = "-";

fn find_in(path: &Path, is_relative: bool, printer: &mut Printer) -> Result<(), Failure> {
    let input = Input::open(Some(path), "a text")?;
    // If the output is the input, the search would find the links in its own output, without end.
    input.refuse_output(None)?;
    let (name, file) = (input.name().to_owned(), name_of(path));
    for_each_link(input, &name, is_relative, |start, found| {
        printer.print(&file, start, found).map_err(cannot_print)
    })
}

struct Printer {
    output: BufWriter<StdoutLock<'static>>,
    is_json: bool,
    /// The number of links that cannot be decoded.
    failed: usize,
}

/// A record with the keys that only `find` writes.
#[derive(Serialize)]
struct FoundRecord<'a> {
    file: &'a str,
    start: u64,
    end: u64,
    #[serde(flatten)]
    record: Record<'a>,
}

impl Printer {
    /// Prints a link that begins at `start`.
    fn print(&mut self, file: &str, start: u64, found: &Match<'_>) -> io::Result<()> {
        let link = found.as_bytes();
        let target = decode(link);
        self.failed += usize::from(target.is_err());
        if self.is_json {
            return self.print_record(file, start, link, &target);
        }
        match target {
            Ok(target) => writeln!(self.output, "{file}:{start}: {}", printable(&target.to_string())),
            Err(error) => match error.offset() {
                Some(offset) => {
                    let at = start + offset as u64;
                    writeln!(self.output, "{file}:{start}: error: {} at byte {at}", error.kind())
                }
                None => writeln!(self.output, "{file}:{start}: error: {error}"),
            },
        }
    }

    fn print_record(
        &mut self,
        file: &str,
        start: u64,
        link: &[u8],
        target: &Result<Target<'_>, Error>,
    ) -> io::Result<()> {
        let end = start + link.len() as u64;
        let link = String::from_utf8_lossy(link);
        let record = match target {
            Ok(target) => Record::of_target(Some(&link), target),
            Err(error) => Record::of_error(Some(&link), error),
        };
        serde_json::to_writer(&mut self.output, &FoundRecord { file, start, end, record })?;
        writeln!(self.output)
    }
}
