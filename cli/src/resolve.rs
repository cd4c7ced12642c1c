//! Says where Google News links lead, and asks Google where the link itself does not tell.
//!
//!     cargo run --release --features ureq --example resolve -- 'https://news.google.com/rss/articles/CBMi…?oc=5'
//!     cargo run --release --features ureq --example resolve -- --json --cache answers.jsonl < links.txt

use std::ffi::OsString;
use std::fs::{File, OpenOptions};
use std::io::{self, BufRead, ErrorKind, IsTerminal, Read, Seek, SeekFrom, Write};
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::{Duration, Instant};

use crate::program::{Failure, exit_code, failed, say};
use clap::Args as ClapArgs;
use google_news_link::{BlockReader, Error, OpaqueArticle, decode};
use google_news_link_resolve::{self as resolve, Options, Resolution, ureq::Driver};
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use serde::{Deserialize, Serialize};
use ureq::Agent;

/// Says where Google News links lead, and asks Google where the link itself does not tell.
///
/// Prints a line for each link, in their order: the URL, or nothing if there is none; why stands on standard
/// error.
#[derive(ClapArgs)]
pub(crate) struct Args {
    /// Whom to ask
    #[arg(long, value_name = "URL", default_value = "https://news.google.com")]
    base: String,

    /// Print a JSON object a line: link, url, error, retry (true where trying again later may help)
    #[arg(long)]
    json: bool,

    /// Answers of earlier runs, a JSON object a line: token, url. What is there is not asked for, new ones are
    /// added as they come. Two runs at once do not see each other's
    #[arg(long, value_name = "FILE")]
    cache: Option<PathBuf>,

    /// End after so many seconds; what is not answered by then is left
    #[arg(long, value_name = "SECONDS")]
    deadline: Option<u32>,

    /// Links or IDs; without any, the lines of standard input
    #[arg(value_name = "LINK")]
    links: Vec<OsString>,
}

pub(crate) fn main(args: &Args) -> ExitCode {
    exit_code(run(args).map(|all_good| if all_good { ExitCode::SUCCESS } else { ExitCode::FAILURE }))
}

/// True if every link has a URL.
fn run(args: &Args) -> Result<bool, Failure> {
    let options = Options::new()
        .base_url(&args.base)
        .map_err(|error| failed(&args.base)(io::Error::new(ErrorKind::InvalidInput, error)))?;
    let deadline = args.deadline.map(|seconds| Instant::now() + Duration::from_secs(seconds.into()));
    let mut resolution = Resolution::new(options);
    let mut cache = args.cache.as_deref().map(|path| Cache::open(path, &mut resolution)).transpose()?;
    let links = read_links(args).map_err(failed("reading"))?;
    let links: Vec<_> = links.into_iter().map(|text| Link::of_text(text, &mut resolution)).collect();

    let agent: Agent = Agent::config_builder().timeout_global(Some(Duration::from_secs(30))).build().into();
    let mut driver = Driver::new(&agent);
    if let Some(deadline) = deadline {
        driver = driver.deadline(deadline);
    }
    let mut printer = Printer {
        out: io::stdout().lock(),
        json: args.json,
        printed: 0,
        failed: 0,
        bar: progress_bar(&resolution),
    };
    let mut outcome = printer.print_known(&links, &resolution);
    if outcome.is_ok() {
        driver.run_with(&mut resolution, |resolution| {
            printer.bar.set_position(printer.bar.length().unwrap_or(0) - resolution.remaining() as u64);
            outcome = printer.print_known(&links, resolution);
            if let (Ok(()), Some(cache)) = (&outcome, &mut cache) {
                outcome = cache.add(resolution);
            }
            if outcome.is_ok() { ControlFlow::Continue(()) } else { ControlFlow::Break(()) }
        });
    }
    printer.bar.finish_and_clear();
    outcome?;
    printer.print_rest(&links, &resolution)?;
    let (count, pages, posts) = (links.len(), resolution.pages(), resolution.posts());
    say(format_args!(
        "{count} links, {} with a URL, {} without; {pages} page requests, {posts} POSTs",
        count - printer.failed,
        printer.failed
    ));
    Ok(printer.failed == 0)
}

