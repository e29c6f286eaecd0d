//! Reads payloads: bytes become rows, in order, each with its position in the file.
//!
//! A reader refuses a payload only if it can't be divided into rows. [`RawRow::check`] checks the content of each
//! row later.

mod bounded;
mod csv;
mod decoded;
mod elements;
mod encoded;
mod error;
mod head;
mod header;
mod json;
mod misquoted;
mod ndjson;
mod quoting;
mod recognized;
mod records;
mod statements;
mod xlsx;
mod xml;

pub use bounded::{EXPANSION_MAX, ROWS_FREE};
pub(crate) use encoded::{Encoded, text};
pub use error::{ReadError, SourceEnded};
pub use head::{HEAD_BYTES, check_head, check_workbook};
pub(crate) use header::{DELIMITERS, Line, lines, stated_by_first_line};
pub use json::ImportMembers;
pub use recognized::format_of;
pub(crate) use records::Records;
pub use saldo_domain::import::{COLUMNS_MAX, HEADER_CHARS_MAX};
pub use statements::{ItemSink, read_statements, statement_format_of};
pub(crate) use xlsx::SheetSample;

use std::cell::Cell;
use std::io::{self, Cursor, Read, Seek};
use std::rc::Rc;

use flate2::read::MultiGzDecoder;
use saldo_domain::fields::PayloadErrorKind;
use saldo_domain::import::{Format, Notation, RawRow, RowBody, Shape, TextEncoding};

use bounded::{Counted, Expanded, may_have_rows};
use decoded::{Decoded, Wanted};
use error::io_error;

/// The most rows of a file. The planner needs 16 bytes of memory for each row, for the digest that finds repeated
/// accounts.
pub const ROWS_MAX: u64 = 10_000_000;
/// The most bytes of a row, and of the blanks before it: as many as a request has, and few enough that a chunk of
/// such rows fits in memory.
pub const ROW_BYTES_MAX: usize = 4_000_000;
/// The most bytes of a file after decompression: as many as S3 accepts in one `PUT`.
pub const TEXT_BYTES_MAX: u64 = 5_000_000_000;

/// Receives rows, and the shape that they have in common, until it returns an error.
pub trait Sink: FnMut(&Shape, RawRow) -> Result<(), ReadError> {}

impl<S: FnMut(&Shape, RawRow) -> Result<(), ReadError>> Sink for S {}

/// What is known about a payload when it was read to its end.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Contents {
    /// The shape of its rows.
    pub shape: Shape,
    /// The name of the legacy encoding that was assumed, if the payload is not UTF-8 or UTF-16 and its options state no
    /// encoding.
    pub assumed_encoding: Option<&'static str>,
    /// The names of the visible sheets of a workbook that have cells and were not read, as an error shows them, if the options
    /// name no sheet.
    pub unread_sheets: Option<String>,
}

/// Reads the rows of a payload, passes each to `sink`, and returns what they have in common. Memory holds one row and a few
/// buffers.
/// A workbook is read from its end: it is held in memory as a whole here. [`read_workbook`] holds a few buffers.
///
/// # Errors
/// [`ReadError`] when the payload as a whole can't be read, or when the source or the sink stopped the reading. The
/// rows before the error were passed to the sink.
pub fn read(notation: &Notation, payload: impl Read, sink: impl Sink) -> Result<Contents, ReadError> {
    if notation.format == Format::Xlsx {
        let mut workbook = Vec::new();
        payload.take(xlsx::WORKBOOK_BYTES_MAX + 1).read_to_end(&mut workbook)?;
        return read_workbook(notation, Cursor::new(workbook), sink);
    }
    let bytes = Rc::new(Cell::new(0));
    let payload = Counted { source: payload, bytes: Rc::clone(&bytes) };
    let rows = Rows { count: 0, payload_bytes: Rc::clone(&bytes), gzip: notation.gzip, sink };
    match notation.gzip {
        true => read_text(notation, Expanded::new(MultiGzDecoder::new(payload), bytes), rows),
        false => read_text(notation, payload, rows),
    }
}

