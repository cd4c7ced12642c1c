//! SQL queries over files of Google News links, with the arguments of a command line.
//!
//! A [`Query`] consists of the SQL, the files that are its tables, and the file that its answer is written to. The
//! program `google-news-link-sql` runs it on this machine, the program `client` of `google-news-link-cluster` on a
//! cluster.
#![forbid(unsafe_code)]
#![warn(missing_docs)]

mod format;
mod output;
mod query;
mod table;

pub use query::Query;

/// Any error of a query: of its arguments, its files or the engine.
pub type Error = Box<dyn std::error::Error + Send + Sync>;

/// The result of everything that a query does.
pub type Result<T> = std::result::Result<T, Error>;
