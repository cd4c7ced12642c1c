//! Decides which URLs may be returned. No other module does.

use std::borrow::Cow;
use std::fmt;

use url::Url;

use crate::error::{Error, ErrorKind};
use crate::google_page::{GooglePage, after_scheme};
use crate::host::is_plain_domain;
use crate::printable::{PrintableAscii, are_url_bytes, is_invisible, is_space_or_control, is_url_byte};
pub(crate) use suspects::{WINDOW, suspects, suspects_of_two};
use suspects::{is_special_in_authority, is_suspect};

mod suspects;

/// Checks that a URL may be returned as the URL of a publisher.
///
/// The URL must begin with `http://` or `https://` and a host, must contain no space and no control or invisible
/// character, and must not be that of a [`GooglePage`]. If its host contains a character beyond ASCII or one of
/// `%<>[\]^|`, or if there is a user name or a port, the `url` crate must be able to parse it. Every URL that this
/// crate returns has passed this check, and so did all of 20,878 real ones. The function is public for programs that
/// get URLs from other sources, such as an online resolver.
///
/// # Errors
///
/// - [`NotHttpUrl`](crate::ErrorKind::NotHttpUrl) for `ftp://example.com/`, `javascript:alert(1)`, `https:///a`, and for URLs whose host is
///   ambiguous or invalid: `https://a\@example.com/`, `https://example.com%00/`, `https://a@/`, `https://a:99999/`;
/// - [`InvalidUrlByte`](crate::ErrorKind::InvalidUrlByte) for `https://example.com/a b`;
/// - [`GoogleUrl`](crate::ErrorKind::GoogleUrl) for `https://news.google.com/read/CBMi…`.
///
/// # Examples
///
/// ```
/// use google_news_link::{ErrorKind, check_url};
///
/// check_url("https://example.com/")?;
/// let error = check_url("https://example.com/a b").unwrap_err();
/// assert_eq!((error.kind(), error.offset()), (ErrorKind::InvalidUrlByte(b' '), Some(21)));
/// # Ok::<(), google_news_link::Error>(())
/// ```
pub fn check_url(url: &str) -> Result<(), Error> {
    check_bytes(url.as_bytes()).map(drop)
}

/// Checks a URL that need not be UTF-8, and returns it as a string.
fn check_bytes(url: &[u8]) -> Result<&str, Error> {
    if !starts_with_http(url) {
        let scheme = ["https://", "http://"].into_iter().find(|scheme| url.starts_with(scheme.as_bytes()));
        return Err(Error::at(ErrorKind::NotHttpUrl, scheme.map_or(0, str::len)));
    }
    // All bytes are tested, so that the compiler can test 16 at a time.
    if url.iter().fold(false, |any, &byte| any | is_space_or_control(byte))
        && let Some(at) = url.iter().position(|&byte| is_space_or_control(byte))
    {
        return Err(Error::at(ErrorKind::InvalidUrlByte(url[at]), at));
    }
    let text =
        std::str::from_utf8(url).map_err(|error| Error::at(ErrorKind::InvalidUtf8, error.valid_up_to()))?;
    let is_ascii = text.is_ascii();
    if !is_ascii && let Some(at) = text.find(is_invisible) {
        return Err(Error::at(ErrorKind::InvalidUrlByte(url[at]), at));
    }
    if !is_ascii || is_suspect(url) {
        check_authority(text)?;
    }
    Ok(text)
}

