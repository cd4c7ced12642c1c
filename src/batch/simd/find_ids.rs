//! Stage 2: where the ID is in each line.

use fearless_simd::{Simd, prelude::*, u8x64};

use super::ROWS;
use crate::link;

/// The length of the longest ID on the fast path. One in 5,000 is longer.
pub(super) const MAX_ID: usize = 1000;

/// The length of the shortest one: `CBMi` and the four characters that contain the length of the URL.
const MIN_ID: usize = 8;

/// The number of bytes after the line end that the block must contain, so that later stages can load whole vectors.
const PADDING: usize = 128;
const _: () = assert!(PADDING >= crate::base64url::kernel::CHARS);

/// The IDs of 16 lines.
#[derive(Debug, Default)]
pub(super) struct Ids {
    /// Where the ID starts, counted from the start of the first line, and its length.
    pub(super) start: [u32; ROWS],
    pub(super) len: [u32; ROWS],
    /// The four characters after `CBMi`, and the last four characters, of all rows.
    pub(super) heads: [[u8; 4]; ROWS],
    pub(super) tails: [[u8; 4]; ROWS],
}

impl Ids {
    /// Finds the IDs of the lines of `block` that end at `ends`, the first of which starts at `line`. Returns the number of
    /// lines before the first one in which no ID is found.
    #[inline(never)]
    pub(super) fn find<S: Simd>(&mut self, simd: S, block: &[u8], line: usize, ends: &[usize]) -> usize {
        simd.vectorize(
            #[inline(always)]
            || self.find_inlined(simd, block, line, ends),
        )
    }

    #[inline(always)]
    fn find_inlined<S: Simd>(&mut self, simd: S, block: &[u8], line: usize, ends: &[usize]) -> usize {
        let mut line_start = line;
        let mut rows = 0;
        let chars = self.heads.iter_mut().zip(&mut self.tails);
        let fields = chars.zip(self.start.iter_mut().zip(&mut self.len));
        for (&newline, ((head, tail), (id_start, id_len))) in ends.iter().zip(fields) {
            if newline + PADDING > block.len() {
                break;
            }
            let Some((start, len)) = find_id(simd, &block[line_start..newline]) else { break };
            let start = line_start + start;
            let Some(&[_, _, _, _, a, b, c, d]) = block[start..].first_chunk() else { break };
            let Some(&last) = block[..start + len].last_chunk() else { break };
            *id_start = (start - line) as u32;
            *id_len = len as u32;
            *head = [a, b, c, d];
            *tail = last;
            line_start = newline + 1;
            rows += 1;
        }
        rows
    }
}

/// Finds the start and length of an article's ID in a line that begins with a frequent prefix. Its characters are validated
/// later.
///
/// ```text
/// https://news.google.com/rss/articles/CBMi………………?oc=5
/// [ first 64 bytes: one comparison with PREFIXES ]
///                          [ last 64 bytes: the first '?' ]
/// ```
///
/// Two bytes select the prefix, which is then compared as a whole: which form comes next in a mix of forms cannot be
/// predicted. The ID ends at the `?` in the last 64 bytes, or with the line. Nearly all that follows an ID is shorter. If it
/// is not, the ID contains a `?` or `#`, which the decoder rejects.
#[inline(always)]
fn find_id<S: Simd>(simd: S, line: &[u8]) -> Option<(usize, usize)> {
    let (Some(first), Some(last)) = (line.first_chunk::<64>(), line.last_chunk::<65>()) else {
        return find_id_scalar(line);
    };
    // Computed without a branch, for the same reason.
    let is_relative = u8::from(first[0] == b'.').wrapping_neg();
    let selector = (first[2] & is_relative) | ((first[24] ^ first[25]) & !is_relative);
    let (prefix, prefix_len) = PREFIXES[usize::from(selector & 0x7f)];
    let equal = u8x64::from_slice(simd, first).simd_eq(u8x64::from_slice(simd, prefix)).to_bitmask();
    if prefix_len == 0 || equal | (u64::MAX << prefix_len) != u64::MAX {
        return find_id_scalar(line);
    }
    // A `\r` does not belong to the line.
    let line_end = 64 - usize::from(last[64] == b'\r');
    let question_marks = u8x64::from_slice(simd, &last[1..]).simd_eq(b'?').to_bitmask();
    let start = prefix_len as usize - b"CBMi".len();
    let end = line.len() - 64 + (question_marks.trailing_zeros() as usize).min(line_end);
    let len = end.checked_sub(start)?;
    (MIN_ID..=MAX_ID).contains(&len).then_some((start, len))
}

/// Does the same for any line.
#[cold]
#[inline(never)]
fn find_id_scalar(line: &[u8]) -> Option<(usize, usize)> {
    let common = link::scan_common(super::without_carriage_return(line))?;
    let is_article = common.id.starts_with(b"CBMi") && (MIN_ID..=MAX_ID).contains(&common.id.len());
    is_article.then_some((common.id_start, common.id.len()))
}

/// The frequent prefixes of links to articles, padded to a vector, and their lengths. The index is the byte that
/// distinguishes them, the `selector` of [`find_id`].
const PREFIXES: [(&[u8; 64], u32); 128] = {
    let mut prefixes: [(&[u8; 64], u32); 128] = [(&[0; 64], 0); 128];
    prefixes[(b'r' ^ b's') as usize] =
        (b"https://news.google.com/rss/articles/CBMi                       ", 41);
    prefixes[(b'a' ^ b'r') as usize] =
        (b"https://news.google.com/articles/CBMi                           ", 37);
    prefixes[(b'r' ^ b'e') as usize] =
        (b"https://news.google.com/read/CBMi                               ", 33);
    // `__`
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
        let prefixes = PREFIXES.iter().filter(|(_, len)| *len > 0);
        for (prefix, len) in prefixes.map(|&(prefix, len)| (&prefix[..len as usize], len as usize)) {
            for (id_len, tail) in [(60, &b""[..]), (60, b"?oc=5"), (100, b"?hl=en-US&gl=US&ceid=US:en\r")] {
                let line = [prefix, &vec![b'A'; id_len - 4][..], tail].concat();
                for level in Level::available() {
                    let scalar = find_id_scalar(&line);
                    let found = dispatch!(level, simd => find_id(simd, &line), else scalar);
                    assert_eq!(
                        (found, scalar),
                        (Some((len - 4, id_len)), found),
                        "{level:?}: {}",
                        line.escape_ascii()
                    );
                }
            }
        }
    }
}
