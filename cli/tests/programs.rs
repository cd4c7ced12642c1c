//! The commands `decode` and `table`, run as people run them.

use std::io::Write;
use std::process::{Command, Output, Stdio};

use serde_json::{Value, json};

const GUARDIAN: &str = "https://news.google.com/rss/articles/CBMifmh0dHBzOi8vd3d3LnRoZWd1YXJkaWFuLmNvbS93b3JsZC9hcnRpY2xlLzIwMjQvanVuLzE3L3ZsYWRpbWlyLXB1dGluLXRvLXZpc2l0LW5vcnRoLWtvcmVhLWFzLWhlLXNlZWtzLWZ1cnRoZXItbWlsaXRhcnktc3VwcG9ydNIBfmh0dHBzOi8vYW1wLnRoZWd1YXJkaWFuLmNvbS93b3JsZC9hcnRpY2xlLzIwMjQvanVuLzE3L3ZsYWRpbWlyLXB1dGluLXRvLXZpc2l0LW5vcnRoLWtvcmVhLWFzLWhlLXNlZWtzLWZ1cnRoZXItbWlsaXRhcnktc3VwcG9ydA?oc=5";
const ARTICLE: &str =
    "world/article/2024/jun/17/vladimir-putin-to-visit-north-korea-as-he-seeks-further-military-support";

