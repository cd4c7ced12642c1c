//! The exit statuses and messages of commands that fail.

use std::io;
use std::process::{Command, Output, Stdio};

use google_news_link_loopback::{Play, Server, articles, news_page, recorded_pairs};

use crate::program::{AMU, GUARDIAN, finish, program, run, text};

/// Returns the arguments of every command, and an input for which it prints something.
fn commands(server: &Server) -> Vec<(Vec<String>, String)> {
    let links = format!("{GUARDIAN}\n").repeat(10_000);
    let feed = format!("<rss>{}</rss>", format!("<item><link>{GUARDIAN}</link></item>").repeat(10_000));
    let page = news_page(&recorded_pairs(), 0);
    let base = server.base.as_str();
    [
        (&["decode"][..], &links),
        (&["decode", "--json"], &links),
        (&["table", "--threads", "1"], &links),
        (&["table", "--threads", "2"], &links),
        (&["table", "--format", "jsonl"], &links),
        (&["find"], &links),
        (&["find", "--json"], &links),
        (&["rewrite"], &links),
        (&["rewrite", "--resolve", "--base", base], &links),
        (&["feed"], &feed),
        (&["resolve", "--base", base], &links),
        (&["resolve", "--json", "--base", base], &links),
        (&["harvest"], &page),
        (&["harvest", "--json"], &page),
        (&["completions", "bash"], &links),
        (&["man"], &links),
    ]
    .map(|(args, input)| (args.iter().map(|arg| arg.to_string()).collect(), input.clone()))
    .into()
}

fn command(args: &[String]) -> Command {
    program(&args.iter().map(String::as_str).collect::<Vec<_>>())
}

#[test]
fn a_closed_pipe_ends_every_command_quietly() {
    let server = Server::start(&[], Play::default());
    for (args, input) in commands(&server) {
        let (reader, writer) = io::pipe().unwrap();
        drop(reader);
        let output = finish(command(&args).stdout(writer).spawn().unwrap(), input);
        assert_eq!((text(&output.stderr), output.status.code()), ("", Some(0)), "{args:?}");
    }
    for args in [&["--help"][..], &["help", "table"], &["decode", "-h"], &["--version"]] {
        let (reader, writer) = io::pipe().unwrap();
        drop(reader);
        let output = program(args).stdout(writer).output().unwrap();
        assert_eq!((text(&output.stderr), output.status.code()), ("", Some(0)), "{args:?}");
    }
}

#[test]
fn a_pipe_closed_between_two_answers_ends_resolve_quietly() {
    let articles = articles(120);
    let server = Server::start(&articles, Play::default());
    let mut child = program(&["resolve", "--base", &server.base]).spawn().unwrap();
    let mut lines = io::BufReader::new(child.stdout.take().unwrap());
    let links: String = articles.iter().map(|article| article.link() + "\n").collect();
    io::Write::write_all(&mut child.stdin.take().unwrap(), links.as_bytes()).unwrap();
    let mut line = String::new();
    io::BufRead::read_line(&mut lines, &mut line).unwrap();
    assert_eq!(line.trim_end(), articles[0].url);
    drop(lines);
    let output = child.wait_with_output().unwrap();
    assert_eq!((text(&output.stderr), output.status.code()), ("", Some(0)));
}

#[cfg(target_os = "linux")]
#[test]
fn an_output_without_room_is_an_error() {
    let server = Server::start(&[], Play::default());
    let full = || std::fs::OpenOptions::new().write(true).open("/dev/full").unwrap();
    for (args, input) in commands(&server) {
        let output = finish(command(&args).stdout(full()).spawn().unwrap(), input);
        let message = "error: standard output: No space left on device (os error 28)\n";
        assert_eq!((text(&output.stderr), output.status.code()), (message, Some(2)), "{args:?}");
    }
    for (name, input) in [("table", AMU), ("rewrite", AMU), ("feed", "<rss/>")] {
        let output = run(&[name, "--output", "/dev/full"], input);
        let message = "error: /dev/full: No space left on device (os error 28)\n";
        assert_eq!((text(&output.stderr), output.status.code()), (message, Some(2)), "{name}");
    }
}

#[test]
fn an_output_in_a_missing_directory_is_an_error() {
    for (name, input) in [("table", AMU), ("rewrite", AMU), ("feed", "<rss/>")] {
        let output = run(&[name, "--output", "no/such/file"], input);
        assert!(text(&output.stderr).starts_with("error: no/such/file: "), "{output:?}");
        assert_eq!((text(&output.stdout), output.status.code()), ("", Some(2)));
    }
}

#[test]
fn an_input_that_cannot_be_read_is_an_error() {
    let directory = tempfile::tempdir().unwrap();
    for name in ["table", "find", "rewrite", "feed"] {
        let missing = run(&[name, "no\u{1b}such\nfile"], "");
        assert_eq!(missing.status.code(), Some(2));
        let message = "error: no\u{fffd}such\u{fffd}file: ";
        assert!(text(&missing.stderr).starts_with(message), "{missing:?}");
    }
    if cfg!(unix) {
        for args in [
            &["decode"][..],
            &["table"],
            &["table", "--threads", "1"],
            &["find"],
            &["rewrite"],
            &["rewrite", "--resolve"],
            &["feed"],
            &["resolve"],
            &["harvest"],
        ] {
            let mut command = program(args);
            let output = command.stdin(std::fs::File::open(&directory).unwrap()).output().unwrap();
            let message = "error: standard input: Is a directory (os error 21)\n";
            assert_eq!((text(&output.stderr), output.status.code()), (message, Some(2)), "{args:?}");
        }
    }
}

