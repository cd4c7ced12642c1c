use std::borrow::Cow;

use prost::Message;

use crate::base64url;
use crate::error::{Error, Field, Problem};
use crate::message::schema::{self, EditionKey, SiteKey, TopicKey};
use crate::message::{
    ENCODED, Fields, KEY, NUMBER, PARENT, TYPE_OFFSET, bytes, judge, kind, text_offset, varint,
};
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
#[cfg_attr(test, derive(PartialEq, Debug))]
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
    match usual(family) {
        Some(found) => Ok(found),
        None => judged(family),
    }
}

/// A topic or story, if its key has the usual fields in the one encoding: 1,398 of 1,433 keys do. [`judged`] says the same
/// of it, but takes five times as long.
fn usual<'a>(family: &Fields<'_>) -> Option<AnyEdition<'a>> {
    const LONGEST: usize = 512;
    let text = family.required_key();
    if text.len() > LONGEST || family.key_is_encoded != Some(1) {
        return None;
    }
    let mut key = [0; base64url::room(LONGEST)];
    let len = base64url::decode(text, &mut key).ok()?;
    let (kind, mut rest) = key[..len].strip_prefix(&[0x08])?.split_first()?;
    let mut body = field(&mut rest, 0x12)?;
    if rest != [0x28, 0x00] {
        return None;
    }
    let found = match u64::from(*kind) {
        TOPIC_KEY => {
            let mid = plain(field(&mut body, 0x0a)?)?;
            let mut optional = |tag| match body.first() {
                Some(first) if *first == tag => field(&mut body, tag).and_then(plain).map(Some),
                _ => Some(None),
            };
            let (language, region) = (optional(0x12)?, optional(0x1a)?);
            AnyEdition::Topic(Topic { repr: TopicRepr::Subject { mid, language, region } })
        }
        SITE_KEY => {
            let name = plain(field(&mut body, 0x3a)?)?;
            let mut story = field(&mut body, 0x4a)?;
            let mut numbers = field(&mut story, 0x0a)?.strip_prefix(&[0x08])?;
            let cluster = varint(&mut numbers)?;
            let hash = u64::from_le_bytes(numbers.strip_prefix(&[0x11])?.try_into().ok()?);
            let title = if story.is_empty() { None } else { Some(plain(field(&mut story, 0x12)?)?) };
            if !story.is_empty() {
                return None;
            }
            AnyEdition::Story(Story { name, cluster, hash, title })
        }
        _ => return None,
    };
    body.is_empty().then_some(found)
}

/// The bytes of the field with the tag, if it is the next.
fn field<'a>(rest: &mut &'a [u8], tag: u8) -> Option<&'a [u8]> {
    *rest = rest.strip_prefix(&[tag])?;
    bytes(rest)
}

fn plain(text: &[u8]) -> Option<String> {
    std::str::from_utf8(text).ok().filter(|text| is_plain(text)).map(str::to_owned)
}

/// What an encoded key is of, and what is wrong with it.
fn judged<'a>(family: &Fields<'_>) -> Result<AnyEdition<'a>, Error> {
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

#[cfg(test)]
mod tests {
    use super::*;
    use quickcheck::{Arbitrary, Gen, QuickCheck};

    /// What is usual must be what prost says, too: that is what lets it be answered alone.
    fn agree(key: &[u8]) -> bool {
        let id = schema::Id {
            kind: Some(kind::FAMILY),
            key: Some(base64url::encode(key).into_bytes()),
            key_is_encoded: Some(1),
            ..schema::Id::default()
        };
        let message = id.encode_to_vec();
        let family = Fields::read(&message).unwrap();
        let found = usual(&family);
        if let Some(found) = &found {
            let judged = judged(&family).unwrap_or_else(|error| panic!("usual, but {error}: {key:02x?}"));
            assert_eq!(found, &judged, "{key:02x?}");
        }
        found.is_some()
    }

    /// A short text, mostly printable ASCII, or one whose length takes one or two bytes.
    #[derive(Clone, Debug)]
    struct Text(String);

