//! The classes of targets.

use google_news_link::{Edition, Kind};
use pyo3::exceptions::{PyTypeError, PyValueError};
use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyString};

use crate::error::new_decode_error;
use crate::text::Text;

/// Decodes a link or an ID, offline: a str, bytes or bytearray.
///
/// Returns a Target, of a class for each kind. Raises DecodeError, a ValueError with the attributes kind and offset, if the link
/// is not one of Google News or is damaged, and TypeError for an object of another type.
#[pyfunction]
#[pyo3(signature = (link, /))]
pub(crate) fn decode<'py>(link: &Bound<'py, PyAny>) -> PyResult<Bound<'py, PyAny>> {
    let py = link.py();
    let text = Text::of(link)?.ok_or_else(|| {
        let name = type_name(link);
        PyTypeError::new_err(format!("a link is a str, bytes or bytearray, not {name}"))
    })?;
    match google_news_link::decode(&text.bytes) {
        Ok(target) => new_target(py, target),
        Err(error) => Err(PyErr::from_value(new_decode_error(py, &error, text.offset(error.offset()))?)),
    }
}

/// Returns the name of an object's type, for messages.
pub(crate) fn type_name(object: &Bound<'_, PyAny>) -> String {
    object.get_type().fully_qualified_name().map_or_else(|_| "object".into(), |name| name.to_string())
}

/// What a link leads to: the base class of all kinds.
#[pyclass(frozen, subclass, eq, hash, module = "google_news_link")]
#[derive(PartialEq, Eq, Hash)]
pub(crate) struct Target {
    pub(crate) inner: google_news_link::Target<'static>,
}

#[pymethods]
impl Target {
    #[classattr]
    fn __match_args__() -> (&'static str, &'static str) {
        ("kind", "canonical_url")
    }

    /// The name of the kind: `article`, `opaque-article` and so on.
    #[getter]
    fn kind<'py>(&self, py: Python<'py>) -> Bound<'py, PyString> {
        PyString::intern(py, self.inner.kind().as_str())
    }

    /// The ID, exactly as the link contains it. None for a redirect.
    #[getter]
    fn id(&self) -> Option<String> {
        self.inner.to_id()
    }

    /// The publisher's URL, exactly as the link contains it.
    #[getter]
    fn canonical_url(&self) -> Option<&str> {
        self.inner.canonical_url()
    }

    /// The URL of the publisher's AMP page.
    #[getter]
    fn amp_url(&self) -> Option<&str> {
        self.inner.amp_url()
    }

    /// The encrypted URL. Equal tokens of articles mean equal URLs; the token of a redirect is new for every impression.
    #[getter]
    fn token(&self) -> Option<&str> {
        self.inner.token()
    }

    /// The length of the publisher's URL in bytes. It is also known for an encrypted URL.
    #[getter]
    fn url_len(&self) -> Option<usize> {
        self.inner.url_len()
    }

    /// True if the ID has fields that this version of the package does not know.
    #[getter]
    fn has_unknown_fields(&self) -> bool {
        self.inner.has_unknown_fields()
    }

    /// Returns the link to the target that Google would write today, or None for a redirect.
    fn to_link(&self) -> Option<String> {
        self.inner.to_link()
    }

    fn __str__(&self) -> String {
        self.inner.to_string()
    }

    fn __repr__(slf: &Bound<'_, Self>) -> PyResult<String> {
        let text = slf.get().inner.to_string();
        let name = text.split_once(' ').map_or("", |(_, name)| name);
        Ok(format!("<{} {name}>", slf.get_type().name()?))
    }

    fn __reduce__<'py>(&self, py: Python<'py>) -> PyResult<(Bound<'py, PyAny>, (String,))> {
        let record =
            serde_json::to_string(&self.inner).map_err(|error| PyValueError::new_err(error.to_string()))?;
        Ok((py.import("google_news_link._core")?.getattr("_restore_target")?, (record,)))
    }
}

