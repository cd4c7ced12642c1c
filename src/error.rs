use std::fmt;

/// The reason why a link cannot be decoded, and its offset in the input.
///
/// An error is small, implements `Copy` and never allocates.
///
/// # Examples
///
/// ```
/// use google_news_link::{ErrorKind, decode};
///
/// let error = decode("https://news.google.com/articles/CBMiYmh0dHBzO...").unwrap_err();
/// assert_eq!(error.kind(), ErrorKind::InvalidByte(b'.'));
/// assert_eq!(error.offset(), Some(46));
/// assert_eq!(error.to_string(), "invalid base64url character '.' at byte 46");
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Error {
    kind: ErrorKind,
    /// `NO_OFFSET` if the error has no offset. Inputs have at most 65,536 bytes, so 32 bits are enough.
    offset: u32,
}

const NO_OFFSET: u32 = u32::MAX;

/// The kinds of [`Error`], with an input for each.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ErrorKind {
    /// Neither a Google News link nor an ID: `https://news.google.com.evil.example/articles/CBMi…`, `hello`, the empty
    /// string.
    #[error("not a Google News link or ID")]
    NotGoogleNews,
    /// A page of Google News whose address contains no ID: `https://news.google.com/search?q=manga`.
    #[error("no ID in the path of a Google News link")]
    NoId,
    /// An input of more than 65,536 bytes, such as 65,537 times `x`. The longest real link has 3,200.
    #[error("link of more than 65,536 bytes")]
    TooLong,
    /// A byte in the ID that is not a base64url character: `CBMiYmh0dHBzO...`.
    #[error("invalid base64url character '{}'", .0.escape_ascii())]
    InvalidByte(u8),
    /// An ID of 4n + 1 characters (the number is the length), which no bytes encode to: `CBMiY`. It was truncated.
    #[error("truncated ID: {0} characters (length % 4 == 1)")]
    InvalidLength(u32),
    /// An ID whose last character has bits set that belong to no byte: `CBMiFm9`. It was truncated or retyped.
    #[error("truncated ID: unused bits are set in the last character")]
    TrailingBits,
    /// An ID whose message ends inside a field: `CBMiowFodHRw`. It was truncated.
    #[error("truncated ID: the message ends inside a field")]
    Truncated,
    /// An ID whose message is not one that Google writes: it is not protobuf (`/articles/test`), or has a field
    /// that is repeated, out of order or not allowed for its type, or a varint that is longer than necessary.
    #[error("malformed ID")]
    Malformed,
    /// An ID of a type that no link contains: `CAUiANIBAA`, of type 5. A type of more than 32 bits is reported as `u32::MAX`.
    #[error("unknown ID type {0}")]
    UnknownType(u32),
    /// An ID without a field that its type always has: `CBMiFmh0dHBzOi8vYW11LnR2LzExMTkzMS8`, an article with a URL
    /// and no AMP field.
    #[error("missing {}", .0)]
    MissingField(Field),
    /// A field with a value that its type never has: a YouTube ID that is not 11 characters
    /// (`CCAiCmJSMFZjT0NUb2iYAQE`), a token that is not in Google's format, a key that is not 16 bytes.
    #[error("invalid {}", .0)]
    InvalidField(Field),
    /// An article whose key is neither a URL nor a token: `CBMiC0hvdyB0byBzY2Fu0gEA`. Such an ID may be resolved online.
    #[error("unreadable article key: neither a URL nor a token")]
    UnreadableKey,
    /// A URL that is not valid UTF-8: `CBMiCWh0dHBzOi8v_9IBAA`.
    #[error("invalid UTF-8 in URL")]
    InvalidUtf8,
    /// A URL that does not begin with `http://` or `https://` and a host, or whose host or port is ambiguous or invalid:
    /// `https://www.google.com/url?url=javascript:alert(1)`.
    #[error("not an http or https URL")]
    NotHttpUrl,
    /// A URL with a space, a control character or an invisible character:
    /// `https://www.google.com/url?url=https://example.com/a b`.
    #[error("invalid URL character '{}'", .0.escape_ascii())]
    InvalidUrlByte(u8),
    /// A URL that leads back to Google News or to a Google page that only redirects: an article whose ID contains
    /// `https://news.google.com/rss/articles/CBMi…`, `https://www.google.com/url?q=…` or a consent page.
    #[error("URL of a Google page")]
    GoogleUrl,
}

