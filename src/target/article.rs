use std::borrow::Cow;
use std::fmt;

use fearless_simd::Level;

use super::edition;
use super::publication::Publication;
use crate::base64url;
use crate::error::{Error, ErrorKind, Field};
use crate::message::{AMP, FIELD_19, Fields, KEY, NUMBER, PARENT, Shape, TYPE_OFFSET, kind, schema};
use crate::url_policy::{CheckedUrl, PrintableAscii, check_url, own};

/// An article whose ID holds the publisher's URL: links of 2018 to July 2024.
///
/// Both URLs are handed out as the exact text that the ID holds. [`Target::to_url`](crate::Target::to_url)
/// parses the canonical one, which normalises it: 19 of 35 sample URLs come out changed.
///
/// ```
/// use google_news_link::{Target, decode};
///
/// let Target::Article(article) = decode("./articles/CBMiFmh0dHBzOi8vYW11LnR2LzExMTkzMS_SAQA")? else {
///     unreachable!()
/// };
/// assert_eq!(article.canonical_url(), "https://amu.tv/111931/");
/// assert_eq!(article.amp_url(), None);
/// assert_eq!(article.to_id(), "CBMiFmh0dHBzOi8vYW11LnR2LzExMTkzMS_SAQA");
/// # Ok::<(), google_news_link::Error>(())
/// ```
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct Article<'a> {
    canonical_url: Cow<'a, str>,
    amp_url: Option<Cow<'a, str>>,
}

impl<'a> Article<'a> {
    /// An article of one's own, from the publisher's URL and its AMP URL.
    ///
    /// # Errors
    ///
    /// For a URL that no ID would give back: `ftp://example.com/` and `https://`
    /// ([`NotHttpUrl`](crate::ErrorKind::NotHttpUrl)), `https://example.com/a b`
    /// ([`InvalidUrlByte`](crate::ErrorKind::InvalidUrlByte)), `https://news.google.com/`
    /// ([`GoogleUrl`](crate::ErrorKind::GoogleUrl)), and for URLs of more than 49,000 bytes together
    /// ([`TooLong`](crate::ErrorKind::TooLong)). The offset counts the bytes of the URL at fault.
    ///
    /// ```
    /// use google_news_link::Article;
    ///
    /// let article = Article::new("https://amu.tv/111931/", None)?;
    /// assert_eq!(article.to_id(), "CBMiFmh0dHBzOi8vYW11LnR2LzExMTkzMS_SAQA");
    /// # Ok::<(), google_news_link::Error>(())
    /// ```
    pub fn new(canonical_url: impl Into<Cow<'a, str>>, amp_url: Option<Cow<'a, str>>) -> Result<Self, Error> {
        let check = |url| CheckedUrl::check_str(url).map(CheckedUrl::into_cow);
        let canonical_url = check(canonical_url.into())?;
        let amp_url = amp_url.map(check).transpose()?;
        expect_room(&canonical_url, amp_url.as_deref())?;
        Ok(Article { canonical_url, amp_url })
    }

    /// The publisher's URL.
    pub fn canonical_url(&self) -> &str {
        &self.canonical_url
    }

    /// The URL of the publisher's AMP page, which 30 % of the articles have. It can be the canonical URL
    /// itself, have another scheme or sit on another domain.
    pub fn amp_url(&self) -> Option<&str> {
        self.amp_url.as_deref()
    }

    /// The ID, as Google writes it.
    pub fn to_id(&self) -> String {
        self.message().to_id()
    }

