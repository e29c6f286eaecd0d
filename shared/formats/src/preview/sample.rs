//! The beginning of a file, as far as a preview reads it.

use std::io::{self, Cursor, Read};

use encoding_rs::{Encoding, UTF_16BE, UTF_16LE};
use flate2::read::MultiGzDecoder;
use saldo_domain::fields::{PayloadError, PayloadErrorKind};
use saldo_domain::import::{Format, Notation};

use crate::read::{self, Contents, ROW_BYTES_MAX, ReadError, SheetSample, Sink, SourceEnded};

/// The bytes of a file that a preview reads, and of a compressed one also the bytes that it reads of the text. Some 10,000
/// rows: enough to prove how they are written, and read within a moment.
pub const PREVIEW_BYTES_MAX: usize = 1_000_000;

// The header and the rows that are looked at for ids are within the beginning.
const _: () = assert!(PREVIEW_BYTES_MAX < ROW_BYTES_MAX);

/// The beginning of a file: at most [`PREVIEW_BYTES_MAX`] bytes, of which more are ignored.
#[derive(Clone, Copy, Debug)]
pub struct Beginning<'a> {
    /// The bytes.
    pub bytes: &'a [u8],
    /// Whether these bytes are the whole file.
    pub is_whole: bool,
    /// Whether they are compressed with gzip.
    pub gzip: bool,
}

/// The part of a file that is previewed.
pub(super) enum Part {
    /// Of a text in a format.
    Text { sample: Sample, format: Format },
    /// Of a workbook.
    Sheet(Box<SheetSample>),
}

impl Part {
    pub(super) fn format(&self) -> Format {
        match self {
            Self::Text { format, .. } => *format,
            Self::Sheet(_) => Format::Xlsx,
        }
    }

    /// The bytes that were read, without compression.
    pub(super) fn bytes(&self) -> u64 {
        match self {
            Self::Text { sample, .. } => sample.bytes.len() as u64,
            Self::Sheet(sheet) => sheet.bytes(),
        }
    }

    /// Whether they are the whole file, or the whole sheet.
    pub(super) fn is_whole(&self) -> bool {
        match self {
            Self::Text { sample, .. } => sample.is_whole,
            Self::Sheet(sheet) => sheet.is_whole(),
        }
    }

    /// Passes the rows on, as an import reads them.
    pub(super) fn pass_on(&self, notation: &Notation, sink: impl Sink) -> Result<Contents, ReadError> {
        match self {
            Self::Text { sample, format } => read::read(notation, sample.source(*format), sink),
            Self::Sheet(sheet) => sheet.pass_on(notation, sink),
        }
    }
}

/// The bytes that are read, without compression.
pub(super) struct Sample {
    pub(super) bytes: Vec<u8>,
    /// Whether they are the whole file.
    pub(super) is_whole: bool,
}

impl Sample {
    /// The rows that end within the beginning of a file.
    ///
    /// # Errors
    /// When the whole file can't be decompressed, or no row ends.
    pub(super) fn of(
        beginning: Beginning<'_>,
        format: Format,
        encoding: Option<&'static Encoding>,
    ) -> Result<Self, PayloadError> {
        let mut is_whole = beginning.is_whole && beginning.bytes.len() <= PREVIEW_BYTES_MAX;
        let part = beginning.bytes.get(..PREVIEW_BYTES_MAX).unwrap_or(beginning.bytes);
        let mut bytes = Vec::new();
        if beginning.gzip {
            let read = MultiGzDecoder::new(part).take(PREVIEW_BYTES_MAX as u64 + 1).read_to_end(&mut bytes);
            match read {
                // A part of a gzip file ends with an error, after the text that it holds.
                Err(error) if is_whole => {
                    return Err(PayloadErrorKind::InvalidGzip { reason: error.to_string() }.into());
                }
                _ => {}
            }
            is_whole = is_whole && bytes.len() <= PREVIEW_BYTES_MAX;
            bytes.truncate(PREVIEW_BYTES_MAX);
        } else {
            bytes.extend_from_slice(part);
        }
        if !is_whole && format != Format::Json {
            let end = end_of_last_line(&bytes, encoding);
            if end == 0 && !bytes.is_empty() {
                return Err(PayloadErrorKind::RowTooLong { bytes_max: PREVIEW_BYTES_MAX }.into());
            }
            bytes.truncate(end);
        }
        Ok(Self { bytes, is_whole })
    }

