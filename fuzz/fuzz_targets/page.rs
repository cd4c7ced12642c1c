//! Reads any bytes as a page with several links.

#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| checks::check_page(bytes));
