//! Reads payloads: bytes become rows, in their order, each with its position in the file.
//!
//! Readers report only errors that make the rest of a payload unreadable. The content of a row is checked later, by
//! [`RawRow::check`]. Memory does not grow with the payload.

mod bounded;
mod csv;
mod decoded;
mod error;
mod json;
mod limits;
mod ndjson;
mod quoting;

pub use error::{Fault, SourceFailed, Unreadable};
pub use json::ImportMembers;
pub use limits::{
    COLUMNS_MAX, EXPANSION_MAX, HEADER_CHARS_MAX, ROW_BYTES_MAX, ROWS_FREE, ROWS_MAX, TEXT_BYTES_MAX,
};

use std::cell::Cell;
use std::io::Read;
use std::rc::Rc;

use flate2::read::MultiGzDecoder;
use saldo_domain::import::{Format, Mapping, Notation, RawRow, RowBody, Shape};

use bounded::{Counted, Expanded, may_have_rows};
use decoded::Decoded;

/// Receives rows, each with the shape of its payload. An error stops the reader.
pub trait Sink: FnMut(&Shape, RawRow) -> Result<(), Fault> {}

impl<S: FnMut(&Shape, RawRow) -> Result<(), Fault>> Sink for S {}

/// Reads a payload, passes each row to `sink`, and returns the shape of the rows. Holds one row and a few buffers in
/// memory.
///
/// # Errors
/// [`Fault`] when the payload is unreadable, its source failed, or the sink returned an error. The sink has received
/// the rows before that point.
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

/// Counts the rows of a payload.
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

/// Numbers the rows and passes them to the sink.
struct Rows<S> {
    count: u64,
    /// The bytes of the payload (compressed, if it is) that were read so far.
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
    fn all_members_of_a_gzip_file_are_read_and_truncated_files_are_refused() {
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
        // Small files may expand by any ratio.
        assert!(matches!(count(&notation, gzip(row.repeat(15).as_bytes()).as_slice()), Ok(15)));
    }

    #[test]
    fn rows_without_data_are_refused_by_their_average_size() {
        let many = 20 * usize::try_from(ROWS_FREE).expect("few");
        let json = format!(r#"{{"accounts":[{}{{}}]}}"#, "{},".repeat(many));
        assert_eq!(refusal(&Notation::of(Format::Json), json.as_bytes()), Unreadable::RowsTooShort);
        let csv = format!("external_id,total_amount\n{}", ",\n".repeat(many));
        assert_eq!(refusal(&Notation::of(Format::Csv), csv.as_bytes()), Unreadable::RowsTooShort);
        let ndjson = "{}\n".repeat(many);
        assert_eq!(refusal(&Notation::of(Format::Ndjson), ndjson.as_bytes()), Unreadable::RowsTooShort);
        let zipped = Notation { gzip: true, ..Notation::of(Format::Ndjson) };
        assert_eq!(refusal(&zipped, &gzip(ndjson.as_bytes())), Unreadable::RowsTooShort);
        // Every payload may have this many rows.
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
        // Fixed width, 90 % spaces, and more bytes than are free of the ratio.
        let padded = |row: u32| format!("{row:<20};{:<60};{:>20};EUR;{:<300}\n", "Al", 5, "");
        let text: String = (0..50_000).map(padded).collect();
        let (payload, bytes) = (gzip(text.as_bytes()), Rc::new(Cell::new(0)));
        let counted = Counted { source: payload.as_slice(), bytes: Rc::clone(&bytes) };
        let expanded =
            std::io::copy(&mut Expanded::new(MultiGzDecoder::new(counted), bytes), &mut std::io::sink());
        assert_eq!(expanded.expect("readable"), text.len() as u64);
        assert!(text.len() > 16_000_000, "{}", text.len());
    }

    #[test]
    fn failure_of_the_source_is_not_an_error_of_the_payload() {
        struct Failing;
        impl Read for Failing {
            fn read(&mut self, _: &mut [u8]) -> std::io::Result<usize> {
                Err(std::io::Error::other(SourceFailed))
            }
        }
        for format in [Format::Json, Format::Ndjson, Format::Csv] {
            for gzip in [true, false] {
                let fault = count(&Notation { gzip, ..Notation::of(format) }, Failing);
                assert!(matches!(fault, Err(Fault::SourceFailed)), "{format:?}: {fault:?}");
            }
        }
    }

    #[test]
    fn number_of_rows_is_bounded() {
        let payload_bytes = Rc::new(Cell::new(u64::MAX));
        let mut rows = Rows { count: ROWS_MAX, payload_bytes, gzip: false, sink: |_: &Shape, _| Ok(()) };
        let fault = rows.push(&Shape::Objects, None, RowBody::Broken(String::new()));
        assert!(matches!(fault, Err(Fault::Unreadable(Unreadable::TooManyRows))));
    }
}