/// Creates a target from the record that pickling has stored.
#[pyfunction]
#[pyo3(name = "_restore_target", signature = (record, /))]
pub(crate) fn restore_target<'py>(py: Python<'py>, record: &str) -> PyResult<Bound<'py, PyAny>> {
    let target = serde_json::from_str(record).map_err(|error| PyValueError::new_err(error.to_string()))?;
    new_target(py, target)
}

/// Declares a class for each kind, with the properties that only this kind has.
macro_rules! kinds {
    ($(
        $(#[$class_doc:meta])*
        $kind:ident, $as_kind:ident, match $match_args:expr, {
            $( $(#[$property_doc:meta])* $property:ident: $type:ty = |$target:ident, $py:ident| $value:expr; )*
        }
    )*) => {
        $(
            $(#[$class_doc])*
            #[pyclass(frozen, extends = Target, module = "google_news_link")]
            pub(crate) struct $kind;

            #[pymethods]
            impl $kind {
                #[classattr]
                fn __match_args__(py: Python<'_>) -> PyResult<Bound<'_, pyo3::types::PyTuple>> {
                    let names: &[&str] = &$match_args;
                    pyo3::types::PyTuple::new(py, names)
                }

                $(
                    $(#[$property_doc])*
                    #[getter]
                    fn $property<'a, 'py>(slf: &'a Bound<'py, Self>) -> PyResult<Option<$type>> {
                        let $py = slf.py();
                        // An object of this class has a target of this kind.
                        match slf.as_super().get().inner.$as_kind() {
                            Some($target) => $value,
                            None => Ok(None),
                        }
                    }
                )*
            }
        )*

        /// Creates an object of the class of the target's kind.
        pub(crate) fn new_target<'py>(
            py: Python<'py>,
            inner: google_news_link::Target<'static>,
        ) -> PyResult<Bound<'py, PyAny>> {
            let kind = inner.kind();
            let base = PyClassInitializer::from(Target { inner });
            Ok(match kind {
                $( Kind::$kind => Bound::new(py, base.add_subclass($kind))?.into_any(), )*
                _ => Bound::new(py, base)?.into_any(),
            })
        }

        /// Adds the classes to the module.
        pub(crate) fn add_classes(module: &Bound<'_, PyModule>) -> PyResult<()> {
            $( module.add_class::<$kind>()?; )*
            Ok(())
        }
    };
}

kinds! {
    /// An article whose ID contains the publisher's URL: links to July 2024.
    Article, as_article, match ["canonical_url", "amp_url"], {}

    /// An article whose ID contains an encrypted URL: nearly all links since July 2024.
    OpaqueArticle, as_opaque_article, match ["token", "url_len"], {
        /// The ID of the key with which Google has encrypted the URL, 4 bytes.
        key_id: Bound<'py, PyBytes> = |article, py| Ok(Some(PyBytes::new(py, &article.key_id())));
        /// The encrypted AMP URL.
        amp_token: &'a str = |article, _py| Ok(article.amp_token());
        /// The length of the AMP URL in bytes.
        amp_url_len: usize = |article, _py| Ok(article.amp_url_len());
    }

    /// An article that is identified by a key: links of web pages of 2018 to 2022.
    KeyedArticle, as_keyed_article, match ["key", "publication", "canonical_url"], {
        /// The article's key, 16 bytes.
        key: Bound<'py, PyBytes> = |article, py| Ok(Some(PyBytes::new(py, article.key())));
        /// The publication of the article.
        publication: Bound<'py, PyAny> =
            |article, py| new_target(py, article.publication().clone().into_owned().into()).map(Some);
        /// The number of the publication's section.
        section_number: u64 = |article, _py| Ok(article.section_number());
    }

    /// A YouTube video.
    Video, as_video, match ["canonical_url"], {
        /// The ID of the video on YouTube, 11 characters.
        youtube_id: &'a str = |video, _py| Ok(Some(video.youtube_id()));
    }

    /// A topic: a subject of Google's Knowledge Graph in a language and region, or an edition that has a name.
    Topic, as_topic, match ["knowledge_graph_id", "language", "region"], {
        /// The Knowledge Graph ID of the subject.
        knowledge_graph_id: &'a str = |topic, _py| Ok(topic.knowledge_graph_id());
        /// The language in Google's codes.
        language: &'a str = |topic, _py| Ok(topic.language());
        /// The region, a country's two letters.
        region: &'a str = |topic, _py| Ok(topic.region());
        /// The name of an edition that is not about one subject.
        name: &'a str = |topic, _py| Ok(topic.name());
        /// The query of a `search` edition.
        query: &'a str = |topic, _py| Ok(topic.query());
        /// The Knowledge Graph ID of the place that a `local_v2` edition is about.
        place_knowledge_graph_id: &'a str = |topic, _py| Ok(topic.place_knowledge_graph_id());
    }

    /// A story: articles of many publishers about one event.
    Story, as_story, match ["cluster", "title"], {
        /// The number of the cluster of articles.
        cluster: u64 = |story, _py| Ok(Some(story.cluster_number()));
        /// A number that is different in each story.
        hash: u64 = |story, _py| Ok(Some(story.cluster_hash()));
        /// The title, which only a few stories of 2019 contain.
        title: &'a str = |story, _py| Ok(story.title());
    }

    /// A publication.
    Publication, as_publication, match ["number", "key", "site"], {
        /// The number of the publication.
        number: u64 = |publication, _py| Ok(publication.number());
        /// The number of the family of editions that the publication belongs to.
        family_number: u64 = |publication, _py| Ok(publication.family_number());
        /// The key of the publication, 16 bytes.
        key: Bound<'py, PyBytes> = |publication, py| Ok(publication.key().map(|key| PyBytes::new(py, key)));
        /// The address of the publisher's site.
        site: &'a str = |publication, _py| Ok(publication.site());
    }

    /// A section of a topic or of a publication.
    Section, as_section, match ["edition", "name"], {
        /// The topic or publication to which the section belongs.
        edition: Bound<'py, PyAny> = |section, py| match section.edition().clone().into_owned() {
            Edition::Topic(topic) => new_target(py, topic.into()).map(Some),
            Edition::Publication(publication) => new_target(py, publication.into()).map(Some),
            _ => Ok(None),
        };
        /// The number of the publication's section.
        number: u64 = |section, _py| Ok(section.number());
        /// The name of the section.
        name: &'a str = |section, _py| Ok(section.name());
        /// The Knowledge Graph ID of the section's subject.
        knowledge_graph_id: &'a str = |section, _py| Ok(section.knowledge_graph_id());
        /// The Knowledge Graph ID of the place that the section is about.
        place_knowledge_graph_id: &'a str = |section, _py| Ok(section.place_knowledge_graph_id());
    }

    /// A link that was created with the button *Share*.
    Share, as_share, match ["number"], {
        /// The number, which has 10 or 11 digits.
        number: u64 = |share, _py| Ok(Some(share.number()));
    }

    /// A picture that Google serves.
    Picture, as_picture, match ["key", "width", "height"], {
        /// The key of the picture.
        key: &'a str = |picture, _py| Ok(Some(picture.key()));
        /// The width in pixels.
        width: u64 = |picture, _py| Ok(picture.width());
        /// The height in pixels.
        height: u64 = |picture, _py| Ok(picture.height());
    }

    /// A link that contains the publisher's URL in plain text.
    Redirect, as_redirect, match ["canonical_url"], {}

    /// A redirect of Google's search results that contains an encrypted URL: since June 2026.
    OpaqueRedirect, as_opaque_redirect, match ["token", "url_len"], {
        /// The ID of the key with which Google has encrypted the URL, 4 bytes.
        key_id: Bound<'py, PyBytes> = |redirect, py| Ok(Some(PyBytes::new(py, &redirect.key_id())));
    }
}
