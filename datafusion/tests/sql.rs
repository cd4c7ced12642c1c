//! Queries through the engine, on every type that the argument may have.

use std::sync::Arc;

use datafusion::arrow::array::{
    Array, ArrayRef, AsArray, Int32Array, RecordBatch, StringArray, new_null_array,
};
use datafusion::arrow::compute::{cast, concat};
use datafusion::arrow::datatypes::{DataType, Int32Type, Int64Type};
use datafusion::arrow::util::pretty::pretty_format_batches;
use datafusion::common::ScalarValue;
use datafusion::datasource::MemTable;
use datafusion::error::Result;
use datafusion::prelude::{SessionConfig, SessionContext, col, ident, lit};
use google_news_link::decode;
use google_news_link_datafusion::*;

/// One link for each code path: an article without and with an AMP URL, an opaque article, a video, NULL, a topic
/// (which has only a kind and an ID), a redirect with the URL in plain text, a damaged ID, an empty string, an opaque redirect.
const LINKS: [Option<&str>; 12] = [
    Some("./articles/CBMiFmh0dHBzOi8vYW11LnR2LzExMTkzMS_SAQA?hl=en-IN&gl=IN&ceid=IN%3Aen"),
    Some("CBMiFmh0dHBzOi8vYW11LnR2LzExMTkzMS_SARpodHRwczovL2FtdS50di8xMTE5MzEvYW1wLw"),
    Some(
        "https://news.google.com/rss/articles/CBMiNkFVX3lxTE04T1d2QWFkS3BlS042NlZ0bThVc3hFeU5xTFF0d25TdDFhSURHT00tRWhSOGVpZw?oc=5",
    ),
    Some("https://news.google.com/rss/articles/CCAiCzRCdjAzZnVpSkZFmAEB?oc=5"),
    None,
    Some("https://news.google.com/topics/CAAqJQgKIh9DQkFTRVFvSUwyMHZNRE55YXpBU0JXVnVMVWRDS0FBUAE"),
    Some("https://www.google.com/url?rct=j&url=https://example.com/a%3Fb&ct=ga"),
    Some("https://news.google.com/articles/CBMiYmh0dHBzO..."),
    Some(""),
    // The same article as in the third link, in another form of the link: the tokens are equal.
    Some(
        "https://news.google.com/read/CBMiNkFVX3lxTE04T1d2QWFkS3BlS042NlZ0bThVc3hFeU5xTFF0d25TdDFhSURHT00tRWhSOGVpZw?hl=en-US",
    ),
    None,
    // The padding is not part of the token.
    Some(
        "https://www.google.com/goto?url=CAESZAHuR6pNXgeGMwUIOcy41wHF8HvrFBiJJ-tIysSkNPdU3K6pONT7xshWFfMorAlVGnDAg2wzArl3EsP8LeHytq5xUUhPDUqpYDvNEQ-akGfMvqk1Ix6T-eT27cO95Ei53u2f4eE%3D",
    ),
];

