//! Reading payloads: bytes become rows, in order, each with its place in the file.
//!
//! Reading judges only what keeps a payload from being taken apart; what a row says is
//! judged later, row by row, by [`RawRow::check`].

mod bounded;
mod csv;
mod decoded;
mod json;
mod ndjson;
mod quoting;

pub use bounded::{EXPANSION_MAX, ROWS_FREE};
pub use json::Beside;

use std::cell::Cell;
use std::io::{self, Read};
use std::rc::Rc;

use flate2::read::MultiGzDecoder;
use saldo_domain::fields;
use saldo_domain::import::{Format, Mapping, Misquoting, Notation, RawRow, RowBody, Shape};

use bounded::{Counted, Expanded, may_have_rows};
use decoded::Decoded;

/// The rows one file may have. The digests that tell repeated accounts apart take 16 bytes a
/// row, so that many fit in a planner's memory.
pub const ROWS_MAX: u64 = 10_000_000;
/// The bytes one row may have, and the blanks before it: as many as a request has, and little
/// enough that a chunk of them fits in memory.
pub const ROW_BYTES_MAX: usize = 4_000_000;
/// The bytes a file may come to once it is no longer compressed: as many as S3 takes at once.
pub const TEXT_BYTES_MAX: u64 = 5_000_000_000;
/// The columns a CSV payload may have: every chunk bears the header.
pub const COLUMNS_MAX: usize = 1_000;
/// The characters of a column's header.
pub const HEADER_CHARS_MAX: usize = 200;

/// Why a payload can't be taken apart into rows.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Unreadable {
    /// The body is not what it says it is.
    #[error(transparent)]
    Body(#[from] fields::Unreadable),
    /// No rows.
    #[error("there are no rows to import")]
    NoRows,
    /// More rows than [`ROWS_MAX`].
    #[error("more than {ROWS_MAX} rows in one file")]
    TooManyRows,
    /// More bytes than [`TEXT_BYTES_MAX`].
    #[error("more than {TEXT_BYTES_MAX} bytes in one file, decompressed")]
    TooLong,
    /// More than [`EXPANSION_MAX`] times the bytes of the gzip file.
    #[error(
        "the gzip file expands to more than {EXPANSION_MAX} times its size; import the file without compression"
    )]
    ExpandsTooMuch,
    /// More than [`ROWS_FREE`] rows, and more than the bytes of the payload can hold.
    #[error(
        "more rows than a payload of this size can hold; remove rows without data, or import a gzip file without compression"
    )]
    RowsTooShort,
    /// A row of more than [`ROW_BYTES_MAX`] bytes, or as many blanks.
    #[error("a row{} has more than {ROW_BYTES_MAX} bytes; is a quotation mark or a line left open?", on_line(*line))]
    RowTooLong {
        /// The line the row begins on, counting from 1, where there are lines.
        line: Option<u64>,
    },
    /// The file is not the gzip file that its name says it is, or not all of it.
    #[error("the gzip file can't be decompressed: {reason}")]
    BrokenGzip {
        /// What the decompressor expected.
        reason: String,
    },
    /// More columns than [`COLUMNS_MAX`].
    #[error("more than {COLUMNS_MAX} columns")]
    TooManyColumns,
    /// A header of more than [`HEADER_CHARS_MAX`] characters.
    #[error("column {column} has a header of more than {HEADER_CHARS_MAX} characters")]
    HeaderTooLong {
        /// Which column, counting from 1.
        column: usize,
    },
    /// A quotation mark that is never closed: the rest of the file is in its cell.
    #[error("the row on line {line} opens a quotation mark that is never closed")]
    UnclosedQuote {
        /// The line the row begins on, counting from 1.
        line: u64,
    },
    /// Quotation marks that stand wrong, where the rows can't be told apart any more.
    #[error("line {line}, in the row that begins on line {row}: {how}")]
    Misquoted {
        /// The line with the mistake, counting from 1.
        line: u64,
        /// The line the row begins on.
        row: u64,
        /// The mistake.
        how: Misquoting,
    },
    /// No column of the header is a field of an account.
    #[error("no column of the header is a field of an account; see `mapping` to name them")]
    NoKnownColumn,
    /// Two columns fill the same field.
    #[error("two columns fill the field {field}")]
    DuplicateColumn {
        /// The field's name.
        field: &'static str,
    },
    /// The mapping speaks of columns that the header lacks.
    #[error("the mapping names columns that the file does not have: {}", columns.join(", "))]
    UnmatchedMapping {
        /// Their names.
        columns: Vec<String>,
    },
}

