//! Message bytes → fields.
//!
//! Real IDs have one encoding: known fields in ascending order, each once, shortest varints, nothing behind
//! them (340,375 of 340,375). [`Fields::walk`] accepts just that and borrows; whatever it does not accept
//! goes to prost, which says what is wrong.

use std::ops::Range;

use prost::Message;

use crate::base64url;
use crate::error::{Error, ErrorKind, Field, Problem};

pub(crate) mod schema;

/// The types that a link's ID or a part of one can have (field 1).
pub(crate) mod kind {
    pub(crate) const EDITION: u64 = 0;
    pub(crate) const ARTICLE: u64 = 2;
    pub(crate) const SECTION: u64 = 4;
    pub(crate) const LINK: u64 = 5;
    pub(crate) const FAMILY: u64 = 10;
    pub(crate) const SHORT: u64 = 18;
    pub(crate) const WEB_ARTICLE: u64 = 19;
    pub(crate) const VIDEO: u64 = 32;
    pub(crate) const PICTURE: u64 = 47;
}

/// Articles hold sections, those editions, those families: three messages in one another. One more is let through, to
/// be told what it is.
const MAX_DEPTH: u32 = 4;

/// The fields of an ID's message, borrowed from it. A parent is checked, but not taken apart.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub(crate) struct Fields<'a> {
    message: &'a [u8],
    pub(crate) kind: u64,
    pub(crate) key: Option<&'a [u8]>,
    pub(crate) parent: Option<&'a [u8]>,
    pub(crate) number: Option<u64>,
    pub(crate) key_is_encoded: Option<u64>,
    pub(crate) field_19: Option<u64>,
    pub(crate) amp: Option<&'a [u8]>,
}

impl<'a> Fields<'a> {
    /// The fields of `message`; an error's offset counts the message's bytes.
    pub(crate) fn read(message: &'a [u8]) -> Result<Self, Error> {
        if message.first().is_some_and(|&tag| tag != 0x08) {
            return Err(Error::at(Problem::Malformed, 0));
        }
        // Where the walk finds no way, prost finds the fault. Should it find none, the message is deeper
        // than any that Google writes.
        Fields::walk(message, MAX_DEPTH).ok_or_else(|| fault(message))
    }

    fn walk(message: &'a [u8], depth: u32) -> Option<Self> {
        let mut rest = message.strip_prefix(&[0x08])?;
        let mut fields = Fields { message, kind: varint(&mut rest)?, ..Fields::default() };
        // Each tag is tried once, in ascending order.
        if let Some(after) = rest.strip_prefix(&[0x22]) {
            rest = after;
            fields.key = Some(bytes(&mut rest)?);
        }
        if let Some(after) = rest.strip_prefix(&[0x2a]) {
            rest = after;
            let parent = bytes(&mut rest)?;
            Fields::walk(parent, depth.checked_sub(1)?)?;
            fields.parent = Some(parent);
        }
        if let Some(after) = rest.strip_prefix(&[0x30]) {
            rest = after;
            fields.number = Some(varint(&mut rest)?);
        }
        if let Some(after) = rest.strip_prefix(&[0x50]) {
            rest = after;
            fields.key_is_encoded = Some(varint(&mut rest)?);
        }
        if let Some(after) = rest.strip_prefix(&[0x98, 0x01]) {
            rest = after;
            fields.field_19 = Some(varint(&mut rest)?);
        }
        if let Some(after) = rest.strip_prefix(&[0xd2, 0x01]) {
            rest = after;
            fields.amp = Some(bytes(&mut rest)?);
        }
        rest.is_empty().then_some(fields)
    }

    /// Checks that the fields of `required` are there, and no others than those and the ones of `optional`.
    pub(crate) fn expect(&self, required: Set, optional: Set) -> Result<(), Error> {
        let present = self.present();
        if present & !(required | optional) != 0 {
            return Err(Error::at(Problem::Malformed, TYPE_OFFSET));
        }
        for (set, field) in
            [(KEY, Field::Key), (PARENT, Field::Edition), (NUMBER, Field::Number), (AMP, Field::Amp)]
        {
            if required & !present & set != 0 {
                return Err(Error::new(Problem::MissingField(field)));
            }
        }
        if required & !present != 0 {
            return Err(Error::at(Problem::Malformed, TYPE_OFFSET));
        }
        Ok(())
    }