    /// The article with texts of its own.
    pub fn into_owned(self) -> Article<'static> {
        Article { canonical_url: own(self.canonical_url), amp_url: self.amp_url.map(own) }
    }

    /// An article of texts that were checked.
    pub(crate) fn of_texts(canonical_url: &'a str, amp_url: &'a str) -> Self {
        Article {
            canonical_url: canonical_url.into(),
            amp_url: (!amp_url.is_empty()).then_some(amp_url.into()),
        }
    }

    /// An article of the usual shape, if it is sound; its texts are known to be printable ASCII.
    // Inlined for the reason given at `Target::accept`.
    #[inline(always)]
    pub(crate) fn accept(message: &'a [u8], shape: &Shape) -> Option<Self> {
        let url = |text: &'a [u8]| {
            CheckedUrl::from_printable(PrintableAscii::from_counted(text)).map(CheckedUrl::into_cow)
        };
        // The field of the AMP URL is always there, and may be empty.
        let amp = message.get(shape.amp.clone()).filter(|_| shape.has_amp)?;
        Some(Article {
            canonical_url: url(message.get(shape.key.clone())?)?,
            amp_url: if amp.is_empty() { None } else { Some(url(amp)?) },
        })
    }

    pub(crate) fn read(fields: &Fields<'a>) -> Result<Self, Error> {
        fields.expect(KEY, AMP)?;
        let url = |text| {
            check_url(text)
                .map(Cow::Borrowed)
                .map_err(|error| error.map_offset(|offset| fields.offset_of(text) + offset))
        };
        let canonical_url = url(fields.required_key())?;
        // The field is there in 20,878 of 20,878 and empty in 14,675: an ID without it was cut.
        let amp = fields.amp.ok_or(Error::new(ErrorKind::MissingField(Field::Amp)))?;
        let amp_url = if amp.is_empty() { None } else { Some(url(amp)?) };
        Ok(Article { canonical_url, amp_url })
    }

    pub(crate) fn message(&self) -> schema::Id {
        schema::Id {
            kind: Some(kind::WEB_ARTICLE),
            key: Some(self.canonical_url.as_bytes().to_vec()),
            amp: Some(self.amp_url().unwrap_or_default().as_bytes().to_vec()),
            ..schema::Id::default()
        }
    }
}

/// An article whose ID holds an encrypted URL: nearly all links since July 2024.
///
/// Only Google can say where it leads. What can be known offline: that equal tokens stand for equal URLs
/// (0 of 2,584 known URLs have two tokens), and how long the URL is.
///
/// ```
/// use google_news_link::{Target, decode};
///
/// let id = "CBMiNkFVX3lxTE04T1d2QWFkS3BlS042NlZ0bThVc3hFeU5xTFF0d25TdDFhSURHT00tRWhSOGVpZw";
/// let Target::OpaqueArticle(article) = decode(id)? else { unreachable!() };
/// assert_eq!(article.token(), "AU_yqLM8OWvAadKpeKN66Vtm8UsxEyNqLQtwnSt1aIDGOM-EhR8eig");
/// assert_eq!(article.url_len(), 19);
/// # Ok::<(), google_news_link::Error>(())
/// ```
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct OpaqueArticle<'a> {
    token: Cow<'a, str>,
    amp_token: Option<Cow<'a, str>>,
}

/// A token's bytes before the encrypted URL: version 1, the key ID 4f f2 a8 b3, and 16 bytes that stand for
/// the whole URL. Constant in 316,409 of 316,410.
const TOKEN_OVERHEAD: usize = 21;

impl<'a> OpaqueArticle<'a> {
    /// An article of one's own, from the token of its URL and of its AMP URL.
    ///
    /// # Errors
    ///
    /// [`InvalidField`](crate::ErrorKind::InvalidField) for a text that is no token, as `hello`, and for one
    /// that is too short to hold a URL, as `AU_yqLM`; [`TooLong`](crate::ErrorKind::TooLong) for tokens of more
    /// than 49,000 bytes together.
    pub fn new(token: impl Into<Cow<'a, str>>, amp_token: Option<Cow<'a, str>>) -> Result<Self, Error> {
        let token = token.into();
        check_token(token.as_bytes())?;
        if let Some(amp_token) = &amp_token {
            check_token(amp_token.as_bytes())?;
        }
        expect_room(&token, amp_token.as_deref())?;
        Ok(OpaqueArticle { token, amp_token })
    }

    /// The encrypted URL, base64url text that begins with `AU_yqL`. Equal tokens stand for equal URLs, also
    /// where the IDs differ: 678 tokens were seen both with and without an AMP token.
    pub fn token(&self) -> &str {
        &self.token
    }

    /// The encrypted AMP URL, which 15 % of the articles have.
    pub fn amp_token(&self) -> Option<&str> {
        self.amp_token.as_deref()
    }

