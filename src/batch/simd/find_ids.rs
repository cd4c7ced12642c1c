//! Stage 2: finds the ID in each line.

use fearless_simd::{Simd, prelude::*, u8x64};

use super::rows::{MAX_ID, ROWS, Ranges, RowSet};
use crate::batch::row_store::without_carriage_return;
use crate::limits::PADDING;
use crate::link;

/// The first characters of an article's ID: `08 13 22`, its type and the tag of its first string.
pub(super) const ID_START: &[u8; 4] = b"CBMi";

/// The length of the shortest ID: [`ID_START`] and the four characters that contain the length of the URL.
const MIN_ID: usize = ID_START.len() + 4;

/// The last position of a line end for which no later addition overflows 32 bits.
const MAX_POSITION: usize = (u32::MAX / 2) as usize;

// All bytes that are loaded from a position in a line must be within the block.
const _: () = assert!(ID_START.len() + size_of::<u64>() <= PADDING);

/// The IDs of 32 lines. Positions count from the `base` that was passed to [`find`](Self::find).
#[derive(Debug, Default)]
pub(super) struct Ids {
    /// The position at which the ID starts.
    pub(super) start: [u32; ROWS],
    /// The position at which the line ends.
    pub(super) line_end: [u32; ROWS],
    /// The rows in which an ID was found.
    pub(super) found: RowSet,
}

impl Ids {
    /// Finds the IDs of `rows` of `block`. Positions count from `base`, which must not be after the start of any row.
    #[inline(never)]
    pub(super) fn find<S: Simd>(&mut self, simd: S, block: &[u8], base: usize, rows: &Ranges) {
        simd.vectorize(
            #[inline(always)]
            || self.find_inlined(simd, block, base, rows),
        )
    }

    #[inline(always)]
    fn find_inlined<S: Simd>(&mut self, simd: S, block: &[u8], base: usize, rows: &Ranges) {
        self.found = RowSet::default();
        // Later stages load whole vectors, so the last lines of a block are left to the scalar code. So are rows that
        // are too far from `base` for 32-bit positions.
        let Some(last) = block.len().checked_sub(PADDING) else { return };
        let last = last.min(base.saturating_add(MAX_POSITION));
        let count = rows.count_until(last);
        let mut missing = RowSet::default();
        for row in 0..count {
            let (line_start, end) = (rows.starts[row], rows.ends[row]);
            let after_id_start = find_id(simd, block, line_start, end).unwrap_or_else(|| {
                missing.insert_if(row, true);
                line_start + ID_START.len()
            });
            self.start[row] = (after_id_start - ID_START.len() - base) as u32;
            self.line_end[row] = (end - base) as u32;
        }
        self.found = RowSet::first(count) & !missing;
        // The remaining rows of the 32 get a position that later stages can read from.
        for row in count..ROWS {
            (self.start[row], self.line_end[row]) = (0, 0);
        }
    }
}

/// Finds an article's ID in the line from `start` to `end`, and returns the position after [`ID_START`]. What follows
/// is validated later. A line without a frequent prefix is left to [`find_id_scalar`].
///
/// ```text
/// https://news.google.com/rss/articles/CBMi………………?oc=5
/// [ first 64 bytes: one comparison with PREFIXES ]
/// ```
///
/// One or two bytes of the line select the only prefix with which it can begin, and one comparison tells whether it
/// does. A branch per form would be mispredicted, because the next line's form cannot be predicted. A prefix contains
/// no `\n`, so a line that is shorter than the prefix cannot match. A string and the bytes after it may match together,
/// but then the computed end of the ID is past the end of the string, so the next stage does not accept the row.
#[inline(always)]
fn find_id<S: Simd>(simd: S, block: &[u8], start: usize, end: usize) -> Option<usize> {
    let first = block.get(start..)?.first_chunk::<64>()?;
    // Computed without a branch, for the same reason.
    let is_relative = u8::from(first[0] == b'.').wrapping_neg();
    let selector = (first[2] & is_relative) | ((first[24] ^ first[25]) & !is_relative);
    let (prefix, len) = PREFIXES[usize::from(selector & 0x7f)];
    let equal = u8x64::from_slice(simd, first).simd_eq(u8x64::from_slice(simd, prefix)).to_bitmask();
    // A bit for each byte of the prefix that is different, the last one at the top.
    let different = !equal << (64 - len);
    if different != 0 {
        // If only `CBMi` is different, it is an ID of another type.
        let is_other_id = different << ID_START.len() == 0;
        return if is_other_id { None } else { find_id_scalar(&block[start..end]).map(|at| start + at) };
    }
    Some(start + len as usize)
}

