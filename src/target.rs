use std::fmt;
use std::str::FromStr;

use url::Url;

use crate::base64url::Level;
use crate::error::{Error, ErrorKind};
use crate::message::{Fields, Shape, TYPE_OFFSET, kind, schema};
use article::{Article, KeyedArticle, OpaqueArticle, Redirect, Video, resembles_token};
use edition::{AnyEdition, Edition, Story, Topic};
use picture::Picture;
use publication::Publication;
use section::Section;
use share::Share;

pub(crate) mod article;
pub(crate) mod edition;
pub(crate) mod picture;
pub(crate) mod publication;
pub(crate) mod section;
pub(crate) mod share;

/// Where a link leads, or what it is of.
///
/// It borrows from the [`Decoder`](crate::Decoder) and the link that it comes from;
/// [`into_owned`](Self::into_owned) cuts it loose. [`decode`](crate::decode) gives an owned one.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
#[non_exhaustive]
pub enum Target<'a> {
    /// An article whose ID holds the publisher's URL.
    Article(Article<'a>),
    /// An article whose ID holds an encrypted URL.
    OpaqueArticle(OpaqueArticle<'a>),
    /// An article known by a key.
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
    /// A link made to be shared.
    Share(Share),
    /// A picture that Google serves.
    Picture(Picture),
    /// A link with the URL in clear.
    Redirect(Redirect<'a>),
}

impl<'a> Target<'a> {
    /// Which kind of target it is.
    pub fn kind(&self) -> Kind {
        match self {
            Target::Article(_) => Kind::Article,
            Target::OpaqueArticle(_) => Kind::OpaqueArticle,
            Target::KeyedArticle(_) => Kind::KeyedArticle,
            Target::Video(_) => Kind::Video,
            Target::Topic(_) => Kind::Topic,
            Target::Story(_) => Kind::Story,
            Target::Publication(_) => Kind::Publication,
            Target::Section(_) => Kind::Section,
            Target::Share(_) => Kind::Share,
            Target::Picture(_) => Kind::Picture,
            Target::Redirect(_) => Kind::Redirect,
        }
    }

    /// The publisher's URL, as the exact text that the link holds: of an article, a video, a redirect, and a
    /// keyed article whose link carries `uo=`.
    ///
    /// It begins with `http://` or `https://`, is valid UTF-8 and holds no space and no control
    /// character.
    pub fn canonical_url(&self) -> Option<&str> {
        match self {
            Target::Article(article) => Some(article.canonical_url()),
            Target::KeyedArticle(article) => article.canonical_url(),
            Target::Video(video) => Some(video.watch_url()),
            Target::Redirect(redirect) => Some(redirect.url()),
            _ => None,
        }
    }

    /// The URL of the publisher's AMP page, of an article that has one. The same holds of it as of the
    /// [canonical URL](Self::canonical_url).
    pub fn amp_url(&self) -> Option<&str> {
        match self {
            Target::Article(article) => article.amp_url(),
            _ => None,
        }
    }

    /// The token of an opaque article: equal tokens stand for equal URLs.
    pub fn token(&self) -> Option<&str> {
        match self {
            Target::OpaqueArticle(article) => Some(article.token()),
            _ => None,
        }
    }

    /// The [canonical URL](Self::canonical_url), parsed. That normalises it: `http://example.com` gets a
    /// slash, `'` in a query an escape.
    ///
    /// # Errors
    ///
    /// The inner one for a URL that `url` can't parse, `https://example.com:99999/`.
    ///
    /// ```
    /// let target = google_news_link::decode("CBMiFmh0dHBzOi8vYW11LnR2LzExMTkzMS_SAQA")?;
    /// assert_eq!(target.to_url().unwrap()?.host_str(), Some("amu.tv"));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn to_url(&self) -> Option<Result<Url, url::ParseError>> {
        self.canonical_url().map(Url::parse)
    }

    /// The ID, as Google writes it: the one that the link held, byte for byte. A redirect has none.
    ///
    /// ```
    /// let id = "CAAqBwgKMI7rigMwlq88";
    /// assert_eq!(google_news_link::decode(id)?.to_id().as_deref(), Some(id));
    /// # Ok::<(), google_news_link::Error>(())
    /// ```
    pub fn to_id(&self) -> Option<String> {
        self.message().map(|message| message.to_id())
    }

    fn message(&self) -> Option<schema::Id> {
        Some(match self {
            Target::Article(article) => article.message(),
            Target::OpaqueArticle(article) => article.message(),
            Target::KeyedArticle(article) => article.message(),
            Target::Video(video) => video.message(),
            Target::Topic(topic) => topic.message(),
            Target::Story(story) => story.message(),
            Target::Publication(publication) => publication.message(),
            Target::Section(section) => section.message(),
            Target::Share(share) => share.message(),
            Target::Picture(picture) => picture.message(),
            Target::Redirect(_) => return None,
        })
    }

    /// The target with texts of its own, free of the decoder and the link.
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
        }
    }

    /// What the message of an ID says, if it is an article of the usual shape and sound: [`read`](Self::read)
    /// says the same of it, but takes longer. It is the first `len` bytes of `buffer`, of which
    /// `foreign` are none of `!` to `~`.
    // Inlined up to the caller that stores the target: to return it through memory, written in 8 and read in 16 bytes at a time, takes
    // 15 ns more.
    #[inline(always)]
    pub(crate) fn accept(
        level: Level,
        buffer: &'a [u8],
        len: usize,
        foreign: u32,
        scratch: &mut [u8],
    ) -> Option<Self> {
        let shape = Shape::of(buffer, len, foreign)?;
        match Article::accept(buffer, &shape) {
            Some(article) => Some(Target::Article(article)),
            None => OpaqueArticle::accept(level, buffer, &shape, scratch).map(Target::OpaqueArticle),
        }
    }

    /// What the message of an ID says; an error's offset counts the message's bytes.
    pub(crate) fn read(message: &'a [u8]) -> Result<Self, Error> {
        let fields = Fields::read(message)?;
        match fields.kind {
            kind::WEB_ARTICLE if resembles_token(fields.required_key()) => {
                OpaqueArticle::read(&fields).map(Target::OpaqueArticle)
            }
            kind::WEB_ARTICLE => Article::read(&fields).map(Target::Article),
            kind::ARTICLE => KeyedArticle::read(&fields).map(Target::KeyedArticle),
            kind::VIDEO => Video::read(&fields).map(Target::Video),
            kind::EDITION => Edition::read(&fields).map(|edition| match edition {
                AnyEdition::Topic(topic) => Target::Topic(topic),
                AnyEdition::Story(story) => Target::Story(story),
                AnyEdition::Publication(publication) => Target::Publication(publication),
            }),
            kind::FAMILY => Publication::read_family(&fields).map(Target::Publication),
            kind::SECTION => Section::read(&fields).map(Target::Section),
            kind::SHORT => Share::read(&fields).map(Target::Share),
            kind::PICTURE => Picture::read(&fields).map(Target::Picture),
            other => {
                let other = u32::try_from(other).unwrap_or(u32::MAX);
                Err(Error::at(ErrorKind::UnknownType(other), TYPE_OFFSET))
            }
        }
    }
}

