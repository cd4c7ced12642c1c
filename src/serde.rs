//! A target as five fields, all texts, absent ones null: `kind`, `id`, `canonical_url`, `amp_url`, `token`.
//!
//! It is read back from its ID, or from its URL where it has no ID; what the other fields say must agree.

use std::borrow::Cow;
use std::fmt;

use serde_core::de::{Deserialize, Deserializer, Error, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde_core::ser::{Serialize, SerializeStruct, Serializer};

use crate::decode::decode;
use crate::target::article::Redirect;
use crate::target::{Kind, Target};
use crate::url_policy::check_url;

/// As its name: `"opaque-article"`.
impl Serialize for Kind {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}

impl<'de> Deserialize<'de> for Kind {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_str(KindVisitor)
    }
}

struct KindVisitor;

impl Visitor<'_> for KindVisitor {
    type Value = Kind;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the name of a kind of target")
    }

    fn visit_str<E: Error>(self, name: &str) -> Result<Kind, E> {
        name.parse().map_err(E::custom)
    }
}

const FIELDS: &[&str] = &["kind", "id", "canonical_url", "amp_url", "token"];

impl Serialize for Target<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut fields = serializer.serialize_struct("Target", FIELDS.len())?;
        fields.serialize_field("kind", &self.kind())?;
        fields.serialize_field("id", &self.to_id())?;
        fields.serialize_field("canonical_url", &self.canonical_url())?;
        fields.serialize_field("amp_url", &self.amp_url())?;
        fields.serialize_field("token", &self.token())?;
        fields.end()
    }
}

impl<'de> Deserialize<'de> for Target<'static> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_struct("Target", FIELDS, TargetVisitor)
    }
}

struct TargetVisitor;

impl<'de> Visitor<'de> for TargetVisitor {
    type Value = Target<'static>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the target of a link")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        let mut record = Record::default();
        while let Some(name) = map.next_key::<String>()? {
            match name.as_str() {
                "kind" => record.kind = map.next_value()?,
                "id" => record.id = map.next_value()?,
                "canonical_url" => record.canonical_url = map.next_value()?,
                "amp_url" => record.amp_url = map.next_value()?,
                "token" => record.token = map.next_value()?,
                _ => drop(map.next_value::<IgnoredAny>()?),
            }
        }
        record.into_target()
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Self::Value, A::Error> {
        let kind = seq.next_element()?;
        let mut text = || seq.next_element::<Option<String>>().map(Option::flatten);
        Record { kind, id: text()?, canonical_url: text()?, amp_url: text()?, token: text()? }.into_target()
    }
}

#[derive(Default)]
struct Record {
    kind: Option<Kind>,
    id: Option<String>,
    canonical_url: Option<String>,
    amp_url: Option<String>,
    token: Option<String>,
}

impl Record {
    fn into_target<E: Error>(self) -> Result<Target<'static>, E> {
        let url = self.canonical_url.clone();
        if let Some(url) = &url {
            check_url(url.as_bytes()).map_err(E::custom)?;
        }
        let target = match &self.id {
            Some(id) => match decode(id).map_err(E::custom)? {
                // Its URL is not in the ID.
                Target::KeyedArticle(article) => Target::KeyedArticle(article.with_url(url.map(Cow::Owned))),
                target => target,
            },
            None => Target::Redirect(Redirect { url: url.ok_or(E::missing_field("id"))?.into() }),
        };
        let agrees = |said: Option<&str>, is: Option<&str>| said.is_none() || said == is;
        if self.kind.is_some_and(|kind| kind != target.kind()) {
            return Err(E::custom("the kind is not that of the ID"));
        }
        if self.id != target.to_id() {
            return Err(E::custom("the ID is not an ID alone"));
        }
        if !agrees(self.canonical_url.as_deref(), target.canonical_url())
            || !agrees(self.amp_url.as_deref(), target.amp_url())
            || !agrees(self.token.as_deref(), target.token())
        {
            return Err(E::custom("a URL or token is not that of the ID"));
        }
        Ok(target)
    }
}
