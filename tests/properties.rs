//! What holds of any input.

use base64::prelude::*;
use google_news_link::{Article, Decoder, Error, ErrorKind, Link, OpaqueArticle, Target, check_url, decode};
use proptest::prelude::*;
use url::Url;

/// A URL that may be handed out: a scheme, and no byte below `!`.
fn url() -> impl Strategy<Value = String> {
    ("https?://", "[A-Za-z0-9_\\[é][!-~]{0,40}", "[!-~é新]{0,400}")
        .prop_map(|(scheme, host, rest)| format!("{scheme}{host}{rest}"))
}

fn token() -> impl Strategy<Value = String> {
    "AU_yqL[M-P][A-Za-z0-9_-]{25,400}".prop_map(|mut token| {
        // Whole groups of four have no bits left over.
        token.truncate(token.len() / 4 * 4);
        token
    })
}

fn article_id() -> impl Strategy<Value = String> {
    prop_oneof![
        (url(), prop::option::of(url()))
            .prop_map(|(url, amp)| Article::new(url, amp.map(Into::into)).unwrap().to_id()),
        (token(), prop::option::of(token())).prop_map(|(token, amp)| OpaqueArticle::new(
            token,
            amp.map(Into::into)
        )
        .unwrap()
        .to_id()),
    ]
}

/// IDs of every kind, from the vectors.
fn real_id() -> impl Strategy<Value = String> {
    let table = include_str!("data/vectors/links.tsv");
    let ids: Vec<String> = table
        .lines()
        .filter_map(|line| Link::parse(line.split('\t').next()?).ok()?.id().map(str::to_owned))
        .collect();
    prop::sample::select(ids)
}

/// Texts that look like links: pieces of real ones in any order.
fn link_like() -> impl Strategy<Value = Vec<u8>> {
    let piece = prop_oneof![
        4 => prop::sample::select(&[
            "https://", "http://", "//", "./", "/", ".", "news.google.com", "www.google.com", "consent.google.com",
            "google.ch", "x-y.cdn.ampproject.org", "evil.example", "/articles/", "/rss/articles/", "/read/",
            "/topics/", "/sections/", "/s/", "/api/attachments/", "/url", "/news/url", "/amp/s/", "/c/s/", "/ml",
            "/sorry/index", "?", "url=", "q=", "continue=", "&", "&amp;", "uo=", "oc=5", "hl=en", "%2F", "%3F",
            "%3D", "%25", "%", "\\u003d", "\\/", "\\", "\"", "'", " ", "\t", "\r\n", "#", "@", ":", ":8080", "=", "..",
            "CBMi", "CAIi", "CAAq", "CC8i",
        ][..]).prop_map(|piece| piece.as_bytes().to_vec()),
        2 => real_id().prop_map(String::into_bytes),
        1 => url().prop_map(String::into_bytes),
        1 => prop::collection::vec(any::<u8>(), 0..6),
    ];
    prop::collection::vec(piece, 0..12).prop_map(|pieces| pieces.concat())
}

/// URLs on hosts that are Google's, or nearly.
fn google_like_url() -> impl Strategy<Value = String> {
    let any_of = |parts: &'static [&'static str]| prop::sample::select(parts);
    (
        any_of(&["http://", "https://"]),
        any_of(&[
            "",
            "",
            "",
            "",
            "u@",
            "news.google.com@",
            "news.google.com:",
            "a-name-of-many-characters@",
            "x",
        ]),
        any_of(&[
            "news.",
            "consent.",
            "accounts.",
            "www.",
            "",
            "NEWS.",
            "n%65ws.",
            "news%2e",
            "blog.",
            "example",
        ]),
        any_of(&["google", "google", "GOOGLE", "g%6fogle", "goo%67le", "example"]),
        any_of(&[".com", ".com", ".co.jp", ".com.", ".COM", "%2ecom", ".example", "com"]),
        any_of(&["", "", "", ":443", ":8080", "@example.com", ".evil.example"]),
        any_of(&[
            "",
            "/",
            "/url?q=x",
            "/goto",
            "/sorry/index",
            "/amp/s/",
            "/x/../url",
            "\\url",
            "?@",
            "#@x",
            "/about",
        ]),
    )
        .prop_map(|(scheme, user, subdomain, name, top, port, path)| {
            [scheme, user, subdomain, name, top, port, path].concat()
        })
}

