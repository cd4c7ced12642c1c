//! Vector levels of the machine.

use std::fmt;

use fearless_simd::{Level as SimdLevel, Simd};

/// A code path of the decoder: one of the machine's SIMD instruction sets, or the scalar code.
///
/// [`Batch::push_lines`](super::Batch::push_lines) uses the best one. All of them return the same rows; this type exists
/// to compare them with each other, in tests and benchmarks. It prints as the level's name: `avx2`, `neon`, `scalar`.
///
/// # Examples
///
/// ```
/// use google_news_link::Batch;
/// use google_news_link::batch::VectorLevel;
///
/// let block = b"CBMiFmh0dHBzOi8vYW11LnR2LzExMTkzMS_SAQA\nhello\n";
/// for level in VectorLevel::available() {
///     let mut batch = Batch::new();
///     batch.push_lines_on(level, block)?;
///     assert_eq!(batch.canonical_urls().get(0), Some("https://amu.tv/111931/"), "{level}");
/// }
/// # Ok::<(), google_news_link::batch::BatchFull>(())
/// ```
#[derive(Clone, Copy)]
#[cfg_attr(not(feature = "vector-levels"), allow(unreachable_pub))]
pub struct Level(
    /// `None` forces the scalar code, also where there are vectors.
    Option<SimdLevel>,
);

impl Level {
    /// Returns the best level of the machine.
    pub(crate) fn new() -> Self {
        Level(Some(SimdLevel::new()))
    }

    /// Returns the instruction set, which may lack a [table look-up](has_table_lookup).
    #[inline(always)]
    pub(crate) fn vectors(self) -> Option<SimdLevel> {
        self.0
    }

    /// Returns every level of the machine, the best first; the last one is the scalar code.
    #[cfg(any(test, feature = "vector-levels"))]
    #[cfg_attr(not(feature = "vector-levels"), allow(unreachable_pub))]
    pub fn available() -> Vec<Self> {
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
}

/// Writes the level's name in lower case.
impl fmt::Display for Level {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            // `Avx2(Avx2 { … })`
            Some(level) => {
                let name = format!("{level:?}").to_lowercase();
                f.write_str(name.split('(').next().unwrap_or(&name))
            }
            None => f.write_str("scalar"),
        }
    }
}

impl fmt::Debug for Level {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
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
