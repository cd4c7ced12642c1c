//! Measures the memory that `resolve` takes for many links.

use std::io::{BufRead, BufReader, Write};
use std::thread;

use google_news_link_loopback::{Article, Play, Server, article_of_url};

use crate::program::program;

/// Creates an article whose link has the usual length, 323 bytes on average.
fn article(n: usize) -> Article {
    article_of_url(&format!("https://publisher.example/{n:08}/{}", "x".repeat(40 + n % 110)))
}

/// Resolves `count` links and returns the peak memory of the program, in bytes.
fn peak_memory(count: usize, options: &[&str]) -> u64 {
    let articles: Vec<_> = (0..count).map(article).collect();
    // The last pages are never answered, so that the program still runs when it is measured.
    let server = Server::start(&articles, Play { answered: count - 50, ..Play::default() });
    let args = [&["resolve", "--in-flight", "16", "--base", &server.base], options].concat();
    let mut child = program(&args).spawn().unwrap();
    let mut stdin = child.stdin.take().unwrap();
    let links: String = articles.iter().map(|article| article.link() + "\n").collect();
    let writer = thread::spawn(move || stdin.write_all(links.as_bytes()).unwrap());
    let lines = BufReader::new(child.stdout.take().unwrap()).lines();
    for (article, line) in articles[..count - 100].iter().zip(lines) {
        assert!(line.unwrap().contains(&article.url));
    }
    let status = std::fs::read_to_string(format!("/proc/{}/status", child.id())).unwrap();
    let peak = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap();
    let kilobytes: u64 = peak.trim().trim_end_matches(" kB").parse().unwrap();
    child.kill().unwrap();
    child.wait().unwrap();
    writer.join().unwrap();
    kilobytes << 10
}

#[test]
#[ignore = "takes a minute or two"]
fn a_hundred_thousand_links_take_less_than_200_mb() {
    for options in [&[][..], &["--json"]] {
        let peak = peak_memory(100_000, options);
        println!("{options:?}: {:.1} MB", peak as f64 / 1e6);
        assert!(peak < 200_000_000);
    }
}

#[test]
fn memory_grows_by_less_than_2_kb_for_each_link() {
    let peak = peak_memory(2_000, &["--json"]);
    assert!(peak < 40_000_000 + 2_000 * 2_000, "{peak}");
}
