use thiserror::Error as ThisError;

use google_news_link::Kind;

/// Why an article has no URL.
///
/// It holds no part of a page. The only part of an answer that it may hold is a URL of the wrong length, which
/// its message leaves out.
#[derive(Clone, PartialEq, Eq, Hash, Debug, ThisError)]
#[error(transparent)]
pub struct Error(Box<Problem>);

/// What went wrong, without the details that [`Error`]'s message adds.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
#[non_exhaustive]
pub enum ErrorKind {
    /// The article was not asked for: the service has blocked the client before, or asking was ended.
    NotTried,
    /// Asking was ended after the article was asked for and before its answer came.
    Interrupted,
    /// Not an opaque article, and without a URL of its own: a topic, a story, a picture.
    NotAnArticle,
    /// The client's time was up.
    TimedOut,
    /// The service could not be reached, or the connection broke.
    Broken,
    /// Status 429: the address has asked for more pages than Google grants, which were 19 to over 1,000.
    TooManyRequests,
    /// A redirect to google.com/sorry, the page that asks whether you are human.
    Captcha,
    /// The page that asks for consent to cookies, where it does not lead on to the article.
    Consent,
    /// A redirect to where no redirect is followed to: without https, to another host, or without an address.
    RefusedRedirect,
    /// More than 5 redirects, one after the other.
    TooManyRedirects,
    /// The client has followed a redirect by itself, so that it is not known what it passed.
    FollowedRedirect,
    /// Status 400: the service could not read the request.
    BadRequest,
    /// Any other status than 200.
    UnexpectedStatus,
    /// A page that holds neither a signature for the ID nor its URL: the page has changed, or the ID is gone.
    NoSignature,
    /// A page or an answer that is larger than [`Options::max_len`](crate::Options::max_len).
    TooLarge,
    /// An answer that is not the JSON that is known.
    InvalidAnswer,
    /// An answer without a row for the ID.
    MissingRow,
    /// Row error 3: the signature is wrong or has grown old.
    InvalidArgument,
    /// Row error 5: there is no such article.
    NotFound,
    /// Row error 7: the service does not tell.
    PermissionDenied,
    /// Row error 8: the service tells no more for now.
    ResourceExhausted,
    /// Any other row error.
    OtherRowError,
    /// An answer that is not a URL which may be handed out: it does not begin with `http://` or `https://`,
    /// holds a space or a control character, or leads to Google News itself.
    InvalidUrl,
    /// An answer whose length is not what the token says: it was cut, or it is another article's.
    WrongLength,
}

/// Why there is no response, as the client knows it.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
#[non_exhaustive]
pub enum Failure {
    /// Its time was up.
    TimedOut,
    /// The service could not be reached or the connection broke: what the client says of it.
    Broken(String),
    /// The client has followed a redirect by itself.
    FollowedRedirect,
}

#[derive(Clone, PartialEq, Eq, Hash, Debug, ThisError)]
pub(crate) enum Problem {
    #[error("not tried: asking had ended before")]
    NotTried,
    #[error("asking was ended before the answer came")]
    Interrupted,
    #[error("a {0}, for which there is nothing to ask")]
    NotAnArticle(Kind),
    #[error("timed out")]
    TimedOut,
    #[error("the connection failed: {0}")]
    Broken(String),
    #[error("too many requests: the service wants to be left alone for a while (status 429)")]
    TooManyRequests,
    #[error("blocked: the service asks whether you are human")]
    Captcha,
    #[error("the service asks for consent to cookies and does not lead on")]
    Consent,
    #[error("a redirect that is not followed: it does not lead to google.com over https")]
    RefusedRedirect,
    #[error("more than {MAX_REDIRECTS} redirects")]
    TooManyRedirects,
    #[error("the HTTP client follows redirects by itself, which it must not")]
    FollowedRedirect,
    #[error("the service could not read the request (status 400)")]
    BadRequest,
    #[error("unexpected status {0}")]
    UnexpectedStatus(u16),
    #[error("the page holds no signature for this ID")]
    NoSignature,
    #[error("a page or an answer of more than {0} bytes")]
    TooLarge(usize),
    #[error("the answer is not the JSON that is known")]
    InvalidAnswer,
    #[error("the answer has no row for this ID")]
    MissingRow,
    #[error("{}", .0.text())]
    Row(RowError),
    #[error("the answer is not a URL of a publisher")]
    InvalidUrl,
    #[error("the answer has {} bytes, but the token says {expected}: cut, or another article's", url.len())]
    WrongLength { expected: usize, url: String },
}

impl Problem {
    /// True if the service refuses all requests of this address for a while.
    pub(crate) fn is_block(&self) -> bool {
        matches!(self, Problem::TooManyRequests | Problem::Captcha)
    }
}

