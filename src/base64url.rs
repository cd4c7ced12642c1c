//! base64url without padding: encoding and strict decoding.
//!
//! Only the canonical encoding is valid, whose last character has no bits beyond the last byte. All 340,375 distinct
//! real IDs are canonical. [`decode_fast`] validates and decodes in vector registers; [`decode`] uses the base64 crate
//! and returns the error.

use base64::alphabet::URL_SAFE;
use base64::engine::general_purpose::{GeneralPurpose, NO_PAD};
use base64::{DecodeError, DecodeSliceError, Engine};

use crate::error::{Error, ErrorKind};
pub(crate) use alphabet::{are_base64url, is_base64url};
pub(crate) use level::{Level, dispatch, has_table_lookup};
pub(crate) use prefix::prefix_len;

mod alphabet;
pub(crate) mod kernel;
mod level;
mod prefix;

/// Rejects padding, and bits left over after the last byte.
const ENGINE: GeneralPurpose = GeneralPurpose::new(&URL_SAFE, NO_PAD);

/// Encodes `bytes`.
pub(crate) fn encode(bytes: &[u8]) -> String {
    ENGINE.encode(bytes)
}

/// Returns the length of the buffer that decoding `len` characters needs: whole groups of three bytes, and
/// the padding that the kernel writes to.
pub(crate) const fn buffer_len(len: usize) -> usize {
    len.div_ceil(4) * 3 + kernel::STORE
}

/// Decodes the first `len` characters of `encoded` to the front of `out`, which must be at least [`buffer_len`] long.
/// Returns the number of decoded bytes that are not `!` to `~`, or `None` if the characters are invalid; [`decode`]
/// returns the error then.
pub(crate) fn decode_fast(level: Level, encoded: &[u8], len: usize, out: &mut [u8]) -> Option<u32> {
    dispatch!(level, simd => kernel::decode(simd, encoded, len, out), else decode_scalar(encoded.get(..len)?, out))
}

/// Decodes as [`kernel::decode`] does: its scalar twin.
#[inline(never)]
fn decode_scalar(encoded: &[u8], out: &mut [u8]) -> Option<u32> {
    let len = ENGINE.decode_slice(encoded, out).ok()?;
    Some(out[..len].iter().map(|byte| u32::from(!byte.is_ascii_graphic())).sum())
}

/// Decodes `encoded` to the front of `out`, which must be at least [`buffer_len`] long, and returns the number of
/// bytes.
pub(crate) fn decode(encoded: &[u8], out: &mut [u8]) -> Result<usize, Error> {
    ENGINE.decode_slice(encoded, out).map_err(|error| match error {
        DecodeSliceError::DecodeError(error) => error_of(encoded, error),
        DecodeSliceError::OutputSliceTooSmall => Error::new(ErrorKind::TooLong),
    })
}

/// Decodes `encoded` to a new vector.
pub(crate) fn decode_to_vec(encoded: &[u8]) -> Result<Vec<u8>, Error> {
    let mut out = vec![0; buffer_len(encoded.len())];
    let len = decode(encoded, &mut out)?;
    out.truncate(len);
    Ok(out)
}

/// Validates `encoded` and returns the number of bytes that it decodes to, without an allocation.
pub(crate) fn decoded_len(encoded: &[u8]) -> Result<usize, Error> {
    /// Whole groups of four characters.
    const BLOCK: usize = 1024;
    let mut out = [0; buffer_len(BLOCK)];
    let mut total = 0;
    for (block, start) in encoded.chunks(BLOCK).zip((0..).step_by(BLOCK)) {
        total += decode(block, &mut out).map_err(|error| error.map_offset(|offset| start + offset))?;
    }
    Ok(total)
}

/// Removes the padding, unless there are more `=` than fill the last group of four characters.
pub(crate) fn without_padding(encoded: &[u8]) -> &[u8] {
    let len = encoded.iter().rposition(|&byte| byte != b'=').map_or(0, |last| last + 1);
    if encoded.len() <= len.next_multiple_of(4) { &encoded[..len] } else { encoded }
}

/// Returns the error for `encoded`, in which the base64 crate has found one.
fn error_of(encoded: &[u8], error: DecodeError) -> Error {
    let last = encoded.len().saturating_sub(1);
    // The crate reports a length of 4n + 1 even if there is an invalid byte, which is the more useful error.
    match (error, invalid_byte_at(encoded, prefix::prefix_len_scalar(encoded))) {
        (_, Some(error)) => error,
        (DecodeError::InvalidLastSymbol { .. }, None) => Error::at(ErrorKind::TrailingBits, last),
        (_, None) => Error::at(ErrorKind::InvalidLength(encoded.len() as u32), last),
    }
}

