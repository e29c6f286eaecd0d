//! The bytes that are uploaded. Their length and digest are known before, because S3 accepts only what was announced
//! and a repeated command recognizes them. A file is read twice for that; what can't be read twice, and what is
//! compressed here, goes through a file without a name, which disappears with the command.

use std::fs::{File, Metadata};
use std::io::{self, Cursor, ErrorKind, Read, Seek as _, Write};
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, bail};
use data_encoding::HEXLOWER;
use flate2::Compression;
use flate2::write::GzEncoder;
use indicatif::ProgressBar;
use sha2::{Digest as _, Sha256};

use crate::private;
use crate::progress::Progress;

const READ_BYTES: usize = 256 * 1024;
/// The first bytes of a gzip file (RFC 1952).
const GZIP: [u8; 2] = [0x1f, 0x8b];
const GZIP_EXTENSION: &str = ".gz";
/// The longest name that the API takes.
const NAME_CHARACTERS_MAX: usize = 255;

/// What is uploaded.
#[derive(Debug)]
pub(super) struct Source {
    file: File,
    pub bytes: u64,
    /// Hexadecimal.
    pub sha256: String,
    pub gzip: bool,
    path: PathBuf,
}

impl Source {
    /// Reads a file, or stdin, once to the end.
    ///
    /// # Errors
    /// When it can't be read or is empty.
    pub(super) async fn read(path: &Path, compress: bool, spool: &Path) -> Result<Self> {
        let bytes = std::fs::metadata(path).ok().filter(Metadata::is_file).map(|about| about.len());
        let (progress, path, spool) =
            (Progress::of_bytes("Reading", bytes), path.to_owned(), spool.to_owned());
        let bar = progress.bar();
        // Away from the task that waits for Ctrl-C.
        tokio::task::spawn_blocking(move || prepare(path, compress, &spool, &bar)).await?
    }

    /// The file from its beginning.
    ///
    /// # Errors
    /// When it can't be read again.
    pub(super) fn rewound(&self) -> io::Result<tokio::fs::File> {
        let mut file = self.file.try_clone()?;
        file.rewind()?;
        Ok(tokio::fs::File::from_std(file))
    }

    /// Whether the file has another length than when it was read.
    pub(super) fn has_changed(&self) -> bool {
        self.file.metadata().is_ok_and(|now| now.len() != self.bytes)
    }

    /// The name for people.
    pub(super) fn shown(&self) -> String {
        if self.path == Path::new("-") {
            "standard input".to_owned()
        } else {
            self.path.display().to_string()
        }
    }

    /// The name for the API, which takes a file for compressed if its name ends in `.gz`.
    pub(super) fn name(&self) -> String {
        let name = self.path.file_name().map(|name| name.to_string_lossy().into_owned());
        let name = name.filter(|name| name != "-").unwrap_or_else(|| "stdin".to_owned());
        let lower = name.to_lowercase();
        let stem = if lower.ends_with(GZIP_EXTENSION) {
            name.get(..name.len() - GZIP_EXTENSION.len())
        } else {
            None
        };
        let name: Vec<_> = stem.unwrap_or(&name).chars().filter(|c| !c.is_control()).collect();
        let from = name.len().saturating_sub(NAME_CHARACTERS_MAX - GZIP_EXTENSION.len());
        let name: String = name.get(from..).unwrap_or_default().iter().collect();
        if self.gzip { name + GZIP_EXTENSION } else { name }
    }
}

fn prepare(path: PathBuf, compress: bool, spool: &Path, bar: &ProgressBar) -> Result<Source> {
    let shown = path.display();
    let mut input: Box<dyn Read> = Box::new(io::stdin());
    let mut regular = None;
    if path != Path::new("-") {
        let file = match File::open(&path) {
            Ok(file) => file,
            Err(error) if error.kind() == ErrorKind::NotFound => bail!("there is no file {shown}."),
            Err(error) => return Err(error).with_context(|| format!("{shown} can't be read")),
        };
        let about = file.metadata().with_context(|| format!("{shown} can't be read"))?;
        if about.is_dir() {
            bail!("{shown} is a folder. Name a file in it.");
        }
        if about.is_file() {
            regular = Some(file.try_clone().with_context(|| format!("{shown} can't be read"))?);
        }
        input = Box::new(file);
    }
    let mut start = Vec::new();
    input
        .by_ref()
        .take(GZIP.len() as u64)
        .read_to_end(&mut start)
        .with_context(|| format!("{shown} can't be read"))?;
    let is_gzip = start == GZIP;
    let input = Cursor::new(start).chain(input);
    let compress = compress && !is_gzip;
    let read = match regular {
        Some(file) if !compress => {
            let mut digested = Digested::new(io::sink());
            copy(input, &mut digested, bar).map(|()| (file, digested.bytes, digested.digest))
        }
        _ => spooled(input, compress, spool, bar),
    };
    let (file, bytes, digest) = read.with_context(|| format!("{shown} can't be read"))?;
    if bytes == 0 {
        bail!("{shown} is empty.");
    }
    let sha256 = HEXLOWER.encode(&digest.finalize());
    Ok(Source { file, bytes, sha256, gzip: is_gzip || compress, path })
}

