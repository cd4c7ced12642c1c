//! Generators of random input that several test files use.

use std::fmt;

use quickcheck::{Arbitrary, Gen, QuickCheck, Testable};

/// Runs `property` on `cases` random inputs. An input that fails is shrunk and printed.
pub(crate) fn check_cases(cases: u64, property: impl Testable) {
    QuickCheck::new().tests(cases).quickcheck(property);
}

/// Returns a random number below `limit`.
pub(crate) fn below(g: &mut Gen, limit: usize) -> usize {
    usize::arbitrary(g) % limit
}

/// Returns one of `choices`, each with the same probability.
pub(crate) fn choose<T: Copy>(g: &mut Gen, choices: &[T]) -> T {
    *g.choose(choices).expect("there is something to choose from")
}

/// Bytes that are printed as text when a property fails.
#[derive(Clone)]
pub(crate) struct Bytes(pub(crate) Vec<u8>);

impl Bytes {
    /// Returns fewer than `limit` random bytes.
    pub(crate) fn random(g: &mut Gen, limit: usize) -> Self {
        Bytes((0..below(g, limit)).map(|_| u8::arbitrary(g)).collect())
    }
}

impl fmt::Debug for Bytes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "b\"{}\"", self.0.escape_ascii())
    }
}

impl Arbitrary for Bytes {
    fn arbitrary(g: &mut Gen) -> Self {
        Bytes(Vec::arbitrary(g))
    }

    fn shrink(&self) -> Box<dyn Iterator<Item = Self>> {
        Box::new(self.0.shrink().map(Bytes))
    }
}
