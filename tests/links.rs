//! Tests of links in every form in which they are found.

use std::collections::HashSet;
use std::hash::{BuildHasher, BuildHasherDefault, DefaultHasher};

use google_news_link::{Destination, Error, ErrorKind, Kind, Link, Target, decode};

const ID: &str = "CBMiFmh0dHBzOi8vYW11LnR2LzExMTkzMS_SAQA";
const URL: &str = "https://amu.tv/111931/";

/// Replaces `@` by the ID.
fn with_id(shape: &str) -> String {
    shape.replace('@', ID)
}

#[test]
fn an_id_is_found_in_links_of_every_form() {
    for (shape, path) in [
        ("@", ""),
        ("@?oc=5", ""),
        ("@#top", ""),
        ("@/", ""),
        ("https://news.google.com/articles/@", "/articles"),
        ("https://news.google.com/rss/articles/@?oc=5", "/rss/articles"),
        ("https://news.google.com/__i/rss/rd/articles/@?oc=5", "/__i/rss/rd/articles"),
        ("https://news.google.com/atom/articles/@", "/atom/articles"),
        ("https://news.google.com/read/@?hl=en-US&gl=US&ceid=US%3Aen", "/read"),
        ("https://news.google.com/rss/read/@", "/rss/read"),
        ("https://news.google.com/articles/@/", "/articles"),
        ("https://news.google.com/articles/@#top", "/articles"),
        ("http://news.google.com/articles/@", "/articles"),
        ("HTTPS://NEWS.Google.com/articles/@", "/articles"),
        ("https://news.google.com:443/articles/@", "/articles"),
        ("https://news.google.com//articles//@", "/articles"),
        ("https://news.google.com/./articles/./@", "/articles"),
        ("https://news.google.com/u/1/articles/@", "/u/1/articles"),
        ("news.google.com/./articles/@?hl=en-US", "/articles"),
        ("news.google.com/articles/@", "/articles"),
        ("//news.google.com/articles/@", "/articles"),
        ("./articles/@?hl=en-IN&amp;gl=IN&amp;ceid=IN%3Aen", "/articles"),
        ("./read/@", "/read"),
        ("/articles/@", "/articles"),
        ("/./articles/@", "/articles"),
        ("/rss/articles/@", "/rss/articles"),
        ("articles/@", "/articles"),
        ("rss/articles/@", "/rss/articles"),
        // Escaped for HTML, JSON and scripts.
        ("\"https://news.google.com/articles/@\"", "/articles"),
        ("'https://news.google.com/articles/@',", "/articles"),
        ("<https://news.google.com/articles/@>", "/articles"),
        ("(https://news.google.com/articles/@).", "/articles"),
        ("[https://news.google.com/articles/@];", "/articles"),
        ("\u{feff}https://news.google.com/articles/@\u{a0}", "/articles"),
        (" \t\r\nhttps://news.google.com/articles/@\r\n", "/articles"),
        ("https:\\/\\/news.google.com\\/articles\\/@?hl\\u003den\\u0026gl\\u003dUS", "/articles"),
        ("https:\\\\/\\\\/news.google.com\\\\/articles\\\\/@\\\\u003foc\\\\u003d5", "/articles"),
        ("https:\\x2F\\x2Fnews.google.com\\x2Farticles\\x2F@", "/articles"),
        ("https:&#47;&#x2F;news.google.com&sol;articles&#47;@?a&amp;b", "/articles"),
        ("&quot;https://news.google.com/articles/@&quot;", "/articles"),
        ("&apos;https://news.google.com/articles/@&apos;", "/articles"),
        ("&lt;https://news.google.com/articles/@&gt;", "/articles"),
        ("\\nhttps://news.google.com/articles/@\\n", "/articles"),
        // Percent-encoded in part, as a whole, and twice.
        ("https%3A%2F%2Fnews.google.com%2Farticles%2F@%3Foc%3D5", "/articles"),
        ("https%3A//news.google.com/articles/@%3Foc%3D5", "/articles"),
        ("HTTP%253a//news.google.com/articles/@", "/articles"),
        ("https%3a%2f%2fnews.google.com%2farticles%2f@%3foc%3d5", "/articles"),
        ("https%253A%252F%252Fnews.google.com%252Farticles%252F@%253Foc%253D5", "/articles"),
        ("news.google.com%2Farticles%2F@", "/articles"),
        (".%2Farticles%2F@", "/articles"),
        ("https://news.google.com/read/@%3Fhl%3Den-IE%26gl%3DIE%26ceid%3DIE%253Aen", "/read"),
        ("https://news.google.com/articles/@%20", "/articles"),
        // Text directly after the query.
        ("https://news.google.com/articles/@?oc=5Prabowo", "/articles"),
        ("https://news.google.com/articles/@?hl=en&ceid=US%3Aen',\\n", "/articles"),
        ("https://news.google.com/articles/@ and more", "/articles"),
        ("https://news.google.com/articles/@\tTitle\t2024", "/articles"),
        ("https://news.google.com/articles/@\">Title</a>", "/articles"),
        ("https://news.google.com/articles/@, they said", "/articles"),
        ("https://news.google.com/articles/@.", "/articles"),
        ("https://news.google.com/articles/@&hl=en-US", "/articles"),
        ("https://news.google.com/articles/@)", "/articles"),
        ("https://news.google.com/articles/@**", "/articles"),
        // In consent, captcha and sign-in pages.
        (
            "https://consent.google.com/ml?continue=https://news.google.com/rss/articles/@?oc%3D5&gl=FR",
            "/rss/articles",
        ),
        (
            "https://consent.google.com/m?gl=FR&continue=https%3A%2F%2Fnews.google.com%2Fread%2F@%3Foc%3D5",
            "/read",
        ),
        ("https://consent.google.de/m?continue=https://news.google.com/read/@", "/read"),
        ("https://www.google.com/sorry/index?continue=https://news.google.com/read/@%3Fhl%3Den&q=x", "/read"),
        ("https://www.google.com/url?q=https://news.google.com/read/@&sa=D", "/read"),
        ("https://www.google.com/url?url=https%3A%2F%2Fnews.google.com%2Fread%2F@%3Foc%3D5&sa=D", "/read"),
        ("https://www.google.com/amp/s/news.google.com/articles/@", "/articles"),
        (
            "https://www.google.com/sorry/index?continue=https://consent.google.com/m%3Fcontinue%3D\
             https://news.google.com/read/@%253Foc%253D5",
            "/read",
        ),
        // A relative link that was joined to the address of a search.
        ("news.google.com/search?q=x&ceid=KR:ko/articles/@?uo=1", "/articles"),
    ] {
        let text = with_id(shape);
        let link = Link::parse(&text).unwrap_or_else(|error| panic!("{shape}: {error}"));
        assert_eq!(link.id(), Some(ID), "{shape}");
        assert_eq!(link.path(), path, "{shape}");
        assert_eq!(link.edition_id(), None, "{shape}");
        let target = decode(&text).unwrap_or_else(|error| panic!("{shape}: {error}"));
        assert_eq!((target.kind(), target.canonical_url()), (Kind::Article, Some(URL)), "{shape}");
        assert_eq!(link.decode(), Ok(target), "{shape}");
    }
}

