//! Decodes a dump, one link per line, in constant memory: for files that are larger than memory, on one thread.
//!
//!     cargo run --release --example file -- links.txt

use std::fs::File;

use google_news_link::batch::Counts;
use google_news_link::{Batch, BatchReader, Kind};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let path = std::env::args_os().nth(1).ok_or("usage: cargo run --release --example file -- FILE")?;
    // It reads blocks of about 256 KiB by itself, so a `BufReader` would only add a copy.
    let mut reader = BatchReader::new(File::open(path)?);
    let mut batch = Batch::new();
    let mut counts = Counts::default();
    while reader.read_batch(&mut batch)? {
        counts += batch.counts();
    }
    println!("{} lines", counts.rows());
    for &kind in Kind::ALL {
        if counts.get(kind) > 0 {
            println!("{} {kind}", counts.get(kind));
        }
    }
    println!("{} errors", counts.errors());
    Ok(())
}
