use super::original::Original;
use super::token::Token;
use crate::base64url::Level;
use crate::error::Error;
use crate::message::{AMP, ArticleShape, Fields, KEY, Slice, check_article_len, kind, schema};

/// An article whose ID contains an encrypted URL: nearly all links since July 2024.
///
/// Only Google can decrypt the URL. Two facts are known offline. Links with equal tokens lead to the same URL, and equal
/// URLs have equal tokens (2,584 known pairs, with one exception: the URL of an article changed when it moved to another
/// host). And the token determines the length of the URL.
///
/// # Examples
///
/// ```
/// use google_news_link::{OpaqueArticle, decode};
///
/// let article = OpaqueArticle::try_from(decode("CBMiNkFVX3lxTE04T1d2QWFkS3BlS042NlZ0bThVc3hFeU5xTFF0d25TdDFhSURHT00tRWhSOGVpZw")?)?;
/// assert_eq!(article.token(), "AU_yqLM8OWvAadKpeKN66Vtm8UsxEyNqLQtwnSt1aIDGOM-EhR8eig");
/// assert_eq!(article.url_len(), 19);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct OpaqueArticle<'a> {
    token: Token<'a>,
    amp_token: Option<Token<'a>>,
    pub(super) original: Original,
}

impl<'a> OpaqueArticle<'a> {
    /// Creates an article from the token of its URL and that of its AMP URL.
    ///
    /// # Errors
    ///
    /// Returns [`InvalidField`](crate::ErrorKind::InvalidField) for `hello`, which is not a token, and for `AU_yqLM`,
    /// which is too short to contain a URL, and [`TooLong`](crate::ErrorKind::TooLong) for tokens of more than 49,000
    /// bytes together.
    ///
    /// # Examples
    ///
    /// ```
    /// use google_news_link::OpaqueArticle;
    ///
    /// let article = OpaqueArticle::new("AU_yqLM8OWvAadKpeKN66Vtm8UsxEyNqLQtwnSt1aIDGOM-EhR8eig", None)?;
    /// let id = "CBMiNkFVX3lxTE04T1d2QWFkS3BlS042NlZ0bThVc3hFeU5xTFF0d25TdDFhSURHT00tRWhSOGVpZw";
    /// assert_eq!(article.to_id(), id);
    /// assert_eq!(article.key_id(), [0x4f, 0xf2, 0xa8, 0xb3]);
    /// # Ok::<(), google_news_link::Error>(())
    /// ```
    pub fn new(token: &'a str, amp_token: Option<&'a str>) -> Result<Self, Error> {
        let parse = |token: &'a str| Token::parse(token.as_bytes());
        let (token, amp_token) = (parse(token)?, amp_token.map(parse).transpose()?);
        check_article_len(token.as_str(), amp_token.as_ref().map(Token::as_str))?;
        Ok(OpaqueArticle { token, amp_token, original: Original::default() })
    }

    /// Returns the encrypted URL in base64url, which has begun with `AU_yqL` so far. Equal tokens mean equal URLs, also where the IDs
    /// differ: 678 tokens were seen both with and without an AMP token.
    pub fn token(&self) -> &str {
        self.token.as_str()
    }

    /// Returns the encrypted AMP URL, which 15 % of the articles have.
    pub fn amp_token(&self) -> Option<&str> {
        self.amp_token.as_ref().map(Token::as_str)
    }

    /// Returns the ID of the key with which Google has encrypted the URL: `4f f2 a8 b3` in 316,409 of 316,410 tokens of 26 months.
    /// Tokens with any other key ID are accepted as well.
    pub fn key_id(&self) -> [u8; 4] {
        self.token.key_id()
    }

    /// Returns the length of the publisher's URL in bytes. It was right for 2,538 of 2,584 tokens whose URL is known;
    /// the others are pages whose address has changed since.
    pub fn url_len(&self) -> usize {
        self.token.url_len()
    }

    /// Returns the length of the AMP URL in bytes.
    pub fn amp_url_len(&self) -> Option<usize> {
        self.amp_token.as_ref().map(Token::url_len)
    }

    /// Returns `true` if `url` has the [length](Self::url_len) that the token determines, so that it can be the article's URL.
    ///
    /// The check needs no network. It detects answers of an online resolver that are truncated or belong to another article,
    /// unless the URL of that article happens to have the same length. It does not check whether `url` [may be
    /// returned](crate::check_url).
    ///
    /// # Examples
    ///
    /// ```
    /// use google_news_link::OpaqueArticle;
    ///
    /// let article = OpaqueArticle::new("AU_yqLM8OWvAadKpeKN66Vtm8UsxEyNqLQtwnSt1aIDGOM-EhR8eig", None)?;
    /// assert!(article.accepts_url("https://example.com"));
    /// assert!(!article.accepts_url("https://example.co"));
    /// # Ok::<(), google_news_link::Error>(())
    /// ```
    pub fn accepts_url(&self, url: &str) -> bool {
        url.len() == self.url_len()
    }

    /// Returns `true` if the article has an AMP token and `url` has the [length](Self::amp_url_len) that it determines.
    pub fn accepts_amp_url(&self, url: &str) -> bool {
        self.amp_url_len() == Some(url.len())
    }

    /// Converts the article into one that borrows nothing.
    pub fn into_owned(self) -> OpaqueArticle<'static> {
        OpaqueArticle {
            token: self.token.into_owned(),
            amp_token: self.amp_token.map(Token::into_owned),
            original: self.original,
        }
    }

    /// Creates an article from tokens that were validated when they were stored; an empty `amp_token` means no token.
    pub(crate) fn from_columns(token: &'a str, amp_token: &'a str) -> Self {
        OpaqueArticle {
            token: Token::from_column(token),
            amp_token: (!amp_token.is_empty()).then(|| Token::from_column(amp_token)),
            original: Original::default(),
        }
    }

    /// Creates an article from a message of the common form. Returns `None` if a token is not valid:
    /// [`from_fields`](Self::from_fields) finds the error. `scratch` must have room for the decoded tokens.
    pub(crate) fn from_shape(
        level: Level,
        message: &'a [u8],
        shape: &ArticleShape,
        scratch: &mut [u8],
    ) -> Option<Self> {
        Some(OpaqueArticle {
            token: Token::parse_on(level, message.get(shape.key.clone())?, scratch)?,
            amp_token: match shape.has_amp {
                true => Some(Token::parse_on(level, message.get(shape.amp.clone())?, scratch)?),
                false => None,
            },
            original: Original::default(),
        })
    }

    pub(crate) fn from_fields(fields: &Fields<'a>) -> Result<Self, Error> {
        fields.expect_only(KEY | AMP)?;
        let token = |token: Slice<'a>| token.check(Token::parse);
        let amp_token = fields.amp.map(token).transpose()?;
        Ok(OpaqueArticle { token: token(fields.key()?)?, amp_token, original: Original::of(fields, false) })
    }

    pub(super) fn to_schema(&self) -> schema::Id {
        let bytes = |token: &Token<'_>| token.as_str().as_bytes().to_vec();
        schema::Id {
            key: Some(bytes(&self.token)),
            amp: self.amp_token.as_ref().map(bytes),
            ..schema::Id::new(kind::WEB_ARTICLE)
        }
    }
}
