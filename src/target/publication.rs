use std::borrow::Cow;

use super::edition::{AnyEdition, Edition, PUBLISHER, SITE_KEY, edition_key, encoded_edition};
use crate::error::{Error, ErrorKind, Field};
use crate::message::schema::{self, SiteKey};
use crate::message::{Fields, NUMBER, TYPE_OFFSET, kind};
use crate::url_policy::own;

/// A publication, in one of the forms that Google knows it by: a number, a key or its address.
///
/// ```
/// use google_news_link::{Target, decode};
///
/// let Target::Publication(nyt) = decode("https://news.google.com/publications/CAAqBwgKMI7rigMwlq88")?
/// else {
///     unreachable!()
/// };
/// assert_eq!(nyt.number(), Some(989_078));
/// # Ok::<(), google_news_link::Error>(())
/// ```
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct Publication<'a> {
    pub(super) repr: PublicationRepr<'a>,
}

#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub(super) enum PublicationRepr<'a> {
    Number {
        family: u64,
        number: u64,
    },
    /// The two keys are equal in 60 of 60 sound IDs; a copy by hand was found where they are not.
    Key {
        family: [u8; 16],
        key: [u8; 16],
    },
    /// 3 IDs, inside articles: "www.businessinsider.com/sai", family 12.
    Name {
        family: u64,
        name: Cow<'a, str>,
    },
    Site {
        address: Cow<'a, str>,
    },
    /// A family without an edition: 1 link, of Play Newsstand.
    Family {
        family: u64,
    },
}

impl<'a> Publication<'a> {
    /// The publication's number in Google's catalogue.
    pub fn number(&self) -> Option<u64> {
        match self.repr {
            PublicationRepr::Number { number, .. } => Some(number),
            _ => None,
        }
    }

    /// The number of the family that the publication belongs to.
    pub fn family_number(&self) -> Option<u64> {
        match self.repr {
            PublicationRepr::Number { family, .. }
            | PublicationRepr::Name { family, .. }
            | PublicationRepr::Family { family } => Some(family),
            PublicationRepr::Key { .. } | PublicationRepr::Site { .. } => None,
        }
    }

    /// The key of a publication without a number.
    pub fn key(&self) -> Option<&[u8; 16]> {
        match &self.repr {
            PublicationRepr::Key { key, .. } => Some(key),
            _ => None,
        }
    }

    /// The address of a publication without number and key: `thehackernews.com`, `bbc.co.uk/news`.
    pub fn site(&self) -> Option<&str> {
        match &self.repr {
            PublicationRepr::Site { address } | PublicationRepr::Name { name: address, .. } => Some(address),
            _ => None,
        }
    }

    /// The ID, as Google writes it.
    pub fn to_id(&self) -> String {
        self.message().to_id()
    }

    /// The publication with a text of its own.
    pub fn into_owned(self) -> Publication<'static> {
        let repr = match self.repr {
            PublicationRepr::Number { family, number } => PublicationRepr::Number { family, number },
            PublicationRepr::Key { family, key } => PublicationRepr::Key { family, key },
            PublicationRepr::Name { family, name } => PublicationRepr::Name { family, name: own(name) },
            PublicationRepr::Site { address } => PublicationRepr::Site { address: own(address) },
            PublicationRepr::Family { family } => PublicationRepr::Family { family },
        };
        Publication { repr }
    }

    /// From an edition's fields; nothing is allocated unless the key is an encoded one.
    pub(crate) fn read(edition: &Fields<'a>) -> Result<Self, Error> {
        match Edition::read(edition)? {
            AnyEdition::Publication(publication) => Ok(publication),
            AnyEdition::Topic(_) | AnyEdition::Story(_) => {
                Err(Error::at(ErrorKind::InvalidField(Field::Edition), TYPE_OFFSET))
            }
        }
    }

    pub(crate) fn read_family(family: &Fields<'_>) -> Result<Self, Error> {
        family.expect(NUMBER, 0)?;
        let family = family.number.unwrap_or_default();
        Ok(Publication { repr: PublicationRepr::Family { family } })
    }

    pub(crate) fn message(&self) -> schema::Id {
        let edition = |family, key, number| schema::Id {
            kind: Some(kind::EDITION),
            key,
            parent: Some(Box::new(family)),
            number,
            ..schema::Id::default()
        };
        let family =
            |key, number| schema::Id { kind: Some(kind::FAMILY), key, number, ..schema::Id::default() };
        match &self.repr {
            PublicationRepr::Number { family: f, number } => {
                edition(family(None, Some(*f)), None, Some(*number))
            }
            PublicationRepr::Key { family: f, key } => {
                edition(family(Some(f.to_vec()), None), Some(key.to_vec()), None)
            }
            PublicationRepr::Name { family: f, name } => {
                edition(family(None, Some(*f)), Some(name.as_bytes().to_vec()), None)
            }
            PublicationRepr::Site { address } => encoded_edition(edition_key(
                SITE_KEY,
                &SiteKey {
                    site_kind: Some(PUBLISHER),
                    site: Some(schema::Site { address: Some(address.to_string()) }),
                    ..SiteKey::default()
                },
            )),
            PublicationRepr::Family { family: f } => family(None, Some(*f)),
        }
    }
}
