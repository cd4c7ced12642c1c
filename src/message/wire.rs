//! The wire format of protobuf: a message is a sequence of fields, each a tag (number and wire type) and a value.
//!
//! [`Reader`] knows no schema. It finds every error of the format itself, at its offset: a field that ends behind its
//! message, a varint of more than 64 bits, a wire type that does not exist. It also notes over-long varints, which the
//! format allows and Google never writes.

use crate::error::{Error, ErrorKind, Field};

/// A part of a message and its offset in the whole.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub(crate) struct Slice<'a> {
    pub(crate) bytes: &'a [u8],
    pub(crate) start: usize,
}

impl<'a> Slice<'a> {
    /// A message that is a whole of its own.
    pub(crate) fn whole(bytes: &'a [u8]) -> Self {
        Slice { bytes, start: 0 }
    }

    /// Returns the bytes of a key that has a fixed length.
    pub(crate) fn to_array<const N: usize>(self) -> Result<[u8; N], Error> {
        let invalid = Error::at(ErrorKind::InvalidField(Field::Key), self.start);
        self.bytes.try_into().map_err(|_| invalid)
    }

    /// Applies `check` to the bytes and counts the offset of its error in the whole.
    pub(crate) fn check<T>(self, check: impl FnOnce(&'a [u8]) -> Result<T, Error>) -> Result<T, Error> {
        check(self.bytes).map_err(|error| error.map_offset(|offset| self.start + offset))
    }
}

/// The value of a field.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Value<'a> {
    Varint(u64),
    Fixed64(u64),
    Bytes(Slice<'a>),
    /// No field of the schema has this wire type.
    Fixed32,
}

/// Reads the fields of a message in the order in which they appear.
pub(crate) struct Reader<'a> {
    message: Slice<'a>,
    rest: &'a [u8],
    /// Every varint so far, tags and lengths included, was in its shortest form.
    pub(crate) is_shortest: bool,
}

impl<'a> Reader<'a> {
    pub(crate) fn new(message: Slice<'a>) -> Self {
        Reader { message, rest: message.bytes, is_shortest: true }
    }

    /// Reads the number and the value of the next field.
    ///
    /// # Errors
    ///
    /// `Truncated` at the message's last byte if the message ends inside the field, `Malformed` at the field's first byte
    /// for everything else.
    pub(crate) fn next_field(&mut self) -> Result<Option<(u64, Value<'a>)>, Error> {
        if self.rest.is_empty() {
            return Ok(None);
        }
        let malformed =
            Error::at(ErrorKind::Malformed, self.message.start + self.message.bytes.len() - self.rest.len());
        let tag = self.varint(malformed)?;
        let number = tag >> 3;
        if number == 0 {
            return Err(malformed);
        }
        let value = match tag & 7 {
            0 => Value::Varint(self.varint(malformed)?),
            1 => match self.rest.split_first_chunk() {
                Some((bytes, rest)) => {
                    self.rest = rest;
                    Value::Fixed64(u64::from_le_bytes(*bytes))
                }
                None => return Err(self.truncated()),
            },
            2 => {
                let len = self.varint(malformed)?;
                Value::Bytes(self.bytes(len)?)
            }
            5 => {
                self.bytes(4)?;
                Value::Fixed32
            }
            _ => return Err(malformed),
        };
        Ok(Some((number, value)))
    }

    #[inline]
    fn varint(&mut self, malformed: Error) -> Result<u64, Error> {
        if let Some((&byte, rest)) = self.rest.split_first()
            && byte < 0x80
        {
            self.rest = rest;
            return Ok(u64::from(byte));
        }
        self.long_varint(malformed)
    }

    fn long_varint(&mut self, malformed: Error) -> Result<u64, Error> {
        let mut value = 0;
        for shift in (0..64).step_by(7) {
            let Some((&byte, rest)) = self.rest.split_first() else { return Err(self.truncated()) };
            self.rest = rest;
            value |= u64::from(byte & 0x7f) << shift;
            if byte < 0x80 {
                self.is_shortest &= byte != 0 || shift == 0;
                // The tenth byte has the 64th bit alone.
                return if shift == 63 && byte > 1 { Err(malformed) } else { Ok(value) };
            }
        }
        Err(malformed)
    }

    fn bytes(&mut self, len: u64) -> Result<Slice<'a>, Error> {
        let start = self.message.start + self.message.bytes.len() - self.rest.len();
        let found = usize::try_from(len).ok().and_then(|len| self.rest.split_at_checked(len));
        let (bytes, rest) = found.ok_or(self.truncated())?;
        self.rest = rest;
        Ok(Slice { bytes, start })
    }

    fn truncated(&self) -> Error {
        // A message that ends inside a field has a last byte.
        Error::at(ErrorKind::Truncated, self.message.start + self.message.bytes.len() - 1)
    }
}
