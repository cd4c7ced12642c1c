//! Stage 5: the steps of the copy plans are decoded into the columns.

use fearless_simd::Simd;

use super::copy_plan::{CopyPlan, Step};
use crate::base64url::kernel::{CHARS, Invalid, Kernel, STORE};

/// The masks of a step's characters: the slice that starts at `excess` selects all but the last `excess` ones.
///
/// ```text
/// excess 3    [3..67]   ff ff ff … ff ff 00 00 00
/// ```
///
/// It is long enough for any `u8`, so that no bounds are checked.
const KEEP: [u8; u8::MAX as usize + CHARS] = {
    let mut keep = [0; u8::MAX as usize + CHARS];
    let mut i = 0;
    while i < CHARS {
        keep[i] = 0xff;
        i += 1;
    }
    keep
};

impl CopyPlan {
    /// Decodes the steps from `input` to `output`. Returns `false` if a character is invalid, and `None` if a step reaches beyond
    /// the end of either, which does not happen.
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
            let keep = KEEP[usize::from(excess)..].first_chunk()?;
            kernel.decode_into(chars, keep, usize::from(skip), output, &mut invalid);
        }
        Some(!invalid.any())
    }
}
