//! The command `table`.

use std::io::{self, Stdout, Write};
use std::path::PathBuf;
use std::thread;
use std::time::Instant;

use clap::{Args as ClapArgs, ValueEnum};
use google_news_link::Kind;
use google_news_link::batch::{BlockReader, Counts};
use indicatif::ProgressBar;

use crate::failure::{Failure, STANDARD_OUTPUT, Success, cannot_read, cannot_write};
use crate::help;
use crate::input::{Input, file_of};
use crate::replacement::Replacement;
use crate::terminal::{Quantity, progress_bar, say};

mod pipeline;
mod rows;

/// Decodes a file of links, one per line, into a table with a row for each line.
///
/// Row i belongs to line i: a line that cannot be decoded is a row with an error. The columns are kind, canonical_url,
/// amp_url, token, error and url_len (the length of the publisher's URL in bytes, also known for encrypted URLs).
/// Memory use is constant, however large the file is. A summary goes to standard error.
///
/// A line contains one link and nothing else. For links inside of CSV, JSON or other text use `find`.
#[derive(ClapArgs)]
#[command(after_help = help::after(EXAMPLES, EXIT_STATUS))]
pub(crate) struct Args {
    /// The format of the rows
    #[arg(long, value_enum, default_value = "tsv")]
    format: Format,

    /// The number of threads, 1 to 64 [default: one per core, at most 4]
    ///
    /// Each of them takes up to 8 MB.
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=64))]
    threads: Option<u16>,

    /// Write to a file instead of standard output (`-`)
    ///
    /// The file is written whole or not at all: it appears when the table is complete. It must not be the input.
    #[arg(long, value_name = "FILE")]
    output: Option<PathBuf>,

    /// Begin each row with the line itself
    ///
    /// In TSV this adds the column `link` before all others, in which control characters are escaped. In JSON it is
    /// the value of the key `link`, which is null otherwise. A line of more than 65,536 bytes is left out.
    #[arg(long)]
    with_link: bool,

    /// The links; without it, or for `-`, standard input
    file: Option<PathBuf>,
}

const EXIT_STATUS: &str =
    "  0  success, even if lines cannot be decoded; also if the reader of the output closes the pipe
  2  wrong usage, unreadable input, unwritable output";

const EXAMPLES: &str = "  google-news-link table links.txt > links.tsv
  zcat links.gz | google-news-link table --format jsonl --with-link --output links.jsonl
  google-news-link table links.txt | awk -F '\\t' '$1 == \"opaque-article\" { print $4 }'";

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Format {
    /// Tab-separated values with a header
    Tsv,
    /// A JSON object per line: link, kind, id, canonical_url, amp_url, token, url_len, error
    Jsonl,
}

pub(crate) fn run(args: &Args) -> Result<Success, Failure> {
    let (lines, mut sink) = open(args)?;
    let start = Instant::now();
    if args.format == Format::Tsv {
        sink.write(rows::tsv_header(args.with_link).as_bytes())?;
    }
    let threads = args
        .threads
        .map_or_else(|| thread::available_parallelism().map_or(1, |cores| cores.get().min(4)), usize::from);
    let sink = pipeline::run(threads, rows::Style::new(args.format, args.with_link), lines, sink)?;
    summarize(&sink.finish()?, start);
    Ok(Success::Complete)
}

/// The source of the lines.
struct Lines {
    blocks: BlockReader<Input>,
    name: String,
}

impl Lines {
    /// Reads the next block of lines. Returns `false` at the end.
    fn read_block(&mut self, block: &mut Vec<u8>) -> Result<bool, Failure> {
        self.blocks.read_block(block).map_err(cannot_read(self.name.as_str()))
    }
}

fn open(args: &Args) -> Result<(Lines, Sink), Failure> {
    let input = Input::open(args.file.as_deref(), "links, one per line,")?;
    let output = file_of(args.output.as_deref());
    input.refuse_output(output)?;
    let output = match output {
        Some(path) => Output::File(Replacement::create(path)?),
        None => Output::Standard(io::stdout()),
    };
    let size = input.len();
    let template = match size {
        Some(_) => "{bar:40} {percent:>3} %  {bytes} of {total_bytes}  {bytes_per_sec}  {eta} left",
        None => "{spinner} {bytes}  {bytes_per_sec}",
    };
    let lines = Lines { name: input.name().to_owned(), blocks: BlockReader::new(input) };
    Ok((lines, Sink { output, bar: progress_bar(size, template), counts: Counts::default() }))
}

enum Output {
    Standard(Stdout),
    File(Replacement),
}

/// The destination of the rows, which arrive in order.
struct Sink {
    output: Output,
    bar: ProgressBar,
    counts: Counts,
}

impl Sink {
    fn write(&mut self, rows: &[u8]) -> Result<(), Failure> {
        match &mut self.output {
            Output::Standard(output) => output.write_all(rows).map_err(cannot_write(STANDARD_OUTPUT)),
            Output::File(file) => file.write_all(rows).map_err(cannot_write(file.name())),
        }
    }

    /// Writes rows and removes them.
    fn take(&mut self, rows: &mut rows::Rows) -> Result<(), Failure> {
        self.bar.inc(rows.read);
        self.counts += rows.counts;
        self.write(rows.as_bytes())?;
        rows.clear();
        Ok(())
    }

    fn finish(self) -> Result<Counts, Failure> {
        self.bar.finish_and_clear();
        match self.output {
            Output::Standard(mut output) => output.flush().map_err(cannot_write(STANDARD_OUTPUT))?,
            Output::File(file) => file.finish()?,
        }
        Ok(self.counts)
    }
}

fn summarize(counts: &Counts, start: Instant) {
    let seconds = start.elapsed().as_secs_f64();
    let rows = counts.rows();
    let speed = rows as f64 / seconds / 1e6;
    say(format_args!("{} in {seconds:.2} s, {speed:.1} million links/s", Quantity(rows, "row")));
    for &kind in Kind::ALL {
        let count = counts.get(kind);
        if count > 0 {
            say(format_args!("{count:>12} {kind}"));
        }
    }
    if counts.errors() > 0 {
        let noun = if counts.errors() == 1 { "error" } else { "errors" };
        say(format_args!("{:>12} {noun}", counts.errors()));
    }
}
