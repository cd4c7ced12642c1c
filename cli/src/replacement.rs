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
///
/// On Linux the temporary file has no name until it is complete, so that it disappears if a signal ends the program. On
/// other systems, and on file systems without unnamed files, it remains in the directory then.
pub(crate) struct Replacement {
    name: String,
    content: Content,
}

enum Content {
    Direct(File),
    Whole { file: NewFile, directory: PathBuf, path: PathBuf, old: Option<Box<Metadata>> },
}

enum NewFile {
    #[cfg(target_os = "linux")]
    Unnamed(File),
    Named(NamedTempFile),
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

    /// Returns the name of the file in messages.
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
            Content::Whole { file, .. } => file.as_file().write(bytes),
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
        Ok(Content::Whole {
            file: NewFile::create_in(directory)?,
            directory: directory.to_owned(),
            path,
            old,
        })
    }

    fn finish(self) -> io::Result<()> {
        let Content::Whole { file, directory, path, old } = self else { return Ok(()) };
        if let Some(old) = &old {
            take_over(old, file.as_file())?;
        }
        // Without this, a power failure could leave an empty file under the new name.
        file.as_file().sync_all()?;
        file.persist(&directory, &path)
    }
}

impl NewFile {
    fn create_in(directory: &Path) -> io::Result<Self> {
        #[cfg(target_os = "linux")]
        if let Some(file) = open_unnamed(directory) {
            return Ok(NewFile::Unnamed(file));
        }
        new_file_in(directory).map(NewFile::Named)
    }

    fn as_file(&self) -> &File {
        match self {
            #[cfg(target_os = "linux")]
            NewFile::Unnamed(file) => file,
            NewFile::Named(file) => file.as_file(),
        }
    }

    /// Gives the file its name. An old file of this name is replaced.
    fn persist(self, directory: &Path, path: &Path) -> io::Result<()> {
        match self {
            #[cfg(target_os = "linux")]
            NewFile::Unnamed(file) => name_file(&file, directory)?.persist(path).map_err(|error| error.error),
            NewFile::Named(file) => {
                let _ = directory;
                file.persist(path).map(drop).map_err(|error| error.error)
            }
        }
    }
}

/// Opens a file without a name. Returns `None` if the file system does not support this, or if `/proc` is missing,
/// which is needed to name the file later.
#[cfg(target_os = "linux")]
fn open_unnamed(directory: &Path) -> Option<File> {
    use rustix::fs::{Mode, OFlags};
    let flags = OFlags::TMPFILE | OFlags::RDWR | OFlags::CLOEXEC;
    // The umask of the user removes some of these permissions.
    let file = File::from(rustix::fs::open(directory, flags, Mode::from_raw_mode(0o666)).ok()?);
    Path::new(&path_in_proc(&file)).exists().then_some(file)
}

#[cfg(target_os = "linux")]
fn path_in_proc(file: &File) -> String {
    use std::os::fd::AsRawFd;
    format!("/proc/self/fd/{}", file.as_raw_fd())
}

/// Gives a file without a name a temporary one.
#[cfg(target_os = "linux")]
fn name_file(file: &File, directory: &Path) -> io::Result<NamedTempFile<()>> {
    use rustix::fs::{AtFlags, CWD, linkat};
    let from = path_in_proc(file);
    tempfile::Builder::new()
        .make_in(directory, |path| Ok(linkat(CWD, &from, CWD, path, AtFlags::SYMLINK_FOLLOW)?))
}

/// Returns the target of the symbolic links at `path`, which need not exist.
fn follow_links(path: &Path) -> io::Result<PathBuf> {
    /// The maximum number of symbolic links in a row, as on Linux.
    const MAX_LINKS: usize = 40;
    let mut path = path.to_owned();
    for _ in 0..MAX_LINKS {
        match fs::read_link(&path) {
            Ok(target) => path = path.parent().unwrap_or(Path::new("")).join(target),
            // The path is not a symbolic link, or does not exist.
            Err(_) => return Ok(path),
        }
    }
    Err(io::Error::other("too many levels of symbolic links"))
}

/// Creates a temporary file with the permissions of any new file.
#[cfg(unix)]
fn new_file_in(directory: &Path) -> io::Result<NamedTempFile> {
    use std::os::unix::fs::PermissionsExt;
    // The umask of the user removes some of these permissions.
    let permissions = fs::Permissions::from_mode(0o666);
    tempfile::Builder::new().permissions(permissions).tempfile_in(directory)
}

#[cfg(not(unix))]
fn new_file_in(directory: &Path) -> io::Result<NamedTempFile> {
    NamedTempFile::new_in(directory)
}

/// Gives a file the owner and the permissions of an old one.
fn take_over(old: &Metadata, new: &File) -> io::Result<()> {
    #[cfg(unix)]
    {
        use std::os::unix::fs::{MetadataExt, fchown};
        let created = new.metadata()?;
        if (old.uid(), old.gid()) != (created.uid(), created.gid()) {
            // Only an administrator may give a file away.
            let _ = fchown(new, Some(old.uid()), Some(old.gid()));
        }
    }
    new.set_permissions(old.permissions())
}
