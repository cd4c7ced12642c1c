//! Finds out whether two names are names of the same file.

use std::fs::Metadata;
use std::path::Path;

/// The identity of a regular file, equal for all of its names.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Identity {
    device: u64,
    inode: u64,
}

impl Identity {
    #[cfg(unix)]
    pub(crate) fn of_file(file: &Metadata) -> Option<Self> {
        use std::os::unix::fs::MetadataExt;
        file.is_file().then(|| Identity { device: file.dev(), inode: file.ino() })
    }

    /// Returns `None`, because on other systems only paths are compared, by [`is_same_path`].
    #[cfg(not(unix))]
    pub(crate) fn of_file(_: &Metadata) -> Option<Self> {
        None
    }
}

/// Returns `true` if both paths exist and lead to the same file. Hard links are not recognized.
pub(crate) fn is_same_path(one: &Path, other: &Path) -> bool {
    one.canonicalize().ok().zip(other.canonicalize().ok()).is_some_and(|(one, other)| one == other)
}

/// Returns the file to which standard input or output is redirected.
#[cfg(unix)]
pub(crate) fn metadata_of(stream: &impl std::os::fd::AsFd) -> Option<Metadata> {
    std::fs::File::from(stream.as_fd().try_clone_to_owned().ok()?).metadata().ok()
}

#[cfg(not(unix))]
pub(crate) fn metadata_of<T>(_: &T) -> Option<Metadata> {
    None
}
