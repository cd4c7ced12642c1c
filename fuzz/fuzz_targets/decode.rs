//! Decodes any text as a link.

#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|link: &[u8]| {
    let _ = checks::check_decode(link);
});