#[test]
fn wrong_usage_is_an_error_with_a_hint() {
    let cases: &[(&[&str], &str)] = &[
        (&[], "Usage: google-news-link <COMMAND>"),
        (&["dump"], "error: unrecognized subcommand 'dump'\n\nUsage:"),
        (&[AMU], "\n  tip: to decode a link, write 'google-news-link decode LINK'\n"),
        (&["decode", "--color"], "error: unexpected argument '--color' found"),
        (&["table", "--format", "csv"], "error: invalid value 'csv' for '--format <FORMAT>'"),
        (&["table", "--threads", "65"], "error: invalid value '65' for '--threads <N>': 65 is not in 1..=64"),
        (
            &["resolve", "--in-flight", "0"],
            "error: invalid value '0' for '--in-flight <N>': 0 is not in 1..=64",
        ),
        (&["resolve", "--timeout", "0"], "error: invalid value '0' for '--timeout <SECONDS>'"),
        (&["resolve", "--wait", "0"], "error: invalid value '0' for '--wait <SECONDS>'"),
        (&["resolve", "--deadline", "soon"], "error: invalid value 'soon' for '--deadline <SECONDS>'"),
        (&["resolve", "--user-agent", "a\nb"], "error: invalid value 'a\nb' for '--user-agent <TEXT>'"),
        (
            &["resolve", "--base", "news.google.com"],
            "error: invalid value 'news.google.com' for '--base <URL>': not a base URL, which is an http or https URL \
             without query and fragment",
        ),
        (
            &["feed", "--base", "http://127.0.0.1"],
            "error: the following required arguments were not provided",
        ),
        (
            &["rewrite", "--cache", "answers.jsonl"],
            "error: the following required arguments were not provided",
        ),
        (&["completions", "tcsh"], "error: invalid value 'tcsh' for '<SHELL>'"),
        (&["man", "dump"], "error: invalid value 'dump' for '[COMMAND]'"),
    ];
    for (args, message) in cases {
        let output = run(args, "");
        assert!(text(&output.stderr).contains(message), "{args:?}: {}", text(&output.stderr));
        assert_eq!((text(&output.stdout), output.status.code()), ("", Some(2)), "{args:?}");
    }
}

#[test]
fn a_closed_standard_error_changes_nothing() {
    let (reader, writer) = io::pipe().unwrap();
    drop(reader);
    let output: Output =
        program(&["decode", "hello", AMU]).stdin(Stdio::null()).stderr(writer).output().unwrap();
    assert!(text(&output.stdout).contains("canonical_url: https://amu.tv/111931/\n"));
    assert_eq!(output.status.code(), Some(1));
}

#[cfg(unix)]
#[test]
fn a_file_keeps_its_content_if_its_replacement_cannot_be_written_to_the_end() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("output");
    std::fs::write(&path, "old").unwrap();
    for name in ["table", "rewrite", "feed"] {
        let mut command = program(&[name, "--output", path.to_str().unwrap()]);
        // The input can be opened, but not read.
        let output = command.stdin(std::fs::File::open("/").unwrap()).output().unwrap();
        assert_eq!(output.status.code(), Some(2), "{name}");
        assert_eq!(std::fs::read_to_string(&path).unwrap(), "old", "{name}");
        assert_eq!(std::fs::read_dir(&directory).unwrap().count(), 1, "a temporary file of {name} is left");
    }
}

#[cfg(target_os = "linux")]
#[test]
fn no_temporary_file_is_left_by_a_program_that_was_killed() {
    use rustix::fs::{Mode, OFlags};
    use std::io::Write;
    let directory = tempfile::tempdir().unwrap();
    if rustix::fs::open(directory.path(), OFlags::TMPFILE | OFlags::RDWR, Mode::RUSR).is_err() {
        eprintln!("skipped: files on this file system have names");
        return;
    }
    let path = directory.path().join("output");
    std::fs::write(&path, "old").unwrap();
    for name in ["table", "rewrite"] {
        let args = [name, "--output", path.to_str().unwrap()];
        let mut child = program(&args).stdin(Stdio::piped()).spawn().unwrap();
        // More than fits in a pipe, so the program has begun to read, and has created its output before.
        child.stdin.as_mut().unwrap().write_all("hello\n".repeat(500_000).as_bytes()).unwrap();
        child.kill().unwrap();
        child.wait().unwrap();
        assert_eq!(std::fs::read_to_string(&path).unwrap(), "old", "{name}");
        assert_eq!(std::fs::read_dir(&directory).unwrap().count(), 1, "a temporary file of {name} is left");
    }
}