const SUITE: [(&str, &str); 11] = [
    (
        "SELECT row, google_news_url(link) AS url, google_news_amp_url(link) AS amp_url FROM links ORDER BY row",
        "
+-----+---------------------------------------------+----------------------------+
| row | url                                         | amp_url                    |
+-----+---------------------------------------------+----------------------------+
| 0   | https://amu.tv/111931/                      |                            |
| 1   | https://amu.tv/111931/                      | https://amu.tv/111931/amp/ |
| 2   |                                             |                            |
| 3   | https://www.youtube.com/watch?v=4Bv03fuiJFE |                            |
| 4   |                                             |                            |
| 5   |                                             |                            |
| 6   | https://example.com/a?b                     |                            |
| 7   |                                             |                            |
| 8   |                                             |                            |
| 9   |                                             |                            |
| 10  |                                             |                            |
| 11  |                                             |                            |
+-----+---------------------------------------------+----------------------------+",
    ),
    (
        "SELECT row, google_news_kind(link) AS kind, google_news_token(link) AS token FROM links ORDER BY row",
        "
+-----+-----------------+---------------------------------------------------------------------------------------------------------------------------------------------+
| row | kind            | token                                                                                                                                       |
+-----+-----------------+---------------------------------------------------------------------------------------------------------------------------------------------+
| 0   | article         |                                                                                                                                             |
| 1   | article         |                                                                                                                                             |
| 2   | opaque-article  | AU_yqLM8OWvAadKpeKN66Vtm8UsxEyNqLQtwnSt1aIDGOM-EhR8eig                                                                                      |
| 3   | video           |                                                                                                                                             |
| 4   |                 |                                                                                                                                             |
| 5   | topic           |                                                                                                                                             |
| 6   | redirect        |                                                                                                                                             |
| 7   |                 |                                                                                                                                             |
| 8   |                 |                                                                                                                                             |
| 9   | opaque-article  | AU_yqLM8OWvAadKpeKN66Vtm8UsxEyNqLQtwnSt1aIDGOM-EhR8eig                                                                                      |
| 10  |                 |                                                                                                                                             |
| 11  | opaque-redirect | CAESZAHuR6pNXgeGMwUIOcy41wHF8HvrFBiJJ-tIysSkNPdU3K6pONT7xshWFfMorAlVGnDAg2wzArl3EsP8LeHytq5xUUhPDUqpYDvNEQ-akGfMvqk1Ix6T-eT27cO95Ei53u2f4eE |
+-----+-----------------+---------------------------------------------------------------------------------------------------------------------------------------------+",
    ),
    (
        "SELECT row, google_news_id(link) AS id FROM links WHERE row IN (0, 3, 4, 5, 6, 7) ORDER BY row",
        "
+-----+---------------------------------------------------------+
| row | id                                                      |
+-----+---------------------------------------------------------+
| 0   | CBMiFmh0dHBzOi8vYW11LnR2LzExMTkzMS_SAQA                 |
| 3   | CCAiCzRCdjAzZnVpSkZFmAEB                                |
| 4   |                                                         |
| 5   | CAAqJQgKIh9DQkFTRVFvSUwyMHZNRE55YXpBU0JXVnVMVWRDS0FBUAE |
| 6   |                                                         |
| 7   |                                                         |
+-----+---------------------------------------------------------+",
    ),
    (
        "SELECT row, google_news_error(link) AS error FROM links WHERE google_news_error(link) IS NOT NULL ORDER BY row",
        "
+-----+--------------------------------------------+
| row | error                                      |
+-----+--------------------------------------------+
| 7   | invalid base64url character '.' at byte 46 |
| 8   | not a Google News link or ID               |
+-----+--------------------------------------------+",
    ),
    (
        "SELECT row, unnest(d) FROM (SELECT row, google_news_decode(link) AS d FROM links) WHERE row IN (1, 2, 4, 8) \
         ORDER BY row",
        "
+-----+----------------+--------------------------------------------------------------------------------+------------------------+----------------------------+--------------------------------------------------------+-----------+------------------------------+
| row | d.kind         | d.id                                                                           | d.canonical_url        | d.amp_url                  | d.token                                                | d.url_len | d.error                      |
+-----+----------------+--------------------------------------------------------------------------------+------------------------+----------------------------+--------------------------------------------------------+-----------+------------------------------+
| 1   | article        | CBMiFmh0dHBzOi8vYW11LnR2LzExMTkzMS_SARpodHRwczovL2FtdS50di8xMTE5MzEvYW1wLw     | https://amu.tv/111931/ | https://amu.tv/111931/amp/ |                                                        | 22        |                              |
| 2   | opaque-article | CBMiNkFVX3lxTE04T1d2QWFkS3BlS042NlZ0bThVc3hFeU5xTFF0d25TdDFhSURHT00tRWhSOGVpZw |                        |                            | AU_yqLM8OWvAadKpeKN66Vtm8UsxEyNqLQtwnSt1aIDGOM-EhR8eig | 19        |                              |
| 4   |                |                                                                                |                        |                            |                                                        |           |                              |
| 8   |                |                                                                                |                        |                            |                                                        |           | not a Google News link or ID |
+-----+----------------+--------------------------------------------------------------------------------+------------------------+----------------------------+--------------------------------------------------------+-----------+------------------------------+",
    ),
    (
        "SELECT google_news_decode(link)['canonical_url'] AS url, google_news_decode(link)['url_len'] AS url_len, \
                google_news_decode(link) IS NULL AS is_null FROM links ORDER BY row",
        "
+---------------------------------------------+---------+---------+
| url                                         | url_len | is_null |
+---------------------------------------------+---------+---------+
| https://amu.tv/111931/                      | 22      | false   |
| https://amu.tv/111931/                      | 22      | false   |
|                                             | 19      | false   |
| https://www.youtube.com/watch?v=4Bv03fuiJFE | 43      | false   |
|                                             |         | true    |
|                                             |         | false   |
| https://example.com/a?b                     | 23      | false   |
|                                             |         | false   |
|                                             |         | false   |
|                                             | 19      | false   |
|                                             |         | true    |
|                                             | 44      | false   |
+---------------------------------------------+---------+---------+",
    ),
    (
        "SELECT google_news_kind(link) AS kind, count(*) AS count, sum(google_news_url_len(link)) AS bytes \
         FROM links GROUP BY kind ORDER BY kind",
        "
+-----------------+-------+-------+
| kind            | count | bytes |
+-----------------+-------+-------+
| article         | 2     | 44    |
| opaque-article  | 2     | 38    |
| opaque-redirect | 1     | 44    |
| redirect        | 1     | 23    |
| topic           | 1     |       |
| video           | 1     | 43    |
|                 | 4     |       |
+-----------------+-------+-------+",
    ),
    (
        "SELECT count(google_news_url(link)) AS urls, count(google_news_kind(link)) AS kinds, \
                count(DISTINCT google_news_token(link)) AS tokens, \
                count(*) FILTER (WHERE google_news_error(link) IS NULL) AS without_error FROM links",
        "
+------+-------+--------+---------------+
| urls | kinds | tokens | without_error |
+------+-------+--------+---------------+
| 4    | 8     | 2      | 10            |
+------+-------+--------+---------------+",
    ),
    (
        "SELECT a.row, b.row AS other FROM links a JOIN links b \
         ON google_news_token(a.link) = google_news_token(b.link) WHERE a.row < b.row",
        "
+-----+-------+
| row | other |
+-----+-------+
| 2   | 9     |
+-----+-------+",
    ),
    (
        "SELECT split_part(google_news_url(link), '/', 3) AS host, count(*) AS count FROM links \
         WHERE google_news_url(link) LIKE 'https://%' GROUP BY host ORDER BY host",
        "
+-----------------+-------+
| host            | count |
+-----------------+-------+
| amu.tv          | 2     |
| example.com     | 1     |
| www.youtube.com | 1     |
+-----------------+-------+",
    ),
    (
        "SELECT row, kind, google_news_url(link) AS url, google_news_url_len(link) AS url_len, left(token, 18) AS token, \
                token = google_news_id(link) AS is_id \
         FROM (SELECT *, google_news_kind(link) AS kind, google_news_token(link) AS token FROM links) \
         WHERE kind LIKE '%redirect' ORDER BY row",
        "
+-----+-----------------+-------------------------+---------+--------------------+-------+
| row | kind            | url                     | url_len | token              | is_id |
+-----+-----------------+-------------------------+---------+--------------------+-------+
| 6   | redirect        | https://example.com/a?b | 23      |                    |       |
| 11  | opaque-redirect |                         | 44      | CAESZAHuR6pNXgeGMw | true  |
+-----+-----------------+-------------------------+---------+--------------------+-------+",
    ),
];

