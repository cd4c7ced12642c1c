//! Parses any text as a link, without decoding it.

#![no_main]

use libfuzzer_sys::{fuzz_mutator, fuzz_target};

fuzz_target!(|link: &[u8]| checks::check_link(link));

fuzz_mutator!(|data: &mut [u8], size: usize, max_size: usize, seed: u32| {
    checks::mutate_parts(data, size, max_size, seed)
});
