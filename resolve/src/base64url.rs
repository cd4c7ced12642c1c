//! The characters of IDs, tokens and signatures.

/// Returns `true` for a string of base64url characters.
pub(crate) fn is_base64url(text: &str) -> bool {
    text.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_'))
}