/// Returns the types that the argument may have.
fn types() -> Vec<DataType> {
    let plain = [
        DataType::Utf8,
        DataType::LargeUtf8,
        DataType::Utf8View,
        DataType::Binary,
        DataType::LargeBinary,
        DataType::BinaryView,
    ];
    let dictionaries = plain.iter().flat_map(|of| {
        [DataType::Int8, DataType::UInt16, DataType::Int32, DataType::UInt64]
            .map(|keys| DataType::Dictionary(Box::new(keys), Box::new(of.clone())))
    });
    plain.iter().cloned().chain(dictionaries).collect()
}

fn is_dictionary(links: &DataType) -> bool {
    matches!(links, DataType::Dictionary(..))
}

/// Returns the links as an array of type `of`.
fn array<S: AsRef<str>>(links: impl IntoIterator<Item = Option<S>>, of: &DataType) -> ArrayRef {
    let links: ArrayRef = Arc::new(links.into_iter().collect::<StringArray>());
    match of {
        DataType::Dictionary(keys, values) => {
            let dictionary =
                cast(&links, &DataType::Dictionary(keys.clone(), Box::new(DataType::Utf8))).unwrap();
            let dictionary = dictionary.as_any_dictionary();
            dictionary.with_values(cast(dictionary.values(), values).unwrap())
        }
        _ => cast(&links, of).unwrap(),
    }
}

fn context() -> SessionContext {
    let mut ctx = SessionContext::new_with_config(SessionConfig::new().with_information_schema(true));
    register_all(&mut ctx).unwrap();
    ctx
}

