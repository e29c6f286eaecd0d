//! Files and folders of the user alone. On Unix their mode keeps other users out; elsewhere the user's profile does.

use std::fs::{DirBuilder, File};
use std::io::{self, Write as _};
use std::path::Path;

use tempfile::NamedTempFile;

/// Creates the folder, and those above it that are missing.
///
/// # Errors
/// When it can't be created.
pub(crate) fn create_folder(folder: &Path) -> io::Result<()> {
    let mut builder = DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(folder)
}

/// Replaces a file as a whole: a reader, and a command that is killed, see the old or the new content.
///
/// # Errors
/// When it can't be written.
pub(crate) fn write(file: &Path, content: &[u8]) -> io::Result<()> {
    prepared(file, content)?.persist(file).map_err(|error| error.error)?;
    Ok(())
}

/// Writes a file, unless there is one of that name; returns whether it was written.
///
/// # Errors
/// When it can't be written.
pub(crate) fn write_new(file: &Path, content: &[u8]) -> io::Result<bool> {
    match prepared(file, content)?.persist_noclobber(file) {
        Ok(_) => Ok(true),
        Err(error) if error.error.kind() == io::ErrorKind::AlreadyExists => Ok(false),
        Err(error) => Err(error.error),
    }
}

fn prepared(file: &Path, content: &[u8]) -> io::Result<NamedTempFile> {
    let folder = file.parent().unwrap_or(Path::new("."));
    create_folder(folder)?;
    let mut new = NamedTempFile::new_in(folder)?; // with the mode 0600
    new.write_all(content)?;
    new.as_file().sync_all()?;
    Ok(new)
}

/// Whether other users can read or change the file.
///
/// # Errors
/// When its metadata can't be read.
pub(crate) fn is_open_to_others(file: &File) -> io::Result<bool> {
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        Ok(file.metadata()?.permissions().mode() & 0o077 != 0)
    }
    #[cfg(not(unix))]
    {
        let _ = file;
        Ok(false)
    }
}
