//! Decodes the links in the arguments: for a handful of links, one at a time.
//!
//!     cargo run --release --example decode -- 'https://news.google.com/rss/articles/CBMi…?oc=5'

use std::ffi::OsString;
use std::process::ExitCode;

use google_news_link::{Target, decode};

fn main() -> ExitCode {
    // Arguments need not be UTF-8, and neither need links.
    let links: Vec<OsString> = std::env::args_os().skip(1).collect();
    if links.is_empty() {
        eprintln!("usage: cargo run --release --example decode -- LINK...");
        return ExitCode::from(2);
    }
    let mut status = ExitCode::SUCCESS;
    for link in &links {
        match decode(link.as_encoded_bytes()) {
            Ok(target) => print(&target),
            Err(error) => {
                eprintln!("error: {error}: {}", link.display());
                status = ExitCode::FAILURE;
            }
        }
    }
    status
}

fn print(target: &Target<'_>) {
    println!("kind: {}", target.kind());
    if let Some(url) = target.canonical_url() {
        println!("canonical_url: {url}");
    }
    if let Some(url) = target.amp_url() {
        println!("amp_url: {url}");
    }
    // An encrypted URL, of which the length is known.
    if let (Some(token), Some(len)) = (target.token(), target.url_len()) {
        println!("token: {token}");
        println!("url_len: {len}");
    }
}
