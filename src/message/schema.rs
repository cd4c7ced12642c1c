//! The messages behind an ID, as prost structs. Nothing here is published by Google: names are this
//! crate's, numbers and presence are measured on 340,375 distinct IDs.
//!
//! Every field is `optional`, because Google writes some of them when they are zero or empty (`08 00`,
//! `d2 01 00`) and the text has to come back byte for byte.

use prost::Message;

use crate::base64url;

/// The one message of all IDs; it nests in itself.
#[derive(Clone, PartialEq, Eq, Hash, Message)]
pub(crate) struct Id {
    /// See [`super::kind`]. Always first, also when it is 0.
    #[prost(uint64, optional, tag = "1")]
    pub(crate) kind: Option<u64>,
    #[prost(bytes = "vec", optional, tag = "4")]
    pub(crate) key: Option<Vec<u8>>,
    /// Edition → family, section → edition, article → section.
    #[prost(message, optional, boxed, tag = "5")]
    pub(crate) parent: Option<Box<Id>>,
    #[prost(uint64, optional, tag = "6")]
    pub(crate) number: Option<u64>,
    /// 1 where `key` is the base64url text of an [`EditionKey`].
    #[prost(uint64, optional, tag = "10")]
    pub(crate) key_is_encoded: Option<u64>,
    /// 1 in each of 126 videos, nowhere else.
    #[prost(uint64, optional, tag = "19")]
    pub(crate) field_19: Option<u64>,
    #[prost(bytes = "vec", optional, tag = "26")]
    pub(crate) amp: Option<Vec<u8>>,
}

impl Id {
    /// The text of the ID.
    pub(crate) fn to_id(&self) -> String {
        base64url::encode(&self.encode_to_vec())
    }
}

/// What the key of a topic, a story, a site or a section encodes.
#[derive(Clone, PartialEq, Eq, Hash, Message)]
pub(crate) struct EditionKey {
    /// 16 with a [`TopicKey`], 18 with a [`SiteKey`]; both sit in field 2.
    #[prost(uint64, optional, tag = "1")]
    pub(crate) kind: Option<u64>,
    #[prost(bytes = "vec", optional, tag = "2")]
    pub(crate) body: Option<Vec<u8>>,
    /// 0 in 1,433 of 1,433.
    #[prost(uint64, optional, tag = "5")]
    pub(crate) field_5: Option<u64>,
}

#[derive(Clone, PartialEq, Eq, Hash, Message)]
pub(crate) struct TopicKey {
    #[prost(string, optional, tag = "1")]
    pub(crate) mid: Option<String>,
    #[prost(string, optional, tag = "2")]
    pub(crate) language: Option<String>,
    #[prost(string, optional, tag = "3")]
    pub(crate) region: Option<String>,
    #[prost(message, optional, tag = "4")]
    pub(crate) section: Option<SectionRef>,
    #[prost(message, optional, tag = "5")]
    pub(crate) name: Option<SectionName>,
}

#[derive(Clone, PartialEq, Eq, Hash, Message)]
pub(crate) struct SectionRef {
    /// 4 in 6 of 6.
    #[prost(uint64, optional, tag = "1")]
    pub(crate) field_1: Option<u64>,
    #[prost(message, optional, tag = "3")]
    pub(crate) subject: Option<Mid>,
}

#[derive(Clone, PartialEq, Eq, Hash, Message)]
pub(crate) struct Mid {
    #[prost(string, optional, tag = "1")]
    pub(crate) mid: Option<String>,
}

#[derive(Clone, PartialEq, Eq, Hash, Message)]
pub(crate) struct SectionName {
    #[prost(message, optional, tag = "1")]
    pub(crate) label: Option<Label>,
    #[prost(string, optional, tag = "2")]
    pub(crate) mid: Option<String>,
}

#[derive(Clone, PartialEq, Eq, Hash, Message)]
pub(crate) struct Label {
    #[prost(string, optional, tag = "1")]
    pub(crate) constant: Option<String>,
    #[prost(string, optional, tag = "2")]
    pub(crate) text: Option<String>,
    /// 1 beside a constant.
    #[prost(uint64, optional, tag = "4")]
    pub(crate) field_4: Option<u64>,
}

#[derive(Clone, PartialEq, Eq, Hash, Message)]
pub(crate) struct SiteKey {
    /// 12 in 33 of 33 publications known by their address.
    #[prost(uint64, optional, tag = "1")]
    pub(crate) site_kind: Option<u64>,
    #[prost(string, optional, tag = "7")]
    pub(crate) edition: Option<String>,
    #[prost(string, optional, tag = "8")]
    pub(crate) section: Option<String>,
    #[prost(message, optional, tag = "9")]
    pub(crate) story: Option<StoryKey>,
    #[prost(message, optional, tag = "11")]
    pub(crate) query: Option<Query>,
    #[prost(message, optional, tag = "13")]
    pub(crate) site: Option<Site>,
    #[prost(message, optional, tag = "14")]
    pub(crate) place_section: Option<PlaceSection>,
    #[prost(message, optional, tag = "15")]
    pub(crate) place: Option<Mid>,
    #[prost(message, optional, tag = "16")]
    pub(crate) covid: Option<Covid>,
}

#[derive(Clone, PartialEq, Eq, Hash, Message)]
pub(crate) struct StoryKey {
    #[prost(message, optional, tag = "1")]
    pub(crate) cluster: Option<Cluster>,
    /// 2 of 441, both of 2019.
    #[prost(string, optional, tag = "2")]
    pub(crate) title: Option<String>,
}

#[derive(Clone, Copy, PartialEq, Eq, Hash, Message)]
pub(crate) struct Cluster {
    #[prost(uint64, optional, tag = "1")]
    pub(crate) number: Option<u64>,
    #[prost(fixed64, optional, tag = "2")]
    pub(crate) hash: Option<u64>,
}

#[derive(Clone, PartialEq, Eq, Hash, Message)]
pub(crate) struct Query {
    #[prost(string, optional, tag = "1")]
    pub(crate) text: Option<String>,
}

#[derive(Clone, PartialEq, Eq, Hash, Message)]
pub(crate) struct Site {
    #[prost(string, optional, tag = "1")]
    pub(crate) address: Option<String>,
}

#[derive(Clone, PartialEq, Eq, Hash, Message)]
pub(crate) struct PlaceSection {
    #[prost(string, optional, tag = "2")]
    pub(crate) mid: Option<String>,
}

#[derive(Clone, PartialEq, Eq, Hash, Message)]
pub(crate) struct Covid {
    #[prost(string, optional, tag = "1")]
    pub(crate) world: Option<String>,
    #[prost(string, optional, tag = "2")]
    pub(crate) subject: Option<String>,
}

#[derive(Clone, PartialEq, Eq, Hash, Message)]
pub(crate) struct PictureKey {
    #[prost(string, optional, tag = "1")]
    pub(crate) key: Option<String>,
    #[prost(uint64, optional, tag = "2")]
    pub(crate) height: Option<u64>,
    #[prost(uint64, optional, tag = "3")]
    pub(crate) width: Option<u64>,
    /// 10 or 1.
    #[prost(uint64, optional, tag = "5")]
    pub(crate) field_5: Option<u64>,
    /// 0 to 12 bytes.
    #[prost(bytes = "vec", optional, tag = "6")]
    pub(crate) field_6: Option<Vec<u8>>,
}
