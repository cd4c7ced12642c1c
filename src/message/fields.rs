use std::ops::BitOr;

use prost::Message;

use super::schema;
use super::strict::{self, Strict, difference, fields};
use super::wire::{Slice, encoded_offset};
use crate::base64url::{self, Level};
use crate::error::{Error, ErrorKind, Field};

/// A set of fields of an ID, without its type.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) struct FieldSet(u8);

pub(crate) const KEY: FieldSet = FieldSet(1);
pub(crate) const PARENT: FieldSet = FieldSet(2);
pub(crate) const NUMBER: FieldSet = FieldSet(4);
pub(crate) const KEY_IS_ENCODED: FieldSet = FieldSet(8);
pub(crate) const FIELD_19: FieldSet = FieldSet(16);
pub(crate) const AMP: FieldSet = FieldSet(32);
pub(crate) const PAYLOAD: FieldSet = FieldSet(64);

impl BitOr for FieldSet {
    type Output = Self;

    fn bitor(self, other: Self) -> Self {
        FieldSet(self.0 | other.0)
    }
}

/// The fields of an ID, borrowed from its message, which was parsed strictly. All offsets are those of the whole message.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Fields<'a> {
    message: Slice<'a>,
    /// The message has fields that are not listed here.
    pub(crate) has_unknown_fields: bool,
    pub(crate) kind: Option<u64>,
    pub(crate) payload: Option<Slice<'a>>,
    pub(crate) key: Option<Slice<'a>>,
    pub(crate) parent: Option<Slice<'a>>,
    pub(crate) number: Option<u64>,
    pub(crate) key_is_encoded: Option<u64>,
    pub(crate) field_19: Option<u64>,
    pub(crate) amp: Option<Slice<'a>>,
}

impl<'a> Fields<'a> {
    /// Parses the message of an ID [strictly](strict::parse_into) into these fields, which must be empty. The message
    /// must begin with its type, as that of every ID does. Its parent is not parsed.
    pub(crate) fn parse(&mut self, message: &'a [u8]) -> Result<(), Error> {
        match message.first() {
            Some(0x08) => self.parse_at(message, 0),
            _ => Err(Error::at(ErrorKind::Malformed, 0)),
        }
    }

    // A `Slice` as an argument would be passed through memory, written 8 bytes and read 16 bytes at a time, which takes 10 ns.
    #[inline(never)]
    fn parse_at(&mut self, bytes: &'a [u8], start: usize) -> Result<(), Error> {
        let message = Slice { bytes, start };
        self.message = message;
        self.has_unknown_fields = strict::parse_into(self, message)?;
        Ok(())
    }

    /// Returns the bytes of the message.
    pub(crate) fn as_bytes(&self) -> &'a [u8] {
        self.message.bytes
    }

    /// Parses the parent into `parent`, which must be empty. Returns `MissingField` if there is no parent.
    pub(crate) fn parse_parent(&self, parent: &mut Fields<'a>) -> Result<(), Error> {
        let Slice { bytes, start } =
            self.parent.ok_or(Error::new(ErrorKind::MissingField(Field::Edition)))?;
        parent.parse_at(bytes, start)
    }

    /// Returns the key, or `MissingField`.
    pub(crate) fn key(&self) -> Result<Slice<'a>, Error> {
        self.key.ok_or(Error::new(ErrorKind::MissingField(Field::Key)))
    }

    /// Returns the number, or `MissingField`.
    pub(crate) fn number(&self) -> Result<u64, Error> {
        self.number.ok_or(Error::new(ErrorKind::MissingField(Field::Number)))
    }

    /// Checks that the message has no other known fields than its type and those of `allowed`, or returns `Malformed`.
    pub(crate) fn expect_only(&self, allowed: FieldSet) -> Result<(), Error> {
        let has = |field: FieldSet, is_present| if is_present { field } else { FieldSet(0) };
        let present = has(PAYLOAD, self.payload.is_some())
            | has(KEY, self.key.is_some())
            | has(PARENT, self.parent.is_some())
            | has(NUMBER, self.number.is_some())
            | has(KEY_IS_ENCODED, self.key_is_encoded.is_some())
            | has(FIELD_19, self.field_19.is_some())
            | has(AMP, self.amp.is_some());
        if present | allowed == allowed { Ok(()) } else { Err(self.error_at_type(ErrorKind::Malformed)) }
    }

    /// Returns an error about the message as a whole, at its type, the byte after the first tag. An empty message has no
    /// type, so the error is at its length, the byte before it.
    pub(crate) fn error_at_type(&self, kind: ErrorKind) -> Error {
        let Slice { bytes, start } = self.message;
        Error::at(kind, if bytes.is_empty() { start.saturating_sub(1) } else { start + 1 })
    }

    /// Returns the error of a message with fields that the target does not have. `expected` is the encoded target.
    #[cold]
    pub(crate) fn difference(&self, expected: &[u8]) -> Error {
        difference(expected, self.message)
    }

    /// Decodes the key from base64url and parses the message in it. An error of `parse` without an offset concerns the
    /// whole key, and is reported at its first character.
    pub(crate) fn parse_key<T>(&self, parse: impl FnOnce(&[u8]) -> Result<T, Error>) -> Result<T, Error> {
        /// No key of 1,000 real IDs has more than 90 characters.
        const ON_STACK: usize = 256;
        let Slice { bytes: encoded, start } = self.key()?;
        let invalid = |error: Error| {
            Error::at(ErrorKind::InvalidField(Field::Key), start + error.offset().unwrap_or(0))
        };
        let (mut on_stack, on_heap);
        let message = if encoded.len() <= ON_STACK {
            on_stack = [0; base64url::buffer_len(ON_STACK)];
            let len = match base64url::decode_fast(Level::new(), encoded, encoded.len(), &mut on_stack) {
                Some(_) => encoded.len() * 3 / 4,
                None => base64url::decode(encoded, &mut on_stack).map_err(invalid)?,
            };
            &on_stack[..len]
        } else {
            on_heap = base64url::decode_to_vec(encoded).map_err(invalid)?;
            &on_heap[..]
        };
        parse(message).map_err(|error| match error.offset() {
            Some(offset) => Error::at(error.kind(), start + encoded_offset(offset)),
            None => Error::at(error.kind(), start),
        })
    }

    fn to_schema(self) -> schema::Id {
        let bytes = |slice: Slice<'_>| slice.bytes.to_vec();
        schema::Id {
            kind: self.kind,
            payload: self.payload.map(bytes),
            key: self.key.map(bytes),
            parent: self.parent.map(bytes),
            number: self.number,
            key_is_encoded: self.key_is_encoded,
            field_19: self.field_19,
            amp: self.amp.map(bytes),
        }
    }
}

impl<'a> Strict<'a> for Fields<'a> {
    fields! {
        1 uint64 kind,
        2 slice payload,
        4 slice key,
        5 slice parent,
        6 uint64 number,
        10 uint64 key_is_encoded,
        19 uint64 field_19,
        26 slice amp,
    }

    fn encode(&self) -> Vec<u8> {
        self.to_schema().encode_to_vec()
    }
}
