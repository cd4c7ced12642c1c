//! Decodes a dump on two threads: for large files, where one thread is not enough.
//!
//!     cargo run --release --example parallel -- links.txt

use std::fs::File;
use std::sync::Mutex;
use std::thread;

use google_news_link::Batch;
use google_news_link::batch::{BlockReader, Counts};

const THREADS: usize = 2;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let path = std::env::args_os().nth(1).ok_or("usage: cargo run --release --example parallel -- FILE")?;
    // The threads take turns at reading blocks of whole lines, and decode them at the same time.
    let blocks = Mutex::new(BlockReader::new(File::open(path)?));
    let decode_blocks = || -> std::io::Result<Counts> {
        let (mut batch, mut block, mut counts) = (Batch::new(), Vec::new(), Counts::default());
        while blocks.lock().expect("no thread panics").read_block(&mut block)? {
            batch.clear();
            batch.push_lines(&block).map_err(std::io::Error::other)?;
            counts += batch.counts();
        }
        Ok(counts)
    };
    let mut total = Counts::default();
    thread::scope(|scope| {
        let threads: Vec<_> = (0..THREADS).map(|_| scope.spawn(decode_blocks)).collect();
        for thread in threads {
            total += thread.join().expect("no thread panics")?;
        }
        std::io::Result::Ok(())
    })?;
    println!("{} lines, {} errors", total.rows(), total.errors());
    Ok(())
}
