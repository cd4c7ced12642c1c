//! Decodes any text as a block of lines.

#![no_main]

use libfuzzer_sys::{fuzz_mutator, fuzz_target};

fuzz_target!(|block: &[u8]| checks::check_batch(block));

fuzz_mutator!(|data: &mut [u8], size: usize, max_size: usize, seed: u32| {
    checks::mutate_parts(data, size, max_size, seed)
});
