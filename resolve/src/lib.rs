//! Resolves encrypted Google News links into the publishers' URLs: the online protocol without a socket.
//!
//! ```no_run
//! # #[cfg(feature = "ureq")]
//! # {
//! use google_news_link_resolve::{Options, Resolution, UreqDriver};
//!
//! let mut resolution = Resolution::new(Options::new());
//! resolution.push_link("https://news.google.com/rss/articles/CBMiNkFVX3lxTE04T1d2QWFkS3BlS042NlZ0bThVc3hFeU5xTFF0d25TdDFhSURHT00tRWhSOGVpZw")?;
//! UreqDriver::new(&ureq::Agent::new_with_defaults()).run(&mut resolution);
//! for outcome in resolution.outcomes() {
//!     match outcome {
//!         Ok(resolved) => println!("{resolved}"),
//!         Err(error) => println!("error: {error}"),
//!     }
//! }
//! # }
//! # Ok::<(), google_news_link::Error>(())
//! ```
//!
//! This needs the feature `ureq` and the crate `ureq`.
//!
//! The ID of nearly every article since July 2024 is [opaque](OpaqueArticle): only Google's server can decrypt it. This
//! takes one request per article, for a page that contains a signature, and one more request per 50 articles:
//!
//! 1. `GET https://news.google.com/rss/articles/CBMi…` returns a page with a timestamp and a signature.
//! 2. `POST https://news.google.com/_/DotsSplashUi/data/batchexecute` sends IDs with their signatures and returns URLs.
//!
//! Search, home and topic pages of Google News contain the publishers' URLs of up to 100 articles. So one request
//! replaces a hundred, and a saved page resolves its links offline: see [`page`], [`Resolution::push_page`] and
//! [`Resolution::learn`]. An encrypted redirect of Google's result pages (`google.com/goto?url=CAES…`) takes one request.
//!
//! [`Resolution`] implements this without sockets, clocks or threads: it takes links and [`http::Response`]s, and
//! returns [`http::Request`]s and one outcome per link, in order. Two drivers run it on an HTTP client:
//! `UreqDriver` (feature `ureq`, blocking) and `ReqwestDriver` (feature `reqwest`, several pages at the same time). Their
//! documentation and the README have whole programs.
//!
//! # Which function do I want?
//!
//! | to resolve | call |
//! |---|---|
//! | the target of a link that was decoded | [`Resolution::push_target`], [`Resolution::push`] |
//! | any link, even if its ID cannot be decoded | [`Resolution::push_link`] |
//! | an article whose ID cannot be decoded | [`Resolution::push_id`] |
//! | most articles of a feed or a search with one request | [`Resolution::push_page`] |
//! | links on a page that was saved or received | [`Resolution::learn`], or [`page::links`] without a resolution |
//! | links whose URLs are known from an earlier run | [`Resolution::insert_known`] |
//!
//! # Other HTTP clients
//!
//! Any other client needs a short loop. It must not follow redirects and must not store cookies:
//!
//! ```
//! use google_news_link_resolve::{Failure, Resolution};
//!
//! fn run(
//!     resolution: &mut Resolution,
//!     send: impl Fn(http::Request<Vec<u8>>) -> Result<http::Response<Vec<u8>>, std::io::Error>,
//! ) {
//!     while let Some((request, exchange)) = resolution.next_request() {
//!         match send(request) {
//!             Ok(response) => resolution.on_response(exchange, &response),
//!             Err(error) => resolution.on_failure(exchange, Failure::ConnectionFailed(error.to_string())),
//!         }
//!     }
//! }
//! ```
//!
//! A client that reads a body in pieces passes them to the [`Exchange`], which tells when to stop: the signature may be
//! in the first kilobyte of a megabyte. Several exchanges may be in flight at the same time.
//!
//! # Guarantees
//!
//! - Equal tokens are requested once, and articles whose URL is [known](Resolution::insert_known) are not requested.
//! - An *answer* is the URL that Google returns for one link. It is matched with its article by the tag that was sent with the ID, and accepted only if its URL has the
//!   [length](OpaqueArticle::url_len) that the token determines. A URL of another length is the error
//!   [`WrongLength`](ErrorKind::WrongLength), which contains it; a URL that must not be returned is
//!   [`InvalidUrl`](ErrorKind::InvalidUrl). Articles whose URLs have the same length are distinguished by the tag alone.
//! - Answers that cannot be checked are marked as [unverified](Verification::Unverified).
//! - After a block (HTTP 429, a captcha, HTTP 503 three times in a row) no further page is requested. Articles whose
//!   signature has been received are still resolved, the others have the error [`NotTried`](ErrorKind::NotTried). A block is never
//!   worked around; it can be [lifted](Resolution::resume) after a pause.
//! - The protocol follows redirects itself: at most 5 per page, only over https to Google's hosts, or to the origin of
//!   the base URL. Cookies are never sent. The client must neither follow redirects nor send cookies: the ureq
//!   driver disables redirects for each request, a reqwest client must be built without them.
//! - No request is repeated automatically, except for a page without a signature, which is requested at its other
//!   [address](ArticlePath), and a redirect that refuses HEAD. [`Error::is_retryable`] returns whether trying again can
//!   help.
//!
//! # Features
//!
//! - `ureq`: `UreqDriver`, for a blocking client of ureq 3.
//! - `reqwest`: `ReqwestDriver`, for an asynchronous client of reqwest 0.13 on tokio.
//!
//! Both are off by default. The client is passed in, so TLS, compression and proxies are those that the program configures.
//!
//! # Rust version
//!
//! Rust 1.89 or later. Raising it is a minor release.
//!
//! Google does not document the protocol. It was derived from published traffic and measurements.

#![cfg_attr(docsrs, feature(doc_cfg))]
#![forbid(unsafe_code)]
#![warn(missing_docs)]
// No response may terminate the program that uses this crate.
#![cfg_attr(not(test), warn(clippy::expect_used, clippy::panic, clippy::unwrap_used))]

/// The programs in the README are tests.
#[cfg(all(doctest, feature = "reqwest", feature = "ureq"))]
#[doc = include_str!("../README.md")]
struct Readme;

mod answer;
mod article_page;
mod base64url;
mod error;
mod exchange;
mod html;
mod locale;
mod options;
mod outcome;
pub mod page;
#[cfg(feature = "reqwest")]
mod reqwest_driver;
mod resolution;
mod service;
mod subject;
#[cfg(feature = "ureq")]
mod ureq_driver;

pub use error::{Error, ErrorKind, Failure};
pub use exchange::{Exchange, Next, RequestKind};
#[cfg(doc)]
use google_news_link::OpaqueArticle;
pub use locale::{InvalidLocale, Locale};
pub use options::{AfterBlockedPage, ArticlePath, InvalidBaseUrl, InvalidPageUrl, Options};
pub use outcome::{AnswerKey, Resolved, Source, Verification};
#[cfg(feature = "reqwest")]
#[cfg_attr(docsrs, doc(cfg(feature = "reqwest")))]
pub use reqwest_driver::ReqwestDriver;
pub use resolution::Resolution;
#[cfg(feature = "ureq")]
#[cfg_attr(docsrs, doc(cfg(feature = "ureq")))]
pub use ureq_driver::UreqDriver;
