//! Signals that end `resolve`.

use std::collections::HashSet;
use std::io::{BufRead, BufReader, Read, Write};
use std::path::Path;
use std::process::{Child, ChildStdout};

use google_news_link_loopback::{Article, Play, Server, articles};
use rustix::process::{Pid, Signal, kill_process};

use crate::program::{objects, program, run, text};

/// Starts `resolve` with these links.
fn start(args: &[&str], articles: &[Article]) -> Child {
    let mut child = program(&[&["resolve"], args].concat()).spawn().unwrap();
    let links: String = articles.iter().map(|article| article.link() + "\n").collect();
    child.stdin.take().unwrap().write_all(links.as_bytes()).unwrap();
    child
}

/// Reads this number of lines as soon as they are printed.
fn read_lines(child: &mut Child, count: usize) -> (Vec<String>, BufReader<ChildStdout>) {
    let mut output = BufReader::new(child.stdout.take().unwrap());
    let lines = output.by_ref().lines().take(count).map(Result::unwrap).collect();
    (lines, output)
}

fn send(child: &Child, signal: Signal) {
    kill_process(Pid::from_child(child), signal).unwrap();
}

/// Returns the URLs of all whole lines of a cache.
fn cached_urls(cache: &Path) -> HashSet<String> {
    let content = std::fs::read(cache).unwrap();
    let whole = content.iter().rposition(|&byte| byte == b'\n').map_or(0, |newline| newline + 1);
    objects(&content[..whole]).iter().map(|answer| answer["url"].as_str().unwrap().to_owned()).collect()
}

#[test]
fn after_a_signal_the_known_urls_are_printed() {
    let articles = articles(60);
    for signal in [Signal::INT, Signal::TERM] {
        let directory = tempfile::tempdir().unwrap();
        let cache = directory.path().join("answers.jsonl");
        let cache_args = ["--cache", cache.to_str().unwrap()];
        // After the first POST, nothing is answered.
        let server = Server::start(&articles, Play { answered: 50, ..Play::default() });
        let args = [&["--in-flight", "1", "--base", &server.base], &cache_args[..]].concat();
        let mut child = start(&args, &articles);
        let (lines, mut rest) = read_lines(&mut child, 50);
        let expected: Vec<_> = articles[..50].iter().map(|article| article.url.clone()).collect();
        assert_eq!(lines, expected);
        send(&child, signal);
        let mut empty = String::new();
        rest.read_to_string(&mut empty).unwrap();
        assert_eq!(empty, "\n".repeat(10));
        let output = child.wait_with_output().unwrap();
        assert!(text(&output.stderr).starts_with("interrupted: 10 links left\n60 links: 50 with a URL"));
        assert_eq!((text(&output.stderr).lines().count(), output.status.code()), (2, Some(1)));

        let server = Server::start(&articles, Play::default());
        let links: String = articles.iter().map(|article| article.link() + "\n").collect();
        let output = run(&[&["resolve", "--base", &server.base], &cache_args[..]].concat(), links);
        assert_eq!((server.requests(), output.status.code()), ((10, 1), Some(0)));
    }
}

#[test]
fn a_signal_ends_a_pause() {
    let articles = articles(5);
    let server = Server::start(&articles, Play { budget: 3, ..Play::default() });
    let args = ["--wait", "86400", "--in-flight", "1", "--base", &server.base];
    let mut child = start(&args, &articles);
    let mut messages = BufReader::new(child.stderr.take().unwrap());
    let mut message = String::new();
    messages.read_line(&mut message).unwrap();
    assert_eq!(message, "blocked by the service: continuing in 86400 seconds with 2 articles\n");
    send(&child, Signal::INT);
    let output = child.wait_with_output().unwrap();
    let urls: String = articles[..3].iter().map(|article| format!("{}\n", article.url)).collect();
    assert_eq!(text(&output.stdout), urls + "\n\n");
    message.clear();
    messages.read_to_string(&mut message).unwrap();
    assert_eq!(
        message,
        "interrupted: 2 links left\n5 links: 3 with a URL, 2 without; requested 4 pages and 1 POST\n"
    );
    assert_eq!(output.status.code(), Some(1));
}

#[test]
fn urls_that_were_printed_before_a_kill_are_in_the_cache() {
    let articles = articles(400);
    for lines in [1, 51, 160, 301] {
        let directory = tempfile::tempdir().unwrap();
        let cache = directory.path().join("answers.jsonl");
        let cache_args = ["--cache", cache.to_str().unwrap()];
        let server = Server::start(&articles, Play::default());
        let mut child = start(&[&["--base", &server.base], &cache_args[..]].concat(), &articles);
        let (mut printed, rest) = read_lines(&mut child, lines);
        child.kill().unwrap();
        // Lines that are still in the pipe were printed, too.
        printed.extend(rest.lines().map(Result::unwrap));
        child.wait().unwrap();
        let cached = cached_urls(&cache);
        assert!(printed.len() >= lines);
        assert!(printed.iter().all(|url| cached.contains(url)), "{lines}");

        let server = Server::start(&articles, Play::default());
        let links: String = articles.iter().map(|article| article.link() + "\n").collect();
        let output = run(&[&["resolve", "--base", &server.base], &cache_args[..]].concat(), links);
        let urls: Vec<_> = articles.iter().map(|article| article.url.as_str()).collect();
        assert_eq!(text(&output.stdout).lines().collect::<Vec<_>>(), urls);
        assert_eq!(server.requests().0, articles.len() - cached.len(), "{lines}");
    }
}
