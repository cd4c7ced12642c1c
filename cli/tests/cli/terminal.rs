//! The program on a real terminal.

use std::fs::File;
use std::io::{Read, Write};
use std::os::fd::OwnedFd;
use std::process::Command;
use std::thread::{self, JoinHandle};

use google_news_link_loopback::{Play, Server, articles};
use rustix::fs::{Mode, OFlags, open};
use rustix::pty::{OpenptFlags, grantpt, openpt, ptsname, unlockpt};
use rustix::termios::{Winsize, tcsetwinsize};

use crate::program::{AMU, AMU_URL, GUARDIAN, finish, program, run, text};

/// A terminal of 100 columns.
struct Terminal {
    controller: File,
    user: OwnedFd,
}

impl Terminal {
    fn open() -> Self {
        let controller = openpt(OpenptFlags::RDWR | OpenptFlags::NOCTTY).unwrap();
        grantpt(&controller).unwrap();
        unlockpt(&controller).unwrap();
        let name = ptsname(&controller, Vec::new()).unwrap();
        let user = open(name, OFlags::RDWR | OFlags::NOCTTY, Mode::empty()).unwrap();
        let size = Winsize { ws_row: 24, ws_col: 100, ws_xpixel: 0, ws_ypixel: 0 };
        tcsetwinsize(&user, size).unwrap();
        Terminal { controller: controller.into(), user }
    }

    fn stream(&self) -> OwnedFd {
        self.user.try_clone().unwrap()
    }

    /// Returns everything that is shown until no process uses the terminal any longer.
    fn finish(self) -> JoinHandle<String> {
        let Terminal { mut controller, user } = self;
        drop(user);
        thread::spawn(move || {
            let mut shown = Vec::new();
            let mut chunk = [0; 4096];
            // On Linux, reading is an error if no process uses the terminal.
            while let Ok(len @ 1..) = controller.read(&mut chunk) {
                shown.extend_from_slice(&chunk[..len]);
            }
            String::from_utf8(shown).unwrap()
        })
    }
}

/// Creates a command on a terminal that has colors.
fn on_terminal(args: &[&str]) -> Command {
    let mut command = program(args);
    command.env("TERM", "xterm-256color").env_remove("CI");
    command
}

/// Returns the text that a command shows on a terminal as standard error.
fn shown_on_stderr(mut command: Command) -> String {
    let terminal = Terminal::open();
    let child = command.stdin(std::process::Stdio::null()).stderr(terminal.stream()).spawn().unwrap();
    // The command also has streams of the terminal.
    drop(command);
    let shown = terminal.finish();
    child.wait_with_output().unwrap();
    shown.join().unwrap()
}

#[test]
fn errors_are_colored_on_a_terminal_only() {
    for args in [&["decode", "hello"][..], &["table", "no such file"], &["resolve", "hello"]] {
        let shown = shown_on_stderr(on_terminal(args));
        assert!(shown.contains("\u{1b}[31merror:\u{1b}[0m "), "{shown:?}");
        let mut command = on_terminal(args);
        command.env("NO_COLOR", "1");
        let shown = shown_on_stderr(command);
        assert!(shown.starts_with("error: ") && !shown.contains("\u{1b}["), "{shown:?}");
        let output = run(args, "");
        assert!(text(&output.stderr).starts_with("error: "), "{output:?}");
    }
}

#[test]
fn help_is_colored_on_a_terminal_only() {
    for args in [&["--help"][..], &["table", "-h"]] {
        let show = |command: &mut Command| {
            let terminal = Terminal::open();
            let child = command.stdout(terminal.stream()).spawn().unwrap();
            command.stdout(std::process::Stdio::null());
            let shown = terminal.finish();
            child.wait_with_output().unwrap();
            shown.join().unwrap()
        };
        let shown = show(&mut on_terminal(args));
        for heading in ["Usage:", "Options:", "Examples:", "Exit status:"] {
            assert!(shown.contains(&format!("\u{1b}[1m\u{1b}[4m{heading}\u{1b}[0m")), "{shown:?}");
        }
        let shown = show(on_terminal(args).env("NO_COLOR", "1"));
        assert!(shown.contains("Examples:") && !shown.contains("\u{1b}["), "{shown:?}");
    }
}

#[test]
fn progress_is_shown_on_a_terminal_only() {
    let directory = tempfile::tempdir().unwrap();
    let links = directory.path().join("links.txt");
    std::fs::write(&links, format!("{GUARDIAN}\n").repeat(20_000)).unwrap();
    let articles = articles(120);
    let server = Server::start(&articles, Play::default());
    let ids: Vec<_> = articles.iter().map(|article| article.id.as_str()).collect();
    let table = ["table", links.to_str().unwrap()];
    let resolve = [&["resolve", "--base", &server.base], &ids[..]].concat();
    for (args, progress) in [(&table[..], " MiB of "), (&resolve[..], " of 120 articles  ")] {
        let shown = shown_on_stderr(on_terminal(args));
        assert!(shown.contains(progress), "{shown:?}");
        // The progress is removed before the summary.
        let summary = shown.rsplit("\u{1b}[2K").next().unwrap();
        assert!(
            summary.contains(if args == table { "20000 rows in " } else { "120 links: " }),
            "{summary:?}"
        );
        assert!(!summary.contains(progress), "{summary:?}");
        let output = run(args, "");
        assert!(!text(&output.stderr).contains(progress), "{output:?}");
    }
    // The size of a pipe is not known.
    let terminal = Terminal::open();
    let mut command = on_terminal(&["table"]);
    let child = command.stderr(terminal.stream()).spawn().unwrap();
    drop(command);
    let shown = terminal.finish();
    finish(child, std::fs::read(&links).unwrap());
    let shown = shown.join().unwrap();
    assert!(shown.contains("/s") && !shown.contains(" MiB of "), "{shown:?}");
}

#[test]
fn a_message_explains_that_input_is_read_from_the_terminal() {
    for (name, message) in [
        ("decode", "reading links, one per line, from the terminal; Ctrl-D ends the input\n"),
        ("resolve", "reading links, one per line, from the terminal; Ctrl-D ends the input\n"),
        ("find", "reading a text from the terminal; Ctrl-D ends the input\n"),
        ("rewrite", "reading a text from the terminal; Ctrl-D ends the input\n"),
        ("feed", "reading a feed from the terminal; Ctrl-D ends the input\n"),
        ("table", "reading links, one per line, from the terminal; Ctrl-D ends the input\n"),
    ] {
        let mut terminal = Terminal::open();
        let mut command = on_terminal(&[name]);
        let child = command.stdin(terminal.stream()).spawn().unwrap();
        drop(command);
        // A line, and the end of the input.
        let line = if name == "feed" {
            format!("<rss><link>{AMU}</link></rss>\n\u{4}")
        } else {
            format!("https://news.google.com/articles/{AMU}\n\u{4}")
        };
        terminal.controller.write_all(line.as_bytes()).unwrap();
        let output = child.wait_with_output().unwrap();
        assert!(text(&output.stderr).starts_with(message), "{output:?}");
        assert_eq!(output.status.code(), Some(0));
        if name != "feed" {
            assert!(text(&output.stdout).contains(AMU_URL), "{output:?}");
        }
    }
}
