//! Tests of serialized targets and errors.

use std::collections::BTreeSet;
use std::fmt::Debug;

use google_news_link::{Article, Edition, Error, ErrorKind, Kind, OpaqueArticle, Target, decode};
use serde_core::{Serialize, de::DeserializeOwned};
use serde_json::{Value, from_str, from_value, json, to_value};

const ARTICLE: &str = "CBMiFmh0dHBzOi8vYW11LnR2LzExMTkzMS_SAQA";
const OPAQUE: &str = "CBMiNkFVX3lxTE04T1d2QWFkS3BlS042NlZ0bThVc3hFeU5xTFF0d25TdDFhSURHT00tRWhSOGVpZw";

/// Returns the links of both tables of vectors.
fn links() -> impl Iterator<Item = &'static str> {
    let tables = [
        include_str!("data/vectors/links.tsv"),
        include_str!("data/vectors/field.tsv"),
        include_str!("data/vectors/hostile.tsv"),
    ];
    tables.into_iter().flat_map(|table| table.lines().skip(1)).map(|line| line.split('\t').next().unwrap())
}

/// Checks that `value` is read back from its record, and from the record's values without their names.
fn round_trips<T: Serialize + DeserializeOwned + PartialEq + Debug>(value: &T, names: &[&str]) -> Value {
    let record = to_value(value).unwrap();
    let found: BTreeSet<_> = record.as_object().unwrap().keys().map(String::as_str).collect();
    assert_eq!(found, names.iter().copied().collect());
    assert_eq!(&from_value::<T>(record.clone()).unwrap(), value);
    let sequence = names.iter().map(|name| record[name].clone()).collect();
    assert_eq!(&from_value::<T>(sequence).unwrap(), value);
    record
}

#[test]
fn a_kind_is_serialized_as_its_name() {
    assert_eq!(to_value(Kind::OpaqueArticle).unwrap(), json!("opaque-article"));
    assert_eq!(from_value::<Kind>(json!("opaque-article")).unwrap(), Kind::OpaqueArticle);
    let error = from_value::<Kind>(json!("news")).unwrap_err().to_string();
    assert!(
        error.starts_with("unknown variant `news`, expected one of `article`, `opaque-article`, "),
        "{error}"
    );
}

const TARGET: [&str; 6] = ["kind", "id", "canonical_url", "amp_url", "token", "url_len"];

#[test]
fn every_target_is_read_back() {
    let mut kinds = BTreeSet::new();
    for target in links().filter_map(|link| decode(link).ok()) {
        let record = round_trips(&target, &TARGET);
        assert_eq!(record["kind"], target.kind().as_str());
        assert_eq!(record["id"].as_str(), target.to_id().as_deref());
        assert_eq!(record["canonical_url"].as_str(), target.canonical_url());
        assert_eq!(record["amp_url"].as_str(), target.amp_url());
        assert_eq!(record["token"].as_str(), target.token());
        assert_eq!(record["url_len"].as_u64(), target.url_len().map(|len| len as u64));
        kinds.insert(target.kind());
        let of_type = match target {
            Target::Article(article) => round_trips(&article, &TARGET),
            Target::OpaqueArticle(article) => round_trips(&article, &TARGET),
            Target::KeyedArticle(article) => round_trips(&article, &TARGET),
            Target::Video(video) => round_trips(&video, &TARGET),
            Target::Topic(topic) => {
                assert_eq!(round_trips(&Edition::Topic(topic.clone()), &TARGET), record);
                round_trips(&topic, &TARGET)
            }
            Target::Story(story) => round_trips(&story, &TARGET),
            Target::Publication(publication) => {
                assert_eq!(round_trips(&Edition::Publication(publication.clone()), &TARGET), record);
                round_trips(&publication, &TARGET)
            }
            Target::Section(section) => {
                let edition = section.edition().clone();
                assert_eq!(to_value(&edition).unwrap()["id"], edition.to_id());
                round_trips(&section, &TARGET)
            }
            Target::Share(share) => round_trips(&share, &TARGET),
            Target::Picture(picture) => round_trips(&picture, &TARGET),
            Target::Redirect(redirect) => round_trips(&redirect, &TARGET),
            Target::OpaqueRedirect(redirect) => round_trips(&redirect, &TARGET),
            other => panic!("{other:?} has a type of its own"),
        };
        assert_eq!(of_type, record);
    }
    assert_eq!(kinds, Kind::ALL.iter().copied().collect());
}

#[test]
fn targets_have_one_record() {
    let record = json!({
        "kind": "article", "id": ARTICLE, "canonical_url": "https://amu.tv/111931/", "amp_url": null, "token": null,
        "url_len": 22,
    });
    assert_eq!(to_value(decode(ARTICLE).unwrap()).unwrap(), record);
    assert_eq!(to_value(decode(OPAQUE).unwrap()).unwrap()["url_len"], 19);
}