/// At most so many redirects are followed, one after the other.
pub(crate) const MAX_REDIRECTS: u8 = 5;

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

    fn text(self) -> String {
        let meaning = match self.kind() {
            ErrorKind::InvalidArgument => "the signature is wrong or has grown old",
            ErrorKind::NotFound => "the service knows no such article",
            ErrorKind::PermissionDenied => "the service does not tell",
            ErrorKind::ResourceExhausted => "the service tells no more for now",
            _ => "the service has an error for this ID",
        };
        format!("{meaning} (row error {})", self.0)
    }

    /// 1 cancelled, 2 unknown, 4 too late, 10 aborted, 13 internal, 14 unavailable; and 3, since a new page has a new
    /// signature.
    fn is_retryable(self) -> bool {
        matches!(self.0, 1 | 2 | 3 | 4 | 8 | 10 | 13 | 14)
    }
}

impl Error {
    pub(crate) fn new(problem: Problem) -> Self {
        Error(Box::new(problem))
    }

    /// True for the errors of a [block](crate::Resolution::is_blocked).
    pub(crate) fn is_block(&self) -> bool {
        self.0.is_block()
    }

    /// Which kind of problem it is.
    pub fn kind(&self) -> ErrorKind {
        match &*self.0 {
            Problem::NotTried => ErrorKind::NotTried,
            Problem::Interrupted => ErrorKind::Interrupted,
            Problem::NotAnArticle(_) => ErrorKind::NotAnArticle,
            Problem::TimedOut => ErrorKind::TimedOut,
            Problem::Broken(_) => ErrorKind::Broken,
            Problem::TooManyRequests => ErrorKind::TooManyRequests,
            Problem::Captcha => ErrorKind::Captcha,
            Problem::Consent => ErrorKind::Consent,
            Problem::RefusedRedirect => ErrorKind::RefusedRedirect,
            Problem::TooManyRedirects => ErrorKind::TooManyRedirects,
            Problem::FollowedRedirect => ErrorKind::FollowedRedirect,
            Problem::BadRequest => ErrorKind::BadRequest,
            Problem::UnexpectedStatus(_) => ErrorKind::UnexpectedStatus,
            Problem::NoSignature => ErrorKind::NoSignature,
            Problem::TooLarge(_) => ErrorKind::TooLarge,
            Problem::InvalidAnswer => ErrorKind::InvalidAnswer,
            Problem::MissingRow => ErrorKind::MissingRow,
            Problem::Row(error) => error.kind(),
            Problem::InvalidUrl => ErrorKind::InvalidUrl,
            Problem::WrongLength { .. } => ErrorKind::WrongLength,
        }
    }

    /// True if trying again later can help: after a block, a broken connection, a status of 500 and above, an
    /// answer that was cut or mixed up. False where the same would come again: no such article, a page without a
    /// signature, a redirect that is not followed.
    pub fn is_retryable(&self) -> bool {
        match &*self.0 {
            Problem::NotTried
            | Problem::Interrupted
            | Problem::TimedOut
            | Problem::Broken(_)
            | Problem::TooManyRequests
            | Problem::Captcha
            | Problem::InvalidAnswer
            | Problem::MissingRow
            | Problem::WrongLength { .. } => true,
            Problem::NotAnArticle(_)
            | Problem::Consent
            | Problem::RefusedRedirect
            | Problem::TooManyRedirects
            | Problem::FollowedRedirect
            | Problem::BadRequest
            | Problem::NoSignature
            | Problem::TooLarge(_)
            | Problem::InvalidUrl => false,
            Problem::UnexpectedStatus(status) => matches!(status, 408 | 425 | 500..),
            Problem::Row(error) => error.is_retryable(),
        }
    }

    /// The status of the response, where it was [not one that is known](ErrorKind::UnexpectedStatus).
    pub fn status(&self) -> Option<u16> {
        match *self.0 {
            Problem::UnexpectedStatus(status) => Some(status),
            _ => None,
        }
    }

    /// The code of a row error, one of gRPC's: 3 for [`InvalidArgument`](ErrorKind::InvalidArgument).
    pub fn row_error(&self) -> Option<u16> {
        match *self.0 {
            Problem::Row(RowError(code)) => Some(code),
            _ => None,
        }
    }

    /// The URL of [the wrong length](ErrorKind::WrongLength), as it was answered. It is not the article's, or
    /// not all of it.
    pub fn unverified_url(&self) -> Option<&str> {
        match &*self.0 {
            Problem::WrongLength { url, .. } => Some(url),
            _ => None,
        }
    }

    /// The length in bytes that the URL should have had, where it was [the wrong one](ErrorKind::WrongLength);
    /// that of [`unverified_url`](Self::unverified_url) is the one it has.
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
            Failure::Broken(message) => Problem::Broken(message),
            Failure::FollowedRedirect => Problem::FollowedRedirect,
        }
    }
}
