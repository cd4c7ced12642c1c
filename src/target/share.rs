use super::original::Original;
use crate::error::Error;
use crate::message::{Fields, NUMBER, kind, schema};

/// A link that was created with the button *Share*: `news.google.com/s/CBIw…`. It contains a number, from which the
/// article cannot be determined offline.
///
/// # Examples
///
/// ```
/// use google_news_link::{Share, decode};
///
/// let target = decode("https://news.google.com/s/CBIwkdv6lUE?oc=3")?;
/// assert_eq!(target.as_share().map(Share::number), Some(17_494_355_345));
/// # Ok::<(), google_news_link::Error>(())
/// ```
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct Share {
    number: u64,
    pub(super) original: Original,
}

impl Share {
    /// Returns the number, which has 10 or 11 digits.
    pub fn number(&self) -> u64 {
        self.number
    }

    pub(super) fn from_fields(fields: &Fields<'_>) -> Result<Self, Error> {
        fields.expect_only(NUMBER)?;
        Ok(Share { number: fields.number()?, original: Original::of(fields, false) })
    }

    pub(super) fn to_schema(&self) -> schema::Id {
        schema::Id { number: Some(self.number), ..schema::Id::new(kind::SHORT) }
    }
}