/// Reads the rows of a workbook, as [`read`] does.
///
/// # Errors
/// As [`read`].
pub fn read_workbook(
    notation: &Notation,
    mut payload: impl Read + Seek,
    sink: impl Sink,
) -> Result<Contents, ReadError> {
    let bytes = payload.seek(io::SeekFrom::End(0))?;
    // The parts of a workbook are compressed as a gzip file is.
    let mut rows = Rows { count: 0, payload_bytes: Rc::new(Cell::new(bytes)), gzip: true, sink };
    let (shape, unread_sheets) = xlsx::read(payload, notation, &mut rows)?;
    match rows.count {
        0 => Err(PayloadErrorKind::NoRows.into()),
        _ => Ok(Contents { shape, assumed_encoding: None, unread_sheets }),
    }
}

fn read_text(
    notation: &Notation,
    bytes: impl Read,
    mut rows: Rows<impl Sink>,
) -> Result<Contents, ReadError> {
    let assumed = Rc::default();
    let wanted = match (notation.format, notation.options.encoding) {
        (Format::Csv, Some(stated)) => Wanted::Stated(TextEncoding::encoding(stated)),
        (Format::Csv, None) => Wanted::Detected(Rc::clone(&assumed)),
        (Format::Json | Format::Ndjson | Format::Xlsx, _) => Wanted::Unicode,
    };
    let text = Decoded::new(recognized::checked(bytes, notation.format)?, wanted);
    let shape = match notation.format {
        Format::Json => json::read(text, notation, &mut rows)?,
        Format::Ndjson => ndjson::read(text, &mut rows)?,
        // A workbook is not text: `read` has passed it on.
        Format::Csv | Format::Xlsx => csv::read(text, notation, &mut rows)?,
    };
    let assumed_encoding = assumed.get().map(encoding_rs::Encoding::name);
    match rows.count {
        0 => Err(PayloadErrorKind::NoRows.into()),
        _ => Ok(Contents { shape, assumed_encoding, unread_sheets: None }),
    }
}

/// Counts the rows of a payload.
///
/// # Errors
/// As [`read`].
pub fn count(notation: &Notation, payload: impl Read) -> Result<u64, ReadError> {
    let mut rows = 0;
    read(notation, payload, |_, _| {
        rows += 1;
        Ok(())
    })?;
    Ok(rows)
}

/// Numbers the rows and passes them on.
struct Rows<S> {
    count: u64,
    /// The bytes of the payload that were read so far.
    payload_bytes: Rc<Cell<u64>>,
    gzip: bool,
    sink: S,
}

