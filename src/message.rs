//! Message bytes ⇄ fields.
//!
//! An ID is a message of protobuf. [`wire`] reads the format, [`strict`] accepts the one encoding that Google writes,
//! [`schema`] declares the messages and encodes them, and [`Fields`] and [`Key`] are their parsed forms: the ID itself, and
//! the message that some keys encode in turn. [`ArticleShape`] is the fast path for articles.

use crate::error::{Error, ErrorKind};
use crate::limits::MAX_STRINGS_LEN;
pub(crate) use article_shape::ArticleShape;
pub(crate) use fields::{AMP, FIELD_19, Fields, KEY, KEY_IS_ENCODED, NUMBER, PARENT, PAYLOAD};
pub(crate) use key::{Key, KeyBody};
pub(crate) use schema::kind;
pub(crate) use wire::{Reader, Slice, encoded_offset};

mod article_shape;
mod fields;
mod key;
pub(crate) mod schema;
pub(crate) mod strict;
#[cfg(test)]
mod tests;
mod wire;

/// Checks that the ID of an article with these fields can be decoded again.
pub(crate) fn check_article_len(key: &str, amp: Option<&str>) -> Result<(), Error> {
    match key.len() + amp.map_or(0, str::len) {
        ..=MAX_STRINGS_LEN => Ok(()),
        _ => Err(Error::new(ErrorKind::TooLong)),
    }
}
