//! A query as a program is asked for it: the SQL, the files that are its tables, and where the answer goes.
//!
//! The program `sql` runs it here, the program `client` on a cluster.

use std::error::Error;
use std::fs;
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::str::FromStr;

use clap::Args;
use datafusion::common::parsers::CompressionTypeVariant;
use datafusion::config::{CsvOptions, JsonOptions};
use datafusion::dataframe::{DataFrame, DataFrameWriteOptions};
use datafusion::prelude::{CsvReadOptions, JsonReadOptions, ParquetReadOptions, SessionContext};

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
            table.register(ctx).await?;
            if let Some(output) = &self.output
                && output.path.canonicalize().is_ok_and(|output| output.starts_with(&table.path))
            {
                return Err(format!("{}: is what the query reads", output.path.display()).into());
            }
        }
        let found = ctx.sql(&self.sql).await?;
        match &self.output {
            Some(output) => output.write(found).await,
            None => {
                let found = found.to_string().await?;
                match writeln!(io::stdout(), "{found}") {
                    // Whoever reads this has read enough.
                    Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(()),
                    printed => Ok(printed?),
                }
            }
        }
    }
}

#[derive(Clone)]
struct Table {
    name: String,
    path: PathBuf,
    format: Format,
    is_folder: bool,
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
        let is_folder = path.is_dir();
        let format = if is_folder { Format::of_folder(&path)? } else { Format::of_file(&path)? };
        Ok(Table { name: name.to_owned(), path, format, is_folder })
    }
}

impl Table {
    async fn register(&self, ctx: &SessionContext) -> Result<()> {
        let name = self.name.as_str();
        let mut path = self.path.to_str().ok_or("a path that is not UTF-8")?.to_owned();
        if self.is_folder {
            path.push('/');
        }
        let Format { kind, extension, compression } = &self.format;
        let compression = (*compression).into();
        match kind {
            Kind::Parquet => {
                let options = ParquetReadOptions::new().file_extension(extension);
                ctx.register_parquet(name, path, options).await?;
            }
            Kind::Csv => {
                // A title may hold a line end.
                let options = CsvReadOptions::new().newlines_in_values(true);
                let options = options.file_extension(extension).file_compression_type(compression);
                ctx.register_csv(name, path, options).await?;
            }
            Kind::Json => {
                let options = JsonReadOptions::default();
                let options = options.file_extension(extension).file_compression_type(compression);
                ctx.register_json(name, path, options).await?;
            }
        }
        Ok(())
    }
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
    async fn write(&self, found: DataFrame) -> Result<()> {
        let path = self.path.to_str().ok_or("a path that is not UTF-8")?;
        let options = DataFrameWriteOptions::new().with_single_file_output(true);
        let compression = self.format.compression;
        match self.format.kind {
            Kind::Parquet => found.write_parquet(path, options, None).await?,
            Kind::Csv => {
                let csv = CsvOptions::default().with_compression(compression).with_has_header(true);
                found.write_csv(path, options, Some(csv)).await?
            }
            Kind::Json => {
                let json = JsonOptions { compression, ..JsonOptions::default() };
                found.write_json(path, options, Some(json)).await?
            }
        };
        Ok(())
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

    /// The format of all files in a folder; those whose names begin with a dot or `_` don't count.
    fn of_folder(path: &Path) -> Result<Self> {
        let mut found: Option<Self> = None;
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
            found = Some(format);
        }
        found.ok_or_else(|| format!("{}: no files", path.display()).into())
    }
}
