//! The file that the answer of a query is written to.

use std::fmt;
use std::path::{Path, PathBuf};
use std::str::FromStr;
use std::sync::{Arc, Mutex, PoisonError};

use datafusion::arrow::datatypes::SchemaRef;
use datafusion::catalog::streaming::StreamingTable;
use datafusion::common::exec_err;
use datafusion::config::{CsvOptions, JsonOptions};
use datafusion::dataframe::{DataFrame, DataFrameWriteOptions};
use datafusion::execution::{SendableRecordBatchStream, TaskContext};
use datafusion::physical_plan::stream::RecordBatchStreamAdapter;
use datafusion::physical_plan::streaming::PartitionStream;
use datafusion::prelude::{SessionConfig, SessionContext};
use futures::stream;

use crate::format::{Format, FormatKind};
use crate::table::file_url;
use crate::{Error, Result};

/// An absolute path and the format of its extension.
#[derive(Clone)]
pub(crate) struct Output {
    path: PathBuf,
    format: Format,
}

impl FromStr for Output {
    type Err = Error;

    fn from_str(path: &str) -> Result<Self> {
        let path = std::path::absolute(path)?;
        Ok(Output { format: Format::of_file(&path)?, path })
    }
}

impl Output {
    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// Writes the answer to a temporary file in the same folder and renames it when it is complete, so that a failed
    /// query leaves an existing file unchanged.
    ///
    /// The rows are written in this process even if a cluster computes them: Ballista's plans lose the format of dates.
    pub(crate) async fn write(&self, answer: DataFrame) -> Result<()> {
        let schema = Arc::clone(answer.schema().inner());
        let rows = Mutex::new(Some(answer.execute_stream().await?));
        let rows = Arc::new(Answer { schema: Arc::clone(&schema), rows });
        // One partition keeps the order of the rows.
        let ctx = SessionContext::new_with_config(SessionConfig::new().with_target_partitions(1));
        let answer = ctx.read_table(Arc::new(StreamingTable::try_new(schema, vec![rows])?))?;

        let folder = self.path.parent().ok_or("an output file without a folder")?;
        let extension = &self.format.extension;
        let file = tempfile::Builder::new().prefix(".").suffix(extension).tempfile_in(folder);
        let file = file.map_err(|error| format!("{}: {error}", folder.display()))?.into_temp_path();
        let url = file_url(&file)?;
        let options = DataFrameWriteOptions::new().with_single_file_output(true);
        let compression = self.format.compression;
        match self.format.kind {
            FormatKind::Parquet => answer.write_parquet(url.as_str(), options, None).await?,
            FormatKind::Csv => {
                let csv = CsvOptions::default().with_compression(compression).with_has_header(true);
                answer.write_csv(url.as_str(), options, Some(csv)).await?
            }
            FormatKind::Json => {
                let json = JsonOptions { compression, ..JsonOptions::default() };
                answer.write_json(url.as_str(), options, Some(json)).await?
            }
        };
        file.persist(&self.path).map_err(|error| format!("{}: {error}", self.path.display()).into())
    }
}

/// The rows of an answer as the only partition of a table. They can be read once.
struct Answer {
    schema: SchemaRef,
    rows: Mutex<Option<SendableRecordBatchStream>>,
}

impl fmt::Debug for Answer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Answer").field("schema", &self.schema).finish_non_exhaustive()
    }
}

impl PartitionStream for Answer {
    fn schema(&self) -> &SchemaRef {
        &self.schema
    }

    fn execute(&self, _: Arc<TaskContext>) -> SendableRecordBatchStream {
        let rows = self.rows.lock().unwrap_or_else(PoisonError::into_inner).take();
        rows.unwrap_or_else(|| {
            let error = stream::once(async { exec_err!("the answer has already been read") });
            Box::pin(RecordBatchStreamAdapter::new(Arc::clone(&self.schema), error))
        })
    }
}
