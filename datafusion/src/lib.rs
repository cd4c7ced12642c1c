//! SQL functions for [Apache DataFusion](https://datafusion.apache.org) that decode Google News links into the
//! publisher's URL: [google-news-link](google_news_link) for columns of links.
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
//! | function | returns | field |
//! |---|---|---|
//! | [`google_news_url`] | the publisher's canonical URL | `canonical_url` |
//! | [`google_news_amp_url`] | the URL of its AMP page | `amp_url` |
//! | [`google_news_kind`] | what the link leads to: `article`, `opaque-article`, `video`, … | `kind` |
//! | [`google_news_id`] | the ID that the link contains | `id` |
//! | [`google_news_token`] | the encrypted URL of an opaque article or opaque redirect | `token` |
//! | [`google_news_url_len`] | the length of the canonical URL in bytes, even if it is encrypted | `url_len` |
//! | [`google_news_error`] | why the link can't be decoded, and at which byte | `error` |
//! | [`google_news_decode`] | a struct of all fields, for `unnest` | |
//!
//! Each takes one link. Missing values are NULL: a link that can't be decoded has an error, but no URL, kind or token,
//! and never fails the query. For a NULL link, every function returns NULL. [`google_news_link`] describes the accepted
//! links, the kinds, and which of them contain a URL.
//!
//! The struct is the record that all programs of google-news-link write, in the same order: `kind`, `id`,
//! `canonical_url`, `amp_url`, `token`, `url_len`, `error`. Only its first field, `link`, is missing: it is the argument,
//! and a copy of it would add 300 bytes to each row. Select it beside the struct.
//!
//! # Types
//!
//! The argument may be `Utf8`, `LargeUtf8` or `Utf8View`, or `Binary`, `LargeBinary`, `BinaryView` or
//! `FixedSizeBinary`: Parquet columns are binary if their writer did not mark them as strings. The functions return
//! `Utf8` for all of these types, and the length is an `Int32`. For a dictionary of any of them, strings are returned as
//! a dictionary with the same keys, and each value that a batch uses is decoded once.
//!
//! # Which one do I want?
//!
//! For a few columns of a link, use the functions that return one value. Each call decodes the link, in about 120 ns.
//! Only [`google_news_id`] takes 430 ns: the decoder does not store the ID, so it is encoded again.
//!
//! `unnest(google_news_decode(link))` decodes the link once, in about 580 ns for all fields. It is faster for five or more
//! columns, and for the ID and two others. `google_news_decode(link)['canonical_url']` is slower, because DataFusion calls
//! the function again for each field.
//!
//! # Clusters
//!
//! Every process of a cluster must register the functions with [`register_all`], which accepts any
//! [`FunctionRegistry`], such as a `SessionContext` or a `SessionState`. No codec is needed. The folder `cluster` of
//! the repository has programs that do so for Apache DataFusion Ballista.
#![forbid(unsafe_code)]
#![warn(missing_docs)]
// No input may make the calling program panic.
#![cfg_attr(not(test), warn(clippy::expect_used, clippy::panic, clippy::unwrap_used))]

/// Compiles and runs the program in the README as a doctest.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;

mod decode;
mod links;
mod part;
mod rows;

use std::sync::{Arc, LazyLock};

use datafusion_common::Result;
use datafusion_expr::registry::FunctionRegistry;
use datafusion_expr::{DocSection, Expr, ScalarUDF};

use decode::Decode;
use part::PartFunction;

/// Declares functions, each with its constructor and its expression builder.
macro_rules! functions {
    ($($(#[$doc:meta])* $name:ident, $udf:ident, $implementation:expr;)*) => {
        $(
            $(#[$doc])*
            #[doc = ""]
            #[doc = concat!("Builds the expression; [`", stringify!($udf), "`] returns the function itself.")]
            pub fn $name(link: Expr) -> Expr {
                $udf().call(vec![link])
            }

            #[doc = concat!("Returns the function that [`", stringify!($name), "`] calls.")]
            pub fn $udf() -> Arc<ScalarUDF> {
                static UDF: LazyLock<Arc<ScalarUDF>> =
                    LazyLock::new(|| Arc::new(ScalarUDF::new_from_impl($implementation)));
                Arc::clone(&UDF)
            }
        )*

        /// Returns all functions.
        pub fn all_udfs() -> Vec<Arc<ScalarUDF>> {
            vec![$($udf()),*]
        }
    };
}

functions! {
    /// The publisher's canonical URL that `link` contains: for articles, videos, redirects, and keyed articles whose
    /// link contains it. NULL for every other link.
    google_news_url, google_news_url_udf, PartFunction::url();
    /// The URL of the publisher's AMP page that `link` contains: for articles that have one. NULL for every other link.
    google_news_amp_url, google_news_amp_url_udf, PartFunction::amp_url();
    /// What `link` leads to: the name of a [`google_news_link::Kind`]. NULL if it can't be decoded.
    google_news_kind, google_news_kind_udf, PartFunction::kind();
    /// The ID that `link` contains, without the rest of the link. NULL for a redirect with a URL in plain text, which has
    /// no ID, and if `link` can't be decoded.
    google_news_id, google_news_id_udf, PartFunction::id();
    /// The encrypted URL of the opaque article or opaque redirect that `link` leads to. Two links to one opaque article
    /// have equal tokens; the token of a redirect is new for every impression. NULL for every other link.
    google_news_token, google_news_token_udf, PartFunction::token();
    /// The length in bytes of the publisher's canonical URL, which is known of opaque articles and opaque redirects as
    /// well. NULL for every other link without a URL.
    google_news_url_len, google_news_url_len_udf, PartFunction::url_len();
    /// Why `link` can't be decoded: what is wrong, and at which byte of the link, counted from 0. NULL if it can be
    /// decoded.
    google_news_error, google_news_error_udf, PartFunction::error();
    /// Everything that `link` contains, as a struct of `kind`, `id`, `canonical_url`, `amp_url`, `token`, `url_len` and
    /// `error`, each of which is what the function for it returns. For a NULL link the struct is NULL.
    google_news_decode, google_news_decode_udf, Decode::new();
}

/// Registers all functions with a `SessionContext`, a `SessionState` or another registry. They replace functions of the
/// same names.
///
/// # Errors
///
/// Returns the error of a `registry` that accepts no functions.
pub fn register_all(registry: &mut dyn FunctionRegistry) -> Result<()> {
    all_udfs().into_iter().try_for_each(|udf| registry.register_udf(udf).map(drop))
}

/// The section of the functions in DataFusion's documentation.
const DOC_SECTION: DocSection = DocSection {
    include: true,
    label: "Google News Functions",
    description: Some("Where Google News links lead."),
};

/// The documentation of every function's argument.
const LINK: &str = "A link to Google News in any of its forms, or the ID of one: a string or binary value.";
