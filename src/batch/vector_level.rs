use std::fmt;
use std::hash::{Hash, Hasher};
use std::mem::discriminant;

use crate::base64url::Level;

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
#[derive(Clone, Copy, Debug)]
pub struct VectorLevel(pub(super) Level);

impl VectorLevel {
    /// Returns every level of the machine, the best first; the last one is the scalar code.
    pub fn available() -> Vec<Self> {
        Level::available().into_iter().map(VectorLevel).collect()
    }
}

/// Levels are equal if they are the same instruction set.
impl PartialEq for VectorLevel {
    fn eq(&self, other: &Self) -> bool {
        let [level, other] = [self, other].map(|level| level.0.vectors().as_ref().map(discriminant));
        level == other
    }
}

impl Eq for VectorLevel {}

impl Hash for VectorLevel {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.0.vectors().as_ref().map(discriminant).hash(state);
    }
}

impl fmt::Display for VectorLevel {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0.vectors() {
            // Prints as `Avx2(Avx2 { … })`.
            Some(level) => {
                let name = format!("{level:?}").to_lowercase();
                f.write_str(name.split('(').next().unwrap_or(&name))
            }
            None => f.write_str("scalar"),
        }
    }
}
