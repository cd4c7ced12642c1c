//! Decides which URLs may be returned: the only place.

use std::borrow::Cow;
use std::fmt;

use fearless_simd::{Level, Simd, dispatch, prelude::*, u8x32};
use url::{Url, form_urlencoded};

use crate::error::{Error, ErrorKind};
use crate::host::{HostKind, classify_host, split_host};

/// Checks that a URL may be returned as a publisher's.
///
/// It must begin with `http://` or `https://` and a host, contain no space and no control or invisible character, and must not be
/// the URL of a [`GooglePage`]. Every URL that this crate returns has passed this check, as
/// 20,878 of 20,878 real ones do. It is public for programs that get URLs from elsewhere, such as from an online resolver.
///
/// # Errors
///
/// - [`NotHttpUrl`](crate::ErrorKind::NotHttpUrl) for `ftp://example.com/`, `javascript:alert(1)`, `https:///a`;
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
    let Some(rest) = after_scheme(url) else { return Err(Error::at(ErrorKind::NotHttpUrl, 0)) };
    if !rest.first().is_some_and(|&byte| is_host_start(byte)) {
        return Err(Error::at(ErrorKind::NotHttpUrl, url.len() - rest.len()));
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
    if (!is_ascii || is_suspected_google(url)) && GooglePage::classify(text).is_some() {
        return Err(Error::at(ErrorKind::GoogleUrl, 0));
    }
    Ok(text)
}

/// The pages of Google that are never a publisher's: [`check_url`] refuses their URLs.
///
/// Other pages of Google, such as `https://blog.google/`, `https://cloud.google.com/blog/` and `https://www.google.com/about`, are
/// like those of any publisher.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
#[non_exhaustive]
pub enum GooglePage {
    /// Google News: `https://news.google.com/…`, of any country.
    News,
    /// A redirect: `https://www.google.com/url?q=…`, `/goto?url=…`, `/amp/s/…`, of any country.
    Redirect,
    /// A page that asks for consent: `https://consent.google.com/…`.
    Consent,
    /// A page that asks for a captcha to be solved: `https://www.google.com/sorry/…`.
    Captcha,
    /// A page to sign in: `https://accounts.google.com/…`, `https://www.google.com/accounts/…`.
    SignIn,
}

impl GooglePage {
    /// Returns the kind of Google page that `url` is the address of, or `None` if it is any other URL.
    ///
    /// The host and the path are those that the `url` crate reads: user name, port, upper case, percent-escapes, full-width
    /// letters and a root dot make no difference. The URL must begin with `http://` or `https://`.
    ///
    /// # Examples
    ///
    /// ```
    /// use google_news_link::GooglePage;
    ///
    /// assert_eq!(GooglePage::classify("https://news.google.co.jp./articles/x"), Some(GooglePage::News));
    /// assert_eq!(GooglePage::classify("https://www.google.com/url?q=https://example.com/"), Some(GooglePage::Redirect));
    /// assert_eq!(GooglePage::classify("https://cloud.google.com/blog/"), None);
    /// ```
    pub fn classify(url: &str) -> Option<Self> {
        let rest = url.strip_prefix("https://").or_else(|| url.strip_prefix("http://"))?;
        let (host, path) = split_host(rest);
        let kind = classify_host(host);
        match kind {
            HostKind::News | HostKind::NewsAlias | HostKind::NewsRedirect => Some(GooglePage::News),
            HostKind::Consent => Some(GooglePage::Consent),
            HostKind::Accounts => Some(GooglePage::SignIn),
            HostKind::Search | HostKind::OtherGoogle => {
                let path = path.split(['?', '#']).next()?;
                // `/x/../url` and `\url` are `/url`.
                if !path.contains(['%', '\\']) && !path.contains("/.") {
                    return GooglePage::of_path(kind, path);
                }
                match Url::parse(url) {
                    Ok(url) => GooglePage::of_path(kind, url.path()),
                    // It can't be fetched, and where it would lead is not known.
                    Err(_) => Some(GooglePage::Redirect),
                }
            }
            HostKind::AmpCache | HostKind::Other => None,
        }
    }

