//! Searches for the names that the hosts of links contain, in upper and lower case.
//!
//! Both names have an `o`, two bytes later a `g` or an `e`, and five bytes later a dot or a hyphen:
//!
//! ```text
//!  google.          cdn.ampproject.org
//!   o g  .                   o e  .
//! ```
//!
//! Three loads and comparisons of a vector find these bytes for both names at once. Before each comparison, an OR maps
//! the wanted bytes to one value: `o | 0x20` folds upper case, `| 0x22` maps `G`, `g`, `E` and `e` to `g`, and `| 0x03`
//! maps `.` and `-` to `/`. In prose and markup, one vector in a hundred contains all three bytes at the right
//! distances, and is then compared with the names.

use std::ops::Range;

use fearless_simd::{Simd, prelude::*, u8x64};

use crate::base64url::Level;

/// The names, and the offset of the `o` in each.
const NAMES: [(&[u8], usize); 2] = [(b"google", 1), (b"ampproject.org", 5)];

/// The offsets from the `o` to the other two bytes.
const SECOND: usize = 2;
const THIRD: usize = 5;

/// Returns the range of the first name in `text` that begins at `from` or later.
pub(super) fn find_name(level: Level, text: &[u8], from: usize) -> Option<Range<usize>> {
    match level.vectors() {
        Some(level) => fearless_simd::dispatch!(level, simd => simd.vectorize(
            #[inline(always)]
            || find_name_on(simd, text, from),
        )),
        None => find_name_scalar(text, from, from),
    }
}

#[inline(always)]
fn find_name_on<S: Simd>(simd: S, text: &[u8], from: usize) -> Option<Range<usize>> {
    const LANES: usize = 64;
    let mut at = from;
    while let Some(part) = text.get(at..at + LANES + THIRD) {
        let load = |offset: usize| u8x64::from_slice(simd, &part[offset..offset + LANES]);
        let first = (load(0) | 0x20).simd_eq(b'o');
        let second = (load(SECOND) | 0x22).simd_eq(b'g');
        let third = (load(THIRD) | 0x03).simd_eq(b'/');
        let mut candidates = (first & second & third).to_bitmask();
        while candidates != 0 {
            let found = name_with_o(text, from, at + candidates.trailing_zeros() as usize);
            if found.is_some() {
                return found;
            }
            candidates &= candidates - 1;
        }
        at += LANES;
    }
    find_name_scalar(text, from, at)
}

/// Finds the first name whose `o` is at `at` or later: the scalar twin of [`find_name`].
fn find_name_scalar(text: &[u8], from: usize, at: usize) -> Option<Range<usize>> {
    (at..text.len()).find_map(|o| name_with_o(text, from, o))
}

/// Returns the range of the name whose `o` is at `o`, if there is one.
#[inline(never)]
fn name_with_o(text: &[u8], from: usize, o: usize) -> Option<Range<usize>> {
    NAMES.into_iter().find_map(|(name, offset)| {
        let start = o.checked_sub(offset).filter(|&start| start >= from)?;
        let end = start + name.len();
        let is_name = text.get(start..end)?.eq_ignore_ascii_case(name);
        // Not `googleapis.com` and `Google News`, which many texts contain more often than all hosts together.
        let is_host = is_name && matches!(text.get(o + THIRD), Some(b'.' | b'-'));
        is_host.then_some(start..end)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_found_anywhere_on_every_level() {
        for (name, is_found) in [
            ("google.", true),
            ("GOOGLE.", true),
            ("Google-", true),
            ("gooGle.", true),
            ("ampproject.org", true),
            ("AMPproject.ORG", true),
            ("googleapis", false),
            ("google/", false),
            ("google,", false),
            ("ampproject-org", false),
            ("oogle.", false),
            ("goodle.", false),
            ("google", false),
        ] {
            for before in 0..200 {
                let text = ["o".repeat(before), name.to_owned(), " goog.e".repeat(12)].concat();
                let text = text.as_bytes();
                let len = if name.starts_with(['a', 'A']) { name.len() } else { "google".len() };
                let expected = is_found.then_some(before..before + len);
                for level in Level::available() {
                    assert_eq!(find_name(level, text, 0), expected, "{level:?}: {name} at {before}");
                    assert_eq!(find_name(level, text, before), expected, "{level:?}: {name} at {before}");
                    assert_eq!(find_name(level, text, before + 1), None, "{level:?}: {name} at {before}");
                    let cut = &text[..before + name.len() - 1];
                    assert_eq!(find_name(level, cut, 0), None, "{level:?}: {name} at {before}, cut");
                }
            }
        }
    }
}
