//! The class `Batch`.

use std::sync::Arc;

use google_news_link::batch::{BatchFull, Column};
use pyo3::exceptions::{PyIndexError, PyOverflowError, PyRuntimeError, PyTypeError};
use pyo3::intern;
use pyo3::prelude::*;
use pyo3::types::{PyByteArray, PyBytes, PyCapsule, PyDict, PyIterator, PyList, PySlice, PyString, PyTuple};

use crate::arrow::{export, import};
use crate::builder::{Builder, Chunk};
use crate::error::new_decode_error;
use crate::target::{new_target, type_name};
use crate::text::Text;

/// Decodes many links, offline: an iterable of str, bytes or None, an Arrow array or stream, or a Series of pandas or polars.
///
/// Returns a Batch with one row for each link, in order: a Target, a DecodeError, or None for a missing link. Raises TypeError
/// for an object of another type, and RuntimeError if a list changes its size meanwhile.
#[pyfunction]
#[pyo3(signature = (links, /))]
pub(crate) fn decode_many(links: &Bound<'_, PyAny>) -> PyResult<Batch> {
    let py = links.py();
    if links.is_instance_of::<PyString>()
        || links.is_instance_of::<PyBytes>()
        || links.is_instance_of::<PyByteArray>()
    {
        let name = type_name(links);
        return Err(PyTypeError::new_err(format!(
            "links are an iterable of str or bytes, not {name}: decode() takes a single link"
        )));
    }
    let builder = if let Ok(list) = links.cast_exact::<PyList>() {
        decode_list(list)?
    } else if let Some(arrays) = import::arrays(links)? {
        import::decode_arrays(py, arrays)?
    } else {
        decode_iterable(links)?
    };
    let chunks = py.detach(|| builder.finish()).map_err(batch_full)?;
    Ok(Batch::new(chunks))
}

/// Adds a link to a builder. Blocks are decoded while other threads run.
fn push_link(builder: &mut Builder, link: &Bound<'_, PyAny>, row: usize) -> PyResult<()> {
    match Text::of(link)? {
        Some(text) => builder.push(&text.bytes, text.unit),
        None if link.is_none() => builder.push_null(),
        None => {
            let name = type_name(link);
            return Err(PyTypeError::new_err(format!(
                "link {row} is not a str, bytes, bytearray or None, but {name}"
            )));
        }
    }
    if builder.is_block_full() {
        let py = link.py();
        py.detach(|| builder.flush()).map_err(batch_full)?;
        py.check_signals()?;
    }
    Ok(())
}

fn decode_list(links: &Bound<'_, PyList>) -> PyResult<Builder> {
    let len = links.len();
    let mut builder = Builder::new(len);
    for row in 0..len {
        // Other threads and signal handlers run while a block is decoded.
        if links.len() != len {
            return Err(PyRuntimeError::new_err("list changed size during decode_many"));
        }
        push_link(&mut builder, &links.get_item(row)?, row)?;
    }
    Ok(builder)
}

/// Returns which values of a Series or Index of pandas are missing. They are not None in all types: a missing string is NaN.
fn missing_values<'py>(links: &Bound<'py, PyAny>) -> PyResult<Option<Bound<'py, PyIterator>>> {
    let module = links.get_type().module()?;
    if module.to_string_lossy().split('.').next() == Some("pandas") {
        return links.call_method0(intern!(links.py(), "isna"))?.try_iter().map(Some);
    }
    Ok(None)
}

fn decode_iterable(links: &Bound<'_, PyAny>) -> PyResult<Builder> {
    let py = links.py();
    let iterator = links.try_iter().map_err(|error| {
        if !error.is_instance_of::<PyTypeError>(py) {
            return error;
        }
        let name = type_name(links);
        PyTypeError::new_err(format!("links are an iterable or an Arrow array, not {name}"))
    })?;
    let len = match links.len() {
        Ok(len) => len,
        // Iterators have no length.
        Err(error) if error.is_instance_of::<PyTypeError>(py) => 0,
        Err(error) => return Err(error),
    };
    let mut missing = missing_values(links)?;
    let mut builder = Builder::new(len);
    for (row, link) in iterator.enumerate() {
        let is_missing = match missing.as_mut().and_then(Iterator::next) {
            Some(is_missing) => is_missing?.is_truthy()?,
            None => false,
        };
        let link = if is_missing { py.None().into_bound(py) } else { link? };
        push_link(&mut builder, &link, row)?;
    }
    Ok(builder)
}

