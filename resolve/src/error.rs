use std::fmt;
use std::sync::Arc;

use google_news_link::Kind;
use thiserror::Error as ThisError;

/// The reason why a link could not be resolved.
///
/// It contains no text that the server has sent, except for a URL of the wrong length
/// ([`unverified_url`](Self::unverified_url)), which is not part of its message. Cloning it
/// does not allocate.
#[derive(Clone, PartialEq, Eq, Hash, Debug, ThisError)]
#[error(transparent)]
pub struct Error(Arc<Problem>);

/// The kind of an [`Error`], without the details of its message.
///
/// The response to a POST has a row for each ID, which contains a URL or a *row error*: one of the codes of gRPC.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
#[non_exhaustive]
pub enum ErrorKind {
    /// No request was sent: the client was blocked or stopped before.
    NotTried,
    /// The run was stopped after a request was sent and before the response arrived.
    Interrupted,
    /// The link does not lead to an article and contains no URL: a topic, a story, a picture.
    NotAnArticle,
    /// The ID does not consist of 1 to 16,384 base64url characters, or the token of a known answer is invalid.
    InvalidId,
    /// The response did not arrive in time.
    TimedOut,
    /// The server could not be reached, or the connection was closed.
    ConnectionFailed,
    /// HTTP 429: too many pages were requested from this IP address. Reported after 19 to more than 1,000 pages.
    TooManyRequests,
    /// A redirect to the captcha page, `google.com/sorry`.
    Captcha,
    /// HTTP 503 three times in a row, which is how Google refuses the IP addresses of servers.
    Unavailable,
    /// A page of Google that asks for consent to cookies, in place of a page that was requested. It was reported for IP
    /// addresses in the European Union, and not for others. Consent is never given.
    Consent,
    /// A redirect that is not followed: without https, to a host that is not Google's, or without an address.
    RefusedRedirect,
    /// More than 5 redirects in a row.
    TooManyRedirects,
    /// The HTTP client has followed a redirect itself.
    FollowedRedirect,
    /// HTTP 400: the request is malformed.
    BadRequest,
    /// Any other status than 200.
    UnexpectedStatus,
    /// A page without a signature for the ID: the page has changed, or the article does not exist.
    NoSignature,
    /// A page with several links in which no URL was found: it has changed, or the address is that of another page.
    NoPairs,
    /// A response that is longer than [`Options::max_body_len`](crate::Options::max_body_len) or
    /// [`Options::max_page_len`](crate::Options::max_page_len).
    TooLarge,
    /// A POST response that does not have the known form.
    InvalidAnswer,
    /// A POST response without a row for the ID.
    MissingRow,
    /// Row error 3: the signature is invalid or outdated.
    InvalidArgument,
    /// Row error 5: the article does not exist.
    NotFound,
    /// Row error 7: permission denied.
    PermissionDenied,
    /// Row error 8: resource exhausted.
    ResourceExhausted,
    /// Any other row error.
    OtherRowError,
    /// An answer whose URL must not be returned: it does not begin with `http://` or `https://`, contains a space or a
    /// control character, or is that of a page of Google that only forwards to another
    /// one.
    InvalidUrl,
    /// An answer whose URL does not have the length that the token determines: it is truncated, or that of another
    /// article.
    WrongLength,
}

