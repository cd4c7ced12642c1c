//! Measures the time to decode a whole file of links (a dump), in relation to a baseline, the yardstick: base64-simd, which decodes only the IDs.
//!
//!     cargo bench -p google-news-link-benches --bench dump                    a corpus of 250,000 lines, made from a seed
//!     cargo bench -p google-news-link-benches --bench dump -- --lines 1000000
//!     cargo bench -p google-news-link-benches --bench dump -- links.txt       a file, one link per line
//!     cargo bench -p google-news-link-benches --bench dump -- --markdown --svg dump.svg
//!
//! All cases run in one process, each once per round, in another order in each round. A case is timed in parts of about 1 MiB of
//! the dump, and its time is the sum of the minima of its parts: on a machine that is shared with others, some rounds of each part are
//! undisturbed, but no round of the whole dump is. The result is the ratio of these times. If two cases find different URLs, the
//! program panics.

mod report;

use std::hint::black_box;
use std::path::PathBuf;
use std::time::{Duration, Instant};

use base64::prelude::{BASE64_URL_SAFE_NO_PAD, Engine};
use base64_simd::{AsOut, URL_SAFE_NO_PAD};
use clap::Parser;
use google_news_link::batch::{BatchFull, VectorLevel};
use google_news_link::{Batch, Decoder, Kind, Link, Target, decode};
use google_news_link_benches::{corpus, obvious};
use url::Url;

#[derive(Parser)]
struct Args {
    /// A file of links, one per line; by default, a generated corpus
    file: Option<PathBuf>,

    /// The number of lines in the corpus
    #[arg(long, default_value_t = 250_000)]
    lines: usize,

    /// The number of rounds
    #[arg(long, default_value_t = 20)]
    rounds: usize,

    /// Run only the cases with this in their name
    #[arg(long, default_value = "")]
    only: String,

    /// Repeat the file until it has this many MB
    #[arg(long, default_value_t = 0)]
    repeat_to: usize,

    /// Print the table of docs/performance.md
    #[arg(long)]
    markdown: bool,

    /// Draw the picture of docs/performance.md
    #[arg(long, value_name = "FILE")]
    svg: Option<PathBuf>,

    /// Run one round on few lines
    #[arg(long)]
    test: bool,

    /// Passed by cargo
    #[arg(long, hide = true)]
    bench: bool,
}

/// The number of URLs and tokens that a case has found, including those of AMP pages, and the number of their bytes.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
struct Found {
    texts: usize,
    bytes: usize,
}

impl Found {
    fn add(&mut self, text: Option<&str>) {
        if let Some(text) = text {
            self.texts += 1;
            self.bytes += text.len();
        }
    }

    fn add_target(&mut self, target: &Target<'_>) {
        self.add(target.canonical_url());
        self.add(target.amp_url());
        if let Target::OpaqueArticle(article) = target {
            self.add(Some(article.token()));
            self.add(article.amp_token());
        }
    }

    fn add_batch(&mut self, batch: &Batch) {
        let columns = [batch.canonical_urls(), batch.amp_urls(), batch.tokens(), batch.amp_tokens()];
        columns.into_iter().flatten().for_each(|string| self.add(string));
    }
}

const ROOM: &str = "a dump has less than 2 GiB of URLs";

/// One way to decode the dump. A run measures the time of each of its parts. It returns the numbers of URLs, or `None` if it does not
/// decode links.
struct Case<'a> {
    name: String,
    run: Run<'a>,
    expected: Found,
}

/// The durations of the parts of a run.
#[derive(Default)]
struct Parts(Vec<Duration>);

impl Parts {
    fn time<T>(&mut self, run: impl FnOnce() -> T) -> T {
        let start = Instant::now();
        let result = black_box(run());
        self.0.push(start.elapsed());
        result
    }
}

/// The number of lines in a part of a case that decodes line by line: about 1 MiB.
const LINES_OF_PART: usize = 3_500;

fn obvious(base: &Url, link: &str, found: &mut Found) -> Option<()> {
    let article = obvious::article_id(&base.join(link).ok()?)?;
    if article.kind != 19 {
        return None;
    }
    black_box((Url::parse(&article.url).ok(), Url::parse(&article.amp).ok()));
    found.add(Some(&article.url));
    found.add((!article.amp.is_empty()).then_some(&article.amp));
    Some(())
}

