//! Compares the functions with `decode`: for the vectors and for arbitrary bytes, in every encoding of the argument.

use std::sync::Arc;

use datafusion::arrow::array::{
    Array, ArrayRef, AsArray, BinaryArray, BinaryViewArray, LargeBinaryArray, LargeStringArray, StringArray,
    StringViewArray,
};
use datafusion::arrow::compute::cast;
use datafusion::arrow::datatypes::{DataType, Field, Int32Type};
use datafusion::arrow::util::display::array_value_to_string;
use datafusion::common::ScalarValue;
use datafusion::config::ConfigOptions;
use datafusion::logical_expr::{ColumnarValue, ReturnFieldArgs, ScalarFunctionArgs, ScalarUDF};
use google_news_link::{Kind, decode};
use google_news_link_datafusion::all_udfs;
use proptest::prelude::*;

/// Returns the links of all vectors, valid and hostile.
fn vectors() -> Vec<String> {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../tests/data/vectors/");
    let read = |file: &str| std::fs::read_to_string(format!("{folder}{file}")).unwrap();
    let mut links = Vec::new();
    for table in ["links.tsv", "field.tsv", "hostile.tsv", "opaque_pairs.tsv"] {
        let before = links.len();
        links.extend(
            read(table).lines().skip(1).filter_map(|line| line.split('\t').next().map(str::to_owned)),
        );
        assert!(links.len() > before, "{table}");
    }
    // These files contain IDs, separated by commas and quotes.
    for file in ["opaque_pairs_browser.csv", "old_format.json"] {
        let ids = read(file);
        let ids = ids
            .split(['"', ',', '\n'])
            .filter(|text| text.starts_with("CBMi") || text.contains("/articles/"));
        let before = links.len();
        links.extend(ids.map(str::to_owned));
        assert!(links.len() > before, "{file}");
    }
    links
}

/// The functions that return one string, and the fields of the struct with the same values.
const STRINGS: [(&str, &str); 6] = [
    ("google_news_kind", "kind"),
    ("google_news_id", "id"),
    ("google_news_url", "canonical_url"),
    ("google_news_amp_url", "amp_url"),
    ("google_news_token", "token"),
    ("google_news_error", "error"),
];

/// The answers of all functions for one link: those of [`STRINGS`] and the length of the URL.
#[derive(Clone, PartialEq, Debug, Default)]
struct Row {
    strings: [Option<String>; STRINGS.len()],
    url_len: Option<i32>,
}

fn expected(link: Option<&[u8]>) -> Row {
    let Some(link) = link else { return Row::default() };
    match decode(link) {
        Ok(target) => Row {
            strings: [
                Some(target.kind().to_string()),
                target.to_id(),
                target.canonical_url().map(Into::into),
                target.amp_url().map(Into::into),
                target.token().map(Into::into),
                None,
            ],
            url_len: target.url_len().map(|len| len as i32),
        },
        Err(error) => Row { strings: [None, None, None, None, None, Some(error.to_string())], url_len: None },
    }
}

/// Calls `udf` as the engine does, and checks the type of the result.
fn call(udf: &ScalarUDF, links: ColumnarValue, rows: usize) -> ColumnarValue {
    let field = Arc::new(Field::new("link", links.data_type(), true));
    let arg_fields = [field];
    let return_field = udf
        .return_field_from_args(ReturnFieldArgs { arg_fields: &arg_fields, scalar_arguments: &[None] })
        .unwrap();
    let expected = return_field.data_type().clone();
    let found = udf
        .invoke_with_args(ScalarFunctionArgs {
            args: vec![links],
            arg_fields: arg_fields.to_vec(),
            number_rows: rows,
            return_field,
            config_options: Arc::new(ConfigOptions::default()),
        })
        .unwrap();
    assert_eq!(found.data_type(), expected, "{}", udf.name());
    found
}

fn strings(array: &dyn Array) -> Vec<Option<String>> {
    let plain = cast(array, &DataType::Utf8).unwrap();
    let plain: Vec<_> = plain.as_string::<i32>().iter().map(|string| string.map(str::to_owned)).collect();
    // This cast ignores which values of a dictionary are NULL.
    let view = cast(array, &DataType::Utf8View).unwrap();
    assert!(view.as_string_view().iter().eq(plain.iter().map(Option::as_deref)), "{view:?}");
    plain
}

/// Returns the answers of the functions for each of `links`.
fn found(links: &ArrayRef) -> Vec<Row> {
    let mut rows = vec![Row::default(); links.len()];
    let call_named = |name: &str| {
        let udfs = all_udfs();
        let udf = udfs.iter().find(|udf| udf.name() == name).unwrap();
        call(udf, ColumnarValue::Array(links.clone()), links.len()).to_array(links.len()).unwrap()
    };
    let all = call_named("google_news_decode");
    let all = all.as_struct();
    assert_eq!(
        all.logical_nulls().map_or(0, |nulls| nulls.null_count()),
        links.logical_nulls().map_or(0, |nulls| nulls.null_count())
    );
    for (part, (function, field)) in STRINGS.into_iter().enumerate() {
        let column = strings(&call_named(function));
        assert_eq!(strings(all.column_by_name(field).unwrap()), column, "{field}");
        for (row, string) in rows.iter_mut().zip(column) {
            row.strings[part] = string;
        }
    }
    let lens = call_named("google_news_url_len");
    assert_eq!(all.column_by_name("url_len").unwrap(), &lens);
    for (row, len) in rows.iter_mut().zip(lens.as_primitive::<Int32Type>()) {
        row.url_len = len;
    }
    rows
}

