use std::str::FromStr;

use crate::base64url::{self, Level};
use crate::error::{Error, ErrorKind};
use crate::limits::MAX_INPUT_LEN;
use crate::link::{Contained, Link, find_uo, scan_common};
use crate::message::encoded_offset;
use crate::target::{Redirect, Target};

/// Decodes one link.
///
/// `link` is anything that [`Link::parse`] accepts: a link in any form, or an ID. It need not be UTF-8. The target owns
/// its strings. For the first four kinds in the [list](crate#kinds), in the forms that Google writes and up to the
/// length of the longest known ID, decoding takes at most two allocations. A [`Decoder`], which reuses its memory,
/// takes none.
///
/// # Errors
///
/// - [`NotGoogleNews`](crate::ErrorKind::NotGoogleNews) for `https://example.com/`;
/// - [`NoId`](crate::ErrorKind::NoId) for `https://news.google.com/search?q=manga`;
/// - [`InvalidByte`](crate::ErrorKind::InvalidByte) for `CBMiYmh0dHBzO...`;
/// - [`Truncated`](crate::ErrorKind::Truncated) for `CBMiowFodHRw`;
/// - [`GoogleUrl`](crate::ErrorKind::GoogleUrl) for an article whose URL is `https://news.google.com/`:
///   `CBMiGGh0dHBzOi8vbmV3cy5nb29nbGUuY29tL9IBAA`.
///
/// [`ErrorKind`](crate::ErrorKind) has an example for each kind.
///
/// # Examples
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
    with_buffers(link.len(), |message, uo| {
        decode_with(Level::new(), link, message, uo).map(Decoded::into_owned)
    })
}

/// Decodes links one at a time and reuses its memory.
///
/// Once it has decoded a link of the same or a greater length, it allocates nothing for articles, opaque articles,
/// keyed articles and videos in the forms that Google writes (with or without a host, with no other escape than
/// `&amp;`) or as an ID alone.
///
/// # Examples
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
    uo: Vec<u8>,
}

impl Decoder {
    /// Creates a decoder. It allocates memory when it decodes the first link.
    pub fn new() -> Self {
        Decoder::default()
    }

    /// Decodes one link. The target borrows from the decoder and the link.
    ///
    /// # Errors
    ///
    /// Returns the errors of [`decode`].
    pub fn decode<'a>(&'a mut self, link: &'a str) -> Result<Target<'a>, Error> {
        self.decode_bytes(link.as_bytes())
    }

    /// Decodes one link that need not be UTF-8.
    ///
    /// # Errors
    ///
    /// Returns the errors of [`decode`].
    ///
    /// # Examples
    ///
    /// ```
    /// use google_news_link::Decoder;
    ///
    /// let mut decoder = Decoder::new();
    /// for line in b"CBIwkdv6lUE\n./read/CBIwkdv6lUE?title=\xe9t\xe9".split(|&byte| byte == b'\n') {
    ///     assert_eq!(decoder.decode_bytes(line)?.to_id().as_deref(), Some("CBIwkdv6lUE"));
    /// }
    /// # Ok::<(), google_news_link::Error>(())
    /// ```
    pub fn decode_bytes<'a>(&'a mut self, link: &'a [u8]) -> Result<Target<'a>, Error> {
        let len = buffer_len(link.len());
        if self.message.len() < len {
            self.message.resize(len, 0);
            self.uo.resize(len, 0);
        }
        decode_with(Level::new(), link, &mut self.message, &mut self.uo).map(|decoded| decoded.target)
    }
}

impl Link<'_> {
    /// Decodes the parsed link, without parsing it again.
    ///
    /// # Errors
    ///
    /// Returns the errors of [`decode`] that concern the ID. Offsets are counted in the input of [`parse`](Link::parse).
    ///
    /// # Examples
    ///
    /// ```
    /// use google_news_link::Link;
    ///
    /// let link = Link::parse("./articles/CBMiFmh0dHBzOi8vYW11LnR2LzExMTkzMS_SAQA")?;
    /// assert_eq!(link.decode()?.to_id().as_deref(), link.id());
    /// # Ok::<(), google_news_link::Error>(())
    /// ```
    pub fn decode(&self) -> Result<Target<'static>, Error> {
        let id_len = self.id().map_or(0, str::len);
        with_buffers(id_len.max(self.query().len()), |message, uo| {
            decode_parsed(Level::new(), self, message, uo).map(Decoded::into_owned)
        })
    }
}

/// Decodes a link, as [`decode`] does.
impl FromStr for Target<'static> {
    type Err = Error;

    fn from_str(link: &str) -> Result<Self, Error> {
        decode(link)
    }
}

/// Returns the length of a buffer for any message in a link of `len` bytes. A link that is too long is not decoded.
fn buffer_len(len: usize) -> usize {
    base64url::buffer_len(len.min(MAX_INPUT_LEN))
}

