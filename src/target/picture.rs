use prost::Message;

use super::original::Original;
use crate::base64url;
use crate::error::{Error, ErrorKind, Field};
use crate::message::schema::{self, PictureKey};
use crate::message::strict::{self, Parsed};
use crate::message::{Fields, KEY, Slice, kind};

/// A picture that Google serves: `news.google.com/api/attachments/CC8i…=-w200-h112-p-df-rw`.
///
/// # Examples
///
/// ```
/// use google_news_link::{Picture, decode};
///
/// let link = "https://news.google.com/api/attachments/\
///             CC8iK0NnNXplRlJtV1RjMWFUaDFaMmhmVFJDZkF4ampCU2dLTWdaQlE1Z1RIUWs=-w280-h168-p-df-rw";
/// let picture = Picture::try_from(decode(link)?)?;
/// assert_eq!(picture.key(), "sxTfY75i8ugh_M");
/// assert_eq!((picture.width(), picture.height()), (Some(739), Some(415)));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct Picture {
    key: String,
    width: Option<u64>,
    height: Option<u64>,
    field_5: Option<u64>,
    field_6: Option<Vec<u8>>,
    pub(super) original: Original,
}

impl Picture {
    /// Returns the picture's key. It has 14 characters in all 1,084 known IDs.
    pub fn key(&self) -> &str {
        &self.key
    }

    /// Returns what is likely the width in pixels.
    pub fn width(&self) -> Option<u64> {
        self.width
    }

    /// Returns what is likely the height in pixels.
    pub fn height(&self) -> Option<u64> {
        self.height
    }

    pub(super) fn from_fields(fields: &Fields<'_>) -> Result<Self, Error> {
        fields.expect_only(KEY)?;
        fields.parse_key(|message| {
            let Parsed { message: picture, has_unknown_fields } = strict::parse(Slice::whole(message))?;
            let PictureKey { key, height, width, field_5, field_6 } = picture;
            let key = key.ok_or(Error::new(ErrorKind::InvalidField(Field::Key)))?;
            let original = Original::of(fields, has_unknown_fields);
            Ok(Picture { key, width, height, field_5, field_6, original })
        })
    }

    pub(super) fn to_schema(&self) -> schema::Id {
        let key = PictureKey {
            key: Some(self.key.clone()),
            height: self.height,
            width: self.width,
            field_5: self.field_5,
            field_6: self.field_6.clone(),
        };
        let encoded = base64url::encode(&key.encode_to_vec());
        schema::Id { key: Some(encoded.into_bytes()), ..schema::Id::new(kind::PICTURE) }
    }
}
