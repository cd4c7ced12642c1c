//! Many articles through `resolve`, with faults of the server and signals that kill the program.

use std::collections::{HashMap, HashSet};
use std::fs::{self, File};
use std::io::{BufRead, BufReader, Seek, Write};
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Instant;

use clap::Args as ClapArgs;
use google_news_link_loopback::{Article, articles};
use rustix::process::{Pid, Signal, kill_process};
use serde_json::Value;

use crate::server::Server;
use crate::{Outcome, Program, peak_memory};

/// Resolves articles on loopback, with each fault in 1 % of the requests, and kills the program
///
/// The program is started again and again with the same cache until all URLs are known. Fails if a printed URL is wrong or
/// missing in the cache, or if the program requests an answer that it has.
#[derive(ClapArgs)]
pub(crate) struct Args {
    #[arg(long, default_value_t = 2000)]
    articles: usize,

    /// The number of runs that are killed
    #[arg(long, default_value_t = 10)]
    kills: usize,

    /// The number of articles that a run is to resolve
    #[arg(long, default_value_t = 5000)]
    articles_per_run: usize,

    /// The seconds after which a request times out
    #[arg(long, default_value_t = 1)]
    timeout: u32,

    #[arg(long, default_value_t = 64)]
    in_flight: u16,

    #[arg(long, default_value_t = 1)]
    seed: u64,
}

/// The maximum number of runs for the same articles before the test fails.
const MOST_RUNS_OF_PART: usize = 10_000;

#[derive(Default)]
struct Counts {
    runs: usize,
    killed: usize,
    printed: usize,
    peak_memory: usize,
}

/// The program with the service and the cache that all runs share.
struct Setup<'a> {
    program: &'a Program,
    args: &'a Args,
    server: Server,
    cache: PathBuf,
    random: fastrand::Rng,
    counts: Counts,
}

pub(crate) fn run(program: &Program, args: &Args) -> Outcome {
    let articles = articles(args.articles);
    let folder = tempfile::tempdir()?;
    let mut setup = Setup {
        program,
        args,
        server: Server::start(&articles, args.seed)?,
        cache: folder.path().join("cache.jsonl"),
        random: fastrand::Rng::with_seed(args.seed),
        counts: Counts::default(),
    };
    let start = Instant::now();
    for part in articles.chunks(args.articles_per_run) {
        setup.resolve(part)?;
    }
    let known = read_cache(&setup.cache)?;
    check_urls(&articles, &known)?;
    let (counts, record) = (&setup.counts, setup.server.state());
    let mut faults: Vec<_> = record.faults.iter().collect();
    faults.sort();
    println!(
        "{} articles, {} in the cache, each with its URL; {} runs, {} of them killed, {:.0} s; peak memory {:.1} MB",
        articles.len(),
        known.len(),
        counts.runs,
        counts.killed,
        start.elapsed().as_secs_f64(),
        counts.peak_memory as f64 / 1e6,
    );
    println!(
        "  {} pages, {} POSTs; faults: {}",
        record.pages,
        record.posts,
        faults.iter().map(|(fault, count)| format!("{fault:?} {count}")).collect::<Vec<_>>().join(", "),
    );
    println!("  {} URLs printed, all of them in the cache; nothing known was requested", counts.printed);
    if counts.killed < args.kills {
        return Err(format!("only {} runs were killed: too few articles", counts.killed).into());
    }
    Ok(())
}

