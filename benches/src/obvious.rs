//! The obvious program: a naive implementation that combines the libraries without any optimization.

use base64::prelude::{BASE64_URL_SAFE_NO_PAD, Engine};
use prost::Message;
use url::Url;

#[derive(Clone, PartialEq, Message)]
pub struct ArticleId {
    #[prost(uint64, tag = "1")]
    pub kind: u64,
    #[prost(string, tag = "4")]
    pub url: String,
    #[prost(string, tag = "26")]
    pub amp: String,
}

/// Returns the message of the ID at the end of the link's path.
pub fn article_id(link: &Url) -> Option<ArticleId> {
    let id = link.path_segments()?.next_back()?;
    let message = BASE64_URL_SAFE_NO_PAD.decode(id).ok()?;
    ArticleId::decode(&message[..]).ok()
}
