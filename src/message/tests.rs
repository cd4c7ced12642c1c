//! Compares the strict reader with prost: a message must be accepted if and only if prost parses it and encodes it again byte for
//! byte, apart from unknown fields, and errors must be at the first byte at which the two encodings differ.

use prost::Message;
use quickcheck::{Arbitrary, Gen, QuickCheck, Testable};

use super::schema::*;
use super::strict::{Parsed, Strict, parse};
use super::{Fields, Key, KeyBody, Slice};
use crate::base64url;
use crate::error::{Error, ErrorKind};
use crate::printable::is_plain;

/// Returns the error of the wire format in a message, by the rules of `wire`.
fn wire_error(message: &[u8]) -> Option<Error> {
    let mut rest = message;
    while !rest.is_empty() {
        let at = message.len() - rest.len();
        let truncated = Some(Error::at(ErrorKind::Truncated, message.len() - 1));
        let malformed = Some(Error::at(ErrorKind::Malformed, at));
        let varint = |rest: &mut &[u8]| {
            let left = rest.len();
            prost::encoding::decode_varint(rest).map_err(|_| if left < 10 { truncated } else { malformed })
        };
        let tag = match varint(&mut rest) {
            Ok(tag) if tag >> 3 == 0 => return malformed,
            Ok(tag) => tag,
            Err(error) => return error,
        };
        let len = match tag & 7 {
            0 | 2 => match varint(&mut rest) {
                Ok(_) if tag & 7 == 0 => continue,
                Ok(len) => len,
                Err(error) => return error,
            },
            1 => 8,
            5 => 4,
            _ => return malformed,
        };
        let len = usize::try_from(len).unwrap();
        let Some((_, after)) = rest.split_at_checked(len) else { return truncated };
        rest = after;
    }
    None
}

/// Parses a message by prost, and finds its error by comparing the two encodings.
fn parse_by_prost<M: Message + Default>(message: &[u8]) -> Result<Parsed<M>, Error> {
    if let Some(error) = wire_error(message) {
        return Err(error);
    }
    let parsed = M::decode(message).map_err(|_| Error::at(ErrorKind::Malformed, 0))?;
    let encoded = parsed.encode_to_vec();
    let has_unknown_fields = encoded != message;
    if !has_unknown_fields || is_extension(&encoded, message) {
        return Ok(Parsed { message: parsed, has_unknown_fields });
    }
    let equal = encoded.iter().zip(message).take_while(|(encoded, found)| encoded == found).count();
    Err(Error::at(ErrorKind::Malformed, equal))
}

/// A field's tag and what follows it, without a length.
type RawField<'a> = (u64, &'a [u8]);

/// Returns the fields of a message, or `None` if there is an over-long varint.
fn split_fields(mut rest: &[u8]) -> Option<Vec<RawField<'_>>> {
    let shortest = |rest: &mut &[u8]| {
        let before = rest.len();
        let value = prost::encoding::decode_varint(rest).ok()?;
        (before - rest.len() == prost::encoding::encoded_len_varint(value)).then_some(value)
    };
    let mut fields = Vec::new();
    while !rest.is_empty() {
        let tag = shortest(&mut rest)?;
        let len = match tag & 7 {
            0 => {
                let before = rest;
                shortest(&mut rest)?;
                fields.push((tag, &before[..before.len() - rest.len()]));
                continue;
            }
            1 => 8,
            2 => shortest(&mut rest)? as usize,
            5 => 4,
            _ => return None,
        };
        let (field, after) = rest.split_at_checked(len)?;
        fields.push((tag, field));
        rest = after;
    }
    Some(fields)
}

