//! Properties of any input.

use std::sync::LazyLock;

use base64::prelude::{BASE64_URL_SAFE_NO_PAD, Engine};
use google_news_link::{
    Article, Batch, Decoder, Destination, Error, ErrorKind, Kind, Link, OpaqueArticle, OpaqueRedirect,
    Target, check_url, decode,
};
use quickcheck::{Arbitrary, Gen, Testable};

use crate::generators::{Bytes, below, check_cases, choose};

mod generators;

const BASE64URL: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

fn any_base64url(g: &mut Gen) -> char {
    char::from(choose(g, BASE64URL))
}

fn any_graphic(g: &mut Gen) -> char {
    char::from(b'!' + below(g, 94) as u8)
}

/// Returns `text` without some of its characters. Trying other characters as well would take minutes for a long text.
fn shorter(text: &String) -> impl Iterator<Item = String> + use<> {
    let len = text.chars().count();
    text.shrink().filter(move |shorter| shorter.chars().count() < len)
}

/// The characters that are special in hosts.
const SPECIAL: &str = r"%:<>@[\]^|";

/// A valid URL: `https?://[A-Za-z0-9_[é][!-~é新]*`. Half of them are ASCII.
#[derive(Clone, Debug)]
struct Url(String);

impl Arbitrary for Url {
    fn arbitrary(g: &mut Gen) -> Self {
        let is_ascii = bool::arbitrary(g);
        let mut url = choose(g, &["http://", "https://"]).to_owned();
        url.push(char::from(choose(g, &BASE64URL[..62])));
        url.extend((0..below(g, 41)).map(|_| any_graphic(g)).filter(|char| !SPECIAL.contains(*char)));
        url.push(choose(g, &['/', '?', '#']));
        for _ in 0..below(g, 401) {
            let graphic = any_graphic(g);
            url.push(if is_ascii { graphic } else { choose(g, &[graphic, 'é', '新']) });
        }
        Url(url)
    }

    fn shrink(&self) -> Box<dyn Iterator<Item = Self>> {
        Box::new(shorter(&self.0).filter(|url| is_url(url)).map(Url))
    }
}

fn is_url(text: &str) -> bool {
    let rest = text.strip_prefix("http://").or_else(|| text.strip_prefix("https://"));
    rest.is_some_and(|rest| {
        let (host, _) = rest.split_at(rest.find(['/', '?', '#']).unwrap_or(rest.len()));
        host.starts_with(|first: char| first.is_ascii_alphanumeric())
            && !host.contains(|char: char| SPECIAL.contains(char) || !char.is_ascii())
            && rest.chars().all(|char| char.is_ascii_graphic() || "é新".contains(char))
    })
}

/// A valid token: `A[Q-Za-f][A-Za-z0-9_-]{30,}`, in whole groups of four characters, which leave no bits over. Half of them are
/// encrypted with the key of real ones.
#[derive(Clone, Debug)]
struct Token(String);

impl Arbitrary for Token {
    fn arbitrary(g: &mut Gen) -> Self {
        let mut token = match bool::arbitrary(g) {
            true => format!("AU_yqL{}", choose(g, &['M', 'N', 'O', 'P'])),
            false => ['A', choose(g, &['Q', 'U', 'Z', 'a', 'f'])].into_iter().collect(),
        };
        token.extend((0..30 + below(g, 376)).map(|_| any_base64url(g)));
        token.truncate(token.len() / 4 * 4);
        Token(token)
    }

    fn shrink(&self) -> Box<dyn Iterator<Item = Self>> {
        Box::new(shorter(&self.0).filter(|token| is_token(token)).map(Token))
    }
}

fn is_token(text: &str) -> bool {
    let rest = text.strip_prefix('A').and_then(|rest| rest.strip_prefix(['Q', 'U', 'Z', 'a', 'f']));
    text.len() >= 32
        && text.len().is_multiple_of(4)
        && rest.is_some_and(|rest| rest.bytes().all(|byte| BASE64URL.contains(&byte)))
}

