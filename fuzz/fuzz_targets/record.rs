//! Any text, as a link whose target is serialized, and as a record of JSON.

#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| checks::check_record(bytes));
