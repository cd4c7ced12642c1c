//! The record that every JSON output consists of.

use google_news_link::Target;
use serde::Serialize;

/// The known facts about a link. Absent values are null; the keys are written in this order.
#[derive(Serialize, Default)]
pub(crate) struct Record<'a> {
    /// The link as it was given, with U+FFFD in place of invalid UTF-8.
    pub(crate) link: Option<&'a str>,
    pub(crate) kind: Option<&'static str>,
    pub(crate) id: Option<String>,
    pub(crate) canonical_url: Option<&'a str>,
    pub(crate) amp_url: Option<&'a str>,
    pub(crate) token: Option<&'a str>,
    /// The length of the publisher's URL in bytes.
    pub(crate) url_len: Option<usize>,
    pub(crate) error: Option<String>,
}

impl<'a> Record<'a> {
    /// Creates the record of a link with this target.
    pub(crate) fn of_target(link: Option<&'a str>, target: &'a Target<'_>) -> Self {
        Record {
            link,
            kind: Some(target.kind().as_str()),
            id: target.to_id(),
            canonical_url: target.canonical_url(),
            amp_url: target.amp_url(),
            token: target.token(),
            url_len: target.url_len(),
            error: None,
        }
    }

    /// Creates the record of a link that cannot be decoded.
    pub(crate) fn of_error(link: Option<&'a str>, error: &google_news_link::Error) -> Self {
        Record {
            link,
            kind: None,
            id: None,
            canonical_url: None,
            amp_url: None,
            token: None,
            url_len: None,
            error: Some(error.to_string()),
        }
    }
}
