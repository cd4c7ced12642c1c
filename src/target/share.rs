use crate::error::Error;
use crate::message::{Fields, NUMBER, kind, schema};

/// A link made to be shared: `news.google.com/s/CBIw…`. It holds a number, and only Google knows of what.
///
/// ```
/// use google_news_link::{Target, decode};
///
/// let Target::Share(share) = decode("https://news.google.com/s/CBIwkdv6lUE?oc=3")? else {
///     unreachable!()
/// };
/// assert_eq!(share.number(), 17_494_355_345);
/// # Ok::<(), google_news_link::Error>(())
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct Share {
    number: u64,
}

impl Share {
    /// The number, of 10 or 11 digits.
    pub fn number(&self) -> u64 {
        self.number
    }

    /// The ID, as Google writes it.
    pub fn to_id(&self) -> String {
        self.message().to_id()
    }

    pub(crate) fn read(fields: &Fields<'_>) -> Result<Self, Error> {
        fields.expect(NUMBER, 0)?;
        Ok(Share { number: fields.number.unwrap_or_default() })
    }

    pub(crate) fn message(&self) -> schema::Id {
        schema::Id { kind: Some(kind::SHORT), number: Some(self.number), ..schema::Id::default() }
    }
}
