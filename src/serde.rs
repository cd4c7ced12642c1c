//! Serialized forms. Each is a record whose missing values are null, as a map (JSON) or a sequence
//! (formats without field names). Unknown fields are ignored, repeated ones are errors.
//!
//! - [`Target`], each type of its variants, [`Edition`]: `kind`, `id`, `canonical_url`, `amp_url`, `token`, `url_len`. A target is
//!   read from its ID, or from its URL if it has no ID; the other fields must agree with it if they are present.
//! - [`ErrorKind`]: `kind` (its [name](ErrorKind::as_str)) and its data, `byte`, `number` or `field`.
//! - [`Error`]: the fields of its kind, `offset` and `message`. The message is for people and is ignored when an error
//!   is deserialized.
//! - [`Kind`], [`Field`]: its name.

use std::borrow::Cow;
use std::fmt;

use serde_core::de::{self, Deserialize, Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde_core::ser::{Serialize, SerializeStruct, Serializer};

use crate::decode::decode;
use crate::error::{Error, ErrorKind, Field};
use crate::target::{
    Article, Edition, KeyedArticle, Kind, OpaqueArticle, OpaqueRedirect, Picture, Publication, Redirect,
    Section, Share, Story, Target, Topic, Video,
};
use crate::url_policy::CheckedUrl;

/// Declares a record whose fields can all be null.
macro_rules! record {
    ($record:ident $name:literal { $($field:ident: $type:ty,)* }) => {
        #[derive(Default)]
        struct $record<'a> {
            $($field: Option<$type>,)*
        }

        impl $record<'_> {
            const FIELDS: &'static [&'static str] = &[$(stringify!($field)),*];
        }

        impl Serialize for $record<'_> {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                let mut record = serializer.serialize_struct($name, Self::FIELDS.len())?;
                $(record.serialize_field(stringify!($field), &self.$field)?;)*
                record.end()
            }
        }

        impl<'de> Deserialize<'de> for $record<'static> {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                struct RecordVisitor;

                impl<'de> Visitor<'de> for RecordVisitor {
                    type Value = $record<'static>;

                    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                        f.write_str(concat!("a record of ", $name))
                    }

                    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
                        $(let mut $field = None;)*
                        while let Some(name) = map.next_key::<Cow<'_, str>>()? {
                            match &*name {
                                $(
                                    stringify!($field) if $field.is_some() => {
                                        return Err(de::Error::duplicate_field(stringify!($field)));
                                    }
                                    stringify!($field) => $field = Some(map.next_value()?),
                                )*
                                _ => drop(map.next_value::<IgnoredAny>()?),
                            }
                        }
                        Ok($record { $($field: $field.flatten(),)* })
                    }

                    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Self::Value, A::Error> {
                        Ok($record { $($field: seq.next_element()?.flatten(),)* })
                    }
                }

                deserializer.deserialize_struct($name, Self::FIELDS, RecordVisitor)
            }
        }
    };
}

record! {
    TargetRecord "Target" {
        kind: Kind,
        id: Cow<'a, str>,
        canonical_url: Cow<'a, str>,
        amp_url: Cow<'a, str>,
        token: Cow<'a, str>,
        url_len: usize,
    }
}

record! {
    KindRecord "ErrorKind" {
        kind: Cow<'a, str>,
        byte: u8,
        number: u32,
        field: Field,
    }
}

record! {
    ErrorRecord "Error" {
        kind: Cow<'a, str>,
        byte: u8,
        number: u32,
        field: Field,
        offset: usize,
        message: Cow<'a, str>,
    }
}

impl Serialize for Kind {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}

impl<'de> Deserialize<'de> for Kind {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let name = Cow::<str>::deserialize(deserializer)?;
        name.parse().map_err(|_| de::Error::unknown_variant(&name, Kind::NAMES))
    }
}

impl Serialize for Field {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}

impl<'de> Deserialize<'de> for Field {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let name = Cow::<str>::deserialize(deserializer)?;
        let field = Field::ALL.iter().copied().find(|field| field.as_str() == name);
        field.ok_or_else(|| de::Error::unknown_variant(&name, Field::NAMES))
    }
}

impl Serialize for Target<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let record = TargetRecord {
            kind: Some(self.kind()),
            id: self.to_id().map(Cow::Owned),
            canonical_url: self.canonical_url().map(Cow::Borrowed),
            amp_url: self.amp_url().map(Cow::Borrowed),
            token: self.token().map(Cow::Borrowed),
            url_len: self.url_len(),
        };
        record.serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for Target<'static> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        TargetRecord::deserialize(deserializer)?.into_target()
    }
}

