//! The messages that IDs consist of. Google does not publish them: names are this crate's; numbers, types and presence are
//! measured on 340,375 distinct IDs.
//!
//! Every field is `optional`, because Google writes some of them when they are zero or empty (`08 00`, `d2 01 00`) and
//! the ID has to come back byte for byte. prost encodes these messages. It does not parse them outside of tests: the
//! [strict reader](super::strict) does.

use prost::Message;

use super::strict::{Strict, fields};
use crate::base64url;

/// The types that an ID or a message nested in one can have (field 1).
pub(crate) mod kind {
    pub(crate) const EDITION: u64 = 0;
    pub(crate) const REDIRECT: u64 = 1;
    pub(crate) const ARTICLE: u64 = 2;
    pub(crate) const SECTION: u64 = 4;
    pub(crate) const LINK: u64 = 5;
    pub(crate) const FAMILY: u64 = 10;
    pub(crate) const SHORT: u64 = 18;
    pub(crate) const WEB_ARTICLE: u64 = 19;
    pub(crate) const VIDEO: u64 = 32;
    pub(crate) const PICTURE: u64 = 47;

    pub(crate) const ALL: [u64; 10] =
        [EDITION, REDIRECT, ARTICLE, SECTION, LINK, FAMILY, SHORT, WEB_ARTICLE, VIDEO, PICTURE];
}

/// The message of every ID, which is also that of its parent. [`Fields`](super::Fields) is the borrowed form that is parsed.
#[derive(Clone, PartialEq, Eq, Hash, Message)]
pub(crate) struct Id {
    /// See [`kind`]. Always first, also when it is 0.
    #[prost(uint64, optional, tag = "1")]
    pub(crate) kind: Option<u64>,
    /// The encrypted URL of a redirect.
    #[prost(bytes = "vec", optional, tag = "2")]
    pub(crate) payload: Option<Vec<u8>>,
    #[prost(bytes = "vec", optional, tag = "4")]
    pub(crate) key: Option<Vec<u8>>,
    /// A message of this type: edition → family, section → edition, article → section. It is parsed on its own.
    #[prost(bytes = "vec", optional, tag = "5")]
    pub(crate) parent: Option<Vec<u8>>,
    #[prost(uint64, optional, tag = "6")]
    pub(crate) number: Option<u64>,
    /// 1 where `key` is the base64url form of an [`EditionKey`].
    #[prost(uint64, optional, tag = "10")]
    pub(crate) key_is_encoded: Option<u64>,
    /// 1 in 126 of 126 videos, nowhere else.
    #[prost(uint64, optional, tag = "19")]
    pub(crate) field_19: Option<u64>,
    #[prost(bytes = "vec", optional, tag = "26")]
    pub(crate) amp: Option<Vec<u8>>,
}

impl Id {
    pub(crate) fn new(kind: u64) -> Self {
        Id { kind: Some(kind), ..Id::default() }
    }

    pub(crate) fn with_parent(self, parent: &Id) -> Self {
        Id { parent: Some(parent.encode_to_vec()), ..self }
    }

    /// Returns the encoded ID.
    pub(crate) fn to_id(&self) -> String {
        base64url::encode(&self.encode_to_vec())
    }
}

/// The message that the key of a topic, story, site or section encodes. [`Key`](super::Key) is its parsed form.
#[derive(Clone, PartialEq, Eq, Hash, Message)]
pub(crate) struct EditionKey {
    /// 16 with a [`TopicKey`], 18 with a [`SiteKey`]; both are in field 2.
    #[prost(uint64, optional, tag = "1")]
    pub(crate) kind: Option<u64>,
    #[prost(bytes = "vec", optional, tag = "2")]
    pub(crate) body: Option<Vec<u8>>,
    /// 0 in all 1,433 known keys.
    #[prost(uint64, optional, tag = "5")]
    pub(crate) field_5: Option<u64>,
}

/// Declares messages from rows of `name: Rust type = type number`: for prost, which encodes them, and for the strict reader.
macro_rules! messages {
    ($(
        $(#[$doc:meta])*
        $message:ident { $( $(#[$field_doc:meta])* $field:ident: $type:ty = $wire:ident $number:tt, )* }
    )*) => {$(
        $(#[$doc])*
        #[derive(Clone, PartialEq, Eq, Hash, Message)]
        pub(crate) struct $message {
            $( $(#[$field_doc])* #[prost($wire, optional, tag($number))] pub(crate) $field: Option<$type>, )*
        }

        impl<'a> Strict<'a> for $message {
            fields! { $($number $wire $field,)* }

            fn encode(&self) -> Vec<u8> {
                self.encode_to_vec()
            }
        }
    )*};
}

messages! {
    TopicKey {
        knowledge_graph_id: String = string 1,
        language: String = string 2,
        region: String = string 3,
        section: SectionRef = message 4,
        name: SectionName = message 5,
    }

    SectionRef {
        /// 4 in all 6 known keys.
        field_1: u64 = uint64 1,
        subject: Entity = message 3,
    }

    Entity {
        knowledge_graph_id: String = string 1,
    }

    SectionName {
        label: Label = message 1,
        knowledge_graph_id: String = string 2,
    }

    Label {
        constant: String = string 1,
        text: String = string 2,
        /// 1 if there is a `constant`.
        field_4: u64 = uint64 4,
    }

    SiteKey {
        /// 12 in 33 of 33 publications known by their address.
        site_kind: u64 = uint64 1,
        edition: String = string 7,
        section: String = string 8,
        story: StoryKey = message 9,
        query: Query = message 11,
        site: Site = message 13,
        place_section: PlaceSection = message 14,
        place: Entity = message 15,
        covid: Covid = message 16,
    }

    StoryKey {
        cluster: Cluster = message 1,
        /// Present in 2 of 441 stories, both of 2019.
        title: String = string 2,
    }

    Cluster {
        number: u64 = uint64 1,
        hash: u64 = fixed64 2,
    }

    Query {
        words: String = string 1,
    }

    Site {
        address: String = string 1,
    }

    PlaceSection {
        knowledge_graph_id: String = string 2,
    }

    Covid {
        world: String = string 1,
        subject: String = string 2,
    }

    PictureKey {
        key: String = string 1,
        height: u64 = uint64 2,
        width: u64 = uint64 3,
        /// 10 or 1.
        field_5: u64 = uint64 5,
        /// 0 to 12 bytes.
        field_6: Vec<u8> = bytes 6,
    }
}
