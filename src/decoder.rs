use crate::article::Redirect;
use crate::base64url;
use crate::error::{Error, ErrorKind};
use crate::link::{self, Link};
use crate::message::text_offset;
use crate::target::Target;

/// Decodes one link.
///
/// `link` is anything that [`Link::parse`] accepts: a link in any shape, or an ID. It is read as bytes, so
/// it need not be UTF-8. What comes back owns its texts: for the first four kinds, in the shapes that Google
/// itself writes and of any length that was ever seen, memory is asked for twice at most. Who decodes many
/// links one at a time can ask for none, with a [`Decoder`].
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
    match base64url::room(link.len()) {
        0..=512 => decode_with(link, &mut [0; 512], &mut [0; 512]).map(Target::into_owned),
        513..=4096 => decode_with(link, &mut [0; 4096], &mut [0; 4096]).map(Target::into_owned),
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
        decode_with(link, &mut self.message, &mut self.uo)
    }
}

/// `message` and `uo` have room for all that the link can hold, or it is too long.
pub(crate) fn decode_with<'a>(
    link: &'a [u8],
    message: &'a mut [u8],
    uo: &'a mut [u8],
) -> Result<Target<'a>, Error> {
    // Nearly all links need no more than this. Whatever does not go through here is looked at again, by
    // those who know what can be wrong.
    if let Some(common) = link::common(link)
        && let Some(decoded) = decode_common(link, common, message)
    {
        let at = |error: Error| error.map_offset(|offset| common.start + offset);
        let Decoded { len, foreign } = decoded.map_err(at)?;
        let message = &message[..len];
        if let Some(target) = foreign.and_then(|foreign| Target::accept(message, foreign, uo)) {
            return Ok(target);
        }
        let target = Target::read(message).map_err(|error| at(error.map_offset(text_offset)))?;
        return match common.query() {
            Some(query) => Ok(with_uo(target, query, uo)),
            None => Ok(with_uo(target, Link::parse_bytes(link)?.query(), uo)),
        };
    }
    let link = Link::parse_bytes(link)?;
    let Some(id) = link.id() else {
        let url = link.into_redirect().unwrap_or_default();
        return Ok(Target::Redirect(Redirect { url }));
    };
    let len = base64url::decode(id.as_bytes(), message)
        .map_err(|error| error.map_offset(|offset| link.id_origin(offset)))?;
    match Target::read(&message[..len]) {
        Ok(target) => Ok(with_uo(target, link.query(), uo)),
        Err(error) => Err(error.map_offset(|offset| link.id_origin(text_offset(offset)))),
    }
}

/// A message, and what is known of it.
struct Decoded {
    len: usize,
    /// How many of its bytes no URL holds, if they were counted.
    foreign: Option<u32>,
}

/// The message of an ID in a link of a common shape, or what is wrong with the ID; None if it takes a closer
/// look at the link to say where the ID ends.
fn decode_common(
    link: &[u8],
    common: link::Common<'_>,
    message: &mut [u8],
) -> Option<Result<Decoded, Error>> {
    let len = common.id.len();
    if let Some(foreign) = base64url::accept(&link[common.start..], len, message) {
        return Some(Ok(Decoded { len: len * 3 / 4, foreign: Some(foreign) }));
    }
    match base64url::decode(common.id, message) {
        Ok(len) => Some(Ok(Decoded { len, foreign: None })),
        Err(error) if error.kind() == ErrorKind::InvalidByte => None,
        Err(error) => Some(Err(error)),
    }
}

/// `target` with the URL that a keyed article's link may carry in `uo=`.
fn with_uo<'a>(target: Target<'a>, query: &[u8], uo: &'a mut [u8]) -> Target<'a> {
    let Target::KeyedArticle(article) = target else { return target };
    let text = link::uo(query).unwrap_or_default();
    // The article is none the worse for a parameter that can't be read.
    let len = base64url::decode(text, uo).unwrap_or_default();
    Target::KeyedArticle(article.with_url_of(&uo[..len]))
}
