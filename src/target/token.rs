use std::borrow::Cow;

use crate::base64url::{self, Level};
use crate::error::{Error, ErrorKind, Field};

/// A token that was validated: canonical base64url of `01 | 4f f2 a8 b3 | 16 bytes | n bytes`, n at least 1.
///
/// The first byte is a version, the next four are the ID of Google's key, the 16 bytes authenticate the URL, and the last
/// n are the encrypted URL, which has n bytes. The first five were constant in 316,409 of 316,410 IDs.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub(crate) struct Token<'a>(Cow<'a, str>);

/// The number of bytes before the encrypted URL.
const OVERHEAD: usize = 21;

impl<'a> Token<'a> {
    pub(crate) fn new(token: Cow<'a, str>) -> Result<Self, Error> {
        check(token.as_bytes())?;
        Ok(Token(token))
    }

    /// # Errors
    ///
    /// `InvalidField(Token)` for `AU_9qLM…` (another key), `AU_yqLM` (no URL) and `AU_yqL.…` (not base64url).
    pub(crate) fn parse(token: &'a [u8]) -> Result<Self, Error> {
        check(token).map(|token| Token(token.into()))
    }

    /// Does what [`parse`](Self::parse) does with the vectors of `level`. `scratch` must have room for the decoded token.
    pub(crate) fn parse_on(level: Level, token: &'a [u8], scratch: &mut [u8]) -> Option<Self> {
        base64url::decode_fast(level, token, token.len(), scratch)?;
        std::str::from_utf8(token).ok().filter(|_| has_token_form(token)).map(|token| Token(token.into()))
    }

    /// Creates a token from text that was validated when it was stored.
    pub(crate) fn from_column(token: &'a str) -> Self {
        debug_assert!(has_token_form(token.as_bytes()), "{token} was stored as a token");
        Token(token.into())
    }

    pub(crate) fn as_str(&self) -> &str {
        &self.0
    }

    /// Returns the length of the encrypted URL in bytes.
    pub(crate) fn url_len(&self) -> usize {
        self.0.len() * 3 / 4 - OVERHEAD
    }

    pub(crate) fn into_owned(self) -> Token<'static> {
        Token(Cow::Owned(self.0.into_owned()))
    }
}

/// Returns true for every key of an article that is meant to be a token, valid or not: no URL begins like this.
pub(crate) fn is_meant_as_token(key: &[u8]) -> bool {
    key.starts_with(b"AU_")
}

/// Returns true for a token, provided that `key` is canonical base64url.
#[inline]
pub(crate) fn has_token_form(key: &[u8]) -> bool {
    has_prefix(key) && key.len() * 3 / 4 > OVERHEAD
}

/// The first 40 bits are constant. They extend into the seventh character, whose last two bits are free.
fn has_prefix(key: &[u8]) -> bool {
    matches!(key, [b'A', b'U', b'_', b'y', b'q', b'L', b'M'..=b'P', ..])
}

fn check(token: &[u8]) -> Result<&str, Error> {
    let invalid = |offset| Error::at(ErrorKind::InvalidField(Field::Token), offset);
    if !has_prefix(token) {
        return Err(invalid(0));
    }
    let len = base64url::decoded_len(token).map_err(|error| invalid(error.offset().unwrap_or(0)))?;
    if len <= OVERHEAD {
        return Err(invalid(0));
    }
    std::str::from_utf8(token).map_err(|error| invalid(error.valid_up_to()))
}
