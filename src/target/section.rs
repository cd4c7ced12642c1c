use prost::Message;

use super::edition::{
    AnyEdition, Edition, Key, SITE_KEY, TOPIC_KEY, are_plain, edition_key, site_texts_are_plain,
};
use crate::base64url;
use crate::error::{Error, ErrorKind, Field};
use crate::message::schema::{self, SiteKey, TopicKey};
use crate::message::{ENCODED, Fields, KEY, NUMBER, PARENT, TYPE_OFFSET, kind};

/// A section of a topic's or a publication's page.
///
/// ```
/// use google_news_link::{Edition, Target, decode};
///
/// let link = "https://news.google.com/publications/CAAqBwgKMKPg-Aow_anfAg/sections/\
///             CAQqEAgAKgcICjCj4PgKMP2p3wIw_vaxBQ?oc=3&ceid=US:en";
/// let Target::Section(section) = decode(link)? else { unreachable!() };
/// assert_eq!(section.number(), Some(11_303_806));
/// assert_eq!(section.edition().to_id(), "CAAqBwgKMKPg-Aow_anfAg");
/// # Ok::<(), google_news_link::Error>(())
/// ```
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct Section<'a> {
    edition: Edition<'a>,
    number: Option<u64>,
    key: Option<Box<SectionKey>>,
}

#[derive(Clone, PartialEq, Eq, Hash, Debug)]
enum SectionKey {
    Topic(TopicKey),
    Site(SiteKey),
}

impl<'a> Section<'a> {
    /// The topic or publication that the section is part of. In links of local sections it names the place,
    /// which the link's first ID does not.
    pub fn edition(&self) -> &Edition<'a> {
        &self.edition
    }

    /// The number of a publication's section.
    pub fn number(&self) -> Option<u64> {
        self.number
    }

    /// The name of the section: a constant of Google's (`MARKETS_SECTION_NAME`, `local_v2_section`) or a text
    /// (`Futebol`).
    pub fn name(&self) -> Option<&str> {
        match self.key.as_deref()? {
            SectionKey::Topic(key) => {
                let label = key.name.as_ref()?.label.as_ref()?;
                label.constant.as_deref().or(label.text.as_deref())
            }
            SectionKey::Site(key) => key.section.as_deref(),
        }
    }

    /// The Knowledge Graph ID of the section's own subject.
    pub fn subject(&self) -> Option<&str> {
        match self.key.as_deref()? {
            SectionKey::Topic(key) => key.section.as_ref()?.subject.as_ref()?.mid.as_deref(),
            SectionKey::Site(_) => None,
        }
    }

    /// The Knowledge Graph ID of the place that a local section is about.
    pub fn place(&self) -> Option<&str> {
        match self.key.as_deref()? {
            SectionKey::Topic(_) => None,
            SectionKey::Site(key) => key.place.as_ref()?.mid.as_deref(),
        }
    }

    /// The ID, as Google writes it.
    pub fn to_id(&self) -> String {
        self.message().to_id()
    }

    /// The section with texts of its own.
    pub fn into_owned(self) -> Section<'static> {
        Section { edition: self.edition.into_owned(), number: self.number, key: self.key }
    }

    pub(crate) fn read(fields: &Fields<'a>) -> Result<Self, Error> {
        fields.expect(PARENT, KEY | NUMBER | ENCODED)?;
        let edition = fields.in_parent(|edition| match Edition::read(&edition)? {
            AnyEdition::Topic(topic) => Ok(Edition::Topic(topic)),
            AnyEdition::Publication(publication) => Ok(Edition::Publication(publication)),
            AnyEdition::Story(_) => Err(Error::at(ErrorKind::InvalidField(Field::Edition), TYPE_OFFSET)),
        })?;
        let key = match fields.key {
            None => None,
            Some(text) => {
                let at = fields.offset_of(text);
                let key = match Key::read(fields)? {
                    Key::Topic(key) => SectionKey::Topic(key),
                    Key::Site(key) => SectionKey::Site(key),
                };
                if !key.texts_are_plain() {
                    return Err(Error::at(ErrorKind::InvalidField(Field::Key), at));
                }
                Some(Box::new(key))
            }
        };
        let section = Section { edition, number: fields.number, key };
        fields.expect_written_as(&section.message())?;
        Ok(section)
    }

    pub(crate) fn message(&self) -> schema::Id {
        let key = self.key.as_deref().map(|key| match key {
            SectionKey::Topic(key) => edition_key(TOPIC_KEY, key),
            SectionKey::Site(key) => edition_key(SITE_KEY, key),
        });
        schema::Id {
            kind: Some(kind::SECTION),
            key_is_encoded: key.as_ref().map(|_| 1),
            key: key.map(|key| base64url::encode(&key.encode_to_vec()).into_bytes()),
            parent: Some(Box::new(self.edition.message())),
            number: self.number,
            ..schema::Id::default()
        }
    }
}

impl SectionKey {
    fn texts_are_plain(&self) -> bool {
        match self {
            SectionKey::Topic(key) => {
                let label = key.name.as_ref().and_then(|name| name.label.as_ref());
                let subject = key.section.as_ref().and_then(|section| section.subject.as_ref());
                are_plain([
                    &key.mid,
                    &key.language,
                    &key.region,
                    subject.map_or(&None, |subject| &subject.mid),
                    key.name.as_ref().map_or(&None, |name| &name.mid),
                    label.map_or(&None, |label| &label.constant),
                    label.map_or(&None, |label| &label.text),
                ])
            }
            SectionKey::Site(key) => site_texts_are_plain(key),
        }
    }
}
