//! The argument of every function: its types, and how its rows are decoded.

use std::ops::Range;

use datafusion_common::arrow::array::types::{ByteArrayType, ByteViewType};
use datafusion_common::arrow::array::{
    AnyDictionaryArray, Array, ArrayRef, AsArray, BooleanBufferBuilder, ByteView, GenericByteArray,
    GenericByteViewArray, MAX_INLINE_VIEW_LEN, make_array,
};
use datafusion_common::arrow::buffer::NullBuffer;
use datafusion_common::arrow::compute::take;
use datafusion_common::arrow::datatypes::{ArrowNativeType, DataType};
use datafusion_common::types::logical_string;
use datafusion_common::utils::take_function_args;
use datafusion_common::{Result, ScalarValue, internal_err};
use datafusion_expr::{
    Coercion, ColumnarValue, EncodingPreservation, ScalarFunctionArgs, Signature, TypeSignature,
    TypeSignatureClass, Volatility,
};

use google_news_link::Batch;

use crate::rows::{Part, Rows};

/// Returns the signature of every function: one argument, a string or binary type or a dictionary of one.
pub(crate) fn signature() -> Signature {
    let classes = [TypeSignatureClass::Native(logical_string()), TypeSignatureClass::Binary];
    let signatures = classes.map(|class| {
        let link = Coercion::new_exact(class).with_encoding_preservation(EncodingPreservation::dictionary());
        TypeSignature::Coercible(vec![link])
    });
    Signature {
        parameter_names: Some(vec!["link".to_owned()]),
        ..Signature::one_of(signatures.into(), Volatility::Immutable)
    }
}

/// Calls `function` with the only argument as an array. `name` is the SQL name of the function.
pub(crate) fn invoke(
    name: &str,
    args: ScalarFunctionArgs,
    function: impl FnOnce(&dyn Array) -> Result<ArrayRef>,
) -> Result<ColumnarValue> {
    let [links] = take_function_args(name, args.args)?;
    Ok(match links {
        ColumnarValue::Array(links) => ColumnarValue::Array(function(&links)?),
        ColumnarValue::Scalar(link) => {
            let found = function(&link.to_array()?)?;
            ColumnarValue::Scalar(ScalarValue::try_from_array(&found, 0)?)
        }
    })
}

/// Returns the type of `part` for links of type `links`.
pub(crate) fn part_type(part: Part, links: &DataType) -> DataType {
    match links {
        DataType::Dictionary(keys, _) if part.is_string() => {
            DataType::Dictionary(keys.clone(), Box::new(part.data_type()))
        }
        _ => part.data_type(),
    }
}

/// Decodes `links`. [`Arranged::array`] puts the decoded rows in the order of the links.
pub(crate) fn decode(links: &dyn Array) -> Result<(Rows, Arranged<'_>)> {
    match links.as_any_dictionary_opt() {
        Some(dictionary) => Ok((decode_dictionary(dictionary)?, Arranged::ByKeys(dictionary))),
        None => Ok((decode_array(links, links.logical_nulls())?, Arranged::AsTheyAre)),
    }
}

/// How the decoded rows are arranged in the result.
#[derive(Clone, Copy)]
pub(crate) enum Arranged<'a> {
    /// Row i belongs to link i.
    AsTheyAre,
    /// Row i belongs to value i of the dictionary. The keys lead from the links to the rows.
    ByKeys(&'a dyn AnyDictionaryArray),
}

impl Arranged<'_> {
    /// Converts the array of decoded rows to the array of the result, which has the type [`part_type`].
    pub(crate) fn array(self, part: Part, rows: ArrayRef) -> Result<ArrayRef> {
        Ok(match self {
            Arranged::AsTheyAre => rows,
            Arranged::ByKeys(dictionary) if part.is_string() => {
                // Rows without a value get a NULL key, so that no key refers to a value that is NULL. The bytes of such a
                // value are not empty, because URLs and tokens share a buffer, and Arrow's cast to `Utf8View` returns them
                // (apache/arrow-rs#10510): a token would become a URL.
                let array = dictionary.with_values(rows);
                let nulls = array.logical_nulls();
                make_array(array.to_data().into_builder().nulls(nulls).build()?)
            }
            Arranged::ByKeys(dictionary) => take(&rows, dictionary.keys(), None)?,
        })
    }
}

