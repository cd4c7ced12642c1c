//! Properties of all targets, tested with every vector.

use std::borrow::Cow;

use base64::prelude::{BASE64_URL_SAFE_NO_PAD, Engine};
use google_news_link::{Article, Edition, Kind, Link, OpaqueArticle, Target, Topic, Video, decode};

/// Returns the targets of all links of the tables, with the links.
fn targets() -> impl Iterator<Item = (&'static str, Target<'static>)> {
    let tables = [
        include_str!("data/vectors/links.tsv"),
        include_str!("data/vectors/field.tsv"),
        include_str!("data/vectors/hostile.tsv"),
    ];
    let links = tables.into_iter().flat_map(|table| table.lines().skip(1));
    links.map(|line| line.split('\t').next().unwrap()).filter_map(|link| Some((link, decode(link).ok()?)))
}

#[test]
fn a_target_is_decoded_from_its_own_link() {
    for (link, target) in targets() {
        match target.to_link() {
            Some(own) => {
                assert_eq!(decode(&own).as_ref(), Ok(&target), "{own} of {link}");
                assert_eq!(Link::parse(&own).unwrap().id(), target.to_id().as_deref(), "{own}");
            }
            None => assert_eq!(target.kind(), Kind::Redirect, "{link}"),
        }
    }
}

#[test]
fn a_target_converts_into_its_url_and_a_link_into_its_id() {
    for (link, target) in targets() {
        let url = target.canonical_url().map(str::to_owned);
        assert_eq!(target.into_canonical_url().as_deref(), url.as_deref(), "{link}");
        let parsed = Link::parse(link).unwrap();
        assert_eq!(parsed.clone().into_id().as_deref(), parsed.id(), "{link}");
    }
    let id = |link| Link::parse(link).unwrap().into_id();
    assert!(matches!(id("./read/CBIwkdv6lUE?oc=3"), Some(Cow::Borrowed("CBIwkdv6lUE"))));
    assert!(matches!(id("./read/CBIwkdv6lU%45?oc=3"), Some(Cow::Owned(id)) if id == "CBIwkdv6lUE"));
}

#[test]
fn links_have_the_form_that_google_writes() {
    for (link, own) in [
        (
            "./read/CBMiFmh0dHBzOi8vYW11LnR2LzExMTkzMS_SAQA",
            "/rss/articles/CBMiFmh0dHBzOi8vYW11LnR2LzExMTkzMS_SAQA?oc=5",
        ),
        ("CCAiC2JSMFZjT0NUb2hZmAEB", "/rss/articles/CCAiC2JSMFZjT0NUb2hZmAEB?oc=5"),
        (
            "./articles/CAIiEGuAj6xdE1EiuL__EEW4PWEqGQgEKhAIACoHCAowl--JCzCtppwDMMWWowY?hl=ja&uo=CAUiJGh0dHBzOi8vamV0c3RyZWFtLmJ6L2FyY2hpdmVzLzE2MDA0NNIBAA",
            "/articles/CAIiEGuAj6xdE1EiuL__EEW4PWEqGQgEKhAIACoHCAowl--JCzCtppwDMMWWowY?uo=CAUiJGh0dHBzOi8vamV0c3RyZWFtLmJ6L2FyY2hpdmVzLzE2MDA0NNIBAA",
        ),
        (
            "CAIiEP3mC0iuRNhH9bQgc8yLWKsqFggEKg4IACoGCAowl6p7MN-zCTCOvRU",
            "/articles/CAIiEP3mC0iuRNhH9bQgc8yLWKsqFggEKg4IACoGCAowl6p7MN-zCTCOvRU",
        ),
        (
            "CAAqJggKIiBDQkFTRWdvSUwyMHZNRGRqTVhZU0FtVnVHZ0pWVXlnQVAB",
            "/topics/CAAqJggKIiBDQkFTRWdvSUwyMHZNRGRqTVhZU0FtVnVHZ0pWVXlnQVAB",
        ),
        (
            "CAAqNggKIjBDQklTSGpvSmMzUnZjbmt0TXpZd1NoRUtEd2pjcDYtX0VSRlB0dGhHNUFkcU1TZ0FQAQ",
            "/stories/CAAqNggKIjBDQklTSGpvSmMzUnZjbmt0TXpZd1NoRUtEd2pjcDYtX0VSRlB0dGhHNUFkcU1TZ0FQAQ",
        ),
        ("CAAqBwgKMI7rigMwlq88", "/publications/CAAqBwgKMI7rigMwlq88"),
        (
            "CAQqEAgAKgcICjCj4PgKMP2p3wIw_vaxBQ",
            "/publications/CAAqBwgKMKPg-Aow_anfAg/sections/CAQqEAgAKgcICjCj4PgKMP2p3wIw_vaxBQ",
        ),
        ("CBIwkdv6lUE", "/s/CBIwkdv6lUE"),
        (
            "CC8iK0NnNXplRlJtV1RjMWFUaDFaMmhmVFJDZkF4ampCU2dLTWdaQlE1Z1RIUWs",
            "/api/attachments/CC8iK0NnNXplRlJtV1RjMWFUaDFaMmhmVFJDZkF4ampCU2dLTWdaQlE1Z1RIUWs",
        ),
    ] {
        let target = decode(link).unwrap();
        assert_eq!(target.to_link(), Some(format!("https://news.google.com{own}")), "{link}");
    }
}

