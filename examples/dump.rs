//! Turns a dump of Google News links, one a line, into a table.
//!
//!     cargo run --release --example dump -- links.txt > links.tsv
//!     zcat links.gz | cargo run --release --example dump -- --format jsonl --with-link --output links.jsonl
//!
//! Line i of the dump is row i of the table, whatever it holds. Memory stays the same however large the dump is.

use std::fs::File;
use std::io::{self, ErrorKind, IsTerminal, Read, Write};
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::thread;
use std::time::Instant;

use clap::{Parser, ValueEnum};
use google_news_link::{Batch, BlockReader, Counts, Kind};
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use serde::Serialize;

/// Turns a dump of Google News links, one a line, into a table: kind, canonical_url, amp_url, token, error.
#[derive(Parser)]
struct Args {
    /// What to write: tab-separated values with a header, or a JSON object a line
    #[arg(long, value_enum, default_value = "tsv")]
    format: Format,

    /// How many threads decode [default: as many as there are cores, but no more than 4]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=256))]
    threads: Option<u16>,

    /// Where to write; without it, to standard output
    #[arg(long, value_name = "FILE")]
    output: Option<PathBuf>,

    /// Begin each row with the line itself; control characters in it are escaped, one that is too long is left out
    #[arg(long)]
    with_link: bool,

    /// The dump; without it, or for `-`, standard input
    file: Option<PathBuf>,
}

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Format {
    Tsv,
    Jsonl,
}

fn main() -> ExitCode {
    let args = Args::parse();
    match run(&args) {
        Ok(()) => ExitCode::SUCCESS,
        // Whoever reads this has read enough.
        Err(Failure { error, .. }) if error.kind() == ErrorKind::BrokenPipe => ExitCode::SUCCESS,
        Err(Failure { what, error }) => {
            eprintln!("error: {what}: {error}");
            ExitCode::FAILURE
        }
    }
}

struct Failure {
    what: String,
    error: io::Error,
}

fn failed(what: impl Into<String>) -> impl FnOnce(io::Error) -> Failure {
    |error| Failure { what: what.into(), error }
}

fn run(args: &Args) -> Result<(), Failure> {
    let file = args.file.as_ref().filter(|file| file.as_os_str() != "-");
    let (input, size): (Box<dyn Read>, _) = match file {
        Some(path) => {
            let name = path.display().to_string();
            let file = File::open(path).map_err(failed(&name))?;
            let size = file.metadata().map_err(failed(&name))?.len();
            (Box::new(file), Some(size).filter(|&size| size > 0))
        }
        None => (Box::new(io::stdin()), None),
    };
    let output: Box<dyn Write> = match &args.output {
        Some(path) => Box::new(File::create(path).map_err(failed(path.display().to_string()))?),
        None => Box::new(io::stdout().lock()),
    };
    let start = Instant::now();
    let mut sink = Sink { output, bar: progress_bar(size), counts: Counts::default() };
    if args.format == Format::Tsv {
        let link = if args.with_link { "link\t" } else { "" };
        sink.write(format!("{link}kind\tcanonical_url\tamp_url\ttoken\terror\n").as_bytes())?;
    }
    let threads = args
        .threads
        .map_or_else(|| thread::available_parallelism().map_or(1, |cores| cores.get().min(4)), usize::from);
    let mut blocks = BlockReader::new(input);
    if threads == 1 {
        decode_here(args, &mut blocks, &mut sink)?;
    } else {
        decode_on(threads, args, &mut blocks, &mut sink)?;
    }
    sink.output.flush().map_err(failed("writing"))?;
    sink.bar.finish_and_clear();
    summarize(&sink.counts, start);
    Ok(())
}

fn progress_bar(size: Option<u64>) -> ProgressBar {
    let target =
        if io::stderr().is_terminal() { ProgressDrawTarget::stderr() } else { ProgressDrawTarget::hidden() };
    let bar = ProgressBar::with_draw_target(size, target);
    let template = match size {
        Some(_) => "{bar:40} {percent:>3} %  {bytes} of {total_bytes}  {bytes_per_sec}  {eta} left",
        None => "{spinner} {bytes}  {bytes_per_sec}",
    };
    ProgressStyle::with_template(template).map_or(bar.clone(), |style| bar.with_style(style))
}

