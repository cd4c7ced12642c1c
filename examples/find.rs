//! Finds the links in a text, here a saved page, and decodes them.
//!
//!     cargo run --release --example find -- page.html

use google_news_link::find;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let path = std::env::args_os().nth(1).ok_or("usage: cargo run --release --example find -- FILE")?;
    let text = std::fs::read(path)?;
    // `relative(true)` would also find `./articles/CBMi…`, which in a page of Google News is a link.
    for found in find(&text) {
        let range = found.range();
        match found.decode() {
            Ok(target) => println!("{}-{}: {target}", range.start, range.end),
            Err(error) => println!("{}-{}: error: {error}", range.start, range.end),
        }
    }
    Ok(())
}