/// Converts a target into the type of its kind and back.
fn rebuilt<'a>(target: &Target<'a>) -> Option<Target<'a>> {
    match target.kind() {
        Kind::Article => target.as_article().cloned().map(Target::from),
        Kind::OpaqueArticle => target.as_opaque_article().cloned().map(Target::from),
        Kind::KeyedArticle => target.as_keyed_article().cloned().map(Target::from),
        Kind::Video => target.as_video().cloned().map(Target::from),
        Kind::Topic => target.as_topic().cloned().map(Target::from),
        Kind::Story => target.as_story().cloned().map(Target::from),
        Kind::Publication => target.as_publication().cloned().map(Target::from),
        Kind::Section => target.as_section().cloned().map(Target::from),
        Kind::Share => target.as_share().cloned().map(Target::from),
        Kind::Picture => target.as_picture().cloned().map(Target::from),
        Kind::Redirect => target.as_redirect().cloned().map(Target::from),
        Kind::OpaqueRedirect => target.as_opaque_redirect().cloned().map(Target::from),
        _ => None,
    }
}

#[test]
fn a_target_is_exactly_one_of_its_variants() {
    for (link, target) in targets() {
        assert_eq!(rebuilt(&target).as_ref(), Some(&target), "{link}");
        let found = [
            target.as_article().is_some(),
            target.as_opaque_article().is_some(),
            target.as_keyed_article().is_some(),
            target.as_video().is_some(),
            target.as_topic().is_some(),
            target.as_story().is_some(),
            target.as_publication().is_some(),
            target.as_section().is_some(),
            target.as_share().is_some(),
            target.as_picture().is_some(),
            target.as_redirect().is_some(),
            target.as_opaque_redirect().is_some(),
        ];
        assert_eq!(found.iter().filter(|&&is_some| is_some).count(), 1, "{link}");
    }
}

#[test]
fn url_len_is_the_length_of_the_canonical_url() {
    for (link, target) in targets() {
        match &target {
            Target::OpaqueArticle(article) => assert_eq!(target.url_len(), Some(article.url_len()), "{link}"),
            Target::OpaqueRedirect(redirect) => {
                assert_eq!(target.url_len(), Some(redirect.url_len()), "{link}")
            }
            _ => assert_eq!(target.url_len(), target.canonical_url().map(str::len), "{link}"),
        }
    }
}