/// Converts the error of a full batch. It cannot occur: a builder ends its chunks long before.
pub(crate) fn batch_full(error: BatchFull) -> PyErr {
    PyOverflowError::new_err(error.to_string())
}

/// Many decoded links: row i belongs to link i.
#[pyclass(frozen, module = "google_news_link")]
pub(crate) struct Batch {
    chunks: Vec<Arc<Chunk>>,
    /// The row at which each chunk ends.
    ends: Vec<usize>,
}

impl Batch {
    pub(crate) fn new(chunks: Vec<Arc<Chunk>>) -> Self {
        let ends = chunks
            .iter()
            .scan(0, |end, chunk| {
                *end += chunk.batch.len();
                Some(*end)
            })
            .collect();
        Batch { chunks, ends }
    }

    fn len(&self) -> usize {
        self.ends.last().copied().unwrap_or(0)
    }

    /// Returns the target or error of a row, Python's `None` for a missing link, or Rust's `None` if there is no such row.
    fn row<'py>(&self, py: Python<'py>, row: usize) -> PyResult<Option<Bound<'py, PyAny>>> {
        let index = self.ends.partition_point(|&end| end <= row);
        let Some(chunk) = self.chunks.get(index) else { return Ok(None) };
        let row = row - index.checked_sub(1).map_or(0, |before| self.ends[before]);
        if chunk.is_null(row) {
            return Ok(Some(py.None().into_bound(py)));
        }
        chunk
            .batch
            .get(row)
            .map(|target| match target {
                Ok(target) => new_target(py, target.into_owned()),
                Err(error) => new_decode_error(py, &error, chunk.offset(row, &error)),
            })
            .transpose()
    }

    /// Returns a list with one value for each row.
    fn list<'py, T: IntoPyObject<'py>, I: Iterator<Item = T>>(
        &self,
        py: Python<'py>,
        values: impl Fn(usize) -> I,
    ) -> PyResult<Bound<'py, PyList>> {
        PyList::new(py, ExactLen { values: (0..self.chunks.len()).flat_map(values), len: self.len() })
    }

    fn strings<'py>(
        &self,
        py: Python<'py>,
        column: impl for<'a> Fn(&'a google_news_link::Batch) -> Column<'a>,
    ) -> PyResult<Bound<'py, PyList>> {
        self.list(py, |index| column(&self.chunks[index].batch).into_iter())
    }
}

/// An iterator of known length.
struct ExactLen<I> {
    values: I,
    len: usize,
}

impl<I: Iterator> Iterator for ExactLen<I> {
    type Item = I::Item;

    fn next(&mut self) -> Option<I::Item> {
        let value = self.values.next()?;
        self.len = self.len.saturating_sub(1);
        Some(value)
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        (self.len, Some(self.len))
    }
}

impl<I: Iterator> ExactSizeIterator for ExactLen<I> {}

#[pymethods]
impl Batch {
    fn __len__(&self) -> usize {
        self.len()
    }