    /// Checks that `id`, what was made of these fields, holds all that they do.
    pub(crate) fn expect_written_as(&self, id: &schema::Id) -> Result<(), Error> {
        expect_same(&id.encode_to_vec(), self.message)
    }

    fn present(&self) -> Set {
        let has = |set, present| if present { set } else { 0 };
        has(KEY, self.key.is_some())
            | has(PARENT, self.parent.is_some())
            | has(NUMBER, self.number.is_some())
            | has(ENCODED, self.key_is_encoded.is_some())
            | has(FIELD_19, self.field_19.is_some())
            | has(AMP, self.amp.is_some())
    }

    /// The key, which is there when [`expect`](Self::expect) has seen to it.
    pub(crate) fn required_key(&self) -> &'a [u8] {
        self.key.unwrap_or_default()
    }

    /// Where `field`, a slice of this message, begins in it.
    pub(crate) fn offset_of(&self, field: &[u8]) -> usize {
        offset_in(self.message, field)
    }

    /// What `read` makes of the parent, with errors counted in this message.
    pub(crate) fn in_parent<T>(&self, read: impl FnOnce(Fields<'a>) -> Result<T, Error>) -> Result<T, Error> {
        let parent = self.parent.ok_or(Error::new(Problem::MissingField(Field::Edition)))?;
        Fields::read(parent)
            .and_then(read)
            .map_err(|error| error.map_offset(|offset| self.offset_of(parent) + offset))
    }

    /// The message that the key is the base64url text of, with errors counted in this message.
    pub(crate) fn decode_key<M: Message + Default>(&self) -> Result<M, Error> {
        let text = self.required_key();
        let start = self.offset_of(text);
        // Which of its characters it is does not matter to whoever looks at the ID: there it is another one.
        let damaged = |error: Error| {
            Error::at(Problem::InvalidField(Field::Key), start + error.offset().unwrap_or_default())
        };
        let inner = base64url::decode_to_vec(text).map_err(damaged)?;
        judge(&inner).map_err(|error| error.map_offset(|offset| start + text_offset(offset)))
    }
}

/// Where the parts of an article's message of the usual shape are: `08 13 | 22 len key [| d2 01 len amp]`.
#[derive(Clone, Debug)]
pub(crate) struct Shape {
    pub(crate) key: Range<usize>,
    /// Empty if there is none.
    pub(crate) amp: Range<usize>,
    pub(crate) has_amp: bool,
}

impl Shape {
    /// The parts of the message of `len` bytes at the front of `buffer`, in which `foreign` bytes are none of `!`
    /// to `~`, if those are all outside of the parts. Then the parts are printable ASCII.
    ///
    /// The lengths are read without a branch: one URL in five has a second byte of length, one article in three
    /// an AMP URL, which no guess gets right.
    #[inline(always)]
    pub(crate) fn of(buffer: &[u8], len: usize, foreign: u32) -> Option<Self> {
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
            & (foreign == 2 + key.foreign + of_amp * (2 + amp.foreign))
            & key.is_short;
        is_shape.then_some(Shape {
            key: key.start..key.end,
            amp: if has_amp { amp.start..amp.end } else { 0..0 },
            has_amp,
        })
    }
}

/// Where the bytes behind a length of one or two bytes are, and how many bytes of the length are none of `!` to
/// `~`. 4,436 of 20,878 URLs need the second byte, none a third.
struct ShortBytes {
    start: usize,
    end: usize,
    foreign: u32,
    /// The length is in its shortest form and has no third byte.
    is_short: bool,
}

#[inline(always)]
fn short_bytes(buffer: &[u8], at: usize) -> Option<ShortBytes> {
    let &[low, high] = buffer.get(at..)?.first_chunk()?;
    let is_foreign = |byte: u8| u32::from(byte.wrapping_sub(b'!') > b'~' - b'!');
    let two = low >> 7;
    let len = usize::from(low & 0x7f) | usize::from(two * high) << 7;
    let start = at + 1 + usize::from(two);
    Some(ShortBytes {
        start,
        end: start + len,
        foreign: is_foreign(low) + u32::from(two) * is_foreign(high),
        is_short: (two == 0) | (high.wrapping_sub(1) < 0x7f),
    })
}