/// Decodes only the values that a key refers to. They may be far fewer than all values, because the batches of a file
/// share its dictionary.
fn decode_dictionary(dictionary: &dyn AnyDictionaryArray) -> Result<Rows> {
    let values = dictionary.values();
    let mut used = BooleanBufferBuilder::new(values.len());
    used.append_n(values.len(), false);
    // Without values all keys are NULL, and `normalized_keys` would panic.
    if !values.is_empty() {
        let keys = dictionary.keys();
        for (row, key) in dictionary.normalized_keys().into_iter().enumerate() {
            if keys.is_valid(row) {
                used.set_bit(key, true);
            }
        }
    }
    let used = NullBuffer::new(used.finish());
    decode_array(values, NullBuffer::union(values.logical_nulls().as_ref(), Some(&used)))
}

/// Decodes the links that are valid in `nulls`.
fn decode_array(links: &dyn Array, nulls: Option<NullBuffer>) -> Result<Rows> {
    match links.data_type() {
        DataType::Utf8 => decode_bytes(links.as_string::<i32>(), nulls),
        DataType::LargeUtf8 => decode_bytes(links.as_string::<i64>(), nulls),
        DataType::Utf8View => decode_views(links.as_string_view(), nulls),
        DataType::Binary => decode_bytes(links.as_binary::<i32>(), nulls),
        DataType::LargeBinary => decode_bytes(links.as_binary::<i64>(), nulls),
        DataType::BinaryView => decode_views(links.as_binary_view(), nulls),
        DataType::FixedSizeBinary(_) => {
            let links = links.as_fixed_size_binary();
            let len = links.value_size();
            decode_ranges(links.values(), links.len(), nulls, |row| row * len..(row + 1) * len)
        }
        DataType::Null => decode_ranges(&[], links.len(), Some(NullBuffer::new_null(links.len())), |_| 0..0),
        // The signature accepts no other type.
        other => internal_err!("links of type {other}"),
    }
}

fn decode_bytes<T: ByteArrayType>(links: &GenericByteArray<T>, nulls: Option<NullBuffer>) -> Result<Rows> {
    let offsets = links.value_offsets();
    decode_ranges(links.value_data(), links.len(), nulls, |row| {
        offsets[row].as_usize()..offsets[row + 1].as_usize()
    })
}

/// Decodes links that are in one buffer.
fn decode_ranges(
    data: &[u8],
    len: usize,
    nulls: Option<NullBuffer>,
    range: impl Fn(usize) -> Range<usize>,
) -> Result<Rows> {
    match nulls.filter(|nulls| nulls.null_count() > 0) {
        Some(nulls) => {
            let (valid, count) = (nulls.clone(), nulls.len() - nulls.null_count());
            let ranges = valid.valid_indices().map(range);
            Rows::decode(count, |batch| batch.push_strings(data, ranges), Some(nulls))
        }
        None => Rows::decode(len, |batch| batch.push_strings(data, (0..len).map(range)), None),
    }
}

/// Decodes links, each of which is in its view or in one of several buffers. Those next to each other usually share a buffer.
fn decode_views<T: ByteViewType>(links: &GenericByteViewArray<T>, nulls: Option<NullBuffer>) -> Result<Rows> {
    let nulls = nulls.filter(|nulls| nulls.null_count() > 0);
    let is_valid = |row: &usize| nulls.as_ref().is_none_or(|nulls| nulls.is_valid(*row));
    let mut places = (0..links.len()).filter(is_valid).map(|row| Place::of(links, row)).peekable();
    let count = nulls.as_ref().map_or(links.len(), |nulls| nulls.len() - nulls.null_count());
    let push = |batch: &mut Batch| {
        while let Some(&Place { buffer, .. }) = places.peek() {
            let data: &[u8] = buffer.map_or(links.views().inner(), |buffer| &links.data_buffers()[buffer]);
            let of_buffer = std::iter::from_fn(|| places.next_if(|place| place.buffer == buffer));
            batch.push_strings(data, of_buffer.map(|place| place.range))?;
        }
        Ok(())
    };
    Rows::decode(count, push, nulls.clone())
}

