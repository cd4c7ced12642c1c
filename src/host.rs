//! Classifies hosts: the only place that knows Google's.

use url::Host;

/// The kinds of hosts that this crate tells apart.
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
    /// `www.google.com`, `google.com`.
    Search,
    /// Any other subdomain: `blog.google.com`, `cloud.google.com`.
    OtherGoogle,
    /// `x-y.cdn.ampproject.org`: a copy of the AMP pages of one publisher.
    AmpCache,
    /// A host that is not Google's, `blog.google` and `about.google` among them, or not a host at all.
    Other,
}

/// Classifies a host as the `url` crate reads it: in any case, with percent-escapes, with full-width letters, with a
/// root dot. Allocates only for hosts with other characters than letters, digits, `.`, `-` and `_`.
pub(crate) fn classify_host(host: &str) -> HostKind {
    if is_plain_host(host.as_bytes()) {
        return classify_labels(host);
    }
    match Host::parse(host) {
        Ok(Host::Domain(host)) => classify_labels(&host),
        _ => HostKind::Other,
    }
}

/// Classifies the host of an authority, `user:password@host:port`.
pub(crate) fn classify_authority(authority: &str) -> HostKind {
    let bytes = authority.as_bytes();
    let host = bytes.iter().rposition(|&byte| byte == b'@').map_or(0, |at| at + 1);
    let host = &authority[host..];
    let len = host.bytes().position(|byte| byte == b':').unwrap_or(host.len());
    classify_host(&host[..len])
}

/// Returns `true` if `url` reads the host as it is, except for upper case.
pub(crate) fn is_plain_host(host: &[u8]) -> bool {
    host.iter().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-' | b'_'))
}

/// Returns `true` if `host` is `google.com`, the same in another country (`google.ch`, `google.co.jp`, `google.com.au`), or a
/// subdomain of one of these.
///
/// The host is read as the `url` crate reads it, so that upper case, percent-escapes and a root dot make no difference.
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

fn classify_labels(host: &str) -> HostKind {
    // The name of a host may end with the dot of the root.
    let host = host.strip_suffix('.').unwrap_or(host);
    let Some(subdomain) = google_subdomain(host) else {
        return if is_amp_cache(host) { HostKind::AmpCache } else { HostKind::Other };
    };
    const SUBDOMAINS: [(&str, HostKind); 8] = [
        ("", HostKind::Search),
        ("www", HostKind::Search),
        ("news", HostKind::News),
        ("www.news", HostKind::NewsAlias),
        ("newsstand", HostKind::NewsAlias),
        ("news.url", HostKind::NewsRedirect),
        ("consent", HostKind::Consent),
        ("accounts", HostKind::Accounts),
    ];
    SUBDOMAINS
        .into_iter()
        .find(|(name, _)| subdomain.eq_ignore_ascii_case(name))
        .map_or(HostKind::OtherGoogle, |(_, kind)| kind)
}

/// The part of a host before `google.com`, `google.cat`, `google.ch`, `google.co.jp` or `google.com.au`, without its last dot.
fn google_subdomain(host: &str) -> Option<&str> {
    let (rest, top) = host.rsplit_once('.')?;
    let rest = match top.as_bytes() {
        [a, b] if a.is_ascii_alphabetic() && b.is_ascii_alphabetic() => match rest.rsplit_once('.') {
            Some((rest, second)) if is_any(second, &["co", "com"]) => rest,
            _ => rest,
        },
        _ if is_any(top, &["com", "cat"]) => rest,
        _ => return None,
    };
    match rest.rsplit_once('.') {
        // No host begins with a dot.
        Some(("", _)) => None,
        Some((subdomain, name)) => is_any(name, &["google"]).then_some(subdomain),
        None => is_any(rest, &["google"]).then_some(""),
    }
}

fn is_amp_cache(host: &str) -> bool {
    let mut labels = host.rsplit('.');
    ["org", "ampproject", "cdn"].iter().all(|name| labels.next().is_some_and(|label| is_any(label, &[name])))
        && labels.count() == 1
}

fn is_any(label: &str, names: &[&str]) -> bool {
    names.iter().any(|name| label.eq_ignore_ascii_case(name))
}

#[cfg(test)]
mod tests {
    use super::*;

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
            ("news.url.google.com", NewsRedirect),
            ("consent.google.de", Consent),
            ("accounts.google.com", Accounts),
            ("google.com", Search),
            ("www.google.co.uk", Search),
            ("support.google.com", OtherGoogle),
            ("evilnews.google.com", OtherGoogle),
            ("x.www.google.com", OtherGoogle),
            ("example-com.cdn.ampproject.org", AmpCache),
            ("Example-com.CDN.ampproject.org", AmpCache),
            ("a.b.cdn.ampproject.org", Other),
            ("cdn.ampproject.org", Other),
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
    fn plain_hosts_are_read_as_url_reads_them() {
        for host in
            ["news.google.com", "NEWS.google.com.", "newsgoogle.com", "a_b.google.ch", "x.cdn.ampproject.org"]
        {
            assert!(is_plain_host(host.as_bytes()));
            let Ok(Host::Domain(read)) = Host::parse(host) else { panic!("{host}") };
            assert_eq!(classify_labels(&read), classify_labels(host), "{host}");
        }
        // What `url` refuses is no host that anything could be fetched from.
        for host in ["xn--google-.com", "xn--news-.google.com"] {
            assert!(Host::parse(host).is_err(), "{host}");
        }
    }

    #[test]
    fn the_host_of_an_authority_is_behind_the_user_and_before_the_port() {
        for (authority, kind) in [
            ("u@news.google.com", HostKind::News),
            ("u:p@news.google.com:443", HostKind::News),
            ("a@b@news.google.com", HostKind::News),
            ("news.google.com:99999", HostKind::News),
            ("news.google.com@evil.example", HostKind::Other),
            ("news.google.com:x@evil.example", HostKind::Other),
            ("evil.example:news.google.com", HostKind::Other),
        ] {
            assert_eq!(classify_authority(authority), kind, "{authority}");
        }
    }
}
