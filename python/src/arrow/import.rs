//! Imports arrays and streams of strings.

use std::sync::Arc;

use arrow_array::cast::AsArray;
use arrow_array::ffi::{FFI_ArrowArray, from_ffi};
use arrow_array::ffi_stream::{ArrayStreamReader, FFI_ArrowArrayStream};
use arrow_array::{
    Array, ArrayReader, ArrayRef, BinaryArray, BinaryViewArray, LargeBinaryArray, NullArray, OffsetSizeTrait,
    make_array,
};
use arrow_schema::ffi::FFI_ArrowSchema;
use arrow_schema::{ArrowError, DataType};
use google_news_link::batch::BatchFull;
use pyo3::exceptions::{PyImportError, PyTypeError, PyUnicodeEncodeError, PyValueError};
use pyo3::intern;
use pyo3::prelude::*;
use pyo3::types::PyCapsule;

use crate::batch::batch_full;
use crate::builder::Builder;
use crate::target::type_name;
use crate::text::Unit;

/// The rows of a slice. For an array of the type dictionary, the keys of one slice at a time are copied.
const SLICE_ROWS: usize = 65_536;

/// The bytes of links that are decoded before signals are handled: some milliseconds.
const BYTES: usize = 2 * 1024 * 1024;

/// Arrays of links that have not been read yet.
pub(crate) enum Arrays {
    /// So many missing links.
    Nulls(usize),
    One(ArrayRef),
    Stream(ArrayStreamReader),
}

/// Imports an object with one of the capsules of Arrow's C data interface. Returns `None` for any other object.
pub(crate) fn arrays(links: &Bound<'_, PyAny>) -> PyResult<Option<Arrays>> {
    let py = links.py();
    let arrays = if let Some(method) = links.getattr_opt(intern!(py, "__arrow_c_stream__"))? {
        match method.call0() {
            Ok(capsule) => Arrays::Stream(import_stream(&capsule)?),
            // A Series of pandas has the method, but cannot export without pyarrow, or strings with lone surrogates.
            Err(error)
                if error.is_instance_of::<PyImportError>(py)
                    || error.is_instance_of::<PyUnicodeEncodeError>(py) =>
            {
                return Ok(None);
            }
            Err(error) => return Err(error),
        }
    } else if let Some(method) = links.getattr_opt(intern!(py, "__arrow_c_array__"))? {
        let capsules = method.call0()?;
        let (schema, array): (Bound<'_, PyAny>, Bound<'_, PyAny>) = capsules.extract()?;
        Arrays::One(import_array(&schema, &array)?)
    } else {
        return Ok(None);
    };
    let data_type = match &arrays {
        Arrays::Nulls(_) => DataType::Null,
        Arrays::One(array) => array.data_type().clone(),
        Arrays::Stream(stream) => stream.field().data_type().clone(),
    };
    // polars exports a buffer for values that have none, which is an error.
    if data_type == DataType::Null
        && let Ok(len) = links.len()
    {
        return Ok(Some(Arrays::Nulls(len)));
    }
    if !is_accepted(&data_type) {
        let name = type_name(links);
        let hint = if data_type.is_nested() { ": pass one of its columns" } else { "" };
        return Err(PyTypeError::new_err(format!("links are strings, not {data_type} ({name}){hint}")));
    }
    Ok(Some(arrays))
}

fn is_accepted(data_type: &DataType) -> bool {
    match data_type {
        DataType::Dictionary(_, values) => is_accepted(values),
        data_type => matches!(
            data_type,
            DataType::Null
                | DataType::Utf8
                | DataType::LargeUtf8
                | DataType::Utf8View
                | DataType::Binary
                | DataType::LargeBinary
                | DataType::BinaryView
        ),
    }
}