/// What an article's ID encodes, each with or without an AMP counterpart.
#[derive(Clone, Debug)]
enum AnyArticle {
    Plain(Url, Option<Url>),
    Opaque(Token, Option<Token>),
}

impl AnyArticle {
    fn to_id(&self) -> String {
        match self {
            AnyArticle::Plain(url, amp) => plain(url, amp.as_ref()).to_id(),
            AnyArticle::Opaque(token, amp) => opaque(token, amp.as_ref()).to_id(),
        }
    }
}

impl Arbitrary for AnyArticle {
    fn arbitrary(g: &mut Gen) -> Self {
        if bool::arbitrary(g) {
            AnyArticle::Plain(Url::arbitrary(g), Option::arbitrary(g))
        } else {
            AnyArticle::Opaque(Token::arbitrary(g), Option::arbitrary(g))
        }
    }

    fn shrink(&self) -> Box<dyn Iterator<Item = Self>> {
        match self.clone() {
            AnyArticle::Plain(url, amp) => {
                Box::new((url, amp).shrink().map(|(url, amp)| AnyArticle::Plain(url, amp)))
            }
            AnyArticle::Opaque(token, amp) => {
                Box::new((token, amp).shrink().map(|(token, amp)| AnyArticle::Opaque(token, amp)))
            }
        }
    }
}

fn plain<'a>(url: &'a Url, amp: Option<&'a Url>) -> Article<'a> {
    Article::new(&url.0, amp.map(|amp| &*amp.0)).unwrap()
}

fn opaque<'a>(token: &'a Token, amp: Option<&'a Token>) -> OpaqueArticle<'a> {
    OpaqueArticle::new(&token.0, amp.map(|amp| &*amp.0)).unwrap()
}

/// A part of a link, or other text. Shrinking removes pieces, but does not change them.
#[derive(Clone, Debug)]
struct Piece(Bytes);

impl Piece {
    /// One of these is called for each piece.
    const GENERATORS: [fn(&mut Gen) -> Bytes; 8] = [
        known_piece,
        known_piece,
        known_piece,
        known_piece,
        real_id,
        real_id,
        |g| Bytes(Url::arbitrary(g).0.into_bytes()),
        |g| Bytes::random(g, 6),
    ];
}

impl Arbitrary for Piece {
    fn arbitrary(g: &mut Gen) -> Self {
        Piece(choose(g, &Piece::GENERATORS)(g))
    }
}

/// Pieces in any order.
#[derive(Clone, Debug)]
struct LinkLike(Vec<Piece>);

impl LinkLike {
    fn to_bytes(&self) -> Vec<u8> {
        self.0.iter().flat_map(|piece| &piece.0.0).copied().collect()
    }
}

impl Arbitrary for LinkLike {
    fn arbitrary(g: &mut Gen) -> Self {
        LinkLike((0..below(g, 12)).map(|_| Piece::arbitrary(g)).collect())
    }

    fn shrink(&self) -> Box<dyn Iterator<Item = Self>> {
        Box::new(self.0.shrink().map(LinkLike))
    }
}

#[rustfmt::skip]
const KNOWN_PIECES: &[&str] = &[
    "https://", "http://", "//", "./", "/", ".", "news.google.com", "www.google.com", "consent.google.com",
    "google.ch", "x-y.cdn.ampproject.org", "evil.example", "/articles/", "/rss/articles/", "/read/",
    "/topics/", "/sections/", "/s/", "/api/attachments/", "/url", "/news/url", "/amp/s/", "/c/s/", "/ml",
    "/sorry/index", "?", "url=", "q=", "continue=", "&", "&amp;", "uo=", "oc=5", "hl=en", "%2F", "%3F",
    "%3D", "%25", "%", "\\u003d", "\\/", "\\", "\"", "'", " ", "\t", "\r\n", "#", "@", ":", ":8080", "=", "..",
    "CBMi", "CAIi", "CAAq", "CC8i", "CAES", "\u{a0}", "\u{feff}", "/goto", "goto", "news.google.com.", "cdn.ampproject.org",
    "newsstand.google.com", "news.url.google.com", "accounts.google.com", "/accounts/", "amp%3B", "%3Famp", "。", "”", "…", "«", "）",
];