fn on_line(line: Option<u64>) -> String {
    line.map(|line| format!(", begun on line {line},")).unwrap_or_default()
}

/// The error of a source that ends before the payload does, inside an [`io::Error`].
#[derive(Clone, Copy, Debug, thiserror::Error)]
#[error("the payload broke off")]
pub struct BrokenOff;

/// Why reading ended early.
#[derive(Debug)]
pub enum Fault {
    /// The payload can't be read.
    Unreadable(Unreadable),
    /// The payload's source broke off: it failed with [`BrokenOff`].
    BrokenOff,
    /// Whoever takes the rows wants no more.
    Stopped,
}

impl Fault {
    /// The same, now that the line is known.
    fn on_line(self, number: u64) -> Self {
        match self {
            Self::Unreadable(Unreadable::RowTooLong { line: None }) => {
                Self::Unreadable(Unreadable::RowTooLong { line: Some(number) })
            }
            other => other,
        }
    }
}

impl From<Unreadable> for Fault {
    fn from(unreadable: Unreadable) -> Self {
        Self::Unreadable(unreadable)
    }
}

impl From<fields::Unreadable> for Fault {
    fn from(unreadable: fields::Unreadable) -> Self {
        Self::Unreadable(unreadable.into())
    }
}

impl From<io::Error> for Fault {
    fn from(error: io::Error) -> Self {
        match error.downcast::<Unreadable>() {
            Ok(unreadable) => Self::Unreadable(unreadable),
            Err(error) if error.get_ref().is_some_and(|inner| inner.is::<BrokenOff>()) => Self::BrokenOff,
            // The decompressor is the only other reader with errors of its own.
            Err(error) => Self::Unreadable(Unreadable::BrokenGzip { reason: error.to_string() }),
        }
    }
}

/// What takes rows, each with the shape it is part of, until it has had enough.
pub trait Sink: FnMut(&Shape, RawRow) -> Result<(), Fault> {}

impl<S: FnMut(&Shape, RawRow) -> Result<(), Fault>> Sink for S {}

/// Takes a payload apart, handing each row to `sink`, and returns their shape. Of the payload
/// no more is held than a row and a few buffers.
///
/// # Errors
/// [`Fault`] when the payload as a whole can't be read, or the source or the sink ended it.
/// Rows found before have been handed over by then.
pub fn read(notation: &Notation, payload: impl Read, sink: impl Sink) -> Result<Shape, Fault> {
    let bytes = Rc::new(Cell::new(0));
    let payload = Counted { source: payload, bytes: Rc::clone(&bytes) };
    let rows = Rows { count: 0, payload_bytes: Rc::clone(&bytes), gzip: notation.gzip, sink };
    match notation.gzip {
        true => read_text(notation, Expanded::new(MultiGzDecoder::new(payload), bytes), rows),
        false => read_text(notation, payload, rows),
    }
}

fn read_text(notation: &Notation, bytes: impl Read, mut rows: Rows<impl Sink>) -> Result<Shape, Fault> {
    let text = Decoded::new(bytes, notation.format == Format::Csv);
    let shape = match notation.format {
        Format::Json => json::read(text, notation, &mut rows)?,
        Format::Ndjson => ndjson::read(text, &mut rows)?,
        Format::Csv => csv::read(text, notation, &mut rows)?,
    };
    if rows.count == 0 { Err(Unreadable::NoRows.into()) } else { Ok(shape) }
}

/// How many rows a payload has, if it can be read.
///
/// # Errors
/// As [`read`].
pub fn count(notation: &Notation, payload: impl Read) -> Result<u64, Fault> {
    let mut rows = 0;
    read(notation, payload, |_, _| {
        rows += 1;
        Ok(())
    })?;
    Ok(rows)
}

/// Numbers the rows and hands them on.
struct Rows<S> {
    count: u64,
    /// The bytes of the payload that were read so far.
    payload_bytes: Rc<Cell<u64>>,
    gzip: bool,
    sink: S,
}