fn read_links(args: &Args) -> io::Result<Vec<Vec<u8>>> {
    if !args.links.is_empty() {
        return Ok(args.links.iter().map(|link| link.as_encoded_bytes().to_vec()).collect());
    }
    if io::stdin().is_terminal() {
        say(format_args!("reading links from the terminal, one a line; Ctrl-D ends"));
    }
    io::stdin()
        .lock()
        .split(b'\n')
        .map(|line| {
            let mut line = line?;
            if line.ends_with(b"\r") {
                line.pop();
            }
            Ok(line)
        })
        .collect()
}

/// A link, and what became of it.
struct Link {
    text: String,
    /// The number of its outcome, or why it has none.
    number: Result<usize, Error>,
}

impl Link {
    fn of_text(text: Vec<u8>, resolution: &mut Resolution) -> Self {
        let number = decode(&text).map(|target| resolution.push_target(&target));
        Link { text: String::from_utf8_lossy(&text).into_owned(), number }
    }

    fn url<'a>(&self, resolution: &'a Resolution) -> Result<&'a str, Problem> {
        match self.number {
            Ok(number) => match resolution.outcome(number) {
                Some(outcome) => outcome.map_err(|error| Problem::Online(error.clone())),
                None => unreachable!("its number is that of an outcome"),
            },
            Err(error) => Err(Problem::Offline(error)),
        }
    }
}

enum Problem {
    Offline(Error),
    Online(resolve::Error),
}

impl Problem {
    fn text(&self) -> String {
        match self {
            Problem::Offline(error) => error.to_string(),
            Problem::Online(error) => error.to_string(),
        }
    }

    fn is_retryable(&self) -> bool {
        matches!(self, Problem::Online(error) if error.is_retryable())
    }

    /// True if the article may still get an answer.
    fn is_open(&self) -> bool {
        use resolve::ErrorKind::{Interrupted, NotTried};
        matches!(self, Problem::Online(error) if matches!(error.kind(), NotTried | Interrupted))
    }
}

/// What `--json` prints; what is not there is null.
#[derive(Serialize)]
struct Record<'a> {
    link: &'a str,
    url: Option<&'a str>,
    error: Option<String>,
    retry: bool,
}

struct Printer<W> {
    out: W,
    json: bool,
    printed: usize,
    failed: usize,
    bar: ProgressBar,
}

impl<W: Write> Printer<W> {
    /// Prints the links whose turn it is, up to the first one that still waits for its answer.
    fn print_known(&mut self, links: &[Link], resolution: &Resolution) -> Result<(), Failure> {
        while let Some(link) = links.get(self.printed) {
            let url = link.url(resolution);
            if url.as_ref().is_err_and(Problem::is_open) {
                break;
            }
            self.print(link, url)?;
        }
        self.out.flush().map_err(failed("writing"))
    }

    fn print_rest(&mut self, links: &[Link], resolution: &Resolution) -> Result<(), Failure> {
        while let Some(link) = links.get(self.printed) {
            self.print(link, link.url(resolution))?;
        }
        self.out.flush().map_err(failed("writing"))
    }

    fn print(&mut self, link: &Link, url: Result<&str, Problem>) -> Result<(), Failure> {
        self.printed += 1;
        self.failed += usize::from(url.is_err());
        let problem = url.as_ref().err();
        if self.json {
            let record = Record {
                link: &link.text,
                url: url.as_ref().ok().copied(),
                error: problem.map(Problem::text),
                retry: problem.is_some_and(Problem::is_retryable),
            };
            serde_json::to_writer(&mut self.out, &record).map_err(|error| failed("writing")(error.into()))?;
            return writeln!(self.out).map_err(failed("writing"));
        }
        if let Some(problem) = problem {
            let later = if problem.is_retryable() { "; trying again later may help" } else { "" };
            let text = printable(&link.text);
            self.bar.suspend(|| say(format_args!("error: {}{later}\n  {text}", printable(&problem.text()))));
        }
        writeln!(self.out, "{}", url.unwrap_or_default()).map_err(failed("writing"))
    }
}

