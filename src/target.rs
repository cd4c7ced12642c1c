use std::borrow::Cow;
use std::fmt;

use url::Url;

pub use self::article::Article;
pub use self::edition::Edition;
pub use self::keyed_article::KeyedArticle;
pub use self::kind::{Kind, ParseKindError, TryFromTargetError};
pub use self::opaque_article::OpaqueArticle;
pub use self::opaque_redirect::OpaqueRedirect;
pub use self::picture::Picture;
pub use self::publication::Publication;
pub use self::redirect::Redirect;
pub use self::section::Section;
pub use self::share::Share;
pub use self::story::Story;
pub use self::topic::Topic;
pub use self::video::Video;
use crate::base64url::{self, Level};
use crate::error::{Error, ErrorKind};
use crate::message::strict::tag;
use crate::message::{ArticleShape, Fields, Reader, Slice, kind as types};
use crate::url_policy::CheckedUrl;
use edition::AnyEdition;

mod article;
mod edition;
mod keyed_article;
mod kind;
mod opaque_article;
mod opaque_redirect;
mod original;
mod picture;
mod publication;
mod redirect;
mod section;
mod share;
mod story;
pub(crate) mod token;
mod topic;
mod video;

/// The target of a link, with everything that is known offline about it.
///
/// A target borrows from the link and from the [`Decoder`](crate::Decoder) that decoded it.
/// [`into_owned`](Self::into_owned) copies the borrowed strings. [`decode`](crate::decode) returns an owned one.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
#[non_exhaustive]
pub enum Target<'a> {
    /// An article whose ID contains the publisher's URL.
    Article(Article<'a>),
    /// An article whose ID contains an encrypted URL.
    OpaqueArticle(OpaqueArticle<'a>),
    /// An article that is identified by a key.
    KeyedArticle(KeyedArticle<'a>),
    /// A YouTube video.
    Video(Video),
    /// A topic.
    Topic(Topic),
    /// A story.
    Story(Story),
    /// A publication.
    Publication(Publication<'a>),
    /// A section of a topic or of a publication.
    Section(Section<'a>),
    /// A link that was created with the button *Share*.
    Share(Share),
    /// A picture that Google serves.
    Picture(Picture),
    /// A link that contains the publisher's URL in plain text.
    Redirect(Redirect<'a>),
    /// A redirect that contains an encrypted URL.
    OpaqueRedirect(OpaqueRedirect<'a>),
}

/// Declares the methods and conversions that all variants have.
macro_rules! variants {
    ($( $variant:ident: $type:ty, $as_variant:ident, $noun:literal; )*) => {
        impl<'a> Target<'a> {
            /// Returns the kind of the target.
            pub fn kind(&self) -> Kind {
                match self {
                    $( Target::$variant(_) => Kind::$variant, )*
                }
            }

            $(
                #[doc = concat!("Returns the ", $noun, " if the target is one.")]
                pub fn $as_variant(&self) -> Option<&$type> {
                    match self {
                        Target::$variant(target) => Some(target),
                        _ => None,
                    }
                }
            )*
        }

        $(
            impl<'a> From<$type> for Target<'a> {
                fn from(target: $type) -> Self {
                    Target::$variant(target)
                }
            }

            impl<'a> TryFrom<Target<'a>> for $type {
                type Error = TryFromTargetError;

                fn try_from(target: Target<'a>) -> Result<Self, TryFromTargetError> {
                    match target {
                        Target::$variant(target) => Ok(target),
                        other => Err(TryFromTargetError { expected: &[Kind::$variant], found: other.kind() }),
                    }
                }
            }
        )*
    };
}

variants! {
    Article: Article<'a>, as_article, "article with a URL";
    OpaqueArticle: OpaqueArticle<'a>, as_opaque_article, "article with an encrypted URL";
    KeyedArticle: KeyedArticle<'a>, as_keyed_article, "article with a key";
    Video: Video, as_video, "video";
    Topic: Topic, as_topic, "topic";
    Story: Story, as_story, "story";
    Publication: Publication<'a>, as_publication, "publication";
    Section: Section<'a>, as_section, "section";
    Share: Share, as_share, "share link";
    Picture: Picture, as_picture, "picture";
    Redirect: Redirect<'a>, as_redirect, "redirect with a URL";
    OpaqueRedirect: OpaqueRedirect<'a>, as_opaque_redirect, "redirect with an encrypted URL";
}

/// Declares the methods of all types that are encoded as an ID.
macro_rules! encode {
    ($($type:ty)*) => {$(
        impl $type {
            /// Returns the ID, byte for byte as Google writes it.
            pub fn to_id(&self) -> String {
                match self.original.message() {
                    Some(message) => base64url::encode(message),
                    None => self.to_schema().to_id(),
                }
            }

            /// Returns `true` if the ID has fields that this version of the crate does not know. [`to_id`](Self::to_id) returns
            /// them with the others.
            pub fn has_unknown_fields(&self) -> bool {
                self.original.message().is_some()
            }
        }
    )*};
}

encode! {
    Article<'_> OpaqueArticle<'_> KeyedArticle<'_> Video Topic Story Publication<'_> Section<'_> Share Picture
}

impl<'a> Target<'a> {
    /// Returns the publisher's URL: of an article, a video, a redirect, and a keyed article whose link has `uo=`.
    ///
    /// The URL of an article is exactly the one that its link contains. The URL of a redirect is
    /// [unescaped once](Redirect::url), and the URL of a video is built from its YouTube ID.
    ///
    /// It begins with `http://` or `https://`, is valid UTF-8 and contains no space and no control character.
    ///
    /// # Examples
    ///
    /// ```
    /// let target = google_news_link::decode("https://www.google.com/url?q=https://example.com/a&sa=D")?;
    /// assert_eq!(target.canonical_url(), Some("https://example.com/a"));
    /// # Ok::<(), google_news_link::Error>(())
    /// ```
    pub fn canonical_url(&self) -> Option<&str> {
        match self {
            Target::Article(article) => Some(article.canonical_url()),
            Target::KeyedArticle(article) => article.canonical_url(),
            Target::Video(video) => Some(video.watch_url()),
            Target::Redirect(redirect) => Some(redirect.url()),
            _ => None,
        }
    }

    /// Converts the target into its [canonical URL](Self::canonical_url). Only the URL of a video is copied.
    ///
    /// # Examples
    ///
    /// ```
    /// use std::borrow::Cow;
    ///
    /// use google_news_link::{Error, decode};
    ///
    /// fn publishers_url(link: &str) -> Result<Option<String>, Error> {
    ///     Ok(decode(link)?.into_canonical_url().map(Cow::into_owned))
    /// }
    ///
    /// let link = "./read/CBMiFmh0dHBzOi8vYW11LnR2LzExMTkzMS_SAQA";
    /// assert_eq!(publishers_url(link)?.as_deref(), Some("https://amu.tv/111931/"));
    /// # Ok::<(), Error>(())
    /// ```
    pub fn into_canonical_url(self) -> Option<Cow<'a, str>> {
        match self {
            Target::Article(article) => Some(article.canonical_url.into_inner()),
            Target::KeyedArticle(article) => article.canonical_url.map(CheckedUrl::into_inner),
            Target::Video(video) => Some(video.watch_url().to_owned().into()),
            Target::Redirect(redirect) => Some(redirect.url.into_inner()),
            _ => None,
        }
    }

    /// Returns the URL of the publisher's AMP page if the article has one. The guarantees of the
    /// [canonical URL](Self::canonical_url) apply to it as well.
    pub fn amp_url(&self) -> Option<&str> {
        self.as_article()?.amp_url()
    }

    /// Returns the encrypted URL of an opaque article or an opaque redirect. Equal tokens of articles mean equal URLs;
    /// the token of a redirect is new for every impression of the page.
    pub fn token(&self) -> Option<&str> {
        match self {
            Target::OpaqueArticle(article) => Some(article.token()),
            Target::OpaqueRedirect(redirect) => Some(redirect.token()),
            _ => None,
        }
    }

    /// Returns the length of the publisher's URL in bytes: of the [canonical URL](Self::canonical_url), or the length
    /// that the token of an [opaque article](OpaqueArticle::url_len) or [opaque redirect](OpaqueRedirect::url_len) determines.
    ///
    /// # Examples
    ///
    /// ```
    /// let id = "CBMiNkFVX3lxTE04T1d2QWFkS3BlS042NlZ0bThVc3hFeU5xTFF0d25TdDFhSURHT00tRWhSOGVpZw";
    /// let target = google_news_link::decode(id)?;
    /// assert_eq!((target.canonical_url(), target.url_len()), (None, Some(19)));
    /// # Ok::<(), google_news_link::Error>(())
    /// ```
    pub fn url_len(&self) -> Option<usize> {
        match self {
            Target::OpaqueArticle(article) => Some(article.url_len()),
            Target::OpaqueRedirect(redirect) => Some(redirect.url_len()),
            _ => self.canonical_url().map(str::len),
        }
    }

    /// Parses the [canonical URL](Self::canonical_url). Parsing normalizes the URL: it adds a slash to
    /// `http://example.com`, and escapes `'` in a query.
    ///
    /// # Errors
    ///
    /// Returns `Some(Err(_))` for a URL whose host the `url` crate can't parse: `https://256.1.1.1/`, `https://xn--a/`.
    ///
    /// # Examples
    ///
    /// ```
    /// let target = google_news_link::decode("CBMiFmh0dHBzOi8vYW11LnR2LzExMTkzMS_SAQA")?;
    /// assert_eq!(target.to_url().unwrap()?.host_str(), Some("amu.tv"));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn to_url(&self) -> Option<Result<Url, url::ParseError>> {
        self.canonical_url().map(Url::parse)
    }

    /// Returns `true` if the ID has fields that this version of the crate does not know.
    ///
    /// Google adds fields without notice. Those that follow the known ones do not make an ID invalid, and
    /// [`to_id`](Self::to_id) returns them with the others.
    ///
    /// # Examples
    ///
    /// ```
    /// let id = "CBMiFmh0dHBzOi8vYW11LnR2LzExMTkzMS_SAQDYASo";
    /// let target = google_news_link::decode(id)?;
    /// assert!(target.has_unknown_fields());
    /// assert_eq!(target.canonical_url(), Some("https://amu.tv/111931/"));
    /// assert_eq!(target.to_id().as_deref(), Some(id));
    /// # Ok::<(), google_news_link::Error>(())
    /// ```
    pub fn has_unknown_fields(&self) -> bool {
        match self {
            Target::Article(article) => article.has_unknown_fields(),
            Target::OpaqueArticle(article) => article.has_unknown_fields(),
            Target::KeyedArticle(article) => article.has_unknown_fields(),
            Target::Video(video) => video.has_unknown_fields(),
            Target::Topic(topic) => topic.has_unknown_fields(),
            Target::Story(story) => story.has_unknown_fields(),
            Target::Publication(publication) => publication.has_unknown_fields(),
            Target::Section(section) => section.has_unknown_fields(),
            Target::Share(share) => share.has_unknown_fields(),
            Target::Picture(picture) => picture.has_unknown_fields(),
            Target::Redirect(_) => false,
            Target::OpaqueRedirect(redirect) => redirect.has_unknown_fields(),
        }
    }

    /// Returns the ID exactly as the link contained it, byte for byte. A redirect with a URL has no ID; the ID of an
    /// opaque redirect is its token without padding.
    ///
    /// # Examples
    ///
    /// ```
    /// let id = "CAAqBwgKMI7rigMwlq88";
    /// assert_eq!(google_news_link::decode(id)?.to_id().as_deref(), Some(id));
    /// # Ok::<(), google_news_link::Error>(())
    /// ```
    pub fn to_id(&self) -> Option<String> {
        Some(match self {
            Target::Article(article) => article.to_id(),
            Target::OpaqueArticle(article) => article.to_id(),
            Target::KeyedArticle(article) => article.to_id(),
            Target::Video(video) => video.to_id(),
            Target::Topic(topic) => topic.to_id(),
            Target::Story(story) => story.to_id(),
            Target::Publication(publication) => publication.to_id(),
            Target::Section(section) => section.to_id(),
            Target::Share(share) => share.to_id(),
            Target::Picture(picture) => picture.to_id(),
            Target::Redirect(_) => return None,
            Target::OpaqueRedirect(redirect) => redirect.to_id(),
        })
    }

    /// Returns the link to the target in the form that Google writes today. Decoding it returns an equal target, unless the ID is so long
    /// that the link has more than 65,536 bytes (the longest real ID has 3,106). Returns `None` for a redirect with a
    /// URL, which has no ID; use its URL instead.
    ///
    /// | kind | link | why |
    /// |---|---|---|
    /// | article, opaque article, video | `/rss/articles/ID?oc=5` | the form of all feeds (32,290 links); web pages use `/read/ID`, but only for opaque articles |
    /// | keyed article | `/articles/ID`, with `?uo=` if its URL is known | feeds contain no keyed articles, and these are older than `/read` |
    /// | topic, story, publication | `/topics/ID`, `/stories/ID`, `/publications/ID` | the only form, apart from feeds of topics |
    /// | section | `/topics/EDITION/sections/ID`, `/publications/EDITION/sections/ID` | as above |
    /// | share, picture | `/s/ID`, `/api/attachments/ID` | the only form |
    /// | opaque redirect | `https://www.google.com/goto?url=ID` | the form of the result pages |
    ///
    /// # Examples
    ///
    /// ```
    /// let target = google_news_link::decode("CAAqBwgKMI7rigMwlq88")?;
    /// let link = "https://news.google.com/publications/CAAqBwgKMI7rigMwlq88";
    /// assert_eq!(target.to_link().as_deref(), Some(link));
    /// # Ok::<(), google_news_link::Error>(())
    /// ```
    pub fn to_link(&self) -> Option<String> {
        let id = self.to_id()?;
        let path = match self {
            Target::Article(_) | Target::OpaqueArticle(_) | Target::Video(_) => {
                format!("rss/articles/{id}?oc=5")
            }
            Target::KeyedArticle(article) => match article.to_uo() {
                Some(uo) => format!("articles/{id}?uo={uo}"),
                None => format!("articles/{id}"),
            },
            Target::Topic(_) => format!("topics/{id}"),
            Target::Story(_) => format!("stories/{id}"),
            Target::Publication(_) => format!("publications/{id}"),
            Target::Section(section) => match section.edition() {
                edition @ Edition::Topic(_) => format!("topics/{}/sections/{id}", edition.to_id()),
                edition @ Edition::Publication(_) => {
                    format!("publications/{}/sections/{id}", edition.to_id())
                }
            },
            Target::Share(_) => format!("s/{id}"),
            Target::Picture(_) => format!("api/attachments/{id}"),
            Target::OpaqueRedirect(_) => return Some(format!("https://www.google.com/goto?url={id}")),
            Target::Redirect(_) => return None,
        };
        Some(format!("https://news.google.com/{path}"))
    }

    /// Converts the target into one that borrows nothing.
    ///
    /// # Examples
    ///
    /// ```
    /// use google_news_link::{Decoder, Error, Target};
    ///
    /// fn decode_all(links: &[&str]) -> Result<Vec<Target<'static>>, Error> {
    ///     let mut decoder = Decoder::new();
    ///     links.iter().map(|link| decoder.decode(link).map(Target::into_owned)).collect()
    /// }
    /// # assert_eq!(decode_all(&["CBIwkdv6lUE", "CAAqBwgKMI7rigMwlq88"])?.len(), 2);
    /// # Ok::<(), Error>(())
    /// ```
    pub fn into_owned(self) -> Target<'static> {
        match self {
            Target::Article(article) => Target::Article(article.into_owned()),
            Target::OpaqueArticle(article) => Target::OpaqueArticle(article.into_owned()),
            Target::KeyedArticle(article) => Target::KeyedArticle(article.into_owned()),
            Target::Video(video) => Target::Video(video),
            Target::Topic(topic) => Target::Topic(topic),
            Target::Story(story) => Target::Story(story),
            Target::Publication(publication) => Target::Publication(publication.into_owned()),
            Target::Section(section) => Target::Section(section.into_owned()),
            Target::Share(share) => Target::Share(share),
            Target::Picture(picture) => Target::Picture(picture),
            Target::Redirect(redirect) => Target::Redirect(redirect.into_owned()),
            Target::OpaqueRedirect(redirect) => Target::OpaqueRedirect(redirect.into_owned()),
        }
    }

    /// Parses the message of an article in its common form: the first `len` bytes of `buffer`, of which `non_printable` are
    /// not `!` to `~`. Returns `None` for other messages. [`from_message`](Self::from_message) accepts all messages and
    /// returns the same target, but takes longer.
    // Inlined up to the caller that stores the target: returning it through memory, written 8 bytes and read 16 bytes at a
    // time, takes 15 ns more.
    #[inline(always)]
    pub(crate) fn from_common_form(
        level: Level,
        buffer: &'a [u8],
        len: usize,
        non_printable: u32,
        scratch: &mut [u8],
    ) -> Option<Self> {
        let shape = ArticleShape::of(buffer, len, non_printable)?;
        match Article::from_shape(buffer, &shape) {
            Some(article) => Some(Target::Article(article)),
            None => OpaqueArticle::from_shape(level, buffer, &shape, scratch).map(Target::OpaqueArticle),
        }
    }

    /// Parses the message of an ID. The offset of an error counts the message's bytes.
    pub(crate) fn from_message(message: &'a [u8]) -> Result<Self, Error> {
        let mut fields = Fields::default();
        if let Err(error) = fields.parse(message) {
            return Err(find_unknown_type(message).unwrap_or(error));
        }
        let fields = &fields;
        match fields.kind.ok_or(fields.error_at_type(ErrorKind::Malformed))? {
            types::WEB_ARTICLE if fields.key.is_some_and(|key| token::is_meant_as_token(key.bytes)) => {
                OpaqueArticle::from_fields(fields).map(Target::from)
            }
            types::WEB_ARTICLE => Article::from_fields(fields).map(Target::from),
            types::REDIRECT => OpaqueRedirect::from_fields(fields).map(Target::from),
            types::ARTICLE => KeyedArticle::from_fields(fields).map(Target::from),
            types::VIDEO => Video::from_fields(fields).map(Target::from),
            types::EDITION => AnyEdition::from_fields(fields).map(|edition| match edition {
                AnyEdition::Topic(topic) => Target::Topic(topic),
                AnyEdition::Story(story) => Target::Story(story),
                AnyEdition::Publication(publication) => Target::Publication(publication),
            }),
            types::FAMILY => Publication::from_family(fields).map(Target::from),
            types::SECTION => Section::from_fields(fields).map(Target::from),
            types::SHORT => Share::from_fields(fields).map(Target::from),
            types::PICTURE => Picture::from_fields(fields).map(Target::from),
            other => Err(fields.error_at_type(unknown_type(other))),
        }
    }
}

fn unknown_type(id_type: u64) -> ErrorKind {
    ErrorKind::UnknownType(u32::try_from(id_type).unwrap_or(u32::MAX))
}

/// Returns the error of a well-formed message of a type that no link contains. Its other fields can mean anything, so
/// that the strict reader may find them malformed.
#[cold]
fn find_unknown_type(message: &[u8]) -> Option<Error> {
    let mut reader = Reader::new(Slice::whole(message));
    let mut unknown = None;
    while !reader.is_at_end() {
        let tag = reader.tag().ok()?;
        if unknown.is_none() && tag == tag!(uint64 1) {
            let id_type = reader.varint().ok()?;
            // Most damaged IDs are of a known type.
            if types::ALL.contains(&id_type) {
                return None;
            }
            unknown = Some(id_type);
        } else {
            reader.skip_value(tag).ok()?;
        }
    }
    unknown.filter(|_| reader.is_shortest).map(|id_type| Error::at(unknown_type(id_type), 1))
}

/// Writes the kind of the target and what identifies it: `article https://amu.tv/111931/`.
impl fmt::Display for Target<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.kind())?;
        let name = match self {
            Target::Topic(topic) => {
                let facts = [
                    topic.knowledge_graph_id(),
                    topic.name(),
                    topic.language(),
                    topic.region(),
                    topic.query(),
                ];
                return facts.into_iter().flatten().try_for_each(|fact| write!(f, " {fact}"));
            }
            Target::Story(story) => return write!(f, " {}", story.cluster_number()),
            Target::Share(share) => return write!(f, " {}", share.number()),
            Target::Publication(publication) => publication.site(),
            Target::Section(section) => section.name(),
            Target::Picture(picture) => Some(picture.key()),
            _ => self.canonical_url().or(self.token()),
        };
        match name {
            Some(name) => write!(f, " {name}"),
            None => self.to_id().map_or(Ok(()), |id| write!(f, " {id}")),
        }
    }
}

impl<'a> From<Edition<'a>> for Target<'a> {
    fn from(edition: Edition<'a>) -> Self {
        match edition {
            Edition::Topic(topic) => Target::Topic(topic),
            Edition::Publication(publication) => Target::Publication(publication),
        }
    }
}

impl<'a> TryFrom<Target<'a>> for Edition<'a> {
    type Error = TryFromTargetError;

    fn try_from(target: Target<'a>) -> Result<Self, TryFromTargetError> {
        match target {
            Target::Topic(topic) => Ok(Edition::Topic(topic)),
            Target::Publication(publication) => Ok(Edition::Publication(publication)),
            other => {
                Err(TryFromTargetError { expected: &[Kind::Topic, Kind::Publication], found: other.kind() })
            }
        }
    }
}

/// Writes the kind of the edition and what identifies it, as for a [`Target`]: `topic /m/07c1v en US`.
impl fmt::Display for Edition<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        Target::from(self.clone()).fmt(f)
    }
}
