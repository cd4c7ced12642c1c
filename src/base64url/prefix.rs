//! Measures the base64url characters at the beginning of a text.

use fearless_simd::{Simd, prelude::*, u8x64};

use super::alphabet::{are_base64url, is_base64url};
use super::level::{Level, dispatch};

/// Returns the number of base64url characters at the beginning of `text`.
pub(crate) fn prefix_len(level: Level, text: &[u8]) -> usize {
    dispatch!(level, simd => simd.vectorize(
        #[inline(always)]
        || prefix_len_on(simd, text),
    ), else prefix_len_scalar(text))
}

#[inline(always)]
fn prefix_len_on<S: Simd>(simd: S, text: &[u8]) -> usize {
    let Some(last) = text.last_chunk::<64>() else { return prefix_len_scalar(text) };
    let (vectors, _) = text.as_chunks::<64>();
    for (vector, start) in vectors.iter().zip((0..).step_by(64)) {
        let invalid = find_other_bytes(simd, vector);
        if invalid != 0 {
            return start + invalid.trailing_zeros() as usize;
        }
    }
    // The last vector overlaps with the one before, or is that one. `trailing_zeros` is 64 if it has no other byte.
    text.len() - last.len() + find_other_bytes(simd, last).trailing_zeros() as usize
}

/// Returns a bit for each byte that is not in the alphabet.
#[inline(always)]
fn find_other_bytes<S: Simd>(simd: S, vector: &[u8; 64]) -> u64 {
    let bytes = u8x64::from_slice(simd, vector);
    // In lower case, letters are one range. Setting the bit turns no other byte into a letter.
    let lower = bytes | 0x20;
    let is_letter = lower.simd_ge(b'a') & lower.simd_le(b'z');
    let is_digit = bytes.simd_ge(b'0') & bytes.simd_le(b'9');
    let is_other = bytes.simd_eq(b'-') | bytes.simd_eq(b'_');
    !(is_letter | is_digit | is_other).to_bitmask()
}

/// Returns the same as [`prefix_len`]: its scalar twin, which also searches text that is shorter than a vector.
pub(super) fn prefix_len_scalar(text: &[u8]) -> usize {
    let (blocks, remainder) = text.as_chunks::<16>();
    let len = blocks.iter().take_while(|block| are_base64url(*block)).count() * 16;
    if len == text.len() - remainder.len() && text.last_chunk::<16>().is_some_and(|last| are_base64url(last))
    {
        return text.len();
    }
    len + text[len..].iter().take_while(|&&byte| is_base64url(byte)).count()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_prefix_ends_at_the_first_other_byte_on_every_level() {
        for level in Level::available() {
            for byte in 0..=255 {
                for (len, at) in [15, 16, 63, 64, 65, 128, 200].into_iter().flat_map(|len| {
                    let places = [0, 1, 14, 15, 16, 62, 63, 64, 65, 127, 128, 150, 191, 192, 199];
                    places.into_iter().filter(move |&at| at < len).map(move |at| (len, at))
                }) {
                    let mut text = [b'A', b'z', b'0', b'-', b'_'].repeat(40);
                    text.truncate(len);
                    text[at] = byte;
                    assert_eq!(
                        prefix_len(level, &text),
                        prefix_len_scalar(&text),
                        "{level:?}: {byte} at {at} of {len}"
                    );
                    let is_in_alphabet = base64::alphabet::URL_SAFE.as_str().contains(char::from(byte));
                    assert_eq!(prefix_len_scalar(&text) == at, !is_in_alphabet);
                }
            }
            assert_eq!(prefix_len(level, b""), 0);
        }
    }
}