fn import_stream(capsule: &Bound<'_, PyAny>) -> PyResult<ArrayStreamReader> {
    let pointer = capsule.cast::<PyCapsule>()?.pointer_checked(Some(c"arrow_array_stream"))?;
    // SAFETY: a capsule of this name contains a valid `ArrowArrayStream`, by the Arrow PyCapsule interface. It is moved out:
    // what is left is marked as released, so that the destructor of the capsule does not release it again.
    #[allow(unsafe_code)]
    let stream = unsafe { FFI_ArrowArrayStream::from_raw(pointer.as_ptr().cast()) };
    ArrayStreamReader::try_new(stream).map_err(to_value_error)
}

fn import_array(schema: &Bound<'_, PyAny>, array: &Bound<'_, PyAny>) -> PyResult<ArrayRef> {
    let schema = schema.cast::<PyCapsule>()?.pointer_checked(Some(c"arrow_schema"))?;
    let array = array.cast::<PyCapsule>()?.pointer_checked(Some(c"arrow_array"))?;
    // SAFETY: capsules of these names contain a valid `ArrowSchema` and `ArrowArray`, by the Arrow PyCapsule interface. Both
    // are moved out: what is left is marked as released.
    #[allow(unsafe_code)]
    let (schema, array) = unsafe {
        (FFI_ArrowSchema::from_raw(schema.as_ptr().cast()), FFI_ArrowArray::from_raw(array.as_ptr().cast()))
    };
    if array.is_released() {
        return Err(PyValueError::new_err("the Arrow array was consumed before"));
    }
    // SAFETY: the producer guarantees that the array has the type of the schema it was exported with.
    #[allow(unsafe_code)]
    let data = unsafe { from_ffi(array, &schema) }.map_err(to_value_error)?;
    Ok(make_array(data))
}

fn to_value_error(error: ArrowError) -> PyErr {
    PyValueError::new_err(error.to_string())
}

/// Decodes the links of all arrays.
pub(crate) fn decode_arrays(py: Python<'_>, arrays: Arrays) -> PyResult<Builder> {
    match arrays {
        Arrays::Nulls(len) => {
            let mut builder = Builder::new(len);
            push_array(py, &mut builder, &(Arc::new(NullArray::new(len)) as ArrayRef))?;
            Ok(builder)
        }
        Arrays::One(array) => {
            let mut builder = Builder::new(array.len());
            push_array(py, &mut builder, &array)?;
            Ok(builder)
        }
        Arrays::Stream(mut stream) => {
            let mut builder = Builder::new(0);
            // The producer may take the lock of the interpreter itself, in this thread or another one.
            while let Some(array) = py.detach(|| stream.next()) {
                push_array(py, &mut builder, &array.map_err(to_value_error)?)?;
                py.check_signals()?;
            }
            Ok(builder)
        }
    }
}

/// Adds the links of an array. Other threads run meanwhile, and signals are handled every few milliseconds.
fn push_array(py: Python<'_>, builder: &mut Builder, array: &ArrayRef) -> PyResult<()> {
    let unit = if is_text(array.data_type()) { Unit::Characters } else { Unit::Bytes };
    let array = to_binary(array);
    // A producer could pass offsets, keys or views beyond the values.
    py.detach(|| array.to_data().validate_full()).map_err(to_value_error)?;
    for start in (0..array.len()).step_by(SLICE_ROWS) {
        let slice = array.slice(start, SLICE_ROWS.min(array.len() - start));
        let links = Links::of(&slice);
        let mut row = 0;
        while row < slice.len() {
            py.detach(|| push_rows(builder, &links, slice.len(), unit, &mut row)).map_err(batch_full)?;
            py.check_signals()?;
        }
    }
    Ok(())
}

/// Adds links from index `row` on: about `BYTES` bytes of them, or all that are left. Sets `row` to the index of the next link.
fn push_rows(
    builder: &mut Builder,
    links: &Links<'_>,
    len: usize,
    unit: Unit,
    row: &mut usize,
) -> Result<(), BatchFull> {
    if links.push_strings(builder, unit, row)? {
        return Ok(());
    }
    let mut bytes = 0;
    while *row < len && bytes < BYTES {
        match links.get(*row) {
            Some(link) => {
                builder.push(link, unit);
                bytes += link.len();
            }
            None => builder.push_null(),
        }
        if builder.is_block_full() {
            builder.flush()?;
        }
        *row += 1;
    }
    Ok(())
}

