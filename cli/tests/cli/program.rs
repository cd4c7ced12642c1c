//! Runs the program.

use std::io::Write;
use std::process::{Child, Command, Output, Stdio};
use std::thread;

use serde_json::Value;

/// An article of 2024, whose link contains both URLs.
pub(crate) const GUARDIAN: &str = "https://news.google.com/rss/articles/CBMifmh0dHBzOi8vd3d3LnRoZWd1YXJkaWFuLmNvbS93b3JsZC9hcnRpY2xlLzIwMjQvanVuLzE3L3ZsYWRpbWlyLXB1dGluLXRvLXZpc2l0LW5vcnRoLWtvcmVhLWFzLWhlLXNlZWtzLWZ1cnRoZXItbWlsaXRhcnktc3VwcG9ydNIBfmh0dHBzOi8vYW1wLnRoZWd1YXJkaWFuLmNvbS93b3JsZC9hcnRpY2xlLzIwMjQvanVuLzE3L3ZsYWRpbWlyLXB1dGluLXRvLXZpc2l0LW5vcnRoLWtvcmVhLWFzLWhlLXNlZWtzLWZ1cnRoZXItbWlsaXRhcnktc3VwcG9ydA?oc=5";
/// The path of both URLs.
pub(crate) const GUARDIAN_PATH: &str =
    "world/article/2024/jun/17/vladimir-putin-to-visit-north-korea-as-he-seeks-further-military-support";

/// An ID that contains [`AMU_URL`].
pub(crate) const AMU: &str = "CBMiFmh0dHBzOi8vYW11LnR2LzExMTkzMS_SAQA";
pub(crate) const AMU_URL: &str = "https://amu.tv/111931/";

/// The ID of an opaque article, and its token.
pub(crate) const OPAQUE: &str =
    "CBMiNkFVX3lxTE04T1d2QWFkS3BlS042NlZ0bThVc3hFeU5xTFF0d25TdDFhSURHT00tRWhSOGVpZw";
pub(crate) const TOKEN: &str = "AU_yqLM8OWvAadKpeKN66Vtm8UsxEyNqLQtwnSt1aIDGOM-EhR8eig";

/// Creates the command with its arguments. Requests that it would send to another machine go to a closed port of this one.
pub(crate) fn program(args: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_google-news-link"));
    for name in ["HTTP_PROXY", "CLICOLOR", "CLICOLOR_FORCE", "NO_COLOR"] {
        command.env_remove(name).env_remove(name.to_lowercase());
    }
    for (name, value) in [
        ("HTTPS_PROXY", "http://127.0.0.1:1"),
        ("ALL_PROXY", "http://127.0.0.1:1"),
        ("NO_PROXY", "127.0.0.1"),
    ] {
        command.env_remove(name.to_lowercase()).env(name, value);
    }
    command.args(args).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    command
}

/// Runs a command to its end.
pub(crate) fn run(args: &[&str], input: impl AsRef<[u8]>) -> Output {
    finish(program(args).spawn().unwrap(), input)
}

/// Writes the input to a program and waits for its end.
pub(crate) fn finish(mut child: Child, input: impl AsRef<[u8]>) -> Output {
    let input = input.as_ref().to_vec();
    let mut stdin = child.stdin.take().unwrap();
    // A program that ends early does not read the whole input.
    let writer = thread::spawn(move || _ = stdin.write_all(&input));
    let output = child.wait_with_output().unwrap();
    writer.join().unwrap();
    output
}

pub(crate) fn text(bytes: &[u8]) -> &str {
    std::str::from_utf8(bytes).unwrap()
}

/// Returns the objects of an output with one object per line.
pub(crate) fn objects(output: &[u8]) -> Vec<Value> {
    text(output).lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}
