//! The head of a payload: whether the payload can be read as far as its first row. A request that names a file learns so
//! that the file has another format or lacks columns, before the import begins.

use std::io::{self, Read, Seek};

use saldo_domain::import::Notation;

use super::{ReadError, SourceEnded, read, xlsx};

/// The bytes that decide. A header and the ids below it are searched for in the first 256 KB of text, which UTF-16
/// stores in twice as many bytes; compressed text is shorter.
pub const HEAD_BYTES: u64 = 1024 * 1024;

/// Reads a payload as far as its first row. `is_whole` if the bytes are all of it. What can't be decided without the rest
/// is not an error.
///
/// # Errors
/// [`ReadError::Payload`] when the payload can't be read, whatever follows these bytes.
pub fn check_head(notation: &Notation, bytes: &[u8], is_whole: bool) -> Result<(), ReadError> {
    match read(notation, Head { bytes, is_whole }, |_, _| Err(ReadError::Stopped)) {
        Ok(_) | Err(ReadError::Stopped | ReadError::SourceEnded(_)) => Ok(()),
        Err(error) => Err(error),
    }
}

/// Reads a workbook, whose list of parts is at its end, as far as the first row of its table. It is read by range: its list
/// of parts, the beginning of the sheet, and the texts to which that refers.
///
/// # Errors
/// [`ReadError::Payload`] when the workbook can't be read, and the errors of the source.
pub fn check_workbook(notation: &Notation, source: impl Read + Seek) -> Result<(), ReadError> {
    xlsx::check_head(source, notation)
}

/// The bytes as a source that ends with an error if the payload goes on.
struct Head<'a> {
    bytes: &'a [u8],
    is_whole: bool,
}

impl Read for Head<'_> {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        match self.bytes.is_empty() && !self.is_whole {
            true => Err(io::Error::other(SourceEnded)),
            false => self.bytes.read(out),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use flate2::Compression;
    use flate2::write::GzEncoder;
    use saldo_domain::fields::{PayloadError, PayloadErrorKind};
    use saldo_domain::import::Format;

    use super::*;

    fn code(notation: &Notation, bytes: &[u8], is_whole: bool) -> Option<&'static str> {
        match check_head(notation, bytes, is_whole) {
            Ok(()) => None,
            Err(ReadError::Payload(PayloadError { kind, .. })) => Some(kind.code()),
            Err(other) => panic!("{other:?}"),
        }
    }

    #[test]
    fn head_of_a_longer_file_shows_what_is_wrong_with_it() {
        let csv = Notation::of(Format::Csv);
        let rows = |header: &str| format!("{header}\n{}", "Müller;5\n".repeat(100_000)).into_bytes();
        let cut = |bytes: Vec<u8>| bytes.get(..300_001).map(<[u8]>::to_vec).expect("long");
        assert_eq!(code(&csv, &cut(rows("contact.name;total_amount")), false), None);
        assert_eq!(code(&csv, &cut(rows("contact.name;Betrag")), false), Some("missing_column"));
        assert_eq!(code(&csv, &cut(rows("Kunde;Betrag")), false), Some("no_known_column"));
        assert_eq!(code(&csv, &[&b"PK\x03\x04"[..], &[0; 1_000]].concat(), false), Some("other_format"));
        let (latin, _, _) = encoding_rs::WINDOWS_1252.encode("contact.name;total_amount\nM\u{fc}ller;5\n");
        assert_eq!(code(&csv, &latin.repeat(20_000), false), None);
        let wide: Vec<u8> = "\u{feff}contact.name;Betrag\nM\u{fc}ller;5\n"
            .encode_utf16()
            .flat_map(u16::to_le_bytes)
            .collect();
        assert_eq!(code(&csv, &wide, true), Some("missing_column"));

        let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
        let noise: Vec<_> =
            (0..200_000_u32).map(|n| format!("{};{n}\n", n.wrapping_mul(2_654_435_761))).collect();
        let noise = noise.concat();
        encoder.write_all(format!("contact.name;Betrag\n{noise}").as_bytes()).expect("in memory");
        let zipped = encoder.finish().expect("in memory");
        let gzip = Notation { gzip: true, ..csv.clone() };
        assert_eq!(code(&gzip, zipped.get(..600_000).expect("long"), false), Some("missing_column"));
        assert_eq!(code(&gzip, b"not gzip", true), Some("invalid_gzip"));
    }

    #[test]
    fn what_the_rest_decides_is_no_error() {
        for format in [Format::Csv, Format::Json, Format::Ndjson] {
            for begin in ["", "{", "\"contact.name", "contact.name;total", "{\"accounts\":[{\"notes\":\"a"] {
                assert_eq!(code(&Notation::of(format), begin.as_bytes(), false), None, "{format:?} {begin}");
            }
        }
        assert_eq!(code(&Notation::of(Format::Csv), b"", true), Some(PayloadErrorKind::NoRows.code()));
    }
}
