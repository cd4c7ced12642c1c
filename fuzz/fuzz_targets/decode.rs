//! Decodes any text as a link.

#![no_main]

use libfuzzer_sys::{fuzz_mutator, fuzz_target};

fuzz_target!(|link: &[u8]| {
    let _ = checks::check_decode(link);
});

fuzz_mutator!(|data: &mut [u8], size: usize, max_size: usize, seed: u32| {
    checks::mutate_parts(data, size, max_size, seed)
});
