//! Links in pages of Google News: `harvest`.

use std::borrow::Cow;

use google_news_link_resolve::page::{self, Check, Pairs};
use pyo3::exceptions::PyTypeError;
use pyo3::prelude::*;
use pyo3::types::{PyList, PyString};

use crate::target::{new_target, type_name};
use crate::text::Text;

/// Returns the links in a page of Google News, each with the publisher's URL next to it, as a list of PageLink objects.
///
/// page is a saved page or a feed: a str, bytes or bytearray.
#[pyfunction]
#[pyo3(signature = (page, /))]
pub(crate) fn harvest<'py>(page: &Bound<'py, PyAny>) -> PyResult<Bound<'py, PyList>> {
    let py = page.py();
    let source = page_of(page)?;
    let pairs = py.detach(|| Pairs::read(&source.bytes));
    let list = PyList::empty(py);
    for link in &pairs {
        list.append(new_page_link(py, link)?)?;
    }
    Ok(list)
}

/// Returns the bytes of a page.
pub(crate) fn page_of<'a>(page: &'a Bound<'_, PyAny>) -> PyResult<Text<'a>> {
    Text::of(page)?.ok_or_else(|| {
        let name = type_name(page);
        PyTypeError::new_err(format!("a page is a str, bytes or bytearray, not {name}"))
    })
}

fn new_page_link<'py>(py: Python<'py>, link: &page::PageLink) -> PyResult<Bound<'py, PageLink>> {
    let target = link.target().map(|target| new_target(py, target.clone())).transpose()?;
    let link = PageLink {
        id: link.id().to_owned(),
        target: target.map(Bound::unbind),
        canonical_url: link.url().map(str::to_owned),
        amp_url: link.amp_url().map(str::to_owned),
        is_verified: link.check() == Check::Confirmed,
        error: match link.check() {
            Check::Refuted(refutation) => Some(refutation.to_string()),
            _ => None,
        },
        title: link.title().map(str::to_owned),
        source_name: link.source_name().map(str::to_owned),
        time: link.time(),
    };
    Bound::new(py, link)
}

/// A link in a page of Google News, with the publisher's URL next to it.
#[pyclass(frozen, module = "google_news_link")]
pub(crate) struct PageLink {
    /// The ID of the link.
    #[pyo3(get)]
    id: String,
    /// The decoded target, None if the ID cannot be decoded.
    #[pyo3(get)]
    target: Option<Py<PyAny>>,
    /// The publisher's URL, None if the URL in the page contradicts the ID.
    #[pyo3(get)]
    canonical_url: Option<String>,
    /// The URL of the publisher's AMP page.
    #[pyo3(get)]
    amp_url: Option<String>,
    /// True if the ID confirms the URL.
    #[pyo3(get)]
    is_verified: bool,
    /// The reason why the URL in the page contradicts the ID, None if it does not.
    #[pyo3(get)]
    error: Option<String>,
    /// The headline.
    #[pyo3(get)]
    title: Option<String>,
    /// The name of the publisher.
    #[pyo3(get)]
    source_name: Option<String>,
    /// The time of publication in Unix seconds.
    #[pyo3(get)]
    time: Option<u64>,
}

#[pymethods]
impl PageLink {
    #[classattr]
    fn __match_args__() -> (&'static str, &'static str) {
        ("id", "canonical_url")
    }

    fn __repr__(&self, py: Python<'_>) -> PyResult<String> {
        let (id, url) = (PyString::new(py, &self.id).repr()?, self.canonical_url.as_deref());
        let url = url.map(|url| PyString::new(py, url).repr()).transpose()?;
        let url = url.as_ref().map_or(Cow::Borrowed("None"), |url| url.to_string_lossy());
        Ok(format!("<PageLink {} {url}>", id.to_string_lossy()))
    }
}
