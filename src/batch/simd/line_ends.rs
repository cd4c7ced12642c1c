//! Stage 1: finds the line ends.

use fearless_simd::{Simd, prelude::*, u8x64};

/// The number of bytes that are searched before their lines are decoded: few enough that they are still in the cache
/// then.
pub(super) const SEGMENT: usize = 128 * 1024;

/// Writes the position of each `\n` in `segment` to the front of `line_ends` and returns their number.
///
/// ```text
/// 64 bytes   ….\n………………………………\n….
/// equal      0001000000000010000      one bit per byte
/// line_ends   [at + 3, at + 14, …]     lowest bit first
/// ```
#[inline(never)]
pub(super) fn find_line_ends<S: Simd>(simd: S, segment: &[u8], line_ends: &mut Vec<u32>) -> usize {
    simd.vectorize(
        #[inline(always)]
        || find_line_ends_inlined(simd, segment, line_ends),
    )
}

#[inline(always)]
fn find_line_ends_inlined<S: Simd>(simd: S, segment: &[u8], line_ends: &mut Vec<u32>) -> usize {
    /// Before each part, the list grows to the largest number of line ends that the part can contain. For lines of 300
    /// bytes it takes 66 KB; if it grew for the whole segment at once, it would take 512 KB.
    const PART: usize = 16 * 1024;
    let mut count = 0;
    let mut at = 0;
    for part in segment.chunks(PART) {
        // One more, because a position is written for each vector, whether it contains a line end or not.
        if line_ends.len() <= count + part.len() {
            line_ends.resize(count + part.len() + 1, 0);
        }
        let line_ends = &mut line_ends[..=count + part.len()];
        let (vectors, remainder) = part.as_chunks::<64>();
        for vector in vectors {
            let mut bits = u8x64::from_slice(simd, vector).simd_eq(b'\n').to_bitmask();
            // Most lines are longer than a vector, so a vector contains one line end or none. A branch on that would be
            // mispredicted.
            line_ends[count] = at + bits.trailing_zeros();
            count += usize::from(bits != 0);
            bits &= bits.wrapping_sub(1);
            while bits != 0 {
                line_ends[count] = at + bits.trailing_zeros();
                count += 1;
                bits &= bits - 1;
            }
            at += 64;
        }
        for &byte in remainder {
            line_ends[count] = at;
            count += usize::from(byte == b'\n');
            at += 1;
        }
    }
    count
}

/// The scalar twin.
#[cfg(test)]
fn line_ends_scalar(segment: &[u8]) -> Vec<u32> {
    memchr::memchr_iter(b'\n', segment).map(|line_end| line_end as u32).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base64url::{Level, dispatch};

    #[test]
    fn line_ends_are_found_in_any_vector_and_part() {
        for period in [1, 2, 63, 64, 65, 300, 16_383, 16_384, 16_385] {
            for len in [0, 1, 64, 16_383, 16_384, 16_385, 40_000] {
                let segment: Vec<u8> =
                    (0..len).map(|at| if at % period == period / 2 { b'\n' } else { b'x' }).collect();
                let expected = line_ends_scalar(&segment);
                for level in Level::available() {
                    let mut line_ends = vec![7; 3];
                    let found = dispatch!(level, simd => {
                        let count = find_line_ends(simd, &segment, &mut line_ends);
                        line_ends[..count].to_vec()
                    }, else expected.clone());
                    assert_eq!(found, expected, "{level:?}, {len} bytes, one in {period}");
                }
            }
        }
    }
}
