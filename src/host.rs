//! Classifies hosts. This module has the only list of Google's hosts.

use url::Host;

/// The kinds of hosts.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum HostKind {
    /// `news.google.com`, and `news.google.co.jp` and so on.
    News,
    /// Other names of Google News: `www.news.google.com`, `newsstand.google.com`.
    NewsAlias,
    /// `news.url.google.com`, which serves nothing but redirects of Google News.
    NewsRedirect,
    /// `consent.google.com`.
    Consent,
    /// `accounts.google.com`.
    Accounts,
    /// `www.google.com`, `google.com`, `encrypted.google.com`.
    Search,
    /// Any other subdomain: `blog.google.com`, `cloud.google.com`.
    OtherGoogle,
    /// `cdn.ampproject.org` and `x-y.cdn.ampproject.org`: copies of the AMP pages of all publishers or of one.
    AmpCache,
    /// A host that is not Google's, `blog.google` and `about.google` among them, or not a host at all.
    Other,
}

/// Classifies a host after the normalization of the `url` crate: upper case, percent-escapes, full-width letters and a
/// root dot make no difference. Allocates only for hosts with characters other than letters, digits, `.`, `-` and `_`.
pub(crate) fn classify_host(host: &str) -> HostKind {
    if is_plain_host(host.as_bytes()) {
        return classify_plain_host(host.as_bytes());
    }
    match Host::parse(host) {
        Ok(Host::Domain(host)) => classify_plain_host(host.as_bytes()),
        _ => HostKind::Other,
    }
}

/// Splits the part of a URL after its scheme, `user:password@host:port/path`, into the host and what follows the port.
pub(crate) fn split_host(url: &str) -> (&str, &str) {
    let (mut start, mut end) = (0, None);
    for (at, byte) in url.bytes().enumerate() {
        match byte {
            b'@' => (start, end) = (at + 1, None),
            b':' => end = end.or(Some(at)),
            b'/' | b'\\' | b'?' | b'#' => return (&url[start..end.unwrap_or(at)], &url[at..]),
            _ => {}
        }
    }
    (&url[start..end.unwrap_or(url.len())], "")
}

/// Returns `true` if the `url` crate changes nothing in the host but upper case.
pub(crate) fn is_plain_host(host: &[u8]) -> bool {
    // All bytes are tested, so that the compiler can test 16 at a time.
    host.iter()
        .fold(true, |all, byte| all & (byte.is_ascii_alphanumeric() | matches!(byte, b'.' | b'-' | b'_')))
}

/// Returns `true` if the `url` crate is certain to accept the host: it is [plain](is_plain_host), none of its labels
/// can be punycode (`xn--a`), and its last label begins with a letter, so that it is not an IPv4 address (`127.1`,
/// `0x7f000001`). All hosts in known redirects are such hosts.
pub(crate) fn is_plain_domain(host: &[u8]) -> bool {
    let without_root = host.strip_suffix(b".").unwrap_or(host);
    let last_label = split_last_label(without_root).map_or(without_root, |(_, last)| last);
    let may_be_punycode = memchr::memchr_iter(b'-', host).any(|at| host[at + 1..].starts_with(b"-"));
    is_plain_host(host) && last_label.first().is_some_and(u8::is_ascii_alphabetic) && !may_be_punycode
}

/// Returns `true` if `host` is `google.com`, Google's domain of another country (`google.ch`, `google.co.jp`,
/// `google.com.au`), or a subdomain of one of these.
///
/// The host is normalized as in the `url` crate, so that upper case, percent-escapes and a root dot make no difference.
/// `blog.google` and other hosts in Google's own top-level domain are not included.
///
/// # Examples
///
/// ```
/// use google_news_link::is_google_host;
///
/// assert!(is_google_host("consent.google.co.jp"));
/// assert!(is_google_host("NEWS.google.com."));
/// assert!(!is_google_host("google.com.example"));
/// assert!(!is_google_host("newsgoogle.com"));
/// ```
pub fn is_google_host(host: &str) -> bool {
    !matches!(classify_host(host), HostKind::AmpCache | HostKind::Other)
}

/// Does the same for a [plain host](is_plain_host).
pub(crate) fn classify_plain_host(host: &[u8]) -> HostKind {
    // The name of a host may end with the dot of the root.
    let host = host.strip_suffix(b".").unwrap_or(host);
    if let Some(translated) = translated_host(host) {
        return classify_plain_host(&translated);
    }
    let Some(subdomain) = google_subdomain(host) else {
        return if is_amp_cache(host) { HostKind::AmpCache } else { HostKind::Other };
    };
    const SUBDOMAINS: [(&[u8], HostKind); 14] = [
        (b"", HostKind::Search),
        (b"www", HostKind::Search),
        (b"encrypted", HostKind::Search),
        (b"ipv4", HostKind::Search),
        (b"ipv6", HostKind::Search),
        (b"m", HostKind::Search),
        (b"news", HostKind::News),
        (b"www.news", HostKind::NewsAlias),
        (b"m.news", HostKind::NewsAlias),
        (b"newsstand", HostKind::NewsAlias),
        (b"www.newsstand", HostKind::NewsAlias),
        (b"news.url", HostKind::NewsRedirect),
        (b"consent", HostKind::Consent),
        (b"accounts", HostKind::Accounts),
    ];
    SUBDOMAINS
        .into_iter()
        .find(|(name, _)| subdomain.eq_ignore_ascii_case(name))
        .map_or(HostKind::OtherGoogle, |(_, kind)| kind)
}

