//! The fast path for articles, all but 1 % of real links: `08 13 | 22 len key [| d2 01 len amp]`.
//!
//! A decoder of base64url counts the bytes that are not `!` to `~`. If tags and lengths account for all of them, both
//! fields are printable ASCII, and their bytes need no second look. The lengths are read without a branch: one URL
//! in five has a second byte of length, one article in three an AMP URL, and both would be mispredicted. Messages of
//! other forms are parsed by the [strict reader](super::strict), which returns the same for every message that is
//! accepted here.

use std::ops::Range;

/// The ranges of the fields of an article in a message of the common form.
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

/// The position of a field whose length is encoded in one or two bytes. 4,436 of 20,878 URLs need the second byte, none a third.
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

#[cfg(test)]
mod tests {
    use super::*;

    /// Returns the fields of a message by the rules of the format, or `None` if it does not have the common form.
    fn expected(message: &[u8]) -> Option<(Range<usize>, Option<Range<usize>>)> {
        let field = |tag: &[u8], at: usize| {
            let start = at + tag.len();
            let mut rest = message.get(at..)?.strip_prefix(tag)?;
            let len = prost::encoding::decode_varint(&mut rest).ok()?;
            let len_len = message.len() - start - rest.len();
            let is_shortest = len_len == prost::encoding::encoded_len_varint(len);
            let start = start + len_len;
            let end = start + usize::try_from(len).ok()?;
            let is_printable = message.get(start..end)?.iter().all(u8::is_ascii_graphic);
            (is_shortest && is_printable && len < 1 << 14).then_some(start..end)
        };
        let key = field(b"\x22", 2).filter(|_| message.starts_with(b"\x08\x13"))?;
        if key.end == message.len() {
            return Some((key, None));
        }
        let amp = field(b"\xd2\x01", key.end)?;
        (amp.end == message.len()).then_some((key, Some(amp)))
    }

    fn found(message: &[u8]) -> Option<(Range<usize>, Option<Range<usize>>)> {
        let non_printable = message.iter().filter(|byte| !byte.is_ascii_graphic()).count();
        // A decoder's buffer still contains bytes of an earlier message, here an AMP URL.
        let buffer = [message, b"\xd2\x01\x04xxxx"].concat();
        let shape = ArticleShape::of(&buffer, message.len(), u32::try_from(non_printable).unwrap())?;
        Some((shape.key, shape.has_amp.then_some(shape.amp)))
    }

    fn message(key_len: usize, amp_len: Option<usize>) -> Vec<u8> {
        let mut message = b"\x08\x13\x22".to_vec();
        prost::encoding::encode_varint(key_len as u64, &mut message);
        message.resize(message.len() + key_len, b'k');
        if let Some(len) = amp_len {
            message.extend(b"\xd2\x01");
            prost::encoding::encode_varint(len as u64, &mut message);
            message.resize(message.len() + len, b'a');
        }
        message
    }

    /// Lengths whose encodings have printable and other bytes.
    const LENS: [usize; 12] = [0, 1, 31, 33, 127, 128, 129, 161, 300, 4096 + 33, 4224, 16_383];

    #[test]
    fn articles_of_all_lengths_have_the_common_form() {
        for key_len in LENS {
            for amp_len in [None].into_iter().chain(LENS.map(Some)) {
                let message = message(key_len, amp_len);
                let (key, amp) = found(&message).unwrap_or_else(|| panic!("{key_len} {amp_len:?}"));
                assert_eq!((key.len(), amp.as_ref().map(Range::len)), (key_len, amp_len));
                assert!(message[key].iter().all(|&byte| byte == b'k'));
                assert!(amp.is_none_or(|amp| message[amp].iter().all(|&byte| byte == b'a')));
            }
        }
        let mut message = message(16_384, None);
        assert_eq!(found(&message), None, "a length of three bytes");
        assert_eq!(message.remove(5), 1);
        assert_eq!(found(&message), None, "a length without its third byte");
    }

    #[test]
    fn another_byte_anywhere_is_another_form_or_other_fields() {
        for (key_len, amp_len) in [
            (5, None),
            (40, None),
            (140, None),
            (5, Some(3)),
            (40, Some(200)),
            (140, Some(0)),
            (200, Some(40)),
        ] {
            let message = message(key_len, amp_len);
            for at in 0..message.len() {
                for byte in 0..=u8::MAX {
                    let mut changed = message.clone();
                    changed[at] = byte;
                    assert_eq!(found(&changed), expected(&changed), "{byte:#x} at {at} of {message:x?}");
                }
            }
            for len in 0..message.len() {
                assert_eq!(found(&message[..len]), expected(&message[..len]), "{len} of {message:x?}");
            }
        }
    }
}
