use prost::Message;

use super::fields::Fields;
use super::schema::{self, SiteKey, TopicKey, kind};
use super::strict::{self, Parsed, Strict, fields};
use super::wire::Slice;
use crate::base64url;
use crate::error::{Error, ErrorKind, Field};

const TOPIC: u64 = 16;
const SITE: u64 = 18;

/// The key of a topic, story, site or section: a message, stored as base64url.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub(crate) enum Key {
    Topic(Box<TopicKey>),
    Site(Box<SiteKey>),
}

impl Key {
    /// Decodes and parses the key of a section.
    ///
    /// # Errors
    ///
    /// Returns the errors of [`KeyBody::parse_in`] and [`KeyBody::parse`].
    pub(crate) fn from_fields(fields: &Fields<'_>) -> Result<Parsed<Self>, Error> {
        KeyBody::parse_in(fields, |body| body.parse())
    }

    /// Returns the message `id` with this key.
    pub(crate) fn add_to(&self, id: schema::Id) -> schema::Id {
        let (kind, body) = match self {
            Key::Topic(key) => (TOPIC, key.encode_to_vec()),
            Key::Site(key) => (SITE, key.encode_to_vec()),
        };
        let key = schema::EditionKey { kind: Some(kind), body: Some(body), field_5: Some(0) };
        let encoded = base64url::encode(&key.encode_to_vec());
        schema::Id { key: Some(encoded.into_bytes()), key_is_encoded: Some(1), ..id }
    }

    /// Returns the message of the family that has this key.
    pub(crate) fn to_family(&self) -> schema::Id {
        self.add_to(schema::Id::new(kind::FAMILY))
    }

    /// Returns the message of the edition whose family has this key.
    pub(crate) fn to_edition(&self) -> schema::Id {
        schema::Id::new(kind::EDITION).with_parent(&self.to_family())
    }
}

impl From<TopicKey> for Key {
    fn from(key: TopicKey) -> Self {
        Key::Topic(Box::new(key))
    }
}

impl From<SiteKey> for Key {
    fn from(key: SiteKey) -> Self {
        Key::Site(Box::new(key))
    }
}

/// A key of which only the outer message has been parsed.
pub(crate) struct KeyBody<'a> {
    is_topic: bool,
    body: Slice<'a>,
    has_unknown_fields: bool,
}

impl<'a> KeyBody<'a> {
    /// Decodes the key of a family or section, and applies `parse` to it.
    ///
    /// # Errors
    ///
    /// Returns `InvalidField(Key)` for a key that is not marked as encoded or has another type, and the errors of [`Fields::parse_key`].
    pub(crate) fn parse_in<T>(
        fields: &Fields<'_>,
        parse: impl FnOnce(KeyBody<'_>) -> Result<T, Error>,
    ) -> Result<T, Error> {
        match fields.key_is_encoded {
            Some(1) => fields.parse_key(|message| parse(KeyBody::of(message)?)),
            _ => Err(Error::at(ErrorKind::InvalidField(Field::Key), fields.key()?.start)),
        }
    }

    #[inline(always)]
    pub(super) fn of(message: &'a [u8]) -> Result<Self, Error> {
        let mut key = EditionKey::default();
        let has_unknown_fields = strict::parse_into(&mut key, Slice::whole(message))?;
        match key {
            EditionKey { kind: Some(kind @ (TOPIC | SITE)), body: Some(body), field_5: Some(0) } => {
                Ok(KeyBody { is_topic: kind == TOPIC, body, has_unknown_fields })
            }
            _ => Err(Error::new(ErrorKind::InvalidField(Field::Key))),
        }
    }

    /// Returns `true` for a [`TopicKey`], `false` for a [`SiteKey`].
    pub(crate) fn is_topic(&self) -> bool {
        self.is_topic
    }

    /// Parses the key into `key`, which must have no fields yet, and returns `true` if there are unknown fields.
    pub(crate) fn parse_into<M: Strict<'a>>(&self, key: &mut M) -> Result<bool, Error> {
        Ok(strict::parse_into(key, self.body)? | self.has_unknown_fields)
    }

    /// Parses the key of either type.
    pub(super) fn parse(&self) -> Result<Parsed<Key>, Error> {
        let (message, has_unknown_fields);
        if self.is_topic {
            let mut key = Box::default();
            has_unknown_fields = self.parse_into(&mut *key)?;
            message = Key::Topic(key);
        } else {
            let mut key = Box::default();
            has_unknown_fields = self.parse_into(&mut *key)?;
            message = Key::Site(key);
        }
        Ok(Parsed { message, has_unknown_fields })
    }
}

/// The borrowed form of [`schema::EditionKey`].
#[derive(Default)]
struct EditionKey<'a> {
    kind: Option<u64>,
    body: Option<Slice<'a>>,
    field_5: Option<u64>,
}

impl<'a> Strict<'a> for EditionKey<'a> {
    fields! {
        1 uint64 kind,
        2 slice body,
        5 uint64 field_5,
    }

    fn encode(&self) -> Vec<u8> {
        let body = self.body.map(|body| body.bytes.to_vec());
        schema::EditionKey { kind: self.kind, body, field_5: self.field_5 }.encode_to_vec()
    }
}
