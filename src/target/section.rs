use prost::Message;

use super::edition::{AnyEdition, Edition};
use super::original::Original;
use crate::error::{Error, ErrorKind, Field};
use crate::message::{Fields, KEY, KEY_IS_ENCODED, Key, NUMBER, PARENT, kind, schema};

/// A section of the page of a topic or publication.
///
/// # Examples
///
/// ```
/// use google_news_link::{Section, decode};
///
/// let link = "https://news.google.com/publications/CAAqBwgKMKPg-Aow_anfAg/sections/\
///             CAQqEAgAKgcICjCj4PgKMP2p3wIw_vaxBQ?oc=3&ceid=US:en";
/// let section = Section::try_from(decode(link)?)?;
/// assert_eq!(section.number(), Some(11_303_806));
/// assert_eq!(section.edition().to_id(), "CAAqBwgKMKPg-Aow_anfAg");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct Section<'a> {
    edition: Edition<'a>,
    number: Option<u64>,
    key: Option<Key>,
    pub(super) original: Original,
}

impl<'a> Section<'a> {
    /// Returns the topic or publication to which the section belongs. In links to local sections, this edition contains
    /// the place; the one in the link's first ID does not.
    pub fn edition(&self) -> &Edition<'a> {
        &self.edition
    }

    /// Returns the number of a publication's section.
    pub fn number(&self) -> Option<u64> {
        self.number
    }

    /// Returns the name of the section: one of Google's constants (`MARKETS_SECTION_NAME`, `local_v2_section`) or text
    /// (`Futebol`).
    pub fn name(&self) -> Option<&str> {
        match self.key.as_ref()? {
            Key::Topic(key) => {
                let label = key.name.as_ref()?.label.as_ref()?;
                label.constant.as_deref().or(label.text.as_deref())
            }
            Key::Site(key) => key.section.as_deref(),
        }
    }

    /// Returns the Knowledge Graph ID of the section's own subject.
    pub fn knowledge_graph_id(&self) -> Option<&str> {
        match self.key.as_ref()? {
            Key::Topic(key) => key.section.as_ref()?.subject.as_ref()?.knowledge_graph_id.as_deref(),
            Key::Site(_) => None,
        }
    }

    /// Returns the Knowledge Graph ID of the place that a local section is about.
    pub fn place_knowledge_graph_id(&self) -> Option<&str> {
        match self.key.as_ref()? {
            Key::Topic(_) => None,
            Key::Site(key) => key.place.as_ref()?.knowledge_graph_id.as_deref(),
        }
    }

    /// Converts the section into one that borrows nothing.
    pub fn into_owned(self) -> Section<'static> {
        Section {
            edition: self.edition.into_owned(),
            number: self.number,
            key: self.key,
            original: self.original,
        }
    }

    pub(super) fn from_fields(fields: &Fields<'a>) -> Result<Self, Error> {
        fields.expect_only(PARENT | KEY | NUMBER | KEY_IS_ENCODED)?;
        let mut parent = Fields::default();
        fields.parse_parent(&mut parent)?;
        let edition = match AnyEdition::from_fields(&parent)? {
            AnyEdition::Topic(topic) => Edition::Topic(topic),
            AnyEdition::Publication(publication) => Edition::Publication(publication),
            AnyEdition::Story(_) => return Err(parent.error_at_type(ErrorKind::InvalidField(Field::Edition))),
        };
        let key = fields.key.map(|_| Key::from_fields(fields)).transpose()?;
        let has_unknown_fields =
            edition.has_unknown_fields() || key.as_ref().is_some_and(|key| key.has_unknown_fields);
        let original = Original::of(fields, has_unknown_fields);
        let key = key.map(|key| key.message);
        let section = Section { edition, number: fields.number, key, original };
        match (&section.key, fields.key_is_encoded) {
            (None, Some(_)) => Err(fields.difference(&section.to_schema().encode_to_vec())),
            _ => Ok(section),
        }
    }

    pub(super) fn to_schema(&self) -> schema::Id {
        let id = schema::Id {
            number: self.number,
            ..schema::Id::new(kind::SECTION).with_parent(&self.edition.to_schema())
        };
        match &self.key {
            Some(key) => key.add_to(id),
            None => id,
        }
    }
}
