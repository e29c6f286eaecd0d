//! Files and folders of the user alone. On Unix their mode keeps other users out; elsewhere the user's profile does.

use std::fs::{DirBuilder, File};
use std::io::{self, Write as _};
use std::path::Path;

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
    let folder = file.parent().unwrap_or(Path::new("."));
    create_folder(folder)?;
    let mut new = tempfile::NamedTempFile::new_in(folder)?; // with the mode 0600
    new.write_all(content)?;
    new.as_file().sync_all()?;
    new.persist(file).map_err(|error| error.error)?;
    Ok(())
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