/// Where rows go, in their order.
struct Sink {
    output: Box<dyn Write>,
    bar: ProgressBar,
    counts: Counts,
}

impl Sink {
    fn write(&mut self, rows: &[u8]) -> Result<(), Failure> {
        self.output.write_all(rows).map_err(failed("writing"))
    }

    fn finish(&mut self, job: &Job) -> Result<(), Failure> {
        self.bar.inc(job.block.len() as u64);
        self.counts += job.counts;
        self.write(&job.rows)
    }
}

/// A block of lines, and the rows that are made of it.
#[derive(Default)]
struct Job {
    block: Vec<u8>,
    rows: Vec<u8>,
    counts: Counts,
}

impl Job {
    fn run(&mut self, args: &Args, batch: &mut Batch) {
        batch.clear();
        batch.push_lines(&self.block);
        self.counts = batch.counts();
        self.rows.clear();
        let mut lines = Lines { rest: args.with_link.then_some(&self.block) };
        match args.format {
            Format::Tsv => write_tsv(&mut self.rows, batch, &mut lines),
            Format::Jsonl => write_jsonl(&mut self.rows, batch, &mut lines),
        }
    }
}

fn decode_here<R: Read>(args: &Args, blocks: &mut BlockReader<R>, sink: &mut Sink) -> Result<(), Failure> {
    let mut batch = Batch::new();
    let mut job = Job::default();
    while blocks.read_block(&mut job.block).map_err(failed("reading"))? {
        job.run(args, &mut batch);
        sink.finish(&job)?;
    }
    Ok(())
}

/// A thread that runs jobs, and the two ends of its work.
struct Worker {
    jobs: SyncSender<Job>,
    done: Receiver<Job>,
}

/// This thread reads and writes; the others take the blocks in turn, so that the rows come back in order.
fn decode_on<R: Read>(
    threads: usize,
    args: &Args,
    blocks: &mut BlockReader<R>,
    sink: &mut Sink,
) -> Result<(), Failure> {
    /// While a thread is at one block, the next one waits.
    const WAITING: usize = 2;
    thread::scope(|scope| {
        let workers: Vec<Worker> = (0..threads)
            .map(|_| {
                let (jobs, to_do) = sync_channel::<Job>(WAITING);
                let (done_jobs, done) = sync_channel(WAITING);
                scope.spawn(move || {
                    let mut batch = Batch::new();
                    for mut job in to_do {
                        job.run(args, &mut batch);
                        if done_jobs.send(job).is_err() {
                            break;
                        }
                    }
                });
                Worker { jobs, done }
            })
            .collect();
        let lost = || Failure { what: "decoding".into(), error: io::Error::other("a thread has ended") };
        let in_flight = threads * WAITING;
        let mut given = 0;
        let mut taken = 0;
        let mut take = |taken: &mut usize| -> Result<Job, Failure> {
            let job = workers[*taken % threads].done.recv().map_err(|_| lost())?;
            *taken += 1;
            sink.finish(&job)?;
            Ok(job)
        };
        loop {
            let mut job = if given - taken == in_flight { take(&mut taken)? } else { Job::default() };
            if !blocks.read_block(&mut job.block).map_err(failed("reading"))? {
                break;
            }
            workers[given % threads].jobs.send(job).map_err(|_| lost())?;
            given += 1;
        }
        while taken < given {
            take(&mut taken)?;
        }
        Ok(())
    })
}

/// The lines of a block, if they are wanted.
struct Lines<'a> {
    rest: Option<&'a [u8]>,
}

