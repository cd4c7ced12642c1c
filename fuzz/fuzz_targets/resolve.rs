//! Reads any bytes as the page of an article and as the answer to its POST.

#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| checks::check_resolution(bytes));