/// Runs `decode` with buffers for the messages of an ID and of a `uo=` parameter in a link of `len` bytes: on the stack, so that
/// only the target's own strings are allocated.
#[inline]
fn with_buffers<T>(len: usize, decode: impl FnOnce(&mut [u8], &mut [u8]) -> T) -> T {
    // 99 % of the messages have at most 488 bytes, the longest one 2,330.
    match buffer_len(len) {
        0..=768 => decode(&mut [0; 768], &mut [0; 768]),
        769..=4096 => decode(&mut [0; 4096], &mut [0; 4096]),
        len => decode(&mut vec![0; len], &mut vec![0; len]),
    }
}

/// A target, and the message of its ID: empty for a redirect, which has no ID.
pub(crate) struct Decoded<'a> {
    pub(crate) target: Target<'a>,
    pub(crate) message: &'a [u8],
}

impl Decoded<'_> {
    fn into_owned(self) -> Target<'static> {
        self.target.into_owned()
    }
}

/// Decodes a link. The buffers are for the messages of its ID and of its `uo=` parameter.
pub(crate) fn decode_with<'a>(
    level: Level,
    link: &'a [u8],
    message: &'a mut [u8],
    uo: &'a mut [u8],
) -> Result<Decoded<'a>, Error> {
    // More than 99 % of real links are of the common form.
    if let Some(common) = scan_common(link) {
        let offset = |offset: usize| common.id_start + offset;
        match IdMessage::decode(level, &link[common.id_start..], common.id.len(), message) {
            Ok(id) => {
                let decode_uo = |uo| match common.query() {
                    Some(query) => Ok(decode_uo(query, uo)),
                    None => Ok(decode_uo(Link::parse_bytes(link)?.query(), uo)),
                };
                return id.read(level, message, uo, decode_uo).map_err(|error| error.map_offset(offset));
            }
            // The ID may end before this byte: only the parser knows everything that can follow an ID.
            Err(error) if matches!(error.kind(), ErrorKind::InvalidByte(_)) => {}
            Err(error) => return Err(error.map_offset(offset)),
        }
    }
    decode_parsed(level, &Link::parse_bytes(link)?, message, uo)
}

fn decode_parsed<'a>(
    level: Level,
    link: &Link<'a>,
    message: &'a mut [u8],
    uo: &'a mut [u8],
) -> Result<Decoded<'a>, Error> {
    match link.contained() {
        Contained::Url(url) => {
            Ok(Decoded { target: Target::Redirect(Redirect::from_stored(url.clone())), message: &[] })
        }
        Contained::Id { id, source_map, .. } => IdMessage::decode(level, id.as_bytes(), id.len(), message)
            .and_then(|id| id.read(level, message, uo, |uo| Ok(decode_uo(link.query(), uo))))
            .map_err(|error| error.map_offset(|offset| source_map.offset_of(offset))),
    }
}

/// The message of an ID, at the front of a buffer. Errors have the offsets of the ID's characters.
struct IdMessage {
    len: usize,
    /// The number of its non-printable bytes, if they were counted.
    non_printable: Option<u32>,
}

impl IdMessage {
    /// Decodes the ID that is the first `len` characters of `input`.
    fn decode(level: Level, input: &[u8], len: usize, buffer: &mut [u8]) -> Result<Self, Error> {
        match base64url::decode_fast(level, input, len, buffer) {
            Some(count) => Ok(IdMessage { len: len * 3 / 4, non_printable: Some(count) }),
            None => match base64url::find_fault(level, &input[..len]) {
                Some(error) => Err(error),
                None => {
                    base64url::decode(&input[..len], buffer).map(|len| IdMessage { len, non_printable: None })
                }
            },
        }
    }

    /// Reads the target of the message. `decode_uo` is called for keyed articles.
    fn read<'a>(
        &self,
        level: Level,
        buffer: &'a [u8],
        uo: &'a mut [u8],
        decode_uo: impl FnOnce(&'a mut [u8]) -> Result<&'a [u8], Error>,
    ) -> Result<Decoded<'a>, Error> {
        let message = &buffer[..self.len];
        if let Some(count) = self.non_printable
            && let Some(target) = Target::from_common_form(level, buffer, self.len, count, uo)
        {
            return Ok(Decoded { target, message });
        }
        let mut target = Target::from_message(message).map_err(|error| error.map_offset(encoded_offset))?;
        if let Target::KeyedArticle(article) = &mut target {
            article.set_uo(decode_uo(uo)?);
        }
        Ok(Decoded { target, message })
    }
}

/// Decodes the message of the `uo=` parameter of a query. Returns an empty message if the parameter is missing or
/// damaged: the article is valid without it.
fn decode_uo<'a>(query: &[u8], buffer: &'a mut [u8]) -> &'a [u8] {
    match find_uo(query).map(|id| base64url::decode(&id, buffer)) {
        Some(Ok(len)) => &buffer[..len],
        _ => &[],
    }
}
