use fearless_simd::Level;

use crate::base64url;
use crate::error::{Error, ErrorKind};
use crate::link::{self, Link};
use crate::message::text_offset;
use crate::target::{Redirect, Target};

/// Decodes one link.
///
/// `link` is anything that [`Link::parse`] accepts: a link in any shape, or an ID. It is read as bytes, so
/// it need not be UTF-8. What comes back owns its texts: for the first four kinds, in the shapes that Google
/// itself writes and of any length that was ever seen, that takes two allocations at most. A [`Decoder`], which
/// is for many links one at a time, takes none.
///
/// # Errors
///
/// [`NotGoogleNews`](crate::ErrorKind::NotGoogleNews) for `https://example.com/`,
/// [`NoId`](crate::ErrorKind::NoId) for `https://news.google.com/search?q=manga`,
/// [`InvalidByte`](crate::ErrorKind::InvalidByte) for `CBMiYmh0dHBzO...`,
/// [`Truncated`](crate::ErrorKind::Truncated) for `CBMiowFodHRw`; [`ErrorKind`](crate::ErrorKind) has an
/// example for each kind. A URL is never guessed, never cut, and never that of the link itself.
///
/// ```
/// use google_news_link::decode;
///
/// let target = decode("https://news.google.com/rss/articles/CBMiFmh0dHBzOi8vYW11LnR2LzExMTkzMS_SAQA?oc=5")?;
/// assert_eq!(target.canonical_url(), Some("https://amu.tv/111931/"));
/// # Ok::<(), google_news_link::Error>(())
/// ```
pub fn decode(link: impl AsRef<[u8]>) -> Result<Target<'static>, Error> {
    let link = link.as_ref();
    // The message is decoded on the stack, so that the only allocations are those of the target's own texts.
    // 99 % of the messages have at most 488 bytes, the longest one 2,330.
    let owned = |decoded: Decoded<'_>| decoded.target.into_owned();
    match base64url::room(link.len()) {
        0..=768 => decode_with(Level::new(), link, &mut [0; 768], &mut [0; 768]).map(owned),
        769..=4096 => decode_with(Level::new(), link, &mut [0; 4096], &mut [0; 4096]).map(owned),
        _ => Decoder::new().decode(link).map(Target::into_owned),
    }
}

/// Decodes links one at a time and keeps its memory between them.
///
/// Once it is warm, that is, has seen a link as long as the one at hand, nothing is allocated for an
/// article, opaque article, keyed article or video in one of the shapes that Google itself writes (by path
/// or host and path, escaped at most by `&amp;`) or as an ID alone.
///
/// ```
/// use google_news_link::Decoder;
///
/// let mut decoder = Decoder::new();
/// for link in ["CBMiFmh0dHBzOi8vYW11LnR2LzExMTkzMS_SAQA", "./articles/CCAiC2JSMFZjT0NUb2hZmAEB?hl=en-US"] {
///     let target = decoder.decode(link)?;
///     println!("{}", target.canonical_url().unwrap_or("?"));
/// }
/// # Ok::<(), google_news_link::Error>(())
/// ```
#[derive(Clone, Debug, Default)]
pub struct Decoder {
    message: Vec<u8>,
    /// The message of a `uo=` parameter.
    uo: Vec<u8>,
}

impl Decoder {
    /// A decoder without any memory yet.
    pub fn new() -> Self {
        Decoder::default()
    }

    /// Decodes one link; what comes back borrows from the decoder and from the link.
    ///
    /// # Errors
    ///
    /// Those of [`decode`].
    pub fn decode<'a>(&'a mut self, link: &'a (impl AsRef<[u8]> + ?Sized)) -> Result<Target<'a>, Error> {
        let link = link.as_ref();
        // A link that is longer than that is not looked at.
        let room = base64url::room(link.len().min(link::MAX_LEN));
        if self.message.len() < room {
            self.message.resize(room, 0);
            self.uo.resize(room, 0);
        }
        decode_with(Level::new(), link, &mut self.message, &mut self.uo).map(|decoded| decoded.target)
    }
}