/// Returns the links in every encoding that can represent them: strings only if all are UTF-8.
fn encodings(links: &[Option<&[u8]>]) -> Vec<ArrayRef> {
    let binary: ArrayRef = Arc::new(links.iter().collect::<BinaryArray>());
    let mut arrays: Vec<ArrayRef> = vec![
        Arc::new(links.iter().collect::<LargeBinaryArray>()),
        Arc::new(links.iter().collect::<BinaryViewArray>()),
    ];
    let utf8: Option<Vec<Option<&str>>> =
        links.iter().map(|link| link.map(std::str::from_utf8).transpose().ok()).collect();
    if let Some(utf8) = utf8 {
        arrays.push(Arc::new(utf8.iter().collect::<StringArray>()));
        arrays.push(Arc::new(utf8.iter().collect::<LargeStringArray>()));
        arrays.push(Arc::new(utf8.iter().collect::<StringViewArray>()));
    }
    for array in arrays.clone().into_iter().chain([binary.clone()]) {
        let of = DataType::Dictionary(Box::new(DataType::Int32), Box::new(array.data_type().clone()));
        // Arrow can't cast to a dictionary of every type, so only the values are cast.
        if let Ok(dictionary) =
            cast(&binary, &DataType::Dictionary(Box::new(DataType::Int32), Box::new(DataType::Binary)))
            && let dictionary = dictionary.as_dictionary::<Int32Type>().clone()
            && let Ok(values) = cast(dictionary.values(), array.data_type())
        {
            let dictionary: ArrayRef = Arc::new(dictionary.with_values(values));
            assert_eq!(dictionary.data_type(), &of);
            arrays.push(dictionary);
        }
    }
    arrays.push(binary);
    arrays
}

#[test]
fn functions_agree_with_decode_on_every_vector() {
    let links = vectors();
    let links: Vec<Option<&[u8]>> = links.iter().map(|link| Some(link.as_bytes())).collect();
    let expected: Vec<_> = links.iter().map(|link| expected(*link)).collect();
    let encodings = encodings(&links);
    // Six types, plain and in a dictionary.
    assert_eq!(encodings.len(), 2 * 6);
    for array in encodings {
        assert_eq!(found(&array), expected, "{}", array.data_type());
        // Slices of one row and of the middle.
        for row in [0, links.len() - 1] {
            assert_eq!(found(&array.slice(row, 1)), expected[row..=row]);
        }
        let (start, end) = (links.len() / 4, links.len() / 2);
        assert_eq!(found(&array.slice(start, end - start)), expected[start..end]);
    }
}

#[test]
fn the_vectors_have_links_of_every_kind() {
    let links = vectors();
    let links: ArrayRef = Arc::new(links.iter().map(Some).collect::<StringArray>());
    let rows = found(&links);
    for kind in Kind::ALL {
        assert!(rows.iter().any(|row| row.strings[0].as_deref() == Some(kind.as_str())), "{kind}");
    }
}

#[test]
fn scalars_return_the_same_as_arrays_of_one_row() {
    for link in vectors() {
        let link = link.as_str();
        for scalar in [
            ScalarValue::from(link),
            ScalarValue::LargeUtf8(Some(link.into())),
            ScalarValue::Utf8View(Some(link.into())),
            ScalarValue::Binary(Some(link.into())),
            ScalarValue::Dictionary(Box::new(DataType::Int8), Box::new(ScalarValue::from(link))),
        ] {
            let array = scalar.to_array().unwrap();
            for udf in all_udfs() {
                let ColumnarValue::Scalar(found) = call(&udf, ColumnarValue::Scalar(scalar.clone()), 1)
                else {
                    panic!("{} of a scalar is an array", udf.name());
                };
                let expected = call(&udf, ColumnarValue::Array(array.clone()), 1).to_array(1).unwrap();
                let found = found.to_array().unwrap();
                assert_eq!(found.data_type(), expected.data_type());
                // NULL may be a key of a dictionary or one of its values.
                assert_eq!(found.logical_null_count(), expected.logical_null_count());
                let show = |array| array_value_to_string(array, 0).unwrap();
                assert_eq!(show(&found), show(&expected), "{} of {link}", udf.name());
            }
        }
    }
}

/// Generates NULL, damaged links, arbitrary strings and arbitrary bytes.
fn link() -> impl Strategy<Value = Option<Vec<u8>>> {
    let vectors = vectors();
    let damaged = (prop::sample::select(vectors), any::<prop::sample::Index>(), any::<u8>()).prop_map(
        |(link, at, byte)| {
            let mut link = link.into_bytes();
            if !link.is_empty() {
                let at = at.index(link.len());
                link[at] = byte;
            }
            Some(link)
        },
    );
    prop_oneof![
        1 => Just(None),
        4 => damaged,
        1 => "\\PC{0,80}".prop_map(|string| Some(string.into_bytes())),
        1 => prop::collection::vec(any::<u8>(), 0..200).prop_map(Some),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(64) })]

    #[test]
    fn functions_agree_with_decode_on_arbitrary_bytes(links in prop::collection::vec(link(), 0..40)) {
        let links: Vec<Option<&[u8]>> = links.iter().map(|link| link.as_deref()).collect();
        let expected: Vec<_> = links.iter().map(|link| expected(*link)).collect();
        for array in encodings(&links) {
            prop_assert_eq!(&found(&array), &expected, "{}", array.data_type());
        }
    }
}
