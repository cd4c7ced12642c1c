//! The functions that return one part of the decoded link.

use std::sync::LazyLock;

use datafusion_common::Result;
use datafusion_common::arrow::datatypes::DataType;
use datafusion_common::utils::take_function_args;
use datafusion_expr::{ColumnarValue, Documentation, ScalarFunctionArgs, ScalarUDFImpl, Signature};

use crate::links;
use crate::rows::Part;
use crate::{DOC_SECTION, LINK};

/// A function that returns one part of the decoded link.
#[derive(PartialEq, Eq, Hash, Debug)]
pub(crate) struct PartFunction {
    name: &'static str,
    part: Part,
    signature: Signature,
}

impl PartFunction {
    pub(crate) fn url() -> Self {
        PartFunction::new("google_news_url", Part::CanonicalUrl)
    }

    pub(crate) fn amp_url() -> Self {
        PartFunction::new("google_news_amp_url", Part::AmpUrl)
    }

    pub(crate) fn kind() -> Self {
        PartFunction::new("google_news_kind", Part::Kind)
    }

    pub(crate) fn id() -> Self {
        PartFunction::new("google_news_id", Part::Id)
    }

    pub(crate) fn token() -> Self {
        PartFunction::new("google_news_token", Part::Token)
    }

    pub(crate) fn url_len() -> Self {
        PartFunction::new("google_news_url_len", Part::UrlLen)
    }

    pub(crate) fn error() -> Self {
        PartFunction::new("google_news_error", Part::Error)
    }

    fn new(name: &'static str, part: Part) -> Self {
        PartFunction { name, part, signature: links::signature() }
    }
}

impl ScalarUDFImpl for PartFunction {
    fn name(&self) -> &str {
        self.name
    }

    fn signature(&self) -> &Signature {
        &self.signature
    }

    fn return_type(&self, arg_types: &[DataType]) -> Result<DataType> {
        let [links] = take_function_args(self.name, arg_types)?;
        Ok(links::part_type(self.part, links))
    }

    fn is_strict(&self) -> bool {
        true
    }

    fn invoke_with_args(&self, args: ScalarFunctionArgs) -> Result<ColumnarValue> {
        links::invoke(self.name, args, |links| {
            let (rows, arranged) = links::decode(links)?;
            arranged.array(self.part, rows.into_array(self.part)?)
        })
    }

    fn documentation(&self) -> Option<&Documentation> {
        Some(match self.part {
            Part::Kind => &KIND,
            Part::Id => &ID,
            Part::CanonicalUrl => &URL,
            Part::AmpUrl => &AMP_URL,
            Part::Token => &TOKEN,
            Part::UrlLen => &URL_LEN,
            Part::Error => &ERROR,
        })
    }
}

fn documentation(name: &str, description: &str, example: &str) -> Documentation {
    Documentation::builder(DOC_SECTION, description, format!("{name}(link)"))
        .with_argument("link", LINK)
        .with_sql_example(format!("```sql\n{example}\n```"))
        .with_related_udf("google_news_decode")
        .build()
}

static URL: LazyLock<Documentation> = LazyLock::new(|| {
    documentation(
        "google_news_url",
        "The publisher's canonical URL that a Google News link contains. NULL if the link contains no URL, as nearly all \
         since July 2024, or can't be decoded.",
        "SELECT google_news_url('CBMiFmh0dHBzOi8vYW11LnR2LzExMTkzMS_SAQA'); -- https://amu.tv/111931/",
    )
});

static AMP_URL: LazyLock<Documentation> = LazyLock::new(|| {
    documentation(
        "google_news_amp_url",
        "The URL of the publisher's AMP page that a Google News link contains. NULL if it contains no such URL or \
         can't be decoded.",
        "SELECT google_news_amp_url(link) FROM links;",
    )
});

static KIND: LazyLock<Documentation> = LazyLock::new(|| {
    documentation(
        "google_news_kind",
        "What a Google News link leads to: article, opaque-article, keyed-article, video, topic, story, \
         publication, section, share, picture, redirect or opaque-redirect. NULL if it can't be decoded.",
        "SELECT google_news_kind(link) AS kind, count(*) FROM links GROUP BY kind;",
    )
});

static ID: LazyLock<Documentation> = LazyLock::new(|| {
    documentation(
        "google_news_id",
        "The ID that a Google News link contains, without the rest of the link: equal IDs lead to the same target. NULL \
         for redirects with a URL in plain text, which have no ID, and for links that can't be decoded.",
        "SELECT google_news_id(link) AS id, count(*) FROM links GROUP BY id;",
    )
});

static TOKEN: LazyLock<Documentation> = LazyLock::new(|| {
    documentation(
        "google_news_token",
        "The encrypted URL of the opaque article or opaque redirect that a Google News link leads to. Two links to one \
         opaque article have equal tokens; the token of a redirect is new for every impression. NULL for links of other \
         kinds.",
        "SELECT google_news_token(link) AS token, count(*) FROM links GROUP BY token;",
    )
});

static URL_LEN: LazyLock<Documentation> = LazyLock::new(|| {
    documentation(
        "google_news_url_len",
        "The length in bytes of the publisher's canonical URL, which is known for opaque articles and opaque redirects as \
         well. NULL for links of other kinds without a URL.",
        "SELECT link FROM links WHERE google_news_url_len(link) > 2000;",
    )
});

static ERROR: LazyLock<Documentation> = LazyLock::new(|| {
    documentation(
        "google_news_error",
        "Why a Google News link can't be decoded, and at which byte, counted from 0. NULL if it can be decoded.",
        "SELECT link, google_news_error(link) FROM links WHERE google_news_kind(link) IS NULL;",
    )
});
