use super::edition::AnyEdition;
use super::original::Original;
use super::publication::Publication;
use crate::error::{Error, ErrorKind, Field};
use crate::message::{AMP, Fields, KEY, NUMBER, PARENT, kind, schema};
use crate::url_policy::CheckedUrl;

/// An article that is identified by a key in a section of a publication. Web pages of 2018 to 2022 contain such links, feeds do
/// not.
///
/// The ID does not contain the publisher's URL. Some links of 2022 contain it in their `uo=` parameter.
///
/// # Examples
///
/// ```
/// use google_news_link::{KeyedArticle, decode};
///
/// let link = "./articles/CAIiEGuAj6xdE1EiuL__EEW4PWEqGQgEKhAIACoHCAowl--JCzCtppwDMMWWowY\
///             ?uo=CAUiJGh0dHBzOi8vamV0c3RyZWFtLmJ6L2FyY2hpdmVzLzE2MDA0NNIBAA&hl=ja";
/// let article = KeyedArticle::try_from(decode(link)?)?;
/// assert_eq!(article.canonical_url(), Some("https://jetstream.bz/archives/160044"));
/// assert_eq!(article.publication().to_id(), "CAAqBwgKMJfviQswraacAw");
/// assert_eq!(article.publication().number(), Some(6_755_117));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct KeyedArticle<'a> {
    key: [u8; 16],
    publication: Publication<'a>,
    section: Option<u64>,
    pub(super) canonical_url: Option<CheckedUrl<'a>>,
    pub(super) original: Original,
}

impl<'a> KeyedArticle<'a> {
    /// Returns the article's key. How Google computes it is unknown: it is not the MD5, SHA-1 or SHA-2 of the URL.
    pub fn key(&self) -> &[u8; 16] {
        &self.key
    }

    /// Returns the publication of the article. Its ID is also in the link to the publication's own page (41 of 41 known
    /// links).
    pub fn publication(&self) -> &Publication<'a> {
        &self.publication
    }

    /// Returns the number of the publication's section.
    pub fn section_number(&self) -> Option<u64> {
        self.section
    }

    /// Returns the publisher's URL if the link contains a valid one in `uo=`.
    pub fn canonical_url(&self) -> Option<&str> {
        self.canonical_url.as_ref().map(CheckedUrl::as_str)
    }

    /// Converts the article into one that borrows nothing.
    pub fn into_owned(self) -> KeyedArticle<'static> {
        KeyedArticle {
            key: self.key,
            publication: self.publication.into_owned(),
            section: self.section,
            canonical_url: self.canonical_url.map(CheckedUrl::into_owned),
            original: self.original,
        }
    }

    pub(crate) fn from_fields(fields: &Fields<'a>) -> Result<Self, Error> {
        fields.expect_only(KEY | PARENT)?;
        let key = fields.key()?;
        let (mut section, mut edition) = (Fields::default(), Fields::default());
        fields.parse_parent(&mut section)?;
        let key = key.to_array()?;
        let invalid = ErrorKind::InvalidField(Field::Edition);
        if section.kind != Some(kind::SECTION) {
            return Err(section.error_at_type(invalid));
        }
        section.expect_only(PARENT | NUMBER)?;
        section.parse_parent(&mut edition)?;
        let AnyEdition::Publication(publication) = AnyEdition::from_fields(&edition)? else {
            return Err(edition.error_at_type(invalid));
        };
        let has_unknown_fields = section.has_unknown_fields || publication.has_unknown_fields();
        let original = Original::of(fields, has_unknown_fields);
        Ok(KeyedArticle { key, publication, section: section.number, canonical_url: None, original })
    }

    /// Adds the URL in the message of a `uo=` parameter. It can be missing (1 of 26 is empty) or cut: the article itself is
    /// valid all the same.
    pub(crate) fn set_uo(&mut self, message: &'a [u8]) {
        let mut fields = Fields::default();
        let is_link = fields.parse(message).is_ok()
            && fields.kind == Some(kind::LINK)
            && fields.amp.is_some()
            && fields.expect_only(KEY | AMP).is_ok();
        let key = fields.key.filter(|_| is_link);
        let url = key.and_then(|key| CheckedUrl::check(key.bytes).ok());
        self.set_canonical_url(url);
    }

    pub(crate) fn set_canonical_url(&mut self, url: Option<CheckedUrl<'a>>) {
        self.canonical_url = url;
    }

    /// Returns the value of the `uo=` parameter of a link to this article.
    pub(super) fn to_uo(&self) -> Option<String> {
        let url = self.canonical_url()?.as_bytes().to_vec();
        Some(schema::Id { key: Some(url), amp: Some(Vec::new()), ..schema::Id::new(kind::LINK) }.to_id())
    }

    pub(super) fn to_schema(&self) -> schema::Id {
        let section = schema::Id {
            number: self.section,
            ..schema::Id::new(kind::SECTION).with_parent(&self.publication.to_schema())
        };
        schema::Id { key: Some(self.key.to_vec()), ..schema::Id::new(kind::ARTICLE).with_parent(&section) }
    }
}