/// A set of fields.
pub(crate) type Set = u8;

pub(crate) const KEY: Set = 1;
pub(crate) const PARENT: Set = 2;
pub(crate) const NUMBER: Set = 4;
pub(crate) const ENCODED: Set = 8;
pub(crate) const FIELD_19: Set = 16;
pub(crate) const AMP: Set = 32;

/// The type is the byte behind the first tag.
pub(crate) const TYPE_OFFSET: usize = 1;

/// The character of the base64url text that holds the first bit of byte `offset`.
pub(crate) fn text_offset(offset: usize) -> usize {
    offset * 4 / 3
}

/// Where in `outer` the slice `inner` of it begins.
fn offset_in(outer: &[u8], inner: &[u8]) -> usize {
    (inner.as_ptr() as usize).saturating_sub(outer.as_ptr() as usize)
}

/// A varint in its shortest form.
pub(crate) fn varint(rest: &mut &[u8]) -> Option<u64> {
    let (&first, mut after) = rest.split_first()?;
    if first < 0x80 {
        *rest = after;
        return Some(u64::from(first));
    }
    let mut value = u64::from(first & 0x7f);
    for shift in (7..64).step_by(7) {
        let (&byte, next) = after.split_first()?;
        after = next;
        value |= u64::from(byte & 0x7f) << shift;
        if byte < 0x80 {
            // A last byte of 0 adds nothing; a tenth one holds the 64th bit alone.
            if byte == 0 || (shift == 63 && byte > 1) {
                return None;
            }
            *rest = after;
            return Some(value);
        }
    }
    None
}

/// The bytes behind a length.
pub(crate) fn bytes<'a>(rest: &mut &'a [u8]) -> Option<&'a [u8]> {
    let len = usize::try_from(varint(rest)?).ok()?;
    let (bytes, after) = rest.split_at_checked(len)?;
    *rest = after;
    Some(bytes)
}

/// `message` as prost reads it, if that is all there is to it: prost passes over unknown fields, takes the
/// last of repeated ones and any length of varint, so what it read must encode to the same bytes again.
pub(crate) fn judge<M: Message + Default>(message: &[u8]) -> Result<M, Error> {
    let Ok(read) = M::decode(message) else {
        return Err(find_fault(message, MAX_DEPTH).unwrap_or(Error::at(Problem::Malformed, 0)));
    };
    expect_same(&read.encode_to_vec(), message).map(|()| read)
}

/// What is wrong with the message of an ID.
fn fault(message: &[u8]) -> Error {
    // Most of them were cut. That prost does not read such a one needs no trial.
    match find_fault(message, MAX_DEPTH) {
        Some(error) if error.kind() == ErrorKind::Truncated => error,
        _ => judge::<schema::Id>(message).err().unwrap_or(Error::at(Problem::Malformed, 0)),
    }
}

/// What was `written` again is what was `read`, or the message is not one that Google writes.
fn expect_same(written: &[u8], read: &[u8]) -> Result<(), Error> {
    if written == read {
        return Ok(());
    }
    let same = written.iter().zip(read).take_while(|(written, read)| written == read).count();
    Err(Error::at(Problem::Malformed, same))
}

/// Where the wire format of `message` breaks: prost's own error does not say.
fn find_fault(message: &[u8], depth: u32) -> Option<Error> {
    let mut rest = message;
    while !rest.is_empty() {
        let at = offset_in(message, rest);
        let malformed = Error::at(Problem::Malformed, at);
        let truncated = Error::at(Problem::Truncated, message.len().saturating_sub(1));
        let tag = match any_varint(&mut rest) {
            Ok(tag) if tag >> 3 != 0 => tag,
            Ok(_) => return Some(malformed),
            Err(Cut) if rest.len() < 10 => return Some(truncated),
            Err(Cut) => return Some(malformed),
        };
        let len = match tag & 7 {
            0 => match any_varint(&mut rest) {
                Ok(_) => continue,
                Err(Cut) if rest.len() < 10 => return Some(truncated),
                Err(Cut) => return Some(malformed),
            },
            1 => 8,
            2 => match any_varint(&mut rest) {
                Ok(len) => usize::try_from(len).unwrap_or(usize::MAX),
                Err(Cut) if rest.len() < 10 => return Some(truncated),
                Err(Cut) => return Some(malformed),
            },
            5 => 4,
            _ => return Some(malformed),
        };
        let Some((field, after)) = rest.split_at_checked(len) else { return Some(truncated) };
        // Field 5 is a message wherever it is not a number. How deep it is looked into has to have an end: 40,000
        // characters can nest 9,000 messages.
        if tag == 0x2a
            && let Some(depth) = depth.checked_sub(1)
            && let Some(error) = find_fault(field, depth)
        {
            return Some(error.map_offset(|offset| offset_in(message, field) + offset));
        }
        rest = after;
    }
    None
}

