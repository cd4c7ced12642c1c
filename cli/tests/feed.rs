//! The command `feed`, run as people run it.

use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

const LINK: &str = "https://news.google.com/rss/articles/CBMiFmh0dHBzOi8vYW11LnR2LzExMTkzMS_SAQA?oc=5";

fn program() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_google-news-link"));
    command.arg("feed");
    command
}

fn run(args: &[&str], input: &[u8]) -> Output {
    let mut child = program()
        .args(args)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut stdin = child.stdin.take().unwrap();
    let input = input.to_vec();
    // A program that is given a file does not read this.
    let writer = std::thread::spawn(move || _ = stdin.write_all(&input));
    let output = child.wait_with_output().unwrap();
    writer.join().unwrap();
    output
}

fn utf8(bytes: &[u8]) -> &str {
    std::str::from_utf8(bytes).unwrap()
}

fn path(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/data/feeds").join(name)
}

fn file(name: &str) -> Vec<u8> {
    std::fs::read(path(name)).unwrap()
}

/// A feed as Google writes it, and one with all that Atom and XML allow; with what is said of each.
const FEEDS: [(&str, &str, &str); 2] = [
    ("google.xml", "google.expected.xml", "11 links replaced; 4 opaque and 3 others stay\n"),
    ("atom.xml", "atom.expected.xml", "13 links replaced; 1 opaque and 3 others stay\n"),
];

#[test]
fn links_are_replaced_and_nothing_else() {
    for (feed, expected, summary) in FEEDS {
        let output = run(&[], &file(feed));
        assert_eq!(utf8(&output.stdout), utf8(&file(expected)), "{feed}");
        assert_eq!((utf8(&output.stderr), output.status.code()), (summary, Some(0)));
    }
}

#[test]
fn the_feed_comes_from_a_file_or_a_pipe_and_goes_to_either() {
    let (feed, expected, summary) = FEEDS[0];
    let path = path(feed);
    for args in [&[path.to_str().unwrap()][..], &["-"], &[]] {
        assert_eq!(run(args, &file(feed)).stdout, file(expected), "{args:?}");
    }

    // In place, too.
    let copy = std::env::temp_dir().join(format!("google-news-link-feed-{}.xml", std::process::id()));
    std::fs::copy(path, &copy).unwrap();
    let name = copy.to_str().unwrap();
    let output = run(&[name, "--output", name], b"");
    assert_eq!((utf8(&output.stdout), utf8(&output.stderr)), ("", summary));
    assert_eq!(std::fs::read(&copy).unwrap(), file(expected));

    // What is no feed leaves a file as it is.
    let output = run(&["--output", name], b"<rss><channel></rss>");
    assert_eq!(output.status.code(), Some(1));
    assert_eq!(std::fs::read(&copy).unwrap(), file(expected));
    std::fs::remove_file(copy).unwrap();
}

#[test]
fn a_closed_pipe_is_no_failure() {
    let items = format!("<item><link>{LINK}</link></item>").repeat(10_000);
    let mut child =
        program().stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    drop(child.stdout.take());
    child.stdin.take().unwrap().write_all(format!("<rss>{items}</rss>").as_bytes()).unwrap();
    let output = child.wait_with_output().unwrap();
    assert_eq!((utf8(&output.stderr), output.status.code()), ("", Some(0)));
}

#[test]
fn malformed_feeds_and_unusable_files_are_errors() {
    let output = run(&[], format!("<rss><link>{LINK}</link>").as_bytes());
    assert_eq!((utf8(&output.stdout), output.status.code()), ("", Some(1)));
    assert_eq!(utf8(&output.stderr), "error: standard input: an element that is not closed, at byte 0\n");
    let output = run(&["no such feed"], b"");
    assert_eq!(output.status.code(), Some(1));
    assert!(utf8(&output.stderr).starts_with("error: no such feed: "), "{output:?}");
    let output = run(&["--output", "no/such/folder"], b"<rss/>");
    assert_eq!(output.status.code(), Some(1));
    assert!(utf8(&output.stderr).starts_with("error: no/such/folder: "), "{output:?}");
}
