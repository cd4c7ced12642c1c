//! Handles a status and any bytes as the response to the request for an encrypted redirect.

#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| checks::check_redirect(bytes));
