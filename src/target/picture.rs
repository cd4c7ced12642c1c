use crate::base64url;
use crate::error::{Error, ErrorKind, Field};
use crate::message::schema::{self, PictureKey};
use crate::message::{Fields, KEY, kind};
use crate::url_policy::is_plain;

use prost::Message;

/// A picture that Google serves: `news.google.com/api/attachments/CC8i…=-w200-h112-p-df-rw`.
///
/// ```
/// use google_news_link::{Target, decode};
///
/// let link = "https://news.google.com/api/attachments/\
///             CC8iK0NnNXplRlJtV1RjMWFUaDFaMmhmVFJDZkF4ampCU2dLTWdaQlE1Z1RIUWs=-w280-h168-p-df-rw";
/// let Target::Picture(picture) = decode(link)? else { unreachable!() };
/// assert_eq!(picture.key(), "sxTfY75i8ugh_M");
/// assert_eq!((picture.width(), picture.height()), (Some(739), Some(415)));
/// # Ok::<(), google_news_link::Error>(())
/// ```
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct Picture {
    key: String,
    width: Option<u64>,
    height: Option<u64>,
    field_5: Option<u64>,
    field_6: Option<Vec<u8>>,
}

impl Picture {
    /// The picture's key, 14 characters in 1,084 of 1,084.
    pub fn key(&self) -> &str {
        &self.key
    }

    /// The width in pixels: by the look of the numbers, nothing says so.
    pub fn width(&self) -> Option<u64> {
        self.width
    }

    /// The height in pixels: by the look of the numbers, nothing says so.
    pub fn height(&self) -> Option<u64> {
        self.height
    }

    /// The ID, as Google writes it.
    pub fn to_id(&self) -> String {
        self.message().to_id()
    }

    pub(crate) fn read(fields: &Fields<'_>) -> Result<Self, Error> {
        fields.expect(KEY, 0)?;
        let at = fields.offset_of(fields.required_key());
        let PictureKey { key, height, width, field_5, field_6 } = fields.decode_key()?;
        let key =
            key.filter(|key| is_plain(key)).ok_or(Error::at(ErrorKind::InvalidField(Field::Key), at))?;
        Ok(Picture { key, width, height, field_5, field_6 })
    }

    pub(crate) fn message(&self) -> schema::Id {
        let key = PictureKey {
            key: Some(self.key.clone()),
            height: self.height,
            width: self.width,
            field_5: self.field_5,
            field_6: self.field_6.clone(),
        };
        schema::Id {
            kind: Some(kind::PICTURE),
            key: Some(base64url::encode(&key.encode_to_vec()).into_bytes()),
            ..schema::Id::default()
        }
    }
}
