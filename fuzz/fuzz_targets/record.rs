//! Decodes any text as a link, serializes the target, and deserializes the text as JSON.

#![no_main]

use libfuzzer_sys::{fuzz_mutator, fuzz_target};

fuzz_target!(|bytes: &[u8]| checks::check_record(bytes));

fuzz_mutator!(|data: &mut [u8], size: usize, max_size: usize, seed: u32| {
    checks::mutate_parts(data, size, max_size, seed)
});
