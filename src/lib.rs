//! Decodes Google News links into the publisher's canonical URL and AMP URL, offline.
//!
//! ```
//! use google_news_link::decode;
//!
//! let target = decode("https://news.google.com/rss/articles/CBMiFmh0dHBzOi8vYW11LnR2LzExMTkzMS_SAQA?oc=5")?;
//! assert_eq!(target.canonical_url(), Some("https://amu.tv/111931/"));
//! # Ok::<(), google_news_link::Error>(())
//! ```
//!
//! # Kinds
//!
//! [`decode`] accepts links in every form in which they are found (see [`Link`]) and returns a [`Target`]:
//!
//! | kind | link | what is known offline |
//! |---|---|---|
//! | [`article`](Article) | `CBMi…` that contains a URL, to July 2024 | canonical URL, AMP URL if there is one |
//! | [`opaque-article`](OpaqueArticle) | `CBMi…` that contains `AU_yqL…`, from July 2024 | a token (equal tokens mean equal URLs), the lengths of the URL and the AMP URL |
//! | [`keyed-article`](KeyedArticle) | `CAIi…` | publication; canonical URL if the link has a `uo=` parameter |
//! | [`video`](Video) | `CCAi…` | YouTube ID and URL |
//! | [`topic`](Topic) | `/topics/CAAq…` | Knowledge Graph ID, language, region; name of local, search and COVID-19 editions |
//! | [`story`](Story) | `/stories/CAAq…` | number and hash of the cluster, title if there is one |
//! | [`publication`](Publication) | `/publications/CAAq…`, `CAAi…` | number, key or address |
//! | [`section`](Section) | `CAQi…`, `CAQq…` | its edition, name or Knowledge Graph ID |
//! | [`share`](Share) | `/s/CBIw…` | number |
//! | [`picture`](Picture) | `/api/attachments/CC8i…` | key and size |
//! | [`opaque-redirect`](OpaqueRedirect) | `google.com/goto?url=CAES…`, from June 2026 | a token (new for every impression of the page), the length of the URL |
//! | [`redirect`](Redirect) | `/news/url?url=`, `google.com/url?url=`, `google.com/amp/s/…`, `….cdn.ampproject.org/…` | the URL |
//!
//! Nearly all articles since July 2024 are opaque: their URL is encrypted and can only be resolved online, by
//! [`google-news-link-resolve`](https://docs.rs/google-news-link-resolve). This crate sends no requests.
//!
//! Google does not document the format. It was inferred from 340,375 published IDs. `docs/format.md` in the repository
//! contains the number of examples of each form.
//!
//! # Which function do I want?
//!
//! | | input | output | allocations per link |
//! |---|---|---|---|
//! | [`decode`] | one link | an owned [`Target`] | at most 2 ¹ |
//! | [`Decoder::decode`] | links, one at a time | a [`Target`] that borrows from the decoder | 0 after the first links ¹ |
//! | [`Batch::push_lines`] | a block of lines | columns in the layout of Apache Arrow, one row per line | 0 after the first blocks ¹ |
//! | [`find`](find()), [`rewrite`] | any text: HTML, JSON, CSV | the links and where they are, or the text with each link replaced; links without a host only on [request](Find::relative) | none without a link |
//! | [`BatchReader`] | any `Read` | one batch after the other, in constant memory | 0 after the first blocks ¹ |
//! | [`Link::parse`] | one link | ID, path and parameters, not decoded | a few |
//!
//! ¹ For the first four kinds, in the forms that Google writes. Links of other kinds and forms need some more.
//!
//! # Guarantees
//!
//! - A returned URL begins with `http://` or `https://`, is valid UTF-8, contains no space and no control character, and is
//!   never that of Google News or of a [Google page](GooglePage) that only forwards to another one: a redirect, consent,
//!   captcha or sign-in page. The URL of an article is exactly the one that its link contains. The URL of a redirect is
//!   unescaped once, and parameters added by the AMP viewer are removed. The URL of a video is built from its YouTube ID.
//! - Input that cannot be decoded returns an [`Error`] with a kind and, in most cases, the [offset](Error::offset) of the
//!   invalid byte or part in the input as it was given.
//! - [`Target::to_id`] returns the ID of the link byte for byte.
//! - No input causes a panic, and time and memory are proportional to its length.
//!
//! # Features
//!
//! - `serde`: `Serialize` and `Deserialize` for [`Kind`], [`Target`], the types of its variants, [`Edition`], [`Error`],
//!   [`ErrorKind`] and [`Field`]. [`Link`] and [`Batch`] implement neither: store the links or the targets.
//! - `vector-levels`: `batch::VectorLevel` and [`Batch`]`::push_lines_on`, to compare SIMD instruction sets with each other.
//!
//! No feature changes what a link decodes to.
//!
//! # Serialized form
//!
//! With the feature `serde`, each type is a record whose missing values are null, or a name:
//!
//! | type | fields |
//! |---|---|
//! | [`Target`], the types of its variants, [`Edition`] | `kind`, `id`, `canonical_url`, `amp_url`, `token`, `url_len` |
//! | [`Error`] | `kind`, `byte`, `number`, `field`, `offset`, `message` |
//! | [`ErrorKind`] | `kind`, `byte`, `number`, `field` |
//! | [`Kind`], [`Field`] | its name, a string: `opaque-article`, `youtube-id` |
//!
//! ```
//! # #[cfg(feature = "serde")] {
//! let target = google_news_link::decode("CBMiFmh0dHBzOi8vYW11LnR2LzExMTkzMS_SAQA").unwrap();
//! let record = r#"{"kind":"article","id":"CBMiFmh0dHBzOi8vYW11LnR2LzExMTkzMS_SAQA","canonical_url":"https://amu.tv/111931/","amp_url":null,"token":null,"url_len":22}"#;
//! assert_eq!(serde_json::to_string(&target).unwrap(), record);
//! assert_eq!(serde_json::from_str::<google_news_link::Target<'_>>(record).unwrap(), target);
//! # }
//! ```
//!
//! Deserializing a target decodes its ID and returns what [`decode`] returns for it. A record is rejected if the ID cannot be
//! decoded, or if another field is present and disagrees with it; `id` alone is enough. A [`Redirect`] has no ID and is read from
//! its URL, and the URL of a [`KeyedArticle`] is taken from the record; both are [checked](check_url) first.
//!
//! Of an error, `byte`, `number` and `field` are the data of its kind, and `message` is ignored. Unknown fields are ignored, repeated
//! ones are rejected. In formats without field names, a record is the sequence of its values.
//!
//! # Rust version
//!
//! Rust 1.89 or later. Raising it is a minor release.
#![cfg_attr(docsrs, feature(doc_cfg))]
#![forbid(unsafe_code)]
#![warn(missing_docs)]
// No input may terminate the program that uses this crate.
#![cfg_attr(not(test), warn(clippy::expect_used, clippy::panic, clippy::unwrap_used))]

/// The program in the README is a test.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;

mod base64url;
pub mod batch;
mod error;
mod find;
mod google_page;
mod host;
mod limits;
mod link;
mod message;
mod printable;
#[cfg(feature = "serde")]
mod serde;
mod shape;
mod target;
mod url_policy;

// After `link`, because the documentation of `Link` lists its methods in the order of the modules.
mod decode;

pub use batch::{Batch, BatchReader};
pub use decode::{Decoder, decode};
pub use error::{Error, ErrorKind, Field};
pub use find::{Find, Match, Rewriter, find, rewrite};
pub use google_page::GooglePage;
pub use host::is_google_host;
pub use link::{Destination, Link, Params};
pub use target::{
    Article, Edition, KeyedArticle, Kind, OpaqueArticle, OpaqueRedirect, ParseKindError, Picture,
    Publication, Redirect, Section, Share, Story, Target, Topic, TryFromTargetError, Video,
};
pub use url_policy::check_url;