/// Registers a table with the columns `row` and `link`, in `partitions`.
fn register(ctx: &SessionContext, name: &str, partitions: Vec<Vec<ArrayRef>>) {
    let mut row = 0;
    let mut batch = |links: ArrayRef| {
        let rows: ArrayRef = Arc::new(Int32Array::from_iter_values(row..row + links.len() as i32));
        row += links.len() as i32;
        RecordBatch::try_from_iter_with_nullable([("row", rows, false), ("link", links, true)]).unwrap()
    };
    let batches: Vec<Vec<_>> =
        partitions.into_iter().map(|links| links.into_iter().map(&mut batch).collect()).collect();
    let schema = batches[0][0].schema();
    ctx.register_table(name, Arc::new(MemTable::try_new(schema, batches).unwrap())).unwrap();
}

async fn query(ctx: &SessionContext, sql: &str) -> Result<Vec<RecordBatch>> {
    ctx.sql(sql).await?.collect().await
}

async fn show(ctx: &SessionContext, sql: &str) -> String {
    let batches = query(ctx, sql).await.unwrap_or_else(|error| panic!("{sql}: {error}"));
    pretty_format_batches(&batches).unwrap().to_string()
}

#[tokio::test]
async fn every_argument_type_returns_the_same_answers() {
    for of in types() {
        let whole = array(LINKS, &of);
        // In one batch; one batch per row; and as a slice of a longer array.
        let single: Vec<_> = (0..whole.len()).map(|row| whole.slice(row, 1)).collect();
        let padding = array([Some("./read/x"), None, LINKS[0]], &of);
        let longer = concat(&[&padding, &whole, &padding]).unwrap();
        let middle = longer.slice(padding.len(), whole.len());
        for partitions in [vec![vec![whole.clone()]], vec![single], vec![vec![middle]]] {
            let ctx = context();
            register(&ctx, "links", partitions);
            for (sql, expected) in SUITE {
                assert_eq!(format!("\n{}", show(&ctx, sql).await), expected, "{of}: {sql}");
            }
        }
    }
}

/// The lengths are those around the word size of bitmaps and around the size of a batch.
#[tokio::test]
async fn rows_keep_their_order_in_batches_of_any_length() {
    for of in types() {
        for len in [0, 1, 2, 63, 64, 65, 8_191, 8_192, 8_193] {
            // Few distinct links, so that 8-bit dictionary keys are enough.
            let links: Vec<_> = (0..len).map(|row| LINKS[row * 7 % LINKS.len()]).collect();
            let ctx = context();
            register(&ctx, "links", vec![vec![array(links.clone(), &of)]]);
            let found = query(
                &ctx,
                "SELECT arrow_cast(google_news_url(link), 'Utf8') AS url, \
                        arrow_cast(google_news_error(link), 'Utf8') AS error FROM links ORDER BY row",
            )
            .await
            .unwrap();
            let column = |at: usize| {
                found
                    .iter()
                    .flat_map(|batch| batch.column(at).as_string::<i32>().iter())
                    .map(|text| text.map(str::to_owned))
                    .collect::<Vec<_>>()
            };
            let decoded: Vec<_> = links.iter().map(|link| link.map(decode)).collect();
            let urls: Vec<_> = decoded
                .iter()
                .map(|it| it.as_ref()?.as_ref().ok()?.canonical_url().map(str::to_owned))
                .collect();
            let errors: Vec<_> =
                decoded.iter().map(|it| Some(it.as_ref()?.as_ref().err()?.to_string())).collect();
            assert_eq!(column(0), urls, "{len} of {of}");
            assert_eq!(column(1), errors, "{len} of {of}");
        }
    }
}

#[tokio::test]
async fn columns_of_null_return_columns_of_null() {
    for of in types() {
        for len in [1, 8_193] {
            let ctx = context();
            register(&ctx, "links", vec![vec![new_null_array(&of, len)]]);
            for function in FUNCTIONS {
                let found = show(
                    &ctx,
                    &format!("SELECT count(*) AS rows, count({function}(link)) AS found FROM links"),
                )
                .await;
                let rows: Vec<_> = found.lines().nth(3).unwrap().split_whitespace().collect();
                assert_eq!(rows, ["|", &len.to_string(), "|", "0", "|"], "{function} of {of}");
            }
        }
    }
}

const FUNCTIONS: [&str; 8] = [
    "google_news_url",
    "google_news_amp_url",
    "google_news_kind",
    "google_news_id",
    "google_news_token",
    "google_news_url_len",
    "google_news_error",
    "google_news_decode",
];

