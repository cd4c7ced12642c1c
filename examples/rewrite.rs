//! Copies a text of any length and replaces the links in it by the publishers' URLs.
//!
//!     cargo run --release --example rewrite < page.html > rewritten.html

use std::borrow::Cow;
use std::io;

use google_news_link::{Match, Rewriter};

fn publishers_url(found: &Match<'_>) -> Option<Cow<'static, str>> {
    // `None` keeps the link, here that of an encrypted article and one that cannot be decoded.
    found.decode().ok()?.into_canonical_url()
}

fn main() -> io::Result<()> {
    let out = io::BufWriter::new(io::stdout().lock());
    Rewriter::new(io::stdin().lock()).write_to(out, publishers_url)
}
