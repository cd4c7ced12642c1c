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

use super::wire::{Reader, Slice};
use crate::error::{Error, ErrorKind, Field};
use crate::url_policy::is_plain;

/// A message that can be filled field by field. [`fields!`](fields) implements it.
pub(crate) trait Strict<'a>: Default {
    /// The numbers of the fields.
    const NUMBERS: &'static [u64];

    /// Stores fields in ascending order, as long as each one that follows has a greater number than the last.
    fn fill(&mut self, reader: &mut Reader<'a>, findings: &mut Findings) -> Result<(), Error>;

    /// Encodes the fields that were stored.
    fn encode(&self) -> Vec<u8>;
}

/// What [`scan`] has found of the message as a whole.
pub(crate) struct Findings {
    /// The number of parents that may still be nested in the current message.
    pub(crate) depth: u32,
    pub(crate) is_canonical: bool,
    pub(crate) has_schema: bool,
    /// All text can be shown: it has no control characters, which no real ID contains.
    pub(crate) is_printable: bool,
}

impl Findings {
    /// Nothing was found yet.
    pub(crate) fn new() -> Self {
        Findings { depth: MAX_DEPTH, is_canonical: true, has_schema: true, is_printable: true }
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
    let mut findings = Findings::new();
    let mut parsed = M::default();
    scan(message, &mut parsed, &mut findings)?;
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
pub(crate) fn scan<'a, M: Strict<'a>>(
    message: Slice<'a>,
    parsed: &mut M,
    findings: &mut Findings,
) -> Result<(), Error> {
    let mut reader = Reader::new(message);
    parsed.fill(&mut reader, findings)?;
    while !reader.is_at_end() {
        findings.is_canonical = false;
        let field = reader.offset();
        // It stores a field that is repeated or too late, and passes over one that is unknown or has another type.
        parsed.fill(&mut reader, findings)?;
        if reader.offset() == field {
            let number = reader.skip_field()?;
            let has_another_type = M::NUMBERS.contains(&number) && reader.is_shortest;
            findings.has_schema &= !has_another_type && number <= MAX_NUMBER;
        }
    }
    findings.is_canonical &= reader.is_shortest;
    Ok(())
}

/// The error of a message that is encoded differently from what Google would write, at the first byte that differs.
#[cold]
pub(crate) fn difference(expected: &[u8], message: Slice<'_>) -> Error {
    let equal = expected.iter().zip(message.bytes).take_while(|(expected, found)| expected == found).count();
    // A nested message without a type is encoded as it was: then all of it is wrong.
    let offset = if expected == message.bytes { 0 } else { equal };
    Error::at(ErrorKind::Malformed, message.start + offset)
}

/// Each of these reads the value of a field of its type.
impl<'a> Reader<'a> {
    #[inline(always)]
    pub(crate) fn uint64(&mut self, field: &mut Option<u64>, _: &mut Findings) -> Result<(), Error> {
        *field = Some(self.varint()?);
        Ok(())
    }

    #[inline(always)]
    pub(crate) fn fixed64(&mut self, field: &mut Option<u64>, _: &mut Findings) -> Result<(), Error> {
        *field = self.take(8)?.bytes.try_into().ok().map(u64::from_le_bytes);
        Ok(())
    }

    #[inline(always)]
    pub(crate) fn slice(&mut self, field: &mut Option<Slice<'a>>, _: &mut Findings) -> Result<(), Error> {
        *field = Some(self.length_delimited()?);
        Ok(())
    }

    pub(crate) fn bytes(&mut self, field: &mut Option<Vec<u8>>, _: &mut Findings) -> Result<(), Error> {
        *field = Some(self.length_delimited()?.bytes.to_vec());
        Ok(())
    }

    pub(crate) fn string(
        &mut self,
        field: &mut Option<String>,
        findings: &mut Findings,
    ) -> Result<(), Error> {
        match std::str::from_utf8(self.length_delimited()?.bytes) {
            Ok(text) => {
                findings.is_printable &= is_plain(text);
                *field = Some(text.to_owned());
            }
            Err(_) => findings.has_schema = false,
        }
        Ok(())
    }

    #[inline(always)]
    pub(crate) fn message<M: Strict<'a>>(
        &mut self,
        field: &mut Option<M>,
        findings: &mut Findings,
    ) -> Result<(), Error> {
        let message = self.length_delimited()?;
        findings.has_schema &= scan(message, field.insert(M::default()), findings).is_ok();
        Ok(())
    }
}

/// Implements a part of `Strict` by rows of number, type and field.
macro_rules! fields {
    ($($number:tt $wire:ident $field:ident,)*) => {
        const NUMBERS: &'static [u64] = &[$($number),*];

        #[inline(always)]
        fn fill(&mut self, reader: &mut Reader<'a>, findings: &mut Findings) -> Result<(), Error> {
            $(
                if reader.take_tag($crate::message::strict::tag!($wire $number)) {
                    reader.$wire(&mut self.$field, findings)?;
                }
            )*
            Ok(())
        }
    };
}

/// A field's tag: its number and its wire type.
macro_rules! tag {
    (uint64 $number:tt) => { $number << 3 };
    (fixed64 $number:tt) => { $number << 3 | 1 };
    ($length_delimited:ident $number:tt) => { $number << 3 | 2 };
}

pub(crate) use {fields, tag};