#[tokio::test]
async fn dictionaries_return_dictionaries() {
    for of in types().into_iter().filter(is_dictionary) {
        let DataType::Dictionary(keys, _) = &of else { unreachable!() };
        let ctx = context();
        register(&ctx, "links", vec![vec![array(LINKS, &of)]]);
        let text = DataType::Dictionary(keys.clone(), Box::new(DataType::Utf8));
        for function in FUNCTIONS {
            let found = query(&ctx, &format!("SELECT {function}(link) FROM links")).await.unwrap();
            let column = found[0].column(0);
            match function {
                "google_news_decode" => {
                    for field in column.as_struct().fields() {
                        let is_len = field.name() == "url_len";
                        let expected = if is_len { &DataType::Int32 } else { &text };
                        assert_eq!(field.data_type(), expected, "{} of {of}", field.name());
                    }
                }
                "google_news_url_len" => assert_eq!(column.data_type(), &DataType::Int32, "{of}"),
                _ => assert_eq!(column.data_type(), &text, "{function} of {of}"),
            }
        }
    }
}

/// A dictionary may have damaged values that no row uses, and values that are NULL.
#[tokio::test]
async fn unused_dictionary_values_are_ignored() {
    use datafusion::arrow::array::DictionaryArray;
    use datafusion::arrow::array::{Int32Array, StringArray, StringDictionaryBuilder};
    let values = StringArray::from(vec![Some("hello"), LINKS[0], None, LINKS[3], Some("unused")]);
    let keys = Int32Array::from(vec![Some(3), None, Some(2), Some(1), Some(3)]);
    let ctx = context();
    let links = DictionaryArray::<Int32Type>::new(keys, Arc::new(values));
    register(&ctx, "links", vec![vec![Arc::new(links)]]);
    assert_eq!(
        format!(
            "\n{}",
            show(&ctx, "SELECT google_news_kind(link) AS kind, google_news_error(link) AS error FROM links")
                .await
        ),
        "
+---------+-------+
| kind    | error |
+---------+-------+
| video   |       |
|         |       |
|         |       |
| article |       |
| video   |       |
+---------+-------+"
    );
    let mut empty = StringDictionaryBuilder::<Int32Type>::new();
    empty.append_nulls(2);
    register(&ctx, "no_values", vec![vec![Arc::new(empty.finish())]]);
    let found =
        show(&ctx, "SELECT count(*) AS rows, count(google_news_kind(link)) AS kinds FROM no_values").await;
    assert_eq!(found.lines().nth(3), Some("| 2    | 0     |"));
}

#[tokio::test]
async fn fixed_size_binary_values_are_decoded() {
    let ctx = context();
    let id = "CAAqBwgKMI7rigMwlq88";
    let links = cast(&array([Some(id), None], &DataType::Binary), &DataType::FixedSizeBinary(20)).unwrap();
    register(&ctx, "links", vec![vec![links]]);
    let found = show(&ctx, "SELECT google_news_kind(link) AS kind FROM links ORDER BY row").await;
    assert_eq!(found.lines().skip(3).take(2).collect::<Vec<_>>(), ["| publication |", "|             |"]);
}

#[tokio::test]
async fn invalid_utf8_is_an_error_of_its_row() {
    let ctx = context();
    let found =
        show(&ctx, "SELECT google_news_error(x'ff00') AS error, google_news_url(x'ff00') AS url").await;
    assert_eq!(found.lines().nth(3), Some("| not a Google News link or ID |     |"), "{found}");
}

#[tokio::test]
async fn calls_with_literals_are_constant_folded() {
    let ctx = context();
    let plan = show(&ctx, "EXPLAIN SELECT google_news_url('CBMiFmh0dHBzOi8vYW11LnR2LzExMTkzMS_SAQA')").await;
    assert!(plan.contains("https://amu.tv/111931/"), "{plan}");
    for function in FUNCTIONS {
        for null in ["NULL", "arrow_cast(NULL, 'Utf8')", "arrow_cast(NULL, 'Dictionary(Int8, LargeUtf8)')"] {
            let found = show(&ctx, &format!("SELECT {function}({null}) IS NULL AS is_null")).await;
            assert_eq!(found.lines().nth(3), Some("| true    |"), "{function}({null})");
        }
    }
}