impl<S: Sink> Rows<S> {
    fn push(&mut self, shape: &Shape, line: Option<u64>, body: RowBody) -> Result<(), ReadError> {
        if self.count == ROWS_MAX {
            return Err(PayloadErrorKind::TooManyRows { max: ROWS_MAX }.into());
        }
        if !may_have_rows(self.count + 1, self.payload_bytes.get(), self.gzip) {
            return Err(PayloadErrorKind::RowsTooShort.into());
        }
        let index = self.count;
        self.count += 1;
        (self.sink)(shape, RawRow { index, line, body })
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use flate2::Compression;
    use flate2::write::GzEncoder;
    use saldo_domain::fields::{PayloadError, Position};

    use super::*;

    fn gzip(bytes: &[u8]) -> Vec<u8> {
        let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
        encoder.write_all(bytes).and_then(|()| encoder.finish()).expect("in memory")
    }

    #[test]
    fn all_gzip_members_are_read_and_truncated_files_refused() {
        let notation = Notation { gzip: true, ..Notation::of(Format::Ndjson) };
        let two = [gzip(b"{}\n{}\n"), gzip(b"{}\n")].concat();
        assert!(matches!(count(&notation, two.as_slice()), Ok(3)));
        for broken in [&two[..two.len() - 3], b"{}\n", b""] {
            let fault = count(&notation, broken);
            assert!(
                matches!(
                    &fault,
                    Err(ReadError::Payload(PayloadError {
                        kind: PayloadErrorKind::InvalidGzip { .. } | PayloadErrorKind::NoRows,
                        ..
                    }))
                ),
                "{fault:?}"
            );
        }
        let bomb = gzip(&vec![b'0'; 50_000_000]);
        let too_long = PayloadErrorKind::RowTooLong { bytes_max: ROW_BYTES_MAX };
        assert_eq!(refusal(&notation, &bomb), too_long.at(Position::line(1)));
    }

    fn refusal(notation: &Notation, payload: &[u8]) -> PayloadError {
        match count(notation, payload) {
            Err(ReadError::Payload(error)) => error,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn gzip_bomb_is_refused_by_its_ratio() {
        let notation = Notation { gzip: true, ..Notation::of(Format::Ndjson) };
        // Each row is short enough, and there are few rows.
        let row = format!("{{}}{}\n", " ".repeat(1_000_000));
        assert_eq!(
            refusal(&notation, &gzip(row.repeat(20).as_bytes())),
            PayloadErrorKind::ExpandsTooMuch { times_max: EXPANSION_MAX }.into()
        );
        // Small files may consist of blanks.
        assert!(matches!(count(&notation, gzip(row.repeat(15).as_bytes()).as_slice()), Ok(15)));
    }

    #[test]
    fn rows_without_data_are_refused() {
        let many = 20 * usize::try_from(ROWS_FREE).expect("few");
        let json = format!(r#"{{"accounts":[{}{{}}]}}"#, "{},".repeat(many));
        assert_eq!(
            refusal(&Notation::of(Format::Json), json.as_bytes()),
            PayloadErrorKind::RowsTooShort.into()
        );
        let csv = format!("contact.name,total_amount\n{}", "a\n".repeat(many));
        assert_eq!(
            refusal(&Notation::of(Format::Csv), csv.as_bytes()),
            PayloadErrorKind::RowsTooShort.into()
        );
        let ndjson = "{}\n".repeat(many);
        assert_eq!(
            refusal(&Notation::of(Format::Ndjson), ndjson.as_bytes()),
            PayloadErrorKind::RowsTooShort.into()
        );
        let zipped = Notation { gzip: true, ..Notation::of(Format::Ndjson) };
        assert_eq!(refusal(&zipped, &gzip(ndjson.as_bytes())), PayloadErrorKind::RowsTooShort.into());
        // As many rows as any payload may have.
        let few = "{}\n".repeat(usize::try_from(ROWS_FREE).expect("few"));
        assert!(matches!(count(&zipped, gzip(few.as_bytes()).as_slice()), Ok(ROWS_FREE)));
    }

    #[test]
    fn short_rows_are_read() {
        let short = |row: u32| format!("{row};Al;5\n");
        let rows: String = (30_000..45_000).map(short).collect();
        let csv = format!("external_id;contact.name;total_amount\n{rows}");
        assert!(matches!(count(&Notation::of(Format::Csv), csv.as_bytes()), Ok(15_000)));
        let zipped = Notation { gzip: true, ..Notation::of(Format::Csv) };
        assert!(matches!(count(&zipped, gzip(csv.as_bytes()).as_slice()), Ok(15_000)));
    }

    #[test]
    fn padded_exports_may_be_compressed() {
        // Fixed width, nine tenths blanks, and more bytes than any gzip file may expand to.
        let padded = |row: u32| format!("{row:<20};{:<60};{:>20};EUR;{:<300}\n", "Al", 5, "");
        let text: String = (0..50_000).map(padded).collect();
        let (payload, bytes) = (gzip(text.as_bytes()), Rc::new(Cell::new(0)));
        let counted = Counted { source: payload.as_slice(), bytes: Rc::clone(&bytes) };
        let expanded = io::copy(&mut Expanded::new(MultiGzDecoder::new(counted), bytes), &mut io::sink());
        assert_eq!(expanded.expect("readable"), text.len() as u64);
        assert!(text.len() > 16_000_000, "{}", text.len());
    }

    #[test]
    fn source_failure_is_not_a_payload_error() {
        struct Failing;
        impl Read for Failing {
            fn read(&mut self, _: &mut [u8]) -> io::Result<usize> {
                Err(io::Error::other(SourceEnded))
            }
        }
        for format in [Format::Json, Format::Ndjson, Format::Csv] {
            for gzip in [true, false] {
                let fault = count(&Notation { gzip, ..Notation::of(format) }, Failing);
                assert!(matches!(fault, Err(ReadError::SourceEnded(_))), "{format:?}: {fault:?}");
            }
        }
    }

    #[test]
    fn number_of_rows_is_bounded() {
        let payload_bytes = Rc::new(Cell::new(u64::MAX));
        let mut rows = Rows { count: ROWS_MAX, payload_bytes, gzip: false, sink: |_: &Shape, _| Ok(()) };
        let fault = rows.push(&Shape::Objects, None, RowBody::Json("{}".into()));
        assert!(matches!(
            fault,
            Err(ReadError::Payload(PayloadError { kind: PayloadErrorKind::TooManyRows { .. }, .. }))
        ));
    }
}
