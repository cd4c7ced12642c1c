//! The function that returns all parts of a decoded link at once.

use std::sync::{Arc, LazyLock};

use datafusion_common::Result;
use datafusion_common::arrow::array::StructArray;
use datafusion_common::arrow::datatypes::{DataType, Field, Fields};
use datafusion_common::utils::take_function_args;
use datafusion_expr::{ColumnarValue, Documentation, ScalarFunctionArgs, ScalarUDFImpl, Signature};

use crate::links;
use crate::rows::Part;
use crate::{DOC_SECTION, LINK};

const NAME: &str = "google_news_decode";

#[derive(PartialEq, Eq, Hash, Debug)]
pub(crate) struct Decode {
    signature: Signature,
}

impl Decode {
    pub(crate) fn new() -> Self {
        Decode { signature: links::signature() }
    }
}

/// Returns the fields of the struct for links of type `links`.
fn fields(links: &DataType) -> Fields {
    Part::ALL.iter().map(|&part| Field::new(part.name(), links::part_type(part, links), true)).collect()
}

impl ScalarUDFImpl for Decode {
    fn name(&self) -> &str {
        NAME
    }

    fn signature(&self) -> &Signature {
        &self.signature
    }

    fn return_type(&self, arg_types: &[DataType]) -> Result<DataType> {
        let [links] = take_function_args(NAME, arg_types)?;
        Ok(DataType::Struct(fields(links)))
    }

    fn is_strict(&self) -> bool {
        true
    }

    fn invoke_with_args(&self, args: ScalarFunctionArgs) -> Result<ColumnarValue> {
        links::invoke(NAME, args, |links| {
            let (rows, arranged) = links::decode(links)?;
            let mut columns = Vec::with_capacity(Part::ALL.len());
            for (part, rows) in Part::ALL.into_iter().zip(rows.into_arrays()?) {
                columns.push(arranged.array(part, rows)?);
            }
            Ok(Arc::new(StructArray::try_new(fields(links.data_type()), columns, links.logical_nulls())?))
        })
    }

    fn documentation(&self) -> Option<&Documentation> {
        static DOCUMENTATION: LazyLock<Documentation> = LazyLock::new(|| {
            Documentation::builder(
                DOC_SECTION,
                "Everything that a Google News link contains, as a struct: kind, id, canonical_url, amp_url, token, url_len \
                 and error. The link itself is not repeated. Use unnest to turn the fields into columns: \
                 google_news_decode(link)['canonical_url'] decodes the link again for each field.",
                "unnest(google_news_decode(link))",
            )
            .with_argument("link", LINK)
            .with_sql_example("```sql\nSELECT link, unnest(google_news_decode(link)) FROM links;\n```")
            .with_related_udf("google_news_url")
            .with_related_udf("google_news_error")
            .build()
        });
        Some(&DOCUMENTATION)
    }
}