fn known_piece(g: &mut Gen) -> Bytes {
    Bytes(choose(g, KNOWN_PIECES).as_bytes().to_vec())
}

/// An ID of any kind, from the vectors, that can be decoded.
#[derive(Clone, Debug)]
struct RealId(String);

impl Arbitrary for RealId {
    fn arbitrary(g: &mut Gen) -> Self {
        loop {
            if let Ok(id) = String::from_utf8(real_id(g).0)
                && decode(&id).is_ok()
            {
                return RealId(id);
            }
        }
    }
}

/// Returns the links of the vectors.
fn real_links() -> impl Iterator<Item = &'static str> {
    include_str!("data/vectors/links.tsv").lines().filter_map(|line| line.split('\t').next())
}

/// Returns an ID of any kind, from the vectors.
fn real_id(g: &mut Gen) -> Bytes {
    static IDS: LazyLock<Vec<Bytes>> = LazyLock::new(|| {
        real_links().filter_map(|link| Some(Bytes(Link::parse(link).ok()?.id()?.into()))).collect()
    });
    g.choose(&IDS).expect("there are links with an ID").clone()
}

/// A URL on a host that is Google's, or nearly.
#[derive(Clone, Debug)]
struct GoogleLikeUrl(Vec<&'static str>);

impl GoogleLikeUrl {
    /// One string of each list is taken. Repeated strings are taken more often.
    #[rustfmt::skip]
    const PARTS: [&'static [&'static str]; 7] = [
        &["http://", "https://"],
        &["", "", "", "", "u@", "news.google.com@", "news.google.com:", "a-name-of-many-characters@", "x"],
        &["news.", "consent.", "accounts.", "www.", "", "NEWS.", "n%65ws.", "news%2e", "blog.", "example"],
        &["google", "google", "GOOGLE", "g%6fogle", "goo%67le", "example"],
        &[".com", ".com", ".co.jp", ".com.", ".COM", "%2ecom", ".example", "com"],
        &["", "", "", ":443", ":8080", "@example.com", ".evil.example"],
        &["", "/", "/url?q=x", "/goto", "/sorry/index", "/amp/s/", "/x/../url", "\\url", "?@", "#@x", "/about"],
    ];

    fn to_url(&self) -> String {
        self.0.concat()
    }
}

impl Arbitrary for GoogleLikeUrl {
    fn arbitrary(g: &mut Gen) -> Self {
        GoogleLikeUrl(GoogleLikeUrl::PARTS.into_iter().map(|parts| choose(g, parts)).collect())
    }
}

/// Returns `true` for a URL that the `url` crate parses as one of a page that is never an article. It does not use the library.
fn is_google_page(url: &str) -> bool {
    let Ok(url) = url::Url::parse(url) else { return false };
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
        && check_url(url).is_ok()
}

/// Returns the result of `decode` for `text`, after comparing it with those of a used `Decoder`, on the fast path and on the complete
/// path.
fn decode_all_ways(text: &[u8]) -> Result<Target<'static>, Error> {
    let result = decode(text);
    let mut used = Decoder::new();
    let _ = used.decode("CBMiFmh0dHBzOi8vYW11LnR2LzExMTkzMS_SAQA");
    assert_eq!(used.decode_bytes(text).map(Target::into_owned), result);

    // The fast path accepts no link with a space before it.
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

fn check_1024(property: impl Testable) {
    check_cases(1024, property);
}

#[test]
fn any_bytes_have_the_same_result_on_all_paths() {
    fn property(text: Bytes) {
        check(&text.0);
    }
    check_1024(property as fn(_));
}

#[test]
fn any_text_has_the_same_result_on_all_paths() {
    fn property(text: String) {
        check(text.as_bytes());
    }
    check_1024(property as fn(_));
}

#[test]
fn parts_of_links_have_the_same_result_on_all_paths() {
    fn property(link: LinkLike) {
        check(&link.to_bytes());
    }
    check_1024(property as fn(_));
}