impl Setup<'_> {
    /// Starts the program with these articles until all of them are resolved.
    fn resolve(&mut self, part: &[Article]) -> Outcome {
        let urls: HashMap<String, &str> =
            part.iter().map(|article| (article.link(), article.url.as_str())).collect();
        for _ in 0..MOST_RUNS_OF_PART {
            let known = read_cache(&self.cache)?;
            let known_ids: HashSet<String> = part
                .iter()
                .filter(|article| known.contains_key(&article.token))
                .map(|article| article.id.clone())
                .collect();
            if known_ids.len() == part.len() {
                return Ok(());
            }
            let user_agent = format!("load/{}", self.counts.runs);
            self.server.begin_run(&user_agent, known_ids);
            let mut links = tempfile::tempfile()?;
            part.iter().try_for_each(|article| writeln!(links, "{}", article.link()))?;
            links.rewind()?;
            let printed = self.run_once(&user_agent, links)?;
            let known = read_cache(&self.cache)?;
            check_urls(part, &known)?;
            self.counts.printed += check_printed(&printed, &urls, &known)?;
            if let Some(repeated) = self.server.state().repeated.first() {
                return Err(format!("requested again: {repeated}").into());
            }
        }
        Err(format!("not resolved after {MOST_RUNS_OF_PART} runs").into())
    }

    /// Runs the program to its end, or kills it. Returns the records that it has printed.
    fn run_once(
        &mut self,
        user_agent: &str,
        links: File,
    ) -> Result<Vec<Value>, Box<dyn std::error::Error + Send + Sync>> {
        let mut command = self.program.command();
        command
            .args(["resolve", "--json", "--base", &self.server.base, "--user-agent", user_agent])
            .arg("--cache")
            .arg(&self.cache);
        command.args([
            "--timeout",
            &self.args.timeout.to_string(),
            "--in-flight",
            &self.args.in_flight.to_string(),
        ]);
        let mut child = command.stdin(links).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn()?;
        let process = child.id();
        if self.counts.killed < self.args.kills {
            let pid = Pid::from_child(&child);
            // Some of the signals come after the first or second POST.
            self.server.kill_after(self.random.usize(1..150), move || {
                let _ = kill_process(pid, Signal::KILL);
            });
        }
        let output = child.stdout.take().ok_or("no standard output")?;
        let mut records = Vec::new();
        let mut cut = None;
        for line in BufReader::new(output).lines() {
            let line = line?;
            match serde_json::from_str(&line) {
                Ok(record) => records.push(record),
                Err(error) => cut = Some(format!("{error}: {line}")),
            }
            if records.len() % 500 == 1 {
                let peak = peak_memory(process).unwrap_or_default();
                self.counts.peak_memory = self.counts.peak_memory.max(peak);
            }
        }
        let output = child.wait_with_output()?;
        self.counts.runs += 1;
        match output.status.code() {
            // All resolved, or some without a URL.
            Some(0 | 1) if cut.is_none() => {}
            // A signal can end it within a line.
            None => self.counts.killed += 1,
            Some(_) => {
                let messages = String::from_utf8_lossy(&output.stderr);
                return Err(format!("{}: {messages} {}", output.status, cut.unwrap_or_default()).into());
            }
        }
        Ok(records)
    }
}

/// Returns the URLs of the tokens in the cache. An incomplete last line is ignored, as by the program.
fn read_cache(path: &Path) -> Result<HashMap<String, String>, Box<dyn std::error::Error + Send + Sync>> {
    if !path.exists() {
        return Ok(HashMap::new());
    }
    let content = fs::read_to_string(path)?;
    let mut known = HashMap::new();
    for line in content.lines() {
        let Ok(answer) = serde_json::from_str::<Value>(line) else { continue };
        let (Some(token), Some(url)) = (answer["token"].as_str(), answer["url"].as_str()) else { continue };
        if known.insert(token.to_owned(), url.to_owned()).is_some() {
            return Err(format!("{token} is twice in the cache").into());
        }
    }
    Ok(known)
}

fn check_urls(articles: &[Article], known: &HashMap<String, String>) -> Outcome {
    for article in articles {
        if let Some(url) = known.get(&article.token)
            && *url != article.url
        {
            return Err(format!("wrong URL in the cache: {url} instead of {}", article.url).into());
        }
    }
    Ok(())
}

/// Returns the number of URLs that were printed.
fn check_printed(
    records: &[Value],
    urls: &HashMap<String, &str>,
    known: &HashMap<String, String>,
) -> Result<usize, Box<dyn std::error::Error + Send + Sync>> {
    let mut count = 0;
    for record in records {
        let link = record["link"].as_str().ok_or("a record without a link")?;
        let Some(url) = record["canonical_url"].as_str() else { continue };
        if urls.get(link) != Some(&url) {
            return Err(format!("wrong URL: {url} for {link}").into());
        }
        let token = record["token"].as_str().ok_or("a record without a token")?;
        if known.get(token).map(String::as_str) != Some(url) {
            return Err(format!("printed but not in the cache: {url}").into());
        }
        count += 1;
    }
    Ok(count)
}