/// Returns the part of a host before `google.com`, `google.cat`, `google.ch`, `google.co.jp` or `google.com.au`, without its last dot.
fn google_subdomain(host: &[u8]) -> Option<&[u8]> {
    let (rest, top) = split_last_label(host)?;
    let rest = match top {
        [a, b] if a.is_ascii_alphabetic() && b.is_ascii_alphabetic() => match split_last_label(rest) {
            Some((rest, second)) if is_any(second, &[b"co", b"com"]) => rest,
            _ => rest,
        },
        _ if is_any(top, &[b"com", b"cat"]) => rest,
        _ => return None,
    };
    match split_last_label(rest) {
        // No host begins with a dot.
        Some((b"", _)) => None,
        Some((subdomain, name)) => is_any(name, &[b"google"]).then_some(subdomain),
        None => is_any(rest, &[b"google"]).then_some(b""),
    }
}

/// Returns the original host of a page that Google Translate shows, `news-google-com.translate.goog`.
fn translated_host(host: &[u8]) -> Option<Vec<u8>> {
    host_in_label(host, b".translate.goog")
}

/// Returns the host whose pages are copied to `x-y.cdn.ampproject.org`, if the name contains it.
pub(crate) fn origin_of_cache(host: &str) -> Option<String> {
    let host = host.as_bytes();
    host.windows("google".len()).any(|part| part.eq_ignore_ascii_case(b"google")).then_some(())?;
    let origin = host_in_label(host.strip_suffix(b".").unwrap_or(host), b".cdn.ampproject.org")?;
    String::from_utf8(origin).ok()
}

/// Decodes the host in the label before `suffix`, in which a hyphen means a dot, and two hyphens mean a hyphen.
fn host_in_label(host: &[u8], suffix: &[u8]) -> Option<Vec<u8>> {
    let (label, end) = host.split_at_checked(host.len().checked_sub(suffix.len())?)?;
    if !end.eq_ignore_ascii_case(suffix) || label.contains(&b'.') {
        return None;
    }
    let mut host = Vec::with_capacity(label.len());
    for part in label.split(|&byte| byte == b'-') {
        match host.last_mut() {
            // An empty part is between two hyphens.
            Some(last @ b'.') if part.is_empty() => *last = b'-',
            _ => {
                host.extend_from_slice(part);
                host.push(b'.');
            }
        }
    }
    host.pop();
    Some(host)
}

fn is_amp_cache(host: &[u8]) -> bool {
    let mut labels = host.rsplit(|&byte| byte == b'.');
    let domain: [&[u8]; 3] = [b"org", b"ampproject", b"cdn"];
    domain.iter().all(|name| labels.next().is_some_and(|label| is_any(label, &[name])))
        && labels.next().is_none_or(|label| !label.is_empty())
        && labels.next().is_none()
}

fn split_last_label(host: &[u8]) -> Option<(&[u8], &[u8])> {
    let dot = host.iter().rposition(|&byte| byte == b'.')?;
    Some((&host[..dot], &host[dot + 1..]))
}

fn is_any(label: &[u8], names: &[&[u8]]) -> bool {
    names.iter().any(|name| label.eq_ignore_ascii_case(name))
}

#[cfg(test)]
mod tests {
    use super::*;
    use quickcheck::QuickCheck;

