//! Parses any text as a link, without decoding it.

#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|link: &[u8]| checks::check_link(link));
