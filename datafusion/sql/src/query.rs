//! Parses the arguments of a query and runs it.

use std::io::{self, Write};
use std::sync::Arc;

use clap::Args;
use datafusion::arrow::util::pretty::pretty_format_batches_with_schema;
use datafusion::dataframe::DataFrame;
use datafusion::prelude::SessionContext;

use crate::Result;
use crate::output::Output;
use crate::table::Table;

/// A query with its tables and its output. The files have been found and their formats are known, but their contents
/// have not been read yet.
#[derive(Args)]
pub struct Query {
    /// The query
    #[arg(value_name = "SQL")]
    sql: String,

    /// A table: its name in the query, and a file or a folder of files: .parquet, .csv or .jsonl (.ndjson, .json). CSV
    /// and JSON files may be compressed (.csv.gz, .jsonl.zst). The first line of a CSV file names the columns
    #[arg(value_name = "NAME=FILE_OR_FOLDER")]
    tables: Vec<Table>,

    /// Write the answer to a file in the format of its extension, one of those above; without it, print a table
    #[arg(long, value_name = "FILE")]
    output: Option<Output>,
}

impl Query {
    /// Registers the tables in `ctx`, runs the query and prints the answer or writes it to the output file.
    ///
    /// # Errors
    ///
    /// Returns an error if
    ///
    /// - the output is one of the tables' files, or would be created in the folder of a table;
    /// - the CSV files of a table have different columns;
    /// - a file can't be read or written;
    /// - the engine rejects the query or fails to run it.
    pub async fn run(&self, ctx: &SessionContext) -> Result<()> {
        for table in &self.tables {
            if let Some(output) = self.output.as_ref().filter(|output| table.contains(output.path())) {
                return Err(format!("{}: is what the query reads", output.path().display()).into());
            }
            table.register(ctx).await?;
        }
        let answer = ctx.sql(&self.sql).await?;
        match &self.output {
            Some(output) => output.write(answer).await,
            None => print(answer).await,
        }
    }

    /// Returns the name of the first table whose files are compressed (`.gz`, `.zst`), for engines that can't read
    /// them.
    pub fn compressed_table(&self) -> Option<&str> {
        self.tables.iter().find(|table| table.is_compressed()).map(Table::name)
    }
}

async fn print(answer: DataFrame) -> Result<()> {
    // Taken from the plan, because an answer without rows may have no batch.
    let schema = Arc::clone(answer.schema().inner());
    let table = pretty_format_batches_with_schema(schema, &answer.collect().await?)?;
    match writeln!(io::stdout(), "{table}") {
        // The reader of the pipe needs no more.
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(()),
        printed => Ok(printed?),
    }
}
