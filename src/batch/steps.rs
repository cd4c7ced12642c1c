//! Texts of several rows, decoded vector by vector.

use fearless_simd::{Simd, prelude::*, u32x8, u64x8};

use crate::base64url::kernel::{BYTES, CHARS, FIRST, Kernel};

/// Vectors of characters, each of them to be decoded to a place of its own.
///
/// How many vectors a text has is another number each time, which no loop of its own guesses right. So those of
/// all rows are put into one list, without a branch, and gone through in one loop.
#[derive(Clone, Debug)]
pub(super) struct Steps {
    /// Where the characters begin, and above 32 bits where their bytes go.
    places: [u64; MAX_STEPS],
    /// How many of its bytes belong to the text, and above 8 bits how many of these are left out at the front.
    parts: [u32; MAX_STEPS],
}

/// So many are written at once, however many the text has.
const AT_ONCE: usize = 8;

/// 16 rows of 16 vectors, and what is written behind them.
const MAX_STEPS: usize = 16 * 16 + AT_ONCE;

/// What was found in all vectors: bits of characters that are none of base64url, and of bytes that are none of `!` to `~`.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Faults {
    pub(super) invalid: u64,
    pub(super) foreign: u64,
}

impl Steps {
    pub(super) fn new() -> Self {
        Steps { places: [0; MAX_STEPS], parts: [0; MAX_STEPS] }
    }

    /// Puts behind the first `steps`: the text of `len` bytes, behind the first `skip` of what the characters from `from`
    /// on hold, goes to `to`. Gives how many there are now; an empty text, which leaves nothing out either, adds none.
    #[inline(always)]
    pub(super) fn push<S: Simd>(
        &mut self,
        simd: S,
        steps: usize,
        from: u32,
        skip: u32,
        len: u32,
        to: u32,
    ) -> usize {
        let all = len + skip;
        let first = steps % (MAX_STEPS - AT_ONCE);
        let place = |from: u32, to: u32| u64::from(from) | u64::from(to) << 32;
        let mut start = place(from, to.wrapping_sub(skip));
        let mut left = all;
        let mut at = first;
        loop {
            let places = u64x8::splat(simd, start) + u64x8::from_slice(simd, &PLACES);
            let parts = u32x8::splat(simd, left) - u32x8::from_slice(simd, &PARTS);
            let parts = parts.min(u32x8::splat(simd, BYTES as u32));
            places.store_slice(&mut self.places[at..at + AT_ONCE]);
            parts.store_slice(&mut self.parts[at..at + AT_ONCE]);
            // 98 of 100 texts have no more.
            if left <= (AT_ONCE * BYTES) as u32 {
                break;
            }
            start = start.wrapping_add(place((AT_ONCE * CHARS) as u32, (AT_ONCE * BYTES) as u32));
            left -= (AT_ONCE * BYTES) as u32;
            at = (at + AT_ONCE) % (MAX_STEPS - AT_ONCE);
        }
        self.parts[first] = all.min(BYTES as u32) | skip << 8;
        first + all.div_ceil(BYTES as u32) as usize
    }

    /// Decodes the first `steps` from `text` to `out`. None if one of them reaches behind their ends.
    ///
    /// A function of its own, so that the tables stay in registers: in the middle of a longer one, the compiler loads
    /// each of them anew for each vector, which takes as long again.
    #[inline(never)]
    pub(super) fn run<S: Simd>(&self, simd: S, steps: usize, text: &[u8], out: &mut [u8]) -> Option<Faults> {
        simd.vectorize(
            #[inline(always)]
            || self.run_inlined(simd, steps, text, out),
        )
    }

    #[inline(always)]
    fn run_inlined<S: Simd>(&self, simd: S, steps: usize, text: &[u8], out: &mut [u8]) -> Option<Faults> {
        let kernel = Kernel::new(simd);
        let steps = steps.min(MAX_STEPS);
        let mut all = Faults::default();
        for (&place, &part) in self.places[..steps].iter().zip(&self.parts[..steps]) {
            let skip = part >> 8;
            let from = place as u32 as usize;
            let to = ((place >> 32) as u32).wrapping_add(skip) as usize;
            let chars = text.get(from..from + CHARS)?.first_chunk()?;
            let out = out.get_mut(to..to + 64)?.first_chunk_mut()?;
            let faults = kernel.decode(chars, skip as usize, out);
            let (chars, bytes) = FIRST[part as usize % 64];
            all.invalid |= faults.invalid & chars;
            all.foreign |= faults.foreign & (bytes >> (skip % 64));
        }
        Some(all)
    }
}

/// What each of the next places is further than the first.
const PLACES: [u64; AT_ONCE] = {
    let mut places = [0; AT_ONCE];
    let mut i = 0;
    while i < AT_ONCE {
        places[i] = (i * CHARS) as u64 | ((i * BYTES) as u64) << 32;
        i += 1;
    }
    places
};

const PARTS: [u32; AT_ONCE] = {
    let mut parts = [0; AT_ONCE];
    let mut i = 0;
    while i < AT_ONCE {
        parts[i] = (i * BYTES) as u32;
        i += 1;
    }
    parts
};
