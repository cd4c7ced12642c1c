use crate::error::Error;

/// The buffers of a [`Batch`](super::Batch), returned by [`Batch::into_parts`](super::Batch::into_parts).
///
/// `urls` contains the buffers of two Arrow string arrays, the canonical URLs and the tokens, which differ only in
/// their validity bitmaps. `amp_urls` contains those of the AMP URLs and the AMP tokens.
#[derive(Clone, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub struct Parts {
    /// The position of each row's kind in [`Kind::ALL`](crate::Kind::ALL), 0 for a row with an error.
    pub kinds: Vec<u8>,
    /// The canonical URL or token of each row.
    pub urls: StringBuffers,
    /// The AMP URL or AMP token of each row.
    pub amp_urls: StringBuffers,
    /// Which rows have a value.
    pub validity: Validity,
    /// The rows with an error, in ascending order, and their errors.
    pub errors: Vec<(usize, Error)>,
}

/// The strings of all rows in the layout of an Arrow string array.
#[derive(Clone, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub struct StringBuffers {
    /// The concatenated strings, in UTF-8. The vector may have spare capacity.
    pub data: Vec<u8>,
    /// The offset in `data` at which each row's string begins, and the one at which the last string ends. So there is
    /// one offset more than there are rows.
    pub offsets: Vec<i32>,
}

/// Arrow's validity bitmaps, one bit per row, least significant bit first.
#[derive(Clone, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub struct Validity {
    /// The rows without an error.
    pub kinds: Vec<u8>,
    /// The rows with a canonical URL.
    pub canonical_urls: Vec<u8>,
    /// The rows with an AMP URL.
    pub amp_urls: Vec<u8>,
    /// The rows with a token.
    pub tokens: Vec<u8>,
    /// The rows with an AMP token.
    pub amp_tokens: Vec<u8>,
}
