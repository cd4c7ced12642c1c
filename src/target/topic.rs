use super::original::Original;
use crate::message::Key;
use crate::message::schema::{self, SiteKey, TopicKey};

/// A topic: a subject of Google's Knowledge Graph in a language and region, or an edition that has a name.
///
/// # Examples
///
/// ```
/// use google_news_link::{Topic, decode};
///
/// let link = "https://news.google.com/topics/CAAqJggKIiBDQkFTRWdvSUwyMHZNRGRqTVhZU0FtVnVHZ0pWVXlnQVAB";
/// let topic = Topic::try_from(decode(link)?)?;
/// assert_eq!(topic.knowledge_graph_id(), Some("/m/07c1v"));
/// assert_eq!((topic.language(), topic.region()), (Some("en"), Some("US")));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct Topic {
    repr: Repr,
    pub(super) original: Original,
}

#[derive(Clone, PartialEq, Eq, Hash, Debug)]
enum Repr {
    Subject { knowledge_graph_id: Box<str>, language: Option<Box<str>>, region: Option<Box<str>> },
    Named(Box<SiteKey>),
}

impl Topic {
    /// Returns the subject's ID in Google's Knowledge Graph, also called its *mid*: `/m/…` (770 of 957 topics) or `/g/…`.
    pub fn knowledge_graph_id(&self) -> Option<&str> {
        match &self.repr {
            Repr::Subject { knowledge_graph_id, .. } => Some(knowledge_graph_id),
            Repr::Named(_) => None,
        }
    }

    /// Returns the language in Google's codes: `en`, `pt-BR`, `zh-TW`, `es-419`, `iw` for Hebrew.
    pub fn language(&self) -> Option<&str> {
        match &self.repr {
            Repr::Subject { language, .. } => language.as_deref(),
            Repr::Named(_) => None,
        }
    }

    /// Returns the region, the two-letter code of a country. 450 of 957 topics have no region.
    pub fn region(&self) -> Option<&str> {
        match &self.repr {
            Repr::Subject { region, .. } => region.as_deref(),
            Repr::Named(_) => None,
        }
    }

    /// Returns the name of an edition that is not about one subject: `local_v2`, `search`, `covid_text_query`.
    pub fn name(&self) -> Option<&str> {
        self.named()?.edition.as_deref()
    }

    /// Returns the query of a `search` edition.
    pub fn query(&self) -> Option<&str> {
        self.named()?.query.as_ref()?.words.as_deref()
    }

    /// Returns the Knowledge Graph ID of the place that a `local_v2` edition is about.
    pub fn place_knowledge_graph_id(&self) -> Option<&str> {
        self.named()?.place.as_ref()?.knowledge_graph_id.as_deref()
    }

    fn named(&self) -> Option<&SiteKey> {
        match &self.repr {
            Repr::Subject { .. } => None,
            Repr::Named(key) => Some(key),
        }
    }

    /// Creates a topic from its key, unless that belongs to a section.
    pub(super) fn from_topic_key(key: TopicKey, original: Original) -> Option<Self> {
        match key {
            TopicKey {
                knowledge_graph_id: Some(knowledge_graph_id),
                language,
                region,
                section: None,
                name: None,
            } => {
                let repr = Repr::Subject {
                    knowledge_graph_id: knowledge_graph_id.into(),
                    language: language.map(Into::into),
                    region: region.map(Into::into),
                };
                Some(Topic { repr, original })
            }
            _ => None,
        }
    }

    /// Creates the topic of an edition that has a name, unless the key belongs to a story or section.
    pub(super) fn from_site_key(key: SiteKey, original: Original) -> Option<Self> {
        let is_topic = key.edition.is_some()
            && key.story.is_none()
            && key.section.is_none()
            && key.place_section.is_none();
        is_topic.then_some(Topic { repr: Repr::Named(Box::new(key)), original })
    }

    pub(super) fn to_schema(&self) -> schema::Id {
        let key = match &self.repr {
            Repr::Subject { knowledge_graph_id, language, region } => Key::from(TopicKey {
                knowledge_graph_id: Some(knowledge_graph_id.to_string()),
                language: language.as_deref().map(str::to_owned),
                region: region.as_deref().map(str::to_owned),
                ..TopicKey::default()
            }),
            Repr::Named(key) => Key::Site(key.clone()),
        };
        key.to_edition()
    }
}
