use std::borrow::Cow;

use crate::base64url::{self, Level};
use crate::error::{Error, ErrorKind, Field};

/// A token that was validated: canonical base64url of `01 | key ID | 16 bytes | n bytes`, n at least 1.
///
/// The first byte is a version, the next four are the ID of Google's key, the 16 bytes authenticate the URL, and the last
/// n are the encrypted URL, which has n bytes. The key ID was `4f f2 a8 b3` in 316,409 of 316,410 IDs, but Google can change its key
/// on any day, as it does for [redirects](super::OpaqueRedirect) every month.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub(crate) struct Token<'a>(Cow<'a, str>);

/// The number of bytes before the encrypted URL.
const OVERHEAD: usize = 21;

/// The number of characters that contain the version and the key ID, in whole groups.
const KEY_ID_END: usize = 8;

impl<'a> Token<'a> {
    /// Validates a token.
    ///
    /// # Errors
    ///
    /// Returns `InvalidField(Token)` for `hello` (another version), `AU_yqLM` (no URL) and `AU_yqL.…` (not base64url).
    pub(crate) fn parse(token: &'a [u8]) -> Result<Self, Error> {
        check(token).map(|token| Token(token.into()))
    }

    /// Validates a token with the vectors of `level`. `scratch` must have room for the decoded token.
    pub(crate) fn parse_on(level: Level, token: &'a [u8], scratch: &mut [u8]) -> Option<Self> {
        base64url::decode_fast(level, token, token.len(), scratch)?;
        std::str::from_utf8(token).ok().filter(|_| has_token_form(token)).map(|token| Token(token.into()))
    }

    /// Creates a token from a string that was validated before it was stored.
    pub(crate) fn from_column(token: &'a str) -> Self {
        debug_assert!(has_token_form(token.as_bytes()), "{token} was stored as a token");
        Token(token.into())
    }

    pub(crate) fn as_str(&self) -> &str {
        &self.0
    }

    pub(crate) fn key_id(&self) -> [u8; 4] {
        let mut head = [0; base64url::buffer_len(KEY_ID_END)];
        let len = base64url::decode(&self.0.as_bytes()[..KEY_ID_END], &mut head);
        #[expect(clippy::expect_used, reason = "all constructors validate the token")]
        len.expect("a token is base64url");
        [head[1], head[2], head[3], head[4]]
    }

    /// Returns the length of the encrypted URL in bytes.
    pub(crate) fn url_len(&self) -> usize {
        url_len(self.0.len())
    }

    pub(crate) fn into_owned(self) -> Token<'static> {
        Token(Cow::Owned(self.0.into_owned()))
    }
}

/// Returns the length of the encrypted URL in a valid token of `token_len` characters.
pub(crate) fn url_len(token_len: usize) -> usize {
    token_len * 3 / 4 - OVERHEAD
}

/// Returns `true` for an article's key that is meant to be a token, valid or not: it begins with the version byte, as no URL does.
pub(crate) fn is_meant_as_token(key: &[u8]) -> bool {
    has_version(key) && key.iter().take(KEY_ID_END).all(|&byte| base64url::is_base64url(byte))
}

/// Returns `true` for a token, provided that `key` is canonical base64url.
#[inline]
pub(crate) fn has_token_form(key: &[u8]) -> bool {
    has_version(key) && key.len() * 3 / 4 > OVERHEAD
}

/// Returns `true` if the first encoded byte is 01. It extends into the second character, whose lower four bits belong to the next byte.
fn has_version(key: &[u8]) -> bool {
    matches!(key, [b'A', b'Q'..=b'Z' | b'a'..=b'f', ..])
}

fn check(token: &[u8]) -> Result<&str, Error> {
    let invalid = |offset| Error::at(ErrorKind::InvalidField(Field::Token), offset);
    if !has_version(token) {
        return Err(invalid(0));
    }
    let len = base64url::decoded_len(token).map_err(|error| invalid(error.offset().unwrap_or(0)))?;
    if len <= OVERHEAD {
        return Err(invalid(0));
    }
    std::str::from_utf8(token).map_err(|error| invalid(error.valid_up_to()))
}
