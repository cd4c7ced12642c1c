//! The command `find`.

use std::fs;

use serde_json::json;

use crate::program::{AMU, AMU_URL, GUARDIAN, GUARDIAN_PATH, OPAQUE, TOKEN, objects, program, run, text};

fn link() -> String {
    format!("https://news.google.com/articles/{AMU}")
}

#[test]
fn every_link_is_a_line() {
    let page = format!(
        "<a href=\"{GUARDIAN}&amp;hl=en\">a</a> ({}). [b](https://news.google.com/read/{OPAQUE}) \
         https://news.google.com/topics/CAAqBwgKMI7rigMwlq88 https://news.google.com/articles/CBMiYmh0dHBzO... end",
        link()
    );
    let place = |part: &str| page.find(part).unwrap();
    let directory = tempfile::tempdir().unwrap();
    fs::write(directory.path().join("page.html"), &page).unwrap();
    let output = program(&["find", "page.html"]).current_dir(&directory).output().unwrap();
    assert_eq!(
        text(&output.stdout),
        format!(
            "page.html:9: article https://www.theguardian.com/{GUARDIAN_PATH}\n\
             page.html:{}: article {AMU_URL}\n\
             page.html:{}: opaque-article {TOKEN}\n\
             page.html:{}: publication CAAqBwgKMI7rigMwlq88\n\
             page.html:{}: error: invalid base64url character '.' at byte {}\n",
            place(&link()),
            place("https://news.google.com/read"),
            place("https://news.google.com/topics"),
            place("https://news.google.com/articles/CBMiYmh0dHBzO"),
            place("..."),
        )
    );
    assert_eq!((text(&output.stderr), output.status.code()), ("", Some(1)));
}

#[test]
fn json_prints_an_object_per_link() {
    let input = format!(
        r#"{{"a":"https:\/\/news.google.com\/articles\/{AMU}?hl\u003den"}} news.google.com/read/CBMiYmh0dHBzO"#
    );
    let output = run(&["find", "--json"], &input);
    let link = format!(r"https:\/\/news.google.com\/articles\/{AMU}?hl\u003den");
    assert_eq!(
        text(&output.stdout).lines().next().unwrap(),
        format!(
            r#"{{"file":"-","start":6,"end":{},"link":{},"kind":"article","id":"{AMU}","canonical_url":"{AMU_URL}","amp_url":null,"token":null,"url_len":{},"error":null}}"#,
            6 + link.len(),
            json!(link),
            AMU_URL.len()
        )
    );
    let start = input.find("news.google.com/read").unwrap();
    assert_eq!(
        objects(&output.stdout)[1],
        json!({"file": "-", "start": start, "end": input.len(), "link": "news.google.com/read/CBMiYmh0dHBzO", "kind": null,
               "id": null, "canonical_url": null, "amp_url": null, "token": null, "url_len": null,
               "error": "truncated ID: 13 characters (length % 4 == 1) at byte 33"})
    );
    assert_eq!((text(&output.stderr), output.status.code()), ("", Some(1)));
}

#[test]
fn relative_finds_links_without_a_host() {
    let page = format!("<a href=\"./articles/{AMU}\"> <c-wiz jsdata=\"oM6qxc;{OPAQUE};5\">");
    let output = run(&["find"], &page);
    assert_eq!((text(&output.stdout), output.status.code()), ("", Some(0)), "no link is a success");
    let output = run(&["find", "--relative"], &page);
    let second = page.find(OPAQUE).unwrap();
    assert_eq!(text(&output.stdout), format!("-:9: article {AMU_URL}\n-:{second}: opaque-article {TOKEN}\n"));
    assert_eq!((text(&output.stderr), output.status.code()), ("", Some(0)));
}

#[test]
fn files_are_searched_in_order_and_unreadable_ones_are_reported() {
    let directory = tempfile::tempdir().unwrap();
    fs::write(directory.path().join("a.txt"), link()).unwrap();
    fs::write(directory.path().join("b.txt"), format!("b {}", link())).unwrap();
    let child = program(&["find", "b.txt", "missing\u{1b}", "-", "a.txt"]).current_dir(&directory).spawn();
    let output = crate::program::finish(child.unwrap(), format!("stdin: {}", link()));
    assert_eq!(
        text(&output.stdout),
        format!("b.txt:2: article {AMU_URL}\n-:7: article {AMU_URL}\na.txt:0: article {AMU_URL}\n")
    );
    assert!(text(&output.stderr).starts_with("error: missing\u{fffd}: "), "{output:?}");
    assert_eq!(output.status.code(), Some(2));
}

#[test]
fn links_are_found_once_in_a_text_that_is_read_in_parts() {
    // Three times the window in which a text is searched, so that the ends of the windows cut links at several places.
    let link = link() + " ";
    for shift in [0, 23, 46, 69] {
        let output = run(&["find"], " ".repeat(shift) + &link.repeat(40_000));
        let lines = (0..40_000).map(|n| format!("-:{}: article {AMU_URL}\n", shift + n * link.len()));
        assert!(text(&output.stdout) == lines.collect::<String>());
    }
}

#[test]
fn lines_contain_no_control_characters() {
    let directory = tempfile::tempdir().unwrap();
    fs::write(directory.path().join("a\u{1b}b"), link()).unwrap();
    let output = program(&["find", "a\u{1b}b"]).current_dir(&directory).output().unwrap();
    assert_eq!(text(&output.stdout), format!("a\u{fffd}b:0: article {AMU_URL}\n"));
}

#[cfg(unix)]
#[test]
fn the_output_is_not_searched() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("all.jsonl");
    fs::write(&path, link() + "\n").unwrap();
    let output = fs::OpenOptions::new().append(true).open(&path).unwrap();
    let output = program(&["find", "--json", path.to_str().unwrap()]).stdout(output).output().unwrap();
    assert_eq!(text(&output.stderr), "error: standard output: input and output are the same file\n");
    assert_eq!(output.status.code(), Some(2));
    assert_eq!(fs::read_to_string(&path).unwrap(), link() + "\n");
}

#[test]
fn the_readme_shows_what_is_printed() {
    let readme = fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/README.md")).unwrap();
    let examples = concat!(env!("CARGO_MANIFEST_DIR"), "/../tests/data/examples");
    for command in ["find", "rewrite"] {
        let output = program(&[command, "page.html"]).current_dir(examples).output().unwrap();
        let stdout = text(&output.stdout).trim_end();
        let shown = format!("$ google-news-link {command} page.html\n{stdout}\n{}```", text(&output.stderr));
        assert!(readme.contains(&shown), "{shown}");
    }
}