fn main() {
    let mut args = Args::parse();
    if args.test {
        (args.lines, args.rounds) = (2_000, 1);
    }
    let mut dump = match &args.file {
        Some(file) => std::fs::read(file).expect("the file can be read"),
        None => corpus::lines(args.lines, 2024),
    };
    let once = dump.len();
    while dump.len() + once <= args.repeat_to * 1_000_000 {
        dump.extend_from_within(..once);
    }
    let dump = &dump[..];
    let lines: Vec<&[u8]> = dump.strip_suffix(b"\n").unwrap_or(dump).split(|&byte| byte == b'\n').collect();

    let mut batch = Batch::new();
    batch.push_lines(dump).expect(ROOM);
    assert_eq!(batch.len(), lines.len());
    let mut found = Found::default();
    found.add_batch(&batch);
    // The obvious program decodes only articles, and only links with the ID at the end of the path.
    let mut articles = Found::default();
    let base = Url::parse("https://news.google.com/").expect("a URL");
    for line in &lines {
        let _ = obvious(&base, &String::from_utf8_lossy(line), &mut articles);
    }
    let ids: Vec<String> = lines
        .iter()
        .filter_map(|line| Some(Link::parse_bytes(line).ok()?.id()?.to_owned()))
        .filter(|id| BASE64_URL_SAFE_NO_PAD.decode(id).is_ok())
        .collect();
    // Concatenated in the order of the dump.
    let all_ids = ids.concat();
    let mut rest = all_ids.as_str();
    let ids: Vec<&[u8]> = ids
        .iter()
        .map(|id| {
            let (id, after) = rest.split_at(id.len());
            rest = after;
            id.as_bytes()
        })
        .collect();

    describe(dump, &lines, &ids, &batch);
    let mut cases = cases(dump, &lines, &ids, &base, found, articles);
    cases.retain(|case| case.name.contains(&args.only) || case.name == report::YARDSTICK);

    let mut times: Vec<Vec<Vec<Duration>>> = vec![Vec::new(); cases.len()];
    for round in 0..args.rounds {
        let count = cases.len();
        for case in (0..count).map(|place| (place + round) % count).collect::<Vec<_>>() {
            let Case { run, expected, name } = &mut cases[case];
            let mut parts = Parts::default();
            let found = run(&mut parts);
            assert!(found.is_none_or(|found| found == *expected), "{name}: {found:?}, not {expected:?}");
            times[case].push(parts.0);
        }
    }
    let names: Vec<&str> = cases.iter().map(|case| case.name.as_str()).collect();
    let rows = report::rows(&names, &times, lines.len(), dump.len());
    print!("{}", if args.markdown { report::markdown(&rows) } else { report::table(&rows) });
    if let Some(file) = &args.svg {
        std::fs::write(file, report::svg(&rows)).expect("the picture can be written");
    }
}

fn describe(dump: &[u8], lines: &[&[u8]], ids: &[&[u8]], batch: &Batch) {
    let counts = batch.counts();
    println!(
        "{} lines, {:.1} MB, {:.0} bytes a line, {:.0} characters an ID",
        lines.len(),
        dump.len() as f64 / 1e6,
        dump.len() as f64 / lines.len() as f64,
        ids.iter().map(|id| id.len()).sum::<usize>() as f64 / ids.len() as f64,
    );
    let amp = batch.amp_urls().iter().flatten().count();
    println!(
        "{} articles ({amp} with an AMP URL), {} opaque, {} others, {} errors\n",
        counts.get(Kind::Article),
        counts.get(Kind::OpaqueArticle),
        counts.rows() - counts.get(Kind::Article) - counts.get(Kind::OpaqueArticle) - counts.errors(),
        counts.errors()
    );
}