fn run(name: &str, args: &[&str], input: &[u8]) -> Output {
    let mut child = Command::new(env!("CARGO_BIN_EXE_google-news-link"))
        .arg(name)
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

const HEADER: &str = "kind\tcanonical_url\tamp_url\ttoken\terror\n";

/// A few lines of all sorts, and the rows that they should be.
fn small_dump() -> (String, String) {
    let token = "AU_yqLM8OWvAadKpeKN66Vtm8UsxEyNqLQtwnSt1aIDGOM-EhR8eig";
    let opaque = "CBMiNkFVX3lxTE04T1d2QWFkS3BlS042NlZ0bThVc3hFeU5xTFF0d25TdDFhSURHT00tRWhSOGVpZw";
    let dump = format!("{GUARDIAN}\n\n./read/{opaque}\r\nhello\tyou\nCAAqBwgKMI7rigMwlq88\n");
    let rows = format!(
        "{HEADER}\
         article\thttps://www.theguardian.com/{ARTICLE}\thttps://amp.theguardian.com/{ARTICLE}\t\t\n\
         \t\t\t\tnot a Google News link or ID, at byte 0\n\
         opaque-article\t\t\t{token}\t\n\
         \t\t\t\tnot a Google News link or ID, at byte 0\n\
         publication\t\t\t\t\n"
    );
    (dump, rows)
}

#[test]
fn table_makes_a_row_of_each_line() {
    let (dump, rows) = small_dump();
    for threads in ["1", "2", "3"] {
        let output = run("table", &["--threads", threads], dump.as_bytes());
        assert_eq!(text(&output.stdout), rows);
        assert_eq!(output.status.code(), Some(0), "bad rows are rows");
        let summary: Vec<_> = text(&output.stderr).lines().map(str::trim).collect();
        assert!(summary[0].starts_with("5 rows in "), "{summary:?}");
        assert_eq!(summary[1..], ["1 article", "1 opaque-article", "1 publication", "2 errors"]);
    }
    assert_eq!(text(&run("table", &[], b"").stdout), HEADER);
}

#[test]
fn table_hands_on_what_is_many_times_longer_than_the_dump() {
    // 3 MB of empty lines are 140 MB of rows.
    for threads in ["1", "3"] {
        let output = run("table", &["--threads", threads], "\n".repeat(3_000_000).as_bytes());
        let row = "\t\t\t\tnot a Google News link or ID, at byte 0\n";
        assert_eq!(output.stdout.len(), HEADER.len() + 3_000_000 * row.len());
        assert!(output.stdout.ends_with(row.as_bytes()));
    }
}

#[test]
fn table_begins_rows_with_the_link_if_asked() {
    let (dump, _) = small_dump();
    let output = run("table", &["--with-link", "--threads", "1"], dump.as_bytes());
    let rows: Vec<_> = text(&output.stdout).lines().collect();
    let links: Vec<_> = rows.iter().map(|row| row.split('\t').next().unwrap()).collect();
    assert_eq!(links[..3], ["link", GUARDIAN, ""]);
    // Without its line end, and with its tab escaped.
    assert!(links[3].starts_with("./read/CBMi") && links[3].ends_with("OGVpZw"));
    assert_eq!(links[4], "hello\\tyou");
    assert!(rows.iter().all(|row| row.matches('\t').count() == 5), "{rows:?}");
}

#[test]
fn table_writes_objects_if_asked() {
    let (dump, _) = small_dump();
    let output = run("table", &["--format", "jsonl"], dump.as_bytes());
    let objects: Vec<Value> =
        text(&output.stdout).lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(objects.len(), 5);
    assert_eq!(
        objects[0],
        json!({"kind": "article", "canonical_url": format!("https://www.theguardian.com/{ARTICLE}"),
               "amp_url": format!("https://amp.theguardian.com/{ARTICLE}"), "token": null, "error": null})
    );
    assert_eq!(objects[1]["error"], "not a Google News link or ID, at byte 0");
    let output = run("table", &["--format", "jsonl", "--with-link"], dump.as_bytes());
    assert!(text(&output.stdout).lines().nth(3).unwrap().starts_with(r#"{"link":"hello\tyou","kind":null"#));
}

#[test]
fn table_keeps_the_order_of_many_blocks() {
    // 20 MB, of lines that can be told from one another.
    let lines: Vec<String> = (0..60_000)
        .map(|i| {
            let url = format!("https://example.com/{i}/{}", "a".repeat(i % 300));
            google_news_link::Article::new(url, None).unwrap().to_id()
        })
        .collect();
    let dump = lines.join("\n");
    let outputs: Vec<_> =
        ["1", "2", "5"].map(|threads| run("table", &["--threads", threads], dump.as_bytes())).into();
    assert!(outputs.iter().all(|output| output.stdout == outputs[0].stdout));
    for (i, row) in text(&outputs[0].stdout).lines().skip(1).enumerate() {
        assert!(
            row.starts_with(&format!("article\thttps://example.com/{i}/a")) || i % 300 == 0,
            "{i}: {row}"
        );
    }
    assert_eq!(text(&outputs[0].stdout).lines().count(), 60_001);
}

#[test]
fn table_fails_where_it_cannot_read_or_write() {
    let missing = run("table", &["no such file"], b"");
    assert_eq!(missing.status.code(), Some(1));
    assert!(text(&missing.stderr).starts_with("error: no such file: "), "{missing:?}");
    let folder = run("table", &["--output", "no/such/folder"], b"");
    assert_eq!(folder.status.code(), Some(1));

    // A dump is not overwritten by its own table.
    let dump = std::env::temp_dir().join(format!("google-news-link-{}.txt", std::process::id()));
    std::fs::write(&dump, GUARDIAN).unwrap();
    let path = dump.to_str().unwrap();
    let same = run("table", &["--output", path, path], b"");
    assert_eq!(same.status.code(), Some(1));
    assert_eq!(text(&same.stderr), format!("error: {path}: is the dump itself\n"));
    assert_eq!(std::fs::read_to_string(&dump).unwrap(), GUARDIAN);
    let to_file = run("table", &["--output", &format!("{path}.tsv"), path], b"");
    assert_eq!((text(&to_file.stdout), to_file.status.code()), ("", Some(0)));
    assert!(std::fs::read_to_string(format!("{path}.tsv")).unwrap().starts_with(HEADER));
    std::fs::remove_file(format!("{path}.tsv")).unwrap();
    std::fs::remove_file(dump).unwrap();

    // Whoever reads closes the pipe early: that is no failure.
    for threads in ["1", "2"] {
        let mut child = Command::new(env!("CARGO_BIN_EXE_google-news-link"))
            .arg("table")
            .args(["--threads", threads])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        drop(child.stdout.take());
        let mut stdin = child.stdin.take().unwrap();
        let writer = std::thread::spawn(move || {
            let lines = format!("{GUARDIAN}\n").repeat(100_000);
            // It may be that nobody reads all of this.
            let _ = stdin.write_all(lines.as_bytes());
        });
        let output = child.wait_with_output().unwrap();
        writer.join().unwrap();
        assert_eq!((text(&output.stderr), output.status.code()), ("", Some(0)), "{threads}");
    }
}
