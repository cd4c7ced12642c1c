//! Stage 4: plans which characters are decoded to which offset of a column.

use fearless_simd::{Simd, prelude::*, u32x8};

use super::read_lengths::StringParts;
use super::rows::{MAX_ID, ROWS, RowSet};
use crate::base64url::kernel::{BYTES, CHARS};

/// A list of decoding steps, each of 64 characters, for the strings of 32 rows.
///
/// The number of steps differs from string to string, so the trip count of a loop per string would be mispredicted. The
/// steps of all rows are written to one list without a branch, and decoded in one loop.
///
/// ```text
/// row 0   |……… 64 ………|……… 64 ………|… 20 ….|        three steps, to offsets 0, 48 and 96
/// row 1   |……… 64 ………|… 8 …|                     two steps, to offsets 111 and 159
/// ```
///
/// Each step stores a whole vector. The next step overwrites the bytes beyond the string.
#[derive(Debug)]
pub(super) struct CopyPlan {
    from: [u32; MAX_STEPS],
    to: [u32; MAX_STEPS],
    /// The number of characters at the end of the step that do not belong to the string.
    excess: [u8; MAX_STEPS],
    /// The number of bytes at the start of the step that do not belong to the string. It is 0 for all steps but the
    /// string's first.
    skip: [u8; MAX_STEPS],
    len: usize,
}

/// One step of a plan.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Step {
    /// The position of its first character.
    pub(super) from: usize,
    /// The offset in the column of its first byte after the skipped ones.
    pub(super) to: usize,
    /// The number of bytes to skip.
    pub(super) skip: u8,
    /// The number of characters at its end that do not belong to the string.
    pub(super) excess: u8,
}

/// The number of steps that are written at once, however many the string has.
const AT_ONCE: usize = 8;

/// The maximum number of steps of a row, whose ID has [`MAX_ID`] characters.
const STEPS_OF_ROW: usize = MAX_ID.div_ceil(CHARS);

/// The maximum number of steps of 32 rows, and room for the steps that are written beyond the last one.
pub(super) const MAX_STEPS: usize = ROWS * STEPS_OF_ROW + AT_ONCE;

impl Default for CopyPlan {
    fn default() -> Self {
        CopyPlan {
            from: [0; MAX_STEPS],
            to: [0; MAX_STEPS],
            excess: [0; MAX_STEPS],
            skip: [0; MAX_STEPS],
            len: 0,
        }
    }
}

impl CopyPlan {
    /// Plans the copies of the strings of `rows` to a column, in which they will end at `ends`.
    #[inline(never)]
    pub(super) fn fill<S: Simd>(&mut self, simd: S, strings: &StringParts, rows: RowSet, ends: &[i32; ROWS]) {
        simd.vectorize(
            #[inline(always)]
            || self.fill_inlined(simd, strings, rows, ends),
        )
    }

    #[inline(always)]
    fn fill_inlined<S: Simd>(&mut self, simd: S, strings: &StringParts, rows: RowSet, ends: &[i32; ROWS]) {
        let mut len = 0;
        for row in rows {
            let to = (ends[row] as u32).wrapping_sub(strings.len[row]);
            len = self.add(simd, len, (strings.start[row], strings.skip[row], strings.chars[row]), to);
        }
        self.len = len;
    }

