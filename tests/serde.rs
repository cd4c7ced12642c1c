//! Targets as data.

use std::collections::BTreeSet;

use google_news_link::{Kind, Target, decode};
use serde_json::{from_value, json, to_value};

#[test]
fn a_kind_is_its_name() {
    assert_eq!(to_value(Kind::OpaqueArticle).unwrap(), json!("opaque-article"));
    assert_eq!(from_value::<Kind>(json!("opaque-article")).unwrap(), Kind::OpaqueArticle);
    assert_eq!(from_value::<Kind>(json!("news")).unwrap_err().to_string(), "not a kind of target");
}

#[test]
fn every_target_comes_back_as_it_was() {
    let mut kinds = BTreeSet::new();
    for line in include_str!("data/vectors/links.tsv").lines().skip(1) {
        let row: Vec<_> = line.split('\t').collect();
        if row[1] == "error" {
            continue;
        }
        let target = decode(row[0]).unwrap();
        kinds.insert(target.kind());
        let value = to_value(&target).unwrap();
        assert_eq!(value["kind"], target.kind().as_str());
        assert_eq!(value["canonical_url"].as_str(), target.canonical_url());
        assert_eq!(value["amp_url"].as_str(), target.amp_url());
        assert_eq!(value["token"].as_str(), target.token());
        assert_eq!(from_value::<Target<'static>>(value).unwrap(), target);
        // And from a format that has no names of fields.
        let row =
            json!([target.kind(), target.to_id(), target.canonical_url(), target.amp_url(), target.token()]);
        assert_eq!(from_value::<Target<'static>>(row).unwrap(), target);
    }
    assert!(kinds.iter().eq(Kind::ALL), "only of {kinds:?}");
}

#[test]
fn what_does_not_agree_is_refused() {
    let id = "CBMiFmh0dHBzOi8vYW11LnR2LzExMTkzMS_SAQA";
    let read = |value| from_value::<Target<'static>>(value).map_err(|error| error.to_string());
    assert_eq!(read(json!({"id": id, "later": 1})), Ok(decode(id).unwrap()));
    for (value, message) in [
        (json!({}), "missing field `id`"),
        (json!({"id": "CBMi", "kind": "article"}), "the ID's message ends inside a field"),
        (json!({"id": id, "kind": "video"}), "the kind is not that of the ID"),
        (json!({"id": format!("./read/{id}")}), "the ID is not an ID alone"),
        (json!({"id": id, "canonical_url": "https://example.com/"}), "a URL or token is not that of the ID"),
        (json!({"id": id, "amp_url": "https://example.com/"}), "a URL or token is not that of the ID"),
        (json!({"id": id, "token": "AU_yqL"}), "a URL or token is not that of the ID"),
        (json!({"canonical_url": "javascript:alert(1)"}), "a URL that does not begin with http"),
        (
            json!({"kind": "article", "canonical_url": "https://example.com/"}),
            "the kind is not that of the ID",
        ),
    ] {
        let error = read(value.clone()).expect_err(&value.to_string());
        assert!(error.starts_with(message), "{value}: {error}");
    }
}
