//! Asserts each error message once, with an input that causes it.

use std::collections::BTreeSet;

use google_news_link::{Article, Error, ErrorKind, Field, Kind, OpaqueArticle, decode};

const G: &str = "https://news.google.com/articles/";

fn error(link: &str) -> Error {
    decode(link).expect_err(link)
}

#[test]
fn every_message_names_the_fault_and_its_offset() {
    use ErrorKind::*;
    let examples = [
        (NotGoogleNews, "hello", "not a Google News link or ID"),
        (
            NoId,
            "https://news.google.com/search?q=manga",
            "no ID in the path of a Google News link at byte 23",
        ),
        (InvalidByte(b'.'), &format!("{G}CBMiYmh0dHBzO..."), "invalid base64url character '.' at byte 46"),
        (InvalidLength(5), "CBMiY", "truncated ID: 5 characters (length % 4 == 1) at byte 4"),
        (TrailingBits, "CBMiFm9", "truncated ID: unused bits are set in the last character at byte 6"),
        (Truncated, "CBMiowFodHRw", "truncated ID: the message ends inside a field at byte 10"),
        (Malformed, &format!("{G}test"), "malformed ID at byte 33"),
        (UnknownType(5), "CAUiANIBAA", "unknown ID type 5 at byte 1"),
        (MissingField(Field::Amp), "CBMiFmh0dHBzOi8vYW11LnR2LzExMTkzMS8", "missing AMP field"),
        (InvalidField(Field::YoutubeId), "CCAiCmJSMFZjT0NUb2iYAQE", "invalid YouTube ID at byte 5"),
        (
            UnreadableKey,
            "CBMiC0hvdyB0byBzY2Fu0gEA",
            "unreadable article key: neither a URL nor a token at byte 5",
        ),
        (InvalidUtf8, "CBMiCWh0dHBzOi8v_9IBAA", "invalid UTF-8 in URL at byte 16"),
        (
            NotHttpUrl,
            "https://www.google.com/url?url=javascript:alert(1)",
            "not an http or https URL at byte 31",
        ),
        (
            InvalidUrlByte(b' '),
            "https://www.google.com/url?url=http://a b",
            "invalid URL character ' ' at byte 39",
        ),
        (GoogleUrl, "CBMiGGh0dHBzOi8vbmV3cy5nb29nbGUuY29tL9IBAA", "URL of a Google page at byte 5"),
    ];
    for (kind, link, message) in &examples {
        let error = error(link);
        assert_eq!((error.kind(), error.to_string().as_str()), (*kind, *message), "{link}");
    }
    let long = error(&"x".repeat(65_537));
    assert_eq!(long.kind(), TooLong);
    assert_eq!(long.to_string(), "link of more than 65,536 bytes");
    assert_eq!(error("  hello").to_string(), "not a Google News link or ID at byte 2");

    let kinds: BTreeSet<_> =
        examples.iter().map(|(kind, ..)| kind.as_str()).chain([TooLong.as_str()]).collect();
    assert_eq!(kinds.len(), examples.len() + 1, "each example is of another kind");
    let messages = include_str!("../src/error.rs").matches("#[error(").count();
    assert_eq!(kinds.len(), messages, "each kind has an example");
}

#[test]
fn the_part_at_fault_is_named() {
    for (link, message) in [
        ("CBM", "missing key"),
        ("CAIiEAABAgMEBQYHCAkKCwwNDg8", "missing edition"),
        ("CBI", "missing number"),
        ("CBMiBkFVX3lxTA", "invalid token at byte 12"),
        ("CAAqAggTMAE", "invalid edition at byte 6"),
        // An empty edition has no type, so the error is at its length.
        ("CAAqAA", "invalid edition at byte 4"),
        ("CAQiA2FiYyoKCAAqBAgKMAEwAQ", "invalid key at byte 5"),
        // A first field that is not the type.
        ("https://news.google.com/articles/EE0", "malformed ID at byte 33"),
        // A second type, which no ID has.
        ("CBMIKw", "malformed ID at byte 1"),
        // A varint that is longer than necessary, in a message of unknown type.
        ("CCs4gAA", "malformed ID at byte 2"),
        ("CCs4AQ", "unknown ID type 43 at byte 1"),
        // A section without the key that its last field is about.
        ("CAQqCggAKgQICjAHMAhQAQ", "malformed ID at byte 18"),
    ] {
        assert_eq!(error(link).to_string(), message, "{link}");
    }
}