    /// Adds the steps of a string to `len` existing ones, and returns their new number. An empty string has no characters and adds no
    /// step.
    #[inline(always)]
    fn add<S: Simd>(&mut self, simd: S, len: usize, (start, skip, chars): (u32, u32, u32), to: u32) -> usize {
        let steps = (chars as usize).div_ceil(CHARS);
        // Only the last step has an excess, and only the first one skips bytes. `skips` has one byte for each of eight steps.
        let mut skips = u64::from(skip);
        let (mut start, mut first_to) = (start, to.wrapping_sub(skip));
        let mut at = len;
        loop {
            let (Some(froms), Some(tos), Some(excesses), Some(of_skips)) = (
                self.from.get_mut(at..at + AT_ONCE),
                self.to.get_mut(at..at + AT_ONCE),
                self.excess.get_mut(at..at + AT_ONCE),
                self.skip.get_mut(at..at + AT_ONCE),
            ) else {
                debug_assert!(false, "an ID of at most {MAX_ID} characters has at most {STEPS_OF_ROW} steps");
                return len;
            };
            (u32x8::splat(simd, start) + u32x8::from_slice(simd, &FROM)).store_slice(froms);
            (u32x8::splat(simd, first_to) + u32x8::from_slice(simd, &TO)).store_slice(tos);
            excesses.copy_from_slice(&[0; AT_ONCE]);
            of_skips.copy_from_slice(&skips.to_le_bytes());
            at += AT_ONCE;
            // 98 of 100 strings have at most eight steps.
            if len + steps <= at {
                break;
            }
            start += (AT_ONCE * CHARS) as u32;
            first_to = first_to.wrapping_add((AT_ONCE * BYTES) as u32);
            skips = 0;
        }
        self.to[len] = to;
        let end = len + steps;
        if let Some(excess) = self.excess.get_mut(end.wrapping_sub(1)) {
            *excess = (steps * CHARS - chars as usize) as u8;
        }
        end
    }

    /// Returns the steps in their order.
    #[inline(always)]
    pub(super) fn steps(&self) -> impl Iterator<Item = Step> {
        let len = self.len.min(MAX_STEPS);
        let (from, to) = (&self.from[..len], &self.to[..len]);
        let (excess, skip) = (&self.excess[..len], &self.skip[..len]);
        from.iter().zip(to).zip(excess.iter().zip(skip)).map(|((&from, &to), (&excess, &skip))| Step {
            from: from as usize,
            to: to as usize,
            skip,
            excess,
        })
    }
}

/// The distances of eight consecutive steps from the first one, in characters and in bytes.
const FROM: [u32; AT_ONCE] = multiples(CHARS);
const TO: [u32; AT_ONCE] = multiples(BYTES);

const fn multiples(of: usize) -> [u32; AT_ONCE] {
    let mut multiples = [0; AT_ONCE];
    let mut i = 0;
    while i < AT_ONCE {
        multiples[i] = (i * of) as u32;
        i += 1;
    }
    multiples
}

/// The scalar twin: the steps of one string.
#[cfg(test)]
pub(super) fn steps_scalar(start: usize, skip: usize, chars: usize, to: usize) -> Vec<Step> {
    let steps = (0..chars).step_by(CHARS).enumerate();
    steps
        .map(|(i, at)| Step {
            from: start + at,
            to: if i == 0 { to } else { to + i * BYTES - skip },
            skip: if i == 0 { skip as u8 } else { 0 },
            excess: (at + CHARS).saturating_sub(chars) as u8,
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base64url::{Level, dispatch};
    use quickcheck::QuickCheck;

    #[test]
    fn plans_have_the_steps_that_the_scalar_code_plans() {
        fn property(rows: Vec<(u16, u8, u16)>, chosen: u32, column_len: u16) {
            let (mut strings, mut ends) = (StringParts::default(), [0; ROWS]);
            let (mut expected, mut to) = (Vec::new(), usize::from(column_len));
            let rows: Vec<_> = rows.into_iter().take(ROWS).collect();
            let mut chosen_rows = RowSet::default();
            for row in 0..rows.len() {
                chosen_rows.insert_if(row, chosen >> row & 1 == 1);
            }
            for (row, (start, skip, chars)) in rows.into_iter().enumerate() {
                let (start, skip) = (usize::from(start), usize::from(skip % 3));
                let chars = 4 + usize::from(chars) % (MAX_ID - 3);
                let len = chars * 3 / 4 - skip;
                if chosen_rows.contains(row) {
                    expected.extend(steps_scalar(start, skip, chars, to));
                }
                to += len;
                (strings.start[row], strings.skip[row]) = (start as u32, skip as u32);
                (strings.chars[row], strings.len[row], ends[row]) = (chars as u32, len as u32, to as i32);
            }
            for level in Level::available() {
                let steps = dispatch!(level, simd => {
                    let mut plan = CopyPlan::default();
                    plan.fill(simd, &strings, chosen_rows, &ends);
                    plan.steps().collect()
                }, else expected.clone());
                assert_eq!(steps, expected, "{level:?}");
            }
        }
        QuickCheck::new().quickcheck(property as fn(_, _, _));
    }
}
