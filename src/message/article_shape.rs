//! The fast path for articles, all but 1 % of real links: `08 13 | 22 len key [| d2 01 len amp]`.
//!
//! A decoder of base64url counts the bytes that are not `!` to `~`. If tags and lengths account for all of them, both
//! fields are printable ASCII, and their bytes need no second look. The lengths are read without a branch: one URL
//! in five has a second byte of length, one article in three an AMP URL, and both would be mispredicted. Whatever does not
//! have the common form is parsed by the [strict reader](super::strict), which accepts all that is accepted here.

use std::ops::Range;

/// Where the fields of an article are in a message of the common form.
#[derive(Clone, Debug)]
pub(crate) struct ArticleShape {
    pub(crate) key: Range<usize>,
    /// Empty without an AMP URL or token.
    pub(crate) amp: Range<usize>,
    pub(crate) has_amp: bool,
}

impl ArticleShape {
    /// Finds the fields of the message that is the first `len` bytes of `buffer` and has `non_printable` bytes that are
    /// not `!` to `~`. Returns `None` for other forms, and if one of those bytes is inside a field.
    #[inline(always)]
    pub(crate) fn of(buffer: &[u8], len: usize, non_printable: u32) -> Option<Self> {
        let head = buffer.first_chunk::<3>()?;
        let key = short_bytes(buffer, 3)?;
        let tag: [u8; 2] = *buffer.get(key.end..)?.first_chunk()?;
        let amp = short_bytes(buffer, key.end + 2)?;
        let has_amp = key.end < len;
        let of_amp = u32::from(has_amp);
        let end = if has_amp { amp.end } else { key.end };
        let is_shape = (*head == [0x08, 0x13, 0x22])
            & (!has_amp | ((tag == [0xd2, 0x01]) & amp.is_short))
            & (end == len)
            & (non_printable == 2 + key.non_printable + of_amp * (2 + amp.non_printable))
            & key.is_short;
        is_shape.then_some(ArticleShape {
            key: key.start..key.end,
            amp: if has_amp { amp.start..amp.end } else { 0..0 },
            has_amp,
        })
    }
}

/// Where a field with a length of one or two bytes is. 4,436 of 20,878 URLs need the second byte, none a third.
struct ShortBytes {
    start: usize,
    end: usize,
    /// The number of bytes of the length that are not `!` to `~`.
    non_printable: u32,
    /// The length is in its shortest form and has no third byte.
    is_short: bool,
}

#[inline(always)]
fn short_bytes(buffer: &[u8], at: usize) -> Option<ShortBytes> {
    let &[low, high] = buffer.get(at..)?.first_chunk()?;
    let is_non_printable = |byte: u8| u32::from(byte.wrapping_sub(b'!') > b'~' - b'!');
    let two = low >> 7;
    let len = usize::from(low & 0x7f) | usize::from(two * high) << 7;
    let start = at + 1 + usize::from(two);
    Some(ShortBytes {
        start,
        end: start + len,
        non_printable: is_non_printable(low) + u32::from(two) * is_non_printable(high),
        is_short: (two == 0) | (high.wrapping_sub(1) < 0x7f),
    })
}
