//! ID text ↔ message bytes.
//!
//! The text is base64url without padding and canonical: 340,375 of 340,375 distinct real IDs are.

use base64::alphabet;
use base64::engine::general_purpose::{GeneralPurpose, NO_PAD};
use base64::{DecodeError, DecodeSliceError, Engine};
use fearless_simd::{Level, dispatch};

use crate::error::{Error, Problem};

pub(crate) mod kernel;

/// Strict: no padding, and no bits left over. Where there are vectors it is asked for what the kernel refuses.
const ENGINE: GeneralPurpose = GeneralPurpose::new(&alphabet::URL_SAFE, NO_PAD);

pub(crate) fn encode(bytes: &[u8]) -> String {
    ENGINE.encode(bytes)
}

/// How many bytes of room the message of so many characters has to be given.
pub(crate) const fn room(len: usize) -> usize {
    len.div_ceil(4) * 3 + kernel::SLACK
}

/// Decodes the first `len` bytes of `text` to the front of `out`, if they are sound, and says how many of the decoded
/// bytes are none of `!` to `~`, with vectors of the level. What is wrong with others is for [`decode`] to say.
pub(crate) fn accept(level: Level, text: &[u8], len: usize, out: &mut [u8]) -> Option<u32> {
    dispatch!(level, simd => kernel::decode(simd, text, len, out))
}

/// Every vector level of the machine, the best first.
pub(crate) fn levels() -> Vec<Level> {
    let best = Level::new();
    #[cfg(any(target_arch = "x86", target_arch = "x86_64"))]
    let below = [
        best.as_avx512().map(Level::Avx512),
        best.as_avx2().map(Level::Avx2),
        best.as_sse4_2().map(Level::Sse4_2),
        best.as_sse2().map(Level::Sse2),
    ];
    #[cfg(not(any(target_arch = "x86", target_arch = "x86_64")))]
    let below = [Some(best)];
    below.into_iter().flatten().collect()
}

/// Decodes `text` to the front of `out`, which has [`room`] for it, and says how many bytes those are.
pub(crate) fn decode(text: &[u8], out: &mut [u8]) -> Result<usize, Error> {
    ENGINE.decode_slice(text, out).map_err(|error| match error {
        DecodeSliceError::DecodeError(error) => explain(text, error),
        DecodeSliceError::OutputSliceTooSmall => Error::new(Problem::TooLong),
    })
}

/// Decodes `text` to bytes of its own.
pub(crate) fn decode_to_vec(text: &[u8]) -> Result<Vec<u8>, Error> {
    let mut out = vec![0; room(text.len())];
    let len = decode(text, &mut out)?;
    out.truncate(len);
    Ok(out)
}

/// How many bytes `text` decodes to, once it is known to be sound.
pub(crate) fn decoded_len(text: &[u8]) -> Result<usize, Error> {
    // A block at a time, so that nothing is allocated; 1,024 characters are whole groups of four.
    let mut out = [0; room(1024)];
    let mut total = 0;
    for (block, start) in text.chunks(1024).zip((0..).step_by(1024)) {
        total += decode(block, &mut out).map_err(|error| error.map_offset(|offset| start + offset))?;
    }
    Ok(total)
}

/// True for the 64 characters that an ID is made of.
pub(crate) fn is_base64url(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_'
}

