//! A table of a query: one file, or the files of a folder.

use std::path::{Path, PathBuf};
use std::str::FromStr;
use std::sync::Arc;

use datafusion::common::parsers::CompressionTypeVariant;
use datafusion::datasource::file_format::options::ReadOptions;
use datafusion::datasource::listing::{ListingTable, ListingTableConfig, ListingTableUrl};
use datafusion::prelude::{CsvReadOptions, JsonReadOptions, ParquetReadOptions, SessionContext};
use futures::TryStreamExt;
use url::Url;

use crate::format::{Format, FormatKind};
use crate::{Error, Result};

/// A table whose files exist and have the same format. Whether they have the same columns is not known yet.
#[derive(Clone)]
pub(crate) struct Table {
    name: String,
    /// The file or the folder.
    path: PathBuf,
    /// The file itself, or the files of the folder.
    files: Vec<PathBuf>,
    format: Format,
}

impl FromStr for Table {
    type Err = Error;

    /// Parses `NAME=FILE_OR_FOLDER`.
    fn from_str(argument: &str) -> Result<Self> {
        let (name, path) = argument.split_once('=').ok_or("no `=` between the name and the file")?;
        if name.is_empty() {
            return Err("no name before the `=`".into());
        }
        // Absolute, because the executors of a cluster have other working directories.
        let path = Path::new(path).canonicalize()?;
        let (files, format) = match path.is_dir() {
            true => Format::of_folder(&path)?,
            false => (vec![path.clone()], Format::of_file(&path)?),
        };
        Ok(Table { name: name.to_owned(), path, files, format })
    }
}

impl Table {
    pub(crate) fn name(&self) -> &str {
        &self.name
    }

    pub(crate) fn is_compressed(&self) -> bool {
        self.format.compression != CompressionTypeVariant::UNCOMPRESSED
    }

    /// Returns `true` if `file` is one of the table's files, or would be one if it were created.
    pub(crate) fn contains(&self, file: &Path) -> bool {
        let folder = file.parent().and_then(|folder| folder.canonicalize().ok());
        let existing = file.canonicalize();
        folder.is_some_and(|folder| folder == self.path)
            || existing.is_ok_and(|existing| existing == self.path || self.files.contains(&existing))
    }

    pub(crate) async fn register(&self, ctx: &SessionContext) -> Result<()> {
        let Format { kind, extension, compression } = &self.format;
        let compression = (*compression).into();
        // All rows determine the type of a column. If only the first ones did and the column were empty there, its
        // later values would be NULL or an error.
        const ALL_ROWS: usize = usize::MAX;
        match kind {
            FormatKind::Parquet => self.list(ctx, ParquetReadOptions::new().file_extension(extension)).await,
            FormatKind::Csv => {
                // Values such as titles may contain line breaks.
                let options = CsvReadOptions::new().newlines_in_values(true);
                let options = options.file_extension(extension).file_compression_type(compression);
                self.expect_equal_headers(ctx, options.clone().schema_infer_max_records(1)).await?;
                self.list(ctx, options.schema_infer_max_records(ALL_ROWS)).await
            }
            FormatKind::Json => {
                let options = JsonReadOptions::default().schema_infer_max_records(ALL_ROWS);
                self.list(ctx, options.file_extension(extension).file_compression_type(compression)).await
            }
        }
    }

    /// Returns the files as URLs. DataFusion would take a path for a glob pattern: `[1].csv` would match `1.csv`.
    fn urls(&self) -> Result<Vec<ListingTableUrl>> {
        self.files.iter().map(|file| Ok(ListingTableUrl::try_new(file_url(file)?, None)?)).collect()
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

    /// Returns an error if the CSV files have different columns or the same ones in another order: the engine matches
    /// CSV columns by position, not by name.
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

/// Converts an absolute path to a `file:` URL.
pub(crate) fn file_url(path: &Path) -> Result<Url> {
    Url::from_file_path(path).map_err(|()| format!("{}: not an absolute path", path.display()).into())
}
