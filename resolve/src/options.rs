use thiserror::Error;
use url::Url;

use crate::locale::Locale;

/// The settings of a [`Resolution`](crate::Resolution): server, locale and limits.
///
/// ```
/// use google_news_link_resolve::{Locale, Options};
///
/// let options = Options::new().locale(Locale::new("de", "DE", "DE:de")?).pages_in_flight(8);
/// # let _ = options;
/// # Ok::<(), google_news_link_resolve::InvalidLocale>(())
/// ```
#[derive(Clone, Debug)]
#[must_use]
pub struct Options {
    pub(crate) base: Url,
    /// The server of encrypted redirects.
    pub(crate) redirect_base: Url,
    pub(crate) locale: Locale,
    pub(crate) ids_per_post: usize,
    pub(crate) pages_in_flight: usize,
    pub(crate) max_body_len: usize,
    pub(crate) max_page_len: usize,
    pub(crate) after_blocked_page: AfterBlockedPage,
    pub(crate) first_path: ArticlePath,
}

/// The two addresses of an article's page. If the first one has no signature or returns HTTP 404, the other one is
/// requested.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default)]
#[non_exhaustive]
pub enum ArticlePath {
    /// `/rss/articles/CBMi…`
    #[default]
    Rss,
    /// `/articles/CBMi…`
    Web,
}

impl ArticlePath {
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            ArticlePath::Rss => "rss/articles/",
            ArticlePath::Web => "articles/",
        }
    }

    pub(crate) fn other(self) -> Self {
        match self {
            ArticlePath::Rss => ArticlePath::Web,
            ArticlePath::Web => ArticlePath::Rss,
        }
    }
}

/// The behavior of a [`Resolution`](crate::Resolution) after a [page with several links](crate::Resolution::push_page) was
/// refused with HTTP 429 or a captcha.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default)]
#[non_exhaustive]
pub enum AfterBlockedPage {
    /// The refusal is treated as a [block](crate::Resolution::is_blocked): no other page is requested.
    #[default]
    Stop,
    /// No other page with several links is requested, but articles are. Search pages were reported to be refused sooner
    /// than other pages.
    RequestArticles,
}

/// The error of [`Resolution::push_page`](crate::Resolution::push_page) for an address that is not that of a page with
/// several links.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Error)]
#[error("not the address of a Google News page with several links")]
#[non_exhaustive]
pub struct InvalidPageUrl;

/// The error of [`Options::base_url`] for a string that is not a base URL.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Error)]
#[error("not a base URL, which is an http or https URL without query and fragment")]
#[non_exhaustive]
pub struct InvalidBaseUrl;

impl Options {
    /// Creates the default options: `https://news.google.com` in its edition for the United States, and
    /// `https://www.google.com` for encrypted redirects.
    pub fn new() -> Self {
        Options {
            #[allow(clippy::unwrap_used, reason = "the URL is constant and parsed by tests")]
            base: Url::parse("https://news.google.com/").unwrap(),
            #[allow(clippy::unwrap_used, reason = "the URL is constant and parsed by tests")]
            redirect_base: Url::parse("https://www.google.com/").unwrap(),
            locale: Locale::EN_US,
            ids_per_post: 50,
            pages_in_flight: 4,
            max_body_len: 4 << 20,
            max_page_len: 16 << 20,
            after_blocked_page: AfterBlockedPage::Stop,
            first_path: ArticlePath::Rss,
        }
    }

    /// Sets the server that all requests are sent to: a proxy, or the server of a test. Redirects may lead to its
    /// scheme, host and port, in addition to Google's hosts.
    ///
    /// # Errors
    ///
    /// Returns an error if the URL is not an http or https URL, or has a query or fragment: `news.google.com` (no scheme),
    /// `ftp://127.0.0.1`, `http://127.0.0.1/?a=b`.
    ///
    /// # Examples
    ///
    /// ```
    /// use google_news_link_resolve::{Options, Resolution};
    ///
    /// let mut resolution = Resolution::new(Options::new().base_url("http://127.0.0.1:8080")?);
    /// resolution.push_page("https://news.google.com/search?q=climate&hl=en-US&gl=US&ceid=US:en")?;
    /// let (request, _exchange) = resolution.next_request().expect("a page to request");
    /// assert_eq!(request.uri(), "http://127.0.0.1:8080/search?q=climate&hl=en-US&gl=US&ceid=US:en");
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn base_url(mut self, url: &str) -> Result<Self, InvalidBaseUrl> {
        let mut base = Url::parse(url).map_err(|_| InvalidBaseUrl)?;
        if !matches!(base.scheme(), "http" | "https") || base.query().is_some() || base.fragment().is_some() {
            return Err(InvalidBaseUrl);
        }
        if !base.path().ends_with('/') {
            base.set_path(&format!("{}/", base.path()));
        }
        self.redirect_base = base.clone();
        self.base = base;
        Ok(self)
    }

    /// Sets the language and region of the pages. The default is [`Locale::EN_US`].
    pub fn locale(mut self, locale: Locale) -> Self {
        self.locale = locale;
        self
    }

    /// Sets the maximum number of IDs in one POST, at least 1. The default is 50; 400 were answered once.
    pub fn ids_per_post(mut self, ids: usize) -> Self {
        self.ids_per_post = ids.max(1);
        self
    }

    /// Sets the maximum number of pages that are requested at the same time, at least 1. The default is 4. A
    /// blocking driver requests one page at a time.
    pub fn pages_in_flight(mut self, pages: usize) -> Self {
        self.pages_in_flight = pages.max(1);
        self
    }

    /// Sets the maximum length in bytes of the page of an article and of an answer. The default is 4 MiB; the page of an
    /// article has about 0.6 MB.
    pub fn max_body_len(mut self, bytes: usize) -> Self {
        self.max_body_len = bytes;
        self
    }

    /// Sets the maximum length in bytes of a page with several links. The default is 16 MiB; a search page has about
    /// 2.4 MB.
    pub fn max_page_len(mut self, bytes: usize) -> Self {
        self.max_page_len = bytes;
        self
    }

    /// Sets what happens after a page with several links was refused. The default is [`AfterBlockedPage::Stop`].
    pub fn after_blocked_page(mut self, action: AfterBlockedPage) -> Self {
        self.after_blocked_page = action;
        self
    }

    /// Sets which of the two addresses of an article's page is requested first. The default is [`ArticlePath::Rss`].
    pub fn first_path(mut self, path: ArticlePath) -> Self {
        self.first_path = path;
        self
    }
}

impl Default for Options {
    fn default() -> Self {
        Options::new()
    }
}
