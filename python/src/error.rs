//! The exception `DecodeError`.

use google_news_link::Error;
use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;
use pyo3::types::PyType;

/// Creates a `DecodeError`. The class is written in Python: under the limited API of 3.11, classes in Rust cannot extend
/// `ValueError`.
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