impl ErrorKind {
    /// Returns the name in lower case, with hyphens between its words: `not-tried`.
    pub fn as_str(self) -> &'static str {
        match self {
            ErrorKind::NotTried => "not-tried",
            ErrorKind::Interrupted => "interrupted",
            ErrorKind::NotAnArticle => "not-an-article",
            ErrorKind::InvalidId => "invalid-id",
            ErrorKind::TimedOut => "timed-out",
            ErrorKind::ConnectionFailed => "connection-failed",
            ErrorKind::TooManyRequests => "too-many-requests",
            ErrorKind::Captcha => "captcha",
            ErrorKind::Unavailable => "unavailable",
            ErrorKind::Consent => "consent",
            ErrorKind::RefusedRedirect => "refused-redirect",
            ErrorKind::TooManyRedirects => "too-many-redirects",
            ErrorKind::FollowedRedirect => "followed-redirect",
            ErrorKind::BadRequest => "bad-request",
            ErrorKind::UnexpectedStatus => "unexpected-status",
            ErrorKind::NoSignature => "no-signature",
            ErrorKind::NoPairs => "no-pairs",
            ErrorKind::TooLarge => "too-large",
            ErrorKind::InvalidAnswer => "invalid-answer",
            ErrorKind::MissingRow => "missing-row",
            ErrorKind::InvalidArgument => "invalid-argument",
            ErrorKind::NotFound => "not-found",
            ErrorKind::PermissionDenied => "permission-denied",
            ErrorKind::ResourceExhausted => "resource-exhausted",
            ErrorKind::OtherRowError => "other-row-error",
            ErrorKind::InvalidUrl => "invalid-url",
            ErrorKind::WrongLength => "wrong-length",
        }
    }
}

/// Writes the [name](Self::as_str).
impl fmt::Display for ErrorKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

/// The failure of a request without a complete response, as reported by the HTTP client.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
#[non_exhaustive]
pub enum Failure {
    /// The response did not arrive in time.
    TimedOut,
    /// The server could not be reached or the connection was closed; with the message of the client.
    ConnectionFailed(String),
    /// The client has followed a redirect itself.
    FollowedRedirect,
}

#[derive(Clone, PartialEq, Eq, Hash, Debug, ThisError)]
pub(crate) enum Problem {
    #[error("not requested: run blocked or stopped")]
    NotTried,
    #[error("stopped before the answer arrived")]
    Interrupted,
    #[error("not an article: {0}")]
    NotAnArticle(Kind),
    #[error("invalid ID: not 1 to {MAX_ID_LEN} base64url characters")]
    InvalidId,
    #[error("invalid token")]
    InvalidToken,
    #[error("timed out")]
    TimedOut,
    #[error("connection failed: {0}")]
    ConnectionFailed(String),
    #[error("rate limited by Google (HTTP 429)")]
    TooManyRequests,
    #[error("blocked by Google (captcha)")]
    Captcha,
    #[error("blocked by Google (HTTP 503, {MAX_UNAVAILABLE} times in a row)")]
    Unavailable,
    #[error("consent page in place of the requested page (reported for addresses in the EU)")]
    Consent,
    #[error("redirect to an address that is not Google's or not https")]
    RefusedRedirect,
    #[error("more than {MAX_REDIRECTS} redirects")]
    TooManyRedirects,
    #[error("redirect followed by the HTTP client")]
    FollowedRedirect,
    #[error("malformed request (HTTP 400)")]
    BadRequest,
    #[error("unexpected status {0}")]
    UnexpectedStatus(u16),
    #[error("no signature in the page: {0}")]
    NoSignature(PageChange),
    #[error("no links with their URLs in the page")]
    NoPairs,
    #[error("response of more than {0} bytes")]
    TooLarge(usize),
    #[error("invalid response: {0}")]
    InvalidAnswer(AnswerChange),
    #[error("no row for this ID in the response")]
    MissingRow,
    #[error("{0}")]
    Row(RowError),
    #[error("invalid URL in the response")]
    InvalidUrl,
    #[error("URL of {} bytes in the response, {expected} expected", url.len())]
    WrongLength { expected: usize, url: String },
}

/// The difference of a page from the known form.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, ThisError)]
pub(crate) enum PageChange {
    #[error("neither data-n-a-sg nor data-p")]
    NoAttributes,
    #[error("data-n-a-sg and data-p without a timestamp and a signature")]
    InvalidAttributes,
    #[error("data-n-a-sg and data-p of other IDs only")]
    OtherIds,
    #[error("several URLs in data-n-au")]
    SeveralUrls,
}

