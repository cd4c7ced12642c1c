//! A query as a program is asked for it: the SQL, the files that are its tables, and where the answer goes.
//!
//! The program `sql` runs it here, the program `client` on a cluster.

use std::error::Error;
use std::fs;
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::str::FromStr;
use std::sync::{Arc, Mutex, PoisonError};

use clap::Args;
use datafusion::arrow::datatypes::SchemaRef;
use datafusion::arrow::util::pretty::pretty_format_batches_with_schema;
use datafusion::catalog::streaming::StreamingTable;
use datafusion::common::exec_err;
use datafusion::common::parsers::CompressionTypeVariant;
use datafusion::config::{CsvOptions, JsonOptions};
use datafusion::dataframe::{DataFrame, DataFrameWriteOptions};
use datafusion::datasource::file_format::options::ReadOptions;
use datafusion::datasource::listing::{ListingTable, ListingTableConfig, ListingTableUrl};
use datafusion::execution::{SendableRecordBatchStream, TaskContext};
use datafusion::physical_plan::stream::RecordBatchStreamAdapter;
use datafusion::physical_plan::streaming::PartitionStream;
use datafusion::prelude::{
    CsvReadOptions, JsonReadOptions, ParquetReadOptions, SessionConfig, SessionContext,
};
use futures::{TryStreamExt, stream};
use url::Url;

pub(crate) type Result<T> = std::result::Result<T, Box<dyn Error + Send + Sync>>;

#[derive(Args)]
pub(crate) struct Query {
    /// The query
    #[arg(value_name = "SQL")]
    sql: String,

    /// A table: its name in the query, and a file or a folder of files: .parquet, .csv or .jsonl (.ndjson, .json);
    /// the latter two with .gz or .zst behind it if they are compressed. A CSV file begins with the columns' names
    #[arg(value_name = "NAME=FILE_OR_FOLDER")]
    tables: Vec<Table>,

    /// Write the answer to a file, in the format that its name ends in, as above; without it, print a table
    #[arg(long, value_name = "FILE")]
    output: Option<Output>,
}

impl Query {
    pub(crate) async fn run(&self, ctx: &SessionContext) -> Result<()> {
        for table in &self.tables {
            if self.output.as_ref().is_some_and(|output| output.is_in(table)) {
                return Err(format!("{}: is what the query reads", self.output_name()).into());
            }
            table.register(ctx).await?;
        }
        let found = ctx.sql(&self.sql).await?;
        match &self.output {
            Some(output) => output.write(found).await,
            None => {
                // Of no rows, too, the columns have names.
                let schema = Arc::clone(found.schema().inner());
                let found = pretty_format_batches_with_schema(schema, &found.collect().await?)?;
                match writeln!(io::stdout(), "{found}") {
                    // Whoever reads this has read enough.
                    Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(()),
                    printed => Ok(printed?),
                }
            }
        }
    }

    fn output_name(&self) -> String {
        self.output.as_ref().map(|output| output.path.display().to_string()).unwrap_or_default()
    }

    /// The first table whose files are compressed as a whole.
    #[allow(dead_code, reason = "only a cluster can't read them")]
    pub(crate) fn compressed(&self) -> Option<&str> {
        let is_compressed = |table: &&Table| table.format.compression != CompressionTypeVariant::UNCOMPRESSED;
        self.tables.iter().find(is_compressed).map(|table| table.name.as_str())
    }
}

#[derive(Clone)]
struct Table {
    name: String,
    path: PathBuf,
    /// The file itself, or those of the folder.
    files: Vec<PathBuf>,
    format: Format,
}

impl FromStr for Table {
    type Err = Box<dyn Error + Send + Sync>;

    fn from_str(text: &str) -> Result<Self> {
        let (name, path) = text.split_once('=').ok_or("no `=` between the name and the file")?;
        if name.is_empty() {
            return Err("no name before the `=`".into());
        }
        // Whole, for the workers of a cluster have folders of their own.
        let path = Path::new(path).canonicalize()?;
        let (files, format) = match path.is_dir() {
            true => Format::of_folder(&path)?,
            false => (vec![path.clone()], Format::of_file(&path)?),
        };
        Ok(Table { name: name.to_owned(), path, files, format })
    }
}

