//! The class `LinkFile`.

use std::fs::File;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, TryLockError};

use arrow_schema::ArrowError;
use google_news_link::batch::BlockReader;
use pyo3::exceptions::{PyOSError, PyRuntimeError};
use pyo3::prelude::*;
use pyo3::types::PyCapsule;

use crate::arrow::export;
use crate::batch::Batch;
use crate::builder::{CHUNK_ROWS, Chunk};

/// Decodes a file with a link on each line, offline.
#[pyfunction]
#[pyo3(signature = (path, /))]
pub(crate) fn decode_file(py: Python<'_>, path: PathBuf) -> PyResult<LinkFile> {
    let metadata = py.detach(|| std::fs::metadata(&path));
    match metadata {
        Ok(metadata) if metadata.is_dir() => {
            Err(os_error(&io::Error::from(io::ErrorKind::IsADirectory), &path))
        }
        Ok(_) => Ok(LinkFile { path }),
        Err(error) => Err(os_error(&error, &path)),
    }
}

/// Converts an error into an `OSError` of the right subclass, with the path.
fn os_error(error: &io::Error, path: &Path) -> PyErr {
    const EISDIR: i32 = 21;
    let number = match error.kind() {
        io::ErrorKind::IsADirectory => Some(EISDIR),
        _ => error.raw_os_error(),
    };
    match number {
        Some(number) => PyOSError::new_err((number, message(error), path.as_os_str().to_owned())),
        None => PyOSError::new_err(format!("{}: {}", path.display(), message(error))),
    }
}

/// Returns the message without the number, which `OSError` adds itself.
fn message(error: &io::Error) -> String {
    let text = error.to_string();
    match text.find(" (os error") {
        Some(end) => text[..end].to_owned(),
        None => text,
    }
}

/// A file of links. It is read anew, in constant memory, for each iteration and each export.
#[pyclass(frozen, module = "google_news_link")]
pub(crate) struct LinkFile {
    path: PathBuf,
}

impl LinkFile {
    fn open(&self, py: Python<'_>) -> PyResult<Chunks> {
        py.detach(|| Chunks::open(&self.path)).map_err(|error| os_error(&error, &self.path))
    }
}

#[pymethods]
impl LinkFile {
    /// The path of the file.
    #[getter]
    fn path(&self) -> &Path {
        &self.path
    }

    /// Decodes the whole file.
    fn read(&self, py: Python<'_>) -> PyResult<Batch> {
        let mut reader = self.open(py)?;
        let mut chunks = Vec::new();
        while let Some(chunk) = reader.next_chunk(py)? {
            chunks.push(chunk);
        }
        Ok(Batch::new(chunks))
    }

    fn __iter__(&self, py: Python<'_>) -> PyResult<BatchReader> {
        Ok(BatchReader { chunks: Mutex::new(self.open(py)?) })
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
        let mut chunks = self.open(py)?;
        let chunks = std::iter::from_fn(move || {
            let chunk = chunks.next();
            let name = chunks.path.display();
            chunk.map_err(|error| ArrowError::IoError(format!("{name}: {error}"), error)).transpose()
        });
        export::stream(py, export::Chunks::of(chunks))
    }

    fn __repr__(&self) -> String {
        format!("<LinkFile {}>", self.path.display())
    }
}

/// An iterator over the batches of a file.
#[pyclass(frozen, module = "google_news_link._core")]
pub(crate) struct BatchReader {
    chunks: Mutex<Chunks>,
}

#[pymethods]
impl BatchReader {
    fn __iter__(slf: Bound<'_, Self>) -> Bound<'_, Self> {
        slf
    }

    fn __next__(&self, py: Python<'_>) -> PyResult<Option<Batch>> {
        let mut chunks = match self.chunks.try_lock() {
            Ok(chunks) => chunks,
            Err(TryLockError::Poisoned(error)) => error.into_inner(),
            Err(TryLockError::WouldBlock) => {
                return Err(PyRuntimeError::new_err("the iterator is in use by another thread"));
            }
        };
        Ok(chunks.next_chunk(py)?.map(|chunk| Batch::new(vec![chunk])))
    }
}

/// Reads a file in chunks.
struct Chunks {
    path: PathBuf,
    reader: BlockReader<File>,
    block: Vec<u8>,
    /// The bytes that are left to read, unless the file changes.
    rest: u64,
    chunk: Chunk,
    /// An error that occurred after the lines of the last chunk.
    error: Option<io::Error>,
}

/// The result of reading a block.
enum Step {
    MoreRows,
    Chunk(Arc<Chunk>),
    End,
}

impl Chunks {
    fn open(path: &Path) -> io::Result<Self> {
        let file = File::open(path)?;
        let rest = file.metadata()?.len();
        Ok(Chunks {
            path: path.to_owned(),
            reader: BlockReader::new(file),
            block: Vec::new(),
            rest,
            chunk: new_chunk(rest),
            error: None,
        })
    }

    /// Reads and decodes one block.
    fn step(&mut self) -> io::Result<Step> {
        if let Some(error) = self.error.take() {
            return Err(error);
        }
        match self.reader.read_block(&mut self.block) {
            Ok(true) => {
                self.rest = self.rest.saturating_sub(self.block.len() as u64);
                self.chunk.batch.push_lines(&self.block).map_err(io::Error::other)?;
                if self.chunk.batch.len() < CHUNK_ROWS {
                    return Ok(Step::MoreRows);
                }
            }
            Ok(false) if self.chunk.batch.is_empty() => return Ok(Step::End),
            Ok(false) => {}
            Err(error) if self.chunk.batch.is_empty() => return Err(error),
            Err(error) => self.error = Some(error),
        }
        let next = new_chunk(self.rest);
        Ok(Step::Chunk(Arc::new(std::mem::replace(&mut self.chunk, next))))
    }

    /// Reads the next chunk without using the interpreter.
    fn next(&mut self) -> io::Result<Option<Arc<Chunk>>> {
        loop {
            match self.step()? {
                Step::MoreRows => {}
                Step::Chunk(chunk) => return Ok(Some(chunk)),
                Step::End => return Ok(None),
            }
        }
    }

    /// Reads the next chunk. Other threads run meanwhile, and signals are handled after each block.
    fn next_chunk(&mut self, py: Python<'_>) -> PyResult<Option<Arc<Chunk>>> {
        loop {
            let step = py.detach(|| self.step()).map_err(|error| os_error(&error, &self.path))?;
            py.check_signals()?;
            match step {
                Step::MoreRows => {}
                Step::Chunk(chunk) => return Ok(Some(chunk)),
                Step::End => return Ok(None),
            }
        }
    }
}

/// Creates a chunk with room for the rows of `rest` bytes, but no more: the memory is zeroed, which takes time.
fn new_chunk(rest: u64) -> Chunk {
    // A line has 240 to 300 bytes, at most half of which are its URL or token.
    let rows = usize::try_from(rest / 240).map_or(CHUNK_ROWS, |rows| rows.min(CHUNK_ROWS));
    Chunk::new(rows)
}
