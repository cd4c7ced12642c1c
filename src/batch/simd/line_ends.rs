//! Stage 1: finds the line ends.

use std::{array, mem};

use fearless_simd::{Simd, prelude::*, u8x64, u64x8};

/// The number of bytes that are searched before their lines are decoded: few enough that they are still in the cache
/// then.
pub(super) const SEGMENT: usize = 128 * 1024;

/// The number of parts of a segment that are read side by side. One stream of loads does not saturate the
/// memory bandwidth: the processor loads the next cache lines in advance, but not beyond the end of a page of 4 KiB.
const STREAMS: usize = 8;

/// The number of bytes in a vector. Each of them has a bit in the mask of the vector.
const VECTOR: usize = u64::BITS as usize;

/// The number of masks in a group. Each of them has a bit in the result of [`find_nonzero`].
const GROUP: usize = u64::BITS as usize;

/// The line ends of a segment.
///
/// ```text
/// 64 bytes    .…\n………………………………\n….
/// mask        0010000000000010000      a bit per byte, the first one lowest
/// positions   [at + 2, at + 14, …]
/// ```
#[derive(Debug, Default)]
pub(super) struct LineEnds {
    /// A mask for each vector of the segment.
    masks: Vec<u64>,
    positions: Vec<u32>,
    /// The number of positions. The list may contain others after them, of earlier segments.
    count: usize,
}

impl LineEnds {
    /// Finds each `\n` in `segment`.
    #[inline(never)]
    pub(super) fn find<S: Simd>(&mut self, simd: S, segment: &[u8]) {
        simd.vectorize(
            #[inline(always)]
            || {
                let (vectors, remainder) = segment.as_chunks();
                self.masks.resize(vectors.len(), 0);
                find_masks(simd, vectors, &mut self.masks);
                self.list_positions(simd);
                self.search_remainder(remainder, VECTOR * vectors.len());
            },
        )
    }

    /// Returns the positions, in ascending order.
    #[inline(always)]
    pub(super) fn positions(&self) -> &[u32] {
        &self.positions[..self.count]
    }

    /// Lists the positions for which the masks have a bit. Most lines are longer than a vector, so most masks are 0 or have
    /// one bit. A branch on that would be mispredicted, so the masks that are not 0 are found without one.
    #[inline(always)]
    fn list_positions<S: Simd>(&mut self, simd: S) {
        let mut count = 0;
        for (group, at) in self.masks.chunks(GROUP).zip((0..).step_by(GROUP * VECTOR)) {
            let room = count + group.len() * VECTOR;
            if self.positions.len() < room {
                self.positions.resize(room, 0);
            }
            let positions = &mut self.positions[..room];
            let mut nonzero = find_nonzero(simd, group);
            while nonzero != 0 {
                let index = nonzero.trailing_zeros();
                nonzero &= nonzero - 1;
                let mut mask = group[index as usize];
                let at = at + index * VECTOR as u32;
                while mask != 0 {
                    positions[count] = at + mask.trailing_zeros();
                    count += 1;
                    mask &= mask - 1;
                }
            }
        }
        self.count = count;
    }

    /// Adds the positions in `remainder`, which follows the last vector and begins at `start`.
    fn search_remainder(&mut self, remainder: &[u8], start: usize) {
        for (at, _) in remainder.iter().enumerate().filter(|&(_, &byte)| byte == b'\n') {
            self.positions.truncate(self.count);
            self.positions.push((start + at) as u32);
            self.count += 1;
        }
    }
}

/// Computes the masks of all vectors: the only pass over the bytes.
#[inline(always)]
fn find_masks<S: Simd>(simd: S, vectors: &[[u8; VECTOR]], masks: &mut [u64]) {
    let len = vectors.len() / STREAMS;
    // Slices of the same length, so that no bounds are checked.
    let streams: [_; STREAMS] = array::from_fn(|stream| vectors[stream * len..].split_at(len).0);
    let mut rest = &mut masks[..STREAMS * len];
    let mut of_streams: [_; STREAMS] = array::from_fn(|_| {
        let (of_stream, after) = mem::take(&mut rest).split_at_mut(len);
        rest = after;
        of_stream
    });
    for i in 0..len {
        for (masks, vectors) in of_streams.iter_mut().zip(streams) {
            masks[i] = mask_of(simd, &vectors[i]);
        }
    }
    for (mask, vector) in masks.iter_mut().zip(vectors).skip(STREAMS * len) {
        *mask = mask_of(simd, vector);
    }
}

/// Returns a bit for each byte that is `\n`.
#[inline(always)]
fn mask_of<S: Simd>(simd: S, vector: &[u8; VECTOR]) -> u64 {
    u8x64::from_slice(simd, vector).simd_eq(b'\n').to_bitmask()
}

/// Returns a bit for each mask of a group that is not 0.
#[inline(always)]
fn find_nonzero<S: Simd>(simd: S, masks: &[u64]) -> u64 {
    const AT_ONCE: usize = 8;
    let (vectors, remainder) = masks.as_chunks::<AT_ONCE>();
    let mut nonzero = 0;
    for (vector, first) in vectors.iter().zip((0..).step_by(AT_ONCE)) {
        let zero = u64x8::from_slice(simd, vector).simd_eq(0_u64).to_bitmask();
        nonzero |= (!zero & 0xff) << first;
    }
    for (&mask, bit) in remainder.iter().zip(AT_ONCE * vectors.len()..) {
        nonzero |= u64::from(mask != 0) << bit;
    }
    nonzero
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
        let mut line_ends = LineEnds::default();
        for period in [1, 2, 63, 64, 65, 300, 16_383, 16_384, 16_385] {
            for len in [0, 1, 64, 16_383, 16_384, 16_385, 40_000] {
                let segment: Vec<u8> =
                    (0..len).map(|at| if at % period == period / 2 { b'\n' } else { b'x' }).collect();
                let expected = line_ends_scalar(&segment);
                for level in Level::available() {
                    let found = dispatch!(level, simd => {
                        line_ends.find(simd, &segment);
                        line_ends.positions().to_vec()
                    }, else expected.clone());
                    assert_eq!(found, expected, "{level:?}, {len} bytes, one in {period}");
                }
            }
        }
    }
}