/// Strings that can follow an ID, and some that can't.
#[rustfmt::skip]
const TAILS: &[&str] = &[
    "", "/", "/sections/", "/sections", "CAQqEAgAKgcICjCj4PgKMP2p3wIw_vaxBQ", "=-w200-h112-p-df-rw", "=", "?", "?oc=5", "&", "&amp;", "#",
    "uo=CAUiDmh0dHBzOi8vYS5iYy9k0gEA", "%2F", "%3F", "\\/", "\\u003d", "&#47;", ".", "...", " ", "”",
];

#[test]
fn all_ids_and_what_follows_them_have_the_same_result_on_all_paths() {
    let targets: Vec<Target<'_>> = real_links().filter_map(|link| decode(link).ok()).collect();
    for &kind in Kind::ALL {
        let ids = targets.iter().filter(|target| target.kind() == kind).filter_map(Target::to_id);
        // Redirects with a URL have no ID.
        let Some(id) = ids.min_by_key(String::len) else { continue };
        for (first, second) in TAILS.iter().flat_map(|first| TAILS.iter().map(move |second| (first, second)))
        {
            for path in ["https://news.google.com/rss/articles/", "./s/", ""] {
                check(format!("{path}{id}{first}{second}").as_bytes());
            }
        }
    }
}

#[test]
fn any_message_has_the_same_result_on_all_paths() {
    fn property(message: Bytes, kind: u8) {
        let id = BASE64_URL_SAFE_NO_PAD.encode([&[8, kind % 48][..], &message.0].concat());
        check(id.as_bytes());
        check(format!("https://news.google.com/rss/articles/{id}?oc=5").as_bytes());
    }
    check_1024(property as fn(_, _));
}

#[test]
fn pages_of_google_are_never_articles() {
    fn property(url: GoogleLikeUrl, amp: Option<GoogleLikeUrl>) {
        let urls: Vec<String> =
            [Some(&url), amp.as_ref()].into_iter().flatten().map(GoogleLikeUrl::to_url).collect();
        let amp = urls.get(1).map_or("", String::as_str);
        let id = encode_article(&urls[0], Some(amp));
        check(id.as_bytes());
        let expected = urls.iter().find_map(|url| check_url(url).err()).map(|error| error.kind());
        assert_eq!(decode(&id).err().map(|error| error.kind()), expected);
        if urls.iter().any(|url| is_google_page(url)) {
            assert!(matches!(expected, Some(ErrorKind::GoogleUrl | ErrorKind::NotHttpUrl)), "{urls:?}");
        }
        for before in ["https://www.google.com/url?q=", "https://www.google.com/amp/s/"] {
            check(format!("{before}{}", urls[0]).as_bytes());
        }
    }
    check_1024(property as fn(_, _));
}

#[test]
fn encoded_articles_decode_to_their_urls() {
    fn property(url: Url, amp: Option<Url>) {
        let article = plain(&url, amp.as_ref());
        assert_eq!(article.canonical_url(), url.0);
        assert_eq!(article.amp_url(), amp.as_ref().map(|amp| amp.0.as_str()));
        let id = encode_article(&url.0, Some(amp.as_ref().map_or("", |amp| &amp.0)));
        assert_eq!(article.to_id(), id);
        assert_eq!(decode_all_ways(id.as_bytes()), Ok(Target::Article(article)));
    }
    check_1024(property as fn(_, _));
}

#[test]
fn encoded_opaque_articles_decode_to_their_tokens() {
    fn property(token: Token, amp: Option<Token>) {
        let article = opaque(&token, amp.as_ref());
        assert_eq!(article.url_len(), token.0.len() / 4 * 3 - 21);
        let id = encode_article(&token.0, amp.as_ref().map(|amp| &*amp.0));
        assert_eq!(article.to_id(), id);
        assert_eq!(decode_all_ways(id.as_bytes()), Ok(Target::OpaqueArticle(article)));
    }
    check_1024(property as fn(_, _));
}