fn explain(text: &[u8], error: DecodeError) -> Error {
    let last = text.len().saturating_sub(1);
    // The library sees a length of 4n + 1 before it sees the bytes; a byte that has no place says more.
    // Most that is damaged was cut, so all bytes are looked at first, several at a time.
    let is_sound = text.iter().fold(true, |all, &byte| all & is_base64url(byte));
    let invalid = if is_sound { None } else { text.iter().position(|&byte| !is_base64url(byte)) };
    match (error, invalid) {
        (_, Some(offset)) => Error::at(Problem::InvalidByte(text[offset]), offset),
        (DecodeError::InvalidLastSymbol { .. }, None) => Error::at(Problem::TrailingBits, last),
        (_, None) => Error::at(Problem::InvalidLength(text.len() as u32), last),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ErrorKind;
    use quickcheck::{Arbitrary, Gen, QuickCheck};

    /// The kernel accepts what the library accepts, and gives the same bytes.
    fn agree(text: &[u8], len: usize) {
        let judged = decode_to_vec(&text[..len]);
        for level in levels().into_iter().chain([Level::fallback()]) {
            let mut out = vec![0xee; room(len)];
            let foreign = dispatch!(level, simd => kernel::decode(simd, text, len, &mut out));
            match &judged {
                Ok(bytes) => {
                    assert_eq!(&out[..bytes.len()], bytes, "{level:?}");
                    let count = bytes.iter().filter(|byte| !byte.is_ascii_graphic()).count();
                    assert_eq!(foreign, Some(count as u32), "{level:?}: {bytes:02x?}");
                }
                Err(error) => assert_eq!(foreign, None, "{level:?}: {error}"),
            }
        }
    }

    /// Up to 300 characters of the alphabet.
    #[derive(Clone, Debug)]
    struct Base64Url(String);

    impl Arbitrary for Base64Url {
        fn arbitrary(g: &mut Gen) -> Self {
            let alphabet = alphabet::URL_SAFE.as_str().as_bytes();
            let len = usize::arbitrary(g) % 301;
            Base64Url((0..len).filter_map(|_| g.choose(alphabet)).map(|&byte| char::from(byte)).collect())
        }

        fn shrink(&self) -> Box<dyn Iterator<Item = Self>> {
            let len = self.0.len();
            Box::new(self.0.shrink().filter(move |text| text.len() < len).map(Base64Url))
        }
    }

    #[test]
    fn kernel_and_library_agree_on_any_bytes() {
        fn property(text: Base64Url, at: usize, byte: u8) {
            let mut text = text.0.into_bytes();
            agree(&text, text.len());
            if !text.is_empty() {
                let at = at % text.len();
                text[at] = byte;
                agree(&text, text.len());
            }
        }
        QuickCheck::new().tests(256).quickcheck(property as fn(_, _, _));
    }

    #[test]
    fn kernel_and_library_agree_on_what_was_encoded() {
        fn property(bytes: Vec<u8>, behind: Vec<u8>) {
            let text = encode(&bytes).into_bytes();
            let len = text.len();
            agree(&[text, behind].concat(), len);
        }
        QuickCheck::new().tests(256).quickcheck(property as fn(_, _));
    }

    #[test]
    fn kernel_and_library_agree_on_each_byte_at_each_place_of_a_vector() {
        for byte in 0..=255 {
            for at in 0..70 {
                let mut text = [b'A'; 70];
                text[at] = byte;
                for len in [at + 1, 64, 70] {
                    agree(&text, len);
                }
            }
        }
    }

    #[test]
    fn kernel_refuses_what_it_has_no_room_for() {
        let text = vec![b'A'; 65_540];
        for level in levels().into_iter().chain([Level::fallback()]) {
            for (len, room, accepted) in
                [(64, 47 + kernel::SLACK, false), (64, 48 + kernel::SLACK, true), (65_540, 65_540, false)]
            {
                let mut out = vec![0; room];
                let foreign = dispatch!(level, simd => kernel::decode(simd, &text, len, &mut out));
                assert_eq!(foreign.is_some(), accepted, "{level:?}, {len}, {room}");
            }
        }
    }

    #[test]
    fn what_is_wrong_is_said_with_its_place() {
        for (text, kind, offset) in [
            ("CBM!Ymh0", ErrorKind::InvalidByte, 3),
            ("CBMi=", ErrorKind::InvalidByte, 4),
            ("CBMiYmh0dHBzO", ErrorKind::InvalidLength, 12),
            ("CBMiYm9", ErrorKind::TrailingBits, 6),
            ("CBM+", ErrorKind::InvalidByte, 3),
        ] {
            let error = decode_to_vec(text.as_bytes()).unwrap_err();
            assert_eq!((error.kind(), error.offset()), (kind, Some(offset)), "{text}");
        }
    }

    #[test]
    fn length_is_counted_over_blocks() {
        let bytes = vec![7; 5000];
        assert_eq!(decoded_len(encode(&bytes).as_bytes()), Ok(5000));
        let mut text = encode(&bytes).into_bytes();
        text[3000] = b'.';
        assert_eq!(decoded_len(&text).unwrap_err().offset(), Some(3000));
    }
}