fn is_text(data_type: &DataType) -> bool {
    match data_type {
        DataType::Dictionary(_, values) => is_text(values),
        data_type => matches!(data_type, DataType::Utf8 | DataType::LargeUtf8 | DataType::Utf8View),
    }
}

/// Converts an array of strings into one of bytes, without copying them. Not every producer validates UTF-8.
fn to_binary(array: &ArrayRef) -> ArrayRef {
    match array.data_type() {
        DataType::Utf8 => Arc::new(BinaryArray::from(array.as_string::<i32>().clone())),
        DataType::LargeUtf8 => Arc::new(LargeBinaryArray::from(array.as_string::<i64>().clone())),
        DataType::Utf8View => Arc::new(array.as_string_view().clone().to_binary_view()),
        DataType::Dictionary(_, _) => {
            let dictionary = array.as_any_dictionary();
            dictionary.with_values(to_binary(dictionary.values()))
        }
        _ => array.clone(),
    }
}

/// Looks up the links of an array of bytes.
enum Links<'a> {
    Binary(&'a BinaryArray),
    LargeBinary(&'a LargeBinaryArray),
    BinaryView(&'a BinaryViewArray),
    Dictionary { keys: Vec<usize>, validity: &'a dyn Array, values: Box<Links<'a>> },
    Null,
}

impl<'a> Links<'a> {
    fn of(array: &'a ArrayRef) -> Self {
        match array.data_type() {
            DataType::Binary => Links::Binary(array.as_binary()),
            DataType::LargeBinary => Links::LargeBinary(array.as_binary()),
            DataType::BinaryView => Links::BinaryView(array.as_binary_view()),
            DataType::Dictionary(_, _) if !array.as_any_dictionary().values().is_empty() => {
                let dictionary = array.as_any_dictionary();
                Links::Dictionary {
                    keys: dictionary.normalized_keys(),
                    validity: dictionary.keys(),
                    values: Box::new(Links::of(dictionary.values())),
                }
            }
            // A dictionary without values, or an array of `DataType::Null`.
            _ => Links::Null,
        }
    }

    /// Adds links from `row` on if they are stored one after the other and none is missing, and returns whether they are.
    fn push_strings(&self, builder: &mut Builder, unit: Unit, row: &mut usize) -> Result<bool, BatchFull> {
        match self {
            Links::Binary(array) if array.null_count() == 0 => {
                push_strings(builder, unit, array.value_data(), &array.value_offsets()[*row..], row)?;
            }
            Links::LargeBinary(array) if array.null_count() == 0 => {
                push_strings(builder, unit, array.value_data(), &array.value_offsets()[*row..], row)?;
            }
            _ => return Ok(false),
        }
        Ok(true)
    }

    fn get(&self, row: usize) -> Option<&'a [u8]> {
        match self {
            Links::Binary(array) => array.is_valid(row).then(|| array.value(row)),
            Links::LargeBinary(array) => array.is_valid(row).then(|| array.value(row)),
            Links::BinaryView(array) => array.is_valid(row).then(|| array.value(row)),
            Links::Dictionary { keys, validity, values } => {
                if validity.is_valid(row) {
                    values.get(keys[row])
                } else {
                    None
                }
            }
            Links::Null => None,
        }
    }
}

/// Adds the strings of `data` between `offsets`: all, about `BYTES` bytes, or as many as the chunk has room for. Adds
/// their number to `row`.
fn push_strings<O: OffsetSizeTrait>(
    builder: &mut Builder,
    unit: Unit,
    data: &[u8],
    offsets: &[O],
    row: &mut usize,
) -> Result<(), BatchFull> {
    let rows = (offsets.len() - 1).min(builder.rows_left());
    let enough = offsets[0].as_usize() + BYTES;
    let rows = offsets[1..rows].partition_point(|end| end.as_usize() < enough) + 1;
    builder.push_strings(data, offsets[..=rows].iter().map(|end| end.as_usize()), unit)?;
    *row += rows;
    Ok(())
}
