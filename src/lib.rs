//! Says where a Google News link leads: decodes the ID in the link into the publisher's canonical URL and its
//! AMP URL, offline and byte for byte.
//!
//! ```
//! use google_news_link::{Target, decode};
//!
//! let link = "https://news.google.com/rss/articles/CBMiSGh0dHBzOi8vdGVjaGNydW5jaC5jb20vMjAyMi8xMC8yNy9uZXcteW9y\
//!             ay1wb3N0LWhhY2tlZC1vZmZlbnNpdmUtdHdlZXRzL9IBAA?oc=5";
//! match decode(link)? {
//!     Target::Article(article) => println!("{}", article.canonical_url()),
//!     Target::OpaqueArticle(article) => println!("only Google knows; its token is {}", article.token()),
//!     other => println!("{other}"),
//! }
//! # assert_eq!(
//! #     decode(link)?.canonical_url(),
//! #     Some("https://techcrunch.com/2022/10/27/new-york-post-hacked-offensive-tweets/")
//! # );
//! # Ok::<(), google_news_link::Error>(())
//! ```
//!
//! # Scope
//!
//! Links to Google News in any shape in which they arrive (see [`Link`]), and what can be known of them without
//! asking anybody:
//!
//! | kind | found as | offline |
//! |---|---|---|
//! | [`article`](Article) | `CBMi…`, a URL inside | canonical URL, AMP URL if there is one |
//! | [`opaque-article`](OpaqueArticle) | `CBMi…`, `AU_yqL…` inside | token (equal tokens stand for equal URLs), lengths of the URL and the AMP URL |
//! | [`keyed-article`](KeyedArticle) | `CAIi…` | publication; canonical URL where the link carries `uo=` |
//! | [`video`](Video) | `CCAi…` | YouTube's key, watch URL |
//! | [`topic`](Topic) | `CAAq…` under /topics | Knowledge Graph ID, language, region; local, search and covid editions by name |
//! | [`story`](Story) | `CAAq…` under /stories | number and hash of the cluster, title where there is one |
//! | [`publication`](Publication) | `CAAq…`, `CAAi…` under /publications | number, key or site address |
//! | [`section`](Section) | `CAQi…`, `CAQq…` | its edition, name or subject |
//! | [`share`](Share) | `CBIw…` under /s | number |
//! | [`picture`](Picture) | `CC8i…` under /api/attachments | key and size |
//! | [`redirect`](Redirect) | `/news/url?url=`, `google.com/url?url=`, `google.com/amp/s/…`, `….cdn.ampproject.org/…` | the URL in clear |
//!
//! Since July 2024 nearly all articles are opaque: their URL is encrypted, and only Google can say where they
//! lead. The format is not documented by Google. What is said of it here was measured on 340,000 links that
//! people have published; the numbers stand with the items.
//!
//! A URL is only ever handed out if it begins with `http://` or `https://`, is valid UTF-8 and holds no space
//! and no control character. Everything else is an [`Error`], which says what is wrong and at which byte
//! of the text. A URL is never guessed, never cut, and never that of the Google link itself.
//!
//! Out of scope: following the URL, and classifying where it leads. Opaque articles are resolved online by another package,
//! [`google-news-link-resolve`](https://docs.rs/google-news-link-resolve): this crate sends no requests.
//!
//! # Which one do I want?
//!
//! | | input | output | allocations a link |
//! |---|---|---|---|
//! | [`decode`] | one link | [`Target`] with texts of its own | at most 2 ¹ |
//! | [`Decoder::decode`] | one link after the other | [`Target`] that borrows from the decoder | 0 once warm ¹ |
//! | [`Batch::push_lines`] | a block of lines | columns in Arrow's layout, one row per line | 0 once warm ¹ |
//! | [`BatchReader`] | any `Read` | one batch after the other, in constant memory | 0 once warm ¹ |
//! | [`Link::parse`] | one link | its ID, path and parameters, nothing decoded | some |
//!
//! ¹ For the first four kinds in the shapes that Google itself writes. Links in other shapes and editions take
//! some more.
//!
//! # Features
//!
//! - `serde`: `Serialize` and `Deserialize` for [`Kind`], [`Target`], [`Article`], [`OpaqueArticle`], [`Error`] and
//!   [`ErrorKind`].
//! - `vector-levels`: `batch::VectorLevel` and [`Batch`]`::push_lines_on`, to compare the SIMD instruction sets with each other.
//!
//! No feature changes what a link decodes to.
#![cfg_attr(docsrs, feature(doc_cfg))]
#![forbid(unsafe_code)]
#![warn(missing_docs)]
// No input may end the program that uses this crate.
#![cfg_attr(not(test), warn(clippy::expect_used, clippy::panic, clippy::unwrap_used))]

/// The README's program runs with the tests.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;

mod base64url;
pub mod batch;
mod decode;
mod error;
mod host;
mod limits;
mod link;
mod message;
#[cfg(feature = "serde")]
mod serde;
mod target;
mod url_policy;

pub use batch::{Batch, BatchReader};
pub use decode::{Decoder, decode};
pub use error::{Error, ErrorKind, Field};
pub use host::is_google_host;
pub use link::{Destination, Link};
pub use target::{
    Article, Edition, KeyedArticle, Kind, OpaqueArticle, ParseKindError, Picture, Publication, Redirect,
    Section, Share, Story, Target, Topic, Video,
};
pub use url_policy::{GooglePage, check_url};
