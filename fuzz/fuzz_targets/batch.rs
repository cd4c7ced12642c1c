//! Decodes any text as a block of lines.

#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|block: &[u8]| checks::check_batch(block));
