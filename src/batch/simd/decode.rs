//! Stage 4: decodes the strings into the columns.

use fearless_simd::Simd;

use super::read_lengths::StringParts;
use super::rows::{ROWS, RowSet};
use crate::base64url::kernel::{BYTES, CHARS, Invalid, Kernel, MAX_STEPS, SKIPS, STORE};
use crate::limits::PADDING;

// A fixed number of steps reads and writes beyond the end of a short string.
const _: () = assert!(MAX_STEPS * CHARS <= PADDING && (MAX_STEPS - 1) * BYTES + STORE <= PADDING);

/// Decodes the strings of `rows` from `input` to `output`, in which they will end at `ends`. Returns `Some(false)` if a
/// character is invalid, and `None` if a string is not within `input` and `output` with the [`PADDING`] that follows it.
///
/// ```text
/// row 0   |……… 64 ………|……… 64 ………|… 20 ….  |            |    decoded to offsets 0, 48, 96 and 144
/// row 1   |……… 64 ………|… 8 …     |         |            |    decoded to offsets 111, 159, …
/// ```
///
/// The number of steps is fixed, however short a string is: the trip count of a loop would be mispredicted for every other string.
/// Of real URLs, 3 % need more than four steps, and 15 % more than three. Whole vectors are stored. What is stored beyond the
/// end of the string is overwritten by the next row.
///
/// This function is not inlined, so that the kernel's tables stay in registers: in the middle of a longer function, the compiler
/// loads each of them for each step, which takes twice as long.
#[inline(never)]
pub(super) fn decode_strings<S: Simd>(
    simd: S,
    strings: &StringParts,
    rows: RowSet,
    ends: &[i32; ROWS],
    input: &[u8],
    output: &mut [u8],
) -> Option<bool> {
    simd.vectorize(
        #[inline(always)]
        || {
            let kernel = Kernel::new(simd);
            let steps = kernel.steps();
            let mut invalid = Invalid::new(simd);
            for row in rows {
                let (from, len) = (strings.start[row] as usize, strings.chars[row] as usize);
                // So that the compiler knows that no step begins before the string.
                let skip = strings.skip[row] as usize % SKIPS;
                let to = (ends[row] as u32).wrapping_sub(strings.len[row]) as usize;
                let (chars, _) = input.get(from..from + steps * CHARS)?.as_chunks();
                let out = output.get_mut(to..to + (steps - 1) * BYTES + STORE)?;
                kernel.decode_steps(chars, len, skip, out, &mut invalid)?;
                for step in steps..len.div_ceil(CHARS) {
                    let (from, to) = (from + step * CHARS, to + step * BYTES - skip);
                    let chars = input.get(from..from + CHARS)?.first_chunk()?;
                    let out = output.get_mut(to..to + STORE)?.first_chunk_mut()?;
                    kernel.decode_step(chars, len - step * CHARS, out, &mut invalid);
                }
            }
            Some(!invalid.any())
        },
    )
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
    use super::*;
    use crate::base64url::{Level, dispatch, encode};
    use crate::batch::simd::rows::MAX_ID;
    use quickcheck::QuickCheck;

    /// Decodes the first `chars` characters of `input`, and returns the string if they are valid.
    fn decode(level: Level, input: &[u8], chars: usize, skip: usize) -> Option<Vec<u8>> {
        let (mut strings, mut ends) = (StringParts::default(), [0; ROWS]);
        let len = chars * 3 / 4 - skip;
        (strings.chars[0], strings.skip[0], strings.len[0]) = (chars as u32, skip as u32, len as u32);
        ends[0] = len as i32;
        let mut column = vec![0; len + PADDING];
        let row = RowSet::first(1);
        let is_valid = dispatch!(level, simd => {
            decode_strings(simd, &strings, row, &ends, input, &mut column)
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
    /// outside of the table. In longer strings, the bytes around the ends of steps and of the string are tested.
    #[test]
    fn every_invalid_character_is_found_and_none_after_the_string() {
        let find = |level: Level, chars: usize, at: usize, byte: u8| {
            let mut input = vec![b'A'; chars + PADDING];
            input[at] = byte;
            let expected = decode_scalar(&input[..chars], 0);
            assert_eq!(decode(level, &input, chars, 0), expected, "{level:?}: {byte:02x} at {at} of {chars}");
        };
        for level in Level::available() {
            for chars in [4, 63, 64, 66, 130] {
                for at in 0..chars + 8 {
                    (0..=u8::MAX).for_each(|byte| find(level, chars, at, byte));
                }
            }
            for chars in [191, 192, 194, 195, 255, 256, 258, 320, 1000] {
                for at in (0..chars + 8).filter(|at| (at + 2) % CHARS < 4 || at + 2 >= chars) {
                    [b'!', b'.', 0x80, 0xff].into_iter().for_each(|byte| find(level, chars, at, byte));
                }
            }
        }
    }

    #[test]
    fn strings_are_decoded_one_after_the_other() {
        fn property(rows: Vec<(u16, u8, u16)>, chosen: u32, before: u16) {
            let input = encode(&(0..=u8::MAX).cycle().take(4096).collect::<Vec<_>>()).into_bytes();
            let (mut strings, mut ends, mut chosen_rows) =
                (StringParts::default(), [0; ROWS], RowSet::default());
            let before = vec![b'x'; before.into()];
            let (mut column, mut expected) = (before.clone(), Vec::new());
            for (row, (start, skip, chars)) in rows.into_iter().take(ROWS).enumerate() {
                let (start, skip) = (usize::from(start % 4096), usize::from(skip % 3));
                let mut chars = 4 + usize::from(chars) % (MAX_ID - 4);
                chars -= usize::from(chars % 4 == 1);
                let string = decode_scalar(&input[start..start + chars], skip).unwrap();
                (strings.start[row], strings.skip[row]) = (start as u32, skip as u32);
                (strings.chars[row], strings.len[row]) = (chars as u32, string.len() as u32);
                let at = column.len();
                column.resize(at + string.len(), 0);
                ends[row] = column.len() as i32;
                if chosen >> row & 1 == 1 {
                    chosen_rows.insert_if(row, true);
                    expected.push((at, string));
                }
            }
            column.resize(column.len() + PADDING, 0);
            for level in Level::available() {
                let mut column = column.clone();
                let is_valid = dispatch!(level, simd => {
                    Some(decode_strings(simd, &strings, chosen_rows, &ends, &input, &mut column))
                }, else None);
                let Some(is_valid) = is_valid else { continue };
                assert_eq!((is_valid, &column[..before.len()]), (Some(true), &before[..]), "{level:?}");
                for (at, string) in &expected {
                    assert_eq!(&column[*at..][..string.len()], string, "{level:?}");
                }
            }
        }
        QuickCheck::new().tests(200).quickcheck(property as fn(_, _, _));
    }

    #[test]
    fn strings_without_padding_are_not_decoded() {
        let mut strings = StringParts::default();
        (strings.chars[0], strings.len[0]) = (4, 3);
        let mut ends = [0; ROWS];
        ends[0] = 3;
        for level in Level::available() {
            let decode = |input: usize, column: usize| {
                let (input, mut column) = (vec![b'A'; input], vec![0; column]);
                dispatch!(level, simd => {
                    decode_strings(simd, &strings, RowSet::first(1), &ends, &input, &mut column)
                }, else Some(true).filter(|_| input.len() >= PADDING && column.len() >= PADDING))
            };
            assert_eq!(decode(PADDING, 3 + PADDING), Some(true), "{level:?}");
            assert_eq!((decode(10, 3 + PADDING), decode(PADDING, 10)), (None, None), "{level:?}");
        }
    }
}
