//! The strict reader: one pass over a message that accepts the one encoding that Google writes.
//!
//! 340,375 of 340,375 IDs have their fields in ascending order, each at most once and known, and every varint in its
//! shortest form. Protobuf itself allows much more than that, so an ID could be changed in many ways and still mean the
//! same. [`parse`] accepts a message only if encoding its fields again returns the same bytes, apart from unknown fields: Google
//! adds fields without notice, so those that follow the known ones in ascending order are skipped, and the message is
//! kept as it is.
//!
//! Errors are looked for in one pass, in this order of precedence:
//!
//! 1. an error of the wire format, where [`Reader`] finds it;
//! 2. a known field that has another type, text that is not UTF-8 and field numbers that no
//!    schema can have: the message has another schema, `Malformed` at its first byte;
//! 3. fields that are repeated or not in ascending order, known ones after unknown ones, and over-long varints: `Malformed` at
//!    the first byte that differs from the known fields as Google would have written them.

use super::wire::{Fault, Reader, Slice};
use crate::error::{Error, ErrorKind, Field};
use crate::printable::is_plain;

/// A message that can be filled field by field. [`fields!`](fields) implements it.
pub(crate) trait Strict<'a>: Default {
    /// The tags of the fields.
    const TAGS: &'static [u64];

    /// Reads and stores the known fields at the beginning, as far as they are in ascending order, and returns the number of the
    /// last one, or 0.
    fn read_in_order(&mut self, scan: &mut Scan<'a>) -> Result<u64, Fault>;

    /// Reads and stores the value of the field that begins with `tag`. Returns `false` for an unknown tag.
    fn read_field(&mut self, tag: u64, scan: &mut Scan<'a>) -> Result<bool, Fault>;

    /// Encodes the fields that were stored.
    fn encode(&self) -> Vec<u8>;
}

/// A reader, and the properties that it has found in its message and in the messages nested in it.
pub(crate) struct Scan<'a> {
    pub(crate) reader: Reader<'a>,
    is_canonical: bool,
    has_schema: bool,
    has_unknown_fields: bool,
    /// All strings are printable: they contain no control characters, as is the case in every real ID.
    is_printable: bool,
}

/// The greatest number of a field in any schema: protobuf has tags of 32 bits.
const MAX_NUMBER: u64 = (1 << 29) - 1;

/// Parses a message strictly.
///
/// # Errors
///
/// Returns the errors in the list of the module documentation, and `InvalidField(Key)` without an offset for strings
/// that are not printable.
#[inline(always)]
pub(crate) fn parse<'a, M: Strict<'a>>(message: Slice<'a>) -> Result<Parsed<M>, Error> {
    let mut parsed = M::default();
    let has_unknown_fields = parse_into(&mut parsed, message)?;
    Ok(Parsed { message: parsed, has_unknown_fields })
}

/// Parses a message strictly into `parsed`, which must have no fields yet. Returns `true` if there are unknown fields.
#[inline(always)]
pub(super) fn parse_into<'a, M: Strict<'a>>(parsed: &mut M, message: Slice<'a>) -> Result<bool, Error> {
    let mut scan = Scan {
        reader: Reader::new(message),
        is_canonical: true,
        has_schema: true,
        has_unknown_fields: false,
        is_printable: true,
    };
    if let Err(fault) = scan.read(parsed) {
        return Err(scan.reader.error(fault));
    }
    if !scan.has_schema {
        return Err(Error::at(ErrorKind::Malformed, message.start));
    }
    if !scan.is_canonical {
        return Err(difference(&parsed.encode(), message));
    }
    if !scan.is_printable {
        return Err(Error::new(ErrorKind::InvalidField(Field::Key)));
    }
    Ok(scan.has_unknown_fields)
}

/// A message that was parsed strictly.
#[derive(PartialEq, Debug)]
pub(crate) struct Parsed<M> {
    pub(crate) message: M,
    /// The encoded message, or one nested in it, has fields that `message` lacks.
    pub(crate) has_unknown_fields: bool,
}

/// Returns the error of a message that is not encoded as Google would encode it, at the first byte that differs from `expected`.
#[cold]
pub(crate) fn difference(expected: &[u8], message: Slice<'_>) -> Error {
    let equal = expected.iter().zip(message.bytes).take_while(|(expected, found)| expected == found).count();
    Error::at(ErrorKind::Malformed, message.start + equal)
}

