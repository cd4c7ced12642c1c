//! Decodes many links into columns in the layout of Apache Arrow.
//!
//! A [`Batch`] has one row per link. Row i is the i-th link that was pushed, or the i-th line of a block; a link that cannot
//! be decoded is a row with an error. Rows can be read as targets, by [`Batch::get`], or as columns:
//!
//! | | one value per row | missing for |
//! |---|---|---|
//! | [`Batch::kinds`] | [`Kind`](crate::Kind) | errors |
//! | [`Batch::canonical_urls`] | `str` | rows without a canonical URL |
//! | [`Batch::amp_urls`] | `str` | rows without an AMP URL |
//! | [`Batch::tokens`] | `str` | rows that are neither opaque articles nor opaque redirects |
//! | [`Batch::amp_tokens`] | `str` | rows that are not opaque articles with an AMP URL |
//! | [`Batch::url_lens`] | length of the canonical URL | rows with neither URL nor token |
//!
//! [`BatchReader`] reads batches from a file, [`BlockReader`] only splits it into blocks of lines, which several threads can
//! decode.

pub use self::batch::Batch;
pub use columns::{Column, ColumnIter, Counts, Kinds, KindsIter};
pub use parts::{Parts, StringBuffers, Validity};
pub use reader::{BatchReader, Batches, BlockReader};
pub use row_store::{BatchFull, BatchIter, Errors, UrlLens};
#[cfg(feature = "vector-levels")]
#[cfg_attr(docsrs, doc(cfg(feature = "vector-levels")))]
pub use vector_level::VectorLevel;

#[expect(clippy::module_inception, reason = "it has the type `Batch`; this module has what belongs to it")]
mod batch;
mod columns;
mod iterators;
mod parts;
mod reader;
mod row_store;
mod simd;
mod strings;
#[cfg(feature = "vector-levels")]
mod vector_level;
