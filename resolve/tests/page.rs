//! Tests of reading the publishers' URLs in pages of Google News.

use std::collections::BTreeMap;

use google_news_link::OpaqueArticle;
use google_news_link_loopback::{
    Pair, anchor, anchor_with, batchexecute, decoys, jslog, news_page, old_anchor, record, recorded_pairs,
    script,
};
use google_news_link_resolve::page::{
    Check, Form, MAX_LINKS, PageLink, PairCounts, Pairs, Refutation, links,
};
use proptest::prelude::*;

/// Returns the pairs of real pages whose articles are opaque.
fn opaque_pairs() -> Vec<Pair> {
    recorded_pairs().into_iter().filter(|pair| opaque(pair).is_some()).collect()
}

fn opaque(pair: &Pair) -> Option<OpaqueArticle<'static>> {
    google_news_link::decode(&pair.id).unwrap().as_opaque_article().cloned()
}

fn read(page: &str) -> Vec<PageLink> {
    links(page.as_bytes()).collect()
}

fn urls(links: &[PageLink]) -> Vec<(&str, Option<&str>)> {
    links.iter().map(|link| (link.id(), link.url())).collect()
}

fn expected(pairs: &[Pair]) -> Vec<(&str, Option<&str>)> {
    pairs.iter().map(|pair| (pair.id.as_str(), Some(pair.url.as_str()))).collect()
}

fn counts(page: &str) -> (usize, usize, usize, usize) {
    let PairCounts { found, confirmed, unverified, refuted, .. } = Pairs::read(page.as_bytes()).counts();
    (found, confirmed, unverified, refuted)
}

#[test]
fn every_recorded_pair_is_found_in_every_form() {
    let pairs = recorded_pairs();
    assert!(pairs.iter().any(|pair| pair.amp_url.is_some()));
    let anchors: String = pairs.iter().enumerate().map(|(n, pair)| anchor(pair, n)).collect();
    let old_anchors: String = pairs.iter().map(old_anchor).collect();
    let records = || pairs.iter().map(record);
    for (page, form) in [
        (anchors, Form::Attributes),
        (old_anchors, Form::Attributes),
        (script(records()), Form::Record),
        (records().map(|record| script([record])).collect(), Form::Record),
        (batchexecute(records()), Form::Record),
    ] {
        let found = read(&page);
        assert_eq!(urls(&found), expected(&pairs), "{form:?}");
        for (link, pair) in found.iter().zip(&pairs) {
            assert_eq!((link.check(), link.form()), (Check::Confirmed, form), "{}", pair.url);
            assert_eq!(link.target(), google_news_link::decode(&pair.id).ok().as_ref(), "{}", pair.url);
            if form == Form::Record {
                assert_eq!(link.amp_url(), pair.amp_url.as_deref(), "{}", pair.url);
                assert_eq!(link.title(), Some("A \"title\" <b>&amp;</b>"));
                assert_eq!((link.source_name(), link.time()), (Some("Publisher"), Some(1_724_400_000)));
            }
        }
    }
}

#[test]
fn a_whole_page_contains_each_link_once() {
    let pairs = recorded_pairs();
    let page = news_page(&pairs, 100_000);
    assert_eq!(read(&page).len(), 2 * pairs.len(), "an element and a record each");
    let found = Pairs::read(page.as_bytes());
    assert_eq!((&found).into_iter().count(), pairs.len());
    let found: Vec<_> = found.iter().cloned().collect();
    assert_eq!(urls(&found), expected(&pairs));
    assert!(found.iter().zip(&pairs).all(|(link, pair)| link.amp_url() == pair.amp_url.as_deref()));
    assert!(found.iter().all(|link| link.title().is_some()), "the title of the record is missing");
    assert_eq!(counts(&page), (pairs.len(), pairs.len(), 0, 0));
}