#[test]
fn a_target_is_displayed_with_its_kind_and_identifier() {
    for (link, shown) in [
        ("CBMiFmh0dHBzOi8vYW11LnR2LzExMTkzMS_SAQA", "article https://amu.tv/111931/"),
        ("CCAiC2JSMFZjT0NUb2hZmAEB", "video https://www.youtube.com/watch?v=bR0VcOCTohY"),
        ("CAAqJggKIiBDQkFTRWdvSUwyMHZNRGRqTVhZU0FtVnVHZ0pWVXlnQVAB", "topic /m/07c1v en US"),
        ("CAAqBwgKMI7rigMwlq88", "publication CAAqBwgKMI7rigMwlq88"),
        ("CAAqKQgKIiNDQklTRkFnTWFoQUtEbUppWXk1amJ5NTFheTl1WlhkektBQVAB", "publication bbc.co.uk/news"),
        ("CBIwkdv6lUE", "share 17494355345"),
        ("https://www.google.com/url?url=https://example.com/", "redirect https://example.com/"),
        (
            "CBMirgFBVV95cUxQRC1aaWJ3SDZjN3BKYzFUTGFyUEI5bmt1LXpQT3owWGlqdEFGRjc5cU9iX09naHdrNHA2bzNoaTVoVUhKd2xnbEliVm85QzdmZzZZeTcxSU1aQUFWS0xYZnZfd2xxNUt3ekxXN0pxMFFiRm1MVDB4ZkhaeTI5VHFFbVZucVlOcm9CazlDaUVnQ2FadVV2ZW5WekZHZWk5emFmOTZqS25QS0tuTXRjelE",
            "opaque-article AU_yqLPD-ZibwH6c7pJc1TLarPB9nku-zPOz0XijtAFF79qOb_Oghwk4p6o3hi5hUHJwlglIbVo9C7fg6Yy71IMZAAVKLXfv_wlq5KwzLW7Jq0QbFmLT0xfHZy29TqEmVnqYNroBk9CiEgCaZuUvenVzFGei9zaf96jKnPKKnMtczQ",
        ),
        (
            "CAIiEGuAj6xdE1EiuL__EEW4PWEqGQgEKhAIACoHCAowl--JCzCtppwDMMWWowY",
            "keyed-article CAIiEGuAj6xdE1EiuL__EEW4PWEqGQgEKhAIACoHCAowl--JCzCtppwDMMWWowY",
        ),
        (
            "CAAqOQgKIjNDQklTSURvSmMzUnZjbmt0TXpZd1NoTUtFUWo5eF95Z2pvQU1FUlhoaTBhS01ZWnlLQUFQAQ",
            "story 52780385379325",
        ),
        (
            "CAQiUENCSVNOam9JYkc5allXeGZkakpDRUd4dlkyRnNYM1l5WDNObFkzUnBiMjV5Q3hJSkwyMHZNR0pmYTJaNWVnc0tDUzl0THpCaVgydG1lU2dBKjEIACotCAoiJ0NCSVNGem9JYkc5allXeGZkako2Q3dvSkwyMHZNR0pmYTJaNUtBQVABUAE",
            "section local_v2_section",
        ),
        ("CC8iK0NnNXplRlJtV1RjMWFUaDFaMmhmVFJDZkF4ampCU2dLTWdaQlE1Z1RIUWs", "picture sxTfY75i8ugh_M"),
        (
            "CAESiwEB7keqTcu2ymZjR7jhGzMNNgaxEi1xQorX5B9AY5NQ8SvuO_iOyr7su7EJZvtDbcSYJE0iPgb7janwmEmO4YFRqGAoqTCbqTmg02sB_Vbkmw9uIi0Q5lZ9wH4TF5b0rxXo7COXFsayQnrWVAeeTkr00jQyTmA4l5yyECEICtTRlHWTGO_v0weaNjhM",
            "opaque-redirect CAESiwEB7keqTcu2ymZjR7jhGzMNNgaxEi1xQorX5B9AY5NQ8SvuO_iOyr7su7EJZvtDbcSYJE0iPgb7janwmEmO4YFRqGAoqTCbqTmg02sB_Vbkmw9uIi0Q5lZ9wH4TF5b0rxXo7COXFsayQnrWVAeeTkr00jQyTmA4l5yyECEICtTRlHWTGO_v0weaNjhM",
        ),
    ] {
        let target = decode(link).unwrap();
        assert_eq!(target.to_string(), shown);
        let url = target.to_url().map(|url| url.unwrap().to_string());
        assert_eq!(url.as_deref(), target.canonical_url());
    }
}

#[test]
fn hosts_that_are_invalid_addresses_are_errors_of_to_url_only() {
    for (url, error) in [
        ("https://256.1.1.1/", url::ParseError::InvalidIpv4Address),
        ("https://xn--a/", url::ParseError::IdnaError),
    ] {
        let target = Target::from(Article::new(url, None).unwrap());
        assert_eq!((target.canonical_url(), target.to_url()), (Some(url), Some(Err(error))));
    }
}

