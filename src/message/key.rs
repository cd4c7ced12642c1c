use prost::Message;

use super::Fields;
use super::schema::{self, SiteKey, TopicKey, kind};
use super::strict::{self, Parsed, Scan, Strict, fields};
use super::wire::Slice;
use crate::base64url;
use crate::error::{Error, ErrorKind, Field};

const TOPIC: u64 = 16;
const SITE: u64 = 18;

/// The key of a topic, story, site or section: a message, stored as base64url. It is boxed because it is large and moved often,
/// which takes longer than an allocation.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub(crate) enum Key {
    Topic(Box<TopicKey>),
    Site(Box<SiteKey>),
}

impl Key {
    /// Decodes and parses the key of a family or section.
    ///
    /// # Errors
    ///
    /// `InvalidField(Key)` for a key that is not marked as encoded, and those of [`Fields::parse_key`] and
    /// [`strict::parse`].
    pub(crate) fn from_fields(fields: &Fields<'_>) -> Result<Parsed<Self>, Error> {
        match fields.key_is_encoded {
            Some(1) => fields.parse_key(Key::parse),
            _ => Err(Error::at(ErrorKind::InvalidField(Field::Key), fields.key()?.start)),
        }
    }

    pub(super) fn parse(message: &[u8]) -> Result<Parsed<Self>, Error> {
        let outer = strict::parse(Slice::whole(message))?;
        let EditionKey { kind, body: Some(body), field_5: Some(0) } = outer.message else {
            return Err(Error::new(ErrorKind::InvalidField(Field::Key)));
        };
        let (key, has_unknown_fields) = match kind {
            Some(TOPIC) => {
                let mut key = Box::default();
                let has_unknown_fields = strict::parse_into(&mut *key, body)?;
                (Key::Topic(key), has_unknown_fields)
            }
            Some(SITE) => {
                let mut key = Box::default();
                let has_unknown_fields = strict::parse_into(&mut *key, body)?;
                (Key::Site(key), has_unknown_fields)
            }
            _ => return Err(Error::new(ErrorKind::InvalidField(Field::Key))),
        };
        Ok(Parsed { message: key, has_unknown_fields: has_unknown_fields | outer.has_unknown_fields })
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