/// Returns `true` if `message` consists of the fields of `known` in the same order, and of other fields after them in ascending order,
/// also in the messages nested in it.
fn is_extension(known: &[u8], message: &[u8]) -> bool {
    let (Some(known), Some(fields)) = (split_fields(known), split_fields(message)) else { return false };
    let Some((same, more)) = fields.split_at_checked(known.len()) else { return false };
    let is_same = |((a, known), (b, field)): (&RawField<'_>, &RawField<'_>)| {
        a == b && (known == field || (a & 7 == 2 && is_extension(known, field)))
    };
    let numbers = || known.last().into_iter().chain(more).map(|(tag, _)| tag >> 3);
    known.iter().zip(same).all(is_same)
        && numbers().zip(numbers().skip(1)).all(|(a, b)| a < b)
        && numbers().all(|number| number < 1 << 29)
}

/// Returns `true` if a field occurs twice in a message, or in bytes in it that may be a message: prost merges repeated messages, but
/// for all other types keeps only the last value.
fn is_mergeable(message: &[u8]) -> bool {
    let mut rest = message;
    let mut tags = Vec::new();
    while let Ok(tag) = prost::encoding::decode_varint(&mut rest) {
        let len = match tag & 7 {
            0 if prost::encoding::decode_varint(&mut rest).is_ok() => 0,
            1 => 8,
            2 => prost::encoding::decode_varint(&mut rest).map_or(usize::MAX, |len| len as usize),
            5 => 4,
            _ => return true,
        };
        let Some((field, after)) = rest.split_at_checked(len) else { return true };
        if tags.contains(&(tag >> 3)) || (tag & 7 == 2 && tag >> 3 != 2 && is_mergeable_inside(field)) {
            return true;
        }
        tags.push(tag >> 3);
        rest = after;
    }
    !rest.is_empty()
}

fn is_mergeable_inside(field: &[u8]) -> bool {
    match wire_error(field) {
        None => is_mergeable(field),
        Some(_) => is_skipped_by_prost(field),
    }
}

/// Returns `true` for a message with a group, which the strict reader rejects and prost skips.
fn is_skipped_by_prost(message: &[u8]) -> bool {
    <()>::decode(message).is_ok()
}

#[track_caller]
fn expect_same_error(error: Error, expected: Error, message: &[u8]) {
    assert_eq!(error.kind(), expected.kind(), "{message:02x?}");
    if !is_mergeable(message) {
        assert_eq!(error, expected, "{message:02x?}");
    }
}

fn parse_id(message: &[u8]) -> Result<Fields<'_>, Error> {
    let mut fields = Fields::default();
    fields.parse(message).map(|()| fields)
}

fn parse_parent<'a>(fields: &Fields<'a>) -> Result<Fields<'a>, Error> {
    let mut parent = Fields::default();
    fields.parse_parent(&mut parent).map(|()| parent)
}

fn check_id(message: &[u8]) {
    let expected = match message.first() {
        Some(0x08) => parse_by_prost::<Id>(message),
        _ => Err(Error::at(ErrorKind::Malformed, 0)),
    };
    expect_same_id(parse_id(message), expected, message);
}

fn expect_same_id(found: Result<Fields<'_>, Error>, expected: Result<Parsed<Id>, Error>, message: &[u8]) {
    match (found, expected) {
        (Ok(fields), Ok(id)) => {
            assert_eq!(fields.has_unknown_fields, id.has_unknown_fields, "{message:02x?}");
            expect_same_fields(&fields, &id.message);
        }
        (Err(error), Err(expected)) => expect_same_error(error, expected, message),
        (found, expected) => panic!("{found:?}, but prost {expected:?}: {message:02x?}"),
    }
}

