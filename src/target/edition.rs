use prost::Message;

use super::original::Original;
use super::publication::Publication;
use super::story::Story;
use super::topic::Topic;
use crate::error::{Error, ErrorKind, Field};
use crate::message::schema::{self, SiteKey};
use crate::message::{Fields, KEY, KEY_IS_ENCODED, Key, NUMBER, PARENT, kind};

/// The topic or publication to which a [`Section`](crate::Section) belongs.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
#[non_exhaustive]
pub enum Edition<'a> {
    /// The section belongs to a topic.
    Topic(Topic),
    /// The section belongs to a publication.
    Publication(Publication<'a>),
}

impl<'a> Edition<'a> {
    /// Converts the edition into one that borrows nothing.
    pub fn into_owned(self) -> Edition<'static> {
        match self {
            Edition::Topic(topic) => Edition::Topic(topic),
            Edition::Publication(publication) => Edition::Publication(publication.into_owned()),
        }
    }

    /// Returns the ID, byte for byte as Google writes it.
    pub fn to_id(&self) -> String {
        match self {
            Edition::Topic(topic) => topic.to_id(),
            Edition::Publication(publication) => publication.to_id(),
        }
    }

    /// Returns `true` if the ID has fields that this version of the crate does not know. [`to_id`](Self::to_id) returns them
    /// with the others.
    pub fn has_unknown_fields(&self) -> bool {
        match self {
            Edition::Topic(topic) => topic.has_unknown_fields(),
            Edition::Publication(publication) => publication.has_unknown_fields(),
        }
    }

    pub(super) fn to_schema(&self) -> schema::Id {
        match self {
            Edition::Topic(topic) => topic.to_schema(),
            Edition::Publication(publication) => publication.to_schema(),
        }
    }
}

/// What the ID of an edition can mean.
pub(super) enum AnyEdition<'a> {
    Topic(Topic),
    Story(Story),
    Publication(Publication<'a>),
}

impl<'a> AnyEdition<'a> {
    pub(super) fn from_fields(edition: &Fields<'a>) -> Result<Self, Error> {
        let invalid = ErrorKind::InvalidField(Field::Edition);
        if edition.kind != Some(kind::EDITION) {
            return Err(edition.error_at_type(invalid));
        }
        edition.expect_only(PARENT | KEY | NUMBER)?;
        let family = edition.parent()?;
        if family.kind != Some(kind::FAMILY) {
            return Err(family.error_at_type(invalid));
        }
        if family.key_is_encoded.is_none() {
            return Publication::from_fields(edition, &family).map(AnyEdition::Publication);
        }
        // Nothing else has an encoded key.
        if edition.expect_only(PARENT).is_err() {
            return Err(family.error_at_type(ErrorKind::Malformed));
        }
        family.expect_only(KEY | KEY_IS_ENCODED)?;
        let key = Key::from_fields(&family)?;
        let original = Original::of(edition, family.has_unknown_fields || key.has_unknown_fields);
        match key.message {
            Key::Topic(key) => Topic::from_topic_key(*key, original).map(AnyEdition::Topic),
            Key::Site(key) => AnyEdition::from_site_key(key, original, &family)?,
        }
        .ok_or(Error::at(ErrorKind::InvalidField(Field::Key), family.key()?.start))
    }

    fn from_site_key(
        mut key: Box<SiteKey>,
        original: Original,
        family: &Fields<'_>,
    ) -> Result<Option<Self>, Error> {
        let expect_empty = |rest: &SiteKey, taken: &dyn Fn() -> Key| match rest.encoded_len() == 0 {
            true => Ok(()),
            false => Err(family.difference(&taken().to_family())),
        };
        if let Some(address) = Publication::take_address(&mut key) {
            expect_empty(&key, &|| Publication::site_key(address.clone()))?;
            return Ok(Some(AnyEdition::Publication(Publication::from_address(address, original))));
        }
        if let Some(story) = Story::take_from(&mut key, &original) {
            expect_empty(&key, &|| story.to_key())?;
            return Ok(Some(AnyEdition::Story(story)));
        }
        Ok(Topic::from_site_key(key, original).map(AnyEdition::Topic))
    }
}