#[test]
fn links_outlive_the_iterator_over_their_lines() {
    fn parse_all<'t>(lines: &[&'t str]) -> Result<Vec<Link<'t>>, Error> {
        lines.iter().map(|line| Link::parse(line)).collect()
    }
    let input = format!("./read/{ID}?hl=en\n./topics/CAAqAb/sections/CAQiCd");
    let links = {
        let lines: Vec<&str> = input.lines().collect();
        parse_all(&lines).unwrap()
    };
    assert_eq!(links[0].id(), Some(ID));
    assert_eq!(links[1].edition_id(), Some("CAAqAb"));
    assert_eq!(Link::try_from(input.lines().next().unwrap()), Ok(links[0].clone()));
    assert_eq!(Link::try_from(input.lines().next().unwrap().as_bytes()), Ok(links[0].clone()));
    assert_eq!(Link::try_from("hello").unwrap_err().kind(), ErrorKind::NotGoogleNews);
}

#[test]
fn a_parsed_link_is_decoded_with_the_offsets_of_its_input() {
    for link in [
        "  \"https:\\/\\/news.google.com\\/read\\/CBMiYmh0dHB.Oi8?oc\\u003d5\"",
        "https://consent.google.com/ml?gl=FR&amp;continue=https://news.google.com/read/CBMiBGZ0cDrSAQA?oc%3D5",
    ] {
        let error = decode(link).unwrap_err();
        assert!(error.offset().is_some_and(|offset| offset > 30));
        assert_eq!(Link::parse(link).unwrap().into_owned().decode(), Err(error), "{link}");
    }
    let redirect = "https://www.google.com/url?q=https://example.com/%26a";
    let parsed = Link::parse(redirect).unwrap();
    assert_eq!(parsed.destination(), Destination::Url("https://example.com/&a"));
    assert_eq!(parsed.decode(), decode(redirect));
    assert_eq!(redirect.parse::<Target<'_>>(), decode(redirect));
    assert_eq!("hello".parse::<Target<'_>>(), decode("hello"));
}

#[test]
fn other_ids_are_found_after_their_own_paths() {
    for (shape, path) in [
        ("https://news.google.com/topics/@", "/topics"),
        ("https://news.google.com/rss/topics/@?ceid=GB:en&oc=3", "/rss/topics"),
        ("https:\\/\\/news.google.com\\/topics\\/@", "/topics"),
        ("./stories/@?hl=en-IN", "/stories"),
        ("./publications/@?hl=en-IN", "/publications"),
        ("https://news.google.com/s/@?sceid=ID:id&sceid=ID:id&r=0&oc=1", "/s"),
        ("http://google.com/newsstand/s/@", "/newsstand/s"),
        ("http://google.com/newsstand/s/editions/@/Panicotippspiel", "/newsstand/s/editions"),
        ("https://news.google.com/api/attachments/@=-w200-h112-p-df-rw", "/api/attachments"),
    ] {
        let text = shape.replace('@', "CC8iAbcd");
        let link = Link::parse(&text).unwrap();
        assert_eq!((link.id(), link.path()), (Some("CC8iAbcd"), path), "{shape}");
    }
    let link = Link::parse("https://news.google.com/topics/CAAqAb/sections/CAQiCd?hl=vi").unwrap();
    assert_eq!((link.edition_id(), link.id()), (Some("CAAqAb"), Some("CAQiCd")));
    assert_eq!((link.path(), link.param("hl").as_deref()), ("/topics/sections", Some("vi")));
}

#[test]
fn a_section_after_the_size_of_a_picture_is_found_on_every_path() {
    const PICTURE: &str = "CC8iK0NnNXplRlJtV1RjMWFUaDFaMmhmVFJDZkF4ampCU2dLTWdaQlE1Z1RIUWs";
    const SECTION: &str = "CAQqEAgAKgcICjCj4PgKMP2p3wIw_vaxBQ";
    for (tail, id) in [
        ("=-w200-h112-p-df-rw", Some(PICTURE)),
        ("=-w200-h112-p-df-rw/", Some(PICTURE)),
        ("=-w200/sections/CAQqEAgAKgcICjCj4PgKMP2p3wIw_vaxBQ", Some(SECTION)),
        ("=-w200%2Fsections%2FCAQqEAgAKgcICjCj4PgKMP2p3wIw_vaxBQ", Some(SECTION)),
        ("=-w200/sections/", None),
        ("=/sections?hl=en", None),
    ] {
        let link = format!("https://news.google.com/api/attachments/{PICTURE}{tail}");
        let decoded = decode(&link);
        assert_eq!(decoded.as_ref().ok().and_then(Target::to_id).as_deref(), id, "{tail}");
        assert_eq!(decoded, Link::parse(&link).and_then(|link| link.decode()), "{tail}");
    }
}

#[test]
fn parameters_are_read_with_every_kind_of_escape() {
    for (tail, expected) in [
        ("", &[][..]),
        ("?", &[]),
        ("?oc=5", &[("oc", "5")]),
        ("?oc=5#hl=x", &[("oc", "5")]),
        ("?hl=en-IN&gl=IN&ceid=IN%3Aen", &[("hl", "en-IN"), ("gl", "IN"), ("ceid", "IN:en")]),
        ("?hl=en-IN&amp;gl=IN&amp;ceid=IN:en", &[("hl", "en-IN"), ("gl", "IN"), ("ceid", "IN:en")]),
        ("?hl=en&gl=US&amp;m=0", &[("hl", "en"), ("gl", "US"), ("m", "0")]),
        ("?hl\\u003den\\u0026gl\\u003dUS", &[("hl", "en"), ("gl", "US")]),
        ("?hl&equals;en&amp;gl&equals;US", &[("hl", "en"), ("gl", "US")]),
        (
            "?hl%3Den-IE%26gl%3DIE%26ceid%3DIE:en&m=0",
            &[("hl", "en-IE"), ("gl", "IE"), ("ceid", "IE:en"), ("m", "0")],
        ),
        ("%3Fhl%3Den-IE%26ceid%3DIE%253Aen", &[("hl", "en-IE"), ("ceid", "IE:en")]),
        ("?sceid=ID:id&sceid=US:en", &[("sceid", "ID:id"), ("sceid", "US:en")]),
        ("?oc=5 and more", &[("oc", "5")]),
        ("?oc=5\u{a0}", &[("oc", "5")]),
        ("?nsro&oc=5", &[("nsro", ""), ("oc", "5")]),
        ("#?oc=5", &[]),
    ] {
        let text = format!("https://news.google.com/read/{ID}{tail}");
        let link = Link::parse(&text).unwrap();
        let found: Vec<_> = link.params().collect();
        let found: Vec<_> = found.iter().map(|(name, value)| (&**name, &**value)).collect();
        assert_eq!(found, expected, "{tail}");
        for (name, value) in expected {
            let first = expected.iter().find(|(found, _)| found == name).map(|(_, value)| *value);
            assert_eq!(link.param(name).as_deref(), first, "{tail}, {value}");
        }
    }
}

#[test]
fn a_url_in_plain_text_is_returned_completely() {
    for (link, url) in [
        ("http://news.google.com/news/url?sa=t&url=http://example.com/a", "http://example.com/a"),
        ("http://news.google.co.uk/news/url?sa=t&url=http://example.com/a", "http://example.com/a"),
        ("https://www.google.com/url?rct=j&url=https://example.com/a/&ct=ga", "https://example.com/a/"),
        ("https://www.google.com/url?rct=j&amp;url=https://example.com/a&amp;ct=ga", "https://example.com/a"),
        ("https://www.google.com/url?url=https://example.com/?a%3D1%26b%3D2", "https://example.com/?a=1&b=2"),
        (
            "https://www.google.com/url?url=https%3A%2F%2Fexample.com%2F%3Fa%3D%2520b",
            "https://example.com/?a=%20b",
        ),
        ("https://www.google.com/url?url=https://example.com/amp;a&amp;ct=ga", "https://example.com/amp;a"),
        ("https://www.google.com/url?q=https://example.com/a", "https://example.com/a"),
        ("https://www.google.com/url?q=x&url=https://example.com/a", "https://example.com/a"),
        ("https://www.google.com/url?url=https://example.com/a#part", "https://example.com/a#part"),
        ("https://www.google.com/url?url=https://www.google.com/maps", "https://www.google.com/maps"),
        ("google.de/url?url=https://example.com/a", "https://example.com/a"),
        ("https://www.google.com/url%3Fq%3Dhttps%3A%2F%2Fexample.com%2Fa", "https://example.com/a"),
        ("https://www.google.com/url%253Fq%253Dhttps%253A%252F%252Fexample.com", "https://example.com"),
        ("https://www.google.com/url?url=https://example.com:8080/a", "https://example.com:8080/a"),
        ("https://www.google.com/url?url=https://127.0.0.1/", "https://127.0.0.1/"),
        ("\"https://www.google.com/url?q=https://example.com/a\",", "https://example.com/a"),
        ("https://www.google.com/amp/s/example.com/a?b=1&c=2", "https://example.com/a?b=1&c=2"),
        ("https://www.google.com/amp/example.com/a", "http://example.com/a"),
        ("https://www.google.co.jp/amp/s/example.com/a", "https://example.com/a"),
        ("https://example-com.cdn.ampproject.org/c/s/example.com/a?b=1", "https://example.com/a?b=1"),
        ("https://example-com.cdn.ampproject.org/c/example.com/a", "http://example.com/a"),
        ("example-com.cdn.ampproject.org/v/s/example.com/a", "https://example.com/a"),
        (
            "https://example-com.cdn.ampproject.org/v/s/example.com/a?b=1&usqp=x&amp_js_v=0.1#aoh=1&csi=0",
            "https://example.com/a?b=1",
        ),
        (
            "https://example-com.cdn.ampproject.org/v/s/example.com/a?amp_js_v=0.1&usqp=x%3D",
            "https://example.com/a",
        ),
        (
            "https://example-com.cdn.ampproject.org/v/s/example.com/a?amp_js_v=1&b=1",
            "https://example.com/a?b=1",
        ),
        (
            "https://example-com.cdn.ampproject.org/v/s/example.com/a?b=1&usqp=x&c=2&aoh=3",
            "https://example.com/a?b=1&c=2",
        ),
        (
            "https://example-com.cdn.ampproject.org/c/s/example.com/a?amp_js_v=0.1#section-2",
            "https://example.com/a#section-2",
        ),
        (
            "https://example-com.cdn.ampproject.org/c/s/example.com/a#origin=https%3A%2F%2Fwww.google.com&prerenderSize=1",
            "https://example.com/a",
        ),
        (
            "https://www.google.com/amp/s/en.wikipedia.org/wiki/Mercury_(planet)",
            "https://en.wikipedia.org/wiki/Mercury_(planet)",
        ),
        (
            "https://www.google.com/url?url=https://en.wikipedia.org/wiki/A_(b)",
            "https://en.wikipedia.org/wiki/A_(b)",
        ),
        ("(https://www.google.com/url?url=https://example.com/a)", "https://example.com/a"),
        ("\"https://www.google.com/url?url=https://example.com/a_(b)\",", "https://example.com/a_(b)"),
        ("(https://www.google.com/amp/s/example.com/a_(b))", "https://example.com/a_(b)"),
        ("[\"https://www.google.com/url?url=https://example.com/a;\"]", "https://example.com/a;"),
        ("https://www.google.com/url?url=https://example.com/{key}", "https://example.com/{key}"),
        ("https://www.google.com/url?url=https://example.com/a'", "https://example.com/a'"),
        // Only escapes of characters that need no escape are decoded, and only once.
        ("https://www.google.com/url?url=https://example.com/a%20b&ct=ga", "https://example.com/a%20b"),
        (
            "https://www.google.com/url?url=https://example.com/%C3%A9%E9%0A%22",
            "https://example.com/%C3%A9%E9%0A%22",
        ),
        // A link may use either parameter for something else.
        ("https://www.google.com/url?url=x&q=https://example.com/a", "https://example.com/a"),
        ("https://www.google.com/url/?q=https://example.com/a", "https://example.com/a"),
        ("/news/url?sa=t&url=https://example.com/a", "https://example.com/a"),
        ("./news/url?url=https://example.com/a#part", "https://example.com/a#part"),
        ("https://example-com.cdn.ampproject.org/c/s/example.com/a#part", "https://example.com/a#part"),
    ] {
        let target = decode(link).unwrap_or_else(|error| panic!("{link}: {error}"));
        assert_eq!((target.kind(), target.canonical_url()), (Kind::Redirect, Some(url)), "{link}");
        assert_eq!((target.to_id(), target.amp_url()), (None, None));
        let link = Link::parse(link).unwrap();
        assert_eq!((link.id(), link.destination()), (None, Destination::Url(url)));
        assert!(
            ["/news/url", "/url", "/amp/s", "/amp", "/c/s", "/c", "/v/s"].contains(&link.path()),
            "{link:?}"
        );
    }
}

#[test]
fn escapes_are_decoded_only_in_places_where_links_have_them() {
    for (shape, error) in [
        // The slash after the host is escaped, a later one is not.
        ("news.google.com%2Farticles/@", ErrorKind::NotGoogleNews),
        // Only a query is escaped twice.
        ("https://news.google.com/articles/@%253Aoc", ErrorKind::InvalidByte(b'%')),
    ] {
        assert_eq!(decode(with_id(shape)).unwrap_err().kind(), error, "{shape}");
    }
}

#[test]
fn a_path_without_an_id_is_not_a_link() {
    for path in ["./rss/articles/s", "./articles/read", "./read/topics"] {
        assert_eq!(decode(path).unwrap_err().kind(), ErrorKind::NotGoogleNews, "{path}");
        let link = format!("https://news.google.com{}", &path[1..]);
        assert_eq!(decode(&link).unwrap_err().kind(), ErrorKind::NoId, "{link}");
    }
}

#[test]
fn inputs_of_65_536_bytes_are_parsed_and_longer_ones_are_not() {
    let link = |len: usize| {
        let link = with_id("https://news.google.com/articles/@?");
        let fill = "x".repeat(len - link.len());
        link + &fill
    };
    assert_eq!(decode(link(65_536)).unwrap().canonical_url(), Some(URL));
    assert_eq!(Link::parse(&link(65_536)).unwrap().id(), Some(ID));
    assert_eq!(decode(link(65_537)).unwrap_err().kind(), ErrorKind::TooLong);
    assert_eq!(Link::parse(&link(65_537)).unwrap_err().kind(), ErrorKind::TooLong);
}

#[test]
fn the_url_of_a_keyed_article_is_read_with_every_kind_of_escape() {
    const KEYED: &str = "CAIiEGuAj6xdE1EiuL__EEW4PWEqGQgEKhAIACoHCAowl--JCzCtppwDMMWWowY";
    const UO: &str = "CAUiJGh0dHBzOi8vamV0c3RyZWFtLmJ6L2FyY2hpdmVzLzE2MDA0NNIBAA";
    for tail in [
        format!("?uo={UO}"),
        format!("?hl=ja&uo={UO}&gl=JP"),
        format!("?hl=ja&amp;uo={UO}&amp;gl=JP"),
        format!("?hl=ja&gl=JP&amp;uo={UO}"),
        format!("?uo\\u003d{UO}\\u0026hl\\u003dja"),
        format!("?uo%3D{UO}%26hl%3Dja"),
        format!("%3Fuo%3D{UO}%26hl%3Dja"),
        format!("&uo={UO}&hl=ja"),
        format!("?uo&#61;{UO}"),
    ] {
        let text = format!("https://news.google.com/articles/{KEYED}{tail}");
        let target = decode(&text).unwrap();
        assert_eq!(target.canonical_url(), Some("https://jetstream.bz/archives/160044"), "{tail}");
        assert_eq!(Link::parse(&text).unwrap().param("uo").as_deref(), Some(UO), "{tail}");
    }
    for tail in ["", "?uo=", "?uo=CAUiANIBAA", &format!("?uo={}", &UO[..50]), "?xuo=1"] {
        let target = decode(format!("./articles/{KEYED}{tail}")).unwrap();
        assert_eq!((target.kind(), target.canonical_url()), (Kind::KeyedArticle, None), "{tail}");
    }
}

#[test]
fn an_id_of_any_type_is_not_taken_for_a_host() {
    for id in ["CAkiAA", "CBMa", "CCAB", "CAkiAA.", "CAkiAA?hl=en"] {
        assert_eq!(
            Link::parse(id).unwrap().id(),
            Some(&id[..id.find(['.', '?']).unwrap_or(id.len())]),
            "{id}"
        );
    }
    for host in ["CBS.example", "CBS.example/CAkiAA", "CAkiAA.B", "DBMi"] {
        assert_eq!(Link::parse(host).unwrap_err().kind(), ErrorKind::NotGoogleNews, "{host}");
    }
}

#[test]
fn the_full_stop_after_an_id_is_not_part_of_it_but_an_ellipsis_is() {
    for (tail, expected) in [
        ("Ab.", "Ab"),
        ("Ab=.", "Ab="),
        ("Ab.?hl=en", "Ab"),
        ("Ab..", "Ab.."),
        ("Ab...", "Ab..."),
        ("Ab.)", "Ab"),
    ] {
        let text = format!("https://news.google.com/read/CBMi{tail}");
        assert_eq!(Link::parse(&text).unwrap().id(), Some(&*format!("CBMi{expected}")), "{tail}");
    }
    // Placeholders of templates.
    for (id, byte) in [("%s", b'%'), ("*", b'*')] {
        let error = decode(format!("https://news.google.com/read/{id}")).unwrap_err();
        assert_eq!((error.kind(), error.offset()), (ErrorKind::InvalidByte(byte), Some(29)), "{id}");
    }
}

#[test]
fn a_link_may_be_wrapped_in_up_to_four_others() {
    for (before, after) in [
        ("https://consent.google.com/ml?continue=", "https://news.google.com/read/@"),
        ("https://www.google.com/url?q=", "https://news.google.com/read/@"),
        ("www.google.com/amp/s/", "www.google.com/url?q=https://example.com/"),
        ("/read/CBMi/sections?", "/read/@"),
    ] {
        let wrapped = |count: usize| decode(before.repeat(count) + &with_id(after));
        for count in 1..=4 {
            assert!(wrapped(count).is_ok(), "{count} × {before}");
        }
        for count in [5, 6, 20] {
            assert_eq!(wrapped(count).unwrap_err().kind(), ErrorKind::NotGoogleNews, "{count} × {before}");
        }
    }
}

#[test]
fn a_redirect_to_a_path_is_followed_if_that_is_a_redirect() {
    let link = |url: &str| decode(format!("https://www.google.com/url?q={url}"));
    assert_eq!(link("/url?q=https://example.com/").unwrap().canonical_url(), Some("https://example.com/"));
    assert_eq!(link(&with_id("./read/@")).unwrap_err().kind(), ErrorKind::NotHttpUrl);
    // A reference has at least two characters.
    assert_eq!(link("https://example.com/a&b;c").unwrap().canonical_url(), Some("https://example.com/a"));
    assert_eq!(link("https://example.com/a&bc;d").unwrap_err().kind(), ErrorKind::InvalidUrlByte(b'&'));
}

#[test]
fn a_token_keeps_the_parameters_of_its_link() {
    let link = Link::parse("https://www.google.com/goto?url=CAESAA&ved=1").unwrap();
    assert_eq!((link.destination(), link.param("ved").as_deref()), (Destination::Token("CAESAA"), Some("1")));
}

#[test]
fn links_are_equal_if_their_parts_are() {
    let link = Link::parse("  https://news.google.com/read/CBMiAb?hl=en").unwrap();
    let owned = link.clone().into_owned();
    assert_eq!(owned, link);
    assert_eq!(Link::parse("./read/CBMiAb?hl=en").unwrap(), link);
    assert_ne!(Link::parse("./read/CBMiAb?hl=de").unwrap(), link);
    let with = |query: &str| Link::parse(&format!("./read/CBMiAb?{query}")).unwrap().into_owned();
    let two = with("hl=en&ceid=US%3Aen");
    for query in ["hl=en&ceid=US:en", "hl=en&amp;ceid=US:en", r"hl\u003den\u0026ceid=US:en"] {
        assert_eq!(with(query), two, "{query}");
    }
    assert_ne!(with("ceid=US:en&hl=en"), two);
    assert_ne!(Link::parse("./articles/CBMiAb?hl=en").unwrap(), link);
    assert_ne!(Link::parse("./read/CBMiAc?hl=en").unwrap(), link);
    let section =
        |edition: &str| Link::parse(&format!("./topics/{edition}/sections/CAQiCd")).unwrap().into_owned();
    assert_eq!(section("CAAqAb"), section("CAAqAb"));
    assert_ne!(section("CAAqAb"), section("CAAqAc"));
    let others = ["./read/CBMiAb?hl=en", "./read/CBMiAb?hl=de", "./articles/CBMiAb?hl=en"];
    let links: HashSet<Link<'_>> = others.iter().map(|text| Link::parse(text).unwrap()).collect();
    assert_eq!((links.len(), links.contains(&link)), (3, true));
    let hash = |link: &Link<'_>| BuildHasherDefault::<DefaultHasher>::default().hash_one(link);
    assert_eq!(links.iter().map(hash).collect::<HashSet<_>>().len(), 3);
    assert_eq!(
        format!("{link:?}"),
        r#"Link { destination: Id("CBMiAb"), edition_id: None, path: "/read", query: "?hl=en" }"#
    );
}
