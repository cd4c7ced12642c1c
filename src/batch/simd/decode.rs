//! Stage 5: the steps of the copy plans are decoded into the columns.

use fearless_simd::Simd;

use super::Pipeline;
use super::copy_plan::CopyPlan;
use crate::base64url::is_base64url;
use crate::base64url::kernel::{CHARS, Faults, Kernel, MASKS, STORE};

impl CopyPlan {
    /// Decodes the steps from `input` to `output`. Returns the faults of all of them, or `None` if one of them reaches beyond
    /// the end of either.
    ///
    /// This function is not inlined, so that the kernel's tables stay in registers: in the middle of a longer function, the compiler
    /// loads each of them for each step, which takes twice as long.
    #[inline(never)]
    pub(super) fn decode<S: Simd>(&self, simd: S, input: &[u8], output: &mut [u8]) -> Option<Faults> {
        simd.vectorize(
            #[inline(always)]
            || self.decode_inlined(simd, input, output),
        )
    }

    #[inline(always)]
    fn decode_inlined<S: Simd>(&self, simd: S, input: &[u8], output: &mut [u8]) -> Option<Faults> {
        let kernel = Kernel::new(simd);
        let mut all = Faults { invalid: 0, nonprintable: 0 };
        let steps = self.len.min(self.parts.len());
        for (&position, &part) in self.positions[..steps].iter().zip(&self.parts[..steps]) {
            let skip = part >> 8;
            let from = position as u32 as usize;
            let to = ((position >> 32) as u32).wrapping_add(skip) as usize;
            let chars = input.get(from..from + CHARS)?.first_chunk()?;
            let output = output.get_mut(to..to + STORE)?.first_chunk_mut()?;
            let faults = kernel.decode(chars, skip as usize, output);
            let (chars, bytes) = MASKS[part as usize % 64];
            all.invalid |= faults.invalid & chars;
            all.nonprintable |= faults.nonprintable & (bytes >> (skip % 64));
        }
        Some(all)
    }
}

impl Pipeline {
    /// Decodes the strings of the first `rows` rows into the columns. Returns the number of rows before the first one with a
    /// character that is not base64url, or a byte that a URL cannot contain.
    #[inline(always)]
    pub(super) fn decode<S: Simd>(
        &mut self,
        simd: S,
        lines: &[u8],
        rows: usize,
        urls: &mut [u8],
        amp_urls: &mut [u8],
    ) -> usize {
        let url_faults = self.url_plan.decode(simd, lines, urls);
        let amp_url_faults = self.amp_url_plan.decode(simd, lines, amp_urls);
        match url_faults.zip(amp_url_faults) {
            Some((url, amp_url))
                if url.invalid | url.nonprintable | amp_url.invalid | amp_url.nonprintable == 0 =>
            {
                rows
            }
            Some(_) => self.count_valid_rows(lines, rows, urls, amp_urls),
            None => 0,
        }
    }

    /// Counts the rows before the first one with a fault.
    #[cold]
    #[inline(never)]
    fn count_valid_rows(&self, lines: &[u8], rows: usize, urls: &[u8], amp_urls: &[u8]) -> usize {
        let is_valid = |row: &usize| {
            let start = self.ids.start[*row] as usize;
            let (url, amp_url) = self.strings(*row, urls, amp_urls);
            lines[start..start + self.ids.len[*row] as usize].iter().all(|&byte| is_base64url(byte))
                && url.iter().chain(amp_url).all(u8::is_ascii_graphic)
        };
        (0..rows).take_while(is_valid).count()
    }
}
