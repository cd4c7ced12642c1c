//! Resolves opaque Google News articles into the publisher's URL: the online protocol, without a socket.
//!
//! Since July 2024 nearly all links are [opaque](OpaqueArticle): only Google can say where they lead. It takes
//! one request for each article, whose page holds a signature, and one more for up to 50 of them:
//!
//! 1. `GET https://news.google.com/rss/articles/CBMi…`: the page, which holds a time and a signature;
//! 2. `POST https://news.google.com/_/DotsSplashUi/data/batchexecute`: IDs with their signatures, for URLs.
//!
//! [`Resolution`] is that protocol without a socket, a clock or a thread: articles in, [`http::Request`]s out,
//! [`http::Response`]s in, and one outcome for each article, in order. Two drivers run it on a client that you
//! have already: `ureq::Driver` (feature `ureq`, blocking) and `reqwest::Driver` (feature `reqwest`, several pages
//! at once).
//!
//! # Another client
//!
//! is a loop of ten lines. It must not follow redirects by itself, and keep no cookies:
//!
//! ```
//! use google_news_link_resolve::{Failure, Resolution};
//!
//! fn run(
//!     resolution: &mut Resolution,
//!     send: impl Fn(http::Request<Vec<u8>>) -> Result<http::Response<Vec<u8>>, std::io::Error>,
//! ) {
//!     while let Some((request, exchange)) = resolution.poll() {
//!         match send(request) {
//!             Ok(response) => resolution.receive(exchange, &response),
//!             Err(error) => resolution.fail(exchange, Failure::Broken(error.to_string())),
//!         }
//!     }
//! }
//! ```
//!
//! A client that reads a page as it comes, and stops when the signature was found (it may stand in the first
//! kilobyte of a megabyte), hands its pieces to the [`Exchange`] and then [finishes](Resolution::finish) it.
//! Several exchanges may be under way at once.
//!
//! # What is promised
//!
//! - Equal tokens are asked for once; an article [known already](Resolution::seed) not at all.
//! - An answer goes to the ID that asked for it, by its tag, and only if it has the length that the token
//!   [says](OpaqueArticle::url_len). Any other is [an error](ErrorKind::WrongLength) that holds it as
//!   unverified. Two articles whose URLs have equal lengths can't be told apart in this way: for these, the tag
//!   alone decides.
//! - After a block (status 429, or the page that asks whether you are human) no further page is asked for.
//!   What was signed until then is still asked for; the rest is [not tried](ErrorKind::NotTried). A block is
//!   never worked around; after a pause it can be [lifted](Resolution::resume).
//! - Redirects are followed by hand: at most 5 for an article, over https to google.com and its subdomains, or to
//!   the base URL's own scheme, host and port. Of the cookies that come with them, none is ever sent. Both need a
//!   client that does neither by itself; ureq is told so, reqwest has to be built so (see its driver).
//! - Nothing is tried twice by itself. Each error says [whether trying again](Error::is_retryable) can help.
//!
//! The protocol is not documented by Google. What is said of it here comes from recorded traffic and from what
//! others have measured and published.

#![cfg_attr(docsrs, feature(doc_cfg))]
#![forbid(unsafe_code)]
#![warn(missing_docs)]
// No answer of a server may end the program that uses this crate.
#![cfg_attr(not(test), warn(clippy::expect_used, clippy::panic, clippy::unwrap_used))]

/// The README's programs are built with the tests.
#[cfg(all(doctest, feature = "reqwest", feature = "ureq"))]
#[doc = include_str!("../README.md")]
struct Readme;

mod answer;
mod article;
mod error;
mod exchange;
mod options;
mod page;
#[cfg(feature = "reqwest")]
pub mod reqwest;
mod resolution;
mod service;
#[cfg(feature = "ureq")]
pub mod ureq;

pub use error::{Error, ErrorKind, Failure};
pub use exchange::{Exchange, Next};
#[cfg(doc)]
use google_news_link::OpaqueArticle;
pub use options::{InvalidBaseUrl, Options, PagePath};
pub use resolution::Resolution;
