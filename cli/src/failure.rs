//! The results of commands: success or failure.

use std::io::{self, ErrorKind};
use std::path::Path;

use google_news_link_resolve::InvalidPageUrl;
use thiserror::Error;

use crate::feed::Malformed;

/// The result of a command that ran to its end.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Success {
    Complete,
    SomeLinksFailed,
    /// The errors of these inputs have been reported.
    SomeInputsUnread,
}

impl Success {
    /// Returns the result of a command that has no URL for `failed` links.
    pub(crate) fn of_failed(failed: usize) -> Self {
        if failed == 0 { Success::Complete } else { Success::SomeLinksFailed }
    }
}

/// The error that ended a command.
#[derive(Debug, Error)]
pub(crate) enum Failure {
    #[error("{name}: {source}")]
    Read { name: String, source: io::Error },
    #[error("{name}: {source}")]
    Write { name: String, source: io::Error },
    #[error("{name}: not a regular file")]
    NotAFile { name: String },
    #[error("{name}: input and output are the same file")]
    OutputIsInput { name: String },
    #[error("{name}: {source}")]
    Feed { name: String, source: Malformed },
    #[error("{url}: {source}")]
    Page { url: String, source: InvalidPageUrl },
    #[error("no HTTP client: {0}")]
    Client(String),
    #[error("no signal handler: {0}")]
    Signals(io::Error),
    #[error("a decoding thread ended early")]
    LostThread,
}

pub(crate) const STANDARD_INPUT: &str = "standard input";
pub(crate) const STANDARD_OUTPUT: &str = "standard output";

impl Failure {
    /// Returns `true` if the reader of standard output, or of the output file, has closed it.
    pub(crate) fn is_closed_pipe(&self) -> bool {
        matches!(self, Failure::Write { source, .. } if source.kind() == ErrorKind::BrokenPipe)
    }
}

/// Returns a function for `map_err` after reading `name`.
pub(crate) fn cannot_read(name: impl Into<String>) -> impl FnOnce(io::Error) -> Failure {
    |source| Failure::Read { name: name.into(), source }
}

/// Returns a function for `map_err` after writing to `name`.
pub(crate) fn cannot_write(name: impl Into<String>) -> impl FnOnce(io::Error) -> Failure {
    |source| Failure::Write { name: name.into(), source }
}

/// Converts the error of writing to standard output, in `map_err`.
pub(crate) fn cannot_print(source: io::Error) -> Failure {
    Failure::Write { name: STANDARD_OUTPUT.into(), source }
}

/// Returns the name of a path in messages.
pub(crate) fn name_of(path: &Path) -> String {
    crate::terminal::printable(&path.display().to_string())
}
