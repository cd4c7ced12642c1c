//! File formats, which the extension of a file determines.

use std::fs;
use std::path::{Path, PathBuf};

use datafusion::common::parsers::CompressionTypeVariant;

use crate::Result;

/// The format of a file or of all files in a folder.
#[derive(Clone, PartialEq)]
pub(crate) struct Format {
    pub(crate) kind: FormatKind,
    /// With the leading dot and the extension of the compression, such as `.csv.gz`.
    pub(crate) extension: String,
    pub(crate) compression: CompressionTypeVariant,
}

#[derive(Clone, Copy, PartialEq)]
pub(crate) enum FormatKind {
    Parquet,
    Csv,
    Json,
}

impl Format {
    pub(crate) fn of_file(path: &Path) -> Result<Self> {
        let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
        let (rest, compression) = match name.rsplit_once('.') {
            Some((rest, "gz")) => (rest, CompressionTypeVariant::GZIP),
            Some((rest, "zst")) => (rest, CompressionTypeVariant::ZSTD),
            _ => (name, CompressionTypeVariant::UNCOMPRESSED),
        };
        let (stem, extension) = rest.rsplit_once('.').unwrap_or((rest, ""));
        let kind = match extension {
            // Parquet files are compressed inside.
            "parquet" if rest == name => FormatKind::Parquet,
            "csv" => FormatKind::Csv,
            "json" | "jsonl" | "ndjson" => FormatKind::Json,
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

    /// Returns the files in a folder, sorted, and the format that all of them must have. Files whose names begin with a
    /// dot or `_` are ignored.
    pub(crate) fn of_folder(path: &Path) -> Result<(Vec<PathBuf>, Self)> {
        let mut common: Option<Self> = None;
        let mut files = Vec::new();
        for entry in fs::read_dir(path)? {
            let entry = entry?;
            if entry.file_name().as_encoded_bytes().starts_with(b".")
                || entry.file_name().as_encoded_bytes().starts_with(b"_")
            {
                continue;
            }
            if entry.path().is_dir() {
                // Ignoring it would silently drop the rows of its files.
                return Err(format!("{}: a folder in the folder", entry.path().display()).into());
            }
            let format = Format::of_file(&entry.path())?;
            if common.as_ref().is_some_and(|common| *common != format) {
                return Err(format!("{}: files of more than one format", path.display()).into());
            }
            // A symbolic link may be dangling.
            fs::metadata(entry.path()).map_err(|error| format!("{}: {error}", entry.path().display()))?;
            files.push(entry.path());
            common = Some(format);
        }
        files.sort();
        common.map(|format| (files, format)).ok_or_else(|| format!("{}: no files", path.display()).into())
    }
}
