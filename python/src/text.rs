//! The bytes of a link in a Python object.

use std::borrow::Cow;

use pyo3::exceptions::PyUnicodeEncodeError;
use pyo3::intern;
use pyo3::prelude::*;
use pyo3::types::{PyByteArray, PyBytes, PyString};

/// The bytes of a link, and the unit of its offsets.
pub(crate) struct Text<'a> {
    pub(crate) bytes: Cow<'a, [u8]>,
    pub(crate) unit: Unit,
}

/// What the offset of an error counts, so that `link[error.offset]` is the character or byte at fault.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Unit {
    Bytes,
    Characters,
}

impl<'a> Text<'a> {
    /// Returns the text of a `str`, `bytes` or `bytearray`, or `None` for an object of another type.
    pub(crate) fn of(link: &'a Bound<'_, PyAny>) -> PyResult<Option<Self>> {
        if let Ok(string) = link.cast::<PyString>() {
            return Ok(Some(Text { bytes: encode(string)?, unit: Unit::Characters }));
        }
        let bytes = if let Ok(bytes) = link.cast::<PyBytes>() {
            Cow::Borrowed(bytes.as_bytes())
        } else if let Ok(bytes) = link.cast::<PyByteArray>() {
            Cow::Owned(bytes.to_vec())
        } else {
            return Ok(None);
        };
        Ok(Some(Text { bytes, unit: Unit::Bytes }))
    }

    /// Converts an offset in the bytes to one in the Python object.
    pub(crate) fn offset(&self, bytes: Option<usize>) -> Option<usize> {
        match self.unit {
            Unit::Bytes => bytes,
            Unit::Characters => bytes.map(|offset| count_characters(&self.bytes, offset)),
        }
    }
}

/// Encodes a string as UTF-8. A lone surrogate, which UTF-8 cannot encode, becomes three bytes that are not valid
/// UTF-8. Decoding such a link fails, as for any other invalid bytes.
fn encode<'a>(string: &'a Bound<'_, PyString>) -> PyResult<Cow<'a, [u8]>> {
    match string.to_str() {
        Ok(string) => Ok(Cow::Borrowed(string.as_bytes())),
        Err(error) if error.is_instance_of::<PyUnicodeEncodeError>(string.py()) => {
            let encoded = string.call_method1(intern!(string.py(), "encode"), ("utf-8", "surrogatepass"))?;
            Ok(Cow::Owned(encoded.cast::<PyBytes>()?.as_bytes().to_vec()))
        }
        Err(error) => Err(error),
    }
}

/// Returns the index of the character that contains the byte at `offset`.
pub(crate) fn count_characters(bytes: &[u8], offset: usize) -> usize {
    let count_starts = |bytes: &[u8]| bytes.iter().filter(|&&byte| byte & 0xc0 != 0x80).count();
    match bytes.get(..=offset) {
        Some(bytes) => count_starts(bytes).saturating_sub(1),
        None => count_starts(bytes),
    }
}
