//! Exports chunks as record batches.
//!
//! The strings are not copied. Arrow's buffers refer to the memory of the chunk, which they keep alive; canonical URLs and
//! tokens share one buffer, as do AMP URLs and the tokens of AMP URLs in the library's batch.

use std::sync::{Arc, LazyLock};

use arrow_array::ffi_stream::FFI_ArrowArrayStream;
use arrow_array::types::Int8Type;
use arrow_array::{
    ArrayRef, DictionaryArray, Int8Array, Int32Array, RecordBatch, RecordBatchReader, StringArray,
};
use arrow_buffer::{BooleanBuffer, Buffer, NullBuffer, OffsetBuffer, ScalarBuffer, ToByteSlice};
use arrow_schema::ffi::FFI_ArrowSchema;
use arrow_schema::{ArrowError, DataType, Field, Schema, SchemaRef};
use bytes::Bytes;
use google_news_link::Kind;
use google_news_link::batch::Column;
use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;
use pyo3::types::PyCapsule;

use crate::builder::Chunk;

static SCHEMA: LazyLock<SchemaRef> = LazyLock::new(|| {
    let kind = DataType::Dictionary(Box::new(DataType::Int8), Box::new(DataType::Utf8));
    let fields = [
        ("kind", kind),
        ("canonical_url", DataType::Utf8),
        ("amp_url", DataType::Utf8),
        ("token", DataType::Utf8),
        ("url_len", DataType::Int32),
        ("error", DataType::Utf8),
    ];
    let fields: Vec<Field> =
        fields.into_iter().map(|(name, data_type)| Field::new(name, data_type, true)).collect();
    Arc::new(Schema::new(fields))
});

/// Returns a capsule of the schema.
pub(crate) fn schema(py: Python<'_>) -> PyResult<Bound<'_, PyCapsule>> {
    PyCapsule::new_with_value(
        py,
        FFI_ArrowSchema::try_from(&**SCHEMA).map_err(to_value_error)?,
        c"arrow_schema",
    )
}

/// Returns a capsule of a stream of chunks.
pub(crate) fn stream<'py>(
    py: Python<'py>,
    chunks: Chunks<impl Iterator<Item = Result<Arc<Chunk>, ArrowError>> + Send + 'static>,
) -> PyResult<Bound<'py, PyCapsule>> {
    PyCapsule::new_with_value(py, FFI_ArrowArrayStream::new(Box::new(chunks)), c"arrow_array_stream")
}

fn to_value_error(error: ArrowError) -> PyErr {
    PyValueError::new_err(error.to_string())
}

/// Converts chunks into record batches as they are read.
pub(crate) struct Chunks<I> {
    chunks: I,
}

impl<I> Chunks<I> {
    pub(crate) fn of(chunks: I) -> Self {
        Chunks { chunks }
    }
}

impl<I: Iterator<Item = Result<Arc<Chunk>, ArrowError>>> Iterator for Chunks<I> {
    type Item = Result<RecordBatch, ArrowError>;

    fn next(&mut self) -> Option<Self::Item> {
        Some(self.chunks.next()?.and_then(|chunk| record_batch(&chunk)))
    }
}

impl<I: Iterator<Item = Result<Arc<Chunk>, ArrowError>>> RecordBatchReader for Chunks<I> {
    fn schema(&self) -> SchemaRef {
        SCHEMA.clone()
    }
}

fn record_batch(chunk: &Arc<Chunk>) -> Result<RecordBatch, ArrowError> {
    let columns: Vec<ArrayRef> = vec![
        Arc::new(kinds(chunk)?),
        Arc::new(strings(chunk, google_news_link::Batch::canonical_urls)?),
        Arc::new(strings(chunk, google_news_link::Batch::amp_urls)?),
        Arc::new(strings(chunk, google_news_link::Batch::tokens)?),
        Arc::new(url_lens(chunk)),
        Arc::new(errors(chunk)?),
    ];
    RecordBatch::try_new(SCHEMA.clone(), columns)
}

fn kinds(chunk: &Chunk) -> Result<DictionaryArray<Int8Type>, ArrowError> {
    static NAMES: LazyLock<Arc<StringArray>> =
        LazyLock::new(|| Arc::new(StringArray::from_iter_values(Kind::ALL.iter().map(|kind| kind.as_str()))));
    let kinds = chunk.batch.kinds();
    // The number of kinds fits an `i8`.
    let keys: Vec<i8> = kinds.keys().into_iter().map(|key| key as i8).collect();
    let keys = Int8Array::try_new(keys.into(), Some(nulls(kinds.validity(), kinds.len())))?;
    DictionaryArray::try_new(keys, NAMES.clone())
}

/// A part of a chunk as the owner of a buffer.
struct Part<F> {
    chunk: Arc<Chunk>,
    part: F,
}

impl<F: Fn(&Chunk) -> &[u8]> AsRef<[u8]> for Part<F> {
    fn as_ref(&self) -> &[u8] {
        (self.part)(&self.chunk)
    }
}

fn buffer<F: Fn(&Chunk) -> &[u8] + Send + 'static>(chunk: &Arc<Chunk>, part: F) -> Buffer {
    Buffer::from(Bytes::from_owner(Part { chunk: chunk.clone(), part }))
}

fn strings(
    chunk: &Arc<Chunk>,
    column: fn(&google_news_link::Batch) -> Column<'_>,
) -> Result<StringArray, ArrowError> {
    let strings = column(&chunk.batch);
    let nulls = nulls(strings.validity(), strings.len());
    if nulls.null_count() == nulls.len() {
        // The buffers have the strings of another column, which would be validated once more.
        return Ok(StringArray::new_null(nulls.len()));
    }
    let data = buffer(chunk, move |chunk| column(&chunk.batch).data());
    let offsets = buffer(chunk, move |chunk| column(&chunk.batch).offsets().to_byte_slice());
    let offsets = OffsetBuffer::new(ScalarBuffer::new(offsets, 0, nulls.len() + 1));
    StringArray::try_new(offsets, data, Some(nulls))
}

fn nulls(validity: Vec<u8>, len: usize) -> NullBuffer {
    NullBuffer::new(BooleanBuffer::new(Buffer::from(validity), 0, len))
}

fn url_lens(chunk: &Chunk) -> Int32Array {
    // No URL is longer than the 65,536 bytes of a link.
    chunk.batch.url_lens().iter().map(|len| len.map(|len| len as i32)).collect()
}

/// Returns the messages of errors, null for most rows.
fn errors(chunk: &Chunk) -> Result<StringArray, ArrowError> {
    let len = chunk.batch.len();
    let mut validity = vec![0; len.div_ceil(8)];
    let mut offsets = Vec::with_capacity(len + 1);
    let mut messages = String::new();
    // Much less than 2 GiB: a message has less than 200 bytes, and a chunk at most 16,384 rows and those of a block.
    let end = |messages: &String| messages.len() as i32;
    for (row, error) in chunk.batch.errors().filter(|&(row, _)| !chunk.is_null(row)) {
        offsets.resize(row + 1, end(&messages));
        messages.push_str(&error.to_string());
        validity[row / 8] |= 1 << (row % 8);
    }
    offsets.resize(len + 1, end(&messages));
    let offsets = OffsetBuffer::new(ScalarBuffer::from(offsets));
    StringArray::try_new(offsets, Buffer::from(messages.into_bytes()), Some(nulls(validity, len)))
}