impl ErrorKind {
    /// Returns the name of the kind, lower case with hyphens and without its data: `invalid-byte`.
    ///
    /// # Examples
    ///
    /// ```
    /// use google_news_link::decode;
    ///
    /// assert_eq!(decode("CBMiYmh0dHBzO...").unwrap_err().kind().as_str(), "invalid-byte");
    /// ```
    pub const fn as_str(self) -> &'static str {
        match self {
            ErrorKind::NotGoogleNews => "not-google-news",
            ErrorKind::NoId => "no-id",
            ErrorKind::TooLong => "too-long",
            ErrorKind::InvalidByte(_) => "invalid-byte",
            ErrorKind::InvalidLength(_) => "invalid-length",
            ErrorKind::TrailingBits => "trailing-bits",
            ErrorKind::Truncated => "truncated",
            ErrorKind::Malformed => "malformed",
            ErrorKind::UnknownType(_) => "unknown-type",
            ErrorKind::MissingField(_) => "missing-field",
            ErrorKind::InvalidField(_) => "invalid-field",
            ErrorKind::UnreadableKey => "unreadable-key",
            ErrorKind::InvalidUtf8 => "invalid-utf8",
            ErrorKind::NotHttpUrl => "not-http-url",
            ErrorKind::InvalidUrlByte(_) => "invalid-url-byte",
            ErrorKind::GoogleUrl => "google-url",
        }
    }
}

/// Declares the fields, with their names and the words that error messages use for them.
macro_rules! fields {
    ($($(#[doc = $doc:literal])* $field:ident $name:literal $words:literal)*) => {
        /// The parts of an ID that an [`ErrorKind`] can name.
        #[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
        #[non_exhaustive]
        pub enum Field {
            $( $(#[doc = $doc])* $field, )*
        }

        impl Field {
            #[cfg(feature = "serde")]
            pub(crate) const ALL: &'static [Field] = &[$( Field::$field ),*];

            #[cfg(feature = "serde")]
            pub(crate) const NAMES: &'static [&'static str] = &[$( $name ),*];

            /// Returns the field's name, lower case with hyphens: `youtube-id`.
            pub fn as_str(self) -> &'static str {
                match self {
                    $( Field::$field => $name, )*
                }
            }
        }

        /// Writes the field's name in words: `AMP field`, `YouTube ID`.
        impl fmt::Display for Field {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.pad(match self {
                    $( Field::$field => $words, )*
                })
            }
        }
    };
}

fields! {
    /// The AMP URL of an article.
    Amp "amp" "AMP field"
    /// The topic or publication to which a section or an article belongs.
    Edition "edition" "edition"
    /// The key of a publication, a topic, a story or a picture, or the URL of an article.
    Key "key" "key"
    /// The number of a publication or a share link.
    Number "number" "number"
    /// The encrypted URL of an opaque article.
    Token "token" "token"
    /// The YouTube ID of a video.
    YoutubeId "youtube-id" "YouTube ID"
}

impl Error {
    /// Returns the kind of the error.
    pub fn kind(&self) -> ErrorKind {
        self.kind
    }

    /// Returns the offset of the invalid byte, counted from 0: in the input as it was given, with escapes, wrappers and
    /// white space.
    ///
    /// If a part is invalid as a whole, it is the offset at which that part begins: a link to another site, a path without an
    /// ID, a URL of Google, a field. For a link that is too long, the offset is 65,536.
    ///
    /// Returns `None` if a field is missing, if a key or the name of a publication is invalid although its encoding is
    /// valid, or if an article created with `new` is too long.
    ///
    /// Three bytes of an ID's message are four characters of the ID. An error inside the message points at the character
    /// that contains the first bit of the byte.
    pub fn offset(&self) -> Option<usize> {
        (self.offset != NO_OFFSET).then_some(self.offset as usize)
    }

    pub(crate) fn new(kind: ErrorKind) -> Self {
        Error { kind, offset: NO_OFFSET }
    }

    pub(crate) fn at(kind: ErrorKind, offset: usize) -> Self {
        Error { kind, offset: u32::try_from(offset).unwrap_or(NO_OFFSET) }
    }

    /// Converts the offset from the part in which the error was found to the whole that contains it.
    pub(crate) fn map_offset(self, outer: impl FnOnce(usize) -> usize) -> Self {
        match self.offset() {
            Some(inner) => Error::at(self.kind, outer(inner)),
            None => self,
        }
    }
}

/// Writes the kind and the offset: `invalid base64url character '.' at byte 46`. An error that concerns the whole input is written
/// without an offset: `not a Google News link or ID`.
impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.offset() {
            Some(offset) if offset > 0 && self.kind != ErrorKind::TooLong => {
                write!(f, "{} at byte {offset}", self.kind)
            }
            _ => write!(f, "{}", self.kind),
        }
    }
}

impl fmt::Debug for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Error").field("kind", &self.kind).field("offset", &self.offset()).finish()
    }
}

impl std::error::Error for Error {}
