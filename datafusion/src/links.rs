//! The argument of every function: its types, and how its rows are decoded.

use datafusion_common::arrow::array::{
    AnyDictionaryArray, Array, ArrayAccessor, ArrayRef, AsArray, BooleanBufferBuilder, make_array,
};
use datafusion_common::arrow::buffer::NullBuffer;
use datafusion_common::arrow::compute::take;
use datafusion_common::arrow::datatypes::DataType;
use datafusion_common::types::logical_string;
use datafusion_common::utils::take_function_args;
use datafusion_common::{Result, ScalarValue, internal_err};
use datafusion_expr::{
    Coercion, ColumnarValue, EncodingPreservation, ScalarFunctionArgs, Signature, TypeSignature,
    TypeSignatureClass, Volatility,
};

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
    /// In the same order.
    AsTheyAre,
    /// The decoded rows are those of the dictionary's values.
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
        DataType::Utf8 => decode_each(links.as_string::<i32>(), nulls),
        DataType::LargeUtf8 => decode_each(links.as_string::<i64>(), nulls),
        DataType::Utf8View => decode_each(links.as_string_view(), nulls),
        DataType::Binary => decode_each(links.as_binary::<i32>(), nulls),
        DataType::LargeBinary => decode_each(links.as_binary::<i64>(), nulls),
        DataType::BinaryView => decode_each(links.as_binary_view(), nulls),
        DataType::FixedSizeBinary(_) => decode_each(links.as_fixed_size_binary(), nulls),
        DataType::Null => Rows::decode(0, [""; 0], Some(NullBuffer::new_null(links.len()))),
        // The signature accepts no other type.
        other => internal_err!("links of type {other}"),
    }
}

fn decode_each<'a, T: AsRef<[u8]> + ?Sized + 'a>(
    links: impl ArrayAccessor<Item = &'a T>,
    nulls: Option<NullBuffer>,
) -> Result<Rows> {
    match nulls.filter(|nulls| nulls.null_count() > 0) {
        Some(nulls) => {
            let (valid, count) = (nulls.clone(), nulls.len() - nulls.null_count());
            Rows::decode(count, valid.valid_indices().map(|row| links.value(row)), Some(nulls))
        }
        None => Rows::decode(links.len(), (0..links.len()).map(|row| links.value(row)), None),
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use datafusion_common::arrow::array::{DictionaryArray, Int32Array, StringArray};

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
    fn null_links_are_not_decoded() {
        let links = StringArray::from(vec![None, Some("CBIwkdv6lUE"), None, Some("hello")]);
        assert_eq!(decoded(&links), (2, vec![None, Some("share".into()), None, None]));
    }
}