impl<'a> Lines<'a> {
    /// The next line. One that is too long is empty: the block holds a part of it.
    fn next(&mut self) -> Option<&'a [u8]> {
        let rest = self.rest?;
        let end = memchr::memchr(b'\n', rest);
        self.rest = Some(end.map_or(&[], |end| &rest[end + 1..]));
        let line = &rest[..end.unwrap_or(rest.len())];
        let line = line.strip_suffix(b"\r").unwrap_or(line);
        Some(if line.len() > 65_536 { b"" } else { line })
    }
}

fn write_tsv(out: &mut Vec<u8>, batch: &Batch, lines: &mut Lines<'_>) {
    let (main, amp) = (batch.canonical_urls(), batch.amp_urls());
    let text = |column: &google_news_link::Column<'_>, row: usize| {
        let offsets = column.offsets();
        offsets[row] as usize..offsets[row + 1] as usize
    };
    let mut errors = batch.errors();
    for (row, kind) in batch.kinds().iter().enumerate() {
        if let Some(line) = lines.next() {
            write_line(out, line);
            out.push(b'\t');
        }
        // As bytes, which need not be looked at again.
        let text_of_row = &main.text()[text(&main, row)];
        match kind {
            Some(Kind::OpaqueArticle) => {
                out.extend_from_slice(b"opaque-article\t\t\t");
                out.extend_from_slice(text_of_row);
                out.extend_from_slice(b"\t\n");
            }
            Some(kind) => {
                out.extend_from_slice(kind.as_str().as_bytes());
                out.push(b'\t');
                out.extend_from_slice(text_of_row);
                out.push(b'\t');
                out.extend_from_slice(&amp.text()[text(&amp, row)]);
                out.extend_from_slice(b"\t\t\n");
            }
            None => {
                out.extend_from_slice(b"\t\t\t\t");
                if let Some((_, error)) = errors.next() {
                    out.extend_from_slice(error.to_string().as_bytes());
                }
                out.push(b'\n');
            }
        }
    }
}

/// The line as a field: without tabs and line ends, and as UTF-8.
fn write_line(out: &mut Vec<u8>, line: &[u8]) {
    for char in String::from_utf8_lossy(line).chars() {
        match char.is_control() {
            true => out.extend(char.escape_default().map(|char| char as u8)),
            false => out.extend_from_slice(char.encode_utf8(&mut [0; 4]).as_bytes()),
        }
    }
}

/// What is not there is null; the link is left out unless it is wanted.
#[derive(Serialize)]
struct Record<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    link: Option<&'a str>,
    kind: Option<&'a str>,
    canonical_url: Option<&'a str>,
    amp_url: Option<&'a str>,
    token: Option<&'a str>,
    error: Option<String>,
}

fn write_jsonl(out: &mut Vec<u8>, batch: &Batch, lines: &mut Lines<'_>) {
    let (urls, amp_urls, tokens) = (batch.canonical_urls(), batch.amp_urls(), batch.tokens());
    let mut errors = batch.errors();
    for (row, kind) in batch.kinds().iter().enumerate() {
        let link = lines.next().map(String::from_utf8_lossy);
        let error = if kind.is_none() { errors.next() } else { None };
        let record = Record {
            link: link.as_deref(),
            kind: kind.map(Kind::as_str),
            canonical_url: urls.get(row),
            amp_url: amp_urls.get(row),
            token: tokens.get(row),
            error: error.map(|(_, error)| error.to_string()),
        };
        // Texts alone, written to memory: there is nothing that could fail.
        if serde_json::to_writer(&mut *out, &record).is_ok() {
            out.push(b'\n');
        }
    }
}

fn summarize(counts: &Counts, start: Instant) {
    let seconds = start.elapsed().as_secs_f64();
    let rows = counts.rows();
    eprintln!("{rows} rows in {seconds:.2} s, {:.1} million links/s", rows as f64 / seconds / 1e6);
    for &kind in Kind::ALL {
        let count = counts.of_kind(kind);
        if count > 0 {
            eprintln!("{count:>12} {kind}");
        }
    }
    if counts.errors() > 0 {
        eprintln!("{:>12} errors", counts.errors());
    }
}
