//! The command `table`.

use std::path::Path;

use serde_json::json;

use crate::program::{GUARDIAN, GUARDIAN_PATH, OPAQUE, TOKEN, objects, program, run, text};

const HEADER: &str = "kind\tcanonical_url\tamp_url\ttoken\terror\turl_len\n";

/// The row of a line that is not a link.
const NOT_A_LINK: &str = "\t\t\t\tnot a Google News link or ID\t\n";

/// Returns a few lines of all sorts, and their rows.
fn small_dump() -> (String, String) {
    let dump = format!("{GUARDIAN}\n\n./read/{OPAQUE}\r\nhello\tyou\nCAAqBwgKMI7rigMwlq88\n");
    let url = format!("https://www.theguardian.com/{GUARDIAN_PATH}");
    let rows = format!(
        "{HEADER}\
         article\t{url}\thttps://amp.theguardian.com/{GUARDIAN_PATH}\t\t\t{}\n\
         {NOT_A_LINK}\
         opaque-article\t\t\t{TOKEN}\t\t19\n\
         {NOT_A_LINK}\
         publication\t\t\t\t\t\n",
        url.len()
    );
    (dump, rows)
}

#[test]
fn table_writes_a_row_for_each_line() {
    let (dump, rows) = small_dump();
    for threads in ["1", "2", "3"] {
        let output = run(&["table", "--threads", threads], &dump);
        assert_eq!(text(&output.stdout), rows);
        assert_eq!(output.status.code(), Some(0), "bad rows are rows");
        let summary: Vec<_> = text(&output.stderr).lines().map(str::trim).collect();
        assert!(summary[0].starts_with("5 rows in "), "{summary:?}");
        assert_eq!(summary[1..], ["1 article", "1 opaque-article", "1 publication", "2 errors"]);
    }
    assert_eq!(text(&run(&["table"], "").stdout), HEADER);
}

#[test]
fn rows_that_are_many_times_longer_than_the_dump_are_written() {
    // 0.6 MB of empty lines are 28 MB of rows.
    const LINES: usize = 600_000;
    for threads in ["1", "3"] {
        let output = run(&["table", "--threads", threads], "\n".repeat(LINES).as_bytes());
        assert_eq!(output.stdout.len(), HEADER.len() + LINES * NOT_A_LINK.len());
        assert!(output.stdout.ends_with(NOT_A_LINK.as_bytes()));
    }
}

#[test]
fn with_link_begins_each_row_with_its_line() {
    let (dump, _) = small_dump();
    let output = run(&["table", "--with-link", "--threads", "1"], &dump);
    let rows: Vec<_> = text(&output.stdout).lines().collect();
    let links: Vec<_> = rows.iter().map(|row| row.split('\t').next().unwrap()).collect();
    assert_eq!(links[..3], ["link", GUARDIAN, ""]);
    // The link has no line end, and its tab is escaped.
    assert!(links[3].starts_with("./read/CBMi") && links[3].ends_with("OGVpZw"));
    assert_eq!(links[4], "hello\\tyou");
    assert!(rows.iter().all(|row| row.matches('\t').count() == 6), "{rows:?}");
}

