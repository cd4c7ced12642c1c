//! The pages of Google that are never returned as the URL of a publisher.

use url::{Url, form_urlencoded};

use crate::host::{HostKind, classify_host, origin_of_cache, split_host};
use crate::shape::{LinkShape, find_shape};

/// The pages of Google that are never returned as the URL of a publisher: [`check_url`](crate::check_url) refuses them.
///
/// Other pages of Google, such as `https://blog.google/`, `https://cloud.google.com/blog/` and `https://www.google.com/about`, are
/// accepted like those of any publisher. So are all pages of YouTube, including `consent.youtube.com`, to which no known link leads.
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
    /// Returns the kind of the Google page at `url`, or `None` for any other URL.
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
        GooglePage::classify_rest(after_scheme(url)?, 0)
    }

    /// Classifies the part of a URL after its scheme. `depth` is the number of URLs that contain this one.
    fn classify_rest(rest: &str, depth: u8) -> Option<Self> {
        /// The maximum depth. That of real URLs is 1.
        const MAX_DEPTH: u8 = 4;
        if depth > MAX_DEPTH {
            return Some(GooglePage::Redirect);
        }
        let (host, path) = split_host(rest);
        let kind = classify_host(host);
        match kind {
            HostKind::News | HostKind::NewsAlias | HostKind::NewsRedirect => Some(GooglePage::News),
            HostKind::Consent => Some(GooglePage::Consent),
            HostKind::Accounts => Some(GooglePage::SignIn),
            HostKind::Search | HostKind::OtherGoogle | HostKind::AmpCache => {
                let (path, query) = split_query(path);
                // `/x/../url` and `\url` are `/url`.
                if !path.contains(['%', '\\']) && !path.contains("/.") {
                    return GooglePage::of_path(kind, host, path, query, depth);
                }
                match Url::parse(&format!("https://{rest}")) {
                    Ok(url) => GooglePage::of_path(kind, host, url.path(), query, depth),
                    // Such a URL can't be fetched, and its path is unknown.
                    Err(_) => Some(GooglePage::Redirect),
                }
            }
            HostKind::Other => None,
        }
    }

    fn of_path(kind: HostKind, host: &str, path: &str, query: &str, depth: u8) -> Option<Self> {
        if kind == HostKind::AmpCache {
            return GooglePage::of_copy(host, path, depth);
        }
        // Google Translate shows another page, which is in its parameter `u`.
        if matches!(path, "/translate" | "/translate_c" | "/website") {
            return form_urlencoded::parse(query.as_bytes()).filter(|(name, _)| name == "u").find_map(
                |(_, url)| GooglePage::classify_rest(after_scheme(&url).unwrap_or(&url), depth + 1),
            );
        }
        GooglePage::of_folders(kind, path)
    }

    /// Classifies a page by its copy in an AMP cache, `/c/s/example.com/…`.
    fn of_copy(host: &str, path: &str, depth: u8) -> Option<Self> {
        let is_slash = |char| matches!(char, '/' | '\\');
        // The first folder tells what the copy is: a page, a picture.
        let (_, rest) = path.trim_start_matches(is_slash).split_once(is_slash).unwrap_or_default();
        let rest = rest.trim_start_matches(is_slash);
        let rest = rest.strip_prefix("s/").unwrap_or(rest).trim_start_matches(is_slash);
        GooglePage::classify_rest(rest, depth + 1)
            .or_else(|| GooglePage::classify_rest(&origin_of_cache(host)?, depth + 1))
    }

    fn of_folders(kind: HostKind, path: &str) -> Option<Self> {
        let is_search = kind == HostKind::Search;
        let mut folders = path.split(['/', '\\']).filter(|part| !part.is_empty()).map(|folder| {
            // `/%75rl` is `/url`. `form_urlencoded` treats `=`, `&` and `+` specially, so folders with these characters are skipped.
            let is_form = folder.contains(['=', '&', '+']);
            form_urlencoded::parse(folder.as_bytes()).next().filter(|_| !is_form).map(|(folder, _)| folder)
        });
        let folder = folders.next()??;
        match find_shape(kind, format!("/{folder}").as_bytes()) {
            // `cloud.google.com/url/…` would be documentation.
            Some((LinkShape::UrlParameter, _)) => {
                (is_search || folders.next().is_none()).then_some(GooglePage::Redirect)
            }
            Some((LinkShape::ViewerPath, _)) => Some(GooglePage::Redirect),
            Some((LinkShape::Continue, "/sorry")) => Some(GooglePage::Captcha),
            Some((LinkShape::Continue, _)) => Some(GooglePage::SignIn),
            Some((LinkShape::Page, _)) => Some(GooglePage::News),
            // Pages that forward to another one, but contain no link that the parser can follow.
            _ if is_search => match &*folder {
                "aclk" | "interstitial" | "linkredirect" | "local_url" | "pagead" => {
                    Some(GooglePage::Redirect)
                }
                "news" => Some(GooglePage::News),
                "ServiceLogin" => Some(GooglePage::SignIn),
                // `/a/example.com/ServiceLogin`, of the mail and calendars of a domain.
                "a" => {
                    let name = folders.nth(1)??;
                    name.starts_with("ServiceLogin").then_some(GooglePage::SignIn)
                }
                _ => None,
            },
            _ => None,
        }
    }
}

/// Splits the part of a URL after its host into the path and the query.
fn split_query(path: &str) -> (&str, &str) {
    let path = path.split('#').next().unwrap_or_default();
    path.split_once('?').unwrap_or((path, ""))
}

pub(crate) fn after_scheme(url: &str) -> Option<&str> {
    url.strip_prefix("https://").or_else(|| url.strip_prefix("http://"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pages_within_four_others_are_found_and_deeper_ones_refused() {
        let translate = |rest: &str| format!("translate.google.com/translate?u={rest}");
        let copy = |rest: &str| format!("cdn.ampproject.org/c/s/{rest}");
        let cache = |host: &str| format!("{}.cdn.ampproject.org", host.replace('-', "--").replace('.', "-"));
        let wrappers: [&dyn Fn(&str) -> String; 3] = [&translate, &copy, &cache];
        for wrap in wrappers {
            let mut rest = "news.google.com".to_owned();
            for depth in 0..7 {
                let expected = if depth <= 4 { GooglePage::News } else { GooglePage::Redirect };
                assert_eq!(
                    GooglePage::classify(&format!("https://{rest}")),
                    Some(expected),
                    "{depth}: {rest}"
                );
                rest = wrap(&rest);
            }
        }
    }
}
