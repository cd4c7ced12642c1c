//! The exceptions. Their classes are written in Python: under the limited API of 3.11, classes in Rust cannot extend
//! `ValueError` or `Exception`.

use google_news_link::Error;
use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;
use pyo3::types::PyType;

/// Creates a `DecodeError`.
pub(crate) fn new_decode_error<'py>(
    py: Python<'py>,
    error: &Error,
    offset: Option<usize>,
) -> PyResult<Bound<'py, PyAny>> {
    static CLASS: PyOnceLock<Py<PyType>> = PyOnceLock::new();
    CLASS.import(py, "google_news_link._errors", "DecodeError")?.call1((
        error.to_string(),
        error.kind().as_str(),
        offset,
    ))
}

/// Creates a `ResolveError`.
pub(crate) fn new_resolve_error<'py>(
    py: Python<'py>,
    error: &google_news_link_resolve::Error,
) -> PyResult<Bound<'py, PyAny>> {
    static CLASS: PyOnceLock<Py<PyType>> = PyOnceLock::new();
    CLASS.import(py, "google_news_link._errors", "ResolveError")?.call1((
        error.to_string(),
        error.kind().as_str(),
        error.is_retryable(),
        error.status(),
        error.row_error(),
        error.unverified_url(),
        error.expected_len(),
    ))
}
