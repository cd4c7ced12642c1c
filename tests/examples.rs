//! The example programs, run as people run them.

use std::io::Write;
use std::path::PathBuf;
use std::process::{Command, Output, Stdio};

use serde_json::{Value, json};

const GUARDIAN: &str = "https://news.google.com/rss/articles/CBMifmh0dHBzOi8vd3d3LnRoZWd1YXJkaWFuLmNvbS93b3JsZC9hcnRpY2xlLzIwMjQvanVuLzE3L3ZsYWRpbWlyLXB1dGluLXRvLXZpc2l0LW5vcnRoLWtvcmVhLWFzLWhlLXNlZWtzLWZ1cnRoZXItbWlsaXRhcnktc3VwcG9ydNIBfmh0dHBzOi8vYW1wLnRoZWd1YXJkaWFuLmNvbS93b3JsZC9hcnRpY2xlLzIwMjQvanVuLzE3L3ZsYWRpbWlyLXB1dGluLXRvLXZpc2l0LW5vcnRoLWtvcmVhLWFzLWhlLXNlZWtzLWZ1cnRoZXItbWlsaXRhcnktc3VwcG9ydA?oc=5";
const ARTICLE: &str =
    "world/article/2024/jun/17/vladimir-putin-to-visit-north-korea-as-he-seeks-further-military-support";

/// Cargo builds the examples beside the tests.
fn example(name: &str) -> PathBuf {
    let mut path = std::env::current_exe().unwrap();
    path.pop();
    path.pop();
    path.join("examples").join(format!("{name}{}", std::env::consts::EXE_SUFFIX))
}

fn run(name: &str, args: &[&str], input: &[u8]) -> Output {
    let mut child = Command::new(example(name))
        .args(args)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut stdin = child.stdin.take().unwrap();
    let input = input.to_vec();
    let writer = std::thread::spawn(move || stdin.write_all(&input));
    let output = child.wait_with_output().unwrap();
    writer.join().unwrap().unwrap();
    output
}

fn text(bytes: &[u8]) -> &str {
    std::str::from_utf8(bytes).unwrap()
}

#[test]
fn decode_prints_what_a_link_leads_to() {
    let id = GUARDIAN.rsplit_once('/').unwrap().1.strip_suffix("?oc=5").unwrap();
    for link in [GUARDIAN, id] {
        let output = run("decode", &[link], b"");
        assert_eq!(
            text(&output.stdout),
            format!(
                "kind: article\n\
                 canonical_url: https://www.theguardian.com/{ARTICLE}\n\
                 amp_url: https://amp.theguardian.com/{ARTICLE}\n"
            )
        );
        assert_eq!((text(&output.stderr), output.status.code()), ("", Some(0)));
    }
}

#[test]
fn decode_points_at_the_byte_that_is_wrong() {
    let output = run("decode", &["https://news.google.com/articles/CBMiYmh0dHBzO..."], b"");
    assert_eq!(text(&output.stdout), "");
    assert_eq!(
        text(&output.stderr),
        format!(
            "error: `.` is not a base64url character, at byte 46\n  \
             https://news.google.com/articles/CBMiYmh0dHBzO...\n{:>49}\n",
            '^'
        )
    );
    assert_eq!(output.status.code(), Some(1));

    // In a link that is too long for a line.
    let output = run("decode", &[&GUARDIAN.replace("LXZpc2l0", "LXZ.c2l0")], b"");
    let shown: Vec<_> = text(&output.stderr).lines().collect();
    let column = shown[2].chars().count() - 1;
    assert_eq!(shown[1].chars().nth(column), Some('.'), "{shown:?}");
    assert!(shown[1].chars().count() <= 100, "{shown:?}");
    assert!(shown[1].trim().starts_with('…') && shown[1].ends_with('…'), "{shown:?}");
}

#[test]
fn decode_goes_on_behind_a_bad_link() {
    let output = run("decode", &["CAAqBwgKMI7rigMwlq88", "hello", "CCAiC2JSMFZjT0NUb2hZmAEB"], b"");
    assert_eq!(
        text(&output.stdout),
        "link: CAAqBwgKMI7rigMwlq88\nkind: publication\nnumber: 989078\nfamily: 6469006\n\n\
         link: CCAiC2JSMFZjT0NUb2hZmAEB\nkind: video\n\
         canonical_url: https://www.youtube.com/watch?v=bR0VcOCTohY\nvideo: bR0VcOCTohY\n\n"
    );
    assert_eq!(text(&output.stderr), "error: not a Google News link or ID, at byte 0\n  hello\n  ^\n");
    assert_eq!(output.status.code(), Some(1));
}

#[test]
fn decode_gives_an_object_a_line() {
    let lines = format!(
        "{GUARDIAN}\r\n\n\u{1f600}\n{}",
        "CBMiNkFVX3lxTE04T1d2QWFkS3BlS042NlZ0bThVc3hFeU5xTFF0d25TdDFhSURHT00tRWhSOGVpZw"
    );
    let output = run("decode", &["--json"], &[lines.as_bytes(), b"\n\xff\n"].concat());
    let objects: Vec<Value> =
        text(&output.stdout).lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let failed = |link: &str| {
        json!({"link": link, "kind": null, "canonical_url": null, "amp_url": null, "token": null,
               "error": "not a Google News link or ID, at byte 0"})
    };
    assert_eq!(
        objects,
        [
            json!({"link": GUARDIAN, "kind": "article", "token": null, "error": null,
                   "canonical_url": format!("https://www.theguardian.com/{ARTICLE}"),
                   "amp_url": format!("https://amp.theguardian.com/{ARTICLE}")}),
            failed(""),
            failed("\u{1f600}"),
            json!({"link": lines.lines().last(), "kind": "opaque-article", "canonical_url": null, "amp_url": null,
                   "token": "AU_yqLM8OWvAadKpeKN66Vtm8UsxEyNqLQtwnSt1aIDGOM-EhR8eig", "error": null}),
            failed("\u{fffd}"),
        ]
    );
    assert!(text(&output.stdout).starts_with(r#"{"link":"https:"#), "the link comes first");
    assert_eq!((text(&output.stderr), output.status.code()), ("", Some(1)));
}

#[test]
fn decode_answers_every_line_of_a_pipe() {
    let links = format!("{GUARDIAN}\n").repeat(1000);
    let output = run("decode", &[], links.as_bytes());
    assert_eq!(text(&output.stdout).matches("kind: article\n").count(), 1000);
    assert_eq!(output.status.code(), Some(0));

    let output = run("decode", &[], format!("{GUARDIAN}\n").as_bytes());
    assert!(text(&output.stdout).starts_with("kind: article\n"), "one line is shown as one link is");
    let output = run("decode", &[], b"");
    assert_eq!((text(&output.stdout), output.status.code()), ("", Some(0)));
}