/// Encodes a field of protobuf.
fn field(number: u64, wire_type: u64, value: &[u8]) -> Vec<u8> {
    let varint = |mut value: u64| {
        let mut bytes = Vec::new();
        while value > 0x7f {
            bytes.push(value as u8 | 0x80);
            value >>= 7;
        }
        bytes.push(value as u8);
        bytes
    };
    let len = if wire_type == 2 { varint(value.len() as u64) } else { Vec::new() };
    [&varint(number << 3 | wire_type)[..], &len, value].concat()
}

/// Encodes the ID of an article.
fn encode_article(key: &str, amp: Option<&str>) -> String {
    let amp = amp.map_or(Vec::new(), |amp| field(26, 2, amp.as_bytes()));
    BASE64_URL_SAFE_NO_PAD.encode([&[8, 0x13][..], &field(4, 2, key.as_bytes()), &amp].concat())
}

#[test]
fn unknown_fields_change_nothing_but_the_id() {
    fn property(real: RealId, number: u64, value: Bytes) {
        let known = decode_all_ways(real.0.as_bytes()).unwrap();
        let message = BASE64_URL_SAFE_NO_PAD.decode(&real.0).unwrap();
        // A number that is greater than any known one, up to the maximum of protobuf.
        let number = 27 + number % ((1 << 29) - 28);
        let fields = [(0, &[5][..]), (1, &[7; 8]), (2, &value.0), (5, &[9; 4])];
        for (wire_type, value) in fields {
            let id = BASE64_URL_SAFE_NO_PAD.encode([&message[..], &field(number, wire_type, value)].concat());
            check(id.as_bytes());
            let target = decode_all_ways(id.as_bytes()).unwrap();
            assert!(target.has_unknown_fields() && !known.has_unknown_fields());
            assert_eq!(target.to_id().as_ref(), Some(&id));
            assert_eq!(target.kind(), known.kind());
            assert_eq!(target.canonical_url(), known.canonical_url());
            assert_eq!(target.amp_url(), known.amp_url());
            assert_eq!(target.url_len(), known.url_len());
            let mut batch = Batch::new();
            batch.push_lines(id.as_bytes()).unwrap();
            assert_eq!(batch.get(0), Some(Ok(target.clone())));
            assert_eq!(Link::parse(&target.to_link().unwrap()).unwrap().decode(), Ok(target));
        }
    }
    check_1024(property as fn(_, _, _));
}

#[test]
fn unknown_fields_in_keys_of_any_length_are_kept() {
    let unknown = [vec![], field(40, 0, &[1]), field(41, 2, &[b'x'; 300])];
    for (in_topic, in_key) in unknown.iter().flat_map(|a| unknown.iter().map(move |b| (a, b))) {
        let topic =
            [field(1, 2, b"/m/05jhg"), field(2, 2, b"en"), field(3, 2, b"US"), in_topic.clone()].concat();
        let key = [field(1, 0, &[16]), field(2, 2, &topic), field(5, 0, &[0]), in_key.clone()].concat();
        let key = BASE64_URL_SAFE_NO_PAD.encode(key);
        let section = [field(1, 0, &[10]), field(4, 2, key.as_bytes()), field(10, 0, &[1])].concat();
        let id = BASE64_URL_SAFE_NO_PAD.encode([field(1, 0, &[0]), field(5, 2, &section)].concat());
        let target = decode_all_ways(id.as_bytes()).unwrap();
        assert_eq!(target.has_unknown_fields(), !(in_topic.is_empty() && in_key.is_empty()), "{id}");
        assert_eq!(target.to_id(), Some(id));
        let topic = target.as_topic().unwrap();
        assert_eq!((topic.knowledge_graph_id(), topic.language()), (Some("/m/05jhg"), Some("en")));
    }
}

