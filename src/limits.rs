//! Limits of inputs, and what depends on them.

/// The longest input that is parsed. The longest real link has 3,200 bytes.
pub(crate) const MAX_INPUT_LEN: usize = 65_536;

/// The longest strings that an article can consist of, both URLs or both tokens together.
pub(crate) const MAX_STRINGS_LEN: usize = 49_000;

/// The bytes of an article's message besides its strings, with lengths of three bytes: `08 13 22 len d2 01 len`.
const MESSAGE_OVERHEAD: usize = 11;

/// The bytes of the longest link to an article besides its ID: `https://news.google.com/rss/articles/ID?oc=5`.
const LINK_OVERHEAD: usize = 41;

// The ID of every article, and the link to it, can be decoded again.
const _: () = assert!((MAX_STRINGS_LEN + MESSAGE_OVERHEAD).div_ceil(3) * 4 + LINK_OVERHEAD <= MAX_INPUT_LEN);
// Errors and source maps store offsets in 32 bits.
const _: () = assert!(MAX_INPUT_LEN < u32::MAX as usize);

/// The bytes that must follow what is decoded, and what it is decoded to, because whole vectors are loaded and stored. Those that follow
/// an output may be overwritten.
pub(crate) const PADDING: usize = 128;
