//! Any text, in place of a link, taken apart and not decoded.

#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|link: &[u8]| checks::check_link(link));
