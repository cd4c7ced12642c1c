//! Stage 4: which characters are decoded to which offset of a column.

use fearless_simd::{Simd, prelude::*, u32x8, u64x8};

use super::lengths::StringParts;
use super::{Pipeline, ROWS};
use crate::base64url::kernel::{BYTES, CHARS};

/// A list of decoding steps, each of 64 characters, for the strings of 16 rows.
///
/// The number of steps of a string varies, and so the trip count of a loop over them is mispredicted. The steps of all rows are
/// written to one list without a branch, and decoded in one loop.
///
/// ```text
/// row 0   |……… 64 ………|……… 64 ………|… 20 ….|        three steps, to offsets 0, 48 and 96
/// row 1   |……… 64 ………|… 8 …|                     two steps, to offsets 111 and 159
/// ```
///
/// Each step stores a whole vector. The next one overwrites what is too much.
#[derive(Debug)]
pub(super) struct CopyPlan {
    /// The position of the first character, and in the upper 32 bits the offset in the column of the first byte.
    pub(super) positions: [u64; MAX_STEPS],
    /// The number of bytes that belong to the string, and from bit 8 on the number of bytes before it that are skipped.
    pub(super) parts: [u32; MAX_STEPS],
    pub(super) len: usize,
}

/// The number of steps that are written at once, however many the string has.
const AT_ONCE: usize = 8;

/// 16 steps for each of 16 rows, and room for what is written after the last one.
const MAX_STEPS: usize = 16 * ROWS + AT_ONCE;
const _: () = assert!(16 * CHARS >= super::MAX_ID + 3, "a row may take 16 steps");

impl Default for CopyPlan {
    fn default() -> Self {
        CopyPlan { positions: [0; MAX_STEPS], parts: [0; MAX_STEPS], len: 0 }
    }
}

impl CopyPlan {
    /// Adds the steps of a string of `len` bytes to `steps` existing ones, and returns their new number. The string follows
    /// the first `skip` bytes that the characters from `start` on decode to, and goes to the offset `to`. An empty string
    /// skips nothing and adds no step.
    #[inline(always)]
    pub(super) fn add<S: Simd>(
        &mut self,
        simd: S,
        steps: usize,
        start: u32,
        skip: u32,
        len: u32,
        to: u32,
    ) -> usize {
        let all = len + skip;
        // In place of a bounds check: there are never that many steps.
        let first = steps % (MAX_STEPS - AT_ONCE);
        let position = |start: u32, to: u32| u64::from(start) | u64::from(to) << 32;
        let mut base = position(start, to.wrapping_sub(skip));
        let mut left = all;
        let mut at = first;
        loop {
            let positions = u64x8::splat(simd, base) + u64x8::from_slice(simd, &POSITIONS);
            let parts = u32x8::splat(simd, left) - u32x8::from_slice(simd, &BEFORE);
            let parts = parts.min(u32x8::splat(simd, BYTES as u32));
            positions.store_slice(&mut self.positions[at..at + AT_ONCE]);
            parts.store_slice(&mut self.parts[at..at + AT_ONCE]);
            // 98 of 100 strings have no more.
            if left <= (AT_ONCE * BYTES) as u32 {
                break;
            }
            base = base.wrapping_add(position((AT_ONCE * CHARS) as u32, (AT_ONCE * BYTES) as u32));
            left -= (AT_ONCE * BYTES) as u32;
            at = (at + AT_ONCE) % (MAX_STEPS - AT_ONCE);
        }
        self.parts[first] = all.min(BYTES as u32) | skip << 8;
        first + all.div_ceil(BYTES as u32) as usize
    }
}

/// The difference between the position of each of eight steps and the first one.
const POSITIONS: [u64; AT_ONCE] = {
    let mut positions = [0; AT_ONCE];
    let mut i = 0;
    while i < AT_ONCE {
        positions[i] = (i * CHARS) as u64 | ((i * BYTES) as u64) << 32;
        i += 1;
    }
    positions
};

/// The number of bytes of the steps before each of eight.
const BEFORE: [u32; AT_ONCE] = {
    let mut before = [0; AT_ONCE];
    let mut i = 0;
    while i < AT_ONCE {
        before[i] = (i * BYTES) as u32;
        i += 1;
    }
    before
};

impl Pipeline {
    /// Plans the steps of the strings of the first `rows` rows, for columns of `urls_len` and `amp_urls_len` bytes. Returns
    /// the lengths that the columns will have.
    #[inline(never)]
    pub(super) fn plan_copies<S: Simd>(
        &mut self,
        simd: S,
        rows: usize,
        urls_len: usize,
        amp_urls_len: usize,
    ) -> (usize, usize) {
        simd.vectorize(
            #[inline(always)]
            || self.plan_copies_inlined(simd, rows, urls_len, amp_urls_len),
        )
    }

    #[inline(always)]
    fn plan_copies_inlined<S: Simd>(
        &mut self,
        simd: S,
        rows: usize,
        urls_len: usize,
        amp_urls_len: usize,
    ) -> (usize, usize) {
        let (mut url_end, mut amp_url_end) = (urls_len as u32, amp_urls_len as u32);
        let (mut url_steps, mut amp_url_steps) = (0, 0);
        for row in 0..rows.min(ROWS) {
            let of_row = |field: &StringParts| (field.start[row], field.skip[row], field.len[row]);
            let (start, skip, len) = of_row(&self.url);
            url_steps = self.url_plan.add(simd, url_steps, start, skip, len, url_end);
            url_end += len;
            self.url_ends[row] = url_end as i32;
            let (start, skip, len) = of_row(&self.amp_url);
            amp_url_steps = self.amp_url_plan.add(simd, amp_url_steps, start, skip, len, amp_url_end);
            amp_url_end += len;
            self.amp_url_ends[row] = amp_url_end as i32;
        }
        (self.url_plan.len, self.amp_url_plan.len) = (url_steps, amp_url_steps);
        (url_end as usize, amp_url_end as usize)
    }
}