/// True for what the `url` crate reads as a page that is never an article, whatever the library says.
fn is_google_page(url: &str) -> bool {
    let Ok(url) = Url::parse(url) else { return false };
    let host = url.host_str().unwrap_or_default();
    let host = host.strip_suffix('.').unwrap_or(host);
    let Some(name) = [".com", ".co.jp"].iter().find_map(|top| host.strip_suffix(top)) else { return false };
    match name.strip_suffix("google") {
        Some("news." | "consent." | "accounts.") => true,
        Some("" | "www.") => ["/url", "/goto", "/sorry/index"].contains(&url.path()),
        _ => false,
    }
}

fn is_safe(url: &str) -> bool {
    (url.starts_with("https://") || url.starts_with("http://"))
        && !url.bytes().any(|byte| byte <= b' ' || byte == 0x7f)
        && !is_google_page(url)
        && check_url(url.as_bytes()) == Ok(url)
}

/// What `decode`, a used `Decoder` and a `Decoder` that has to take the long way make of `text`.
fn decode_all_ways(text: &[u8]) -> Result<Target<'static>, Error> {
    let result = decode(text);
    let mut used = Decoder::new();
    let _ = used.decode("CBMiFmh0dHBzOi8vYW11LnR2LzExMTkzMS_SAQA");
    assert_eq!(used.decode(text).map(Target::into_owned), result);

    // With a space before it, no link is of a shape that the short way knows.
    let spaced = [b" ", text].concat();
    let spaced = decode(&spaced);
    match (&result, spaced) {
        (Ok(target), spaced) => assert_eq!(spaced.as_ref(), Ok(target)),
        (Err(error), Err(spaced)) => {
            assert_eq!(spaced.kind(), error.kind());
            if text.iter().any(|byte| !byte.is_ascii_whitespace()) {
                assert_eq!(spaced.offset(), error.offset().map(|offset| offset + 1));
            }
        }
        (Err(error), Ok(spaced)) => panic!("{error}, but with a space {spaced:?}"),
    }
    result
}