fn cases<'a>(
    dump: &'a [u8],
    lines: &'a [&[u8]],
    ids: &'a [&[u8]],
    base: &'a Url,
    found: Found,
    articles: Found,
) -> Vec<Case<'a>> {
    let mut cases = Vec::new();
    let mut case = |name: &str, expected, run: Run<'a>| {
        cases.push(Case { name: name.into(), run, expected });
    };

    let mut copy = vec![0; dump.len()];
    case(
        "memcpy of the file",
        found,
        Box::new(move |parts| {
            for (from, to) in dump.chunks(BLOCK).zip(copy.chunks_mut(BLOCK)) {
                parts.time(|| to.copy_from_slice(black_box(from)));
            }
            black_box(&copy);
            None
        }),
    );
    case(
        "newline index alone",
        found,
        Box::new(move |parts| {
            for block in dump.chunks(BLOCK) {
                parts.time(|| memchr::memchr_iter(b'\n', black_box(block)).fold(0, |n, at| n + at % 2));
            }
            None
        }),
    );
    let mut out = vec![0; 65_536];
    case(
        report::YARDSTICK,
        found,
        Box::new(move |parts| {
            for ids in ids.chunks(LINES_OF_PART) {
                parts.time(|| {
                    for id in ids {
                        black_box(URL_SAFE_NO_PAD.decode(id, out.as_out()).expect("sound"));
                    }
                });
            }
            None
        }),
    );
    let engine = base64::engine::Simd::url_safe(base64::engine::general_purpose::NO_PAD);
    let mut out = vec![0; 65_536];
    case(
        "base64 0.23 (Simd) decoding the IDs alone",
        found,
        Box::new(move |parts| {
            for ids in ids.chunks(LINES_OF_PART) {
                parts.time(|| {
                    for id in ids {
                        black_box(engine.decode_slice(id, &mut out).expect("sound"));
                    }
                });
            }
            None
        }),
    );
    case(
        "the obvious program: url, base64, prost, url",
        articles,
        line_by_line(lines, move |line, found| {
            let _ = obvious(base, &String::from_utf8_lossy(line), found);
        }),
    );
    case(
        "decode, a line at a time",
        found,
        line_by_line(lines, |line, found| {
            if let Ok(target) = decode(line) {
                found.add_target(&target);
            }
        }),
    );
    let mut decoder = Decoder::new();
    case(
        "Decoder, a line at a time",
        found,
        line_by_line(lines, move |line, found| {
            if let Ok(target) = decoder.decode_bytes(line) {
                found.add_target(&target);
            }
        }),
    );
    let mut batch = Batch::new();
    case(
        "Batch::push, a line at a time",
        found,
        Box::new(move |parts| {
            batch.clear();
            for lines in lines.chunks(LINES_OF_PART) {
                parts.time(|| lines.iter().for_each(|line| batch.push(line).expect(ROOM)));
            }
            Some(of_batch(&batch))
        }),
    );
    // The ranges of the lines in a part of the dump.
    let start_of = |line: &[u8]| line.as_ptr().addr() - dump.as_ptr().addr();
    let ranges: Vec<_> = lines.iter().map(|line| start_of(line)..start_of(line) + line.len()).collect();
    let mut batch = Batch::new();
    case(
        "push_strings, 3,500 strings at a time, used again",
        found,
        Box::new(move |parts| {
            let mut all = Found::default();
            for ranges in ranges.chunks(LINES_OF_PART) {
                batch.clear();
                parts.time(|| batch.push_strings(dump, ranges.iter().cloned()).expect(ROOM));
                all.add_batch(&batch);
            }
            Some(all)
        }),
    );
    case(report::SUBJECT, found, block_by_block(dump, Batch::push_lines));
    let mut batch = Batch::new();
    case(
        "push_lines, all in one batch, used again",
        found,
        Box::new(move |parts| {
            batch.clear();
            parts.time(|| batch.push_lines(dump).expect(ROOM));
            Some(of_batch(&batch))
        }),
    );
    case(
        "push_lines, all in one batch, fresh",
        found,
        Box::new(move |parts| {
            let batch = parts.time(|| {
                let mut batch = Batch::new();
                batch.push_lines(dump).expect(ROOM);
                batch
            });
            Some(of_batch(&batch))
        }),
    );
    for level in VectorLevel::available() {
        case(
            &format!("push_lines on {}", level),
            found,
            block_by_block(dump, move |batch, block| batch.push_lines_on(level, block)),
        );
    }
    for threads in [1, 2] {
        case(
            &format!("push_lines, {threads} thread{}", if threads == 1 { "" } else { "s" }),
            found,
            Box::new(move |parts| {
                let blocks: Vec<&[u8]> = blocks(dump).collect();
                let next = std::sync::atomic::AtomicUsize::new(0);
                // Wall-clock time, including the start and end of the threads.
                parts.time(|| {
                    std::thread::scope(|scope| {
                        for _ in 0..threads {
                            scope.spawn(|| {
                                let mut batch = Batch::new();
                                while let Some(block) =
                                    blocks.get(next.fetch_add(1, std::sync::atomic::Ordering::Relaxed))
                                {
                                    batch.clear();
                                    batch.push_lines(block).expect(ROOM);
                                    black_box(&batch);
                                }
                            });
                        }
                    });
                });
                None
            }),
        );
    }
    cases
}

/// One round of a case.
type Run<'a> = Box<dyn FnMut(&mut Parts) -> Option<Found> + 'a>;

fn line_by_line<'a>(lines: &'a [&[u8]], mut decode: impl FnMut(&[u8], &mut Found) + 'a) -> Run<'a> {
    Box::new(move |parts| {
        let mut found = Found::default();
        for lines in lines.chunks(LINES_OF_PART) {
            parts.time(|| lines.iter().for_each(|line| decode(line, &mut found)));
        }
        Some(found)
    })
}

/// Decodes block by block, as a reader returns them, into the same batch.
fn block_by_block<'a>(
    dump: &'a [u8],
    mut push: impl FnMut(&mut Batch, &[u8]) -> Result<(), BatchFull> + 'a,
) -> Run<'a> {
    let mut batch = Batch::new();
    Box::new(move |parts| {
        let mut all = Found::default();
        for block in blocks(dump) {
            batch.clear();
            parts.time(|| push(&mut batch, block).expect(ROOM));
            all.add_batch(&batch);
        }
        Some(all)
    })
}

fn of_batch(batch: &Batch) -> Found {
    let mut found = Found::default();
    found.add_batch(batch);
    found
}

/// The length of a block.
const BLOCK: usize = 1 << 20;

/// Returns the dump in blocks of whole lines, about 1 MiB each.
fn blocks(mut dump: &[u8]) -> impl Iterator<Item = &[u8]> {
    std::iter::from_fn(move || {
        let end = match dump.get(..BLOCK) {
            Some(block) => memchr::memrchr(b'\n', block)? + 1,
            None => dump.len(),
        };
        let (block, rest) = dump.split_at(end);
        dump = rest;
        (!block.is_empty()).then_some(block)
    })
}
