//! Any bytes, as a text whose links are replaced: whole, and as it is read.

#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &[u8]| checks::check_rewrite(text));