fn check(text: &[u8]) {
    let link = Link::parse_bytes(text);
    match decode_all_ways(text) {
        Ok(target) => {
            let link = link.unwrap();
            assert_eq!(target.to_id().as_deref(), link.id());
            assert!(target.canonical_url().is_none_or(is_safe), "{target:?}");
            assert!(target.amp_url().is_none_or(is_safe), "{target:?}");
            assert!(!target.to_string().contains('\n'));
        }
        Err(error) => {
            assert!(error.offset().is_none_or(|offset| offset <= text.len()), "{error}");
            if let Err(of_link) = link {
                assert_eq!(of_link, error);
            }
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 1024, ..ProptestConfig::default() })]

    #[test]
    fn any_bytes_are_answered(text: Vec<u8>) {
        check(&text);
    }

    #[test]
    fn any_text_is_answered(text: String) {
        check(text.as_bytes());
    }

    #[test]
    fn what_looks_like_a_link_is_answered(text in link_like()) {
        check(&text);
    }

    #[test]
    fn any_message_is_answered(message: Vec<u8>, kind in 0_u8..48) {
        let id = BASE64_URL_SAFE_NO_PAD.encode([&[8, kind][..], &message].concat());
        check(id.as_bytes());
        check(format!("https://news.google.com/rss/articles/{id}?oc=5").as_bytes());
    }

    #[test]
    fn pages_of_google_are_never_articles(url in google_like_url(), amp in google_like_url(), has_amp: bool) {
        let amp = if has_amp { amp } else { String::new() };
        let len = |url: &str| match url.len() {
            len @ ..128 => vec![len as u8],
            len => vec![len as u8 | 0x80, (len >> 7) as u8],
        };
        let message =
            [&[8, 0x13, 0x22][..], &len(&url), url.as_bytes(), &[0xd2, 1], &len(&amp), amp.as_bytes()].concat();
        let id = BASE64_URL_SAFE_NO_PAD.encode(message);
        check(id.as_bytes());
        let urls = [&url, &amp];
        let urls = &urls[..1 + usize::from(has_amp)];
        let expected = urls.iter().find_map(|url| check_url(url.as_bytes()).err()).map(|error| error.kind());
        prop_assert_eq!(decode(&id).err().map(|error| error.kind()), expected);
        if urls.iter().any(|url| is_google_page(url)) {
            prop_assert!(matches!(expected, Some(ErrorKind::GoogleUrl | ErrorKind::NotHttpUrl)), "{:?}", urls);
        }
        for link in [format!("https://www.google.com/url?q={url}"), format!("https://www.google.com/amp/s/{url}")] {
            check(link.as_bytes());
        }
    }

    #[test]
    fn what_was_encoded_is_decoded(url in url(), amp in prop::option::of(url())) {
        let article = Article::new(url.as_str(), amp.as_deref().map(Into::into)).unwrap();
        prop_assert_eq!((article.canonical_url(), article.amp_url()), (url.as_str(), amp.as_deref()));
        let decoded = decode_all_ways(article.to_id().as_bytes()).unwrap();
        prop_assert_eq!(decoded, Target::Article(article));
    }

    #[test]
    fn what_was_encoded_opaquely_is_decoded(token in token(), amp in prop::option::of(token())) {
        let article = OpaqueArticle::new(token.as_str(), amp.as_deref().map(Into::into)).unwrap();
        prop_assert_eq!(article.url_len(), token.len() / 4 * 3 - 21);
        let decoded = decode_all_ways(article.to_id().as_bytes()).unwrap();
        prop_assert_eq!(decoded, Target::OpaqueArticle(article));
    }

    #[test]
    fn one_changed_byte_is_no_other_link_by_chance(id in article_id(), at: prop::sample::Index, byte: u8) {
        let mut changed = id.clone().into_bytes();
        let at = at.index(changed.len());
        changed[at] = byte;
        check(&changed);
        let link = [b"https://news.google.com/rss/articles/", &changed[..], b"?oc=5"].concat();
        check(&link);
    }
}

/// Every beginning of an ID, and every ID with one character changed.
#[test]
fn a_damaged_id_gives_no_url_that_it_does_not_hold() {
    let url = "https://www.theguardian.com/world/2024/jun/17/vladimir-putin";
    let amp = "https://amp.theguardian.com/world/2024/jun/17/vladimir-putin";
    let id = Article::new(url, Some(amp.into())).unwrap().to_id();
    for end in 0..id.len() {
        let result = decode(&id[..end]);
        assert!(result.is_err(), "{end}: {result:?}");
    }
    let mut decoded = 0;
    for at in 0..id.len() {
        for byte in 0..=255 {
            let mut changed = id.clone().into_bytes();
            changed[at] = byte;
            check(&changed);
            // What still decodes differs in one character, hence in one or two bytes of one URL.
            if let Ok(target) = decode(&changed) {
                let canonical_url = target.canonical_url().unwrap();
                let amp_url = target.amp_url().unwrap();
                let differences = |a: &str, b: &str| a.bytes().zip(b.bytes()).filter(|(a, b)| a != b).count();
                assert_eq!((canonical_url.len(), amp_url.len()), (url.len(), amp.len()));
                assert!(differences(canonical_url, url) + differences(amp_url, amp) <= 2);
                assert!(target.to_id().unwrap().as_bytes() == changed);
                decoded += 1;
            }
        }
    }
    assert!(decoded > id.len(), "most changes of a letter give another URL: {decoded}");
}

#[test]
fn a_cut_opaque_id_gives_no_other_token() {
    let token = "AU_yqLM8OWvAadKpeKN66Vtm8UsxEyNqLQtwnSt1aIDGOM-EhR8eig";
    let id = OpaqueArticle::new(token, Some(token.into())).unwrap().to_id();
    let found: Vec<_> = (0..id.len()).filter_map(|end| decode(&id[..end]).ok()).collect();
    // Between the two tokens it can be cut unnoticed, as 85 % of real IDs have one token only.
    assert!(found.iter().all(|target| target.token() == Some(token)), "{found:?}");
    assert!(found.len() <= 1);
}
