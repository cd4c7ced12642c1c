//! The addresses and requests of the service, and the hosts to which its redirects may lead.

use google_news_link::{GooglePage, is_google_host};
use http::{Method, Request, header};
use serde_json::json;
use url::{Url, form_urlencoded};

use crate::options::{ArticlePath, Options};

/// The signature in the page of an ID, which the POST must contain.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Signature {
    pub(crate) timestamp: u64,
    pub(crate) text: String,
}

pub(crate) fn page_url(options: &Options, path: ArticlePath, id: &str) -> Url {
    let mut url = options.base.clone();
    url.set_path(&format!("{}{}{id}", options.base.path(), path.as_str()));
    url.set_query(Some(&locale_query(options)));
    url
}

/// Returns the parameters of the locale as Google writes them. Its characters need no escape.
fn locale_query(options: &Options) -> String {
    let locale = &options.locale;
    format!("hl={}&gl={}&ceid={}", locale.hl(), locale.gl(), locale.ceid())
}

/// Returns the address of a page with several links on the server of the base URL, or `None` for the address of anything
/// else.
///
/// The address of a feed becomes that of its page: `/rss/search?q=…` is `/search?q=…`. Without `hl`, `gl` and `ceid`,
/// those of the locale are added.
pub(crate) fn news_page_url(options: &Options, url: &str) -> Option<Url> {
    let page = Url::parse(url).ok()?;
    let path = if GooglePage::classify(url) == Some(GooglePage::News) {
        page.path()
    } else {
        let is_base = page.origin() == options.base.origin();
        page.path().strip_prefix(options.base.path().trim_end_matches('/')).filter(|_| is_base)?
    };
    let path = match path.strip_prefix("/rss") {
        Some(rest) if rest.is_empty() || rest.starts_with('/') => rest,
        _ => path,
    };
    // Pages with one link, which Google asks robots not to request, and addresses that are not those of pages.
    if ["/articles/", "/read/", "/_/", "/api/"].iter().any(|folder| path.starts_with(folder)) {
        return None;
    }
    let mut url = options.base.clone();
    url.set_path(&format!("{}{}", options.base.path(), path.trim_start_matches('/')));
    let is_localized = page.query_pairs().any(|(name, _)| matches!(&*name, "hl" | "gl" | "ceid"));
    let query = match page.query() {
        Some(query) if is_localized => query.to_owned(),
        Some(query) if !query.is_empty() => format!("{query}&{}", locale_query(options)),
        _ => locale_query(options),
    };
    url.set_query(Some(&query));
    Some(url)
}

pub(crate) fn goto_url(options: &Options, token: &str) -> Url {
    let mut url = options.redirect_base.clone();
    url.set_path(&format!("{}goto", url.path()));
    // Base64url needs no escapes.
    url.set_query(Some(&format!("url={token}")));
    url
}

/// Returns a request without a body, or `None` for a URL that `http` does not accept, such as one that is too long.
pub(crate) fn request(method: Method, url: &Url) -> Option<Request<Vec<u8>>> {
    Request::builder().method(method).uri(url.as_str()).body(Vec::new()).ok()
}

/// Returns the request for the URLs of IDs, one row per ID.
pub(crate) fn post<'a>(
    options: &Options,
    rows: impl Iterator<Item = (String, &'a Signature)>,
) -> Option<Request<Vec<u8>>> {
    let rows: Vec<_> = rows
        .enumerate()
        .map(|(place, (id, signature))| {
            let edition = options.locale.ceid();
            // Only the edition, the ID and its signature have a meaning; the other values are those that a browser sends.
            let context = json!([
                "X",
                "X",
                ["X", "X"],
                null,
                null,
                1,
                1,
                edition,
                null,
                1,
                null,
                null,
                null,
                null,
                null,
                0,
                1
            ]);
            let inner = json!([
                "garturlreq",
                context,
                "X",
                "X",
                1,
                [1, 1, 1],
                1,
                1,
                null,
                0,
                0,
                null,
                0,
                id,
                signature.timestamp,
                signature.text
            ]);
            json!([RPC, inner.to_string(), null, tag_of(place)])
        })
        .collect();
    // Three levels of arrays; two give status 400.
    let body = form_urlencoded::Serializer::new(String::new())
        .append_pair("f.req", &json!([rows]).to_string())
        .finish();
    let mut url = options.base.clone();
    url.set_path(&format!("{}_/DotsSplashUi/data/batchexecute", options.base.path()));
    url.set_query(Some(&format!("rpcids={RPC}")));
    Request::builder()
        .method(Method::POST)
        .uri(url.as_str())
        .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded;charset=UTF-8")
        .body(body.into_bytes())
        .ok()
}

