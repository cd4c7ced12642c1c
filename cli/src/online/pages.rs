//! Pages with several links: saved ones, and those that are requested.

use std::fs;
use std::path::Path;

use google_news_link_resolve::Resolution;

use crate::failure::{Failure, cannot_read, name_of};
use crate::terminal::printable;

/// Reads a saved page.
pub(crate) fn read_page(path: &Path) -> Result<Vec<u8>, Failure> {
    fs::read(path).map_err(|error| cannot_read(name_of(path))(error))
}

/// The addresses of pages with several links, and their numbers in a resolution.
pub(crate) type Pages<'a> = Vec<(&'a str, usize)>;

/// Adds pages with several links, unless no link has to be requested. Returns each with its number.
pub(super) fn push_pages<'a>(
    urls: impl Iterator<Item = &'a String>,
    resolution: &mut Resolution,
) -> Result<Pages<'a>, Failure> {
    let mut pages = Vec::new();
    for url in urls {
        if resolution.remaining() > 0 {
            let number =
                resolution.push_page(url).map_err(|source| Failure::Page { url: printable(url), source })?;
            pages.push((url.as_str(), number));
        }
    }
    Ok(pages)
}