impl<S: Sink> Rows<S> {
    fn push(&mut self, shape: &Shape, line: Option<u64>, body: RowBody) -> Result<(), Fault> {
        if self.count == ROWS_MAX {
            return Err(Unreadable::TooManyRows.into());
        }
        if !may_have_rows(self.count + 1, self.payload_bytes.get(), self.gzip) {
            return Err(Unreadable::RowsTooShort.into());
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

    use super::*;

    fn gzip(bytes: &[u8]) -> Vec<u8> {
        let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
        encoder.write_all(bytes).and_then(|()| encoder.finish()).expect("in memory")
    }

    #[test]
    fn gzip_is_read_in_all_its_members_and_refused_when_it_is_cut() {
        let notation = Notation { gzip: true, ..Notation::of(Format::Ndjson) };
        let two = [gzip(b"{}\n{}\n"), gzip(b"{}\n")].concat();
        assert!(matches!(count(&notation, two.as_slice()), Ok(3)));
        for broken in [&two[..two.len() - 3], b"{}\n", b""] {
            let fault = count(&notation, broken);
            assert!(
                matches!(fault, Err(Fault::Unreadable(Unreadable::BrokenGzip { .. } | Unreadable::NoRows))),
                "{fault:?}"
            );
        }
        let bomb = gzip(&vec![b'0'; 50_000_000]);
        let fault = count(&notation, bomb.as_slice());
        assert!(
            matches!(fault, Err(Fault::Unreadable(Unreadable::RowTooLong { line: Some(1) }))),
            "{fault:?}"
        );
    }

    fn refusal(notation: &Notation, payload: &[u8]) -> Unreadable {
        match count(notation, payload) {
            Err(Fault::Unreadable(refusal)) => refusal,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn gzip_bomb_is_refused_by_its_ratio() {
        let notation = Notation { gzip: true, ..Notation::of(Format::Ndjson) };
        // Each row is short enough, and there are few of them.
        let row = format!("{{}}{}\n", " ".repeat(1_000_000));
        assert_eq!(refusal(&notation, &gzip(row.repeat(20).as_bytes())), Unreadable::ExpandsTooMuch);
        // Small files may be padded as much as they like.
        assert!(matches!(count(&notation, gzip(row.repeat(15).as_bytes()).as_slice()), Ok(15)));
    }

    #[test]
    fn rows_without_data_are_refused_by_the_bytes_they_have() {
        let many = 20 * usize::try_from(ROWS_FREE).expect("few");
        let json = format!(r#"{{"accounts":[{}{{}}]}}"#, "{},".repeat(many));
        assert_eq!(refusal(&Notation::of(Format::Json), json.as_bytes()), Unreadable::RowsTooShort);
        let csv = format!("external_id,total_amount\n{}", ",\n".repeat(many));
        assert_eq!(refusal(&Notation::of(Format::Csv), csv.as_bytes()), Unreadable::RowsTooShort);
        let ndjson = "{}\n".repeat(many);
        assert_eq!(refusal(&Notation::of(Format::Ndjson), ndjson.as_bytes()), Unreadable::RowsTooShort);
        let zipped = Notation { gzip: true, ..Notation::of(Format::Ndjson) };
        assert_eq!(refusal(&zipped, &gzip(ndjson.as_bytes())), Unreadable::RowsTooShort);
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
    fn a_failing_source_is_no_fault_of_the_payload() {
        struct Failing;
        impl Read for Failing {
            fn read(&mut self, _: &mut [u8]) -> io::Result<usize> {
                Err(io::Error::other(BrokenOff))
            }
        }
        for format in [Format::Json, Format::Ndjson, Format::Csv] {
            for gzip in [true, false] {
                let fault = count(&Notation { gzip, ..Notation::of(format) }, Failing);
                assert!(matches!(fault, Err(Fault::BrokenOff)), "{format:?}: {fault:?}");
            }
        }
    }

    #[test]
    fn rows_have_a_bound() {
        let payload_bytes = Rc::new(Cell::new(u64::MAX));
        let mut rows = Rows { count: ROWS_MAX, payload_bytes, gzip: false, sink: |_: &Shape, _| Ok(()) };
        let fault = rows.push(&Shape::Objects, None, RowBody::Broken(String::new()));
        assert!(matches!(fault, Err(Fault::Unreadable(Unreadable::TooManyRows))));
    }
}