/// Returns the error for `encoded` without decoding it, or `None` if it is valid.
pub(crate) fn find_fault(level: Level, encoded: &[u8]) -> Option<Error> {
    invalid_byte_at(encoded, prefix_len(level, encoded)).or_else(|| {
        let last = encoded.len().checked_sub(1)?;
        match encoded.len() % 4 {
            1 => Some(Error::at(ErrorKind::InvalidLength(encoded.len() as u32), last)),
            _ => (!kernel::has_canonical_end(encoded)).then(|| Error::at(ErrorKind::TrailingBits, last)),
        }
    })
}

/// Returns the error of the invalid byte at `at`, or `None` at the end of `encoded`.
fn invalid_byte_at(encoded: &[u8], at: usize) -> Option<Error> {
    encoded.get(at).map(|&byte| Error::at(ErrorKind::InvalidByte(byte), at))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ErrorKind;
    use quickcheck::{Arbitrary, Gen, QuickCheck};

    /// Checks that `decode_fast` accepts what the base64 crate accepts and returns the same bytes, and that `find_fault` returns the same
    /// error.
    fn agree(encoded: &[u8], len: usize) {
        let expected = decode_to_vec(&encoded[..len]);
        for level in Level::available() {
            let fault = find_fault(level, &encoded[..len]);
            assert_eq!(fault, expected.as_ref().err().copied(), "{level:?}: {}", encoded.escape_ascii());
            let mut out = vec![0xee; buffer_len(len)];
            let nonprintable = decode_fast(level, encoded, len, &mut out);
            match &expected {
                Ok(bytes) => {
                    assert_eq!(&out[..bytes.len()], bytes, "{level:?}");
                    let count = bytes.iter().filter(|byte| !byte.is_ascii_graphic()).count();
                    assert_eq!(nonprintable, Some(count as u32), "{level:?}: {bytes:02x?}");
                }
                Err(error) => assert_eq!(nonprintable, None, "{level:?}: {error}"),
            }
        }
    }

    /// Up to 300 characters of the alphabet.
    #[derive(Clone, Debug)]
    struct Base64Url(String);

    impl Arbitrary for Base64Url {
        fn arbitrary(g: &mut Gen) -> Self {
            let alphabet = URL_SAFE.as_str().as_bytes();
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
        fn property(encoded: Base64Url, at: usize, byte: u8) {
            let mut encoded = encoded.0.into_bytes();
            agree(&encoded, encoded.len());
            if !encoded.is_empty() {
                let at = at % encoded.len();
                encoded[at] = byte;
                agree(&encoded, encoded.len());
            }
        }
        QuickCheck::new().tests(256).quickcheck(property as fn(_, _, _));
    }

    #[test]
    fn kernel_and_library_agree_on_encoded_bytes() {
        fn property(bytes: Vec<u8>, after: Vec<u8>) {
            let encoded = encode(&bytes).into_bytes();
            let len = encoded.len();
            agree(&[encoded, after].concat(), len);
        }
        QuickCheck::new().tests(256).quickcheck(property as fn(_, _));
    }

    #[test]
    fn kernel_and_library_agree_on_each_byte_at_each_place_of_a_vector() {
        for byte in 0..=255 {
            for at in 0..70 {
                let mut encoded = [b'A'; 70];
                encoded[at] = byte;
                for len in [at + 1, 64, 70] {
                    agree(&encoded, len);
                }
            }
        }
    }

    #[test]
    fn a_buffer_without_padding_is_too_short() {
        let encoded = [b'A'; 64];
        for level in Level::available().into_iter().filter(|level| level.vectors().is_some()) {
            for (len, is_accepted) in [(47 + kernel::STORE, false), (48 + kernel::STORE, true)] {
                let nonprintable = decode_fast(level, &encoded, 64, &mut vec![0; len]);
                assert_eq!(nonprintable.is_some(), is_accepted, "{level:?}, {len}");
            }
        }
    }

    #[test]
    fn errors_have_the_kind_and_offset_of_the_fault() {
        for (encoded, kind, offset) in [
            ("CBM!Ymh0", ErrorKind::InvalidByte(b'!'), 3),
            ("CBMi=", ErrorKind::InvalidByte(b'='), 4),
            ("CBMiYmh0dHBzO", ErrorKind::InvalidLength(13), 12),
            ("CBMiYm9", ErrorKind::TrailingBits, 6),
            ("CBM+", ErrorKind::InvalidByte(b'+'), 3),
        ] {
            let error = decode_to_vec(encoded.as_bytes()).unwrap_err();
            assert_eq!((error.kind(), error.offset()), (kind, Some(offset)), "{encoded}");
        }
    }

    #[test]
    fn length_is_counted_over_blocks() {
        let bytes = vec![7; 5000];
        assert_eq!(decoded_len(encode(&bytes).as_bytes()), Ok(5000));
        let mut encoded = encode(&bytes).into_bytes();
        encoded[3000] = b'.';
        assert_eq!(decoded_len(&encoded).unwrap_err().offset(), Some(3000));
    }
}