/// The bytes end before the varint does, or it has more than ten of them.
struct Cut;

fn any_varint(rest: &mut &[u8]) -> Result<u64, Cut> {
    prost::encoding::decode_varint(rest).map_err(|_| Cut)
}

#[cfg(test)]
mod tests {
    use super::*;
    use quickcheck::{Arbitrary, Gen, QuickCheck};

    /// The walk and prost must say the same of any message: that is what lets the walk answer alone.
    fn agree(message: &[u8]) {
        let judged = judge::<schema::Id>(message);
        match Fields::walk(message, 100) {
            Some(fields) => {
                let id = judged.unwrap_or_else(|error| panic!("walked, but {error}: {message:02x?}"));
                assert_eq!(Some(fields.kind), id.kind);
                assert_eq!(fields.key, id.key.as_deref());
                assert_eq!(fields.parent.map(<[u8]>::to_vec), id.parent.map(|parent| parent.encode_to_vec()));
                assert_eq!(fields.number, id.number);
                assert_eq!(fields.key_is_encoded, id.key_is_encoded);
                assert_eq!(fields.field_19, id.field_19);
                assert_eq!(fields.amp, id.amp.as_deref());
            }
            // An ID without its type is sound to prost, and none of Google's.
            None => match judged {
                Ok(id) => assert!(typeless(&id), "judged only: {message:02x?}"),
                Err(error) => assert_eq!(fault(message), error, "{message:02x?}"),
            },
        }
    }

    fn typeless(id: &schema::Id) -> bool {
        id.kind.is_none() || id.parent.as_ref().is_some_and(|parent| typeless(parent))
    }

    /// A message with up to five others nested in it, not necessarily of an ID of Google's.
    #[derive(Clone, Debug)]
    struct AnyId(schema::Id);

    impl AnyId {
        fn unnested(g: &mut Gen) -> schema::Id {
            let [number, key_is_encoded, field_19] = <[Option<u64>; 3]>::arbitrary(g);
            schema::Id {
                // Missing in one of ten.
                kind: (u64::arbitrary(g) % 10 > 0).then(|| u64::arbitrary(g) % 50),
                key: Option::arbitrary(g),
                parent: None,
                number,
                key_is_encoded,
                field_19,
                amp: Option::arbitrary(g),
            }
        }
    }

    impl Arbitrary for AnyId {
        fn arbitrary(g: &mut Gen) -> Self {
            let mut id = AnyId::unnested(g);
            for _ in 0..usize::arbitrary(g) % 6 {
                id = schema::Id { parent: Some(Box::new(id)), ..AnyId::unnested(g) };
            }
            AnyId(id)
        }

        fn shrink(&self) -> Box<dyn Iterator<Item = Self>> {
            let schema::Id { kind, key, parent, number, key_is_encoded, field_19, amp } = self.0.clone();
            let parent = parent.map(|parent| AnyId(*parent));
            let inner = parent.clone();
            let fields = (kind, key, parent, number, key_is_encoded, field_19, amp).shrink();
            let smaller = fields.map(|(kind, key, parent, number, key_is_encoded, field_19, amp)| {
                let parent = parent.map(|parent| Box::new(parent.0));
                AnyId(schema::Id { kind, key, parent, number, key_is_encoded, field_19, amp })
            });
            Box::new(inner.into_iter().chain(smaller))
        }
    }

    #[test]
    fn walk_and_prost_agree_on_any_bytes() {
        fn property(message: Vec<u8>) {
            agree(&message);
            // One of 256 messages begins with the tag of the type, and the walk ends there in all others.
            agree(&[&[0x08][..], &message].concat());
        }
        QuickCheck::new().tests(256).quickcheck(property as fn(_));
    }