/// `article https://amu.tv/111931/`: the kind, and what there is to know of the target at a glance.
impl fmt::Display for Target<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.kind())?;
        if let Some(text) = self.canonical_url().or(self.token()) {
            return write!(f, " {text}");
        }
        match self {
            Target::Topic(topic) => {
                let texts = [topic.mid(), topic.name(), topic.language(), topic.region(), topic.query()];
                for text in texts.into_iter().flatten() {
                    write!(f, " {text}")?;
                }
                Ok(())
            }
            Target::Story(story) => write!(f, " {}", story.cluster()),
            Target::Share(share) => write!(f, " {}", share.number()),
            Target::Picture(picture) => write!(f, " {}", picture.key()),
            Target::Publication(publication) => match publication.site() {
                Some(site) => write!(f, " {site}"),
                None => write!(f, " {}", publication.to_id()),
            },
            Target::Section(section) => match section.name() {
                Some(name) => write!(f, " {name}"),
                None => write!(f, " {}", section.to_id()),
            },
            Target::KeyedArticle(article) => write!(f, " {}", article.to_id()),
            Target::Article(_) | Target::OpaqueArticle(_) | Target::Video(_) | Target::Redirect(_) => Ok(()),
        }
    }
}

/// The kinds of [`Target`].
///
/// ```
/// use google_news_link::{Kind, decode};
///
/// let kind = decode("CAAqBwgKMI7rigMwlq88")?.kind();
/// assert_eq!(kind.as_str(), "publication");
/// assert_eq!("publication".parse(), Ok(Kind::Publication));
/// # Ok::<(), google_news_link::Error>(())
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
#[non_exhaustive]
pub enum Kind {
    /// `article`
    Article,
    /// `opaque-article`
    OpaqueArticle,
    /// `keyed-article`
    KeyedArticle,
    /// `video`
    Video,
    /// `topic`
    Topic,
    /// `story`
    Story,
    /// `publication`
    Publication,
    /// `section`
    Section,
    /// `share`
    Share,
    /// `picture`
    Picture,
    /// `redirect`
    Redirect,
}

impl Kind {
    /// Every kind, in the order of their declaration.
    pub const ALL: &'static [Kind] = &[
        Kind::Article,
        Kind::OpaqueArticle,
        Kind::KeyedArticle,
        Kind::Video,
        Kind::Topic,
        Kind::Story,
        Kind::Publication,
        Kind::Section,
        Kind::Share,
        Kind::Picture,
        Kind::Redirect,
    ];

    /// The kind's name, lower case with hyphens.
    pub fn as_str(self) -> &'static str {
        match self {
            Kind::Article => "article",
            Kind::OpaqueArticle => "opaque-article",
            Kind::KeyedArticle => "keyed-article",
            Kind::Video => "video",
            Kind::Topic => "topic",
            Kind::Story => "story",
            Kind::Publication => "publication",
            Kind::Section => "section",
            Kind::Share => "share",
            Kind::Picture => "picture",
            Kind::Redirect => "redirect",
        }
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

/// The error of parsing a [`Kind`] from a text that names none, as `Article` or `news`.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
#[error("not a kind of target")]
#[non_exhaustive]
pub struct ParseKindError;

impl FromStr for Kind {
    type Err = ParseKindError;

    fn from_str(name: &str) -> Result<Self, ParseKindError> {
        Kind::ALL.iter().copied().find(|kind| kind.as_str() == name).ok_or(ParseKindError)
    }
}