impl Table {
    async fn register(&self, ctx: &SessionContext) -> Result<()> {
        let Format { kind, extension, compression } = &self.format;
        let compression = (*compression).into();
        // All rows say what type a column has: of one that is empty at first, the rest would be lost, or an error.
        const ALL_ROWS: usize = usize::MAX;
        match kind {
            Kind::Parquet => self.list(ctx, ParquetReadOptions::new().file_extension(extension)).await,
            Kind::Csv => {
                // A title may hold a line end.
                let options = CsvReadOptions::new().newlines_in_values(true);
                let options = options.file_extension(extension).file_compression_type(compression);
                self.expect_equal_headers(ctx, options.clone().schema_infer_max_records(1)).await?;
                self.list(ctx, options.schema_infer_max_records(ALL_ROWS)).await
            }
            Kind::Json => {
                let options = JsonReadOptions::default().schema_infer_max_records(ALL_ROWS);
                self.list(ctx, options.file_extension(extension).file_compression_type(compression)).await
            }
        }
    }

    /// Where the files are. A path itself would be a pattern: `[1].csv` is another file.
    fn urls(&self) -> Result<Vec<ListingTableUrl>> {
        self.files.iter().map(|file| Ok(ListingTableUrl::try_new(url_of(file)?, None)?)).collect()
    }

    async fn list<'a>(&self, ctx: &SessionContext, options: impl ReadOptions<'a>) -> Result<()> {
        let state = ctx.state();
        let options = options.to_listing_options(&ctx.copied_config(), ctx.copied_table_options());
        let urls = self.urls()?;
        let mut files = Vec::new();
        for url in &urls {
            let store = state.runtime_env().object_store(url)?;
            let found = url.list_all_files(&state, store.as_ref(), &options.file_extension).await?;
            files.extend(found.try_collect::<Vec<_>>().await?);
        }
        let Some(url) = urls.first() else { return Ok(()) };
        let store = state.runtime_env().object_store(url)?;
        let schema = options.format.infer_schema(&state, &store, &files).await?;
        let config =
            ListingTableConfig::new_with_multi_paths(urls).with_listing_options(options).with_schema(schema);
        ctx.register_table(self.name.as_str(), Arc::new(ListingTable::try_new(config)?))?;
        Ok(())
    }

    /// CSV has its columns by place, so all files of a folder have to have the same ones in the same order.
    async fn expect_equal_headers<'a>(
        &self,
        ctx: &SessionContext,
        options: impl ReadOptions<'a>,
    ) -> Result<()> {
        let state = ctx.state();
        let options = options.to_listing_options(&ctx.copied_config(), ctx.copied_table_options());
        let mut first = None;
        for (file, url) in self.files.iter().zip(self.urls()?) {
            let schema = options.infer_schema(&state, &url).await?;
            let names: Vec<_> = schema.fields().iter().map(|field| field.name().clone()).collect();
            if *first.get_or_insert_with(|| names.clone()) != names {
                return Err(format!("{}: not the columns of the other files", file.display()).into());
            }
        }
        Ok(())
    }
}

fn url_of(path: &Path) -> Result<Url> {
    Url::from_file_path(path).map_err(|()| format!("{}: not a whole path", path.display()).into())
}

#[derive(Clone)]
struct Output {
    path: PathBuf,
    format: Format,
}

impl FromStr for Output {
    type Err = Box<dyn Error + Send + Sync>;

    fn from_str(path: &str) -> Result<Self> {
        let path = std::path::absolute(path)?;
        Ok(Output { format: Format::of_file(&path)?, path })
    }
}

impl Output {
    /// True if it is the table's file, or would be one of its folder.
    fn is_in(&self, table: &Table) -> bool {
        let folder = self.path.parent().and_then(|folder| folder.canonicalize().ok());
        let itself = self.path.canonicalize();
        folder.is_some_and(|folder| folder == table.path)
            || itself.is_ok_and(|itself| itself == table.path || table.files.contains(&itself))
    }

