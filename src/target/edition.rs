use prost::Message;

use super::original::Original;
use super::publication::Publication;
use super::story::Story;
use super::topic::Topic;
use crate::error::{Error, ErrorKind, Field};
use crate::message::schema::{self, SiteKey, TopicKey};
use crate::message::{Fields, KEY, KEY_IS_ENCODED, KeyBody, NUMBER, PARENT, kind};

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

/// The targets that the ID of an edition can have.
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
        let mut family = Fields::default();
        edition.parse_parent(&mut family)?;
        if family.kind != Some(kind::FAMILY) {
            return Err(family.error_at_type(invalid));
        }
        if family.key_is_encoded.is_none() {
            return Publication::from_fields(edition, &family).map(AnyEdition::Publication);
        }
        // An edition whose family has an encoded key has no key and no number of its own.
        if edition.expect_only(PARENT).is_err() {
            return Err(family.error_at_type(ErrorKind::Malformed));
        }
        family.expect_only(KEY | KEY_IS_ENCODED)?;
        let (found, is_complete) =
            KeyBody::parse_in(&family, |key| AnyEdition::from_key(&key, edition, &family))?;
        // The key has more known fields, which `to_id` would lose.
        if !is_complete {
            return Err(family.difference(&found.to_schema().parent.unwrap_or_default()));
        }
        Ok(found)
    }

    /// Parses the key of a family. Also returns `false` if the key has known fields that the result does not contain.
    fn from_key(
        body: &KeyBody<'_>,
        edition: &Fields<'_>,
        family: &Fields<'_>,
    ) -> Result<(Self, bool), Error> {
        let original =
            |has_unknown_fields| Original::of(edition, family.has_unknown_fields || has_unknown_fields);
        let invalid = Error::new(ErrorKind::InvalidField(Field::Key));
        if body.is_topic() {
            let mut key = TopicKey::default();
            let original = original(body.parse_into(&mut key)?);
            let topic = Topic::from_topic_key(key, original).ok_or(invalid)?;
            return Ok((AnyEdition::Topic(topic), true));
        }
        let mut key = SiteKey::default();
        let original = original(body.parse_into(&mut key)?);
        let found = if let Some(address) = Publication::take_address(&mut key) {
            AnyEdition::Publication(Publication::from_address(address, original))
        } else if let Some(story) = Story::take_from(&mut key, &original) {
            AnyEdition::Story(story)
        } else {
            let topic = Topic::from_site_key(key, original).ok_or(invalid)?;
            return Ok((AnyEdition::Topic(topic), true));
        };
        Ok((found, key.encoded_len() == 0))
    }

    fn to_schema(&self) -> schema::Id {
        match self {
            AnyEdition::Topic(topic) => topic.to_schema(),
            AnyEdition::Story(story) => story.to_schema(),
            AnyEdition::Publication(publication) => publication.to_schema(),
        }
    }
}