fn expect_same_fields(fields: &Fields<'_>, id: &Id) {
    assert_eq!(fields.kind, id.kind);
    assert_eq!(fields.payload.map(|payload| payload.bytes), id.payload.as_deref());
    assert_eq!(fields.key.map(|key| key.bytes), id.key.as_deref());
    assert_eq!(fields.number, id.number);
    assert_eq!(fields.key_is_encoded, id.key_is_encoded);
    assert_eq!(fields.field_19, id.field_19);
    assert_eq!(fields.amp.map(|amp| amp.bytes), id.amp.as_deref());
    match (parse_parent(fields), &id.parent) {
        (found, Some(parent)) => {
            // Its offsets are those of the whole message.
            let start = fields.parent.unwrap().start;
            let expected = parse_by_prost::<Id>(parent);
            let expected = expected.map_err(|error| error.map_offset(|offset| start + offset));
            expect_same_id(found, expected, parent);
        }
        (Err(error), None) => assert_eq!(error.kind(), ErrorKind::MissingField(crate::Field::Edition)),
        (fields, None) => panic!("{fields:?}, but there is no parent"),
    }
}

/// Checks a message that a key encodes. If its strings are not printable, the strict reader must report that, and only if there is no
/// other error.
fn check_message<M: for<'a> Strict<'a> + Message + PartialEq + std::fmt::Debug>(message: &[u8]) {
    match (parse::<M>(Slice::whole(message)), parse_by_prost::<M>(message)) {
        (Ok(found), Ok(expected)) => assert_eq!(found, expected),
        (Err(error), Ok(expected)) => {
            assert_eq!((error.kind(), error.offset()), (ErrorKind::InvalidField(crate::Field::Key), None));
            assert!(!is_plain(&String::from_utf8_lossy(&expected.message.encode_to_vec())), "{message:02x?}");
        }
        (Err(error), Err(expected)) => expect_same_error(error, expected, message),
        (found, expected) => panic!("{found:?}, but prost {expected:?}: {message:02x?}"),
    }
}

/// Calls `generate` in half of the cases.
fn maybe<T>(g: &mut Gen, generate: impl FnOnce(&mut Gen) -> T) -> Option<T> {
    bool::arbitrary(g).then(|| generate(g))
}

fn below(g: &mut Gen, limit: usize) -> usize {
    usize::arbitrary(g) % limit
}

/// Returns printable ASCII, any characters, or ASCII with a length of one or two bytes.
fn text(g: &mut Gen) -> Option<String> {
    maybe(g, |g| match below(g, 6) {
        0 => (0..below(g, 5)).map(|_| char::arbitrary(g)).collect(),
        1 => "a".repeat(120 + below(g, 11)),
        _ => (0..below(g, 13)).map(|_| char::from(b' ' + below(g, 95) as u8)).collect(),
    })
}

/// Defines a type of random messages. They are not shrunk, because the bytes in the assertion show the fault.
macro_rules! random_message {
    ($name:ident, $message:ty, $generate:expr) => {
        #[derive(Clone, Debug)]
        struct $name($message);

        impl Arbitrary for $name {
            fn arbitrary(g: &mut Gen) -> Self {
                let generate: fn(&mut Gen) -> $message = $generate;
                $name(generate(g))
            }
        }
    };
}

random_message!(AnyId, Id, |g| {
    let mut id: Option<Id> = None;
    for _ in 0..1 + below(g, 5) {
        id = Some(Id {
            // Missing in one of ten.
            kind: (below(g, 10) > 0).then(|| below(g, 50) as u64),
            payload: maybe(g, Vec::arbitrary),
            key: Option::arbitrary(g),
            parent: id.map(|id| id.encode_to_vec()),
            number: Option::arbitrary(g),
            key_is_encoded: Option::arbitrary(g),
            field_19: Option::arbitrary(g),
            amp: Option::arbitrary(g),
        });
    }
    id.unwrap_or_default()
});

random_message!(AnyTopicKey, TopicKey, |g| TopicKey {
    knowledge_graph_id: text(g),
    language: text(g),
    region: text(g),
    section: maybe(g, |g| SectionRef {
        field_1: Option::arbitrary(g),
        subject: maybe(g, |g| Entity { knowledge_graph_id: text(g) }),
    }),
    name: maybe(g, |g| SectionName {
        label: maybe(g, |g| Label { constant: text(g), text: text(g), field_4: Option::arbitrary(g) }),
        knowledge_graph_id: text(g),
    }),
});

