//! Searches text for links, against `memchr::memmem` looking for `news.google` in the same bytes.
//!
//!     cargo bench -p google-news-link-benches --bench find -- --rounds 40
//!
//! Both run in turn in one process. The printed numbers are the minimum and the median of all rounds.

use std::hint::black_box;
use std::time::{Duration, Instant};

use clap::Parser;
use google_news_link::{find, rewrite};
use google_news_link_benches::corpus;
use memchr::memmem;

#[derive(Parser)]
struct Options {
    /// Rounds of all candidates.
    #[arg(long, default_value_t = 20)]
    rounds: usize,
    /// Size of each text in MB.
    #[arg(long, default_value_t = 100)]
    megabytes: usize,
    /// Runs everything once on a small text, to see that it runs.
    #[arg(long)]
    test: bool,
    /// Passed by cargo.
    #[arg(long, hide = true)]
    bench: bool,
}

/// Parts of HTML, JSON and prose without a link.
const PARTS: [&str; 6] = [
    "<div class=\"c-entry\"><p>The minister said on Monday that the talks would go on. News of the vote came later.</p></div>\n",
    "{\"id\":18274,\"title\":\"Markets rise as talks go on\",\"url\":\"https:\\/\\/www.example.com\\/2024\\/06\\/markets?a=1\\u0026b=2\"},\n",
    "The river rose for a third day, and people left the villages beside it. Googly bowling, said the coach, is an art.\n",
    "<a href=\"https://www.example.org/world/2024/jun/17/north-korea?ref=home&amp;page=2\" rel=\"noopener\">North Korea</a>\n",
    "2024-06-17T08:12:44Z INFO feed fetched status=200 bytes=48211 source=https://feeds.example.net/rss/world.xml\n",
    "<script src=\"https://fonts.googleapis.com/css2?family=Roboto\"></script><img src=\"https://i.example.com/a/b/c.jpg\">\n",
];

/// Creates a text of about `len` bytes, with a link after every `distance` bytes unless that is `None`.
fn text(len: usize, distance: Option<usize>) -> Vec<u8> {
    let mut rng = fastrand::Rng::with_seed(7);
    let dump = corpus::lines(2000, 7);
    let mut links = dump
        .split(|&byte| byte == b'\n')
        .filter(|line| line.starts_with(b"https://news.google.com/"))
        .cycle();
    let mut text = Vec::with_capacity(len + 4096);
    let mut next = distance.unwrap_or(usize::MAX);
    while text.len() < len {
        if text.len() >= next {
            text.extend_from_slice(b"<a href=\"");
            text.extend_from_slice(links.next().expect("the corpus has links with a host"));
            text.extend_from_slice(b"\">");
            next = text.len() + distance.unwrap_or(usize::MAX);
        }
        text.extend_from_slice(PARTS[rng.usize(..PARTS.len())].as_bytes());
    }
    text
}

fn main() {
    let mut options = Options::parse();
    if options.test {
        (options.rounds, options.megabytes) = (1, 1);
    }
    for (name, distance) in
        [("no link", None), ("a link every 2 KB", Some(2048)), ("a link every 300 bytes", Some(300))]
    {
        let text = text(options.megabytes * 1_000_000, distance);
        let finder = memmem::Finder::new("news.google");
        let candidates: [(&str, &dyn Fn() -> usize); 4] = [
            ("memmem", &|| finder.find_iter(&text).count()),
            ("find", &|| find(&text).count()),
            ("find, relative", &|| find(&text).relative(true).count()),
            ("rewrite", &|| rewrite(&text, |found| found.decode().ok()?.into_canonical_url()).len()),
        ];
        let mut times = [const { Vec::new() }; 4];
        for round in 0..options.rounds {
            for at in 0..candidates.len() {
                let at = (at + round) % candidates.len();
                let start = Instant::now();
                black_box(candidates[at].1());
                times[at].push(start.elapsed());
            }
        }
        println!("{name}: {} MB, {} links", text.len() / 1_000_000, find(&text).count());
        let minimum = |times: &[Duration]| times.iter().min().copied().unwrap_or_default();
        let baseline = minimum(&times[0]);
        for ((candidate, _), times) in candidates.iter().zip(&mut times) {
            times.sort_unstable();
            let (minimum, median) = (minimum(times), times[times.len() / 2]);
            let rate = |time: Duration| text.len() as f64 / 1e9 / time.as_secs_f64();
            println!(
                "  {candidate:16} {:6.2} GB/s (median {:6.2}), {:5.1} % of memmem",
                rate(minimum),
                rate(median),
                baseline.as_secs_f64() / minimum.as_secs_f64() * 100.0
            );
        }
    }
}
