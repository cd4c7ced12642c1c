//! Writes millions of lines to `table`.

use std::io::{Read, Write};
use std::process::{Child, Stdio};
use std::sync::Arc;
use std::thread;
use std::time::Instant;

use clap::Args as ClapArgs;
use google_news_link_benches::corpus;

use crate::{Outcome, Program, peak_memory};

/// Writes lines to `table`, on one and on two threads, and compares each row
///
/// The lines are 20,000 different ones, again and again, so the rows are known. Fails if a row is missing, additional or
/// different, or if the program needs more than 32 MB.
#[derive(ClapArgs)]
pub(crate) struct Args {
    /// The number of lines, rounded up to 20,000
    #[arg(long, default_value_t = 1_000_000)]
    lines: usize,
}

const LINES_OF_POOL: usize = 20_000;
const SEED: u64 = 17;
const MOST_MEMORY: usize = 32 << 20;
/// The throughput is measured in parts of this number of lines.
const LINES_OF_PART: usize = 1_000_000;

pub(crate) fn run(program: &Program, args: &Args) -> Outcome {
    let pool = Arc::new(corpus::lines(LINES_OF_POOL, SEED));
    let repeats = args.lines.div_ceil(LINES_OF_POOL);
    let rows = rows_of(program, &pool)?;
    for threads in [1, 2] {
        let mut child = start(program, threads)?;
        let writer = write_lines(&mut child, pool.clone(), repeats);
        let times = compare_rows(&mut child, &rows, repeats)?;
        writer.join().map_err(|_| "the writer of lines failed")??;
        let status = child.wait()?;
        if !status.success() {
            return Err(format!("{status} with {threads} threads").into());
        }
        report(threads, repeats, &times)?;
    }
    Ok(())
}

fn start(program: &Program, threads: usize) -> std::io::Result<Child> {
    let mut command = program.command();
    command.args(["table", "--threads", &threads.to_string()]);
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null()).spawn()
}

fn write_lines(
    child: &mut Child,
    pool: Arc<Vec<u8>>,
    repeats: usize,
) -> thread::JoinHandle<std::io::Result<()>> {
    let input = child.stdin.take();
    thread::spawn(move || {
        let mut input = input.ok_or_else(|| std::io::Error::other("no standard input"))?;
        (0..repeats).try_for_each(|_| input.write_all(&pool))
    })
}

/// Returns the rows of the pool, after the header.
fn rows_of(program: &Program, pool: &Arc<Vec<u8>>) -> Result<Rows, Box<dyn std::error::Error + Send + Sync>> {
    let mut child = start(program, 1)?;
    let writer = write_lines(&mut child, pool.clone(), 1);
    let output = child.wait_with_output()?;
    writer.join().map_err(|_| "the writer of lines failed")??;
    let header_len = output.stdout.iter().position(|&byte| byte == b'\n').ok_or("no header")? + 1;
    let (header, rows) = output.stdout.split_at(header_len);
    let count = rows.iter().filter(|&&byte| byte == b'\n').count();
    if count != LINES_OF_POOL {
        return Err(format!("{count} rows of {LINES_OF_POOL} lines").into());
    }
    Ok(Rows { header: header.into(), rows: rows.into() })
}

struct Rows {
    header: Vec<u8>,
    rows: Vec<u8>,
}

/// The measurements after a part.
struct Part {
    seconds: f64,
    peak_memory: usize,
}

/// Compares the output with the header and the rows, repeated.
fn compare_rows(
    child: &mut Child,
    rows: &Rows,
    repeats: usize,
) -> Result<Vec<Part>, Box<dyn std::error::Error + Send + Sync>> {
    let process = child.id();
    let mut output = child.stdout.take().ok_or("no standard output")?;
    let mut buffer = vec![0; rows.rows.len().max(rows.header.len())];
    output.read_exact(&mut buffer[..rows.header.len()])?;
    if buffer[..rows.header.len()] != rows.header {
        return Err("another header".into());
    }
    let mut parts = Vec::new();
    let mut start = Instant::now();
    let mut peak = 0;
    for repeat in 1..=repeats {
        let rows_read = (repeat - 1) * LINES_OF_POOL;
        output
            .read_exact(&mut buffer[..rows.rows.len()])
            .map_err(|error| format!("fewer rows than lines: {error} after {rows_read} rows"))?;
        if buffer[..rows.rows.len()] != rows.rows {
            return Err(format!("another row among the {LINES_OF_POOL} after {rows_read}").into());
        }
        // The program can end as soon as its last rows are in the pipe.
        peak = peak_memory(process).unwrap_or(peak);
        if repeat == repeats || (repeat * LINES_OF_POOL).is_multiple_of(LINES_OF_PART) {
            parts.push(Part { seconds: start.elapsed().as_secs_f64(), peak_memory: peak });
            start = Instant::now();
        }
    }
    if output.read(&mut buffer)? != 0 {
        return Err("more rows than lines".into());
    }
    Ok(parts)
}

fn report(threads: usize, repeats: usize, parts: &[Part]) -> Outcome {
    let seconds: f64 = parts.iter().map(|part| part.seconds).sum();
    let lines = repeats * LINES_OF_POOL;
    let (Some(first), Some(last)) = (parts.first(), parts.last()) else { return Err("no lines".into()) };
    let peak = parts.iter().map(|part| part.peak_memory).max().unwrap_or_default();
    println!(
        "{threads} threads: {lines} lines, {lines} rows, each as expected; {seconds:.1} s, {:.2} million lines/s; peak memory {:.1} MB",
        lines as f64 / seconds / 1e6,
        peak as f64 / 1e6,
    );
    // The last part can be shorter than the others.
    let whole_parts = lines / LINES_OF_PART;
    if whole_parts >= 2 {
        let whole = &parts[..whole_parts];
        let slowest = whole.iter().map(|part| part.seconds).fold(0.0, f64::max);
        println!(
            "  first million {:.3} s, last million {:.3} s, slowest {slowest:.3} s; memory {:.1} MB after the first, {:.1} MB after the last",
            first.seconds,
            whole[whole_parts - 1].seconds,
            first.peak_memory as f64 / 1e6,
            last.peak_memory as f64 / 1e6,
        );
    }
    if peak > MOST_MEMORY {
        return Err(format!("{peak} bytes of memory are more than {MOST_MEMORY}").into());
    }
    Ok(())
}
