//! The file or standard input that a command reads.

use std::fs::{File, Metadata};
use std::io::{self, Read, Seek, Stdin};
use std::path::{Path, PathBuf};

use crate::failure::{Failure, STANDARD_INPUT, STANDARD_OUTPUT, cannot_read, name_of};
use crate::identity::{Identity, is_same_path, metadata_of};
use crate::terminal::announce_stdin;

/// An open input.
pub(crate) struct Input {
    source: Source,
    /// Its name in messages.
    name: String,
    path: Option<PathBuf>,
    metadata: Option<Metadata>,
}

enum Source {
    File(File),
    Stdin(Stdin),
}

/// Returns the file that an argument names, or `None` if it is not given or is `-`, standard input or output.
pub(crate) fn file_of(path: Option<&Path>) -> Option<&Path> {
    path.filter(|path| path.as_os_str() != "-")
}

impl Input {
    /// Opens a file, or standard input if `path` is `None` or `-`. If that is a terminal, the user is told that the
    /// program reads `what`.
    pub(crate) fn open(path: Option<&Path>, what: &str) -> Result<Self, Failure> {
        match file_of(path) {
            Some(path) => {
                let name = name_of(path);
                let file = File::open(path).map_err(cannot_read(name.as_str()))?;
                let metadata = Some(file.metadata().map_err(cannot_read(name.as_str()))?);
                Ok(Input { source: Source::File(file), name, path: Some(path.to_owned()), metadata })
            }
            None => {
                announce_stdin(what);
                let metadata = metadata_of(&io::stdin());
                Ok(Input {
                    source: Source::Stdin(io::stdin()),
                    name: STANDARD_INPUT.to_owned(),
                    path: None,
                    metadata,
                })
            }
        }
    }

    pub(crate) fn name(&self) -> &str {
        &self.name
    }

    /// Returns the length of a file.
    pub(crate) fn len(&self) -> Option<u64> {
        self.metadata.as_ref().map(Metadata::len).filter(|&len| len > 0)
    }

    /// Returns an error if `output`, or standard output without a path, is the same file.
    pub(crate) fn refuse_output(&self, output: Option<&Path>) -> Result<(), Failure> {
        let (name, existing) = match output {
            Some(path) => (name_of(path), path.metadata().ok()),
            None => (STANDARD_OUTPUT.to_owned(), metadata_of(&io::stdout())),
        };
        let identity = existing.as_ref().and_then(Identity::of_file);
        let is_same_file =
            identity.is_some() && identity == self.metadata.as_ref().and_then(Identity::of_file);
        let is_same_path =
            output.zip(self.path.as_deref()).is_some_and(|(output, input)| is_same_path(output, input));
        if is_same_file || is_same_path { Err(Failure::OutputIsInput { name }) } else { Ok(()) }
    }

    /// Reads the whole input.
    pub(crate) fn read_all(mut self) -> Result<Vec<u8>, Failure> {
        let mut content = Vec::new();
        self.read_to_end(&mut content).map_err(cannot_read(self.name))?;
        Ok(content)
    }

    /// Returns a file that can be read twice: the input itself, or a temporary copy of a pipe.
    pub(crate) fn into_seekable(mut self) -> Result<File, Failure> {
        match self.source {
            Source::File(file) if self.metadata.is_some_and(|metadata| metadata.is_file()) => Ok(file),
            _ => {
                let copy = |input: &mut Source| {
                    let mut file = tempfile::tempfile()?;
                    io::copy(input, &mut file)?;
                    file.rewind()?;
                    Ok(file)
                };
                copy(&mut self.source).map_err(cannot_read(self.name))
            }
        }
    }
}

impl Read for Input {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.source.read(buffer)
    }
}

impl Read for Source {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        match self {
            Source::File(file) => file.read(buffer),
            Source::Stdin(stdin) => stdin.read(buffer),
        }
    }
}
