//! The paths of Google's hosts that contain a link. The parser searches these paths for an ID or a URL, and a URL with
//! such a path is never returned as a publisher's.

use crate::host::HostKind;

/// The part of a link that contains its destination.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum LinkShape {
    /// An ID in the path.
    Page,
    /// A URL in the parameter `url=` or `q=`.
    UrlParameter,
    /// Another link in the parameter `continue=`.
    Continue,
    /// A URL as the rest of the path: `s/` for https, then the host. The viewer escapes the URL's query into the path.
    ViewerPath,
    /// A URL as in [`ViewerPath`](Self::ViewerPath), but with its own query.
    CachePath,
}

/// The paths of a [`LinkShape`].
#[derive(Clone, Copy)]
enum Path {
    Any,
    /// This path, with or without a slash at its end.
    Exactly(&'static str),
    /// This path, and all paths in this folder.
    Within(&'static str),
}

/// The first row that matches a link determines its shape.
const SHAPES: [(&[HostKind], Path, LinkShape); 14] = {
    use HostKind::*;
    [
        (&[News, NewsAlias], Path::Exactly("/news/url"), LinkShape::UrlParameter),
        (
            &[News, NewsAlias, NewsRedirect, Search, OtherGoogle],
            Path::Exactly("/url"),
            LinkShape::UrlParameter,
        ),
        (
            &[News, NewsAlias, NewsRedirect, Search, OtherGoogle],
            Path::Exactly("/goto"),
            LinkShape::UrlParameter,
        ),
        (&[News, NewsAlias], Path::Any, LinkShape::Page),
        (&[Consent], Path::Any, LinkShape::Continue),
        (&[Accounts], Path::Any, LinkShape::Continue),
        (&[Search], Path::Within("/accounts"), LinkShape::Continue),
        (&[Search, OtherGoogle], Path::Within("/sorry"), LinkShape::Continue),
        (&[Search], Path::Within("/amp"), LinkShape::ViewerPath),
        (&[Search], Path::Within("/newsstand"), LinkShape::Page),
        (&[Search], Path::Exactly("/news/url"), LinkShape::UrlParameter),
        (&[AmpCache], Path::Within("/c"), LinkShape::CachePath),
        (&[AmpCache], Path::Within("/v"), LinkShape::CachePath),
        (&[AmpCache], Path::Within("/wp"), LinkShape::CachePath),
    ]
};

/// Returns the shape of a link and the part of its path that determines it.
pub(crate) fn find_shape(host: HostKind, path: &[u8]) -> Option<(LinkShape, &'static str)> {
    if host == HostKind::Other {
        return None;
    }
    let is_within =
        |name: &str| path.strip_prefix(name.as_bytes()).is_some_and(|rest| matches!(rest, [] | [b'/', ..]));
    let mut rows = SHAPES.iter().filter(|(hosts, ..)| hosts.contains(&host));
    rows.find_map(|&(_, pattern, shape)| match pattern {
        Path::Any => Some((shape, "")),
        Path::Exactly(name) if path.strip_suffix(b"/").unwrap_or(path) == name.as_bytes() => {
            Some((shape, name))
        }
        Path::Within(name) if is_within(name) => Some((shape, name)),
        _ => None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::google_page::GooglePage;

    #[test]
    fn a_url_that_is_decoded_as_a_link_is_never_returned() {
        let mut count = 0;
        for (host, path) in
            SHAPES.into_iter().flat_map(|(hosts, path, _)| hosts.iter().map(move |host| (host, path)))
        {
            let host = match host {
                HostKind::News => "news.google.com",
                HostKind::NewsAlias => "newsstand.google.com",
                HostKind::NewsRedirect => "news.url.google.com",
                HostKind::Consent => "consent.google.com",
                HostKind::Accounts => "accounts.google.com",
                HostKind::Search => "www.google.com",
                HostKind::OtherGoogle => "lens.google.com",
                // A publisher's AMP page may have its address in the cache.
                HostKind::AmpCache => "news-google-com.cdn.ampproject.org",
                HostKind::Other => panic!("no link is on such a host"),
            };
            count += 1;
            let (Path::Exactly(path) | Path::Within(path)) = path else { continue };
            let url = format!("https://{host}{path}");
            assert!(GooglePage::classify(&url).is_some(), "{url}");
        }
        assert!(count > 0);
    }
}
