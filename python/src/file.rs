//! The class `LinkFile`.

use std::fs::File;
use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, TryLockError};

use arrow_schema::ArrowError;
use google_news_link::batch::BlockReader;
use pyo3::exceptions::{PyOSError, PyRuntimeError, PyValueError};
use pyo3::intern;
use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyCapsule, PyDict};

use crate::arrow::export;
use crate::batch::Batch;
use crate::builder::{CHUNK_ROWS, Chunk};

/// Decodes a file with a link on each line, offline.
///
/// path is a str, bytes or os.PathLike. Returns a LinkFile, which reads the file anew for each iteration and each export. Row i is
/// that of line i. Raises OSError if the file does not exist or is a directory.
#[pyfunction]
#[pyo3(signature = (path, /))]
pub(crate) fn decode_file<'py>(path: &Bound<'py, PyAny>) -> PyResult<LinkFile> {
    let py = path.py();
    let path: PathBuf =
        py.import(intern!(py, "os"))?.call_method1(intern!(py, "fsdecode"), (path,))?.extract()?;
    if path.as_os_str().as_encoded_bytes().contains(&0) {
        return Err(PyValueError::new_err("embedded null character in the path"));
    }
    let metadata = py.detach(|| std::fs::metadata(&path));
    match metadata {
        Ok(metadata) if metadata.is_dir() => {
            Err(os_error(&io::Error::from(io::ErrorKind::IsADirectory), &path))
        }
        Ok(_) => Ok(LinkFile { path }),
        Err(error) => Err(os_error(&error, &path)),
    }
}

/// Converts an error into an `OSError` of the right subclass, with the path. An exception that was raised while the file was
/// read, such as `KeyboardInterrupt`, is returned as it is.
fn os_error(error: &io::Error, path: &Path) -> PyErr {
    if let Some(raised) = error.get_ref().and_then(|error| error.downcast_ref::<PyErr>()) {
        return Python::attach(|py| raised.clone_ref(py));
    }
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
        py.detach(|| Source::open(&self.path))
            .map(|source| Chunks::new(&self.path, source))
            .map_err(|error| os_error(&error, &self.path))
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

/// The bytes of a file. A signal ends a call that waits for them.
enum Source {
    File {
        file: File,
        len: u64,
    },
    /// A pipe or a device, opened by Python, which handles signals while it waits.
    Python(Py<PyAny>),
}

impl Source {
    fn open(path: &Path) -> io::Result<Self> {
        if std::fs::metadata(path)?.is_file() {
            let file = File::open(path)?;
            let len = file.metadata()?.len();
            return Ok(Source::File { file, len });
        }
        let open = |py: Python<'_>| {
            let kwargs = PyDict::new(py);
            kwargs.set_item("buffering", 0)?;
            Ok(py.import("io")?.call_method("open", (path, "rb"), Some(&kwargs))?.unbind())
        };
        Python::attach(open).map(Source::Python).map_err(raised)
    }
}

impl Drop for Source {
    fn drop(&mut self) {
        if let Source::Python(file) = self {
            // There is no interpreter to attach to while it is shut down, which closes the file, too.
            Python::try_attach(|py| file.call_method0(py, intern!(py, "close")));
        }
    }
}

impl Read for Source {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        match self {
            Source::File { file, .. } => file.read(buffer),
            Source::Python(file) => Python::attach(|py| {
                py.check_signals()?;
                let bytes = file.call_method1(py, intern!(py, "read"), (buffer.len(),))?;
                let bytes = bytes.bind(py).cast::<PyBytes>()?.as_bytes();
                let Some(read) = buffer.get_mut(..bytes.len()) else {
                    return Err(PyOSError::new_err("more bytes were read than requested"));
                };
                read.copy_from_slice(bytes);
                Ok(bytes.len())
            })
            .map_err(raised),
        }
    }
}

/// Wraps an exception. Its kind is not that of an interrupted call, which would be repeated.
fn raised(error: PyErr) -> io::Error {
    io::Error::other(error)
}

/// Reads a file in chunks.
struct Chunks {
    path: PathBuf,
    reader: BlockReader<Source>,
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
    fn new(path: &Path, source: Source) -> Self {
        let rest = match source {
            Source::File { len, .. } => len,
            Source::Python(_) => 0,
        };
        Chunks {
            path: path.to_owned(),
            reader: BlockReader::new(source),
            block: Vec::new(),
            rest,
            chunk: new_chunk(rest),
            error: None,
        }
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
