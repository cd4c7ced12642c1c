//! SQL functions for [Apache DataFusion](https://datafusion.apache.org) that say where Google News links lead:
//! [google-news-link](google_news_link) for columns of links.
//!
//! ```
//! use datafusion::prelude::SessionContext;
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> datafusion::error::Result<()> {
//! let mut ctx = SessionContext::new();
//! google_news_link_datafusion::register_all(&mut ctx)?;
//! let link = "https://news.google.com/rss/articles/CBMiFmh0dHBzOi8vYW11LnR2LzExMTkzMS_SAQA?oc=5";
//! let found = ctx.sql(&format!("SELECT google_news_url('{link}') AS url")).await?;
//! # let found_batches = found.clone().collect().await?;
//! # datafusion::assert_batches_eq!(
//! #     ["+------------------------+", "| url                    |", "+------------------------+",
//! #      "| https://amu.tv/111931/ |", "+------------------------+"],
//! #     &found_batches
//! # );
//! found.show().await?;
//! # Ok(())
//! # }
//! ```
//!
//! # Functions
//!
//! | function | gives |
//! |---|---|
//! | [`google_news_url`] | the publisher's canonical URL |
//! | [`google_news_amp_url`] | the URL of its AMP page |
//! | [`google_news_kind`] | what the link leads to: `article`, `opaque-article`, `video`, … |
//! | [`google_news_token`] | the token of an opaque article: equal tokens stand for equal URLs |
//! | [`google_news_error`] | why the link can't be decoded, and at which byte |
//! | [`google_news_decode`] | a struct of `url`, `amp_url`, `kind`, `token`, `error` and `url_len`, for `unnest` |
//!
//! Each takes one link. What there is none of is NULL: a link that can't be decoded has neither URL nor kind nor
//! token, but an error, and no row ever fails a query. A NULL link gives NULL, no error. What counts as a link, what
//! the kinds are and when a URL is handed out: see [`google_news_link`].
//!
//! # Types
//!
//! A link may be `Utf8`, `LargeUtf8` or `Utf8View`, or `Binary`, `LargeBinary`, `BinaryView` or `FixedSizeBinary`, as
//! Parquet files have it whose writer did not say that the bytes are text. The functions give `Utf8`, whatever
//! the link is. A dictionary of any of these stays a dictionary with the keys it has, and each of its values
//! that a batch uses is decoded once.
//!
//! # Which one do I want?
//!
//! The functions that give one text. Each call decodes the link, at about 120 ns, so for three or more columns of one
//! link `unnest(google_news_decode(link))` is faster: it decodes once, at 270 ns for all. `google_news_decode(link)['url']`
//! is not: DataFusion calls the function again for each field that is used.
//!
//! # Clusters
//!
//! The functions need no codec. Each process of a cluster has to know them: [`register_all`] takes any
//! [`FunctionRegistry`], which is a `SessionContext` and a `SessionState`, too. How that is done for Apache
//! DataFusion Ballista is shown by the programs in the folder `cluster` of the repository.
#![forbid(unsafe_code)]
#![warn(missing_docs)]
// No input may end the program that uses this crate.
#![cfg_attr(not(test), warn(clippy::expect_used, clippy::panic, clippy::unwrap_used))]

/// The README's program runs with the tests.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;

mod decode;
mod links;
mod rows;
mod text;

use std::sync::{Arc, LazyLock};

use datafusion_common::Result;
use datafusion_expr::registry::FunctionRegistry;
use datafusion_expr::{DocSection, Expr, ScalarUDF};

use decode::Decode;
use text::Text;

/// Declares a function: its constructor and its expression builder.
macro_rules! functions {
    ($($(#[$doc:meta])* $name:ident, $udf:ident, $implementation:expr;)*) => {
        $(
            $(#[$doc])*
            #[doc = ""]
            #[doc = concat!("The expression; [`", stringify!($udf), "`] is the function itself.")]
            pub fn $name(link: Expr) -> Expr {
                $udf().call(vec![link])
            }

            #[doc = concat!("The function of [`", stringify!($name), "`].")]
            pub fn $udf() -> Arc<ScalarUDF> {
                static UDF: LazyLock<Arc<ScalarUDF>> =
                    LazyLock::new(|| Arc::new(ScalarUDF::new_from_impl($implementation)));
                Arc::clone(&UDF)
            }
        )*

        /// All functions.
        pub fn all_udfs() -> Vec<Arc<ScalarUDF>> {
            vec![$($udf()),*]
        }
    };
}

functions! {
    /// The publisher's canonical URL that `link` holds, as text: of an article, a video, a redirect, and a keyed
    /// article whose link carries it. NULL for every other link.
    google_news_url, google_news_url_udf, Text::url();
    /// The URL of the publisher's AMP page that `link` holds, as text: of an article that has one. NULL for every
    /// other link.
    google_news_amp_url, google_news_amp_url_udf, Text::amp_url();
    /// What `link` leads to, as text: the name of one of [`google_news_link::Kind`]. NULL if it can't be decoded.
    google_news_kind, google_news_kind_udf, Text::kind();
    /// The token of the opaque article that `link` leads to, as text. NULL for every other link.
    google_news_token, google_news_token_udf, Text::token();
    /// Why `link` can't be decoded, as text: what is wrong, and at which byte of the link, counted from 0. NULL if
    /// it can.
    google_news_error, google_news_error_udf, Text::error();
    /// All that `link` says, as a struct: `url`, `amp_url`, `kind`, `token` and `error` as the functions of these
    /// names give them, and `url_len`, the length of the canonical URL in bytes, which an opaque article has,
    /// too. A NULL link is a NULL struct.
    google_news_decode, google_news_decode_udf, Decode::new();
}

/// Registers all functions, with a `SessionContext`, a `SessionState`, or whatever else registers functions. One
/// that has the same name as one of them is replaced.
///
/// # Errors
///
/// What `registry` says if it takes no functions.
pub fn register_all(registry: &mut dyn FunctionRegistry) -> Result<()> {
    all_udfs().into_iter().try_for_each(|udf| registry.register_udf(udf).map(drop))
}

/// Where the functions stand among those that are documented.
const DOC_SECTION: DocSection = DocSection {
    include: true,
    label: "Google News Functions",
    description: Some("Where Google News links lead."),
};

/// What is said of every function's argument.
const LINK: &str = "A link to Google News, in any shape in which it arrives, or its ID: text or bytes.";