#[test]
fn offsets_count_the_bytes_of_the_input() {
    // The `.` is at the same position in the ID. The bytes before the ID are counted as well.
    for (before, after) in [
        ("", ""),
        (G, ""),
        ("  \"https://news.google.com/rss/articles/", "\",\r\n"),
        ("./read/", "?hl=en-US&gl=US"),
        ("https:\\/\\/news.google.com\\/rss\\/articles\\/", "?oc\\u003d5"),
        ("https%3A%2F%2Fnews.google.com%2Farticles%2F", "%3Foc%3D5"),
        ("https%253A%252F%252Fnews.google.com%252Farticles%252F", "%253Foc%253D5"),
        ("https://consent.google.com/ml?gl=FR&amp;continue=https://news.google.com/rss/articles/", "?oc%3D5"),
        ("https://consent.google.com/m?continue=https%3A%2F%2Fnews.google.com%2Fread%2F", "%3Foc%3D5&gl=FR"),
        ("https://www.google.com/sorry/index?continue=https://news.google.com/read/", "%3Fhl%3Den-IE&hl=en"),
        ("https://www.google.com/url?url=https://news.google.com/read/", "&sa=t"),
    ] {
        let link = format!("{before}CBMiYmh0dHB.Oi8{after}");
        let error = error(&link);
        assert_eq!(error.kind(), ErrorKind::InvalidByte(b'.'), "{link}");
        assert_eq!(error.offset(), Some(before.len() + 11), "{link}");

        // An offset in the message is converted as well: its byte 6 is in the ID's character 8.
        let link = format!("{before}CBMiBGZ0cDrSAQA{after}");
        let error = decode(&link).expect_err(&link);
        assert_eq!((error.kind(), error.offset()), (ErrorKind::NotHttpUrl, Some(before.len() + 5)), "{link}");
    }
}

#[test]
fn the_error_of_two_parameters_without_a_url_is_that_of_url() {
    for (link, offset) in [
        ("https://www.google.com/url?url=x&q=y", 31),
        ("https://www.google.com/url?q=y&url=x", 35),
        ("https://www.google.com/url?q=y", 29),
    ] {
        let error = error(link);
        assert_eq!((error.kind(), error.offset()), (ErrorKind::NotHttpUrl, Some(offset)), "{link}");
    }
}

#[test]
fn new_articles_follow_the_same_rules() {
    let kind = |error: Error| (error.kind(), error.offset());
    let url = "https://example.com/";
    assert!(Article::new(url, Some(url)).is_ok());
    for (bad, expected) in [
        ("", (ErrorKind::NotHttpUrl, Some(0))),
        ("ftp://example.com/", (ErrorKind::NotHttpUrl, Some(0))),
        ("https://", (ErrorKind::NotHttpUrl, Some(8))),
        ("https://example.com/a b", (ErrorKind::InvalidUrlByte(b' '), Some(21))),
        ("https://news.google.com/", (ErrorKind::GoogleUrl, Some(0))),
        ("https://www.google.com/url?q=https://example.com/", (ErrorKind::GoogleUrl, Some(0))),
    ] {
        assert_eq!(Article::new(bad, None).map_err(kind), Err(expected), "{bad}");
        assert_eq!(Article::new(url, Some(bad)).map_err(kind), Err(expected), "{bad}");
    }
    // Both URLs together have up to 49,000 bytes.
    let url_of = |len: usize| format!("{url}{}", "a".repeat(len - url.len()));
    for (len, amp_len) in [(49_000, None), (48_980, Some(20)), (24_500, Some(24_500))] {
        let article = |len: usize| {
            Article::new(&url_of(len), amp_len.map(url_of).as_deref()).map(|article| article.to_id())
        };
        assert!(decode(article(len).unwrap()).is_ok(), "{len}, {amp_len:?}");
        assert_eq!(article(len + 1).map_err(kind), Err((ErrorKind::TooLong, None)), "{len}, {amp_len:?}");
    }
    let token = "AU_yqLM8OWvAadKpeKN66Vtm8UsxEyNqLQtwnSt1aIDGOM-EhR8eig";
    assert!(OpaqueArticle::new(token, Some(token)).is_ok());
    for bad in ["", "hello", "AU_yqLMA", &token[..28]] {
        let expected = Err((ErrorKind::InvalidField(Field::Token), Some(0)));
        assert_eq!(OpaqueArticle::new(bad, None).map_err(kind), expected, "{bad}");
        assert_eq!(OpaqueArticle::new(token, Some(bad)).map_err(kind), expected, "{bad}");
    }
}

#[test]
fn an_error_is_small_and_its_debug_output_contains_its_kind() {
    assert!(size_of::<Error>() <= 12, "{} bytes", size_of::<Error>());
    let debug = format!("{:?}", error("hello"));
    assert_eq!(debug, "Error { kind: NotGoogleNews, offset: Some(0) }");
}

#[test]
fn kinds_and_fields_have_names() {
    for &kind in Kind::ALL {
        assert_eq!(kind.as_str().parse(), Ok(kind));
        assert_eq!(kind.to_string(), kind.as_str());
    }
    let error = "Article".parse::<Kind>().unwrap_err();
    let names: Vec<_> = Kind::ALL.iter().map(|kind| kind.as_str()).collect();
    assert_eq!(error.to_string(), format!("unknown kind of target, expected one of {}", names.join(", ")));
}