#[test]
fn unknown_fields_of_parents_are_kept_at_every_depth() {
    let extra = field(40, 0, &[1]);
    // The body of a section's key.
    let site = field(7, 2, b"local_v2");
    for bits in 0..16 {
        let extra_at = |depth: u8| if bits >> depth & 1 == 1 { &extra[..] } else { &[] };
        let family = [&field(1, 0, &[10]), &field(6, 0, &[7]), extra_at(0)].concat();
        let edition = [&field(1, 0, &[0]), &field(5, 2, &family), &field(6, 0, &[8]), extra_at(1)].concat();
        let section = [&field(1, 0, &[4]), &field(5, 2, &edition), &field(6, 0, &[9]), extra_at(2)].concat();
        let article = [field(1, 0, &[2]), field(4, 2, &[3; 16]), field(5, 2, &section)].concat();
        let key = [&field(1, 0, &[18]), &field(2, 2, &site), &field(5, 0, &[0]), extra_at(3)].concat();
        let key = BASE64_URL_SAFE_NO_PAD.encode(key);
        let keyed_section =
            [field(1, 0, &[4]), field(4, 2, key.as_bytes()), field(5, 2, &edition), field(10, 0, &[1])]
                .concat();
        for (message, kind, depths) in [
            (family, Kind::Publication, 0b1),
            (edition, Kind::Publication, 0b11),
            (section, Kind::Section, 0b111),
            (article, Kind::KeyedArticle, 0b111),
            (keyed_section, Kind::Section, 0b1011),
        ] {
            let id = BASE64_URL_SAFE_NO_PAD.encode(message);
            let target = decode_all_ways(id.as_bytes()).unwrap();
            assert_eq!(target.kind(), kind, "{id}");
            assert_eq!(target.has_unknown_fields(), bits & depths != 0, "{id}");
            assert_eq!(target.to_id(), Some(id));
        }
    }
}

#[test]
fn the_url_of_a_keyed_article_is_that_of_a_valid_uo_parameter() {
    let url = "https://example.com/a";
    let (link, article) = (field(1, 0, &[5]), field(1, 0, &[19]));
    let (key, number, amp) = (field(4, 2, url.as_bytes()), field(6, 0, &[1]), field(26, 2, b""));
    let truncated = field(40, 2, b"x");
    let truncated = truncated[..truncated.len() - 1].to_vec();
    for (fields, has_url) in [
        (vec![&link, &key, &amp], true),
        (vec![&article, &key, &amp], false),
        (vec![&link, &amp], false),
        (vec![&link, &key], false),
        (vec![&link, &key, &number, &amp], false),
        (vec![&link, &key, &amp, &truncated], false),
    ] {
        let message: Vec<u8> = fields.into_iter().flatten().copied().collect();
        let uo = BASE64_URL_SAFE_NO_PAD.encode(message);
        let link = format!(
            "./articles/CAIiEP3mC0iuRNhH9bQgc8yLWKsqFggEKg4IACoGCAowl6p7MN-zCTCOvRU?hl=en-US&uo={uo}"
        );
        let target = decode_all_ways(link.as_bytes()).unwrap();
        assert_eq!(target.canonical_url(), has_url.then_some(url), "{link}");
        assert_eq!(target.kind(), Kind::KeyedArticle, "{link}");
    }
}

#[test]
fn the_error_of_an_unknown_type_names_the_type() {
    const KNOWN: [u8; 10] = [0, 1, 2, 4, 5, 10, 18, 19, 32, 47];
    fn property(kind: u8, number: u64, value: Bytes, cut: usize) {
        let number = 2 + number % 1000;
        let message = [&[8, kind & 0x7f][..], &field(number, 2, &value.0), &field(4, 0, &[1])].concat();
        let id = BASE64_URL_SAFE_NO_PAD.encode(&message);
        let link = format!("https://news.google.com/rss/articles/{id}?oc=5");
        check(link.as_bytes());
        if !KNOWN.contains(&(kind & 0x7f)) {
            let error = decode(&link).unwrap_err();
            assert_eq!(error.kind(), ErrorKind::UnknownType(u32::from(kind & 0x7f)));
            assert_eq!(Link::parse(&link).unwrap().destination(), Destination::Id(&id));
        }
        // Damaged messages: one whose first byte is not the tag of the type, and one that ends too early.
        let damaged = [&[kind | 1][..], &message[1..]].concat();
        let cut = &message[..2 + 1 + cut % (message.len() - 4)];
        for message in [&damaged[..], cut] {
            let link = format!("./articles/{}", BASE64_URL_SAFE_NO_PAD.encode(message));
            check(link.as_bytes());
            let error = decode(&link).unwrap_err();
            assert!(!matches!(error.kind(), ErrorKind::NotGoogleNews | ErrorKind::NoId), "{error}");
        }
    }
    check_1024(property as fn(_, _, _, _));
}

