use std::borrow::Cow;

use prost::Message;

use crate::base64url;
use crate::error::{Error, Field, Problem};
use crate::message::schema::{self, EditionKey, SiteKey, TopicKey};
use crate::message::{ENCODED, Fields, KEY, NUMBER, PARENT, TYPE_OFFSET, judge, kind, text_offset};
use crate::web_url::is_plain;
use publication::PublicationRepr;

mod publication;
mod section;

pub use publication::Publication;
pub use section::Section;

/// The two kinds of [`EditionKey`].
const TOPIC_KEY: u64 = 16;
const SITE_KEY: u64 = 18;

/// The site kind of a publication known by its address (33 of 33).
const PUBLISHER: u64 = 12;

/// A topic: a subject of Google's Knowledge Graph in a language and region, or an edition that goes by a
/// name.
///
/// ```
/// use google_news_link::{Target, decode};
///
/// let link = "https://news.google.com/topics/CAAqJggKIiBDQkFTRWdvSUwyMHZNRGRqTVhZU0FtVnVHZ0pWVXlnQVAB";
/// let Target::Topic(topic) = decode(link)? else { unreachable!() };
/// assert_eq!(topic.mid(), Some("/m/07c1v"));
/// assert_eq!((topic.language(), topic.region()), (Some("en"), Some("US")));
/// # Ok::<(), google_news_link::Error>(())
/// ```
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct Topic {
    repr: TopicRepr,
}

#[derive(Clone, PartialEq, Eq, Hash, Debug)]
enum TopicRepr {
    Subject { mid: String, language: Option<String>, region: Option<String> },
    Named(Box<SiteKey>),
}

impl Topic {
    /// The subject's ID in the Knowledge Graph: `/m/…` (770 of 957 topics) or `/g/…`.
    pub fn mid(&self) -> Option<&str> {
        match &self.repr {
            TopicRepr::Subject { mid, .. } => Some(mid),
            TopicRepr::Named(_) => None,
        }
    }

    /// The language, in Google's codes: `en`, `pt-BR`, `zh-TW`, `es-419`, `iw` for Hebrew.
    pub fn language(&self) -> Option<&str> {
        match &self.repr {
            TopicRepr::Subject { language, .. } => language.as_deref(),
            TopicRepr::Named(_) => None,
        }
    }

    /// The region, a country's two letters. A subject that does not depend on one has none (450 of 957).
    pub fn region(&self) -> Option<&str> {
        match &self.repr {
            TopicRepr::Subject { region, .. } => region.as_deref(),
            TopicRepr::Named(_) => None,
        }
    }

    /// The name of an edition that is not of one subject: `local_v2`, `search`, `covid_text_query`.
    pub fn name(&self) -> Option<&str> {
        self.named()?.edition.as_deref()
    }

    /// The words that a `search` edition looks for.
    pub fn query(&self) -> Option<&str> {
        self.named()?.query.as_ref()?.text.as_deref()
    }

    /// The Knowledge Graph ID of the place that a `local_v2` edition is about.
    pub fn place(&self) -> Option<&str> {
        self.named()?.place.as_ref()?.mid.as_deref()
    }

    /// The ID, as Google writes it.
    pub fn to_id(&self) -> String {
        self.message().to_id()
    }

    fn named(&self) -> Option<&SiteKey> {
        match &self.repr {
            TopicRepr::Subject { .. } => None,
            TopicRepr::Named(key) => Some(key),
        }
    }

    pub(crate) fn message(&self) -> schema::Id {
        encoded_edition(match &self.repr {
            TopicRepr::Subject { mid, language, region } => edition_key(
                TOPIC_KEY,
                &TopicKey {
                    mid: Some(mid.clone()),
                    language: language.clone(),
                    region: region.clone(),
                    ..TopicKey::default()
                },
            ),
            TopicRepr::Named(key) => edition_key(SITE_KEY, &**key),
        })
    }
}

/// A story: many publishers' articles about one event.
///
/// ```
/// use google_news_link::{Target, decode};
///
/// let link = "https://news.google.com/stories/\
///             CAAqNggKIjBDQklTSGpvSmMzUnZjbmt0TXpZd1NoRUtEd2pjcDYtX0VSRlB0dGhHNUFkcU1TZ0FQAQ?oc=5";
/// let Target::Story(story) = decode(link)? else { unreachable!() };
/// assert_eq!(story.cluster(), 4_696_298_460);
/// assert_eq!(story.title(), None);
/// # Ok::<(), google_news_link::Error>(())
/// ```
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct Story {
    name: String,
    cluster: u64,
    hash: u64,
    title: Option<String>,
}

