//! The SIMD instruction set that a call uses.

use fearless_simd::{Level as SimdLevel, Simd};

/// A SIMD instruction set of the machine, or `None` to force the scalar code.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Level(Option<SimdLevel>);

impl Level {
    /// Returns the best level of the machine.
    pub(crate) fn new() -> Self {
        Level(Some(SimdLevel::new()))
    }

    /// Returns every level of the machine, the best first; the last one is the scalar code.
    #[cfg(any(test, feature = "vector-levels"))]
    pub(crate) fn available() -> Vec<Self> {
        let best = SimdLevel::new();
        #[cfg(any(target_arch = "x86", target_arch = "x86_64"))]
        let vectors = [
            best.as_avx512().map(SimdLevel::Avx512),
            best.as_avx2().map(SimdLevel::Avx2),
            best.as_sse4_2().map(SimdLevel::Sse4_2),
        ];
        #[cfg(not(any(target_arch = "x86", target_arch = "x86_64")))]
        let vectors = [(!best.is_fallback()).then_some(best)];
        vectors.into_iter().filter(Option::is_some).chain([None]).map(Level).collect()
    }

    /// Returns the instruction set, which may lack a [table look-up](has_table_lookup).
    #[inline(always)]
    pub(crate) fn vectors(self) -> Option<SimdLevel> {
        self.0
    }
}

/// Returns `true` if the instruction set has a table look-up in a register, which the kernel consists of. On plain SSE2
/// each look-up would be 16 loads, and the base64 crate's scalar code is faster.
#[inline(always)]
pub(crate) fn has_table_lookup<S: Simd>(simd: S) -> bool {
    #[cfg(any(target_arch = "x86", target_arch = "x86_64"))]
    let is_sse2 = matches!(simd.level(), SimdLevel::Sse2(_));
    #[cfg(not(any(target_arch = "x86", target_arch = "x86_64")))]
    let is_sse2 = false;
    !is_sse2 && !simd.level().is_fallback()
}

/// Evaluates the first expression with the vectors of a [`Level`] as `$simd`, or the second one if it has no suitable
/// vectors.
macro_rules! dispatch {
    ($level:expr, $simd:ident => $vectors:expr, else $scalar:expr) => {
        match $level.vectors() {
            Some(level) => fearless_simd::dispatch!(level, $simd => {
                if $crate::base64url::has_table_lookup($simd) { $vectors } else { $scalar }
            }),
            None => $scalar,
        }
    };
}

pub(crate) use dispatch;