    #[test]
    fn walk_and_prost_agree_on_any_id() {
        fn property(id: AnyId) {
            agree(&id.0.encode_to_vec());
        }
        QuickCheck::new().tests(256).quickcheck(property as fn(_));
    }

    #[test]
    fn walk_and_prost_agree_on_damaged_ids() {
        fn property(id: AnyId, at: usize, byte: u8) {
            let mut message = id.0.encode_to_vec();
            if !message.is_empty() {
                let at = at % message.len();
                agree(&message[..at]);
                message[at] = byte;
            }
            agree(&message);
        }
        QuickCheck::new().tests(256).quickcheck(property as fn(_, _, _));
    }

    #[test]
    fn what_is_wrong_is_said_with_its_place() {
        use ErrorKind::{Malformed, Truncated};
        for (what, message, kind, offset) in [
            ("nothing", &b""[..], Malformed, 0),
            ("no type", b"\x22\x01a", Malformed, 0),
            ("type behind the key", b"\x22\x01a\x08\x13", Malformed, 0),
            ("field twice", b"\x08\x13\x22\x01a\x22\x01b", Malformed, 4),
            ("unknown field", b"\x08\x13\x1a\x01a", Malformed, 2),
            ("two-byte varint for 1", b"\x08\x13\x30\x81\x00", Malformed, 3),
            ("eleven-byte varint", b"\x08\x13\x30\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01", Malformed, 2),
            ("wire type 7", b"\x08\x13\x6f", Malformed, 2),
            ("field number 0", b"\x08\x13\x02\x00", Malformed, 2),
            ("group", b"\x08\x13\x2b\x2c", Malformed, 2),
            ("key as a number", b"\x08\x13\x20\x05", Malformed, 0),
            ("length past the end", b"\x08\x13\x22\x05ab", Truncated, 5),
            ("length of 2^31", b"\x08\x13\x22\x80\x80\x80\x80\x08ab", Truncated, 9),
            ("length of 2^63", b"\x08\x13\x22\x80\x80\x80\x80\x80\x80\x80\x80\x80\x01", Truncated, 12),
            ("tag alone", b"\x08\x13\x22", Truncated, 2),
            ("cut in the parent", b"\x08\x02\x2a\x04\x08\x04\x22\x09", Truncated, 7),
        ] {
            let error = Fields::read(message).unwrap_err();
            assert_eq!((error.kind(), error.offset()), (kind, Some(offset)), "{what}");
        }
    }

    #[test]
    fn nesting_ends_at_the_depth_of_a_keyed_article() {
        let mut message = vec![0x08, 0];
        for _ in 0..MAX_DEPTH - 1 {
            message = [&[0x08, 0, 0x2a, message.len() as u8][..], &message].concat();
        }
        assert!(Fields::read(&message).is_ok());
        message = [&[0x08, 0, 0x2a, message.len() as u8][..], &message].concat();
        assert!(Fields::read(&message).is_ok());
        message = [&[0x08, 0, 0x2a, message.len() as u8][..], &message].concat();
        assert_eq!(Fields::read(&message).unwrap_err().kind(), ErrorKind::Malformed);
    }

    #[test]
    fn a_message_nested_without_end_is_malformed() {
        let mut message = Vec::new();
        while message.len() < 45_000 {
            let mut len = Vec::new();
            prost::encoding::encode_varint(message.len() as u64, &mut len);
            message.splice(..0, [&[0x2a][..], &len].concat());
        }
        message.splice(..0, [0x08, 0x02]);
        // A quarter of the usual stack is enough, in debug builds, too: prost itself goes 100 deep.
        let thread = std::thread::Builder::new().stack_size(512 * 1024);
        let error = thread.spawn(move || Fields::read(&message).unwrap_err()).unwrap().join().unwrap();
        assert_eq!(error.kind(), ErrorKind::Malformed);
    }

    #[test]
    fn the_schema_has_the_worked_example() {
        let message = base64url::decode_to_vec(b"CAAqBwgKMI7rigMwlq88").unwrap();
        let id = judge::<schema::Id>(&message).unwrap();
        assert_eq!(id.number, Some(989_078));
        assert_eq!(id.parent.unwrap().number, Some(6_469_006));
    }
}