    fn of_path(host: HostKind, path: &str) -> Option<Self> {
        let is_search = host == HostKind::Search;
        let folder = path.split(['/', '\\']).find(|part| !part.is_empty())?;
        // `/%75rl` is `/url`, but the escapes of a path are not all of those of a form.
        let is_form = folder.contains(['=', '&', '+']);
        let (folder, _) = form_urlencoded::parse(folder.as_bytes()).next().filter(|_| !is_form)?;
        match &*folder {
            "url" | "goto" => Some(GooglePage::Redirect),
            "sorry" => Some(GooglePage::Captcha),
            "accounts" | "ServiceLogin" if is_search => Some(GooglePage::SignIn),
            "aclk" | "interstitial" | "linkredirect" | "local_url" if is_search => Some(GooglePage::Redirect),
            // `developers.google.com/amp` is documentation.
            "amp" if is_search => Some(GooglePage::Redirect),
            "newsstand" => Some(GooglePage::News),
            "news" if is_search => Some(GooglePage::News),
            _ => None,
        }
    }
}

/// A URL that [`check_url`] has accepted: no other can be stored in a target.
#[derive(Clone, PartialEq, Eq, Hash)]
pub(crate) struct CheckedUrl<'a>(Cow<'a, str>);

impl<'a> CheckedUrl<'a> {
    /// Checks a URL. An error's offset counts the bytes of the URL.
    pub(crate) fn check(url: &'a [u8]) -> Result<Self, Error> {
        check_bytes(url).map(|url| CheckedUrl(Cow::Borrowed(url)))
    }

    /// Checks a URL that is known to be printable ASCII: the fast path of [`check`](Self::check), which returns an error.
    #[inline(always)]
    pub(crate) fn from_printable(url: PrintableAscii<'a>) -> Option<Self> {
        let PrintableAscii(bytes) = url;
        if !starts_with_http(bytes) {
            return None;
        }
        let url = std::str::from_utf8(bytes).ok()?;
        let is_safe = !is_suspected_google(bytes) || GooglePage::classify(url).is_none();
        is_safe.then_some(CheckedUrl(Cow::Borrowed(url)))
    }

    /// Takes a URL from where nothing but checked URLs is stored.
    pub(crate) fn from_stored(url: &'a str) -> Self {
        debug_assert_eq!(check_url(url), Ok(()));
        CheckedUrl(Cow::Borrowed(url))
    }