impl Story {
    /// The number of the cluster of articles. In 2019 and 2020 these are of the range of `cid=` in the
    /// links of 2014 to 2017, later they have ten digits.
    pub fn cluster(&self) -> u64 {
        self.cluster
    }

    /// A number that is different in each of 441 stories; what it is made of is unknown.
    pub fn hash(&self) -> u64 {
        self.hash
    }

    /// The title, which 2 stories of 441 hold, both of 2019.
    pub fn title(&self) -> Option<&str> {
        self.title.as_deref()
    }

    /// The ID, as Google writes it.
    pub fn to_id(&self) -> String {
        self.message().to_id()
    }

    pub(crate) fn message(&self) -> schema::Id {
        let cluster = schema::Cluster { number: Some(self.cluster), hash: Some(self.hash) };
        encoded_edition(edition_key(
            SITE_KEY,
            &SiteKey {
                edition: Some(self.name.clone()),
                story: Some(schema::StoryKey { cluster: Some(cluster), title: self.title.clone() }),
                ..SiteKey::default()
            },
        ))
    }
}

/// What a [`Section`] is part of.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
#[non_exhaustive]
pub enum Edition<'a> {
    /// A section of a topic.
    Topic(Topic),
    /// A section of a publication.
    Publication(Publication<'a>),
}

/// What an edition's ID can be of.
pub(crate) enum AnyEdition<'a> {
    Topic(Topic),
    Story(Story),
    Publication(Publication<'a>),
}

impl<'a> Edition<'a> {
    /// The ID of the topic or publication, as Google writes it.
    pub fn to_id(&self) -> String {
        self.message().to_id()
    }

    /// The edition with texts of its own.
    pub fn into_owned(self) -> Edition<'static> {
        match self {
            Edition::Topic(topic) => Edition::Topic(topic),
            Edition::Publication(publication) => Edition::Publication(publication.into_owned()),
        }
    }

    fn message(&self) -> schema::Id {
        match self {
            Edition::Topic(topic) => topic.message(),
            Edition::Publication(publication) => publication.message(),
        }
    }

    /// What the ID of an edition is of; an error's offset counts the edition's bytes.
    pub(crate) fn read(edition: &Fields<'a>) -> Result<AnyEdition<'a>, Error> {
        let unknown = Error::at(Problem::InvalidField(Field::Edition), TYPE_OFFSET);
        if edition.kind != kind::EDITION {
            return Err(unknown);
        }
        edition.expect(PARENT, KEY | NUMBER)?;
        edition.in_parent(|family| {
            if family.kind != kind::FAMILY {
                return Err(unknown);
            }
            if family.key_is_encoded.is_some() {
                return encoded(edition, &family);
            }
            family.expect(0, KEY | NUMBER)?;
            let repr = match (edition.key, edition.number, family.key, family.number) {
                (None, Some(number), None, Some(family)) => PublicationRepr::Number { family, number },
                (Some(key), None, Some(family_key), None) => PublicationRepr::Key {
                    family: key16(&family, family_key)?,
                    key: <[u8; 16]>::try_from(key)
                        .map_err(|_| Error::new(Problem::InvalidField(Field::Key)))?,
                },
                (Some(name), None, None, Some(family)) => PublicationRepr::Name {
                    family,
                    name: std::str::from_utf8(name)
                        .ok()
                        .filter(|name| is_plain(name))
                        .map(Cow::Borrowed)
                        .ok_or(Error::new(Problem::InvalidField(Field::Key)))?,
                },
                _ => return Err(unknown),
            };
            Ok(AnyEdition::Publication(Publication { repr }))
        })
    }
}