/// Checks the authority of a URL (user name, host and port), and refuses the pages of Google.
fn check_authority(url: &str) -> Result<(), Error> {
    if GooglePage::classify(url).is_some() {
        return Err(Error::at(ErrorKind::GoogleUrl, 0));
    }
    let Some(rest) = after_scheme(url).map(str::as_bytes) else {
        return Err(Error::at(ErrorKind::NotHttpUrl, 0));
    };
    let start = url.len() - rest.len();
    // Browsers take a backslash for a slash. Other programs take it for a part of a user name, and find another host.
    let end = rest.iter().position(|&byte| is_authority_end(byte)).unwrap_or(rest.len());
    if rest.get(end) == Some(&b'\\') {
        return Err(Error::at(ErrorKind::NotHttpUrl, start + end));
    }
    // A URL that the `url` crate refuses can't be fetched, and other programs may find a host of Google's in it: `news.google%00.com`.
    if rest[..end].iter().any(|&byte| is_special_in_authority(byte)) && Url::parse(url).is_err() {
        return Err(Error::at(ErrorKind::NotHttpUrl, start));
    }
    Ok(())
}

/// Returns `true` for the characters that end the authority of a URL.
fn is_authority_end(byte: u8) -> bool {
    matches!(byte, b'/' | b'\\' | b'?' | b'#')
}

/// A URL that [`check_url`] has accepted: no other can be stored in a target.
#[derive(Clone, PartialEq, Eq, Hash)]
pub(crate) struct CheckedUrl<'a>(Cow<'a, str>);

impl<'a> CheckedUrl<'a> {
    /// Checks a URL. An error's offset counts the bytes of the URL.
    pub(crate) fn check(url: &'a [u8]) -> Result<Self, Error> {
        check_bytes(url).map(|url| CheckedUrl(Cow::Borrowed(url)))
    }

    /// Checks a URL that is known to be printable ASCII: the fast path of [`check`](Self::check), which also returns
    /// the error.
    #[inline(always)]
    pub(crate) fn from_printable(url: PrintableAscii<'a>) -> Option<Self> {
        let bytes = url.as_bytes();
        if !starts_with_http(bytes) {
            return None;
        }
        let url = std::str::from_utf8(bytes).ok()?;
        let is_safe = !is_suspect(bytes) || check_authority(url).is_ok();
        is_safe.then_some(CheckedUrl(Cow::Borrowed(url)))
    }

    /// Checks the characters and the host of a redirect's URL. Google has not encoded it in an ID, so it may be no URL
    /// at all.
    pub(crate) fn check_redirect(self) -> Result<Self, Error> {
        let bytes = self.0.as_bytes();
        if !are_url_bytes(bytes)
            && let Some(at) = bytes.iter().position(|&byte| !is_url_byte(byte))
        {
            return Err(Error::at(ErrorKind::InvalidUrlByte(bytes[at]), at));
        }
        // The `url` crate accepts everything after the host.
        let rest = after_scheme(&self.0).unwrap_or_default();
        let host = &rest.as_bytes()[..rest.bytes().position(is_authority_end).unwrap_or(rest.len())];
        if is_plain_domain(host) || Url::parse(&self.0).is_ok() {
            Ok(self)
        } else {
            Err(Error::at(ErrorKind::NotHttpUrl, 0))
        }
    }

    /// Wraps a URL that was checked before it was stored.
    pub(crate) fn from_stored(url: &'a str) -> Self {
        debug_assert_eq!(check_url(url), Ok(()));
        CheckedUrl(Cow::Borrowed(url))
    }

    pub(crate) fn as_str(&self) -> &str {
        &self.0
    }

    pub(crate) fn into_inner(self) -> Cow<'a, str> {
        self.0
    }

    pub(crate) fn into_owned(self) -> CheckedUrl<'static> {
        CheckedUrl(own(self.0))
    }
}

impl fmt::Debug for CheckedUrl<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&self.0, f)
    }
}

/// Returns `true` if `url` begins with `http://` or `https://` and a host.
#[inline(always)]
fn starts_with_http(url: &[u8]) -> bool {
    // The shortest URL is `http://a`. Eight bytes are compared at once, which a pattern would do one by one.
    const HTTPS: u64 = u64::from_le_bytes(*b"https://");
    const HTTP: u64 = u64::from_le_bytes(*b"http://\0");
    let Some((head, rest)) = url.split_first_chunk() else { return false };
    let word = u64::from_le_bytes(*head);
    let host = match word {
        HTTPS => rest.first().copied().unwrap_or(b'/'),
        _ if word & (u64::MAX >> 8) == HTTP => head[7],
        _ => return false,
    };
    is_host_start(host)
}

