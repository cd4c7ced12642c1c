use std::fmt;

use thiserror::Error as ThisError;

/// Why a text could not be decoded, and at which of its bytes.
///
/// ```
/// use google_news_link::{ErrorKind, decode};
///
/// let error = decode("https://news.google.com/articles/CBMiYmh0dHBzO...").unwrap_err();
/// assert_eq!(error.kind(), ErrorKind::InvalidByte);
/// assert_eq!(error.offset(), Some(46));
/// assert_eq!(error.to_string(), "`.` is not a base64url character, at byte 46");
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Hash, ThisError)]
#[error("{problem}{}", At(self.offset()))]
pub struct Error {
    problem: Problem,
    /// `NOWHERE` where no byte is to blame. A text has at most 65,536 bytes, so 32 bits do.
    offset: u32,
}

const NOWHERE: u32 = u32::MAX;

/// What is wrong, without the details that [`Error`]'s message adds.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
#[non_exhaustive]
pub enum ErrorKind {
    /// Neither a link to Google News nor an ID: `https://news.google.com.evil.example/articles/CBMi…`,
    /// `hello`, the empty text.
    NotGoogleNews,
    /// A page of Google News whose address holds no ID: `https://news.google.com/search?q=manga`.
    NoId,
    /// A text of more than 65,536 bytes. The longest real link has 3,200.
    TooLong,
    /// A character in the ID that base64url does not have: `CBMiYmh0dHBzO...`.
    InvalidByte,
    /// An ID of 4n + 1 characters, which no bytes encode to: `CBMiY`. It was cut.
    InvalidLength,
    /// An ID whose last character holds bits that belong to no byte: `CBMiFm9`. It was cut or retyped.
    TrailingBits,
    /// An ID whose message ends inside a field: `CBMiowFodHRw`. It was cut.
    Truncated,
    /// An ID whose message is not one that Google writes: not protobuf at all (`/articles/test`), or with
    /// an unknown, repeated or disordered field, or an over-long number.
    Malformed,
    /// An ID of a type that no link carries: `CAUiANIBAA`, type 5.
    UnknownType,
    /// A message without a field that its type always has: `CBMiFmh0dHBzOi8vYW11LnR2LzExMTkzMS8`, an
    /// article with a URL and no AMP field.
    MissingField,
    /// A field with what its type never holds: a video key of other than 11 characters, a token that is
    /// not Google's, a key that is not 16 bytes.
    InvalidField,
    /// A URL that is not valid UTF-8.
    InvalidUtf8,
    /// A URL that does not begin with `http://` or `https://` and the letter or digit that a host begins with.
    NotHttpUrl,
    /// Not the link's fault: the [`Batch`](crate::Batch) that it was pushed to can take no more text, 2 GiB in
    /// a column.
    BatchFull,
    /// A URL with a space, a control character or another one that can't be seen.
    InvalidUrlByte,
}

/// The kind with what its message needs.
#[derive(Clone, Copy, PartialEq, Eq, Hash, ThisError)]
pub(crate) enum Problem {
    #[error("not a Google News link or ID")]
    NotGoogleNews,
    #[error("a Google News page, but its address holds no ID")]
    NoId,
    #[error("longer than 65,536 bytes")]
    TooLong,
    #[error("`{}` is not a base64url character", .0.escape_ascii())]
    InvalidByte(u8),
    #[error("an ID of {0} characters is cut short: base64url has no text of 4n + 1")]
    InvalidLength(u32),
    #[error("the ID's last character holds bits that belong to no byte: it was cut or retyped, or is none")]
    TrailingBits,
    #[error("the ID's message ends inside a field: it was cut or retyped, or is none")]
    Truncated,
    #[error("the ID's message is not one that Google writes")]
    Malformed,
    #[error("no link carries an ID of type {0}")]
    UnknownType(u32),
    #[error("the ID has no {}", .0.name())]
    MissingField(Field),
    #[error("the ID's {} {}", .0.name(), .0.form())]
    InvalidField(Field),
    #[error("the URL is not valid UTF-8")]
    InvalidUtf8,
    #[error("a URL that does not begin with http:// or https:// and a host")]
    NotHttpUrl,
    #[error("the batch is full: 2 GiB of text in a column")]
    BatchFull,
    #[error("a URL with the byte `{}`", .0.escape_ascii())]
    InvalidUrlByte(u8),
}

/// The parts of a message that an error can name.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub(crate) enum Field {
    Amp,
    Edition,
    Key,
    Number,
    Token,
    VideoKey,
}

impl Field {
    fn name(self) -> &'static str {
        match self {
            Field::Amp => "AMP field",
            Field::Edition => "edition",
            Field::Key => "key",
            Field::Number => "number",
            Field::Token => "token",
            Field::VideoKey => "video key",
        }
    }

    fn form(self) -> &'static str {
        match self {
            Field::Token => "is not one that Google writes",
            Field::VideoKey => "is not 11 characters of base64url",
            Field::Amp | Field::Edition | Field::Key | Field::Number => "is of no known form",
        }
    }
}

impl Error {
    /// Which kind of problem it is.
    pub fn kind(&self) -> ErrorKind {
        match self.problem {
            Problem::NotGoogleNews => ErrorKind::NotGoogleNews,
            Problem::NoId => ErrorKind::NoId,
            Problem::TooLong => ErrorKind::TooLong,
            Problem::InvalidByte(_) => ErrorKind::InvalidByte,
            Problem::InvalidLength(_) => ErrorKind::InvalidLength,
            Problem::TrailingBits => ErrorKind::TrailingBits,
            Problem::Truncated => ErrorKind::Truncated,
            Problem::Malformed => ErrorKind::Malformed,
            Problem::UnknownType(_) => ErrorKind::UnknownType,
            Problem::MissingField(_) => ErrorKind::MissingField,
            Problem::InvalidField(_) => ErrorKind::InvalidField,
            Problem::InvalidUtf8 => ErrorKind::InvalidUtf8,
            Problem::NotHttpUrl => ErrorKind::NotHttpUrl,
            Problem::BatchFull => ErrorKind::BatchFull,
            Problem::InvalidUrlByte(_) => ErrorKind::InvalidUrlByte,
        }
    }

    /// The byte of the text as it was given (escapes, wrappers and white space counted) at which the
    /// problem shows, counted from 0; `None` where no single byte is to blame.
    ///
    /// Three bytes of a message are four characters of an ID, so a problem inside the message points at the
    /// character that holds its first bit.
    pub fn offset(&self) -> Option<usize> {
        (self.offset != NOWHERE).then_some(self.offset as usize)
    }

    pub(crate) fn new(problem: Problem) -> Self {
        Error { problem, offset: NOWHERE }
    }

    pub(crate) fn at(problem: Problem, offset: usize) -> Self {
        Error { problem, offset: u32::try_from(offset).unwrap_or(NOWHERE) }
    }

    /// The same error with its offset counted in the text that holds the one it was found in.
    pub(crate) fn map_offset(self, outer: impl FnOnce(usize) -> usize) -> Self {
        match self.offset() {
            Some(inner) => Error::at(self.problem, outer(inner)),
            None => self,
        }
    }
}

impl fmt::Debug for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Error").field("kind", &self.kind()).field("offset", &self.offset()).finish()
    }
}

impl fmt::Debug for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// `, at byte 46`, or nothing.
struct At(Option<usize>);

impl fmt::Display for At {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            Some(offset) => write!(f, ", at byte {offset}"),
            None => Ok(()),
        }
    }
}