/// The name of the remote procedure that returns URLs.
pub(crate) const RPC: &str = "Fbv4je";

/// Returns the tag of a row, which its answer repeats: the place of the row, counted from 1.
pub(crate) fn tag_of(place: usize) -> String {
    (place + 1).to_string()
}

/// The target of a redirect.
#[derive(PartialEq, Eq, Debug)]
pub(crate) enum Redirect {
    /// A page of the service, or a consent page that leads to one.
    To(Url),
    Captcha,
    /// No target, or one that must not be followed.
    Refused,
}

pub(crate) fn redirect(options: &Options, from: &Url, location: Option<&[u8]>) -> Redirect {
    let to = location
        .and_then(|location| std::str::from_utf8(location).ok())
        .and_then(|location| from.join(location).ok());
    match to {
        // A redirect to the captcha page is never followed, so its host need not be trusted.
        Some(to) if is_page(options, &to, GooglePage::Captcha) => Redirect::Captcha,
        Some(to) if !is_trusted(options, &to) => Redirect::Refused,
        Some(to) => Redirect::To(to),
        None => Redirect::Refused,
    }
}

/// Returns `true` for the origin of the base URL, and for Google's hosts over https.
fn is_trusted(options: &Options, url: &Url) -> bool {
    let is_google =
        || url.scheme() == "https" && url.port().is_none() && url.host_str().is_some_and(is_google_host);
    let has_user = !url.username().is_empty() || url.password().is_some();
    !has_user && (url.origin() == options.base.origin() || is_google())
}