impl<'a> Scan<'a> {
    #[inline(always)]
    fn read<M: Strict<'a>>(&mut self, parsed: &mut M) -> Result<(), Fault> {
        let last_number = parsed.read_in_order(self)?;
        if !self.reader.is_at_end() {
            self.read_rest(parsed, last_number)?;
        }
        self.is_canonical &= self.reader.is_shortest;
        Ok(())
    }

    /// Reads all fields from the first one on that is unknown or not in ascending order. `last_number` is the number of the
    /// field before it.
    #[cold]
    #[inline(never)]
    fn read_rest<M: Strict<'a>>(&mut self, parsed: &mut M, mut last_number: u64) -> Result<(), Fault> {
        let mut has_unknown_fields = false;
        while !self.reader.is_at_end() {
            let tag = self.reader.tag()?;
            let number = tag >> 3;
            let is_known = parsed.read_field(tag, self)?;
            if !is_known {
                self.reader.skip_value(tag)?;
                let has_another_type = M::TAGS.iter().any(|known| known >> 3 == number);
                self.has_schema &= !has_another_type && number <= MAX_NUMBER;
                has_unknown_fields = true;
            }
            self.is_canonical &= number > last_number && !(is_known && has_unknown_fields);
            last_number = number;
        }
        self.has_unknown_fields |= has_unknown_fields;
        Ok(())
    }
}

/// Methods that read the value of a field, named after its type. They store the value in the field instead of returning
/// it, because moving a message takes longer than reading it. An invalid value is stored as `None`.
impl<'a> Scan<'a> {
    #[inline(always)]
    pub(crate) fn uint64(&mut self, field: &mut Option<u64>) -> Result<(), Fault> {
        *field = Some(self.reader.varint()?);
        Ok(())
    }

    #[inline(always)]
    pub(crate) fn fixed64(&mut self, field: &mut Option<u64>) -> Result<(), Fault> {
        *field = self.reader.take(8)?.bytes.try_into().ok().map(u64::from_le_bytes);
        Ok(())
    }

    #[inline(always)]
    pub(crate) fn slice(&mut self, field: &mut Option<Slice<'a>>) -> Result<(), Fault> {
        *field = Some(self.reader.length_delimited()?);
        Ok(())
    }

    pub(crate) fn bytes(&mut self, field: &mut Option<Vec<u8>>) -> Result<(), Fault> {
        *field = Some(self.reader.length_delimited()?.bytes.to_vec());
        Ok(())
    }

    pub(crate) fn string(&mut self, field: &mut Option<String>) -> Result<(), Fault> {
        let text = std::str::from_utf8(self.reader.length_delimited()?.bytes).ok();
        self.has_schema &= text.is_some();
        self.is_printable &= text.is_none_or(is_plain);
        *field = text.map(str::to_owned);
        Ok(())
    }

    pub(crate) fn message<M: Strict<'a>>(&mut self, field: &mut Option<M>) -> Result<(), Fault> {
        let message = self.reader.length_delimited()?;
        let outer = std::mem::replace(&mut self.reader, Reader::new(message));
        self.has_schema &= self.read(field.insert(M::default())).is_ok();
        self.reader = outer;
        Ok(())
    }
}

/// Implements a part of `Strict` by rows of number, type and field, in ascending order of the numbers.
macro_rules! fields {
    ($($number:tt $wire:ident $field:ident,)*) => {
        const TAGS: &'static [u64] =
            $crate::message::strict::in_order(&[$($crate::message::strict::tag!($wire $number)),*]);

        #[inline(always)]
        fn read_in_order(
            &mut self,
            scan: &mut $crate::message::strict::Scan<'a>,
        ) -> Result<u64, $crate::message::wire::Fault> {
            let mut last_number = 0;
            $(
                if scan.reader.skip_tag($crate::message::strict::tag!($wire $number)) {
                    scan.$wire(&mut self.$field)?;
                    last_number = $number;
                }
            )*
            Ok(last_number)
        }

        #[inline(always)]
        fn read_field(
            &mut self,
            tag: u64,
            scan: &mut $crate::message::strict::Scan<'a>,
        ) -> Result<bool, $crate::message::wire::Fault> {
            $(
                if tag == $crate::message::strict::tag!($wire $number) {
                    scan.$wire(&mut self.$field)?;
                    return Ok(true);
                }
            )*
            Ok(false)
        }
    };
}

/// Returns `tags`. The numbers in them must be in ascending order, and none may need more than two bytes, as
/// [`Strict::read_in_order`] and [`Reader::skip_tag`] require.
pub(crate) const fn in_order(tags: &'static [u64]) -> &'static [u64] {
    let mut last_number = 0;
    let mut i = 0;
    while i < tags.len() {
        assert!(tags[i] >> 3 > last_number && tags[i] < 1 << 14);
        last_number = tags[i] >> 3;
        i += 1;
    }
    tags
}

/// A field's tag: its number and its wire type.
macro_rules! tag {
    (uint64 $number:tt) => {
        $number << 3
    };
    (fixed64 $number:tt) => {
        $number << 3 | 1
    };
    ($length_delimited:ident $number:tt) => {
        $number << 3 | 2
    };
}

pub(crate) use {fields, tag};
