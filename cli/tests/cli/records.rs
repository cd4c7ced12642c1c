//! The shape of JSON records, which is the same in every command.

use google_news_link::Target;
use google_news_link_loopback::{Play, Server, articles};

use crate::program::{AMU, OPAQUE, run, text};

const KEYS: [&str; 8] = ["link", "kind", "id", "canonical_url", "amp_url", "token", "url_len", "error"];

/// Returns the keys of an object without nested objects, in the order in which they are written.
fn keys(line: &str) -> Vec<&str> {
    let object: serde_json::Map<String, serde_json::Value> = serde_json::from_str(line).unwrap();
    let mut keys: Vec<_> = [&KEYS[..], &["retry", "source", "verified"]]
        .concat()
        .into_iter()
        .filter(|&key| object.contains_key(key))
        .collect();
    assert_eq!(keys.len(), object.len(), "{line}");
    keys.sort_by_key(|key| line.find(&format!("\"{key}\":")));
    keys
}

#[test]
fn every_command_writes_the_same_keys_in_the_same_order() {
    let articles = articles(2);
    let server = Server::start(&articles[..1], Play::default());
    let links = [AMU, OPAQUE, "CAAqBwgKMI7rigMwlq88", "hello", &articles[0].id, &articles[1].id].join("\n");
    let with_resolve = [&KEYS[..], &["retry", "source", "verified"]].concat();
    let cases: &[(&[&str], &[&str])] = &[
        (&["decode", "--json"], &KEYS),
        (&["table", "--format", "jsonl"], &KEYS),
        (&["table", "--format", "jsonl", "--with-link"], &KEYS),
        (&["resolve", "--json", "--base", &server.base], &with_resolve),
    ];
    for (args, expected) in cases {
        let output = run(args, &links);
        assert_eq!(text(&output.stdout).lines().count(), 6, "{args:?}");
        for line in text(&output.stdout).lines() {
            assert_eq!(keys(line), *expected, "{args:?}: {line}");
        }
    }
}

fn is_offline(target: &Target<'_>) -> bool {
    let is_keyed = matches!(target, Target::KeyedArticle(_));
    target.canonical_url().is_some() || (target.token().is_none() && !is_keyed)
}

#[test]
fn commands_agree_on_all_facts_that_are_known_offline() {
    let vectors =
        std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/../tests/data/vectors/links.tsv"));
    // Links with a token and keyed articles without a URL would be requested.
    let links: Vec<_> = vectors
        .unwrap()
        .lines()
        .skip(1)
        .map(|row| row.split('\t').next().unwrap().to_owned())
        .filter(|link| google_news_link::decode(link).is_ok_and(|target| is_offline(&target)))
        .collect();
    assert!(links.len() > 20, "{links:?}");
    let links = links.join("\n");
    let decoded = run(&["decode", "--json"], &links).stdout;
    assert_eq!(text(&run(&["table", "--format", "jsonl", "--with-link"], &links).stdout), text(&decoded));
    let resolved = run(&["resolve", "--json"], &links).stdout;
    for (resolved, decoded) in text(&resolved).lines().zip(text(&decoded).lines()) {
        let (common, _) = decoded.split_once(",\"error\":").unwrap();
        assert!(resolved.starts_with(common), "{resolved}\n{decoded}");
        let end = match decoded.contains("\"canonical_url\":null") {
            true => ",\"retry\":false,\"source\":null,\"verified\":null}",
            false => ",\"retry\":false,\"source\":\"offline\",\"verified\":true}",
        };
        assert!(resolved.ends_with(end), "{resolved}");
    }
}
