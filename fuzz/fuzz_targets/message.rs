//! Decodes any bytes as the message of an ID. A fuzzer that changes the ID itself rarely produces valid base64url.

#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|message: &[u8]| {
    let link = ["https://news.google.com/articles/", &encode(message)].concat();
    let _ = checks::check_decode(link.as_bytes());
});

/// Encodes `message` as base64url. This is implemented here so that the crate is not checked with the library that it uses itself.
fn encode(message: &[u8]) -> String {
    const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    let group = |bytes: &[u8]| {
        let bits = bytes.iter().fold(0, |bits, &byte| bits << 8 | u32::from(byte)) << (8 * (3 - bytes.len()));
        (0..=bytes.len()).map(move |place| char::from(ALPHABET[(bits >> (18 - 6 * place)) as usize & 63]))
    };
    message.chunks(3).flat_map(group).collect()
}
