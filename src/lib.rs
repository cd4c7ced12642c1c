//! Says where a Google News link leads.
#![cfg_attr(docsrs, feature(doc_cfg))]
#![forbid(unsafe_code)]
#![warn(missing_docs)]
// No input may end the program of who uses this.
#![cfg_attr(not(test), warn(clippy::expect_used, clippy::panic, clippy::unwrap_used))]

mod article;
mod base64url;
mod decoder;
mod edition;
mod error;
mod link;
mod message;
mod picture;
#[cfg(feature = "serde")]
mod serde;
mod share;
mod target;

pub use article::{Article, KeyedArticle, OpaqueArticle, Redirect, Video};
pub use decoder::{Decoder, decode};
pub use edition::{Edition, Publication, Section, Story, Topic};
pub use error::{Error, ErrorKind};
pub use link::Link;
pub use picture::Picture;
pub use share::Share;
pub use target::{Kind, ParseKindError, Target};