/// Returns `true` for a letter, a digit, `_`, `[` (of an IPv6 address) and bytes that are not ASCII. No host begins with another byte.
#[inline(always)]
pub(crate) fn is_host_start(byte: u8) -> bool {
    const BEGINS: [bool; 256] = {
        let mut begins = [false; 256];
        let mut byte = 0;
        while byte < 256 {
            begins[byte] = (byte as u8).is_ascii_alphanumeric() || matches!(byte as u8, b'[' | b'_' | 0x80..);
            byte += 1;
        }
        begins
    };
    BEGINS[usize::from(byte)]
}

pub(crate) fn own(text: Cow<'_, str>) -> Cow<'static, str> {
    Cow::Owned(text.into_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use fearless_simd::{prelude::*, u8x64};
    use quickcheck::{Arbitrary, Gen, QuickCheck};

    /// URLs of Google pages, in the spellings that `url` resolves to the same host and path.
    const GOOGLE: &[(&str, GooglePage)] = &[
        (
            "https://news.google.com/rss/articles/CBMiFmh0dHBzOi8vYW11LnR2LzExMTkzMS_SAQA?oc=5",
            GooglePage::News,
        ),
        ("https://news.google.com", GooglePage::News),
        ("https://news.google.com?x", GooglePage::News),
        ("https://news.google.com#x", GooglePage::News),
        ("http://news.google.co.jp/", GooglePage::News),
        ("https://NEWS.GOOGLE.COM/", GooglePage::News),
        ("https://news.google.com./", GooglePage::News),
        ("https://www.news.google.com/articles/x", GooglePage::News),
        ("https://newsstand.google.com/articles/x", GooglePage::News),
        ("https://news.url.google.com/url?url=https://example.com/", GooglePage::News),
        ("https://www.google.com/newsstand/s/x", GooglePage::News),
        ("https://www.google.com/news?ned=us", GooglePage::News),
        ("https://u@news.google.com/", GooglePage::News),
        ("https://u:p@news.google.com/", GooglePage::News),
        ("https://a@b@news.google.com/", GooglePage::News),
        ("https://a-user-name-of-more-than-thirty-two-bytes@news.google.com/", GooglePage::News),
        ("https://news.google.com:443/", GooglePage::News),
        ("https://news.google.com:99999/", GooglePage::News),
        ("https://n%65ws.google.com/", GooglePage::News),
        ("https://news.%67%6F%6fgle.com/", GooglePage::News),
        ("https://news.goo%C2%ADgle.com/", GooglePage::News),
        ("https://news.ｇｏｏｇｌｅ.com/", GooglePage::News),
        ("https://news。google。com/", GooglePage::News),
        ("https://news.google.com\\@evil.example/", GooglePage::News),
        ("https://www.google.com/url?q=https://example.com/", GooglePage::Redirect),
        ("https://google.de/url?q=https://example.com/", GooglePage::Redirect),
        ("https://www.google.com/x/../url?q=https://example.com/", GooglePage::Redirect),
        ("https://www.google.com:99999/x/../url?q=https://example.com/", GooglePage::Redirect),
        ("https://www.google.com/x/%2e%2e/url?q=https://example.com/", GooglePage::Redirect),
        ("https://www.google.com/%75rl?q=https://example.com/", GooglePage::Redirect),
        ("https://www.google.com//url?q=https://example.com/", GooglePage::Redirect),
        ("https://www.google.com\\url?q=https://example.com/", GooglePage::Redirect),
        ("https://www.google.com:99999/url?q=https://example.com/", GooglePage::Redirect),
        ("https://maps.google.com/url?q=https://example.com/", GooglePage::Redirect),
        ("https://lens.google.com/goto?url=CAES", GooglePage::Redirect),
        ("https://www.google.com.hk/goto?url=CAES", GooglePage::Redirect),
        ("https://www.google.com/amp/s/example.com/", GooglePage::Redirect),
        ("https://www.google.com/aclk?adurl=https://example.com/", GooglePage::Redirect),
        ("https://www.google.com/interstitial?url=https://example.com/", GooglePage::Redirect),
        ("https://consent.google.com/m?continue=https://example.com/", GooglePage::Consent),
        ("https://consent.google.fr/", GooglePage::Consent),
        ("https://www.google.co.uk/sorry/index", GooglePage::Captcha),
        ("https://ipv4.google.com/sorry/index?continue=x", GooglePage::Captcha),
        ("https://www.google.com/accounts/ServiceLogin?continue=x", GooglePage::SignIn),
        ("https://www.google.com/ServiceLogin?continue=x", GooglePage::SignIn),
        ("https://accounts.google.com/v3/signin/identifier?continue=x", GooglePage::SignIn),
        ("https://www.google.com/a/example.com/ServiceLogin2?continue=x", GooglePage::SignIn),
        ("https://www.google.com/pagead/aclk?adurl=https://example.com/", GooglePage::Redirect),
        ("https://encrypted.google.com/amp/s/example.com/", GooglePage::Redirect),
        ("https://ipv6.google.com/news", GooglePage::News),
        ("https://m.google.com/news/", GooglePage::News),
        ("https://translate.google.com/translate?u=https://news.google.com/read/x", GooglePage::News),
        ("https://translate.google.com/translate?sl=a&u=https%3A%2F%2Fnews.google.com%2F", GooglePage::News),
        // Copies of pages of Google.
        ("https://cdn.ampproject.org/c/s/news.google.com/rss/articles/x", GooglePage::News),
        ("https://news-google-com.cdn.ampproject.org/c/s/news.google.com/rss/articles/x", GooglePage::News),
        ("https://news-google-com.cdn.ampproject.org/", GooglePage::News),
        ("https://consent-google-fr.cdn.ampproject.org/c/s/example.com/", GooglePage::Consent),
        (
            "https://a-longer-host-than-the-window-has-bytes.cdn.AMPproject.org./c/news.google.com",
            GooglePage::News,
        ),
        ("https://cdn.ampproject.org/v/s/www.google.com/url?q=https://example.com/", GooglePage::Redirect),
        ("https://cdn.ampproject.org/c/s/a/../news%2Egoogle%2Ecom/", GooglePage::News),
        ("https://cdn.ampproject.org//c//s//news.google.com/", GooglePage::News),
        ("https://cdn.ampproject.org/c/s/cdn.ampproject.org/c/s/news.google.com/", GooglePage::News),
    ];

    /// URLs that programs parse in different ways or not at all, and the offset of the error.
    const AMBIGUOUS: &[(&str, usize)] = &[
        ("https://evil.example\\@news.google.com/", 20),
        ("https://evil.example\\.news.google.com/", 20),
        ("https://a\\b", 9),
        ("https://example.com\\", 19),
        ("https://news.google\u{2024}com/", 8),
        ("https://news.goo\u{200d}gle.com/", 8),
        ("https://news.goo\u{200c}gle.com/", 8),
        ("https://news.google.com%00/", 8),
        ("https://news.google.com%20/", 8),
        ("https://news.google.com|/", 8),
        ("https://news.google.com^/", 8),
        ("https://example.com%00/", 8),
        ("https://exam|ple.com/", 8),
        ("http://exam^ple.com?", 7),
        ("http://[news.google.com]/", 7),
        ("https://[::1", 8),
        ("https://exam<ple.com/", 8),
        ("https://exam>ple.com/", 8),
        ("https://u@/", 8),
        ("https://u@", 8),
        ("https://u@?x", 8),
        ("https://u:p@#x", 8),
        ("https://u@:80/", 8),
        ("https://a-user-name-of-more-than-thirty-two-bytes@/", 8),
        ("https://example.com:99999/", 8),
        ("https://example.com:x/", 8),
        ("http://a:b@c:d/", 7),
    ];

    const OTHERS: &[&str] = &[
        "https://guardian.example/news/google",
        "https://g.example/",
        "https://cloud.google.com/accounts",
        "https://support.google.com/ServiceLogin",
        "https://support.google.com/interstitial",
        "https://blog.google.com/news",
        "https://example.com/",
        "http://a",
        "https://blog.google/products/news/",
        "https://about.google/",
        "https://cloud.google.com/blog/",
        "https://support.google.com/news/",
        "https://developers.google.com/amp/cache/",
        "https://www.google.com/about",
        "https://www.google.com/",
        "https://www.google.com/search?q=x",
        "https://www.google.com/urls",
        "https://www.google.com/url=x",
        "https://www.google.com/url+x",
        "https://www.google.com/&url",
        "https://newsgoogle.com/",
        "https://google.evil.example/url",
        "https://news.google.com.evil.example/",
        "https://news.google.com@evil.example/",
        "https://news.google.com:x@evil.example/",
        "https://cloud.google.com/url/maps",
        "https://www.google.com/a/example.com/",
        "https://translate.google.com/translate?u=https://example.com/",
        "https://translate.google.com/?u=https://news.google.com/",
        "https://www.youtube.com/watch?v=x",
        "https://example.com/a\\b",
        "https://example.com?a\\b",
        "https://exam%70le.com/",
        "https://例え.example/",
        "https://a|b@example.com/",
        "https://evil.example/@news.google.com/",
        "https://evil.example?@news.google.com/",
        "https://evil.example#@news.google.com/",
        "https://example-com.cdn.ampproject.org/c/s/example.com/",
        "https://a-host-of-more-than-thirty-two-bytes.example/a",
        "https://[::1]/url",
        "https://u@example.com/",
        "https://u:p@example.com:8080",
        "https://example.com:/",
        "https://example.com/a@b:99999",
        "https://example.com?a@b:99999",
    ];

    #[test]
    fn urls_of_google_pages_are_refused_in_every_spelling() {
        for &(url, page) in GOOGLE {
            assert_eq!(GooglePage::classify(url), Some(page), "{url}");
            assert_eq!(check_url(url), Err(Error::at(ErrorKind::GoogleUrl, 0)), "{url}");
            if let Some(url) = printable(url) {
                assert!(is_suspect(url.as_bytes()), "{url:?}");
                assert_eq!(CheckedUrl::from_printable(url), None);
            }
        }
    }

    #[test]
    fn other_urls_are_accepted() {
        for &url in OTHERS {
            assert_eq!(GooglePage::classify(url), None, "{url}");
            assert_eq!(check_url(url), Ok(()));
            if let Some(printable) = printable(url) {
                let checked = CheckedUrl::from_printable(printable);
                assert_eq!(checked.as_ref().map(CheckedUrl::as_str), Some(url));
            }
        }
    }

    #[test]
    fn ambiguous_urls_are_refused() {
        for &(url, at) in AMBIGUOUS {
            assert_eq!(check_url(url), Err(Error::at(ErrorKind::NotHttpUrl, at)), "{url}");
            if let Some(url) = printable(url) {
                assert!(is_suspect(url.as_bytes()), "{url:?}");
                assert_eq!(CheckedUrl::from_printable(url), None);
            }
        }
    }

    #[test]
    fn only_urls_with_a_name_of_google_or_a_special_character_in_their_authority_are_suspected() {
        for url in OTHERS.iter().filter(|url| url.is_ascii()) {
            let (_, rest) = url.split_once("://").unwrap();
            let (authority, _) = rest.split_once('/').unwrap_or((rest, ""));
            let is_expected = ["google", "ampproject", "%", ":", "@", "[", "|", "\\"];
            let is_expected = is_expected.iter().any(|part| authority.contains(part));
            assert_eq!(is_suspect(url.as_bytes()), is_expected, "{url}");
        }
    }

    #[test]
    fn urls_with_several_spaces_are_refused() {
        for (url, at) in [
            ("https://example.com/a b c", 21),
            ("https://example.com/\n\n", 20),
            ("https://a\u{7f}\u{7f}", 9),
        ] {
            let byte = url.as_bytes()[at];
            assert_eq!(check_url(url), Err(Error::at(ErrorKind::InvalidUrlByte(byte), at)), "{url:?}");
        }
    }

    #[test]
    fn urls_with_characters_that_cannot_be_seen_are_refused() {
        for char in ["\u{85}", "\u{a0}", "\u{ad}", "\u{200b}", "\u{202e}", "\u{2028}", "\u{3000}", "\u{feff}"]
        {
            let url = format!("https://example.com/é{char}{char}");
            let error = Error::at(ErrorKind::InvalidUrlByte(char.as_bytes()[0]), 22);
            assert_eq!(check_url(&url), Err(error), "{url:?}");
        }
        for url in [
            "https://example.com/é",
            "https://example.com/می\u{200c}خواهم",
            "https://example.com/👨\u{200d}👩",
        ] {
            assert_eq!(check_url(url), Ok(()));
        }
    }

    #[test]
    fn a_checked_url_is_shown_as_a_string() {
        assert_eq!(
            format!("{:?}", CheckedUrl::from_stored("https://example.com/")),
            "\"https://example.com/\""
        );
    }

    #[test]
    fn other_strings_are_not_urls_of_google() {
        for url in
            ["", "https://", "http", "ftp://news.google.com/", "//news.google.com/", "https:news.google.com"]
        {
            assert_eq!(GooglePage::classify(url), None, "{url}");
            assert_eq!(printable(url).and_then(CheckedUrl::from_printable), None, "{url}");
        }
    }

    fn printable(text: &str) -> Option<PrintableAscii<'_>> {
        text.bytes()
            .all(|byte| byte.is_ascii_graphic())
            .then(|| PrintableAscii::from_counted(text.as_bytes()))
    }

    /// Returns `text` with some of its characters in upper case or escaped, which the bits of `choices` select.
    fn respell(text: &str, choices: u128) -> String {
        text.bytes()
            .enumerate()
            .map(|(at, byte)| match choices >> (at % 64 * 2) & 3 {
                1 => char::from(byte.to_ascii_uppercase()).into(),
                2 if at > 0 => format!("%{byte:02x}"),
                _ => char::from(byte).into(),
            })
            .collect()
    }

    fn choose<'a>(g: &mut Gen, choices: &[&'a str]) -> &'a str {
        g.choose(choices).copied().unwrap_or_default()
    }

    /// Returns up to `limit` random characters of `chars`.
    fn random(g: &mut Gen, chars: &str, limit: usize) -> String {
        let chars: Vec<char> = chars.chars().collect();
        (0..usize::arbitrary(g) % (limit + 1)).filter_map(|_| g.choose(&chars).copied()).collect()
    }

    /// The URL of a Google page in any spelling.
    #[derive(Clone, Debug)]
    struct GoogleUrl(String);

    impl Arbitrary for GoogleUrl {
        fn arbitrary(g: &mut Gen) -> Self {
            let printable: String = ('!'..='~').collect();
            let scheme = choose(g, &["http://", "https://"]);
            let mut url = scheme.to_owned();
            if bool::arbitrary(g) {
                url =
                    url + "u" + &random(g, &printable.replace(['#', '/', ':', '?', '@', '\\'], ""), 50) + "@";
            }
            let hosts = [
                "news.google.com",
                "news.google.co.jp",
                "www.news.google.com",
                "newsstand.google.com",
                "news.url.google.com",
                "consent.google.com",
                "consent.google.com.au",
                "accounts.google.com",
                "news.google.com.",
            ];
            url += &respell(choose(g, &hosts), u128::arbitrary(g));
            if bool::arbitrary(g) {
                url = url + ":" + &(u32::arbitrary(g) % 100_000).to_string();
            }
            if bool::arbitrary(g) {
                url = url + choose(g, &["/", "?", "#", "\\"]) + &random(g, &printable, 60);
            }
            GoogleUrl(url)
        }
    }

    /// A URL that consists of pieces that can change its host.
    #[derive(Clone, Debug)]
    struct AnyUrl(String);

    impl Arbitrary for AnyUrl {
        fn arbitrary(g: &mut Gen) -> Self {
            let pieces = [
                "a",
                "9",
                "G",
                "@",
                ":",
                "%",
                ".",
                "\\",
                "/",
                "?",
                "#",
                "_",
                "-",
                "%67",
                "%4f",
                "google",
                "GOOGLE",
                "news",
                "com",
                "news.google.com",
                "gag",
                "[",
                "|",
                "^",
                "cdn.ampproject.org/c/s/",
                "googol",
                "<",
            ];
            let mut url = choose(g, &["http://a", "https://n", "https://news.google.com"]).to_owned();
            for _ in 0..usize::arbitrary(g) % 12 {
                url += choose(g, &pieces);
            }
            AnyUrl(url)
        }
    }

    /// Returns `true` if [`suspects`] finds something on every level, regardless of the bytes after the URL.
    fn is_suspect_on_all_levels(url: &str) -> bool {
        let host = after_scheme(url).unwrap().as_bytes();
        let mut any = true;
        for following in [b'/', b'.', b'g', b'A'] {
            let mut window = [following; WINDOW];
            let len = host.len().min(WINDOW);
            window[..len].copy_from_slice(&host[..len]);
            for level in crate::base64url::Level::available() {
                any &= crate::base64url::dispatch!(level, simd => {
                    let both = suspects_of_two(u8x64::from_slice(simd, [window; 2].as_flattened()));
                    suspects(simd, &window) != 0 && both as u32 != 0 && both >> WINDOW != 0
                }, else is_suspect(url.as_bytes()));
            }
        }
        any
    }

    #[test]
    fn respelled_google_hosts_pass_neither_the_fast_nor_the_slow_path() {
        fn property(url: GoogleUrl) {
            let GoogleUrl(url) = url;
            assert!(GooglePage::classify(&url).is_some());
            assert!(is_suspect(url.as_bytes()) && is_suspect_on_all_levels(&url));
        }
        QuickCheck::new().tests(1024).quickcheck(property as fn(_));
    }

    /// Compares with the `url` crate: every URL that it resolves to a host of Google News is refused.
    #[test]
    fn urls_are_classified_by_the_host_that_url_finds() {
        fn property(url: AnyUrl) {
            let AnyUrl(url) = url;
            let read = Url::parse(&url).ok();
            let host = read.as_ref().and_then(Url::host_str).unwrap_or_default();
            if host.trim_end_matches('.') == "news.google.com" && !host.ends_with("..") {
                assert_eq!(GooglePage::classify(&url), Some(GooglePage::News));
            }
            let checked = check_url(&url);
            if checked.is_ok() {
                // Hosts such as `a.9` lead nowhere, but not to another host.
                let authority = url.split("//").nth(1).unwrap().split(['/', '\\', '?', '#']).next().unwrap();
                let is_plain =
                    authority.chars().all(|char| char.is_ascii_alphanumeric() || "-._".contains(char));
                assert!(read.is_some() || is_plain, "{url}");
            } else {
                assert!(is_suspect(url.as_bytes()) && is_suspect_on_all_levels(&url));
            }
            let is_fast = printable(&url).and_then(CheckedUrl::from_printable).is_some();
            assert_eq!(is_fast, checked.is_ok(), "{url}");
        }
        QuickCheck::new().tests(4096).quickcheck(property as fn(_));
    }
}