    impl Arbitrary for Text {
        fn arbitrary(g: &mut Gen) -> Self {
            let len = usize::arbitrary(g);
            Text(match g.choose(&[0, 0, 0, 0, 1, 2]) {
                Some(0) => (0..len % 13).map(|_| char::from(b' ' + u8::arbitrary(g) % 95)).collect(),
                Some(1) => (0..len % 5).map(|_| char::arbitrary(g)).collect(),
                _ => "a".repeat(120 + len % 11),
            })
        }

        fn shrink(&self) -> Box<dyn Iterator<Item = Self>> {
            Box::new(self.0.shrink().map(Text))
        }
    }

    /// Keys of topics and stories.
    #[derive(Clone, Debug)]
    enum AnyKey {
        Topic { texts: [Option<Text>; 3] },
        Story { texts: [Option<Text>; 2], cluster: Option<[Option<u64>; 2]>, is_publisher: bool },
    }

    impl AnyKey {
        fn to_key(&self) -> EditionKey {
            let text = |text: &Option<Text>| text.as_ref().map(|text| text.0.clone());
            match self {
                AnyKey::Topic { texts } => {
                    let [mid, language, region] = texts.each_ref().map(text);
                    edition_key(TOPIC_KEY, &TopicKey { mid, language, region, ..TopicKey::default() })
                }
                AnyKey::Story { texts, cluster, is_publisher } => {
                    let [edition, title] = texts.each_ref().map(text);
                    let cluster = cluster.map(|[number, hash]| schema::Cluster { number, hash });
                    let story = Some(schema::StoryKey { cluster, title });
                    let site_kind = is_publisher.then_some(PUBLISHER);
                    edition_key(SITE_KEY, &SiteKey { site_kind, edition, story, ..SiteKey::default() })
                }
            }
        }
    }

    impl Arbitrary for AnyKey {
        fn arbitrary(g: &mut Gen) -> Self {
            if bool::arbitrary(g) {
                return AnyKey::Topic { texts: Arbitrary::arbitrary(g) };
            }
            AnyKey::Story {
                texts: Arbitrary::arbitrary(g),
                // Missing in one of ten.
                cluster: (u64::arbitrary(g) % 10 > 0).then(|| Arbitrary::arbitrary(g)),
                is_publisher: bool::arbitrary(g),
            }
        }

        fn shrink(&self) -> Box<dyn Iterator<Item = Self>> {
            match self.clone() {
                AnyKey::Topic { texts } => Box::new(texts.shrink().map(|texts| AnyKey::Topic { texts })),
                AnyKey::Story { texts, cluster, is_publisher } => {
                    let smaller = (texts, cluster, is_publisher).shrink();
                    Box::new(smaller.map(|(texts, cluster, is_publisher)| AnyKey::Story {
                        texts,
                        cluster,
                        is_publisher,
                    }))
                }
            }
        }
    }

    #[test]
    fn usual_keys_are_what_prost_says_they_are() {
        fn property(key: AnyKey, at: usize, byte: u8) {
            let mut key = key.to_key().encode_to_vec();
            agree(&key);
            let at = at % key.len();
            agree(&key[..at]);
            key[at] = byte;
            agree(&key);
        }
        QuickCheck::new().tests(256).quickcheck(property as fn(_, _, _));
    }

    #[test]
    fn topics_and_stories_are_usual() {
        let topic = TopicKey {
            mid: Some("/m/07c1v".into()),
            language: Some("en".into()),
            region: Some("US".into()),
            ..TopicKey::default()
        };
        assert!(agree(&edition_key(TOPIC_KEY, &topic).encode_to_vec()));
        let cluster = Some(schema::Cluster { number: Some(4_696_298_460), hash: Some(7) });
        for title in [None, Some("Google acquires Fitbit".to_owned())] {
            let story = Some(schema::StoryKey { cluster, title });
            let key = SiteKey { edition: Some("story-360".into()), story, ..SiteKey::default() };
            assert!(agree(&edition_key(SITE_KEY, &key).encode_to_vec()));
        }
        // A bell is not a character of a title, nor is a length of two bytes the shortest for 1.
        assert!(!agree(b"\x08\x10\x12\x03\x0a\x01\x07\x28\x00"));
        assert!(agree(b"\x08\x10\x12\x03\x0a\x01a\x28\x00"));
        assert!(!agree(b"\x08\x10\x12\x83\x00\x0a\x01a\x28\x00"));
    }
}
