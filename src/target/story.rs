use super::original::Original;
use crate::message::Key;
use crate::message::schema::{self, Cluster, SiteKey, StoryKey};

/// A story: articles of many publishers about one event.
///
/// # Examples
///
/// ```
/// use google_news_link::{Story, decode};
///
/// let link = "https://news.google.com/stories/\
///             CAAqNggKIjBDQklTSGpvSmMzUnZjbmt0TXpZd1NoRUtEd2pjcDYtX0VSRlB0dGhHNUFkcU1TZ0FQAQ?oc=5";
/// let story = Story::try_from(decode(link)?)?;
/// assert_eq!(story.cluster_number(), 4_696_298_460);
/// assert_eq!(story.title(), None);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct Story {
    name: String,
    cluster: u64,
    hash: u64,
    title: Option<String>,
    pub(super) original: Original,
}

impl Story {
    /// Returns the number of the cluster of articles. The numbers of 2019 and 2020 are in the range of those in the
    /// parameter `cid=` of links of 2014 to 2017; later ones have ten digits.
    pub fn cluster_number(&self) -> u64 {
        self.cluster
    }

    /// Returns the hash of the cluster, which is different in each of 441 stories. How Google computes it is unknown.
    pub fn cluster_hash(&self) -> u64 {
        self.hash
    }

    /// Returns the title, which 2 of 441 stories contain, both of 2019.
    pub fn title(&self) -> Option<&str> {
        self.title.as_deref()
    }

    /// Takes the story out of the key of one, or returns `None` for other keys. If the key is valid, it is empty
    /// afterwards.
    pub(super) fn take_from(key: &mut SiteKey, original: &Original) -> Option<Self> {
        let SiteKey {
            edition: edition @ Some(_),
            story:
                Some(StoryKey { cluster: Some(Cluster { number: Some(cluster), hash: Some(hash) }), title }),
            ..
        } = key
        else {
            return None;
        };
        let (cluster, hash, title) = (*cluster, *hash, title.take());
        let name = edition.take()?;
        key.story = None;
        Some(Story { name, cluster, hash, title, original: original.clone() })
    }

    pub(super) fn to_schema(&self) -> schema::Id {
        let cluster = Cluster { number: Some(self.cluster), hash: Some(self.hash) };
        Key::from(SiteKey {
            edition: Some(self.name.clone()),
            story: Some(StoryKey { cluster: Some(cluster), title: self.title.clone() }),
            ..SiteKey::default()
        })
        .to_edition()
    }
}
