//! The command `decode`.

use serde_json::json;

use crate::program::{GUARDIAN, GUARDIAN_PATH, OPAQUE, TOKEN, objects, run, text};

#[test]
fn decode_prints_the_facts_of_a_link() {
    let id = GUARDIAN.rsplit_once('/').unwrap().1.strip_suffix("?oc=5").unwrap();
    for link in [GUARDIAN, id] {
        let output = run(&["decode", link], "");
        assert_eq!(
            text(&output.stdout),
            format!(
                "kind: article\n\
                 canonical_url: https://www.theguardian.com/{GUARDIAN_PATH}\n\
                 amp_url: https://amp.theguardian.com/{GUARDIAN_PATH}\n"
            )
        );
        assert_eq!((text(&output.stderr), output.status.code()), ("", Some(0)));
    }
}

#[test]
fn decode_prints_the_lengths_of_an_opaque_article() {
    let id = google_news_link::OpaqueArticle::new(TOKEN, Some(TOKEN)).unwrap().to_id();
    let output = run(&["decode", &id], "");
    assert_eq!(
        text(&output.stdout),
        format!("kind: opaque-article\ntoken: {TOKEN}\namp_token: {TOKEN}\nurl_len: 19\namp_url_len: 19\n")
    );
}

#[test]
fn decode_points_at_the_invalid_byte() {
    let output = run(&["decode", "https://news.google.com/articles/CBMiYmh0dHBzO..."], "");
    assert_eq!(text(&output.stdout), "");
    assert_eq!(
        text(&output.stderr),
        format!(
            "error: invalid base64url character '.' at byte 46\n  \
             https://news.google.com/articles/CBMiYmh0dHBzO...\n{:>49}\n",
            '^'
        )
    );
    assert_eq!(output.status.code(), Some(1));

    // In a link that is too long for a line.
    let output = run(&["decode", &GUARDIAN.replace("LXZpc2l0", "LXZ.c2l0")], "");
    let shown: Vec<_> = text(&output.stderr).lines().collect();
    let column = shown[2].chars().count() - 1;
    assert_eq!(shown[1].chars().nth(column), Some('.'), "{shown:?}");
    assert!(shown[1].chars().count() <= 100, "{shown:?}");
    assert!(shown[1].trim().starts_with('…') && shown[1].ends_with('…'), "{shown:?}");
}

#[test]
fn decode_continues_after_an_invalid_link() {
    let output = run(&["decode", "CAAqBwgKMI7rigMwlq88", "hello", "CCAiC2JSMFZjT0NUb2hZmAEB"], "");
    assert_eq!(
        text(&output.stdout),
        "link: CAAqBwgKMI7rigMwlq88\nkind: publication\nnumber: 989078\nfamily: 6469006\n\n\
         link: CCAiC2JSMFZjT0NUb2hZmAEB\nkind: video\n\
         canonical_url: https://www.youtube.com/watch?v=bR0VcOCTohY\nvideo: bR0VcOCTohY\n\n"
    );
    assert_eq!(text(&output.stderr), "error: not a Google News link or ID\n  hello\n  ^\n");
    assert_eq!(output.status.code(), Some(1));
}

#[test]
fn decode_prints_an_object_per_line() {
    let lines = format!("{GUARDIAN}\r\n\n\u{1f600}\n{OPAQUE}");
    let output = run(&["decode", "--json"], [lines.as_bytes(), b"\n\xff\n"].concat());
    let failed = |link: &str| {
        json!({"link": link, "kind": null, "id": null, "canonical_url": null, "amp_url": null, "token": null,
               "url_len": null, "error": "not a Google News link or ID"})
    };
    let id = GUARDIAN.rsplit_once('/').unwrap().1.strip_suffix("?oc=5").unwrap();
    let url = format!("https://www.theguardian.com/{GUARDIAN_PATH}");
    assert_eq!(
        objects(&output.stdout),
        [
            json!({"link": GUARDIAN, "kind": "article", "id": id, "token": null, "error": null,
                   "canonical_url": url, "url_len": url.len(),
                   "amp_url": format!("https://amp.theguardian.com/{GUARDIAN_PATH}")}),
            failed(""),
            failed("\u{1f600}"),
            json!({"link": OPAQUE, "kind": "opaque-article", "id": OPAQUE, "canonical_url": null,
                   "amp_url": null, "token": TOKEN, "url_len": 19, "error": null}),
            failed("\u{fffd}"),
        ]
    );
    assert_eq!((text(&output.stderr), output.status.code()), ("", Some(1)));
}

#[test]
fn decode_answers_every_line_of_a_pipe() {
    let links = format!("{GUARDIAN}\n").repeat(1000);
    let output = run(&["decode"], links);
    assert_eq!(text(&output.stdout).matches("kind: article\n").count(), 1000);
    assert_eq!(output.status.code(), Some(0));

    let output = run(&["decode"], format!("{GUARDIAN}\n"));
    assert!(text(&output.stdout).starts_with("kind: article\n"), "one line is printed like one argument");
    let output = run(&["decode"], "");
    assert_eq!((text(&output.stdout), output.status.code()), ("", Some(0)));
}

#[test]
fn decode_prints_no_control_characters_of_a_link() {
    let output = run(&["decode", "he\u{1b}[2Jllo"], "");
    let shown = "error: not a Google News link or ID\n  he\u{fffd}[2Jllo\n  ^\n";
    assert_eq!(text(&output.stderr), shown);
}