#[test]
fn records_that_disagree_with_their_id_are_errors() {
    let read = |value| from_value::<Target<'static>>(value).map_err(|error| error.to_string());
    assert_eq!(read(json!({"id": ARTICLE, "later": 1})), Ok(decode(ARTICLE).unwrap()));
    let disagrees = "URL, token or length does not match the ID";
    for (value, message) in [
        (json!({}), "missing field `id`"),
        (json!({"id": "CBMi", "kind": "article"}), "truncated ID: the message ends inside a field"),
        (json!({"id": ARTICLE, "kind": "video"}), "kind does not match the ID"),
        (json!({"id": format!("./read/{ARTICLE}")}), "expected an ID, found a link"),
        (json!({"id": ARTICLE, "canonical_url": "https://example.com/"}), disagrees),
        (json!({"id": ARTICLE, "amp_url": "https://example.com/"}), disagrees),
        (json!({"id": ARTICLE, "token": "AU_yqL"}), disagrees),
        (json!({"id": ARTICLE, "url_len": 21}), disagrees),
        (json!({"id": OPAQUE, "url_len": 20}), disagrees),
        (json!({"canonical_url": "javascript:alert(1)"}), "not an http or https URL"),
        // A URL that no link contains.
        (json!({"canonical_url": "https://example.com/a\"b"}), "invalid URL character '\\\"' at byte 21"),
        (json!({"canonical_url": "https://example.com/新"}), "invalid URL"),
        (json!({"canonical_url": "https://a:99999/"}), "not an http or https URL"),
        (json!({"kind": "article", "canonical_url": "https://example.com/"}), "kind does not match the ID"),
        (json!(7), "invalid type: integer `7`, expected a record of Target"),
    ] {
        let error = read(value.clone()).expect_err(&value.to_string());
        assert!(error.starts_with(message), "{value}: {error}");
    }
    let error = from_value::<Article<'static>>(json!({"id": OPAQUE})).unwrap_err();
    assert_eq!(error.to_string(), "expected article, found opaque-article");
    let error = from_value::<OpaqueArticle<'static>>(json!({"id": ARTICLE})).unwrap_err();
    assert_eq!(error.to_string(), "expected opaque-article, found article");
    let error = from_value::<Edition<'static>>(json!({"id": ARTICLE})).unwrap_err();
    assert_eq!(error.to_string(), "expected topic or publication, found article");
    let error = from_value::<Error>(json!({"kind": "no-id", "offset": u32::MAX})).unwrap_err();
    assert_eq!(error.to_string(), "offset is too large");
}

#[test]
fn repeated_fields_are_errors() {
    // Even if one of the fields is null.
    for (record, field) in [
        (format!(r#"{{"id": "{ARTICLE}", "id": "{ARTICLE}"}}"#), "id"),
        (format!(r#"{{"token": null, "id": "{ARTICLE}", "token": null}}"#), "token"),
    ] {
        let error = from_str::<Target<'static>>(&record).unwrap_err().to_string();
        assert!(error.starts_with(&format!("duplicate field `{field}`")), "{error}");
    }
    let record = r#"{"kind": "no-id", "offset": 1, "offset": 1}"#;
    assert!(from_str::<Error>(record).unwrap_err().to_string().starts_with("duplicate field `offset`"));
}

#[test]
fn every_error_is_read_back() {
    let long: &str = "x".repeat(65_537).leak();
    let mut names = BTreeSet::new();
    let links = links().chain([long, "CBMi!", "CBMiY"]);
    for error in links.filter_map(|link| decode(link).err()) {
        let record = round_trips(&error, &["kind", "byte", "number", "field", "offset", "message"]);
        assert_eq!(record["message"], error.to_string());
        round_trips(&error.kind(), &["kind", "byte", "number", "field"]);
        names.insert(error.kind().as_str());
    }
    // Each kind has its message.
    let kinds = include_str!("../src/error.rs").matches("#[error(").count();
    assert_eq!(names.len(), kinds, "each kind has its example: {names:?}");
}

#[test]
fn errors_have_one_record() {
    let error = decode("./articles/CBMiYmh0dHBzO...").unwrap_err();
    assert_eq!(
        to_value(error).unwrap(),
        json!({
            "kind": "invalid-byte", "byte": 46, "number": null, "field": null, "offset": 24,
            "message": "invalid base64url character '.' at byte 24",
        })
    );
    let kind = decode("CBMiFmh0dHBzOi8vYW11LnR2LzExMTkzMS8").unwrap_err().kind();
    let record = json!({"kind": "missing-field", "byte": null, "number": null, "field": "amp"});
    assert_eq!(to_value(kind).unwrap(), record);
    for (record, message) in [
        (json!({}), "missing field `kind`"),
        (json!({"kind": "invalid-byte"}), "missing field `byte`"),
        (json!({"kind": "unknown-type", "byte": 5}), "missing field `number`"),
        (json!({"kind": "news"}), "unknown variant `news`, expected one of `not-google-news`, `no-id`, "),
        (
            json!({"kind": "missing-field", "field": "news"}),
            "unknown variant `news`, expected one of `amp`, `edition`, ",
        ),
    ] {
        let error = from_value::<ErrorKind>(record.clone()).unwrap_err().to_string();
        assert!(error.starts_with(message), "{record}: {error}");
    }
}
