use std::borrow::Cow;

use super::original::Original;
use crate::error::{Error, ErrorKind, Field};
use crate::message::schema::{self, Site, SiteKey};
use crate::message::{Fields, KEY, Key, NUMBER, kind};
use crate::printable::is_plain;

/// A publication, identified by a number, a key or the address of its site.
///
/// # Examples
///
/// ```
/// use google_news_link::{Publication, decode};
///
/// let nyt = Publication::try_from(decode("https://news.google.com/publications/CAAqBwgKMI7rigMwlq88")?)?;
/// assert_eq!(nyt.number(), Some(989_078));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct Publication<'a> {
    repr: Repr<'a>,
    pub(super) original: Original,
}

#[derive(Clone, PartialEq, Eq, Hash, Debug)]
enum Repr<'a> {
    Number {
        family: u64,
        number: u64,
    },
    /// The two keys are equal in 60 of 60 real IDs. They differ in one ID that was copied by hand.
    Key {
        family: [u8; 16],
        key: [u8; 16],
    },
    /// In 3 IDs, all inside articles: "www.businessinsider.com/sai", family 12.
    Name {
        family: u64,
        name: Cow<'a, str>,
    },
    Site {
        address: String,
    },
    /// A family without an edition, in 1 link of Play Newsstand.
    Family {
        family: u64,
    },
}

/// The site kind of a publication that is identified by its address (in 33 of 33 IDs).
const SITE_KIND: u64 = 12;

impl<'a> Publication<'a> {
    /// Returns the publication's number in Google's catalog.
    pub fn number(&self) -> Option<u64> {
        match self.repr {
            Repr::Number { number, .. } => Some(number),
            _ => None,
        }
    }

    /// Returns the number of the family to which the publication belongs.
    pub fn family_number(&self) -> Option<u64> {
        match self.repr {
            Repr::Number { family, .. } | Repr::Name { family, .. } | Repr::Family { family } => Some(family),
            Repr::Key { .. } | Repr::Site { .. } => None,
        }
    }

    /// Returns the key of a publication without a number.
    pub fn key(&self) -> Option<&[u8; 16]> {
        match &self.repr {
            Repr::Key { key, .. } => Some(key),
            _ => None,
        }
    }

    /// Returns the address of a publication without number and key: `thehackernews.com`, `bbc.co.uk/news`.
    pub fn site(&self) -> Option<&str> {
        match &self.repr {
            Repr::Site { address } => Some(address),
            Repr::Name { name, .. } => Some(name),
            _ => None,
        }
    }

    /// Converts the publication into one that borrows nothing.
    pub fn into_owned(self) -> Publication<'static> {
        let repr = match self.repr {
            Repr::Number { family, number } => Repr::Number { family, number },
            Repr::Key { family, key } => Repr::Key { family, key },
            Repr::Name { family, name } => Repr::Name { family, name: Cow::Owned(name.into_owned()) },
            Repr::Site { address } => Repr::Site { address },
            Repr::Family { family } => Repr::Family { family },
        };
        Publication { repr, original: self.original }
    }

    /// Creates a publication from its edition and the edition's family, whose key is not encoded.
    pub(super) fn from_fields(edition: &Fields<'a>, family: &Fields<'a>) -> Result<Self, Error> {
        family.expect_only(KEY | NUMBER)?;
        let invalid_key = Error::new(ErrorKind::InvalidField(Field::Key));
        let repr = match (edition.key, edition.number, family.key, family.number) {
            (None, Some(number), None, Some(family)) => Repr::Number { family, number },
            (Some(key), None, Some(family_key), None) => {
                Repr::Key { family: family_key.to_array()?, key: key.to_array().map_err(|_| invalid_key)? }
            }
            (Some(name), None, None, Some(family)) => {
                let name = std::str::from_utf8(name.bytes).ok().filter(|name| is_plain(name));
                Repr::Name { family, name: name.ok_or(invalid_key)?.into() }
            }
            _ => return Err(family.error_at_type(ErrorKind::InvalidField(Field::Edition))),
        };
        Ok(Publication { repr, original: Original::of(edition, family.has_unknown_fields) })
    }

    /// Creates a publication from a family that is not part of an edition.
    pub(super) fn from_family(fields: &Fields<'_>) -> Result<Self, Error> {
        fields.expect_only(NUMBER)?;
        let repr = Repr::Family { family: fields.number()? };
        Ok(Publication { repr, original: Original::of(fields, false) })
    }

    pub(super) fn from_address(address: String, original: Original) -> Self {
        Publication { repr: Repr::Site { address }, original }
    }

    /// Takes the address of a publication out of a key. The key is empty afterwards if it is valid.
    pub(super) fn take_address(key: &mut SiteKey) -> Option<String> {
        let address = key.site.as_mut()?.address.take()?;
        key.site = None;
        key.site_kind.take_if(|kind| *kind == SITE_KIND);
        Some(address)
    }

    pub(super) fn to_schema(&self) -> schema::Id {
        let edition = |family: schema::Id, key: Option<&[u8]>, number| schema::Id {
            key: key.map(<[u8]>::to_vec),
            number,
            ..schema::Id::new(kind::EDITION).with_parent(&family)
        };
        let family = |key: Option<&[u8]>, number| schema::Id {
            key: key.map(<[u8]>::to_vec),
            number,
            ..schema::Id::new(kind::FAMILY)
        };
        match &self.repr {
            Repr::Number { family: f, number } => edition(family(None, Some(*f)), None, Some(*number)),
            Repr::Key { family: f, key } => edition(family(Some(f), None), Some(key), None),
            Repr::Name { family: f, name } => edition(family(None, Some(*f)), Some(name.as_bytes()), None),
            Repr::Site { address } => Key::from(SiteKey {
                site_kind: Some(SITE_KIND),
                site: Some(Site { address: Some(address.clone()) }),
                ..SiteKey::default()
            })
            .to_edition(),
            Repr::Family { family: f } => family(None, Some(*f)),
        }
    }
}
