//! Replaces the links in any bytes, as a whole and as a stream.

#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &[u8]| checks::check_rewrite(text));