#[test]
fn sections_have_the_knowledge_graph_ids_of_their_subject_and_place() {
    let topic = decode("CAAqJggKIiBDQkFTRWdvSUwyMHZNRGRqTVhZU0FtVnVHZ0pWVXlnQVAB").unwrap();
    assert_eq!(topic.as_topic().and_then(Topic::knowledge_graph_id), Some("/m/07c1v"));
    assert_eq!(topic.as_topic().and_then(Topic::place_knowledge_graph_id), None);
    let local = decode(
        "CAQiUENCSVNOam9JYkc5allXeGZkakpDRUd4dlkyRnNYM1l5WDNObFkzUnBiMjV5Q3hJSkwyMHZNR0pmYTJaNWVnc0tDUzl0THpCaVgydG1lU2dBKjEIACotCAoiJ0NCSVNGem9JYkc5allXeGZkako2Q3dvSkwyMHZNR0pmYTJaNUtBQVABUAE",
    )
    .unwrap();
    let section = local.as_section().unwrap();
    assert_eq!((section.knowledge_graph_id(), section.place_knowledge_graph_id()), (None, Some("/m/0b_kfy")));
    assert_eq!(section.name(), Some("local_v2_section"));
    let Edition::Topic(topic) = section.edition() else { panic!("{section:?}") };
    assert_eq!((topic.name(), topic.place_knowledge_graph_id()), (Some("local_v2"), Some("/m/0b_kfy")));
}

#[test]
fn a_video_is_identified_by_its_youtube_id() {
    let target = decode("CCAiC2JSMFZjT0NUb2hZmAEB").unwrap();
    assert_eq!(target.as_video().map(Video::youtube_id), Some("bR0VcOCTohY"));
    assert_eq!(format!("{:?}", target.as_video().unwrap()), r#"Video { youtube_id: "bR0VcOCTohY" }"#);
}

#[test]
fn the_token_of_a_target_is_that_of_its_encrypted_url() {
    for (link, target) in targets() {
        let token = match &target {
            Target::OpaqueArticle(article) => Some(article.token()),
            Target::OpaqueRedirect(redirect) => Some(redirect.token()),
            _ => None,
        };
        assert_eq!(target.token(), token, "{link}");
    }
}

/// Returns a token of a URL with `url_len` bytes.
fn new_token(key_id: [u8; 4], url_len: usize) -> String {
    BASE64_URL_SAFE_NO_PAD.encode([&[1][..], &key_id, &vec![7; 16 + url_len]].concat())
}

#[test]
fn urls_of_the_lengths_that_the_tokens_determine_are_accepted() {
    let key_id = [0x12, 0x34, 0x56, 0x78];
    let (token, amp_token) = (new_token(key_id, 21), new_token([0; 4], 30));
    let article = OpaqueArticle::new(&token, Some(&amp_token)).unwrap();
    let without_amp = OpaqueArticle::new(&token, None).unwrap();
    assert_eq!((article.key_id(), article.url_len(), article.amp_url_len()), (key_id, 21, Some(30)));
    for len in 0..40 {
        let url = "x".repeat(len);
        assert_eq!(article.accepts_url(&url), len == 21, "{len}");
        assert_eq!(article.accepts_amp_url(&url), len == 30, "{len}");
        assert!(!without_amp.accepts_amp_url(&url), "{len}");
    }
}

#[test]
fn a_target_of_another_kind_is_an_error_that_names_both_kinds() {
    let video = || decode("CCAiC2JSMFZjT0NUb2hZmAEB").unwrap();
    let article = Article::try_from(video()).unwrap_err();
    assert_eq!((article.expected(), article.found()), (&[Kind::Article][..], Kind::Video));
    assert_eq!(article.to_string(), "expected article, found video");
    let edition = Edition::try_from(video()).unwrap_err();
    assert_eq!((edition.expected(), edition.found()), (&[Kind::Topic, Kind::Publication][..], Kind::Video));
    assert_eq!(edition.to_string(), "expected topic or publication, found video");
}

/// The field 27, a varint.
const UNKNOWN_FIELD: [u8; 3] = [0xd8, 0x01, 42];

#[test]
fn topics_and_publications_are_editions() {
    for (link, target) in targets() {
        let edition = Edition::try_from(target.clone());
        let is_edition = matches!(target.kind(), Kind::Topic | Kind::Publication);
        assert_eq!(edition.is_ok(), is_edition, "{link}");
        let Ok(edition) = edition else { continue };
        assert_eq!(edition.to_string(), target.to_string(), "{link}");
        assert_eq!(Some(edition.to_id()), target.to_id(), "{link}");
        assert_eq!(Target::from(edition.clone()), target, "{link}");
        let mut message = BASE64_URL_SAFE_NO_PAD.decode(edition.to_id()).unwrap();
        message.extend(UNKNOWN_FIELD);
        let id = BASE64_URL_SAFE_NO_PAD.encode(message);
        let extended = Edition::try_from(decode(&id).unwrap()).unwrap();
        assert!(extended.has_unknown_fields() && !edition.has_unknown_fields(), "{link}");
        assert_eq!(extended.to_id(), id, "{link}");
    }
}