impl TargetRecord<'static> {
    fn into_target<E: de::Error>(self) -> Result<Target<'static>, E> {
        let url = self.canonical_url.as_deref().map(|url| CheckedUrl::check(url.as_bytes()));
        let url = url.transpose().map_err(E::custom)?.map(CheckedUrl::into_owned);
        let target = match &self.id {
            Some(id) => {
                let mut target = decode(id.as_bytes()).map_err(E::custom)?;
                // The ID does not contain the URL of a keyed article.
                if let Target::KeyedArticle(article) = &mut target {
                    article.set_canonical_url(url);
                }
                target
            }
            None => Redirect::new(url.ok_or(E::missing_field("id"))?).map_err(E::custom)?.into(),
        };
        let agrees = |field: &Option<Cow<'_, str>>, value| field.is_none() || field.as_deref() == value;
        if self.kind.is_some_and(|kind| kind != target.kind()) {
            return Err(E::custom("kind does not match the ID"));
        }
        if self.id.as_deref() != target.to_id().as_deref() {
            return Err(E::custom("expected an ID, found a link"));
        }
        if !agrees(&self.canonical_url, target.canonical_url())
            || !agrees(&self.amp_url, target.amp_url())
            || !agrees(&self.token, target.token())
            || (self.url_len.is_some() && self.url_len != target.url_len())
        {
            return Err(E::custom("URL, token or length does not match the ID"));
        }
        Ok(target)
    }
}

/// Implements `Serialize` and `Deserialize` with the record of a [`Target`].
macro_rules! serialize_as_target {
    ($($name:ident)*; $($borrowing:ident)*) => {
        $( serialize_as_target!(@ $name, $name); )*
        $( serialize_as_target!(@ $borrowing<'_>, $borrowing<'static>); )*
    };
    (@ $any:ty, $owned:ty) => {
        impl Serialize for $any {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                Target::from(self.clone()).serialize(serializer)
            }
        }

        impl<'de> Deserialize<'de> for $owned {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                Target::deserialize(deserializer)?.try_into().map_err(de::Error::custom)
            }
        }
    };
}

serialize_as_target! {
    Video Topic Story Share Picture;
    Article OpaqueArticle KeyedArticle Publication Section Edition Redirect OpaqueRedirect
}

impl Serialize for ErrorKind {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        KindRecord::from(*self).serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for ErrorKind {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        KindRecord::deserialize(deserializer)?.to_kind()
    }
}

impl Serialize for Error {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let KindRecord { kind, byte, number, field } = KindRecord::from(self.kind());
        let message = Some(self.to_string().into());
        ErrorRecord { kind, byte, number, field, offset: self.offset(), message }.serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for Error {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let ErrorRecord { kind, byte, number, field, offset, .. } = ErrorRecord::deserialize(deserializer)?;
        let kind = KindRecord { kind, byte, number, field }.to_kind()?;
        let error = offset.map_or(Error::new(kind), |offset| Error::at(kind, offset));
        if error.offset() == offset { Ok(error) } else { Err(de::Error::custom("offset is too large")) }
    }
}

/// Declares which field of the record has the data of a kind, with an example. The compiler refuses a kind that is missing here.
macro_rules! kind_records {
    (without data: $($plain:ident)*; $($field:ident = $example:expr => $($kind:ident)*;)*) => {
        impl From<ErrorKind> for KindRecord<'_> {
            fn from(kind: ErrorKind) -> Self {
                let record = KindRecord { kind: Some(kind.as_str().into()), ..KindRecord::default() };
                match kind {
                    $( ErrorKind::$plain => record, )*
                    $($( ErrorKind::$kind($field) => KindRecord { $field: Some($field), ..record }, )*)*
                }
            }
        }

        impl KindRecord<'_> {
            const NAMES: &'static [&'static str] = &[
                $( ErrorKind::$plain.as_str(), )*
                $($( ErrorKind::$kind($example).as_str(), )*)*
            ];

            fn to_kind<E: de::Error>(&self) -> Result<ErrorKind, E> {
                let name = self.kind.as_deref().ok_or(E::missing_field("kind"))?;
                $(
                    if name == ErrorKind::$plain.as_str() {
                        return Ok(ErrorKind::$plain);
                    }
                )*
                $($(
                    if name == ErrorKind::$kind($example).as_str() {
                        return self.$field.map(ErrorKind::$kind).ok_or(E::missing_field(stringify!($field)));
                    }
                )*)*
                Err(E::unknown_variant(name, Self::NAMES))
            }
        }
    };
}

kind_records! {
    without data: NotGoogleNews NoId TooLong TrailingBits Truncated Malformed UnreadableKey InvalidUtf8 NotHttpUrl GoogleUrl;
    byte = 0 => InvalidByte InvalidUrlByte;
    number = 0 => InvalidLength UnknownType;
    field = Field::Key => MissingField InvalidField;
}
