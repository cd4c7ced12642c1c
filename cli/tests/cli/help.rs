//! Help texts, completions and manual pages.

use std::process::{Command, Stdio};

use crate::program::{finish, run, text};

const COMMANDS: [&str; 9] =
    ["decode", "table", "find", "rewrite", "feed", "resolve", "harvest", "completions", "man"];

/// The options of each command.
const OPTIONS: [(&str, &[&str]); 7] = [
    ("decode", &["--json"]),
    ("table", &["--format", "--threads", "--output", "--with-link"]),
    ("find", &["--json", "--relative"]),
    ("rewrite", &["--relative", "--output", "--resolve", "--cache", "--base"]),
    ("feed", &["--output", "--resolve", "--base"]),
    (
        "resolve",
        &[
            "--json",
            "--cache",
            "--page",
            "--learn",
            "--deadline",
            "--wait",
            "--in-flight",
            "--timeout",
            "--user-agent",
            "--base",
        ],
    ),
    ("harvest", &["--json", "--cache"]),
];

fn stdout_of(args: &[&str]) -> String {
    let output = run(args, "");
    assert_eq!((text(&output.stderr), output.status.code()), ("", Some(0)), "{args:?}");
    assert!(!text(&output.stdout).contains('\u{1b}'), "color in a pipe: {args:?}");
    text(&output.stdout).to_owned()
}

#[test]
fn every_help_text_has_examples_and_exit_statuses() {
    let whole = COMMANDS.map(|name| vec![name]).into_iter().chain([vec![]]);
    for command in whole {
        let [short, long] = ["-h", "--help"].map(|option| stdout_of(&[&command[..], &[option]].concat()));
        for help in [&short, &long] {
            assert!(help.contains("\nExamples:\n  google-news-link "), "{help}");
            assert!(help.contains("\nExit status:\n  0  success"), "{help}");
        }
        assert!(long.len() >= short.len());
        assert_eq!(stdout_of(&[&["help"], &command[..]].concat()), long);
    }
    for (command, options) in OPTIONS {
        let help = stdout_of(&[command, "--help"]);
        assert!(options.iter().all(|option| help.contains(option)), "{help}");
    }
}

#[test]
fn the_examples_of_decode_work() {
    let help = stdout_of(&["decode", "--help"]);
    let examples = help.lines().filter_map(|line| line.trim().strip_prefix("google-news-link "));
    let examples: Vec<_> = examples.filter(|example| !example.contains('<')).collect();
    assert!(examples.len() >= 2, "{help}");
    for example in examples {
        let args: Vec<_> = example.split(' ').map(|arg| arg.trim_matches('\'')).collect();
        stdout_of(&args);
    }
}

#[test]
fn every_command_prints_its_version() {
    let version = env!("CARGO_PKG_VERSION");
    assert_eq!(stdout_of(&["--version"]), format!("google-news-link {version}\n"));
    assert_eq!(stdout_of(&["-V"]), format!("google-news-link {version}\n"));
    for command in COMMANDS {
        let expected = format!("google-news-link-{command} {version}\n");
        assert_eq!(stdout_of(&[command, "--version"]), expected);
    }
}

#[test]
fn every_shell_completes_all_commands_and_options() {
    for shell in ["bash", "elvish", "fish", "powershell", "zsh"] {
        let script = stdout_of(&["completions", shell]);
        assert!(COMMANDS.iter().all(|command| script.contains(command)), "{shell}");
        for option in OPTIONS.iter().flat_map(|(_, options)| *options) {
            // Fish writes long options without their hyphens.
            assert!(script.contains(option.trim_start_matches('-')), "{shell} {option}");
        }
    }
}

/// Runs a program, if it is installed, with an input for which it must report nothing.
fn check_with(program: &str, args: &[&str], input: &str) {
    let child = Command::new(program)
        .args(args)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn();
    if let Ok(child) = child {
        let output = finish(child, input);
        assert_eq!((text(&output.stderr), output.status.success()), ("", true), "{program}");
    }
}

#[test]
fn shells_and_roff_accept_the_generated_files() {
    for shell in ["bash", "fish", "zsh"] {
        check_with(shell, &["-n"], &stdout_of(&["completions", shell]));
    }
    for command in COMMANDS {
        check_with("groff", &["-man", "-Tutf8", "-ww", "-z"], &stdout_of(&["man", command]));
    }
}

#[test]
fn every_command_has_a_manual_page() {
    let page = stdout_of(&["man"]);
    assert!(page.contains(".TH google-news-link 1"), "{page}");
    for command in COMMANDS {
        assert!(page.contains(&format!("google\\-news\\-link\\-{command}(1)")), "{page}");
        let page = stdout_of(&["man", command]);
        assert!(page.contains(&format!(".TH google-news-link-{command} 1")), "{page}");
        for section in ["NAME", "SYNOPSIS", "DESCRIPTION", "OPTIONS", "EXAMPLES", "EXIT STATUS", "VERSION"] {
            assert!(
                page.contains(&format!(".SH {section}\n")) || page.contains(&format!(".SH \"{section}\"\n")),
                "{section} in {page}"
            );
        }
        assert!(page.contains("\n\\&google\\-news\\-link "), "{page}");
    }
}
