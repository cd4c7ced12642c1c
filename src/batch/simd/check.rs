//! Stage 5: checks that the decoded strings are printable ASCII.

use fearless_simd::{Simd, i8x64, prelude::*, u8x64};

/// The number of bytes that are checked at once.
const BLOCK: usize = 128;

/// Returns `true` if all of the bytes from `start` on are printable ASCII, `!` to `~`. It may also return `false`
/// because of one of the 128 bytes before `start`.
///
/// Checking the finished column, after 32 rows, takes two instructions per 64 bytes. Checking the bytes while they are
/// in registers would need masks as well, because a step also decodes characters that do not belong to the string.
#[inline(never)]
pub(super) fn is_printable<S: Simd>(simd: S, column: &[u8], start: usize) -> bool {
    simd.vectorize(
        #[inline(always)]
        || is_printable_inlined(simd, column, start),
    )
}

#[inline(always)]
fn is_printable_inlined<S: Simd>(simd: S, column: &[u8], start: usize) -> bool {
    if start == column.len() {
        return true;
    }
    // The last block overlaps with the one before or with older bytes, so that no second loop for a remainder is
    // needed. It is loaded last, because its bytes were stored most recently and a load has to wait for the store.
    let Some(last) = column.last_chunk() else { return is_printable_scalar(&column[start..]) };
    let mut least = i8x64::splat(simd, i8::MAX);
    for block in column[start..].as_chunks().0 {
        least = least_of(least, simd, block);
    }
    least_of(least, simd, last).simd_ge(b'!' as i8 + 1).all_true()
}

/// Returns the minimum of `least` and of each byte plus one, as signed numbers. Adding one maps `0x7f..=0xff` to negative
/// numbers and zero, and `0x00..=0x20` to at most `0x21` (`!`). So a byte is printable if and only if the sum, as a
/// signed number, is greater than `0x21`.
#[inline(always)]
fn least_of<S: Simd>(least: i8x64<S>, simd: S, block: &[u8; BLOCK]) -> i8x64<S> {
    let (vectors, _) = block.as_chunks::<64>();
    vectors
        .iter()
        .fold(least, |least, vector| least.min((u8x64::from_slice(simd, vector) + 1).bitcast::<i8x64<S>>()))
}

/// The scalar twin. All bytes are tested, so that the compiler can test 16 at a time.
pub(super) fn is_printable_scalar(bytes: &[u8]) -> bool {
    bytes.iter().fold(true, |all, byte| all & byte.is_ascii_graphic())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base64url::{Level, dispatch};

    #[test]
    fn every_byte_is_found_at_every_position() {
        for len in [1, 5, 127, 128, 129, 300] {
            for before in [0, 1, 200] {
                for at in (0..len).step_by(7).chain([len - 1]) {
                    for byte in 0..=u8::MAX {
                        let mut column = vec![b'x'; before + len];
                        column[before + at] = byte;
                        let expected = is_printable_scalar(&column[before..]);
                        for level in Level::available() {
                            let found =
                                dispatch!(level, simd => is_printable(simd, &column, before), else expected);
                            assert_eq!(found, expected, "{level:?}: {byte:02x} at {at} of {len}");
                        }
                    }
                }
            }
        }
    }
}
