//! Files that the command writes. Each appears under its name as a whole or not at all.

use std::fs::{self, File};
use std::io::{self, Stdout, Write};
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result};
use tempfile::{Builder, NamedTempFile};

/// Where a file is written.
pub(crate) enum Sink {
    Stdout(Stdout),
    /// Something that can't be replaced, such as a pipe.
    Device(File),
    /// A file that gets its name at the end.
    New {
        file: NamedTempFile,
        path: PathBuf,
    },
}

impl Sink {
    /// Begins a file; `-` is stdout.
    ///
    /// # Errors
    /// When nothing can be written there.
    pub(crate) fn create(path: &Path) -> Result<Self> {
        if path == Path::new("-") {
            return Ok(Self::Stdout(io::stdout()));
        }
        let cannot = || format!("{} can't be written", path.display());
        let there = fs::metadata(path).ok();
        if there.as_ref().is_some_and(|there| !there.is_file() && !there.is_dir()) {
            return File::create(path).map(Self::Device).with_context(cannot);
        }
        // A link keeps pointing at the file.
        let path = fs::canonicalize(path).unwrap_or_else(|_| path.to_owned());
        let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
        let mut builder = Builder::new();
        builder.prefix(".saldo-");
        #[cfg(unix)]
        let permissions = {
            use std::os::unix::fs::PermissionsExt;
            // For a new file, the user's mask decides.
            there.map_or_else(|| fs::Permissions::from_mode(0o666), |there| there.permissions())
        };
        #[cfg(unix)]
        builder.permissions(permissions);
        Ok(Self::New { file: builder.tempfile_in(folder).with_context(cannot)?, path })
    }

    /// Completes the file, in place of one of that name.
    ///
    /// # Errors
    /// When it can't be written.
    pub(crate) fn finish(self) -> Result<()> {
        match self {
            Self::Stdout(mut stdout) => stdout.flush()?,
            Self::Device(mut file) => file.flush()?,
            Self::New { file, path } => {
                let persisted = file.persist(&path).map_err(|error| error.error);
                persisted.with_context(|| format!("{} can't be written", path.display()))?;
            }
        }
        Ok(())
    }

    /// Completes the file under the first of these names that is free, and returns that.
    ///
    /// # Errors
    /// When it can't be written.
    pub(crate) fn finish_as_new(self, names: impl IntoIterator<Item = PathBuf>) -> Result<Option<PathBuf>> {
        let Self::New { mut file, .. } = self else { return self.finish().map(|()| None) };
        for name in names {
            match file.persist_noclobber(&name) {
                Ok(_) => return Ok(Some(name)),
                Err(error) if error.error.kind() == io::ErrorKind::AlreadyExists => file = error.file,
                Err(error) => {
                    return Err(error.error).with_context(|| format!("{} can't be written", name.display()));
                }
            }
        }
        Ok(None)
    }
}

impl Write for Sink {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        match self {
            Self::Stdout(stdout) => stdout.write(bytes),
            Self::Device(file) => file.write(bytes),
            Self::New { file, .. } => file.write(bytes),
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        match self {
            Self::Stdout(stdout) => stdout.flush(),
            Self::Device(file) => file.flush(),
            Self::New { file, .. } => file.flush(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn file_appears_when_it_is_complete() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("a.csv");
        fs::write(&path, "old").expect("written");
        let mut sink = Sink::create(&path).expect("a file");
        sink.write_all(b"new").expect("written");
        assert_eq!(fs::read_to_string(&path).expect("the file"), "old");
        sink.finish().expect("complete");
        assert_eq!(fs::read_to_string(&path).expect("the file"), "new");

        drop(Sink::create(&path).expect("a file"));
        assert_eq!(fs::read_dir(folder.path()).expect("the folder").count(), 1);
    }

    #[test]
    fn new_file_replaces_none() {
        let folder = tempfile::tempdir().expect("a folder");
        let names = ["a.csv", "a-2.csv"].map(|name| folder.path().join(name));
        for wanted in &names {
            let sink = Sink::create(&names[0]).expect("a file");
            assert_eq!(sink.finish_as_new(names.clone()).expect("complete").as_ref(), Some(wanted));
        }
    }
}
