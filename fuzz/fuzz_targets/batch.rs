//! Any text, in place of a block of lines.

#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|block: &[u8]| checks::check_batch(block));