/// The text without what would move a terminal's cursor.
fn printable(text: &str) -> String {
    text.chars().map(|char| if char.is_control() { '\u{fffd}' } else { char }).collect()
}

fn progress_bar(resolution: &Resolution) -> ProgressBar {
    let target =
        if io::stderr().is_terminal() { ProgressDrawTarget::stderr() } else { ProgressDrawTarget::hidden() };
    let bar = ProgressBar::with_draw_target(Some(resolution.remaining() as u64), target);
    let style = ProgressStyle::with_template("{bar:40} {pos} of {len} articles  {eta} left");
    style.map_or(bar.clone(), |style| bar.with_style(style))
}

/// Answers, kept in a file.
struct Cache {
    name: String,
    file: File,
    /// So many of the resolution's answers are in the file.
    kept: usize,
}

/// A line of the file.
#[derive(Serialize, Deserialize)]
struct Answer<'a> {
    #[serde(borrow)]
    token: std::borrow::Cow<'a, str>,
    #[serde(borrow)]
    url: std::borrow::Cow<'a, str>,
}

impl Cache {
    /// Seeds the resolution with the answers that are in the file. It is made if it is not there.
    fn open(path: &Path, resolution: &mut Resolution) -> Result<Self, Failure> {
        let name = path.display().to_string();
        let mut file =
            OpenOptions::new().read(true).append(true).create(true).open(path).map_err(failed(&name))?;
        // A device may have no end.
        if !file.metadata().map_err(failed(&name))?.is_file() {
            return Err(failed(&name)(io::Error::new(ErrorKind::InvalidInput, "is not a file")));
        }
        let mut blocks = BlockReader::new(&file);
        let mut block = Vec::new();
        let mut number = 0;
        while blocks.read_block(&mut block).map_err(failed(&name))? {
            for line in block.split_inclusive(|&byte| byte == b'\n') {
                number += 1;
                if !line.trim_ascii().is_empty() && !seed(line, resolution) {
                    say(format_args!("{name}: line {number} is not an answer, and is not used"));
                }
            }
        }
        // Behind a line that was cut, a new one begins.
        let mut last = [b'\n'];
        if file.seek(SeekFrom::End(0)).map_err(failed(&name))? > 0 {
            file.seek(SeekFrom::End(-1)).and_then(|_| file.read_exact(&mut last)).map_err(failed(&name))?;
        }
        if last != [b'\n'] {
            file.write_all(b"\n").map_err(failed(&name))?;
        }
        Ok(Cache { name, file, kept: 0 })
    }

    /// Adds the answers that are new.
    fn add(&mut self, resolution: &Resolution) -> Result<(), Failure> {
        let mut lines = Vec::new();
        for (token, url) in resolution.answers_from(self.kept) {
            let answer = Answer { token: token.into(), url: url.into() };
            serde_json::to_writer(&mut lines, &answer).map_err(|error| failed(&self.name)(error.into()))?;
            lines.push(b'\n');
            self.kept += 1;
        }
        self.file.write_all(&lines).map_err(failed(&self.name))
    }
}

/// False for a line that holds no answer, or one that can't be right.
fn seed(line: &[u8], resolution: &mut Resolution) -> bool {
    let Ok(answer) = serde_json::from_slice::<Answer<'_>>(line) else { return false };
    let Ok(article) = OpaqueArticle::new(answer.token, None) else { return false };
    resolution.seed(&article, &answer.url).is_ok()
}
