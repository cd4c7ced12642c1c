//! Decodes lines into columns: for many links that are in memory already, such as a column of a table.
//!
//!     cargo run --release --example batch

use google_news_link::batch::BatchFull;
use google_news_link::{Batch, Kind};

const LINES: &[u8] = b"\
https://news.google.com/rss/articles/CBMiFmh0dHBzOi8vYW11LnR2LzExMTkzMS_SAQA?oc=5
https://news.google.com/rss/articles/CCAiC2JSMFZjT0NUb2hZmAEB?oc=5
https://news.google.com/articles/CBMiYmh0dHBzO...
https://news.google.com/read/CBMiNkFVX3lxTE04T1d2QWFkS3BlS042NlZ0bThVc3hFeU5xTFF0d25TdDFhSURHT00tRWhSOGVpZw
";

fn main() -> Result<(), BatchFull> {
    let mut batch = Batch::new();
    // Each line becomes the row with the same index; a line that cannot be decoded becomes a row with an error.
    batch.push_lines(LINES)?;
    for (row, (kind, url)) in batch.kinds().iter().zip(batch.canonical_urls()).enumerate() {
        println!("{row}\t{}\t{}", kind.map_or("-", Kind::as_str), url.unwrap_or("-"));
    }
    for (row, error) in batch.errors() {
        println!("row {row}: {error}");
    }
    // `clear` keeps the memory, so the next lines cost no allocation.
    batch.clear();
    Ok(())
}