    fn __getitem__<'py>(&self, index: &Bound<'py, PyAny>) -> PyResult<Bound<'py, PyAny>> {
        let py = index.py();
        let len = self.len();
        if let Ok(slice) = index.cast::<PySlice>() {
            let indices = slice.indices(isize::try_from(len)?)?;
            let rows = PyList::empty(py);
            for at in 0..indices.slicelength {
                let row = indices.start + isize::try_from(at)? * indices.step;
                rows.append(self.row(py, usize::try_from(row)?)?)?;
            }
            return Ok(rows.into_any());
        }
        let out_of_range = || PyIndexError::new_err("batch index out of range");
        let index: isize =
            index.extract().map_err(|error: PyErr| match error.is_instance_of::<PyOverflowError>(py) {
                true => out_of_range(),
                false => error,
            })?;
        let row = if index < 0 { len.checked_sub(index.unsigned_abs()) } else { Some(index.unsigned_abs()) };
        row.map_or(Ok(None), |row| self.row(py, row))?.ok_or_else(out_of_range)
    }

    fn __iter__(slf: Bound<'_, Self>) -> BatchIterator {
        BatchIterator { batch: slf.unbind(), next: 0.into() }
    }

    /// Returns the kind of each row, None for an error or a missing link.
    fn kinds<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyList>> {
        self.list(py, |index| {
            self.chunks[index]
                .batch
                .kinds()
                .into_iter()
                .map(|kind| kind.map(|kind| PyString::intern(py, kind.as_str())))
        })
    }

    /// Returns the canonical URL of each row, or None for a row without one.
    fn canonical_urls<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyList>> {
        self.strings(py, google_news_link::Batch::canonical_urls)
    }

    /// Returns the AMP URL of each row, or None for a row without one.
    fn amp_urls<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyList>> {
        self.strings(py, google_news_link::Batch::amp_urls)
    }

    /// Returns the token of each row, or None for a row without one.
    fn tokens<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyList>> {
        self.strings(py, google_news_link::Batch::tokens)
    }

    /// Returns the length of each row's URL in bytes, None where it is unknown.
    fn url_lens<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyList>> {
        self.list(py, |index| self.chunks[index].batch.url_lens().iter())
    }

    /// Returns the rows with an error, and their errors.
    fn errors<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyList>> {
        let rows = PyList::empty(py);
        let mut start = 0;
        for (chunk, &end) in self.chunks.iter().zip(&self.ends) {
            for (row, error) in chunk.batch.errors().filter(|&(row, _)| !chunk.is_null(row)) {
                rows.append((start + row, new_decode_error(py, &error, chunk.offset(row, &error))?))?;
            }
            start = end;
        }
        Ok(rows)
    }

    /// Counts the rows of each kind, those with an error as `error` and those without a link as `null`.
    fn counts<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyDict>> {
        let mut counts = google_news_link::batch::Counts::default();
        let mut nulls = 0;
        for chunk in &self.chunks {
            counts += chunk.batch.counts();
            nulls += chunk.nulls.len();
        }
        let dict = PyDict::new(py);
        let kinds = google_news_link::Kind::ALL.iter().map(|&kind| (kind.as_str(), counts.get(kind)));
        for (name, count) in kinds.chain([("error", counts.errors() - nulls), ("null", nulls)]) {
            if count > 0 {
                dict.set_item(name, count)?;
            }
        }
        Ok(dict)
    }

    fn __arrow_c_schema__<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyCapsule>> {
        export::schema(py)
    }

    #[pyo3(signature = (requested_schema = None))]
    fn __arrow_c_stream__<'py>(
        &self,
        py: Python<'py>,
        requested_schema: Option<&Bound<'py, PyAny>>,
    ) -> PyResult<Bound<'py, PyCapsule>> {
        let _ = requested_schema;
        export::stream(py, export::Chunks::of(self.chunks.clone().into_iter().map(Ok)))
    }

    fn __repr__(&self) -> String {
        format!("<Batch of {} rows>", self.len())
    }

    fn __reduce__(&self) -> PyResult<Bound<'_, PyTuple>> {
        Err(PyTypeError::new_err("a Batch cannot be pickled: convert it to an Arrow table"))
    }
}

/// An iterator over the rows of a batch.
#[pyclass(frozen, module = "google_news_link._core")]
pub(crate) struct BatchIterator {
    batch: Py<Batch>,
    next: std::sync::atomic::AtomicUsize,
}

#[pymethods]
impl BatchIterator {
    fn __iter__(slf: Bound<'_, Self>) -> Bound<'_, Self> {
        slf
    }

    fn __next__<'py>(&self, py: Python<'py>) -> PyResult<Option<Bound<'py, PyAny>>> {
        let row = self.next.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
        self.batch.get().row(py, row)
    }
}
