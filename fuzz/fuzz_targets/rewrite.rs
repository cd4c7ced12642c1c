//! Replaces the links in any bytes, as a whole and as a stream.

#![no_main]

use libfuzzer_sys::{fuzz_mutator, fuzz_target};

fuzz_target!(|text: &[u8]| checks::check_rewrite(text));

fuzz_mutator!(|data: &mut [u8], size: usize, max_size: usize, seed: u32| {
    checks::mutate_parts(data, size, max_size, seed)
});