    #[test]
    fn hosts_are_classified_by_whole_labels() {
        use HostKind::*;
        for (host, kind) in [
            ("news.google.com", News),
            ("news.google.co.jp", News),
            ("news.google.com.au", News),
            ("news.google.ch", News),
            ("news.google.cat", News),
            ("NEWS.Google.COM", News),
            ("news.google.com.", News),
            ("n%65ws.google.com", News),
            ("ｎｅｗｓ.google.com", News),
            ("news。google。com", News),
            ("ne\u{ad}ws.google.com", News),
            ("www.news.google.com", NewsAlias),
            ("newsstand.google.com", NewsAlias),
            ("www.newsstand.google.com", NewsAlias),
            ("m.news.google.com", NewsAlias),
            ("news.url.google.com", NewsRedirect),
            ("consent.google.de", Consent),
            ("accounts.google.com", Accounts),
            ("google.com", Search),
            ("www.google.co.uk", Search),
            ("encrypted.google.com", Search),
            ("ipv6.google.com", Search),
            ("m.google.com", Search),
            ("www.youtube.com", Other),
            ("support.google.com", OtherGoogle),
            ("evilnews.google.com", OtherGoogle),
            ("x.www.google.com", OtherGoogle),
            ("example-com.cdn.ampproject.org", AmpCache),
            ("Example-com.CDN.ampproject.org", AmpCache),
            ("a.b.cdn.ampproject.org", Other),
            ("cdn.ampproject.org", AmpCache),
            ("cdn.ampproject.org.", AmpCache),
            ("xcdn.ampproject.org", Other),
            (".cdn.ampproject.org", Other),
            ("ampproject.org", Other),
            ("news-google-com.translate.goog", News),
            ("NEWS-Google-co-jp.Translate.goog", News),
            ("www-news-google-com.translate.goog", NewsAlias),
            ("www-google-com.translate.goog", Search),
            ("www-bbc-com.translate.goog", Other),
            ("news--google-com.translate.goog", Other),
            ("x.news-google-com.translate.goog", Other),
            ("translate.goog", Other),
            (".translate.goog", Other),
            ("blog.google", Other),
            ("newsgoogle.com", Other),
            ("news.google.com.evil.example", Other),
            ("news.google.evil", Other),
            ("news.google.com.com", Other),
            ("news.google.co.com", Other),
            ("google.com.co.jp", Other),
            ("news.google.com..", Other),
            (".google.com", Other),
            ("news..google.com", OtherGoogle),
            ("xn--google-.com", Other),
            ("xn--news-.google.com", OtherGoogle),
            ("google", Other),
            ("com", Other),
            // `url` accepts these characters.
            ("news.google.q=", Other),
            ("news.google.com.)&", Other),
            ("", Other),
            (".", Other),
            ("[::1]", Other),
            ("127.0.0.1", Other),
            ("新聞.example", Other),
        ] {
            assert_eq!(classify_host(host), kind, "{host}");
        }
    }

    #[test]
    fn hosts_of_google_have_its_domain_of_any_country() {
        for (host, is_google) in [
            ("google.com", true),
            ("blog.google.com", true),
            ("CONSENT.google.co.jp.", true),
            ("n%65ws.google.ch", true),
            ("blog.google", false),
            ("newsgoogle.com", false),
            ("google.com.example", false),
            ("cdn.ampproject.org", false),
            ("", false),
        ] {
            assert_eq!(is_google_host(host), is_google, "{host}");
        }
    }

    #[test]
    fn plain_hosts_are_classified_like_the_hosts_that_url_parses() {
        for host in
            ["news.google.com", "NEWS.google.com.", "newsgoogle.com", "a_b.google.ch", "x.cdn.ampproject.org"]
        {
            assert!(is_plain_host(host.as_bytes()));
            let Ok(Host::Domain(read)) = Host::parse(host) else { panic!("{host}") };
            assert_eq!(classify_plain_host(read.as_bytes()), classify_plain_host(host.as_bytes()), "{host}");
        }
        // Hosts that the `url` crate refuses cannot be fetched from.
        for host in ["xn--google-.com", "xn--news-.google.com"] {
            assert!(Host::parse(host).is_err(), "{host}");
        }
    }

    #[test]
    fn plain_domains_are_hosts_of_urls() {
        for (host, is_plain) in [
            ("example.com", true),
            ("a", true),
            ("A_b-c.example.", true),
            ("-a.b-", true),
            ("a..b", true),
            ("1.2.3.4x", false),
            ("127.1", false),
            ("127.0x1.", false),
            ("example.1", false),
            ("example.-b", false),
            ("example..", false),
            ("xn--a.example", false),
            ("a--b.example", false),
            ("example.com:80", false),
            ("u@example.com", false),
            ("ex%41mple.com", false),
            ("", false),
            (".", false),
        ] {
            assert_eq!(is_plain_domain(host.as_bytes()), is_plain, "{host}");
        }
        fn property(parts: Vec<u8>) -> bool {
            const PARTS: [&str; 16] =
                ["a", "Z", "0x", "1", "256", "-", "--", "_", ".", ".", "com", "xn", "xn--", "%41", ":8", "9"];
            let host: String = parts.iter().map(|part| PARTS[usize::from(part % 16)]).collect();
            !is_plain_domain(host.as_bytes()) || Host::parse(&host).is_ok()
        }
        QuickCheck::new().tests(20_000).quickcheck(property as fn(_) -> _);
        // Longer than the domain name system allows.
        let long = ["a".repeat(70), "b.".repeat(200)].join(".");
        assert!(is_plain_domain(long.as_bytes()) && Host::parse(&long).is_ok());
    }

    #[test]
    fn the_host_is_after_the_user_and_before_the_port() {
        for (url, parts) in [
            ("news.google.com", ("news.google.com", "")),
            ("u@news.google.com/a@b", ("news.google.com", "/a@b")),
            ("u:p@news.google.com:443?a", ("news.google.com", "?a")),
            ("a@b@news.google.com#@c", ("news.google.com", "#@c")),
            ("news.google.com:99999", ("news.google.com", "")),
            ("news.google.com:x@evil.example\\@a", ("evil.example", "\\@a")),
            ("evil.example:news.google.com", ("evil.example", "")),
        ] {
            assert_eq!(split_host(url), parts, "{url}");
        }
    }
}