#[tokio::test]
async fn other_argument_types_are_planning_errors() {
    let ctx = context();
    for (arguments, refused) in [
        ("1", "requires String, but received Int64"),
        ("now()", "requires Binary, but received Timestamp"),
        ("", "'FUNCTION()'"),
        ("'a', 'b'", "'FUNCTION(Utf8, Utf8)'"),
    ] {
        for function in FUNCTIONS {
            let error = ctx.sql(&format!("SELECT {function}({arguments})")).await.unwrap_err().to_string();
            assert!(
                error.contains(&refused.replace("FUNCTION", function)),
                "{function}({arguments}): {error}"
            );
        }
    }
}

#[tokio::test]
async fn show_functions_documents_every_function() {
    let ctx = context();
    let found = query(&ctx, "SHOW FUNCTIONS LIKE 'google_news%'").await.unwrap();
    for function in FUNCTIONS {
        let names: Vec<_> = found
            .iter()
            .flat_map(|batch| {
                batch.column_by_name("function_name").unwrap().as_string::<i32>().iter().flatten()
            })
            .collect();
        assert!(names.contains(&function), "{names:?}");
    }
    let shown = pretty_format_batches(&found).unwrap().to_string();
    for text in [
        "The publisher's canonical URL that a Google News link contains.",
        "google_news_url(link)",
        "unnest(google_news_decode(link))",
        "[link]",
        "[Binary]",
        "[String]",
    ] {
        assert!(shown.contains(text), "{text}: {shown}");
    }
    for udf in all_udfs() {
        let documentation = udf.documentation().unwrap();
        assert!(documentation.syntax_example.contains(udf.name()));
        assert!(documentation.sql_example.as_ref().unwrap().contains(udf.name()));
        assert!(documentation.arguments.as_ref().unwrap().iter().any(|(name, _)| name == "link"));
        assert!(udf.is_strict(), "{}", udf.name());
    }
}

#[tokio::test]
async fn expression_builders_call_the_sql_functions() {
    let ctx = context();
    register(&ctx, "links", vec![vec![array(LINKS, &DataType::Utf8)]]);
    let builders = [
        google_news_url,
        google_news_amp_url,
        google_news_kind,
        google_news_id,
        google_news_token,
        google_news_url_len,
        google_news_error,
        google_news_decode,
    ];
    assert_eq!(builders.len(), all_udfs().len());
    for ((function, build), udf) in FUNCTIONS.iter().zip(builders).zip(all_udfs()) {
        assert_eq!(*function, udf.name());
        assert_eq!(build(col("link")), udf.call(vec![ident("link")]));
        let built = ctx.table("links").await.unwrap().select(vec![build(col("link")).alias("it")]).unwrap();
        let sql = query(&ctx, &format!("SELECT {function}(link) AS it FROM links")).await.unwrap();
        assert_eq!(built.collect().await.unwrap(), sql);
        // With a named argument.
        let named = query(&ctx, &format!("SELECT {function}(link => link) AS it FROM links")).await.unwrap();
        assert_eq!(named, sql);
        let alone =
            ctx.read_empty().unwrap().select(vec![build(lit(ScalarValue::Utf8(None))).is_null()]).unwrap();
        assert!(alone.collect().await.unwrap()[0].column(0).as_boolean().value(0));
    }
}

/// The record of a link without the link itself, which is the argument.
#[tokio::test]
async fn the_struct_has_the_fields_of_the_record() {
    let ctx = context();
    register(&ctx, "links", vec![vec![array(LINKS, &DataType::Utf8)]]);
    let found = query(&ctx, "SELECT google_news_decode(link) FROM links").await.unwrap();
    let fields = found[0].column(0).as_struct().fields();
    let names: Vec<_> = fields.iter().map(|field| field.name().as_str()).collect();
    assert_eq!(names, ["kind", "id", "canonical_url", "amp_url", "token", "url_len", "error"]);
    assert!(fields.iter().all(|field| field.is_nullable()));
}

#[tokio::test]
async fn url_len_is_the_byte_length_of_the_url() {
    let ctx = context();
    register(&ctx, "links", vec![vec![array(LINKS, &DataType::Utf8View)]]);
    let found = query(
        &ctx,
        "SELECT count(*) FROM links WHERE google_news_url(link) IS NOT NULL \
         AND google_news_url_len(link) IS DISTINCT FROM octet_length(google_news_url(link))",
    )
    .await
    .unwrap();
    assert_eq!(found[0].column(0).as_primitive::<Int64Type>().value(0), 0);
}
