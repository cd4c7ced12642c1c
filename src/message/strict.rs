//! The strict reader: one pass over a message that accepts the one encoding that Google writes.
//!
//! 340,375 of 340,375 IDs have their fields in ascending order, each at most once and known, and every varint in its
//! shortest form. Protobuf itself allows much more than that, so an ID could be changed in many ways and still mean the
//! same. [`parse`] accepts a message only if encoding its fields again returns the same bytes.
//!
//! What is wrong is decided in this order, in one pass:
//!
//! 1. an error of the wire format, where [`Reader`] finds it;
//! 2. a known field that has another type, text that is not UTF-8, messages nested too deeply and field numbers that no
//!    schema can have: the message has another schema, `Malformed` at its first byte;
//! 3. fields that are unknown, repeated or not in ascending order, and over-long varints: `Malformed` at the first byte
//!    that Google would have written differently.

use super::wire::{Reader, Slice, Value};
use crate::error::{Error, ErrorKind, Field};
use crate::url_policy::is_plain;

/// A message that can be filled field by field.
pub(crate) trait Strict<'a>: Default {
    /// Stores a field. Returns false if the schema has no field of this number.
    ///
    /// # Errors
    ///
    /// Only those of the wire format, inside a nested message.
    fn set(&mut self, number: u64, value: Value<'a>, findings: &mut Findings) -> Result<bool, Error>;

    /// Encodes the fields that were stored.
    fn encode(&self) -> Vec<u8>;
}

/// What [`scan`] has found of the message as a whole.
pub(crate) struct Findings {
    /// The number of messages that may still be nested in the current one.
    pub(crate) depth: u32,
    pub(crate) is_canonical: bool,
    pub(crate) has_schema: bool,
    /// All text can be shown: it has no control characters, which no real ID contains.
    pub(crate) is_printable: bool,
}

impl Findings {
    pub(crate) fn at_depth(depth: u32) -> Self {
        Findings { depth, is_canonical: true, has_schema: true, is_printable: true }
    }
}

/// An ID of a keyed article nests three messages: section, edition, family. One more is accepted, so that its type can be
/// named in the error.
const MAX_DEPTH: u32 = 4;

/// The greatest number of a field in any schema: protobuf has tags of 32 bits.
const MAX_NUMBER: u64 = (1 << 29) - 1;

/// Parses a message strictly.
///
/// # Errors
///
/// Those of the module's list, and `InvalidField(Key)` without an offset for text that can't be shown.
pub(crate) fn parse<'a, M: Strict<'a>>(message: Slice<'a>) -> Result<M, Error> {
    let mut findings = Findings::at_depth(MAX_DEPTH);
    let parsed: M = scan(message, &mut findings)?;
    if !findings.has_schema {
        return Err(Error::at(ErrorKind::Malformed, message.start));
    }
    if !findings.is_canonical {
        return Err(difference(&parsed.encode(), message));
    }
    if !findings.is_printable {
        return Err(Error::new(ErrorKind::InvalidField(Field::Key)));
    }
    Ok(parsed)
}

/// Stores every field of a message and notes what is not as Google writes it.
#[inline]
pub(crate) fn scan<'a, M: Strict<'a>>(message: Slice<'a>, findings: &mut Findings) -> Result<M, Error> {
    let mut parsed = M::default();
    let mut reader = Reader::new(message);
    let mut previous = 0;
    while let Some((number, value)) = reader.next_field()? {
        let is_known = parsed.set(number, value, findings)?;
        findings.is_canonical &= is_known & (number > previous);
        findings.has_schema &= number <= MAX_NUMBER;
        previous = number;
    }
    findings.is_canonical &= reader.is_shortest;
    Ok(parsed)
}

/// The error of a message that is encoded differently from what Google would write, at the first byte that differs.
#[cold]
pub(crate) fn difference(expected: &[u8], message: Slice<'_>) -> Error {
    let equal = expected.iter().zip(message.bytes).take_while(|(expected, found)| expected == found).count();
    // A nested message without a type is encoded as it was: then all of it is wrong.
    let offset = if expected == message.bytes { 0 } else { equal };
    Error::at(ErrorKind::Malformed, message.start + offset)
}

/// Each of these stores the value in a field of its type.
impl<'a> Value<'a> {
    pub(crate) fn uint64(self, field: &mut Option<u64>, findings: &mut Findings) {
        match self {
            Value::Varint(value) => *field = Some(value),
            _ => findings.has_schema = false,
        }
    }

    pub(crate) fn fixed64(self, field: &mut Option<u64>, findings: &mut Findings) {
        match self {
            Value::Fixed64(value) => *field = Some(value),
            _ => findings.has_schema = false,
        }
    }

    pub(crate) fn slice(self, field: &mut Option<Slice<'a>>, findings: &mut Findings) {
        match self {
            Value::Bytes(slice) => *field = Some(slice),
            _ => findings.has_schema = false,
        }
    }

    pub(crate) fn bytes(self, field: &mut Option<Vec<u8>>, findings: &mut Findings) {
        match self {
            Value::Bytes(slice) => *field = Some(slice.bytes.to_vec()),
            _ => findings.has_schema = false,
        }
    }

    pub(crate) fn string(self, field: &mut Option<String>, findings: &mut Findings) {
        match self.as_text() {
            Some(text) => {
                findings.is_printable &= is_plain(text);
                *field = Some(text.to_owned());
            }
            None => findings.has_schema = false,
        }
    }

    pub(crate) fn message<M: Strict<'a>>(self, field: &mut Option<M>, findings: &mut Findings) {
        match self {
            Value::Bytes(message) => match scan(message, findings) {
                Ok(message) => *field = Some(message),
                Err(_) => findings.has_schema = false,
            },
            _ => findings.has_schema = false,
        }
    }

    fn as_text(self) -> Option<&'a str> {
        match self {
            Value::Bytes(slice) => std::str::from_utf8(slice.bytes).ok(),
            _ => None,
        }
    }
}