/// Finds an article's ID in any line, and returns the position after [`ID_START`] in `line`: the scalar twin of [`find_id`].
#[cold]
#[inline(never)]
fn find_id_scalar(line: &[u8]) -> Option<usize> {
    let common = link::scan_common(without_carriage_return(line))?;
    let is_article = common.id.starts_with(ID_START) && (MIN_ID..=MAX_ID).contains(&common.id.len());
    is_article.then_some(common.id_start + ID_START.len())
}

/// The frequent prefixes of links to articles, padded to a vector, and their lengths. The index is the byte that
/// distinguishes them, the `selector` of [`find_id`]. Unused entries are 64 zeros. A line of 64 zeros has selector
/// 0, which is a used entry, so unused entries never match.
const PREFIXES: [(&[u8; 64], u32); 128] = {
    let mut prefixes: [(&[u8; 64], u32); 128] = [(&[0; 64], 64); 128];
    prefixes[(b'r' ^ b's') as usize] =
        (b"https://news.google.com/rss/articles/CBMi                       ", 41);
    prefixes[(b'a' ^ b'r') as usize] =
        (b"https://news.google.com/articles/CBMi                           ", 37);
    prefixes[(b'r' ^ b'e') as usize] =
        (b"https://news.google.com/read/CBMi                               ", 33);
    // `_ ^ _`, in `__i`.
    prefixes[0] = (b"https://news.google.com/__i/rss/rd/articles/CBMi                ", 48);
    prefixes[(b'e' ^ b's') as usize] =
        (b"news.google.com/./articles/CBMi                                 ", 31);
    prefixes[b'a' as usize] = (b"./articles/CBMi                                                 ", 15);
    prefixes[b'r' as usize] = (b"./read/CBMi                                                     ", 11);
    prefixes
};

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base64url::{Level, dispatch};

    #[test]
    fn each_prefix_is_found_where_the_scalar_code_finds_it() {
        let prefixes = PREFIXES.iter().filter(|(prefix, _)| prefix[0] != 0);
        for (prefix, len) in prefixes.map(|&(prefix, len)| (&prefix[..len as usize], len as usize)) {
            for (id_len, tail) in [(60, &b""[..]), (60, b"?oc=5"), (100, b"?hl=en-US&gl=US&ceid=US:en\r")] {
                let line = [prefix, &vec![b'A'; id_len - 4][..], tail].concat();
                let block = [&line[..], b"\n", &[b'.'; 64]].concat();
                for level in Level::available() {
                    let scalar = find_id_scalar(&line);
                    let found = dispatch!(level, simd => find_id(simd, &block, 0, line.len()), else scalar);
                    assert_eq!((found, scalar), (Some(len), found), "{level:?}: {}", line.escape_ascii());
                }
            }
        }
    }

    #[test]
    fn lines_without_a_frequent_prefix_agree_with_the_scalar_code() {
        for (prefix, is_article) in [
            ("http://news.google.com/rss/articles/CBMi", true),
            ("https://news.google.com/./articles/CBMi", true),
            ("news.google.com/read/CBMi", true),
            ("CBMi", true),
            ("https://news.google.com/rss/articles/CCAi", false),
            ("https://news.google.com/topics/CAAq", false),
            ("./articles/CAIi", false),
            ("https://news.google.com/rss/article/CBMi", false),
        ] {
            let line = [prefix, &"A".repeat(60), "?oc=5"].concat();
            let block = [line.as_bytes(), b"\n", &[b'.'; 64]].concat();
            let expected = is_article.then_some(prefix.len());
            assert_eq!(find_id_scalar(line.as_bytes()), expected, "{line}");
            for level in Level::available() {
                let found = dispatch!(level, simd => find_id(simd, &block, 0, line.len()), else expected);
                assert_eq!(found, expected, "{level:?}: {line}");
            }
        }
    }

    #[test]
    fn a_prefix_with_another_character_is_not_found() {
        for &(prefix, len) in PREFIXES.iter().filter(|(prefix, _)| prefix[0] != 0) {
            for at in 0..len as usize {
                let mut block = [b'A'; 128];
                block[..len as usize].copy_from_slice(&prefix[..len as usize]);
                block[at] = b'\n';
                for level in Level::available() {
                    let found = dispatch!(level, simd => find_id(simd, &block, 0, at), else None);
                    assert_eq!(found, None, "{level:?}: {}", block.escape_ascii());
                }
            }
        }
    }
}
