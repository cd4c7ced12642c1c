use std::fmt;

use super::original::Original;
use crate::base64url;
use crate::error::{Error, ErrorKind, Field};
use crate::message::{FIELD_19, Fields, KEY, kind, schema};

/// A YouTube video.
///
/// # Examples
///
/// ```
/// use google_news_link::{Target, Video, decode};
///
/// let target = decode("https://news.google.com/rss/articles/CCAiC2JSMFZjT0NUb2hZmAEB?oc=5")?;
/// assert_eq!(target.as_video().map(Video::youtube_id), Some("bR0VcOCTohY"));
/// assert_eq!(target.canonical_url(), Some("https://www.youtube.com/watch?v=bR0VcOCTohY"));
/// # Ok::<(), google_news_link::Error>(())
/// ```
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct Video {
    /// ASCII. Its length is fixed, so it needs no allocation.
    watch_url: [u8; WATCH_LEN],
    pub(super) original: Original,
}

const WATCH: &str = "https://www.youtube.com/watch?v=";
const YOUTUBE_ID_LEN: usize = 11;
const WATCH_LEN: usize = WATCH.len() + YOUTUBE_ID_LEN;

impl Video {
    /// Returns the ID of the video on YouTube: 11 base64url characters.
    pub fn youtube_id(&self) -> &str {
        &self.watch_url()[WATCH.len()..]
    }

    /// Returns the address of the video's page.
    pub fn watch_url(&self) -> &str {
        #[expect(clippy::expect_used, reason = "`from_youtube_id`, the only constructor, stores ASCII")]
        std::str::from_utf8(&self.watch_url).expect("a video's URL is ASCII")
    }

    fn from_youtube_id(id: &[u8], original: Original) -> Option<Self> {
        if id.len() != YOUTUBE_ID_LEN || !id.iter().all(|&byte| base64url::is_base64url(byte)) {
            return None;
        }
        let mut watch_url = [0; WATCH_LEN];
        let (prefix, suffix) = watch_url.split_at_mut(WATCH.len());
        prefix.copy_from_slice(WATCH.as_bytes());
        suffix.copy_from_slice(id);
        Some(Video { watch_url, original })
    }

    pub(super) fn from_fields(fields: &Fields<'_>) -> Result<Self, Error> {
        fields.expect_only(KEY | FIELD_19)?;
        let key = fields.key()?;
        // 1 in all 126 known IDs. An ID with another value could not be encoded again.
        let malformed = fields.error_at_type(ErrorKind::Malformed);
        let field_19 = fields.field_19.ok_or(malformed)?;
        let invalid = Error::at(ErrorKind::InvalidField(Field::YoutubeId), key.start);
        let video = Video::from_youtube_id(key.bytes, Original::of(fields, false)).ok_or(invalid)?;
        if field_19 == 1 { Ok(video) } else { Err(malformed) }
    }

    pub(super) fn to_schema(&self) -> schema::Id {
        schema::Id {
            key: Some(self.youtube_id().as_bytes().to_vec()),
            field_19: Some(1),
            ..schema::Id::new(kind::VIDEO)
        }
    }
}

impl fmt::Debug for Video {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Video").field("youtube_id", &self.youtube_id()).finish()
    }
}