random_message!(AnySiteKey, SiteKey, |g| {
    let cluster = |g: &mut Gen| Cluster { number: Option::arbitrary(g), hash: Option::arbitrary(g) };
    SiteKey {
        site_kind: Option::arbitrary(g),
        edition: text(g),
        section: text(g),
        story: maybe(g, |g| StoryKey { cluster: maybe(g, cluster), title: text(g) }),
        query: maybe(g, |g| Query { words: text(g) }),
        site: maybe(g, |g| Site { address: text(g) }),
        place_section: maybe(g, |g| PlaceSection { knowledge_graph_id: text(g) }),
        place: maybe(g, |g| Entity { knowledge_graph_id: text(g) }),
        covid: maybe(g, |g| Covid { world: text(g), subject: text(g) }),
    }
});

random_message!(AnyPictureKey, PictureKey, |g| PictureKey {
    key: text(g),
    height: Option::arbitrary(g),
    width: Option::arbitrary(g),
    field_5: Option::arbitrary(g),
    field_6: Option::arbitrary(g),
});

/// Returns a message, whole and damaged: cut, or with one byte more, less or changed.
fn damaged(message: Vec<u8>, at: usize, byte: u8) -> Vec<Vec<u8>> {
    let mut all = vec![message];
    if !all[0].is_empty() {
        let at = at % all[0].len();
        let (before, after) = all[0].split_at(at);
        let damaged = [
            before.to_vec(),
            [before, &[byte], after].concat(),
            [before, &after[1..]].concat(),
            [before, &[byte], &after[1..]].concat(),
        ];
        all.extend(damaged);
    }
    all
}

fn check_1024(property: impl Testable) {
    QuickCheck::new().tests(1024).quickcheck(property);
}

#[test]
fn any_bytes_are_parsed_as_by_prost() {
    fn property(message: Vec<u8>, kind: u8) {
        check_id(&message);
        check_id(&[&[0x08, kind & 0x7f], &message[..]].concat());
        check_message::<TopicKey>(&message);
        check_message::<SiteKey>(&message);
    }
    check_1024(property as fn(_, _));
}

#[test]
fn ids_are_parsed_as_by_prost() {
    fn property(AnyId(id): AnyId, at: usize, byte: u8) {
        damaged(id.encode_to_vec(), at, byte).iter().for_each(|message| check_id(message));
    }
    check_1024(property as fn(_, _, _));
}

#[test]
fn topic_keys_are_parsed_as_by_prost() {
    fn property(AnyTopicKey(key): AnyTopicKey, at: usize, byte: u8) {
        damaged(key.encode_to_vec(), at, byte).iter().for_each(|message| check_message::<TopicKey>(message));
    }
    check_1024(property as fn(_, _, _));
}

#[test]
fn site_keys_are_parsed_as_by_prost() {
    fn property(AnySiteKey(key): AnySiteKey, at: usize, byte: u8) {
        damaged(key.encode_to_vec(), at, byte).iter().for_each(|message| check_message::<SiteKey>(message));
    }
    check_1024(property as fn(_, _, _));
}

#[test]
fn picture_keys_are_parsed_as_by_prost() {
    fn property(AnyPictureKey(key): AnyPictureKey, at: usize, byte: u8) {
        damaged(key.encode_to_vec(), at, byte)
            .iter()
            .for_each(|message| check_message::<PictureKey>(message));
    }
    check_1024(property as fn(_, _, _));
}