    /// The length of the publisher's URL in bytes. It was right in 2,538 of 2,584 known pairs; the others
    /// are pages whose address has changed since.
    pub fn url_len(&self) -> usize {
        url_len(&self.token)
    }

    /// The length of the AMP URL in bytes.
    pub fn amp_url_len(&self) -> Option<usize> {
        self.amp_token().map(url_len)
    }

    /// Returns `true` if `url` can be the article's URL: it has the [length](Self::url_len) that the token tells.
    ///
    /// The check needs no network. It finds answers of an online resolver that were cut or belong to another article,
    /// unless that article's URL happens to have the same length. It does not check whether `url` [may be
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

    /// Returns `true` if the article has an AMP URL and `url` can be it: it has the [length](Self::amp_url_len) that the
    /// second token tells.
    pub fn accepts_amp_url(&self, url: &str) -> bool {
        self.amp_url_len() == Some(url.len())
    }

    /// The ID, as Google writes it.
    pub fn to_id(&self) -> String {
        self.message().to_id()
    }

    /// The article with texts of its own.
    pub fn into_owned(self) -> OpaqueArticle<'static> {
        OpaqueArticle { token: own(self.token), amp_token: self.amp_token.map(own) }
    }

    /// An article of tokens that were checked.
    pub(crate) fn of_texts(token: &'a str, amp_token: &'a str) -> Self {
        OpaqueArticle { token: token.into(), amp_token: (!amp_token.is_empty()).then_some(amp_token.into()) }
    }

    /// An article of the usual shape, if it is sound. `scratch` has room for what the tokens decode to.
    pub(crate) fn accept(level: Level, message: &'a [u8], shape: &Shape, scratch: &mut [u8]) -> Option<Self> {
        let mut token = |text: &'a [u8]| {
            base64url::accept(level, text, text.len(), scratch)?;
            std::str::from_utf8(text).ok().filter(|_| is_token_if_base64url(text)).map(Cow::Borrowed)
        };
        Some(OpaqueArticle {
            token: token(message.get(shape.key.clone())?)?,
            amp_token: if shape.has_amp { Some(token(message.get(shape.amp.clone())?)?) } else { None },
        })
    }

    pub(crate) fn read(fields: &Fields<'a>) -> Result<Self, Error> {
        fields.expect(KEY, AMP)?;
        let token = |text| {
            check_token(text)
                .map(Cow::Borrowed)
                .map_err(|error| error.map_offset(|offset| fields.offset_of(text) + offset))
        };
        Ok(OpaqueArticle {
            token: token(fields.required_key())?,
            amp_token: fields.amp.map(token).transpose()?,
        })
    }

    pub(crate) fn message(&self) -> schema::Id {
        schema::Id {
            kind: Some(kind::WEB_ARTICLE),
            key: Some(self.token.as_bytes().to_vec()),
            amp: self.amp_token().map(|token| token.as_bytes().to_vec()),
            ..schema::Id::default()
        }
    }
}

/// The ID of an article is itself a text that has to be short enough to be decoded: 49,000 bytes become 65,360
/// characters.
fn expect_room(text: &str, amp: Option<&str>) -> Result<(), Error> {
    match text.len() + amp.map_or(0, str::len) {
        ..=crate::limits::MAX_STRINGS_LEN => Ok(()),
        _ => Err(Error::new(ErrorKind::TooLong)),
    }
}

fn url_len(token: &str) -> usize {
    (token.len() * 3 / 4).saturating_sub(TOKEN_OVERHEAD)
}

/// True for what is meant to be a token, sound or not: no URL begins so.
pub(crate) fn resembles_token(text: &[u8]) -> bool {
    text.starts_with(b"AU_")
}

/// True for a token, if `text` is canonical base64url. The first 40 bits are constant; they reach into the
/// seventh character, whose last two bits are free.
#[inline]
pub(crate) fn is_token_if_base64url(text: &[u8]) -> bool {
    begins_as_token(text) && text.len() * 3 / 4 > TOKEN_OVERHEAD
}

fn begins_as_token(text: &[u8]) -> bool {
    matches!(text, [b'A', b'U', b'_', b'y', b'q', b'L', b'M'..=b'P', ..])
}