/// Returns `true` for the address of this kind of page.
///
/// A server at another base URL serves the pages of all of Google's hosts, so the path decides: `/sorry/` is the
/// captcha page; `/m` and `/ml` with the parameter `continue` are the consent page.
pub(crate) fn is_page(options: &Options, url: &Url, page: GooglePage) -> bool {
    let has_path = || match page {
        GooglePage::Captcha => url.path() == "/sorry" || url.path().starts_with("/sorry/"),
        GooglePage::Consent => {
            matches!(url.path(), "/m" | "/ml") && url.query_pairs().any(|(name, _)| name == "continue")
        }
        _ => false,
    };
    GooglePage::classify(url.as_str()) == Some(page) || (url.origin() == options.base.origin() && has_path())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn consent_pages_are_those_of_any_country_and_of_the_base_url() {
        let options = Options::new().base_url("http://127.0.0.1:8080").unwrap();
        for (url, expected) in [
            ("https://consent.google.com/", true),
            ("https://consent.google.co.uk/d?continue=x", true),
            ("http://127.0.0.1:8080/ml?continue=x", true),
            ("http://127.0.0.1:8080/ml", false),
            ("http://127.0.0.1:8081/ml?continue=x", false),
            ("https://publisher.example/m?continue=x", false),
            ("https://consent.evil.example/", false),
        ] {
            let is_consent = is_page(&options, &Url::parse(url).unwrap(), GooglePage::Consent);
            assert_eq!(is_consent, expected, "{url}");
        }
    }

    #[test]
    fn pages_with_several_links_are_on_the_base_url() {
        let options = Options::new();
        let local = Options::new().base_url("http://127.0.0.1:8080/google").unwrap();
        for (url, expected) in [
            (
                "https://news.google.com/search?q=a&hl=de&gl=DE&ceid=DE:de",
                Some("search?q=a&hl=de&gl=DE&ceid=DE:de"),
            ),
            ("https://news.google.com/rss/search?q=a%20b&hl=de", Some("search?q=a%20b&hl=de")),
            ("https://news.google.com/rss?hl=de", Some("?hl=de")),
            ("https://news.google.com/rss", Some("?hl=en-US&gl=US&ceid=US:en")),
            ("https://news.google.com", Some("?hl=en-US&gl=US&ceid=US:en")),
            ("https://news.google.com/search?q=a", Some("search?q=a&hl=en-US&gl=US&ceid=US:en")),
            ("https://news.google.com/rss/topics/CAAq?", Some("topics/CAAq?hl=en-US&gl=US&ceid=US:en")),
            ("http://news.google.co.jp/rssx", Some("rssx?hl=en-US&gl=US&ceid=US:en")),
            ("https://me@news.google.com/home", Some("home?hl=en-US&gl=US&ceid=US:en")),
            ("https://www.google.com/search?q=a", None),
            ("https://example.com/", None),
            ("https://consent.google.com/m?continue=x", None),
            ("/search?q=a", None),
            ("", None),
        ] {
            let of = |options: &Options| news_page_url(options, url).map(String::from);
            assert_eq!(of(&options), expected.map(|rest| format!("https://news.google.com/{rest}")), "{url}");
            assert_eq!(
                of(&local),
                expected.map(|rest| format!("http://127.0.0.1:8080/google/{rest}")),
                "{url}"
            );
        }
        let own = "http://127.0.0.1:8080/google/rss/search?q=a&hl=de";
        let page = news_page_url(&local, own).map(String::from);
        assert_eq!(page.as_deref(), Some("http://127.0.0.1:8080/google/search?q=a&hl=de"));
        assert_eq!(news_page_url(&options, own), None);
        assert_eq!(news_page_url(&local, "http://127.0.0.1:8080/other"), None);
    }

    #[test]
    fn redirects_lead_to_google_over_https_or_to_the_base_url() {
        let options = Options::new().base_url("http://127.0.0.1:8080").unwrap();
        let from = page_url(&options, ArticlePath::Rss, "CBMiA");
        let to = |location: &str| redirect(&options, &from, Some(location.as_bytes()));
        let followed = |location: &str| Redirect::To(Url::parse(location).unwrap());
        for location in [
            "https://news.google.com/articles/CBMiA",
            "https://google.com/",
            "https://consent.google.com/ml?continue=x",
            "https://consent.google.de/ml?continue=x",
            "https://news.google.co.jp/articles/CBMiA",
            "http://127.0.0.1:8080/elsewhere",
        ] {
            assert_eq!(to(location), followed(location), "{location}");
        }
        assert_eq!(to("/articles/CBMiA?hl=de"), followed("http://127.0.0.1:8080/articles/CBMiA?hl=de"));
        assert_eq!(to("//news.google.com/x"), Redirect::Refused, "over http");
        for location in [
            "http://news.google.com/",
            "https://evil.example/",
            "https://news.google.com.evil.example/",
            "https://evilgoogle.com/",
            "https://google.com.evil.example/",
            "https://news.google.com@evil.example/",
            "https://news.google.com:8443/",
            "https://me@news.google.com/",
            "http://me@127.0.0.1:8080/",
            "https://evil.example/sorry/",
            "https://google.evil.example/sorry/",
            "http://127.0.0.1:8081/",
            "https://127.0.0.1:8080/",
            "http://localhost:8080/",
            "file:///etc/passwd",
            "https://",
            "http://[",
        ] {
            assert_eq!(to(location), Redirect::Refused, "{location}");
        }
        assert_eq!(redirect(&options, &from, None), Redirect::Refused);
        assert_eq!(redirect(&options, &from, Some(b"/\xff")), Redirect::Refused);
        for location in [
            "https://www.google.com/sorry/index?continue=x",
            "http://www.google.com/sorry/index",
            "https://www.google.de/sorry/index",
            "https://www.google.co.uk/sorry/index",
            "https://ipv4.google.com/sorry/index",
            "https://google.com/sorry",
            "/sorry/index",
        ] {
            assert_eq!(to(location), Redirect::Captcha, "{location}");
        }
    }
}
