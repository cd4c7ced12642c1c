//! Converts between the bytes of an ID's message and its fields.
//!
//! An ID is a protobuf message. [`wire`] reads the format, [`strict`] accepts only the encoding that Google writes, and
//! [`schema`] declares the messages and encodes them. [`Fields`] is the parsed message of an ID, and [`Key`] that of a
//! key, because some keys encode a message of their own. [`ArticleShape`] is the fast path for articles.

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
