use std::borrow::Cow;

use crate::base64url;
use crate::error::{Error, ErrorKind, Field};
use crate::message::{Fields, PAYLOAD, Slice};

/// A redirect of Google's search results that contains an encrypted URL: `www.google.com/goto?url=CAES…`, since June 2026.
///
/// Only Google can decrypt the URL. Its length is known offline (right for all 12 tokens whose URL is known). **The
/// token is new for every impression of the page**: unlike those of [opaque articles](super::OpaqueArticle), two tokens
/// of one URL differ, so tokens can be used neither as keys of a cache nor to find duplicates.
///
/// # Examples
///
/// ```
/// use google_news_link::{OpaqueRedirect, decode};
///
/// let link = "https://www.google.com/goto?url=CAESZAHuR6pNXgeGMwUIOcy41wHF8HvrFBiJJ-tIysSkNPdU3K6pONT7xshWFfMorAlVGnDA\
///             g2wzArl3EsP8LeHytq5xUUhPDUqpYDvNEQ-akGfMvqk1Ix6T-eT27cO95Ei53u2f4eE%3D";
/// let redirect = OpaqueRedirect::try_from(decode(link)?)?;
/// assert_eq!(redirect.url_len(), "https://github.com/NousResearch/hermes-agent".len());
/// assert_eq!(redirect.key_id(), [0xee, 0x47, 0xaa, 0x4d]);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct OpaqueRedirect<'a> {
    /// The whole ID, without padding.
    token: Cow<'a, str>,
    key_id: [u8; 4],
    url_len: usize,
    has_unknown_fields: bool,
}

/// The number of bytes of a payload in addition to a URL of up to 127 bytes: a version, a key ID, the length of the
/// URL, and the bytes that the encryption adds.
///
/// The length of the URL is encrypted with it, as a varint of one byte up to 127, of two bytes up to 16,383, and so on. So
/// no payload has 184 bytes. A third length byte has never been seen: the longest known token implies a URL of 139 bytes.
const OVERHEAD: usize = 56;

impl<'a> OpaqueRedirect<'a> {
    /// Creates a redirect from its token, with or without padding.
    ///
    /// # Errors
    ///
    /// Returns the errors of [`decode`](crate::decode) for an ID: [`InvalidByte`](crate::ErrorKind::InvalidByte) for `CAES!`,
    /// [`Truncated`](crate::ErrorKind::Truncated) for `CAESZAHuR6pN`, [`Malformed`](crate::ErrorKind::Malformed) for IDs of
    /// other kinds, and [`InvalidField`](crate::ErrorKind::InvalidField) for `CAESAgFh`, whose payload is too short to contain
    /// a URL.
    ///
    /// # Examples
    ///
    /// ```
    /// use google_news_link::OpaqueRedirect;
    ///
    /// let token = "CAESYAHrOzAV0vJwbVJZzVV6aaFVNZKBV-Y7lXbvtJOkwoc51wMfliIKa47Rf8h4yGfhfHovmaSqrNC1YVg_nH9eEK9J1coJPwIXGfGmYWfG\
    ///              wr1mN_NAZ8t3aZBaBVmTlRJRVg";
    /// let redirect = OpaqueRedirect::new(&format!("{token}=="))?.into_owned();
    /// assert_eq!(redirect.token(), token);
    /// # Ok::<(), google_news_link::Error>(())
    /// ```
    pub fn new(token: &'a str) -> Result<Self, Error> {
        let token = &token[..base64url::without_padding(token.as_bytes()).len()];
        let message = base64url::decode_to_vec(token.as_bytes())?;
        let mut fields = Fields::default();
        fields.parse(&message)?;
        let OpaqueRedirect { key_id, url_len, has_unknown_fields, .. } =
            OpaqueRedirect::from_fields(&fields)?;
        Ok(OpaqueRedirect { token: token.into(), key_id, url_len, has_unknown_fields })
    }

    /// Returns the token, which is also the ID: base64url without padding that begins with `CAES`.
    pub fn token(&self) -> &str {
        &self.token
    }

    /// Returns the ID of the key with which Google has encrypted the URL. Google used four keys in four months of 2026.
    pub fn key_id(&self) -> [u8; 4] {
        self.key_id
    }

    /// Returns the length of the publisher's URL in bytes.
    pub fn url_len(&self) -> usize {
        self.url_len
    }

    /// Returns `true` if `url` has the [length](Self::url_len) that the token determines, so that it can be the URL of the redirect.
    ///
    /// It does not check whether `url` [may be returned](crate::check_url).
    pub fn accepts_url(&self, url: &str) -> bool {
        url.len() == self.url_len
    }

    /// Returns the ID, which is the [token](Self::token).
    pub fn to_id(&self) -> String {
        self.token.clone().into_owned()
    }

    /// Returns `true` if the ID has fields that this version of the crate does not know. [`to_id`](Self::to_id) returns them
    /// with the others.
    pub fn has_unknown_fields(&self) -> bool {
        self.has_unknown_fields
    }

    /// Converts the redirect into one that borrows nothing.
    pub fn into_owned(self) -> OpaqueRedirect<'static> {
        OpaqueRedirect { token: Cow::Owned(self.token.into_owned()), ..self }
    }

    pub(super) fn from_fields(fields: &Fields<'_>) -> Result<Self, Error> {
        fields.expect_only(PAYLOAD)?;
        let payload @ Slice { bytes, start } =
            fields.payload.ok_or(Error::new(ErrorKind::MissingField(Field::Token)))?;
        let invalid = Error::at(ErrorKind::InvalidField(Field::Token), start);
        let [1, a, b, c, d, ..] = *payload.bytes else { return Err(invalid) };
        Ok(OpaqueRedirect {
            token: base64url::encode(fields.as_bytes()).into(),
            key_id: [a, b, c, d],
            url_len: url_len(bytes.len()).ok_or(invalid)?,
            has_unknown_fields: fields.has_unknown_fields,
        })
    }
}

/// Returns the length of the URL in a payload of `len` bytes, or `None` if no payload has this length.
fn url_len(len: usize) -> Option<usize> {
    let url_len = |bytes: usize| len.checked_sub(OVERHEAD - 1 + bytes);
    match (url_len(1)?, url_len(2), url_len(3)) {
        (len @ 1..=127, ..) => Some(len),
        (_, Some(len @ 128..=16_383), _) => Some(len),
        (_, _, Some(len @ 16_384..)) => Some(len),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lengths_of_urls_follow_from_those_of_payloads() {
        for (payload, url) in [
            (0, None),
            (56, None),
            (57, Some(1)),
            (100, Some(44)),
            (183, Some(127)),
            (184, None),
            (185, Some(128)),
            (196, Some(139)),
            (16_440, Some(16_383)),
            (16_441, None),
            (16_442, Some(16_384)),
        ] {
            assert_eq!(url_len(payload), url, "{payload}");
        }
    }
}
