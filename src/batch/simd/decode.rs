//! Stage 5: decodes the steps of the copy plans into the columns.

use fearless_simd::Simd;

use super::copy_plan::{CopyPlan, Step};
use crate::base64url::kernel::{CHARS, Invalid, Kernel, STORE};
use crate::limits::PADDING;

// A step begins within the ID and the string, but may read and write beyond their ends.
const _: () = assert!(CHARS <= PADDING && STORE <= PADDING);

impl CopyPlan {
    /// Decodes the steps from `input` to `output`. Returns `Some(false)` if a character is invalid, and `None` if a
    /// step reaches beyond the end of `input` or `output`, which no valid plan does.
    ///
    /// This function is not inlined, so that the kernel's tables stay in registers: in the middle of a longer function, the compiler
    /// loads each of them for each step, which takes twice as long.
    #[inline(never)]
    pub(super) fn decode<S: Simd>(&self, simd: S, input: &[u8], output: &mut [u8]) -> Option<bool> {
        simd.vectorize(
            #[inline(always)]
            || self.decode_inlined(simd, input, output),
        )
    }

    #[inline(always)]
    fn decode_inlined<S: Simd>(&self, simd: S, input: &[u8], output: &mut [u8]) -> Option<bool> {
        let kernel = Kernel::new(simd);
        let mut invalid = Invalid::new(simd);
        for Step { from, to, skip, excess } in self.steps() {
            let chars = input.get(from..from + CHARS)?.first_chunk()?;
            let output = output.get_mut(to..to + STORE)?.first_chunk_mut()?;
            kernel.decode_into(chars, excess, usize::from(skip), output, &mut invalid);
        }
        Some(!invalid.any())
    }
}

/// The scalar twin: decodes one string, or returns `None` if a character is invalid.
#[cfg(test)]
fn decode_scalar(chars: &[u8], skip: usize) -> Option<Vec<u8>> {
    // The last character may contain bits of the next byte.
    let whole = [chars, &b"AAAA"[..chars.len().next_multiple_of(4) - chars.len()]].concat();
    let bytes = crate::base64url::decode_to_vec(&whole).ok()?;
    Some(bytes[skip..chars.len() * 3 / 4].to_vec())
}

#[cfg(test)]
mod tests {
    use super::super::read_lengths::StringParts;
    use super::super::rows::{ROWS, RowSet};
    use super::*;
    use crate::base64url::{Level, dispatch, encode};

    /// Decodes the first `chars` characters of `input`, and returns the string if they are valid.
    fn decode(level: Level, input: &[u8], chars: usize, skip: usize) -> Option<Vec<u8>> {
        let (mut strings, mut ends) = (StringParts::default(), [0; ROWS]);
        let len = chars * 3 / 4 - skip;
        (strings.chars[0], strings.skip[0], strings.len[0]) = (chars as u32, skip as u32, len as u32);
        ends[0] = len as i32;
        let mut column = vec![0; len + STORE];
        let is_valid = dispatch!(level, simd => {
            let mut plan = CopyPlan::default();
            plan.fill(simd, &strings, RowSet::from_range(&(0..1)), &ends);
            plan.decode(simd, input, &mut column)
        }, else {
            let string = decode_scalar(&input[..chars], skip);
            column[..len].copy_from_slice(string.as_deref().unwrap_or(&vec![0; len]));
            Some(string.is_some())
        });
        column.truncate(len);
        is_valid.expect("all steps are in bounds").then_some(column)
    }

    #[test]
    fn strings_of_any_length_are_decoded() {
        let input = encode(&(0..=u8::MAX).cycle().take(900).collect::<Vec<_>>());
        for level in Level::available() {
            for chars in (4..1000).filter(|chars| chars % 4 != 1) {
                for skip in 0..3 {
                    let expected = decode_scalar(&input.as_bytes()[..chars], skip);
                    assert_eq!(
                        decode(level, input.as_bytes(), chars, skip),
                        expected,
                        "{level:?} {chars} {skip}"
                    );
                }
            }
        }
    }

    /// Compares with the scalar code for all bytes, because levels differ in what a table look-up returns for an index
    /// outside of the table.
    #[test]
    fn every_invalid_character_is_found_and_none_after_the_string() {
        for level in Level::available() {
            for chars in [4, 63, 64, 66, 130] {
                for at in 0..chars + 8 {
                    for byte in 0..=u8::MAX {
                        let mut input = [b'A'; 256];
                        input[at] = byte;
                        let expected = decode_scalar(&input[..chars], 0);
                        assert_eq!(
                            decode(level, &input, chars, 0),
                            expected,
                            "{level:?}: {byte:02x} at {at} of {chars}"
                        );
                    }
                }
            }
        }
    }
}