/// The difference of an answer from the known form.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, ThisError)]
pub(crate) enum AnswerChange {
    #[error("no )]}}' at its beginning")]
    NoPrefix,
    #[error("not JSON, or truncated")]
    NotJson,
    #[error("not an array of rows")]
    NotRows,
    #[error("the result is not garturlres and a URL")]
    OtherResult,
    #[error("a row with neither a result nor an error")]
    NoResult,
    #[error("two different rows for this ID")]
    TwoRows,
}

impl Problem {
    /// Returns `true` for a response that means that the service refuses all requests of this address for a while.
    pub(crate) fn is_block(&self) -> bool {
        matches!(self, Problem::TooManyRequests | Problem::Captcha | Problem::Unavailable)
    }
}

/// The maximum number of redirects in a row.
pub(crate) const MAX_REDIRECTS: u8 = 5;

/// The number of consecutive HTTP 503 responses that is treated as a block.
pub(crate) const MAX_UNAVAILABLE: usize = 3;

/// The maximum length of an ID that cannot be decoded. The longest real one has 3,106 characters.
pub(crate) const MAX_ID_LEN: usize = 16_384;

/// The error of a row, a gRPC status code.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub(crate) struct RowError(pub(crate) u16);

impl RowError {
    fn kind(self) -> ErrorKind {
        match self.0 {
            3 => ErrorKind::InvalidArgument,
            5 => ErrorKind::NotFound,
            7 => ErrorKind::PermissionDenied,
            8 => ErrorKind::ResourceExhausted,
            _ => ErrorKind::OtherRowError,
        }
    }

    /// Returns `true` for 1 cancelled, 2 unknown, 4 deadline exceeded, 8 resource exhausted, 10 aborted, 13 internal and 14
    /// unavailable; and for 3, because a new page has a new signature.
    fn is_retryable(self) -> bool {
        matches!(self.0, 1 | 2 | 3 | 4 | 8 | 10 | 13 | 14)
    }
}

impl fmt::Display for RowError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let meaning = match self.kind() {
            ErrorKind::InvalidArgument => "invalid or outdated signature",
            ErrorKind::NotFound => "article not found",
            ErrorKind::PermissionDenied => "permission denied",
            ErrorKind::ResourceExhausted => "resource exhausted",
            _ => "error of the service",
        };
        write!(f, "{meaning} (row error {})", self.0)
    }
}

impl Error {
    pub(crate) fn new(problem: Problem) -> Self {
        Error(Arc::new(problem))
    }

    /// Returns the kind of the error.
    pub fn kind(&self) -> ErrorKind {
        match &*self.0 {
            Problem::NotTried => ErrorKind::NotTried,
            Problem::Interrupted => ErrorKind::Interrupted,
            Problem::NotAnArticle(_) => ErrorKind::NotAnArticle,
            Problem::InvalidId | Problem::InvalidToken => ErrorKind::InvalidId,
            Problem::TimedOut => ErrorKind::TimedOut,
            Problem::ConnectionFailed(_) => ErrorKind::ConnectionFailed,
            Problem::TooManyRequests => ErrorKind::TooManyRequests,
            Problem::Captcha => ErrorKind::Captcha,
            Problem::Unavailable => ErrorKind::Unavailable,
            Problem::Consent => ErrorKind::Consent,
            Problem::RefusedRedirect => ErrorKind::RefusedRedirect,
            Problem::TooManyRedirects => ErrorKind::TooManyRedirects,
            Problem::FollowedRedirect => ErrorKind::FollowedRedirect,
            Problem::BadRequest => ErrorKind::BadRequest,
            Problem::UnexpectedStatus(_) => ErrorKind::UnexpectedStatus,
            Problem::NoSignature(_) => ErrorKind::NoSignature,
            Problem::NoPairs => ErrorKind::NoPairs,
            Problem::TooLarge(_) => ErrorKind::TooLarge,
            Problem::InvalidAnswer(_) => ErrorKind::InvalidAnswer,
            Problem::MissingRow => ErrorKind::MissingRow,
            Problem::Row(error) => error.kind(),
            Problem::InvalidUrl => ErrorKind::InvalidUrl,
            Problem::WrongLength { .. } => ErrorKind::WrongLength,
        }
    }