    pub(crate) fn as_str(&self) -> &str {
        &self.0
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

/// A string of the characters `!` to `~`, those that a URL can consist of.
#[derive(Clone, Copy, Debug)]
pub(crate) struct PrintableAscii<'a>(&'a [u8]);

impl<'a> PrintableAscii<'a> {
    /// Takes bytes all of which were found to be printable when they were decoded.
    #[inline(always)]
    pub(crate) fn from_counted(bytes: &'a [u8]) -> Self {
        debug_assert!(bytes.iter().all(u8::is_ascii_graphic));
        PrintableAscii(bytes)
    }
}

/// Returns `false` if `url` is proven not to be that of a [`GooglePage`], provided that it is printable ASCII and begins with
/// `http://` or `https://` and a host. If it returns `true`, [`GooglePage::classify`] has to decide.
///
/// For all but 1.2 % of real URLs, the first 32 bytes of the host [are proof](google_suspects).
#[inline(always)]
pub(crate) fn is_suspected_google(url: &[u8]) -> bool {
    let host = if url.get(4) == Some(&b's') { 8 } else { 7 };
    let Some(host) = url.get(host..) else { return true };
    let padding;
    let window = match host.first_chunk() {
        Some(window) => window,
        None => {
            padding = padded(host);
            &padding
        }
    };
    // The level is a constant, so that nothing is dispatched.
    dispatch!(Level::baseline(), simd => google_suspects(simd, window)) != 0 && has_google_in_authority(host)
}

/// Does the same as [`google_suspects`] for an authority of any length, and looks for the whole name. Of real URLs 0.05 % have
/// it.
#[cold]
#[inline(never)]
fn has_google_in_authority(host: &[u8]) -> bool {
    let authority = &host[..memchr::memchr(b'/', host).unwrap_or(host.len())];
    let is_name =
        |start| authority.get(start..start + 6).is_some_and(|name| name.eq_ignore_ascii_case(b"google"));
    memchr::memchr(b'%', authority).is_some() || memchr::memchr2_iter(b'g', b'G', authority).any(is_name)
}

/// The number of bytes after the scheme in which [`is_suspected_google`] looks for the host at once.
pub(crate) const WINDOW: usize = 32;

/// Returns 0 if [`is_suspected_google`] returns `false` for a URL with these bytes after the scheme. If the URL ends in the window, any bytes
/// may follow it.
///
/// The host, with a user name and port, ends with a `/` or before it. If it is one of Google's, it contains `google`, unless an
/// escape hides that. So what may be Google's contains `g..g` or `%` up to the first `/`, or has no `/` in the window:
///
/// ```text
/// www.google.com/url?q=https://exa     bytes
/// 00001000000000000000000000000000     suspects: '%', or 'g' here and three bytes later
/// 00000000000000100000010110000000     slashes
/// 11111111111111100000000000000000     up to the first slash
/// ```
///
/// As a loop over the bytes, this takes 10 times as long: the compiler unrolls it and finds no vectors.
#[inline(always)]
pub(crate) fn google_suspects<S: Simd>(simd: S, window: &[u8; WINDOW]) -> u64 {
    let bytes = u8x32::from_slice(simd, window);
    let gs = (bytes | 0x20).simd_eq(b'g').to_bitmask();
    let escapes = bytes.simd_eq(b'%').to_bitmask();
    let slashes = bytes.simd_eq(b'/').to_bitmask();
    // The bit after the window is always set: without a slash, the mask includes it.
    let suspects = (gs & gs >> 3) | escapes | 1 << WINDOW;
    let up_to_slash = slashes ^ slashes.wrapping_sub(1);
    suspects & up_to_slash
}

/// Returns a window of a URL that ends in it, filled up with what ends a host.
#[cold]
#[inline(never)]
fn padded(host: &[u8]) -> [u8; WINDOW] {
    let mut window = [b'/'; WINDOW];
    let len = host.len().min(window.len());
    window[..len].copy_from_slice(&host[..len]);
    window
}

fn after_scheme(url: &[u8]) -> Option<&[u8]> {
    url.strip_prefix(b"https://").or_else(|| url.strip_prefix(b"http://"))
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

/// Returns `true` for a letter, a digit, `[` of an IPv6 address, `_` and all that is not ASCII: no host begins otherwise.
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

/// Returns `true` for spaces and controls of any kind, among them those that end a line (U+0085, U+2028), those that change the
/// direction of a text (U+202E), and other characters that cannot be seen (U+00AD, U+200B). The joiners U+200C and U+200D are not
/// among these: Persian and Hindi are written with them.
pub(crate) fn is_invisible(char: char) -> bool {
    char.is_control()
        || char.is_whitespace()
        || matches!(
            char,
            '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{115f}' | '\u{1160}' | '\u{17b4}' | '\u{17b5}' | '\u{180e}' | '\u{200b}'
                | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{3164}' | '\u{feff}'
                | '\u{ffa0}' | '\u{fff0}'..='\u{fffb}' | '\u{1bca0}'..='\u{1bca3}' | '\u{1d173}'..='\u{1d17a}'
                | '\u{e0000}'..='\u{e0fff}'
        )
}

/// Returns `true` for a string that can be printed to terminals and tables: its only invisible characters are spaces.
pub(crate) fn is_plain(text: &str) -> bool {
    let is_printable_ascii = text.bytes().fold(true, |all, byte| all & (b' '..=b'~').contains(&byte));
    is_printable_ascii || !text.contains(|char| char != ' ' && is_invisible(char))
}

fn is_space_or_control(byte: u8) -> bool {
    byte <= b' ' || byte == 0x7f
}

pub(crate) fn own(text: Cow<'_, str>) -> Cow<'static, str> {
    Cow::Owned(text.into_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::host::classify_host;
    use quickcheck::{Arbitrary, Gen, QuickCheck};

    /// URLs of Google pages, in the spellings that `url` resolves to the same host and path.
    const GOOGLE: [(&str, GooglePage); 46] = [
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
    ];

    const OTHERS: [&str; 32] = [
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
        "https://evil.example\\@news.google.com/",
        "https://evil.example/@news.google.com/",
        "https://evil.example?@news.google.com/",
        "https://evil.example#@news.google.com/",
        "https://example-com.cdn.ampproject.org/c/s/example.com/",
        "https://a-host-of-more-than-thirty-two-bytes.example/a",
        "https://[::1]/url",
    ];

    #[test]
    fn urls_of_google_pages_are_refused_in_every_spelling() {
        for (url, page) in GOOGLE {
            assert_eq!(GooglePage::classify(url), Some(page), "{url}");
            assert_eq!(check_url(url), Err(Error::at(ErrorKind::GoogleUrl, 0)), "{url}");
            if let Some(url) = printable(url) {
                assert!(is_suspected_google(url.0), "{url:?}");
                assert_eq!(CheckedUrl::from_printable(url), None);
            }
        }
    }

    #[test]
    fn other_urls_are_accepted() {
        for url in OTHERS {
            assert_eq!(GooglePage::classify(url), None, "{url}");
            assert_eq!(check_url(url), Ok(()));
            assert_eq!(
                printable(url).and_then(CheckedUrl::from_printable).as_ref().map(CheckedUrl::as_str),
                Some(url)
            );
        }
    }

    #[test]
    fn only_urls_with_google_or_an_escape_in_their_authority_are_suspected() {
        for url in OTHERS {
            let (authority, _) = url.split_once("://").unwrap().1.split_once('/').unwrap_or_default();
            assert_eq!(is_suspected_google(url.as_bytes()), authority.contains("google"), "{url}");
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
    fn a_checked_url_is_shown_as_a_string() {
        assert_eq!(
            format!("{:?}", CheckedUrl::from_stored("https://example.com/")),
            "\"https://example.com/\""
        );
    }

    #[test]
    fn what_is_not_a_url_is_not_one_of_google() {
        for url in
            ["", "https://", "http", "ftp://news.google.com/", "//news.google.com/", "https:news.google.com"]
        {
            assert_eq!(GooglePage::classify(url), None, "{url}");
            assert_eq!(printable(url).and_then(CheckedUrl::from_printable), None, "{url}");
        }
    }

    fn printable(text: &str) -> Option<PrintableAscii<'_>> {
        text.bytes().all(|byte| byte.is_ascii_graphic()).then_some(PrintableAscii(text.as_bytes()))
    }

    /// `text` with some of its characters in upper case or escaped, as the bits of `choices` say.
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

    /// Up to `limit` characters of `chars`.
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

    /// A URL of pieces that make a difference for what its host is.
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
                "googol",
            ];
            let mut url = choose(g, &["http://a", "https://n", "https://news.google.com"]).to_owned();
            for _ in 0..usize::arbitrary(g) % 12 {
                url += choose(g, &pieces);
            }
            AnyUrl(url)
        }
    }

    /// Returns whether [`google_suspects`] finds something on every level, whatever follows the URL.
    fn is_suspect(url: &str) -> bool {
        let host = after_scheme(url.as_bytes()).unwrap();
        let mut any = true;
        for following in [b'/', b'.', b'g', b'A'] {
            let mut window = [following; WINDOW];
            let len = host.len().min(WINDOW);
            window[..len].copy_from_slice(&host[..len]);
            for level in crate::base64url::Level::available() {
                any &= crate::base64url::dispatch!(
                    level, simd => google_suspects(simd, &window) != 0, else is_suspected_google(url.as_bytes())
                );
            }
        }
        any
    }

    #[test]
    fn respelled_google_hosts_pass_neither_the_fast_nor_the_slow_path() {
        fn property(url: GoogleUrl) {
            let GoogleUrl(url) = url;
            assert!(GooglePage::classify(&url).is_some());
            assert!(is_suspected_google(url.as_bytes()) && is_suspect(&url));
        }
        QuickCheck::new().tests(1024).quickcheck(property as fn(_));
    }

    /// Against `url` alone: whatever it resolves to a host of Google is refused.
    #[test]
    fn urls_are_classified_by_the_host_that_url_finds() {
        fn property(url: AnyUrl) {
            let AnyUrl(url) = url;
            let read = Url::parse(&url).ok();
            let host = read.as_ref().and_then(Url::host_str);
            if host.is_some_and(|host| classify_host(host) == HostKind::News) {
                assert_eq!(GooglePage::classify(&url), Some(GooglePage::News));
            }
            if GooglePage::classify(&url).is_some() {
                assert!(is_suspected_google(url.as_bytes()) && is_suspect(&url));
            }
        }
        QuickCheck::new().tests(4096).quickcheck(property as fn(_));
    }
}
