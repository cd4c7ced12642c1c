//! Decodes many links into columns in the layout of Apache Arrow.
//!
//! A [`Batch`] has one row per link. Row i is the i-th link that was pushed, or the i-th line of a block; a link that cannot
//! be decoded adds a row with an error. Rows can be read as targets, by [`Batch::get`], or as columns:
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
//!
//! # Examples
//!
//! Write a table with one row per line of a file:
//!
//! ```
//! use std::io::{self, BufWriter, Read, Write};
//!
//! use google_news_link::{Batch, BatchReader};
//!
//! fn write_table(links: impl Read, table: impl Write) -> io::Result<()> {
//!     let mut table = BufWriter::new(table);
//!     let mut reader = BatchReader::new(links);
//!     let mut batch = Batch::new();
//!     while reader.read_batch(&mut batch)? {
//!         let mut errors = batch.errors().peekable();
//!         for (row, (kind, url)) in batch.kinds().iter().zip(batch.canonical_urls()).enumerate() {
//!             match (kind, errors.next_if(|(error_row, _)| *error_row == row)) {
//!                 (None, Some((_, error))) => writeln!(table, "error\t{error}")?,
//!                 (kind, _) => writeln!(table, "{}\t{}", kind.map_or("", |kind| kind.as_str()), url.unwrap_or(""))?,
//!             }
//!         }
//!     }
//!     table.flush()
//! }
//!
//! let mut table = Vec::new();
//! write_table(&b"CBMiFmh0dHBzOi8vYW11LnR2LzExMTkzMS_SAQA\nhello\n"[..], &mut table)?;
//! assert_eq!(table, b"article\thttps://amu.tv/111931/\nerror\tnot a Google News link or ID\n");
//! # Ok::<(), io::Error>(())
//! ```

pub use self::batch::Batch;
pub use columns::{Column, ColumnIter, Counts, Kinds, KindsIter};
pub use parts::{Parts, StringBuffers, Validity};
pub use reader::{BatchReader, Batches, BlockReader};
pub use row_store::{BatchFull, BatchIter, Errors, UrlLens, UrlLensIter};
#[cfg(feature = "vector-levels")]
#[cfg_attr(docsrs, doc(cfg(feature = "vector-levels")))]
pub use vector_level::VectorLevel;

#[expect(
    clippy::module_inception,
    reason = "the inner module has the type `Batch`, the outer one the types around it"
)]
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