/// Checks the key of an edition: a message that contains another one, which is declared as bytes.
fn check_key(key: Key, at: usize, byte: u8) {
    let encoded = key.add_to(Id::default()).key.unwrap();
    for message in damaged(base64url::decode_to_vec(&encoded).unwrap(), at, byte) {
        let expected = parse_by_prost::<EditionKey>(&message);
        match (KeyBody::of(&message).and_then(|body| body.parse()), expected) {
            (Ok(key), _) => {
                let encoded = key.message.add_to(Id::default()).key.unwrap();
                let encoded = base64url::decode_to_vec(&encoded).unwrap();
                match key.has_unknown_fields {
                    true => assert!(is_extension(&encoded, &message), "{message:02x?}"),
                    false => assert_eq!(encoded, message),
                }
            }
            (Err(error), Err(expected)) => expect_same_error(error, expected, &message),
            // The error is in the body, or the key is of another kind.
            (Err(_), Ok(Parsed { message: EditionKey { kind, body, field_5 }, .. })) => {
                let body = body.unwrap_or_default();
                let is_sound = match kind {
                    Some(16) => parse::<TopicKey>(Slice::whole(&body)).is_ok(),
                    Some(18) => parse::<SiteKey>(Slice::whole(&body)).is_ok(),
                    _ => false,
                };
                assert!(!is_sound || field_5 != Some(0) || body.is_empty());
            }
        }
    }
}

#[test]
fn encoded_keys_are_parsed_as_by_prost() {
    fn property(AnyTopicKey(topic): AnyTopicKey, AnySiteKey(site): AnySiteKey, at: usize, byte: u8) {
        check_key(Key::from(topic), at, byte);
        check_key(Key::from(site), at, byte);
    }
    check_1024(property as fn(_, _, _, _));
}

#[test]
fn errors_are_at_their_offsets() {
    use ErrorKind::{Malformed, Truncated};
    for (what, message, kind, offset) in [
        ("nothing", &b""[..], Malformed, 0),
        ("no type", b"\x22\x01a", Malformed, 0),
        ("type after the key", b"\x22\x01a\x08\x13", Malformed, 0),
        ("field twice", b"\x08\x13\x22\x01a\x22\x01b", Malformed, 4),
        ("known field after an unknown one", b"\x08\x13\x1a\x01a\x22\x01a", Malformed, 2),
        ("unknown field twice", b"\x08\x13\x22\x01a\xd8\x01\x01\xd8\x01\x02", Malformed, 5),
        ("unknown fields in disorder", b"\x08\x13\x22\x01a\xe0\x01\x01\xd8\x01\x02", Malformed, 5),
        ("unknown field with an over-long number", b"\x08\x13\x22\x01a\xd8\x01\x81\x00", Malformed, 5),
        ("unknown field of 30 bits", b"\x08\x13\xfa\xff\xff\xff\x1f\x00", Malformed, 0),
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
        ("cut after an unknown field", b"\x08\x13\x18\x01\x22\x05ab", Truncated, 7),
        ("key as an over-long number", b"\x08\x6e\x20\xd6\xfb\x00", Malformed, 0),
        ("field of 30 bits", b"\x08\x13\x80\x80\x80\x80\x10\x01", Malformed, 0),
    ] {
        let error = parse_id(message).unwrap_err();
        assert_eq!((error.kind(), error.offset()), (kind, Some(offset)), "{what}");
        check_id(message);
    }
}

#[test]
fn unknown_fields_after_the_known_ones_are_accepted() {
    for (what, message) in [
        ("between two numbers", &b"\x08\x13\x1a\x01a"[..]),
        ("after the last number", b"\x08\x13\x22\x01a\xd8\x01\x01"),
        ("two", b"\x08\x13\x22\x01a\xd8\x01\x01\xe2\x01\x00"),
        ("of eight bytes", b"\x08\x13\x22\x01a\xd9\x0112345678"),
    ] {
        let fields = parse_id(message).unwrap_or_else(|error| panic!("{what}: {error}"));
        assert!(fields.has_unknown_fields, "{what}");
        check_id(message);
    }
    assert!(!parse_id(b"\x08\x13\x22\x01a").unwrap().has_unknown_fields);
}

