use super::original::Original;
use crate::error::{Error, ErrorKind, Field};
use crate::message::{AMP, ArticleShape, Fields, KEY, Slice, check_article_len, kind, schema};
use crate::printable::PrintableAscii;
use crate::url_policy::CheckedUrl;

/// An article whose ID contains the publisher's URL: links of 2018 to July 2024.
///
/// Both URLs are returned exactly as the ID contains them. [`Target::to_url`](crate::Target::to_url) parses the
/// canonical URL, which also normalizes it: this changes 19 of 35 sample URLs.
///
/// # Examples
///
/// ```
/// use google_news_link::{Article, decode};
///
/// let article = Article::try_from(decode("./articles/CBMiFmh0dHBzOi8vYW11LnR2LzExMTkzMS_SAQA")?)?;
/// assert_eq!(article.canonical_url(), "https://amu.tv/111931/");
/// assert_eq!(article.amp_url(), None);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct Article<'a> {
    pub(super) canonical_url: CheckedUrl<'a>,
    amp_url: Option<CheckedUrl<'a>>,
    pub(super) original: Original,
}

impl<'a> Article<'a> {
    /// Creates an article from the publisher's URL and its AMP URL.
    ///
    /// # Errors
    ///
    /// - [`NotHttpUrl`](crate::ErrorKind::NotHttpUrl) for `ftp://example.com/` and `https://`;
    /// - [`InvalidUrlByte`](crate::ErrorKind::InvalidUrlByte) for `https://example.com/a b`;
    /// - [`GoogleUrl`](crate::ErrorKind::GoogleUrl) for `https://news.google.com/`;
    /// - [`TooLong`](crate::ErrorKind::TooLong) for URLs of more than 49,000 bytes together, whose ID could not be decoded.
    ///
    /// The offset counts the bytes of the invalid URL.
    ///
    /// # Examples
    ///
    /// ```
    /// use google_news_link::Article;
    ///
    /// let article = Article::new("https://amu.tv/111931/", None)?;
    /// assert_eq!(article.to_id(), "CBMiFmh0dHBzOi8vYW11LnR2LzExMTkzMS_SAQA");
    /// # Ok::<(), google_news_link::Error>(())
    /// ```
    pub fn new(canonical_url: &'a str, amp_url: Option<&'a str>) -> Result<Self, Error> {
        let check = |url: &'a str| CheckedUrl::check(url.as_bytes());
        let (canonical_url, amp_url) = (check(canonical_url)?, amp_url.map(check).transpose()?);
        check_article_len(canonical_url.as_str(), amp_url.as_ref().map(CheckedUrl::as_str))?;
        Ok(Article { canonical_url, amp_url, original: Original::default() })
    }

    /// Returns the publisher's URL.
    pub fn canonical_url(&self) -> &str {
        self.canonical_url.as_str()
    }

    /// Returns the URL of the publisher's AMP page, which 30 % of the articles have. It can be the canonical URL itself,
    /// have another scheme or be on another domain.
    pub fn amp_url(&self) -> Option<&str> {
        self.amp_url.as_ref().map(CheckedUrl::as_str)
    }

    /// Converts the article into one that borrows nothing.
    pub fn into_owned(self) -> Article<'static> {
        Article {
            canonical_url: self.canonical_url.into_owned(),
            amp_url: self.amp_url.map(CheckedUrl::into_owned),
            original: self.original,
        }
    }

    /// Creates an article from URLs that were checked when they were stored; an empty `amp_url` means no AMP URL.
    pub(crate) fn from_columns(canonical_url: &'a str, amp_url: &'a str) -> Self {
        Article {
            canonical_url: CheckedUrl::from_stored(canonical_url),
            amp_url: (!amp_url.is_empty()).then(|| CheckedUrl::from_stored(amp_url)),
            original: Original::default(),
        }
    }

    /// Creates an article from a message of the common form. Returns `None` if a URL is not valid, or if the message is
    /// not that of an article with a URL; [`from_fields`](Self::from_fields) finds the error.
    // Inlined for the reason given at `Target::from_common_form`.
    #[inline(always)]
    pub(crate) fn from_shape(message: &'a [u8], shape: &ArticleShape) -> Option<Self> {
        let url = |url: &'a [u8]| CheckedUrl::from_printable(PrintableAscii::from_counted(url));
        // The field of the AMP URL is always present, and empty without an AMP URL.
        let amp = message.get(shape.amp.clone()).filter(|_| shape.has_amp)?;
        Some(Article {
            canonical_url: url(message.get(shape.key.clone())?)?,
            amp_url: if amp.is_empty() { None } else { Some(url(amp)?) },
            original: Original::default(),
        })
    }

    pub(crate) fn from_fields(fields: &Fields<'a>) -> Result<Self, Error> {
        fields.expect_only(KEY | AMP)?;
        let url = |url: Slice<'a>| url.check(CheckedUrl::check);
        let key = fields.key()?;
        // A key with a `:` is a URL with another scheme, which this crate does not return. Any other key may be a token of a future encryption.
        let is_meant_as_url = key.bytes.is_ascii() && key.bytes.contains(&b':');
        if !key.bytes.starts_with(b"http") && !is_meant_as_url {
            return Err(Error::at(ErrorKind::UnreadableKey, key.start));
        }
        let canonical_url = url(key)?;
        // Present in all 20,878 known IDs, and empty in 14,675: an ID without it was truncated.
        let amp = fields.amp.ok_or(Error::new(ErrorKind::MissingField(Field::Amp)))?;
        let amp_url = if amp.bytes.is_empty() { None } else { Some(url(amp)?) };
        Ok(Article { canonical_url, amp_url, original: Original::of(fields, false) })
    }

    pub(super) fn to_schema(&self) -> schema::Id {
        schema::Id {
            key: Some(self.canonical_url().as_bytes().to_vec()),
            amp: Some(self.amp_url().map_or(Vec::new(), |url| url.as_bytes().to_vec())),
            ..schema::Id::new(kind::WEB_ARTICLE)
        }
    }
}
