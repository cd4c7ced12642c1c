//! The wire format of protobuf: a message is a sequence of fields, each a tag (number and wire type) and a value.
//!
//! [`Reader`] knows no schema. It finds every error of the format itself, at its offset: a field that ends after its
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
    /// Creates the slice of a message that is not part of another one.
    pub(crate) fn whole(bytes: &'a [u8]) -> Self {
        Slice { bytes, start: 0 }
    }

    /// Returns the bytes of a key that has a fixed length.
    pub(crate) fn to_array<const N: usize>(self) -> Result<[u8; N], Error> {
        let invalid = Error::at(ErrorKind::InvalidField(Field::Key), self.start);
        self.bytes.try_into().map_err(|_| invalid)
    }

    /// Applies `check` to the bytes, and converts the offset of its error to one in the whole message.
    pub(crate) fn check<T>(self, check: impl FnOnce(&'a [u8]) -> Result<T, Error>) -> Result<T, Error> {
        check(self.bytes).map_err(|error| error.map_offset(|offset| self.start + offset))
    }
}

/// Reads the fields of a message in the order in which they appear.
pub(crate) struct Reader<'a> {
    message: Slice<'a>,
    rest: &'a [u8],
    /// The offset of the current field.
    field: usize,
    /// Every varint so far, tags and lengths included, was in its shortest form.
    pub(crate) is_shortest: bool,
}

/// The fault of the current field.
// It has one byte, so that results are returned in registers: a `Result<u64, Error>` takes 5 ns more per field.
#[derive(Clone, Copy)]
pub(crate) enum Fault {
    /// The message ends inside the field.
    Truncated,
    Malformed,
}

impl<'a> Reader<'a> {
    pub(crate) fn new(message: Slice<'a>) -> Self {
        Reader { message, rest: message.bytes, field: message.start, is_shortest: true }
    }

    #[inline(always)]
    pub(crate) fn is_at_end(&self) -> bool {
        self.rest.is_empty()
    }

    pub(crate) fn offset(&self) -> usize {
        self.message.start + self.message.bytes.len() - self.rest.len()
    }

    /// Begins the next field and returns its tag.
    #[inline(always)]
    pub(crate) fn tag(&mut self) -> Result<u64, Fault> {
        self.field = self.offset();
        match self.varint()? {
            0..8 => Err(Fault::Malformed),
            tag => Ok(tag),
        }
    }

    /// Begins the next field if it has this tag, which must not need more than two bytes.
    #[inline(always)]
    pub(crate) fn skip_tag(&mut self, tag: u64) -> bool {
        let rest = match self.rest {
            [byte, rest @ ..] if tag < 0x80 && u64::from(*byte) == tag => rest,
            [low, high, rest @ ..]
                if tag >= 0x80 && [*low, *high] == [tag as u8 | 0x80, (tag >> 7) as u8] =>
            {
                rest
            }
            _ => return false,
        };
        self.field = self.offset();
        self.rest = rest;
        true
    }

    /// Skips the value of the field that begins with `tag`.
    pub(crate) fn skip_value(&mut self, tag: u64) -> Result<(), Fault> {
        match tag & 7 {
            0 => drop(self.varint()?),
            1 => drop(self.take(8)?),
            2 => drop(self.length_delimited()?),
            5 => drop(self.take(4)?),
            _ => return Err(Fault::Malformed),
        }
        Ok(())
    }

    #[inline(always)]
    pub(crate) fn varint(&mut self) -> Result<u64, Fault> {
        match self.rest {
            [byte @ ..0x80, rest @ ..] => {
                self.rest = rest;
                Ok(u64::from(*byte))
            }
            // The tags of the fields 16 to 2047, and nearly all lengths.
            [low, high @ 1..0x80, rest @ ..] => {
                self.rest = rest;
                Ok(u64::from(low & 0x7f) | u64::from(*high) << 7)
            }
            _ => self.long_varint(),
        }
    }

    #[inline(never)]
    fn long_varint(&mut self) -> Result<u64, Fault> {
        let mut value = 0;
        for shift in (0..64).step_by(7) {
            let [byte, rest @ ..] = self.rest else { return Err(Fault::Truncated) };
            self.rest = rest;
            value |= u64::from(byte & 0x7f) << shift;
            if *byte < 0x80 {
                self.is_shortest &= *byte != 0;
                // Only one bit of the tenth byte is part of the value, the 64th.
                return if shift == 63 && *byte > 1 { Err(Fault::Malformed) } else { Ok(value) };
            }
        }
        Err(Fault::Malformed)
    }

    /// Reads a length, and as many bytes as it specifies.
    #[inline(always)]
    pub(crate) fn length_delimited(&mut self) -> Result<Slice<'a>, Fault> {
        let len = self.varint()?;
        self.take(len)
    }

    #[inline(always)]
    pub(crate) fn take(&mut self, len: u64) -> Result<Slice<'a>, Fault> {
        let start = self.offset();
        let split = usize::try_from(len).ok().and_then(|len| self.rest.split_at_checked(len));
        let Some((bytes, rest)) = split else { return Err(Fault::Truncated) };
        self.rest = rest;
        Ok(Slice { bytes, start })
    }

    /// Returns the error of the current field: `Truncated` at the message's last byte, or `Malformed` at the field's first byte.
    #[cold]
    pub(crate) fn error(&self, fault: Fault) -> Error {
        match fault {
            // A message that ends inside a field has a last byte.
            Fault::Truncated => {
                Error::at(ErrorKind::Truncated, self.message.start + self.message.bytes.len() - 1)
            }
            Fault::Malformed => Error::at(ErrorKind::Malformed, self.field),
        }
    }
}

/// Returns the index of the base64url character that contains the first bit of byte `offset`.
pub(crate) fn encoded_offset(offset: usize) -> usize {
    offset * 4 / 3
}