fn check_token(text: &[u8]) -> Result<&str, Error> {
    let invalid = Error::at(ErrorKind::InvalidField(Field::Token), 0);
    if !begins_as_token(text) {
        return Err(invalid);
    }
    // Which of its characters it is does not matter to whoever looks at the ID: there it is another one.
    let damaged =
        |error: Error| Error::at(ErrorKind::InvalidField(Field::Token), error.offset().unwrap_or_default());
    if base64url::decoded_len(text).map_err(damaged)? <= TOKEN_OVERHEAD {
        return Err(invalid);
    }
    std::str::from_utf8(text).map_err(|_| invalid)
}

/// An article known by a key inside a publication's section: links of the web pages of 2018 to 2022, never
/// of a feed.
///
/// The ID does not hold the publisher's URL. Some links of 2022 carry it in their `uo=` parameter.
///
/// ```
/// use google_news_link::{Target, decode};
///
/// let link = "./articles/CAIiEGuAj6xdE1EiuL__EEW4PWEqGQgEKhAIACoHCAowl--JCzCtppwDMMWWowY\
///             ?uo=CAUiJGh0dHBzOi8vamV0c3RyZWFtLmJ6L2FyY2hpdmVzLzE2MDA0NNIBAA&hl=ja";
/// let Target::KeyedArticle(article) = decode(link)? else { unreachable!() };
/// assert_eq!(article.canonical_url(), Some("https://jetstream.bz/archives/160044"));
/// assert_eq!(article.publication().to_id(), "CAAqBwgKMJfviQswraacAw");
/// assert_eq!(article.publication().number(), Some(6_755_117));
/// # Ok::<(), google_news_link::Error>(())
/// ```
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct KeyedArticle<'a> {
    key: [u8; 16],
    publication: Publication<'a>,
    section: Option<u64>,
    canonical_url: Option<Cow<'a, str>>,
}

impl<'a> KeyedArticle<'a> {
    /// The article's key, of unknown making: it is not the MD5, SHA-1 or SHA-2 of the URL.
    pub fn key(&self) -> &[u8; 16] {
        &self.key
    }

    /// The publication that the article is of. Its ID is the one in the link to the publication's own page
    /// (41 of 41 pairs).
    pub fn publication(&self) -> &Publication<'a> {
        &self.publication
    }

    /// The number of the publication's section.
    pub fn section_number(&self) -> Option<u64> {
        self.section
    }

    /// The publisher's URL, where the link carries a sound one in `uo=`.
    pub fn canonical_url(&self) -> Option<&str> {
        self.canonical_url.as_deref()
    }

    /// The ID, as Google writes it. It does not hold the URL of `uo=`.
    pub fn to_id(&self) -> String {
        self.message().to_id()
    }

    /// The article with texts of its own.
    pub fn into_owned(self) -> KeyedArticle<'static> {
        KeyedArticle {
            key: self.key,
            publication: self.publication.into_owned(),
            section: self.section,
            canonical_url: self.canonical_url.map(own),
        }
    }

    pub(crate) fn read(fields: &Fields<'a>) -> Result<Self, Error> {
        fields.expect(KEY | PARENT, 0)?;
        let key = edition::key16(fields, fields.required_key())?;
        let (publication, section) = fields.in_parent(|section| {
            if section.kind != kind::SECTION {
                return Err(Error::at(ErrorKind::InvalidField(Field::Edition), TYPE_OFFSET));
            }
            section.expect(PARENT, NUMBER)?;
            Ok((section.in_parent(|edition| Publication::read(&edition))?, section.number))
        })?;
        Ok(KeyedArticle { key, publication, section, canonical_url: None })
    }

    /// The URL in the message of a `uo=` parameter. It may be missing there (1 of 26 is empty) or cut: the
    /// article itself is none the worse for that.
    pub(crate) fn with_url_of(self, uo: &'a [u8]) -> Self {
        let url = Fields::read(uo)
            .ok()
            .filter(|fields| fields.kind == kind::LINK && fields.expect(KEY | AMP, 0).is_ok())
            .and_then(|fields| check_url(fields.required_key()).ok())
            .map(Cow::Borrowed);
        self.with_url(url)
    }

    pub(crate) fn with_url(self, canonical_url: Option<Cow<'a, str>>) -> Self {
        KeyedArticle { canonical_url, ..self }
    }

    pub(crate) fn message(&self) -> schema::Id {
        let section = schema::Id {
            kind: Some(kind::SECTION),
            parent: Some(Box::new(self.publication.message())),
            number: self.section,
            ..schema::Id::default()
        };
        schema::Id {
            kind: Some(kind::ARTICLE),
            key: Some(self.key.to_vec()),
            parent: Some(Box::new(section)),
            ..schema::Id::default()
        }
    }
}