#[test]
fn jsonl_writes_an_object_per_line() {
    let (dump, _) = small_dump();
    let output = run(&["table", "--format", "jsonl"], &dump);
    let objects = objects(&output.stdout);
    assert_eq!(objects.len(), 5);
    let id = GUARDIAN.rsplit_once('/').unwrap().1.strip_suffix("?oc=5").unwrap();
    let url = format!("https://www.theguardian.com/{GUARDIAN_PATH}");
    assert_eq!(
        objects[0],
        json!({"link": null, "kind": "article", "id": id, "canonical_url": url, "token": null, "error": null,
               "amp_url": format!("https://amp.theguardian.com/{GUARDIAN_PATH}"), "url_len": url.len()})
    );
    assert_eq!(
        objects[2],
        json!({"link": null, "kind": "opaque-article", "id": OPAQUE, "canonical_url": null, "token": TOKEN,
               "amp_url": null, "error": null, "url_len": 19})
    );
    assert_eq!(objects[1]["error"], "not a Google News link or ID");
    let output = run(&["table", "--format", "jsonl", "--with-link"], &dump);
    assert!(text(&output.stdout).lines().nth(3).unwrap().starts_with(r#"{"link":"hello\tyou","kind":null"#));
}

#[test]
fn table_keeps_the_order_of_many_blocks() {
    // 20 MB of lines that differ from one another.
    let lines: Vec<String> = (0..60_000)
        .map(|i| {
            let url = format!("https://example.com/{i}/{}", "a".repeat(i % 300));
            google_news_link::Article::new(&url, None).unwrap().to_id()
        })
        .collect();
    let dump = lines.join("\n");
    let outputs: Vec<_> = ["1", "2", "5"].map(|threads| run(&["table", "--threads", threads], &dump)).into();
    assert!(outputs.iter().all(|output| output.stdout == outputs[0].stdout));
    for (i, row) in text(&outputs[0].stdout).lines().skip(1).enumerate() {
        assert!(
            row.starts_with(&format!("article\thttps://example.com/{i}/a")) || i % 300 == 0,
            "{i}: {row}"
        );
    }
    assert_eq!(text(&outputs[0].stdout).lines().count(), 60_001);
}

/// Returns the first column of a file of test vectors, without the header.
fn links_of_vectors(name: &str) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/data/vectors").join(name);
    let vectors = std::fs::read_to_string(path).unwrap();
    let links = vectors.lines().skip(1).map(|row| row.split('\t').next().unwrap());
    links.fold(String::new(), |links, link| links + link + "\n")
}

#[test]
fn table_rows_are_the_same_in_tsv_and_json() {
    let links: String = ["links.tsv", "field.tsv", "hostile.tsv"].map(links_of_vectors).concat();
    let tsv = run(&["table"], &links);
    let rows = text(&tsv.stdout).lines().skip(1);
    let records = objects(&run(&["table", "--format", "jsonl"], &links).stdout);
    assert_eq!(rows.clone().count(), records.len());
    for (row, record) in rows.zip(&records) {
        let names = ["kind", "canonical_url", "amp_url", "token", "error", "url_len"];
        for (field, name) in row.split('\t').zip(names) {
            match &record[name] {
                serde_json::Value::Null => assert_eq!(field, "", "{record}"),
                serde_json::Value::String(value) => assert_eq!(field, value, "{record}"),
                value => assert_eq!(field, value.to_string(), "{record}"),
            }
        }
    }
}

#[test]
fn table_does_not_overwrite_its_input() {
    let directory = tempfile::tempdir().unwrap();
    let links = directory.path().join("links.txt");
    std::fs::write(&links, GUARDIAN).unwrap();
    let path = links.to_str().unwrap();
    let message = format!("error: {path}: input and output are the same file\n");
    let output = run(&["table", "--output", path, path], "");
    assert_eq!((text(&output.stderr), output.status.code()), (&*message, Some(2)));
    if cfg!(unix) {
        // By another name, and redirected.
        let other = directory.path().join("other.txt");
        std::fs::hard_link(&links, &other).unwrap();
        let output = run(&["table", "--output", path, other.to_str().unwrap()], "");
        assert_eq!((text(&output.stderr), output.status.code()), (&*message, Some(2)));
        let child = program(&["table", "--output", path]).stdin(std::fs::File::open(&links).unwrap()).spawn();
        let output = child.unwrap().wait_with_output().unwrap();
        assert_eq!((text(&output.stderr), output.status.code()), (&*message, Some(2)));
        let append = std::fs::OpenOptions::new().append(true).open(&links).unwrap();
        let output = program(&["table", path]).stdout(append).output().unwrap();
        let message = "error: standard output: input and output are the same file\n";
        assert_eq!((text(&output.stderr), output.status.code()), (message, Some(2)));
    }
    assert_eq!(std::fs::read_to_string(&links).unwrap(), GUARDIAN);

    let table = format!("{path}.tsv");
    let output = run(&["table", "--output", &table, path], "");
    assert_eq!((text(&output.stdout), output.status.code()), ("", Some(0)));
    assert!(std::fs::read_to_string(table).unwrap().starts_with(HEADER));
}
