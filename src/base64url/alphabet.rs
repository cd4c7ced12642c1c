/// Returns `true` for the 64 characters of the alphabet.
pub(crate) fn is_base64url(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_'
}

/// Returns `true` if all of `bytes` are characters of the alphabet. They are all tested, so that the compiler can test 16 at a time.
pub(crate) fn are_base64url(bytes: &[u8]) -> bool {
    bytes.iter().fold(true, |all, &byte| all & is_base64url(byte))
}
