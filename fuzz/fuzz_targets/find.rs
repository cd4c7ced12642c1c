//! Searches any bytes for links.

#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &[u8]| checks::check_find(text));