#[test]
fn encrypted_redirects_are_decoded_in_every_form_and_with_any_key_id() {
    fn property(key_id: (u8, u8, u8, u8), len: usize, byte: u8) {
        let key_id = [key_id.0, key_id.1, key_id.2, key_id.3];
        // The length of the URL takes one or two bytes of the plaintext.
        let len = 1 + len % 700;
        let payload = [&[1][..], &key_id, &vec![byte; len + 51 + usize::from(len > 127)]].concat();
        let token = BASE64_URL_SAFE_NO_PAD.encode([&[8, 1][..], &field(2, 2, &payload)].concat());
        let padded = format!("{token}{}", &"=="[..(4 - token.len() % 4) % 4]);
        let redirect = OpaqueRedirect::new(&padded).unwrap();
        assert_eq!((redirect.key_id(), redirect.url_len(), redirect.token()), (key_id, len, &*token));
        assert!(redirect.accepts_url(&"x".repeat(len)) && !redirect.accepts_url(&"x".repeat(len + 1)));
        let expected = Target::OpaqueRedirect(redirect);
        let escaped = padded.replace('=', "%3D");
        for link in [
            token.clone(),
            padded.clone(),
            escaped.clone(),
            format!("?{padded}"),
            format!("https://www.google.com/goto?url={padded}"),
            format!("google.co.jp/goto?url={escaped}&sa=X"),
            format!("/goto?url={token}"),
            format!("https://www.google.com/url?sa=t&amp;url={escaped}&amp;uoh=1"),
            expected.to_link().unwrap(),
        ] {
            check(link.as_bytes());
            assert_eq!(decode_all_ways(link.as_bytes()).as_ref(), Ok(&expected), "{link}");
            assert_eq!(Link::parse(&link).unwrap().destination(), Destination::Token(&token));
        }
        let too_many = format!("{padded}=");
        assert!(decode(&too_many).is_err() || !token.len().is_multiple_of(4));
    }
    check_1024(property as fn(_, _, _));
}

#[test]
fn a_link_with_a_changed_byte_has_the_same_result_on_all_paths() {
    fn property(article: AnyArticle, at: usize, byte: u8) {
        let mut id = article.to_id().into_bytes();
        let at = at % id.len();
        id[at] = byte;
        check(&id);
        check(&[b"https://news.google.com/rss/articles/", &id[..], b"?oc=5"].concat());
    }
    check_1024(property as fn(_, _, _));
}

/// Every beginning of an ID, and every ID with one character changed.
#[test]
fn a_damaged_id_never_returns_a_url_that_it_does_not_contain() {
    let url = "https://www.theguardian.com/world";
    let amp = "https://amp.theguardian.com/world";
    let id = Article::new(url, Some(amp)).unwrap().to_id();
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
            // An ID that still decodes differs in one character, so in one or two bytes of one URL.
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
    assert!(decoded > id.len(), "most changes of a letter decode to another URL: {decoded}");
}

#[test]
fn a_truncated_opaque_id_never_returns_another_token() {
    let token = "AU_yqLM8OWvAadKpeKN66Vtm8UsxEyNqLQtwnSt1aIDGOM-EhR8eig";
    let id = OpaqueArticle::new(token, Some(token)).unwrap().to_id();
    let found: Vec<_> = (0..id.len()).filter_map(|end| decode(&id[..end]).ok()).collect();
    // An ID that ends between its two tokens is valid, because 85 % of real IDs have only one token.
    assert!(found.iter().all(|target| target.token() == Some(token)), "{found:?}");
    assert!(found.len() <= 1);
}
