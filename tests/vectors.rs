//! Tests of real links and their targets.
//!
//! All rows that fail are listed at once. A fact in the table that the target does not have fails, and so does a file of the
//! folder that no test reads.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use google_news_link::{Edition, Kind, Link, OpaqueArticle, Publication, Target, decode};

const FILES: [&str; 6] = [
    "field.tsv",
    "hostile.tsv",
    "links.tsv",
    "old_format.json",
    "opaque_pairs.tsv",
    "opaque_pairs_browser.csv",
];

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/vectors")
}

fn read(file: &str) -> String {
    assert!(FILES.contains(&file), "{file} is not listed");
    fs::read_to_string(folder().join(file)).unwrap()
}

fn assert_none_failed(rows: usize, failures: &[String]) {
    assert!(rows > 0, "the table is empty");
    assert!(failures.is_empty(), "{} of {rows} rows failed:\n{}", failures.len(), failures.join("\n"));
}

/// Returns the facts about a target, by the names that the tables use.
fn facts(target: &Target<'_>) -> BTreeMap<&'static str, String> {
    let mut facts = BTreeMap::new();
    let mut add = |name, value: Option<String>| {
        if let Some(value) = value {
            facts.insert(name, value);
        }
    };
    match target {
        Target::OpaqueArticle(article) => {
            add("token", Some(article.token().into()));
            add("url_len", Some(article.url_len().to_string()));
            add("amp_token", article.amp_token().map(Into::into));
            add("amp_url_len", article.amp_url_len().map(|len| len.to_string()));
        }
        Target::OpaqueRedirect(redirect) => {
            add("key_id", Some(hex(&redirect.key_id())));
            add("url_len", Some(redirect.url_len().to_string()));
            assert_eq!(Some(redirect.token()), target.to_id().as_deref());
        }
        Target::KeyedArticle(article) => {
            add("key", Some(hex(article.key())));
            add("publication_id", Some(article.publication().to_id()));
            add("section_number", article.section_number().map(|number| number.to_string()));
            add_publication(&mut add, article.publication());
        }
        Target::Video(video) => add("key", Some(video.youtube_id().into())),
        Target::Topic(topic) => {
            add("mid", topic.knowledge_graph_id().map(Into::into));
            add("language", topic.language().map(Into::into));
            add("region", topic.region().map(Into::into));
            add("name", topic.name().map(Into::into));
            add("query", topic.query().map(Into::into));
            add("place", topic.place_knowledge_graph_id().map(Into::into));
        }
        Target::Story(story) => {
            add("cluster", Some(story.cluster_number().to_string()));
            add("hash", Some(format!("{:016x}", story.cluster_hash())));
            add("title", story.title().map(Into::into));
        }
        Target::Publication(publication) => add_publication(&mut add, publication),
        Target::Section(section) => {
            add("edition_id", Some(section.edition().to_id()));
            add("number", section.number().map(|number| number.to_string()));
            add("name", section.name().map(Into::into));
            add("subject", section.knowledge_graph_id().map(Into::into));
            add("place", section.place_knowledge_graph_id().map(Into::into));
        }
        Target::Share(share) => add("number", Some(share.number().to_string())),
        Target::Picture(picture) => {
            add("key", Some(picture.key().into()));
            add("width", picture.width().map(|width| width.to_string()));
            add("height", picture.height().map(|height| height.to_string()));
        }
        _ => {}
    }
    facts
}

fn add_publication(add: &mut impl FnMut(&'static str, Option<String>), publication: &Publication<'_>) {
    add("number", publication.number().map(|number| number.to_string()));
    add("family_number", publication.family_number().map(|number| number.to_string()));
    add("publication_key", publication.key().map(|key| hex(key)));
    add("site", publication.site().map(Into::into));
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Returns the difference between the target of a row and the facts in it, if there is one.
fn failure(row: &[&str]) -> Option<String> {
    let &[link, kind, canonical_url, amp_url, facts_text, note, _source] = row else {
        return Some(format!("{} columns: {row:?}", row.len()));
    };
    let mut expected: BTreeMap<&str, String> =
        facts_text.split("; ").filter_map(|fact| fact.split_once('=')).map(|(k, v)| (k, v.into())).collect();
    let failed = |what: String| Some(format!("{what}\n    {note}: {link}"));
    match decode(link) {
        Ok(_) if kind == "error" => failed("decoded".into()),
        Ok(target) => {
            let mut found = facts(&target);
            // A fact about the link, not about the target.
            if let Some(first) = Link::parse(link).unwrap().edition_id() {
                found.insert("first_id", first.to_owned());
            }
            // A URL that was found online; only its length can be compared.
            if let (Target::OpaqueArticle(article), Some(url)) = (&target, expected.remove("known_url"))
                && article.url_len() != url.len()
            {
                return failed(format!("{} bytes, but {url} has {}", article.url_len(), url.len()));
            }
            let outcome = (target.kind().as_str(), target.canonical_url(), target.amp_url());
            let some = |text: &'static str| (!text.is_empty()).then_some(text);
            let (canonical_url, amp_url) = (canonical_url.to_owned().leak(), amp_url.to_owned().leak());
            if outcome != (kind, some(canonical_url), some(amp_url)) {
                return failed(format!("is {outcome:?}"));
            }
            if found != expected.into_iter().collect() {
                return failed(format!("says {found:?}"));
            }
            match (target.to_id(), Link::parse(link).unwrap().id()) {
                (id, in_link) if id.as_deref() == in_link => None,
                (id, in_link) => failed(format!("is written as {id:?}, was {in_link:?}")),
            }
        }
        Err(error) => {
            let found = BTreeMap::from([
                ("error", format!("{:?}", error.kind()).split('(').next().unwrap().to_owned()),
                ("offset", error.offset().map_or("none".into(), |offset| offset.to_string())),
            ]);
            if kind == "error" && found == expected { None } else { failed(format!("fails: {found:?}")) }
        }
    }
}

/// Checks every row of a table, and that it has rows of each of `kinds` and of no others.
fn check_table(file: &str, kinds: BTreeSet<&str>) {
    let table = read(file);
    let mut failures = Vec::new();
    let mut links = BTreeSet::new();
    let mut found = BTreeSet::new();
    let rows: Vec<Vec<_>> = table.lines().skip(1).map(|line| line.split('\t').collect()).collect();
    for row in &rows {
        if !links.insert(row[0]) {
            failures.push(format!("twice: {}", row[0]));
        }
        found.extend(row.get(1));
        failures.extend(failure(row));
    }
    assert_none_failed(rows.len(), &failures);
    assert_eq!(found, kinds);
}

#[test]
fn every_file_of_the_folder_is_read() {
    let found: BTreeSet<_> = fs::read_dir(folder())
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    assert_eq!(found, FILES.map(String::from).into());
}

#[test]
fn real_links_have_the_expected_targets() {
    check_table("links.tsv", Kind::ALL.iter().map(|kind| kind.as_str()).chain(["error"]).collect());
}

#[test]
fn links_in_bug_reports_have_the_expected_targets() {
    let kinds = ["article", "opaque-article", "opaque-redirect", "topic", "redirect", "error"];
    check_table("field.tsv", kinds.into());
}

#[test]
fn hostile_links_are_errors_or_lead_to_a_publisher() {
    check_table("hostile.tsv", ["article", "keyed-article", "error"].into());
}

#[test]
fn links_in_issue_threads_have_the_targets_that_are_stated_there() {
    let table: Vec<[Option<String>; 4]> = serde_json::from_str(&read("old_format.json")).unwrap();
    let mut failures = Vec::new();
    for [name, link, canonical_url, amp_url] in &table {
        let target = decode(link.as_deref().unwrap()).unwrap();
        if target.canonical_url() != canonical_url.as_deref() || target.amp_url() != amp_url.as_deref() {
            failures.push(format!("{}: {target:?}", name.as_deref().unwrap()));
        }
    }
    assert_none_failed(table.len(), &failures);
}

/// Returns the difference if the publisher's URL does not have the length that the token determines.
fn length_failure(link: &str, url: &str) -> Option<String> {
    match decode(link) {
        Ok(Target::OpaqueArticle(article)) if article.url_len() == url.len() => {
            let again = OpaqueArticle::new(article.token(), article.amp_token()).unwrap();
            let id = Link::parse(link).unwrap().id().unwrap().to_owned();
            (again.to_id() != id).then(|| format!("{} is not {id}", again.to_id()))
        }
        other => Some(format!("{url} has {} bytes: {other:?}", url.len())),
    }
}

#[test]
fn tokens_determine_the_length_of_resolved_urls() {
    let table = read("opaque_pairs.tsv");
    let mut failures = Vec::new();
    let pairs: Vec<Vec<_>> = table.lines().skip(1).map(|line| line.split('\t').collect()).collect();
    for pair in &pairs {
        failures.extend(length_failure(pair[0], pair[1]));
    }
    assert_none_failed(pairs.len(), &failures);
}

#[test]
fn tokens_determine_the_length_of_urls_seen_in_a_browser() {
    let table = read("opaque_pairs_browser.csv");
    let mut failures = Vec::new();
    let pairs: Vec<_> =
        table.lines().skip(1).map(|line| line.trim_matches('"').split_once("\",\"").unwrap()).collect();
    for (url, link) in &pairs {
        failures.extend(length_failure(link, url));
    }
    assert_none_failed(pairs.len(), &failures);
}

#[test]
fn a_section_names_its_edition() {
    let table = read("links.tsv");
    let mut topics = 0;
    let mut publications = 0;
    for line in table.lines() {
        let [link, "section", ..] = line.split('\t').collect::<Vec<_>>()[..] else { continue };
        match decode(link) {
            Ok(Target::Section(section)) => match section.edition() {
                Edition::Topic(_) => topics += 1,
                Edition::Publication(_) => publications += 1,
                other => panic!("{other:?}"),
            },
            other => panic!("{other:?}"),
        }
    }
    assert!(topics > 0 && publications > 0, "{topics} of topics, {publications} of publications");
}