#[test]
fn unknown_fields_are_accepted_as_by_prost() {
    fn property(AnyId(id): AnyId, AnyTopicKey(topic): AnyTopicKey, AnySiteKey(site): AnySiteKey, number: u8) {
        // Of each wire type; nested in a parent; and out of order, for numbers that are known or too small.
        for field in [&[0, 5][..], &[1, 1, 2, 3, 4, 5, 6, 7, 8], &[2, 2, 8, 1], &[5, 1, 2, 3, 4]] {
            let mut tag = Vec::new();
            prost::encoding::encode_varint(u64::from(number) << 3 | u64::from(field[0]), &mut tag);
            let field = [&tag, &field[1..]].concat();
            let extended = |message: Vec<u8>| [message, field.clone()].concat();
            let message = extended(id.encode_to_vec());
            check_id(&message);
            if let Ok(len @ ..128) = u8::try_from(message.len()) {
                check_id(&[&[8, 2, 0x2a, len][..], &message].concat());
            }
            check_message::<TopicKey>(&extended(topic.encode_to_vec()));
            check_message::<SiteKey>(&extended(site.encode_to_vec()));
        }
    }
    check_1024(property as fn(_, _, _, _));
}

#[test]
fn a_group_in_a_nested_message_is_malformed() {
    // The name has field 10 as a number, and field 15 in a group of field 8.
    let message = b"\x2a\x09\x50\x71\x43\x7d\x32Sw!\x44";
    let error = parse::<TopicKey>(Slice::whole(message)).unwrap_err();
    assert_eq!((error.kind(), error.offset()), (ErrorKind::Malformed, Some(0)));
    check_message::<TopicKey>(message);
}

#[test]
fn errors_of_a_parent_have_the_offsets_of_the_whole() {
    for (what, message, kind, offset) in [
        ("cut in the parent", &b"\x08\x02\x2a\x04\x08\x04\x22\x09"[..], ErrorKind::Truncated, 7),
        ("field twice", b"\x08\x02\x2a\x06\x08\x04\x30\x01\x30\x02", ErrorKind::Malformed, 7),
        ("key as a number", b"\x08\x02\x2a\x04\x08\x04\x20\x05", ErrorKind::Malformed, 4),
    ] {
        let error = parse_parent(&parse_id(message).unwrap()).unwrap_err();
        assert_eq!((error.kind(), error.offset()), (kind, Some(offset)), "{what}");
        check_id(message);
    }
}

#[test]
fn messages_nested_without_end_take_constant_memory() {
    let mut message = Vec::new();
    while message.len() < 45_000 {
        let mut len = Vec::new();
        prost::encoding::encode_varint(message.len() as u64, &mut len);
        message.splice(..0, [&[8, 0, 0x2a][..], &len].concat());
    }
    // A quarter of the usual stack is enough, also in debug builds.
    let thread = std::thread::Builder::new().stack_size(512 * 1024);
    let error =
        thread.spawn(move || crate::Target::from_message(&message).unwrap_err()).unwrap().join().unwrap();
    assert_eq!(error.kind(), ErrorKind::InvalidField(crate::Field::Edition));
}

#[test]
fn a_string_that_is_not_printable_is_an_error_of_the_key() {
    for (body, is_ok) in
        [(&b"\x0a\x01a"[..], true), (b"\x0a\x01\x07", false), ("\x0a\x03\u{202e}".as_bytes(), false)]
    {
        assert_eq!(parse::<TopicKey>(Slice::whole(body)).is_ok(), is_ok, "{body:02x?}");
    }
}

#[test]
fn the_schema_has_the_worked_example() {
    let message = base64url::decode_to_vec(b"CAAqBwgKMI7rigMwlq88").unwrap();
    let id = Id::decode(&message[..]).unwrap();
    assert_eq!(id.number, Some(989_078));
    let family = Id::decode(&id.parent.unwrap()[..]).unwrap();
    assert_eq!(family.number, Some(6_469_006));
}