/// Where a link of an array of views is.
struct Place {
    /// The number of the buffer, or `None` if the link is in its view.
    buffer: Option<usize>,
    range: Range<usize>,
}

impl Place {
    fn of<T: ByteViewType>(links: &GenericByteViewArray<T>, row: usize) -> Self {
        let view = ByteView::from(links.views()[row]);
        let (buffer, start) = if view.length <= MAX_INLINE_VIEW_LEN {
            (None, row * size_of::<u128>() + size_of_val(&view.length))
        } else {
            (Some(view.buffer_index as usize), view.offset as usize)
        };
        Place { buffer, range: start..start + view.length as usize }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use datafusion_common::arrow::array::{DictionaryArray, Int32Array, StringArray, StringViewBuilder};

    use super::*;
    use crate::rows::tests::DECODED;

    /// Returns the number of decoded links and the kind of each row.
    fn decoded(links: &dyn Array) -> (usize, Vec<Option<String>>) {
        let before = DECODED.get();
        let (rows, arranged) = decode(links).unwrap();
        let kinds = arranged.array(Part::Kind, rows.into_array(Part::Kind).unwrap()).unwrap();
        let kinds = match kinds.as_any_dictionary_opt() {
            Some(dictionary) => take(dictionary.values(), dictionary.keys(), None).unwrap(),
            None => kinds,
        };
        let kinds = kinds.as_string::<i32>().iter().map(|kind| kind.map(str::to_owned)).collect();
        (DECODED.get() - before, kinds)
    }

    #[test]
    fn dictionary_values_in_use_are_decoded_once() {
        let values = StringArray::from(vec![
            Some("CAAqBwgKMI7rigMwlq88"),
            Some("CBIwkdv6lUE"),
            None,
            Some("CCAiC2JSMFZjT0NUb2hZmAEB"),
        ]);
        let keys: Int32Array = (0..1_000).map(|row| [Some(0), None, Some(1), Some(2)][row % 4]).collect();
        let links = DictionaryArray::new(keys, Arc::new(values));
        let kinds: Vec<_> = (0..1_000)
            .map(|row| [Some("publication"), None, Some("share"), None][row % 4].map(str::to_owned))
            .collect();
        assert_eq!(decoded(&links), (2, kinds.clone()));
        // A slice keeps all values of the dictionary.
        assert_eq!(decoded(&links.slice(2, 1)), (1, kinds[2..3].to_vec()));
        assert_eq!(decoded(&links.slice(1, 0)), (0, vec![]));
    }

    #[test]
    fn views_are_decoded_from_every_buffer() {
        const SHARE: &str = "CBIwkdv6lUE";
        const PUBLICATION: &str = "CAAqBwgKMI7rigMwlq88";
        const VIDEO: &str = "CCAiC2JSMFZjT0NUb2hZmAEB";
        // Blocks of 32 bytes have room for one of them. A share is in its view, as short strings are.
        let mut links = StringViewBuilder::new().with_fixed_block_size(32);
        for _ in 0..20 {
            links.extend([
                Some(VIDEO),
                Some(SHARE),
                None,
                Some(PUBLICATION),
                Some(PUBLICATION),
                Some(""),
                None,
            ]);
        }
        let links = links.finish();
        assert!(links.data_buffers().len() > 20);
        let (decoded_rows, kinds) = decoded(&links);
        let strings: StringArray = links.iter().collect();
        assert_eq!((decoded_rows, &kinds), (100, &decoded(&strings).1));
        assert_eq!(
            kinds[..4],
            [Some("video"), Some("share"), None, Some("publication")].map(|kind| kind.map(str::to_owned))
        );
        // Slices keep the buffers, and rows can be in any order.
        assert_eq!(decoded(&links.slice(3, 50)).1, kinds[3..53]);
        let backwards = take(&links, &Int32Array::from_iter_values((0..140).rev()), None).unwrap();
        assert!(decoded(&backwards).1.iter().eq(kinds.iter().rev()));
    }

    #[test]
    fn null_links_are_not_decoded() {
        let links = StringArray::from(vec![None, Some("CBIwkdv6lUE"), None, Some("hello")]);
        assert_eq!(decoded(&links), (2, vec![None, Some("share".into()), None, None]));
    }
}
