//! A file that is written whole or not at all.

use std::fs::{self, File, Metadata};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use tempfile::NamedTempFile;

use crate::failure::{Failure, cannot_write, name_of};

/// The new content of a file that exists or is created.
///
/// The content is written to a temporary file in the same directory, which [`finish`](Self::finish) puts in place of the old
/// file in one step. It gets the permissions of the old file and, if the user is allowed to set it, its owner. Symbolic
/// links are followed. Devices and pipes are written to directly.
pub(crate) struct Replacement {
    name: String,
    content: Content,
}

enum Content {
    Direct(File),
    Whole { file: NamedTempFile, path: PathBuf, old: Option<Box<Metadata>> },
}

impl Replacement {
    /// Begins to replace the file at `path`, which stays as it is until the end.
    pub(crate) fn create(path: &Path) -> Result<Self, Failure> {
        let name = name_of(path);
        match Content::create(path) {
            Ok(content) => Ok(Replacement { name, content }),
            Err(error) => Err(cannot_write(name)(error)),
        }
    }

    /// The name of the file in messages.
    pub(crate) fn name(&self) -> &str {
        &self.name
    }

    /// Puts the content in the place of the old file.
    pub(crate) fn finish(self) -> Result<(), Failure> {
        self.content.finish().map_err(cannot_write(self.name))
    }
}

impl Write for Replacement {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        match &mut self.content {
            Content::Direct(file) => file.write(bytes),
            // Not the temporary file itself, whose errors name a path that the user has not given.
            Content::Whole { file, .. } => file.as_file_mut().write(bytes),
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        // Files have no buffer.
        Ok(())
    }
}

impl Content {
    fn create(path: &Path) -> io::Result<Self> {
        let old = match fs::metadata(path) {
            Ok(old) if !old.is_file() => {
                return Ok(Content::Direct(fs::OpenOptions::new().write(true).open(path)?));
            }
            Ok(old) => Some(Box::new(old)),
            Err(error) if error.kind() == io::ErrorKind::NotFound => None,
            Err(error) => return Err(error),
        };
        let path = follow_links(path)?;
        // The parent of a name alone is an empty path.
        let directory =
            path.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."));
        Ok(Content::Whole { file: new_file_in(directory)?, path, old })
    }

    fn finish(self) -> io::Result<()> {
        let Content::Whole { file, path, old } = self else { return Ok(()) };
        if let Some(old) = &old {
            take_over(old, file.path())?;
        }
        // Otherwise a power failure could leave an empty file under the new name.
        file.as_file().sync_all()?;
        file.persist(&path).map_err(|error| error.error)?;
        Ok(())
    }
}

/// Returns the target of the symbolic links at `path`, which need not exist.
fn follow_links(path: &Path) -> io::Result<PathBuf> {
    /// The number that Linux follows.
    const MAX_LINKS: usize = 40;
    let mut path = path.to_owned();
    for _ in 0..MAX_LINKS {
        match fs::read_link(&path) {
            Ok(target) => path = path.parent().unwrap_or(Path::new("")).join(target),
            // Not a link, or not there.
            Err(_) => return Ok(path),
        }
    }
    Err(io::Error::other("too many levels of symbolic links"))
}

/// A temporary file with the permissions of any new file.
#[cfg(unix)]
fn new_file_in(directory: &Path) -> io::Result<NamedTempFile> {
    use std::os::unix::fs::PermissionsExt;
    // Less those that the user's umask denies.
    let permissions = fs::Permissions::from_mode(0o666);
    tempfile::Builder::new().permissions(permissions).tempfile_in(directory)
}

#[cfg(not(unix))]
fn new_file_in(directory: &Path) -> io::Result<NamedTempFile> {
    NamedTempFile::new_in(directory)
}

/// Gives the file at `path` the owner and the permissions of an old one.
fn take_over(old: &Metadata, path: &Path) -> io::Result<()> {
    #[cfg(unix)]
    {
        use std::os::unix::fs::{MetadataExt, chown};
        let new = fs::metadata(path)?;
        if (old.uid(), old.gid()) != (new.uid(), new.gid()) {
            // Only an administrator may give a file away.
            let _ = chown(path, Some(old.uid()), Some(old.gid()));
        }
    }
    fs::set_permissions(path, old.permissions())
}
