use crate::error::Error;
use crate::url_policy::CheckedUrl;

/// A link that contains the publisher's URL in plain text: `news.google.com/news/url?url=` (2011 to 2017),
/// `www.google.com/url?url=` (Google Alerts), `www.google.com/amp/s/…`, `….cdn.ampproject.org/…`.
///
/// # Examples
///
/// ```
/// use google_news_link::{Redirect, decode};
///
/// let target = decode("https://www.google.com/url?rct=j&sa=t&url=https://example.com/a?b%3D1&ct=ga")?;
/// assert_eq!(target.as_redirect().map(Redirect::url), Some("https://example.com/a?b=1"));
/// # Ok::<(), google_news_link::Error>(())
/// ```
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct Redirect<'a> {
    pub(super) url: CheckedUrl<'a>,
}

impl<'a> Redirect<'a> {
    pub(crate) fn new(url: CheckedUrl<'a>) -> Result<Self, Error> {
        url.check_redirect().map(|url| Redirect { url })
    }

    /// Wraps a URL that was checked as that of a redirect before it was stored.
    pub(crate) fn from_stored(url: CheckedUrl<'a>) -> Self {
        debug_assert!(Redirect::new(url.clone()).is_ok());
        Redirect { url }
    }
}

impl Redirect<'_> {
    /// Returns the URL. The value of a parameter is unescaped once, except for characters that must be escaped in a URL: `%3D`
    /// becomes `=`, `%20` is kept. Parameters that the AMP viewer has added are removed.
    pub fn url(&self) -> &str {
        self.url.as_str()
    }

    /// Converts the redirect into one that borrows nothing.
    pub fn into_owned(self) -> Redirect<'static> {
        Redirect { url: self.url.into_owned() }
    }
}
