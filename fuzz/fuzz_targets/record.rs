//! Decodes any text as a link, serializes the target, and deserializes the text as JSON.

#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| checks::check_record(bytes));