/// What a link leads to, and the message of its ID, which a link with its URL in clear does not have.
pub(crate) struct Decoded<'a> {
    pub(crate) target: Target<'a>,
    pub(crate) message: &'a [u8],
}

/// `message` and `uo` have room for all that the link can hold, or it is too long.
pub(crate) fn decode_with<'a>(
    level: Level,
    link: &'a [u8],
    message: &'a mut [u8],
    uo: &'a mut [u8],
) -> Result<Decoded<'a>, Error> {
    // Nearly all links need no more than this. Whatever does not go through here is looked at again, by
    // those who know what can be wrong.
    if let Some(common) = link::common(link) {
        let text = &link[common.start..];
        match decode_id(level, text, common.id.len(), message) {
            Ok(id) => {
                let decoded = id.read(level, message, uo, |uo| match common.query() {
                    Some(query) => Ok(read_uo(query, uo)),
                    None => Ok(read_uo(Link::parse_bytes(link)?.query(), uo)),
                });
                return decoded.map_err(|error| error.map_offset(|offset| common.start + offset));
            }
            // It takes a closer look at the link to say where the ID ends.
            Err(error) if matches!(error.kind(), ErrorKind::InvalidByte(_)) => {}
            Err(error) => return Err(error.map_offset(|offset| common.start + offset)),
        }
    }
    let link = Link::parse_bytes(link)?;
    let Some(id) = link.id() else {
        let url = link.into_redirect().unwrap_or_default();
        return Ok(Decoded { target: Target::Redirect(Redirect { url }), message: &[] });
    };
    decode_id(level, id.as_bytes(), id.len(), message)
        .and_then(|id| id.read(level, message, uo, |uo| Ok(read_uo(link.query(), uo))))
        .map_err(|error| error.map_offset(|offset| link.id_origin(offset)))
}

/// The message of an ID, and what is known of it.
struct Message {
    len: usize,
    /// How many of its bytes no URL holds, if they were counted.
    foreign: Option<u32>,
}

/// Decodes the ID that is the first `len` characters of `text` to the front of `message`; an error's offset
/// counts the characters.
fn decode_id(level: Level, text: &[u8], len: usize, message: &mut [u8]) -> Result<Message, Error> {
    match base64url::accept(level, text, len, message) {
        Some(foreign) => Ok(Message { len: len * 3 / 4, foreign: Some(foreign) }),
        None => base64url::decode(&text[..len], message).map(|len| Message { len, foreign: None }),
    }
}

impl Message {
    /// What the message at the front of `buffer` says; `read_uo` gives the message of the link's `uo=` parameter,
    /// if it is asked. An error's offset counts the characters of the ID.
    fn read<'a>(
        &self,
        level: Level,
        buffer: &'a [u8],
        scratch: &'a mut [u8],
        read_uo: impl FnOnce(&'a mut [u8]) -> Result<&'a [u8], Error>,
    ) -> Result<Decoded<'a>, Error> {
        let message = &buffer[..self.len];
        let accepted = self
            .foreign
            .and_then(|foreign| Target::from_common_form(level, buffer, self.len, foreign, scratch));
        let target = match accepted {
            Some(target) => target,
            None => match Target::from_message(message).map_err(|error| error.map_offset(text_offset))? {
                Target::KeyedArticle(article) => Target::KeyedArticle(article.with_uo(read_uo(scratch)?)),
                target => target,
            },
        };
        Ok(Decoded { target, message })
    }
}

/// The message of the `uo=` parameter of `query`, decoded to `buffer`; none if there is no sound one: the article
/// is none the worse for that.
fn read_uo<'a>(query: &[u8], buffer: &'a mut [u8]) -> &'a [u8] {
    let text = link::uo(query).unwrap_or_default();
    let len = base64url::decode(&text, buffer).unwrap_or_default();
    &buffer[..len]
}