    /// The bytes as a source for a reader of this format. In JSON, whose rows do not end with lines, the source of a part
    /// ends with [`SourceEnded`].
    fn source(&self, format: Format) -> impl Read {
        let is_cut = !self.is_whole && format == Format::Json;
        Cursor::new(&self.bytes).chain(End { is_cut })
    }
}

/// The end of a source.
struct End {
    is_cut: bool,
}

impl Read for End {
    fn read(&mut self, _: &mut [u8]) -> io::Result<usize> {
        if self.is_cut { Err(io::Error::other(SourceEnded)) } else { Ok(0) }
    }
}

/// The position behind the last line break.
fn end_of_last_line(bytes: &[u8], encoding: Option<&'static Encoding>) -> usize {
    let is_break = |unit: u16| unit == u16::from(b'\n') || unit == u16::from(b'\r');
    match Encoding::for_bom(bytes).map(|(encoding, _)| encoding).or(encoding) {
        Some(encoding) if encoding == UTF_16LE || encoding == UTF_16BE => {
            let unit = |pair: &[u8; 2]| match encoding == UTF_16LE {
                true => u16::from_le_bytes(*pair),
                false => u16::from_be_bytes(*pair),
            };
            let last = bytes.as_chunks().0.iter().rposition(|pair| is_break(unit(pair)));
            last.map_or(0, |last| 2 * (last + 1))
        }
        _ => bytes.iter().rposition(|byte| is_break((*byte).into())).map_or(0, |last| last + 1),
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use flate2::Compression;
    use flate2::write::GzEncoder;

    use super::*;

    fn sample(bytes: &[u8], is_whole: bool, gzip: bool) -> Result<(Vec<u8>, bool), PayloadError> {
        let sample = Sample::of(Beginning { bytes, is_whole, gzip }, Format::Csv, None)?;
        Ok((sample.bytes, sample.is_whole))
    }

    fn gzip(bytes: &[u8]) -> Vec<u8> {
        let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
        encoder.write_all(bytes).and_then(|()| encoder.finish()).expect("in memory")
    }

    #[test]
    fn part_of_a_file_ends_with_a_line() {
        assert_eq!(sample(b"a\nb", true, false), Ok((b"a\nb".to_vec(), true)));
        assert_eq!(sample(b"a\nb", false, false), Ok((b"a\n".to_vec(), false)));
        assert_eq!(sample(b"a\rb", false, false), Ok((b"a\r".to_vec(), false)));
        let utf16: Vec<u8> = "\u{feff}a\nĊb".encode_utf16().flat_map(u16::to_le_bytes).collect();
        assert_eq!(sample(&utf16, false, false), Ok((utf16[..6].to_vec(), false)));
        let long = b"0123456789\n".repeat(PREVIEW_BYTES_MAX / 10);
        let (bytes, is_whole) = sample(&long, true, false).expect("rows");
        assert!(!is_whole && bytes.len() > PREVIEW_BYTES_MAX - 11 && bytes.ends_with(b"\n"));
        assert!(sample(&vec![b'x'; 2 * PREVIEW_BYTES_MAX], true, false).is_err(), "one row");
    }

    #[test]
    fn part_of_a_gzip_file_is_read_and_a_broken_one_refused() {
        let rows: Vec<_> = (0..50_000).map(|row| format!("{row};{}\n", row * 7919 % 10_007)).collect();
        let rows = rows.concat();
        let file = gzip(rows.as_bytes());
        let (bytes, is_whole) = sample(&file, true, true).expect("rows");
        assert_eq!((String::from_utf8(bytes), is_whole), (Ok(rows.clone()), true));
        let (bytes, is_whole) = sample(&file[..file.len() / 2], false, true).expect("rows");
        assert!(!is_whole && bytes.len() > 10_000 && rows.as_bytes().starts_with(&bytes));
        assert!(matches!(
            sample(&file[..file.len() / 2], true, true),
            Err(PayloadError { kind: PayloadErrorKind::InvalidGzip { .. }, .. })
        ));
        let bomb = gzip(&b"1;2\n".repeat(PREVIEW_BYTES_MAX));
        assert!(matches!(sample(&bomb, true, true), Ok((bytes, false)) if bytes.len() == PREVIEW_BYTES_MAX));
    }
}