    /// Writes the answer to a file beside, which takes the name once it is whole: a query that fails leaves what was
    /// there. Rows come here to be written, from a cluster, too, whose plans lose the format of dates.
    async fn write(&self, found: DataFrame) -> Result<()> {
        let schema = Arc::clone(found.schema().inner());
        let rows = Mutex::new(Some(found.execute_stream().await?));
        let rows = Arc::new(Answer { schema: Arc::clone(&schema), rows });
        // In their order.
        let ctx = SessionContext::new_with_config(SessionConfig::new().with_target_partitions(1));
        let found = ctx.read_table(Arc::new(StreamingTable::try_new(schema, vec![rows])?))?;

        let folder = self.path.parent().ok_or("a file without a folder")?;
        let extension = &self.format.extension;
        let file = tempfile::Builder::new().prefix(".").suffix(extension).tempfile_in(folder);
        let file = file.map_err(|error| format!("{}: {error}", folder.display()))?.into_temp_path();
        let url = url_of(&file)?;
        let options = DataFrameWriteOptions::new().with_single_file_output(true);
        let compression = self.format.compression;
        match self.format.kind {
            Kind::Parquet => found.write_parquet(url.as_str(), options, None).await?,
            Kind::Csv => {
                let csv = CsvOptions::default().with_compression(compression).with_has_header(true);
                found.write_csv(url.as_str(), options, Some(csv)).await?
            }
            Kind::Json => {
                let json = JsonOptions { compression, ..JsonOptions::default() };
                found.write_json(url.as_str(), options, Some(json)).await?
            }
        };
        file.persist(&self.path).map_err(|error| format!("{}: {error}", self.path.display()).into())
    }
}

/// The rows of an answer, to be read once.
struct Answer {
    schema: SchemaRef,
    rows: Mutex<Option<SendableRecordBatchStream>>,
}

impl std::fmt::Debug for Answer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
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
            let gone = stream::once(async { exec_err!("the answer was read before") });
            Box::pin(RecordBatchStreamAdapter::new(Arc::clone(&self.schema), gone))
        })
    }
}

/// What is in a file, as the end of its name says.
#[derive(Clone, PartialEq)]
struct Format {
    kind: Kind,
    /// With the dot, and with that of the compression.
    extension: String,
    compression: CompressionTypeVariant,
}

#[derive(Clone, Copy, PartialEq)]
enum Kind {
    Parquet,
    Csv,
    Json,
}

impl Format {
    fn of_file(path: &Path) -> Result<Self> {
        let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
        let (rest, compression) = match name.rsplit_once('.') {
            Some((rest, "gz")) => (rest, CompressionTypeVariant::GZIP),
            Some((rest, "zst")) => (rest, CompressionTypeVariant::ZSTD),
            _ => (name, CompressionTypeVariant::UNCOMPRESSED),
        };
        let (stem, extension) = rest.rsplit_once('.').unwrap_or((rest, ""));
        let kind = match extension {
            "parquet" if rest == name => Kind::Parquet,
            "csv" => Kind::Csv,
            "json" | "jsonl" | "ndjson" => Kind::Json,
            _ => {
                let path = path.display();
                return Err(format!(
                    "{path}: neither .parquet nor .csv nor .jsonl, with .gz or .zst or without"
                )
                .into());
            }
        };
        Ok(Format { kind, extension: name[stem.len()..].to_owned(), compression })
    }

    /// The files in a folder and the format of all of them; those whose names begin with a dot or `_` don't count.
    fn of_folder(path: &Path) -> Result<(Vec<PathBuf>, Self)> {
        let mut found: Option<Self> = None;
        let mut files = Vec::new();
        for entry in fs::read_dir(path)? {
            let entry = entry?;
            if entry.file_name().as_encoded_bytes().starts_with(b".")
                || entry.file_name().as_encoded_bytes().starts_with(b"_")
            {
                continue;
            }
            if entry.path().is_dir() {
                // Its files would be left out without a word.
                return Err(format!("{}: a folder in the folder", entry.path().display()).into());
            }
            let format = Format::of_file(&entry.path())?;
            if found.as_ref().is_some_and(|found| *found != format) {
                return Err(format!("{}: files of more than one format", path.display()).into());
            }
            // A link may lead nowhere.
            fs::metadata(entry.path()).map_err(|error| format!("{}: {error}", entry.path().display()))?;
            files.push(entry.path());
            found = Some(format);
        }
        files.sort();
        found.map(|found| (files, found)).ok_or_else(|| format!("{}: no files", path.display()).into())
    }
}
