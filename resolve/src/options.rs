use thiserror::Error;
use url::Url;

/// How a [`Resolution`](crate::Resolution) asks, and whom.
///
/// ```
/// use google_news_link_resolve::Options;
///
/// let options = Options::new().edition("de", "DE", "DE:de").pages_in_flight(8);
/// # let _ = options;
/// ```
#[derive(Clone, Debug)]
#[must_use]
pub struct Options {
    pub(crate) base: Url,
    pub(crate) language: String,
    pub(crate) region: String,
    pub(crate) edition: String,
    pub(crate) ids_per_post: usize,
    pub(crate) pages_in_flight: usize,
    pub(crate) max_len: usize,
    pub(crate) first_path: PagePath,
}

/// The two addresses of an article's page. If the one that is asked first has no signature (or status 404),
/// the other one is asked.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default)]
pub enum PagePath {
    /// `/rss/articles/CBMi…`
    #[default]
    Rss,
    /// `/articles/CBMi…`
    Web,
}

impl PagePath {
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            PagePath::Rss => "rss/articles/",
            PagePath::Web => "articles/",
        }
    }

    pub(crate) fn other(self) -> Self {
        match self {
            PagePath::Rss => PagePath::Web,
            PagePath::Web => PagePath::Rss,
        }
    }
}

/// A base URL that is none.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Error)]
#[error("not a base URL: it begins with http:// or https:// and a host, and has no query and no fragment")]
pub struct InvalidBaseUrl;

impl Options {
    /// Asks `https://news.google.com`, in its edition of the United States.
    pub fn new() -> Self {
        Options {
            #[allow(clippy::unwrap_used, reason = "the text is constant, and a test reads it")]
            base: Url::parse("https://news.google.com/").unwrap(),
            language: "en-US".into(),
            region: "US".into(),
            edition: "US:en".into(),
            ids_per_post: 50,
            pages_in_flight: 4,
            max_len: 4 << 20,
            first_path: PagePath::Rss,
        }
    }

    /// Whom to ask instead of `https://news.google.com`: a proxy, or a server of a test's. Its scheme, host and
    /// port are then where redirects may lead, beside google.com.
    ///
    /// # Errors
    ///
    /// For `news.google.com` (no scheme), `ftp://127.0.0.1`, `http://127.0.0.1/?a=b`.
    pub fn base_url(mut self, url: &str) -> Result<Self, InvalidBaseUrl> {
        let mut base = Url::parse(url).map_err(|_| InvalidBaseUrl)?;
        if !matches!(base.scheme(), "http" | "https") || base.query().is_some() || base.fragment().is_some() {
            return Err(InvalidBaseUrl);
        }
        if !base.path().ends_with('/') {
            base.set_path(&format!("{}/", base.path()));
        }
        self.base = base;
        Ok(self)
    }

    /// The parameters `hl`, `gl` and `ceid` of a page's address, `en-US`, `US` and `US:en` by default. Without
    /// them Google spends a redirect on adding its own.
    pub fn edition(mut self, hl: &str, gl: &str, ceid: &str) -> Self {
        (self.language, self.region, self.edition) = (hl.into(), gl.into(), ceid.into());
        self
    }

    /// For how many IDs at most one POST asks: 50 by default, 1 at least. 400 were answered once.
    pub fn ids_per_post(mut self, ids: usize) -> Self {
        self.ids_per_post = ids.max(1);
        self
    }

    /// How many pages may be asked for at once: 4 by default, 1 at least. A driver that does one thing after the
    /// other asks for one.
    pub fn pages_in_flight(mut self, pages: usize) -> Self {
        self.pages_in_flight = pages.max(1);
        self
    }

    /// How many bytes of a page or an answer are read at most: 4 MiB by default. A page has some 0.6 MB.
    pub fn max_len(mut self, bytes: usize) -> Self {
        self.max_len = bytes;
        self
    }

    /// Which of the two addresses of a page is asked first.
    pub fn first_path(mut self, path: PagePath) -> Self {
        self.first_path = path;
        self
    }
}

impl Default for Options {
    fn default() -> Self {
        Options::new()
    }
}