#[test]
fn decoys_are_not_links() {
    for pair in recorded_pairs() {
        assert_eq!(read(&decoys(&pair)), []);
    }
    let pair = &opaque_pairs()[0];
    let own = jslog(95014, &pair.url, 0);
    for page in [
        // The link and the URL in different elements, in a comment, in a script, as text, cut off.
        format!("<a href=./read/{}><b jslog=\"{own}\">", pair.id),
        format!("<!--{}-->", anchor(pair, 0)),
        format!("<script>{}</script>", anchor(pair, 0)),
        format!("<textarea>{}</textarea>", anchor(pair, 0)),
        format!("<p title='{}'>", anchor(pair, 0).replace('\'', "")),
        anchor(pair, 0).split_once('>').unwrap().0.to_owned(),
        format!("<p>{}</p>", record(pair)),
        format!("<style>{}</style>", record(pair)),
        format!(r#"<script>1</script>[13,[13,"{}"],"t",null,[1],null,"{}"]"#, pair.id, pair.url),
        format!("<!--{}-->", script([record(pair)])),
        // Not articles.
        anchor_with("CAAqBwgKMI7rigMwlq88", &own),
        format!("<a href='https://example.com/{}' jslog='{own}'>", pair.id),
        format!("<a href='./search?q=x' jslog='{own}'>"),
        // IDs that cannot be decoded, of a topic or with other characters.
        format!("<a href='./topics/CBMiYmh0dHBzOi8vdGhhbmhuaWVuLnZu' jslog='{own}'>"),
        format!("<a href='./articles/CBMi.Ymh0dHBzOi8vdGhhbmhuaWVuLnZu' jslog='{own}'>"),
        script([record(&Pair { id: "CAAqBwgKMI7rigMwlq88".into(), ..pair.clone() })]),
    ] {
        assert_eq!(read(&page), [], "{page}");
    }
}

/// Checks that a page with this URL next to this ID does not return it, in all forms.
fn assert_refuted(id: &str, url: &str, refutation: Refutation) {
    let pair = Pair { id: id.into(), url: url.into(), amp_url: Some(url.into()) };
    for page in [anchor(&pair, 0), script([record(&pair)]), batchexecute([record(&pair)])] {
        let found = read(&page);
        assert_eq!(found.len(), 1, "{page}");
        let link = &found[0];
        assert_eq!(link.check(), Check::Refuted(refutation), "{url}");
        assert_eq!((link.url(), link.amp_url(), link.page_url()), (None, None, url));
        assert_eq!(counts(&page), (1, 0, 0, 1));
    }
}

#[test]
fn urls_of_another_length_are_refuted() {
    let pairs = opaque_pairs();
    for pair in &pairs {
        assert_refuted(&pair.id, &format!("{}x", pair.url), Refutation::Length);
        assert_refuted(&pair.id, &pair.url[..pair.url.len() - 1], Refutation::Length);
        let other = pairs.iter().find(|other| other.url.len() != pair.url.len()).unwrap();
        assert_refuted(&pair.id, &other.url, Refutation::Length);
    }
}

#[test]
fn urls_that_must_not_be_returned_are_refuted() {
    let pair = &opaque_pairs()[0];
    let len = pair.url.len();
    for begin in
        ["https://news.google.com/read/", "https://www.google.com/url?q=", "https://a.example/ ", "https://"]
    {
        let url = format!("{begin}{}", " x".repeat(len));
        assert_refuted(&pair.id, &url[..len], Refutation::InvalidUrl);
    }
}

/// The ID of a plain article that contains `https://amu.tv/111931/`.
const PLAIN: &str = "CBMiFmh0dHBzOi8vYW11LnR2LzExMTkzMS_SAQA";
/// The ID of the video `bR0VcOCTohY`.
const VIDEO: &str = "CCAiC2JSMFZjT0NUb2hZmAEB";
const KEYED: &str = "CAIiEGuAj6xdE1EiuL__EEW4PWEqGQgEKhAIACoHCAowl--JCzCtppwDMMWWowY";
const KEYED_URL: &str = "https://jetstream.bz/archives/160044";
/// The parameter of a link to a keyed article that contains [`KEYED_URL`].
const UO: &str = "?uo=CAUiJGh0dHBzOi8vamV0c3RyZWFtLmJ6L2FyY2hpdmVzLzE2MDA0NNIBAA";

#[test]
fn ids_that_contain_a_url_are_compared_with_it() {
    for (id, url, check) in [
        (PLAIN, "https://amu.tv/111931/", Check::Confirmed),
        (PLAIN, "https://amu.tv/111932/", Check::Refuted(Refutation::Other)),
        (VIDEO, "https://www.youtube.com/watch?v=bR0VcOCTohY", Check::Confirmed),
        (VIDEO, "https://youtu.be/bR0VcOCTohY", Check::Confirmed),
        (VIDEO, "https://www.youtube.com/watch?v=bR0VcOCTohX", Check::Refuted(Refutation::Other)),
        (KEYED, KEYED_URL, Check::Unverified),
        // An ID that cannot be decoded.
        ("CBMiYmh0dHBzOi8vdGhhbmhuaWVuLnZu", "https://a.example/", Check::Unverified),
    ] {
        let pair = Pair { id: id.into(), url: url.into(), amp_url: None };
        for page in [anchor(&pair, 0), old_anchor(&pair), script([record(&pair)])] {
            let found = read(&page);
            assert_eq!(found.iter().map(PageLink::check).collect::<Vec<_>>(), [check], "{url}");
        }
    }
    for (url, check) in
        [(KEYED_URL, Check::Confirmed), ("https://a.example/", Check::Refuted(Refutation::Other))]
    {
        let pair = Pair { id: format!("{KEYED}{UO}"), url: url.into(), amp_url: None };
        assert_eq!(read(&old_anchor(&pair).replace("?hl", "&amp;hl"))[0].check(), check, "{url}");
    }
}

#[test]
fn none_of_several_urls_for_a_link_is_used() {
    let pair = &opaque_pairs()[0];
    // A URL of the same length, so that the token cannot tell which one is right.
    let other =
        Pair { url: pair.url.replacen("https://", "https:/x", 1).replace("/x", "//"), ..pair.clone() };
    let other = Pair { url: format!("{}#", &other.url[..other.url.len() - 1]), ..other };
    assert_eq!(other.url.len(), pair.url.len());
    for page in [
        anchor(pair, 0) + &anchor(&other, 0),
        anchor(pair, 0) + &script([record(&other)]) + &anchor(pair, 0),
        script([record(&other), record(pair), record(pair)]),
    ] {
        let pairs = Pairs::read(page.as_bytes());
        let found: Vec<_> = pairs.iter().map(|link| (link.check(), link.url())).collect();
        assert_eq!(found, [(Check::Refuted(Refutation::Ambiguous), None)]);
        assert_eq!(counts(&page), (1, 0, 0, 1));
    }
    // A URL that the token refutes does not count.
    let longer = Pair { url: format!("{}x", pair.url), ..pair.clone() };
    for page in [anchor(pair, 0) + &anchor(&longer, 0), anchor(&longer, 0) + &script([record(pair)])] {
        let pairs = Pairs::read(page.as_bytes());
        let found: Vec<_> = pairs.iter().map(|link| (link.check(), link.url())).collect();
        assert_eq!(found, [(Check::Confirmed, Some(pair.url.as_str()))]);
    }
    // Of two URLs for a keyed article, neither is verified.
    let keyed = |url: &str| anchor(&Pair { id: KEYED.into(), url: url.into(), amp_url: None }, 0);
    assert_eq!(counts(&(keyed(KEYED_URL) + &keyed(KEYED_URL))), (1, 0, 1, 0));
    assert_eq!(counts(&(keyed(KEYED_URL) + &keyed("https://a.example/"))), (1, 0, 0, 1));
}

#[test]
fn amp_urls_need_a_second_token_of_their_length() {
    let pairs = opaque_pairs();
    let with_amp = pairs.iter().find(|pair| pair.amp_url.is_some()).unwrap();
    let without_amp = pairs.iter().find(|pair| pair.amp_url.is_none()).unwrap();
    let amp_url = with_amp.amp_url.clone().unwrap();
    for (pair, amp_url) in [
        (with_amp, format!("{amp_url}x")),
        (with_amp, "https://news.google.com/".repeat(20)[..amp_url.len()].to_owned()),
        (without_amp, amp_url.clone()),
        (without_amp, without_amp.url.clone()),
    ] {
        let page = script([record(&Pair { amp_url: Some(amp_url), ..pair.clone() })]);
        let found = read(&page);
        assert_eq!((found[0].url(), found[0].amp_url()), (Some(pair.url.as_str()), None));
    }
}

#[test]
fn the_number_of_links_is_limited() {
    let pair = Pair { id: PLAIN.into(), url: "https://amu.tv/111931/".into(), amp_url: None };
    let count = MAX_LINKS + 10;
    let one = format!(r#"[13,[13,"{PLAIN}"],"",0,0,0,"{}"]"#, pair.url);
    for page in [
        format!("<script>{}</script>", format!("{one},").repeat(count)),
        format!("<script>{}</script><script>{0}</script>", format!("{one},").repeat(count / 2 + 1)),
        anchor(&pair, 0).repeat(count),
    ] {
        assert_eq!(read(&page).len(), MAX_LINKS);
    }
}

#[test]
fn pages_without_links_are_empty() {
    for page in [
        "",
        " ",
        "<",
        "<!doctype html>",
        ")]}'",
        ")]}'\n[[",
        ")]}' {}",
        ")]}' [[\"wrb.fr\",\"x\",\"[]\"]]",
        "[]",
        "\0",
    ] {
        assert_eq!(read(page), []);
    }
    assert_eq!(links(b"\xff<a href=\xff jslog=\xff>").count(), 0);
}

#[test]
fn damage_does_no_harm_to_other_records_of_an_answer() {
    let pairs = &recorded_pairs()[..4];
    let answer = batchexecute(pairs.iter().map(record));
    let with = |from: &str, to: &[u8]| {
        let (before, after) = answer.split_once(from).unwrap();
        [before.as_bytes(), to, after.as_bytes()].concat()
    };
    let title = r#"A \\\"title"#;
    assert!(answer.contains(title));
    let last = answer.rfind("An author").unwrap();
    for (page, expected) in [
        ([b"\xef\xbb\xbf", answer.as_bytes()].concat(), pairs),
        ([b"\xef\xbb\xbf\n ", answer.as_bytes()].concat(), pairs),
        (answer.replace(")]}'", "").trim_start().replace("1234\n", "").into_bytes(), pairs),
        (with("1234", b"\xff\xfe{"), pairs),
        (with("[[\"wrb.fr\"", b"[[],{]}],\xff[\"wrb.fr\""), pairs),
        // In the title of the first record.
        (with(title, b"A \xff"), &pairs[1..]),
        (with(title, b"A \\\\x"), &pairs[1..]),
        (answer.as_bytes()[..last].to_vec(), &pairs[..3]),
        (format!("{}{answer}", &answer[..last]).into_bytes(), pairs),
    ] {
        let found = Pairs::read(&page);
        let found: Vec<_> = found.iter().cloned().collect();
        assert_eq!(urls(&found), self::expected(expected), "{}", String::from_utf8_lossy(&page));
    }
    let truncated = &batchexecute([record(&opaque_pairs()[0])])[..500];
    assert_eq!(read(truncated), []);
}

#[test]
fn the_first_attribute_of_a_name_counts() {
    let pair = &opaque_pairs()[0];
    let (href, own) = (format!("./read/{}", pair.id), jslog(95014, &pair.url, 0));
    let other = jslog(95014, &format!("{}x", pair.url), 0);
    for (attributes, count) in [
        (format!("href={href} jslog=\"{own}\""), 1),
        (format!("jslog=\"{own}\" class='' href={href} href jslog=\"{other}\""), 1),
        (format!("href=\"\" href={href} jslog=\"{own}\""), 0),
        (format!("href href={href} jslog=\"{own}\""), 0),
        (format!("href={href} jslog jslog=\"{own}\""), 0),
        (format!("href={href} jslog='' JSLOG=\"{own}\""), 0),
        (format!("href={href} x jslog=\"{own}\""), 1),
    ] {
        let links = read(&format!("<a {attributes}>"));
        assert_eq!(urls(&links), vec![(pair.id.as_str(), Some(pair.url.as_str())); count], "{attributes}");
    }
    // The attributes of one element are not those of the next one, or of an end tag.
    for page in [
        format!("<a href={href}><b jslog=\"{own}\">"),
        format!("<a href={href}></a jslog=\"{own}\">"),
        format!("</a href={href} jslog=\"{own}\">"),
    ] {
        assert_eq!(read(&page), [], "{page}");
    }
}

/// Returns the ID of an article with the same token and another second token.
fn with_amp_token(pair: &Pair, amp_token: Option<&str>) -> String {
    OpaqueArticle::new(opaque(pair).unwrap().token(), amp_token).unwrap().to_id()
}

#[test]
fn links_with_one_token_have_one_url() {
    let pair = &opaque_pairs()[0];
    let token = opaque(pair).unwrap().token().to_owned();
    let second = Pair { id: with_amp_token(pair, Some(&token)), ..pair.clone() };
    let first = Pair { id: with_amp_token(pair, None), ..pair.clone() };
    let other = Pair { url: format!("{}#", &pair.url[..pair.url.len() - 1]), ..second.clone() };
    let agree = [anchor(&first, 0), anchor(&second, 0)].concat();
    assert_eq!(counts(&agree), (2, 2, 0, 0));
    for page in [
        [anchor(&first, 0), anchor(&other, 0)].concat(),
        [anchor(&other, 0), anchor(&first, 0)].concat(),
        [agree.clone(), anchor(&other, 0)].concat(),
    ] {
        assert_eq!(counts(&page), (2, 0, 0, 2), "{page}");
        let mut pairs = Pairs::read(page.as_bytes());
        // Another link with this token, and a repetition, change nothing.
        let third = Pair {
            id: with_amp_token(pair, opaque(&opaque_pairs()[1]).map(|a| a.token().to_owned()).as_deref()),
            ..pair.clone()
        };
        pairs.add_page((anchor(&third, 0) + &agree).as_bytes());
        assert!(pairs.iter().all(|link| link.check() == Check::Refuted(Refutation::Ambiguous)));
        assert_eq!(pairs.iter().len(), 3);
    }
    // A URL that is refuted is not another URL.
    let longer = Pair { url: format!("{}x", pair.url), ..second };
    assert_eq!(counts(&[anchor(&longer, 0), anchor(&first, 0)].concat()), (2, 1, 0, 1));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn a_truncated_page_contains_the_links_before_its_end(cut in any::<prop::sample::Index>()) {
        let pairs = &recorded_pairs()[..6];
        let page = news_page(pairs, 3000);
        let cut = cut.index(page.len());
        let Some(part) = page.get(..cut) else { return Ok(()) };
        let known: BTreeMap<_, _> = expected(pairs).into_iter().collect();
        let found = read(part);
        for link in &found {
            prop_assert_eq!(link.check(), Check::Confirmed);
            prop_assert_eq!(Some(&link.url()), known.get(link.id()));
        }
        let whole = read(&page);
        prop_assert_eq!(&whole[..found.len()], &found[..]);
    }

    #[test]
    fn no_page_panics_and_no_url_has_another_length(
        pieces in prop::collection::vec(prop_oneof![
            prop::collection::vec(any::<u8>(), 0..20),
            prop::sample::select(vec![
                "<a ", "href=", "jslog=", "\"", "'", ">", "<script>", "</script>", "<!--", "-->", "&quot;", ")]}'", "[[\"wrb.fr\",\"x\",\"",
                "[13,[13,\"", "\"],\"t\",null,[1],null,\"", "\"]", "https://a.example/", "95014; 5:", "95014; 4:", "; ", "./read/", ",",
                "[", "]", "null", "\\u003d", "\\\"",
            ]).prop_map(|text| text.as_bytes().to_vec()),
            (0..20_usize).prop_map(|n| recorded_pairs()[n].id.clone().into_bytes()),
            (0..20_usize).prop_map(|n| anchor(&recorded_pairs()[n], n).into_bytes()),
            (0..20_usize).prop_map(|n| record(&recorded_pairs()[n]).to_string().into_bytes()),
        ], 0..40),
    ) {
        for link in links(&pieces.concat()) {
            if let (Some(url), Some(target)) = (link.url(), link.target()) {
                prop_assert!(google_news_link::check_url(url).is_ok());
                prop_assert!(target.url_len().is_none_or(|len| len == url.len()) || target.as_video().is_some());
            }
        }
    }
}