/// Copies into a file without a name. Not in the folder for temporary files, which is often in memory.
fn spooled(
    input: impl Read,
    compress: bool,
    spool: &Path,
    bar: &ProgressBar,
) -> io::Result<(File, u64, Sha256)> {
    private::create_folder(spool)?;
    let mut digested = Digested::new(tempfile::tempfile_in(spool)?);
    if compress {
        let mut encoder = GzEncoder::new(digested, Compression::default());
        copy(input, &mut encoder, bar)?;
        digested = encoder.finish()?;
    } else {
        copy(input, &mut digested, bar)?;
    }
    Ok((digested.into, digested.bytes, digested.digest))
}

fn copy(mut from: impl Read, mut to: impl Write, bar: &ProgressBar) -> io::Result<()> {
    let mut buffer = vec![0; READ_BYTES];
    loop {
        match from.read(&mut buffer) {
            Ok(0) => return to.flush(),
            Ok(read) => {
                to.write_all(buffer.get(..read).unwrap_or_default())?;
                bar.inc(read as u64);
            }
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
}

/// Counts and digests what is written.
struct Digested<W> {
    into: W,
    bytes: u64,
    digest: Sha256,
}

impl<W> Digested<W> {
    fn new(into: W) -> Self {
        Self { into, bytes: 0, digest: Sha256::new() }
    }
}

impl<W: Write> Write for Digested<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let written = self.into.write(bytes)?;
        self.digest.update(bytes.get(..written).unwrap_or_default());
        self.bytes += written as u64;
        Ok(written)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.into.flush()
    }
}

#[cfg(test)]
mod tests {
    use flate2::read::GzDecoder;

    use super::*;

    async fn content(source: &Source) -> Vec<u8> {
        let mut file = source.rewound().expect("the file").into_std().await;
        let mut content = Vec::new();
        file.read_to_end(&mut content).expect("the file");
        content
    }

    #[tokio::test]
    async fn file_is_read_as_it_is_or_compressed_always_to_the_same_bytes() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("Núñez.csv");
        std::fs::write(&path, "a,b\n1,2\n").expect("written");
        let plain = Source::read(&path, false, folder.path()).await.expect("a file");
        assert_eq!((plain.bytes, plain.gzip, plain.name()), (8, false, "Núñez.csv".to_owned()));
        assert_eq!(plain.sha256, HEXLOWER.encode(&Sha256::digest(b"a,b\n1,2\n")));
        for _ in 0..2 {
            assert_eq!(content(&plain).await, b"a,b\n1,2\n");
        }

        let gzip = Source::read(&path, true, folder.path()).await.expect("a file");
        assert_eq!((gzip.gzip, gzip.name()), (true, "Núñez.csv.gz".to_owned()));
        let mut text = String::new();
        GzDecoder::new(&*content(&gzip).await).read_to_string(&mut text).expect("gzip");
        assert_eq!(text, "a,b\n1,2\n");
        assert_eq!(Source::read(&path, true, folder.path()).await.expect("a file").sha256, gzip.sha256);
    }

    #[tokio::test]
    async fn compression_follows_from_the_first_bytes() {
        let folder = tempfile::tempdir().expect("a folder");
        let (named, unnamed) = (folder.path().join("a.csv.GZ"), folder.path().join("b.csv"));
        std::fs::write(&named, "a\n1\n").expect("written");
        std::fs::write(&unnamed, [GZIP[0], GZIP[1], 8]).expect("written");
        let name = async |path: &Path| Source::read(path, true, folder.path()).await.expect("a file").name();
        assert_eq!(
            (name(&named).await, name(&unnamed).await),
            ("a.csv.gz".to_owned(), "b.csv.gz".to_owned())
        );
        let plain = Source::read(&named, false, folder.path()).await.expect("a file");
        assert_eq!(plain.name(), "a.csv");
    }

    #[tokio::test]
    async fn what_is_no_file_with_content_is_refused() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("a.csv");
        let why = async |path: &Path| {
            let read = Source::read(path, false, folder.path()).await;
            read.expect_err("refused").to_string().replace(&folder.path().display().to_string(), "DIR")
        };
        assert_eq!(why(&path).await, "there is no file DIR/a.csv.");
        std::fs::write(&path, "").expect("written");
        assert_eq!(why(&path).await, "DIR/a.csv is empty.");
        assert_eq!(why(folder.path()).await, "DIR is a folder. Name a file in it.");
    }
}