/// A YouTube video.
///
/// ```
/// use google_news_link::{Target, decode};
///
/// let Target::Video(video) = decode("https://news.google.com/rss/articles/CCAiC2JSMFZjT0NUb2hZmAEB?oc=5")?
/// else {
///     unreachable!()
/// };
/// assert_eq!(video.key(), "bR0VcOCTohY");
/// assert_eq!(video.watch_url(), "https://www.youtube.com/watch?v=bR0VcOCTohY");
/// # Ok::<(), google_news_link::Error>(())
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Video {
    /// ASCII; its length is fixed, so it needs no memory of its own.
    watch_url: [u8; WATCH.len() + 11],
}

const WATCH: &str = "https://www.youtube.com/watch?v=";

impl Video {
    /// The ID by which YouTube knows the video: 11 characters of base64url.
    pub fn key(&self) -> &str {
        &self.watch_url()[WATCH.len()..]
    }

    /// The address of the video's page.
    pub fn watch_url(&self) -> &str {
        std::str::from_utf8(&self.watch_url).unwrap_or(WATCH)
    }

    /// The ID, as Google writes it.
    pub fn to_id(&self) -> String {
        self.message().to_id()
    }

    pub(crate) fn of_watch_url(watch_url: &str) -> Option<Self> {
        Some(Video { watch_url: watch_url.as_bytes().try_into().ok()? })
    }

    pub(crate) fn read(fields: &Fields<'_>) -> Result<Self, Error> {
        fields.expect(KEY | FIELD_19, 0)?;
        let key = fields.required_key();
        let mut watch_url = [0; WATCH.len() + 11];
        let (watch, place) = watch_url.split_at_mut(WATCH.len());
        watch.copy_from_slice(WATCH.as_bytes());
        if key.len() != place.len() || !key.iter().all(|&byte| base64url::is_base64url(byte)) {
            return Err(Error::at(ErrorKind::InvalidField(Field::VideoKey), fields.offset_of(key)));
        }
        place.copy_from_slice(key);
        // 1 in 126 of 126; with another value the ID could not be given back.
        if fields.field_19 != Some(1) {
            return Err(Error::at(ErrorKind::Malformed, TYPE_OFFSET));
        }
        Ok(Video { watch_url })
    }

    pub(crate) fn message(&self) -> schema::Id {
        schema::Id {
            kind: Some(kind::VIDEO),
            key: Some(self.key().as_bytes().to_vec()),
            field_19: Some(1),
            ..schema::Id::default()
        }
    }
}

impl fmt::Debug for Video {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Video").field("key", &self.key()).finish()
    }
}

/// A link with the publisher's URL in clear: `news.google.com/news/url?url=` (2011 to 2017),
/// `www.google.com/url?url=` (Google Alerts), `www.google.com/amp/s/…`, `….cdn.ampproject.org/…`.
///
/// ```
/// use google_news_link::decode;
///
/// let link = "https://www.google.com/url?rct=j&sa=t&url=https://example.com/a?b%3D1&ct=ga";
/// assert_eq!(decode(link)?.canonical_url(), Some("https://example.com/a?b=1"));
/// # Ok::<(), google_news_link::Error>(())
/// ```
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct Redirect<'a> {
    pub(crate) url: Cow<'a, str>,
}

impl Redirect<'_> {
    /// The URL. As the value of a parameter it is unescaped once, except for what needs an escape in a URL: `%3D` is
    /// `=`, `%20` stays.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// The redirect with a text of its own.
    pub fn into_owned(self) -> Redirect<'static> {
        Redirect { url: own(self.url) }
    }
}
