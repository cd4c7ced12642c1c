//! The bulk way: lines of one block, in vector registers from the newline to the column.

use fearless_simd::{Simd, prelude::*, u8x64};

use super::Batch;
use super::group::{Group, ROWS};
use crate::base64url::kernel;

/// So much of a block is looked through for line ends before its lines are decoded: while they are decoded, they
/// are still in the cache.
const SEGMENT: usize = 128 * 1024;

impl Batch {
    /// Decodes each line of `block` into a row.
    #[inline(always)]
    pub(super) fn lines<S: Simd>(&mut self, simd: S, block: &[u8]) {
        let mut newlines = std::mem::take(&mut self.scratch.newlines);
        let mut group = self.scratch.group.take().unwrap_or_default();
        // More than a group needs: a fresh column that grows from little is a third slower.
        self.make_room(SEGMENT / 2);
        let mut line = 0;
        for (segment, at) in block.chunks(SEGMENT).zip((0..).step_by(SEGMENT)) {
            let count = find_newlines(simd, segment, &mut newlines);
            let mut left = &newlines[..count];
            while !left.is_empty() {
                let rows = left.len().min(ROWS);
                let mut ends = [0; ROWS];
                for (end, &newline) in ends.iter_mut().zip(&left[..rows]) {
                    *end = at + newline as usize;
                }
                let (rows, next) = self.rows(simd, &mut group, block, line, &ends[..rows]);
                left = &left[rows..];
                line = next;
            }
        }
        if line < block.len() {
            let rest = &block[line..];
            self.slow_row(simd.level(), rest.strip_suffix(b"\r").unwrap_or(rest));
        }
        self.scratch.newlines = newlines;
        self.scratch.group = Some(group);
    }

    /// Decodes the links in the first lines of `text`, the first of which begins at `line` and which end at `ends`. Gives
    /// how many those are, and the beginning of the next line.
    #[inline(always)]
    fn rows<S: Simd>(
        &mut self,
        simd: S,
        group: &mut Group,
        text: &[u8],
        line: usize,
        ends: &[usize],
    ) -> (usize, usize) {
        let good = if kernel::pays(simd) { self.fast_rows(simd, group, text, line, ends) } else { 0 };
        // One more, and those behind it that are known to go the same way.
        let bad = group.slow(good).clamp(1, ROWS);
        let mut next = good.checked_sub(1).map_or(line, |row| ends[row] + 1);
        for &end in ends[good..].iter().take(bad) {
            let link = &text[next..end];
            self.slow_row(simd.level(), link.strip_suffix(b"\r").unwrap_or(link));
            next = end + 1;
        }
        ((good + bad).min(ends.len()), next)
    }

    /// The same, up to the first line that has to take the slow way. Gives how many rows those are.
    #[inline(always)]
    fn fast_rows<S: Simd>(
        &mut self,
        simd: S,
        group: &mut Group,
        text: &[u8],
        line: usize,
        ends: &[usize],
    ) -> usize {
        let rows = group.find(simd, text, line, ends);
        let text = &text[line..];
        let rows = group.read(simd, text, rows);
        if rows == 0 {
            return 0;
        }
        let (key_end, amp_end) = group.place(simd, rows, self.main.len(), self.amp.len());
        if key_end > self.limit || amp_end > self.limit {
            return 0;
        }
        self.main.make_room_until(key_end);
        self.amp.make_room_until(amp_end);
        let rows = group.decode(simd, text, rows, &mut self.main.bytes, &mut self.amp.bytes);
        let rows = group.judge(simd, rows, &self.main.bytes, &self.amp.bytes, &mut self.scratch.token);
        self.kinds.extend_from_slice(&group.kinds[..rows]);
        self.main.offsets.extend_from_slice(&group.key_ends[..rows]);
        self.amp.offsets.extend_from_slice(&group.amp_ends[..rows]);
        rows
    }
}

/// Writes where in `segment` each `\n` is to the front of `newlines`, and says how many those are.
#[inline(never)]
fn find_newlines<S: Simd>(simd: S, segment: &[u8], newlines: &mut Vec<u32>) -> usize {
    simd.vectorize(
        #[inline(always)]
        || find_newlines_inlined(simd, segment, newlines),
    )
}

#[inline(always)]
fn find_newlines_inlined<S: Simd>(simd: S, segment: &[u8], newlines: &mut Vec<u32>) -> usize {
    // As many as there can be, and one that is written whether there is one or not.
    if newlines.len() <= segment.len() {
        newlines.resize(segment.len() + 1, 0);
    }
    let newlines = &mut newlines[..=segment.len()];
    let mut count = 0;
    let (chunks, rest) = segment.as_chunks::<64>();
    let mut at = 0;
    for chunk in chunks {
        let mut bits = u8x64::from_slice(simd, chunk).simd_eq(b'\n').to_bitmask();
        // Most lines are longer than a vector, so there is one or none, and no guess is right often enough.
        newlines[count] = at + bits.trailing_zeros();
        count += usize::from(bits != 0);
        bits &= bits.wrapping_sub(1);
        while bits != 0 {
            newlines[count] = at + bits.trailing_zeros();
            count += 1;
            bits &= bits - 1;
        }
        at += 64;
    }
    for &byte in rest {
        newlines[count] = at;
        count += usize::from(byte == b'\n');
        at += 1;
    }
    count
}