    /// Returns `true` if trying again later can help: after a block, a failed connection, HTTP 408, 425 or 5xx, or
    /// an answer that was truncated or swapped.
    ///
    /// Returns `false` if the same result is to be expected: no such article, a page without a signature, a redirect
    /// that is not followed.
    pub fn is_retryable(&self) -> bool {
        match &*self.0 {
            Problem::NotTried
            | Problem::Interrupted
            | Problem::TimedOut
            | Problem::ConnectionFailed(_)
            | Problem::TooManyRequests
            | Problem::Captcha
            | Problem::Unavailable
            | Problem::InvalidAnswer(_)
            | Problem::MissingRow
            | Problem::WrongLength { .. } => true,
            Problem::NotAnArticle(_)
            | Problem::InvalidId
            | Problem::InvalidToken
            | Problem::Consent
            | Problem::RefusedRedirect
            | Problem::TooManyRedirects
            | Problem::FollowedRedirect
            | Problem::BadRequest
            | Problem::NoSignature(_)
            | Problem::NoPairs
            | Problem::TooLarge(_)
            | Problem::InvalidUrl => false,
            Problem::UnexpectedStatus(status) => matches!(status, 408 | 425 | 500..),
            Problem::Row(error) => error.is_retryable(),
        }
    }

    /// Returns `true` for the errors of a [block](crate::Resolution::is_blocked): HTTP 429, a captcha, HTTP 503 three
    /// times in a row.
    pub fn is_block(&self) -> bool {
        self.0.is_block()
    }

    /// Returns the HTTP status that caused the error: that of [`UnexpectedStatus`](ErrorKind::UnexpectedStatus), 429 for
    /// [`TooManyRequests`](ErrorKind::TooManyRequests), 400 for [`BadRequest`](ErrorKind::BadRequest), and 503 for
    /// [`Unavailable`](ErrorKind::Unavailable).
    pub fn status(&self) -> Option<u16> {
        match *self.0 {
            Problem::UnexpectedStatus(status) => Some(status),
            Problem::TooManyRequests => Some(429),
            Problem::BadRequest => Some(400),
            Problem::Unavailable => Some(503),
            _ => None,
        }
    }

    /// Returns the code of a row error, which is a gRPC code: 3 for [`InvalidArgument`](ErrorKind::InvalidArgument).
    pub fn row_error(&self) -> Option<u16> {
        match *self.0 {
            Problem::Row(RowError(code)) => Some(code),
            _ => None,
        }
    }

    /// Returns the URL of the answer, for [`WrongLength`](ErrorKind::WrongLength). It is the URL of another article, or
    /// truncated.
    pub fn unverified_url(&self) -> Option<&str> {
        match &*self.0 {
            Problem::WrongLength { url, .. } => Some(url),
            _ => None,
        }
    }

    /// Returns the length in bytes that the URL should have, for [`WrongLength`](ErrorKind::WrongLength).
    pub fn expected_len(&self) -> Option<usize> {
        match *self.0 {
            Problem::WrongLength { expected, .. } => Some(expected),
            _ => None,
        }
    }
}

impl From<Failure> for Problem {
    fn from(failure: Failure) -> Self {
        match failure {
            Failure::TimedOut => Problem::TimedOut,
            Failure::ConnectionFailed(message) => Problem::ConnectionFailed(message),
            Failure::FollowedRedirect => Problem::FollowedRedirect,
        }
    }
}