/// An edition whose family has an encoded key; an error's offset counts the family's bytes.
fn encoded<'a>(edition: &Fields<'_>, family: &Fields<'_>) -> Result<AnyEdition<'a>, Error> {
    edition.expect(PARENT, 0)?;
    family.expect(KEY | ENCODED, 0)?;
    let unknown = Error::at(Problem::InvalidField(Field::Key), family.offset_of(family.required_key()));
    let (found, message) = match Key::read(family)? {
        Key::Topic(TopicKey { mid: Some(mid), language, region, section: None, name: None }) => {
            if !is_plain(&mid) || !are_plain([&language, &region]) {
                return Err(unknown);
            }
            let topic = Topic { repr: TopicRepr::Subject { mid, language, region } };
            let message = topic.message();
            (AnyEdition::Topic(topic), message)
        }
        Key::Topic(_) => return Err(unknown),
        Key::Site(key) if !site_texts_are_plain(&key) => return Err(unknown),
        Key::Site(SiteKey { site: Some(schema::Site { address: Some(address) }), .. }) => {
            let publication = Publication { repr: PublicationRepr::Site { address: Cow::Owned(address) } };
            let message = publication.message();
            (AnyEdition::Publication(publication), message)
        }
        Key::Site(SiteKey {
            edition: Some(name),
            story:
                Some(schema::StoryKey {
                    cluster: Some(schema::Cluster { number: Some(cluster), hash: Some(hash) }),
                    title,
                }),
            ..
        }) => {
            let story = Story { name, cluster, hash, title };
            let message = story.message();
            (AnyEdition::Story(story), message)
        }
        Key::Site(
            key @ SiteKey { edition: Some(_), story: None, section: None, place_section: None, .. },
        ) => {
            let topic = Topic { repr: TopicRepr::Named(Box::new(key)) };
            let message = topic.message();
            (AnyEdition::Topic(topic), message)
        }
        Key::Site(_) => return Err(unknown),
    };
    // What the found one would be written as is what stands there, or something was lost.
    match message.parent {
        Some(written) => family.expect_written_as(&written).map(|()| found),
        None => Err(unknown),
    }
}

/// What an encoded key holds.
enum Key {
    Topic(TopicKey),
    Site(SiteKey),
}

impl Key {
    /// The key of a family or section; an error's offset counts the bytes of `fields`.
    fn read(fields: &Fields<'_>) -> Result<Self, Error> {
        let at = fields.offset_of(fields.required_key());
        let unknown = Error::at(Problem::InvalidField(Field::Key), at);
        if fields.key_is_encoded != Some(1) {
            return Err(unknown);
        }
        let EditionKey { kind, body: Some(body), field_5: Some(0) } = fields.decode_key()? else {
            return Err(unknown);
        };
        // Behind the body there is nothing but `28 00`.
        let body_at = (fields.required_key().len() * 3 / 4).saturating_sub(body.len() + 2);
        let in_body = |error: Error| error.map_offset(|offset| at + text_offset(body_at + offset));
        match kind {
            Some(TOPIC_KEY) => judge(&body).map(Key::Topic).map_err(in_body),
            Some(SITE_KEY) => judge(&body).map(Key::Site).map_err(in_body),
            _ => Err(unknown),
        }
    }
}

fn edition_key(kind: u64, body: &impl Message) -> EditionKey {
    EditionKey { kind: Some(kind), body: Some(body.encode_to_vec()), field_5: Some(0) }
}

/// The edition of a family with the text of `key` as its key.
fn encoded_edition(key: EditionKey) -> schema::Id {
    let family = schema::Id {
        kind: Some(kind::FAMILY),
        key: Some(base64url::encode(&key.encode_to_vec()).into_bytes()),
        key_is_encoded: Some(1),
        ..schema::Id::default()
    };
    schema::Id { kind: Some(kind::EDITION), parent: Some(Box::new(family)), ..schema::Id::default() }
}

/// `key`, a field of `fields`, as the 16 bytes that it has in 185 of 185 articles and 60 of 63 publications.
pub(crate) fn key16(fields: &Fields<'_>, key: &[u8]) -> Result<[u8; 16], Error> {
    let wrong = Error::at(Problem::InvalidField(Field::Key), fields.offset_of(key));
    <[u8; 16]>::try_from(key).map_err(|_| wrong)
}

fn are_plain<const N: usize>(texts: [&Option<String>; N]) -> bool {
    texts.iter().all(|text| text.as_deref().is_none_or(is_plain))
}

fn site_texts_are_plain(key: &SiteKey) -> bool {
    are_plain([
        &key.edition,
        &key.section,
        key.story.as_ref().map_or(&None, |story| &story.title),
        key.query.as_ref().map_or(&None, |query| &query.text),
        key.site.as_ref().map_or(&None, |site| &site.address),
        key.place_section.as_ref().map_or(&None, |place| &place.mid),
        key.place.as_ref().map_or(&None, |place| &place.mid),
        key.covid.as_ref().map_or(&None, |covid| &covid.world),
        key.covid.as_ref().map_or(&None, |covid| &covid.subject),
    ])
}
