//! Turns a dump of Google News links, one a line, into a table.
//!
//!     cargo run --release --example dump -- links.txt > links.tsv
//!     zcat links.gz | cargo run --release --example dump -- --format jsonl --with-link --output links.jsonl
//!
//! Line i of the dump is row i of the table, whatever it holds. Memory stays the same however large the dump is.

use std::fs::{File, Metadata};
use std::io::{self, ErrorKind, IsTerminal, Read, Write};
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::thread;
use std::time::Instant;

use crate::program::{Failure, exit_code, failed, say};
use clap::{Args as ClapArgs, ValueEnum};
use google_news_link::{Batch, BlockReader, Counts, Kind};
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use serde::Serialize;

/// Turns a dump of Google News links, one a line, into a table: kind, canonical_url, amp_url, token, error.
#[derive(ClapArgs)]
pub(crate) struct Args {
    /// What to write: tab-separated values with a header, or a JSON object a line
    #[arg(long, value_enum, default_value = "tsv")]
    format: Format,

    /// How many threads decode, 1 to 64, each with up to 8 MB [default: as many as there are cores, but at most 4]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=64))]
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

pub(crate) fn main(args: &Args) -> ExitCode {
    exit_code(run(args).map(|()| ExitCode::SUCCESS))
}

fn run(args: &Args) -> Result<(), Failure> {
    let file = args.file.as_ref().filter(|file| file.as_os_str() != "-");
    let (input, found): (Box<dyn Read>, _) = match file {
        Some(path) => {
            let name = path.display().to_string();
            let file = File::open(path).map_err(failed(&name))?;
            let found = file.metadata().map_err(failed(&name))?;
            (Box::new(file), Some(found))
        }
        None => (Box::new(io::stdin()), metadata_of(&io::stdin())),
    };
    let size = found.as_ref().map(Metadata::len).filter(|&size| size > 0);
    let (name, there) = match &args.output {
        Some(path) => (path.display().to_string(), path.metadata().ok()),
        None => ("standard output".into(), metadata_of(&io::stdout())),
    };
    if is_same(there.as_ref(), found.as_ref()) {
        return Err(failed(name)(io::Error::new(ErrorKind::InvalidInput, "is the dump itself")));
    }
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

/// True if both are one file, by whatever name.
#[cfg(unix)]
fn is_same(one: Option<&Metadata>, other: Option<&Metadata>) -> bool {
    use std::os::unix::fs::MetadataExt;
    let identity = |file: &Metadata| file.is_file().then(|| (file.dev(), file.ino()));
    one.and_then(identity).is_some_and(|one| other.and_then(identity) == Some(one))
}

/// Elsewhere the system does not let a file be overwritten that is read.
#[cfg(not(unix))]
fn is_same(_: Option<&Metadata>, _: Option<&Metadata>) -> bool {
    false
}

/// What stands behind standard input or output, if it is a file.
#[cfg(unix)]
fn metadata_of(stream: &impl std::os::fd::AsFd) -> Option<Metadata> {
    File::from(stream.as_fd().try_clone_to_owned().ok()?).metadata().ok()
}

#[cfg(not(unix))]
fn metadata_of<T>(_: &T) -> Option<Metadata> {
    None
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

    fn finish(&mut self, done: &Done) -> Result<(), Failure> {
        self.bar.inc(done.read);
        self.counts += done.counts;
        self.write(&done.rows)
    }
}

/// Rows that were made of a part of a block.
#[derive(Default)]
struct Done {
    rows: Vec<u8>,
    counts: Counts,
    /// How many bytes of the dump they were made of.
    read: u64,
    /// There are no more rows of this block; it can be used again.
    block: Option<Vec<u8>>,
}

/// So many bytes of rows are handed on at once. A block of empty lines has 50 times its own size of rows.
const ROWS_AT_ONCE: usize = 1 << 20;

/// So many bytes of a block become a batch: 32 KiB of empty lines are 32,768 rows.
const LINES_AT_ONCE: usize = 1 << 15;

/// Makes rows of a block and hands them on, a part at a time.
fn decode(
    args: &Args,
    block: Vec<u8>,
    batch: &mut Batch,
    mut rows: Vec<u8>,
    mut hand_on: impl FnMut(Done) -> Result<Vec<u8>, Failure>,
) -> Result<(), Failure> {
    rows.clear();
    let mut done = Done { rows, ..Done::default() };
    let mut rest = &block[..];
    while !rest.is_empty() {
        let end = match rest.get(..LINES_AT_ONCE) {
            // At the end of a line; of a longer one, at its own end.
            Some(part) => memchr::memrchr(b'\n', part)
                .or_else(|| memchr::memchr(b'\n', rest))
                .map_or(rest.len(), |newline| newline + 1),
            None => rest.len(),
        };
        let (part, after) = rest.split_at(end);
        rest = after;
        batch.clear();
        batch.push_lines(part);
        done.counts += batch.counts();
        done.read += part.len() as u64;
        let mut lines = Lines { rest: args.with_link.then_some(part) };
        match args.format {
            Format::Tsv => write_tsv(&mut done.rows, batch, &mut lines),
            Format::Jsonl => write_jsonl(&mut done.rows, batch, &mut lines),
        }
        if done.rows.len() >= ROWS_AT_ONCE && !rest.is_empty() {
            done.rows = hand_on(std::mem::take(&mut done))?;
            done.rows.clear();
        }
    }
    done.block = Some(block);
    hand_on(done).map(drop)
}

fn decode_here<R: Read>(args: &Args, blocks: &mut BlockReader<R>, sink: &mut Sink) -> Result<(), Failure> {
    let mut batch = Batch::new();
    let mut block = Vec::new();
    let mut rows = Vec::new();
    while blocks.read_block(&mut block).map_err(failed("reading"))? {
        let full = std::mem::take(&mut block);
        decode(args, full, &mut batch, std::mem::take(&mut rows), |mut done| {
            sink.finish(&done)?;
            match done.block.take() {
                Some(used) => {
                    (block, rows) = (used, done.rows);
                    Ok(Vec::new())
                }
                None => Ok(done.rows),
            }
        })?;
    }
    Ok(())
}

/// A thread that decodes blocks, and the two ends of its work.
struct Worker {
    blocks: SyncSender<Vec<u8>>,
    done: Receiver<Done>,
    /// Rows that were written, to be used again.
    used: SyncSender<Vec<u8>>,
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
    let lost = || failed("decoding")(io::Error::other("a thread has ended"));
    thread::scope(|scope| {
        let workers: Vec<Worker> = (0..threads)
            .map(|_| {
                let (blocks, to_do) = sync_channel(WAITING);
                let (done_rows, done) = sync_channel(WAITING);
                let (used, to_use) = sync_channel(WAITING);
                scope.spawn(move || {
                    let mut batch = Batch::new();
                    for block in to_do {
                        let rows = to_use.try_recv().unwrap_or_default();
                        let hand_on = |done| match done_rows.send(done) {
                            Ok(()) => Ok(to_use.try_recv().unwrap_or_default()),
                            Err(_) => Err(lost()),
                        };
                        if decode(args, block, &mut batch, rows, hand_on).is_err() {
                            break;
                        }
                    }
                });
                Worker { blocks, done, used }
            })
            .collect();
        let mut given = 0;
        let mut taken = 0;
        let mut take = |taken: &mut usize| -> Result<Vec<u8>, Failure> {
            let worker = &workers[*taken % threads];
            loop {
                let mut done = worker.done.recv().map_err(|_| lost())?;
                sink.finish(&done)?;
                let block = done.block.take();
                // If it has enough of them, these are let go.
                let _ = worker.used.try_send(done.rows);
                if let Some(block) = block {
                    *taken += 1;
                    return Ok(block);
                }
            }
        };
        let mut read = Ok(true);
        while matches!(read, Ok(true)) {
            let mut block = if given - taken == threads * WAITING { take(&mut taken)? } else { Vec::new() };
            read = blocks.read_block(&mut block);
            if matches!(read, Ok(true)) {
                workers[given % threads].blocks.send(block).map_err(|_| lost())?;
                given += 1;
            }
        }
        // What was read before an error is written, too.
        while taken < given {
            take(&mut taken)?;
        }
        read.map(drop).map_err(failed("reading"))
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
    say(format_args!("{rows} rows in {seconds:.2} s, {:.1} million links/s", rows as f64 / seconds / 1e6));
    for &kind in Kind::ALL {
        let count = counts.of_kind(kind);
        if count > 0 {
            say(format_args!("{count:>12} {kind}"));
        }
    }
    if counts.errors() > 0 {
        say(format_args!("{:>12} errors", counts.errors()));
    }
}
