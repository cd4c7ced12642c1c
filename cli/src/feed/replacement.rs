//! A file that is written whole or not at all.

use std::fs::{self, Metadata};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use crate::failure::{Failure, cannot_write, name_of};

/// Replaces the content of the file at `path`, or creates it.
///
/// The content is written to a temporary file in the same directory, which then replaces the old file in one step. It
/// gets the permissions of the old file and, if the user is allowed to set it, its owner. Symbolic links are followed.
/// Devices and pipes are written to directly.
pub(super) fn write(path: &Path, content: &[u8]) -> Result<(), Failure> {
    try_write(path, content).map_err(cannot_write(name_of(path)))
}

fn try_write(path: &Path, content: &[u8]) -> io::Result<()> {
    let old = match fs::metadata(path) {
        Ok(old) if !old.is_file() => {
            return fs::OpenOptions::new().write(true).open(path)?.write_all(content);
        }
        Ok(old) => Some(old),
        Err(error) if error.kind() == io::ErrorKind::NotFound => None,
        Err(error) => return Err(error),
    };
    let path = follow_links(path)?;
    // The parent of a name alone is an empty path.
    let directory = path.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let mut file = new_file_in(directory)?;
    file.write_all(content)?;
    if let Some(old) = &old {
        take_over(old, file.path())?;
    }
    // Otherwise a power failure could leave an empty file under the new name.
    file.as_file().sync_all()?;
    file.persist(&path).map_err(|error| error.error)?;
    Ok(())
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
fn new_file_in(directory: &Path) -> io::Result<tempfile::NamedTempFile> {
    use std::os::unix::fs::PermissionsExt;
    // Less those that the user's umask denies.
    let permissions = fs::Permissions::from_mode(0o666);
    tempfile::Builder::new().permissions(permissions).tempfile_in(directory)
}

#[cfg(not(unix))]
fn new_file_in(directory: &Path) -> io::Result<tempfile::NamedTempFile> {
    tempfile::NamedTempFile::new_in(directory)
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
