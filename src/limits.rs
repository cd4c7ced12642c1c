//! Limits of inputs, and the sizes that depend on them.

/// The maximum length of an input. The longest real link has 3,200 bytes.
pub(crate) const MAX_INPUT_LEN: usize = 65_536;

/// The maximum length of the strings of an article: of both URLs or both tokens together.
pub(crate) const MAX_STRINGS_LEN: usize = 49_000;

/// The number of bytes of an article's message besides its strings, if both lengths take three bytes: `08 13 22 len d2 01 len`.
const MESSAGE_OVERHEAD: usize = 11;

/// The number of bytes of a link to an article besides its ID.
const LINK_OVERHEAD: usize = "https://news.google.com/rss/articles/?oc=5".len();

// The ID of every article that can be created, and the link to it, can be decoded.
const _: () = assert!((MAX_STRINGS_LEN + MESSAGE_OVERHEAD).div_ceil(3) * 4 + LINK_OVERHEAD <= MAX_INPUT_LEN);
// Errors and source maps store offsets in 32 bits.
const _: () = assert!(MAX_INPUT_LEN < u32::MAX as usize);

/// The number of bytes that must follow the input and the output of the SIMD code, because it loads and stores whole
/// vectors. The bytes that follow an output may be overwritten.
pub(crate) const PADDING: usize = 256;
