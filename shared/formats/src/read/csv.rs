//! Reads CSV (RFC 4180) as spreadsheets write it: separated by commas, semicolons or tabs, with any line ends.

use std::io::{self, Read};

use csv::{ErrorKind, ReaderBuilder, StringRecord};
use saldo_domain::import::{Column, Field, Misquoting, REASON, RowBody, Shape};

use super::bounded::{BUFFER_BYTES, Window};
use super::quoting::{Quoting, Table, is_account_id};
use super::{COLUMNS_MAX, Fault, HEADER_CHARS_MAX, Mapping, Notation, Rows, Sink, Unreadable};
use crate::formula::unguarded;

/// The rows, header included, that are searched for an account's id to decide whether `id` is Saldo's column.
const ROWS_LOOKED_AT: usize = 1_000;
/// The separators of cells; the first one wins a tie.
const DELIMITERS: [char; 3] = [',', ';', '\t'];

/// The bytes at the beginning of a file from which its separator and its column of ids are detected.
const HEAD_BYTES: u64 = 256 * 1024;

pub(super) fn read(
    mut text: impl Read,
    notation: &Notation,
    rows: &mut Rows<impl Sink>,
) -> Result<Shape, Fault> {
    let mut head = Vec::new();
    (&mut text).take(HEAD_BYTES).read_to_end(&mut head)?;
    let delimiter = detect_delimiter(&head);
    let mut reader = reader(Window::new(head.as_slice().chain(text)), delimiter);
    let mut record = StringRecord::new();
    if !next(&mut reader, &mut record)? {
        return Err(Unreadable::NoRows.into());
    }
    let separator = u8::try_from(delimiter).unwrap_or(b',');
    let mut table = Table { delimiter: separator, columns: record.len(), has_reason: false, ids: None };
    if let Some(Misquoted { fault, .. }) = misquoted(&reader, &record, &table) {
        return Err(fault.into());
    }
    let mut columns = columns(&record, &notation.mapping)?;
    table.has_reason = columns.iter().any(|column| column.header == REASON);
    table.ids = column_of_ids(&head, delimiter, &columns);
    if table.ids.is_none() {
        let foreign = columns.iter_mut().filter(|column| column.field().is_some_and(Field::is_beside_id));
        foreign.for_each(|column| column.field = None);
    }
    let shape = Shape::Columns { columns, delimiter, decimal_separator: notation.decimal_separator };
    while next(&mut reader, &mut record)? {
        if record.len() > COLUMNS_MAX {
            return Err(Unreadable::TooManyColumns.into());
        }
        let line = first_line(&reader, &record);
        let body = match misquoted(&reader, &record, &table) {
            None => RowBody::Cells(cells(&record)),
            Some(Misquoted { cells: Some((cells, how)), .. }) => RowBody::Misquoted { cells, how },
            Some(Misquoted { fault, .. }) => return Err(fault.into()),
        };
        rows.push(&shape, line, body)?;
        let done = reader.position().byte();
        reader.get_mut().release(done);
    }
    Ok(shape)
}

/// The cells of a record, without the guards against formulas.
fn cells(record: &StringRecord) -> Vec<String> {
    record.iter().map(|cell| unguarded(cell).into_owned()).collect()
}

/// A record with misplaced quotation marks.
struct Misquoted {
    fault: Unreadable,
    /// The record's cells, if the end of the record is certain: then only this row is refused.
    cells: Option<(Vec<String>, Misquoting)>,
}

/// The error in the quotation marks of the record that was read last, if there is one.
fn misquoted<R: Read>(
    reader: &csv::Reader<Window<R>>,
    record: &StringRecord,
    table: &Table,
) -> Option<Misquoted> {
    let begin = record.position()?.byte();
    let length = usize::try_from(reader.position().byte().saturating_sub(begin)).ok()?;
    let bytes = reader.get_ref().from(begin).get(..length)?;
    // The reader skips a second byte order mark.
    let bytes = bytes.strip_prefix("\u{feff}".as_bytes()).filter(|_| begin == 0).unwrap_or(bytes);
    let quoting = table.quoting(bytes);
    let row = match quoting {
        Quoting::WellFormed => return None,
        _ => first_line(reader, record)?,
    };
    let line = |at| {
        let ahead = bytes.get(..at).unwrap_or_default().trim_ascii_start();
        row + ahead.split(|byte| *byte == b'\n').skip(1).count() as u64
    };
    let as_it_is = |is_one_line: bool| is_one_line.then(|| split(bytes, char::from(table.delimiter)));
    let (at, how, cells) = match quoting {
        Quoting::WellFormed => return None,
        Quoting::Unclosed => {
            return Some(Misquoted { fault: Unreadable::UnclosedQuote { line: row }, cells: None });
        }
        Quoting::TextAfter { at, is_one_line } => (at, Misquoting::TextAfterQuote, as_it_is(is_one_line)),
        Quoting::BlankBefore { at, is_one_line } => (at, Misquoting::BlankBeforeQuote, as_it_is(is_one_line)),
        Quoting::HoldsARow { at } => (at, Misquoting::HoldsARow { line: line(at) }, Some(cells(record))),
    };
    let fault = Unreadable::Misquoted { line: line(at), row, how };
    Some(Misquoted { fault, cells: cells.map(|cells| (cells, how)) })
}

/// The cells of a line. Cells that are quoted as a whole lose their marks, so that they mean the same when the refused
/// row is sent again; the others stay as they are.
fn split(line: &[u8], delimiter: char) -> Vec<String> {
    let line = String::from_utf8_lossy(line);
    let cells = line.trim_matches(['\r', '\n']).split(delimiter);
    cells.map(|cell| unguarded(&quoted_whole(cell).unwrap_or_else(|| cell.to_owned())).into_owned()).collect()
}

/// The text of a cell that is quoted as a whole, without the whitespace around it.
fn quoted_whole(cell: &str) -> Option<String> {
    let text = cell.trim_matches([' ', '\t']).strip_prefix('"')?.strip_suffix('"')?;
    let has_single_mark = text.replace("\"\"", "").contains('"');
    (!has_single_mark).then(|| text.replace("\"\"", "\""))
}

/// The column `id`, if one of the first rows has an account's id in it. Other systems have a column `id` with another
/// meaning.
fn column_of_ids(head: &[u8], delimiter: char, columns: &[Column]) -> Option<usize> {
    let at = columns.iter().position(|column| column.field() == Some(Field::Id))?;
    let mut rows = reader(head, delimiter).into_byte_records().take(ROWS_LOOKED_AT);
    rows.any(|row| row.unwrap_or_default().get(at).is_some_and(is_account_id)).then_some(at)
}

fn reader<R: Read>(text: R, delimiter: char) -> csv::Reader<R> {
    ReaderBuilder::new()
        .delimiter(u8::try_from(delimiter).unwrap_or(b','))
        .flexible(true) // the number of cells is checked row by row
        .has_headers(false)
        .buffer_capacity(BUFFER_BYTES)
        .from_reader(text)
}

/// Reads the next record; `false` at the end.
fn next<R: Read>(reader: &mut csv::Reader<Window<R>>, record: &mut StringRecord) -> Result<bool, Fault> {
    reader.read_record(record).map_err(|error| {
        let line = first_line(reader, record);
        match error.into_kind() {
            ErrorKind::Io(error) => Fault::from(error).on_line(line.unwrap_or(1)),
            // The text is UTF-8 and the number of cells may vary: the reader has no other errors.
            other => Fault::from(io::Error::other(format!("{other:?}"))),
        }
    })
}

/// The line on which a record begins. The reader's position is before the blank lines that precede the record.
fn first_line<R: Read>(reader: &csv::Reader<Window<R>>, record: &StringRecord) -> Option<u64> {
    let position = record.position()?;
    let begun = reader.get_ref().from(position.byte());
    let blank = begun.iter().take_while(|b| matches!(b, b'\r' | b'\n'));
    Some(position.line() + blank.filter(|b| **b == b'\n').map(|_| 1).sum::<u64>())
}

fn columns(header: &StringRecord, mapping: &Mapping) -> Result<Vec<Column>, Unreadable> {
    if header.len() > COLUMNS_MAX {
        return Err(Unreadable::TooManyColumns);
    }
    // A file of refused rows has guards in its headers, too.
    let header = cells(header);
    if let Some(at) = header.iter().position(|name| name.chars().nth(HEADER_CHARS_MAX).is_some()) {
        return Err(Unreadable::HeaderTooLong { column: at + 1 });
    }
    let fields: Vec<Option<Field>> = header.iter().map(|name| mapping.field(name)).collect();
    let unmatched: Vec<String> = mapping
        .headers()
        .filter(|wanted| !header.iter().any(|name| name.trim() == *wanted))
        .map(str::to_owned)
        .collect();
    if !unmatched.is_empty() {
        return Err(Unreadable::UnmatchedMapping { columns: unmatched });
    }
    if fields.iter().all(Option::is_none) {
        return Err(Unreadable::NoKnownColumn);
    }
    for field in Field::ALL {
        if fields.iter().filter(|filled| **filled == Some(field)).count() > 1 {
            return Err(Unreadable::DuplicateColumn { field: field.name() });
        }
    }
    let columns = header
        .into_iter()
        .zip(fields)
        .map(|(header, field)| Column { header, field: field.map(|field| field.name().into()) });
    Ok(columns.collect())
}

/// The separator that occurs most often in the first line, outside quoted text.
fn detect_delimiter(head: &[u8]) -> char {
    let mut counts = [0_usize; DELIMITERS.len()];
    let mut quoted = false;
    for &byte in head.iter().skip_while(|byte| matches!(byte, b'\r' | b'\n')) {
        match byte {
            b'"' => quoted = !quoted,
            b'\n' | b'\r' if !quoted => break,
            _ if quoted => {}
            _ => {
                let counted = DELIMITERS.iter().zip(&mut counts);
                counted.filter(|(d, _)| **d == char::from(byte)).for_each(|(_, n)| *n += 1);
            }
        }
    }
    let best = counts.iter().max().copied().unwrap_or_default();
    // A header of one column is read as comma-separated.
    DELIMITERS.into_iter().zip(counts).find(|(_, n)| *n == best).map_or(',', |(d, _)| d)
}

#[cfg(test)]
mod tests {
    use saldo_domain::import::{RowBody, Shape};

    use super::super::{Fault, Format, Mapping, Notation, ROW_BYTES_MAX, Unreadable, read};

    type Row = (Option<u64>, Vec<String>);

    fn rows(payload: &str, mapping: &Mapping) -> Result<Vec<Row>, Unreadable> {
        let mut rows = Vec::new();
        let notation = Notation { mapping: mapping.clone(), ..Notation::of(Format::Csv) };
        let outcome = read(&notation, payload.as_bytes(), |_, row| {
            if let RowBody::Cells(cells) = row.body {
                rows.push((row.line, cells));
            }
            Ok(())
        });
        match outcome {
            Ok(_) => Ok(rows),
            Err(Fault::Unreadable(unreadable)) => Err(unreadable),
            Err(other) => panic!("{other:?}"),
        }
    }

    #[test]
    fn files_of_spreadsheets_are_read() {
        let payload = "\u{feff}Contact.Name;Total Amount;Notes\r\n\"Núñez; \"\"Ana\"\"\";12.5;\"two\r\nlines\"\r\n\r\nragged\r\nB;2;\r\n";
        let cells = |cells: &[&str]| cells.iter().map(|&c| c.to_owned()).collect::<Vec<_>>();
        assert_eq!(
            rows(payload, &Mapping::default()),
            Ok(vec![
                (Some(2), cells(&["Núñez; \"Ana\"", "12.5", "two\r\nlines"])),
                (Some(5), cells(&["ragged"])),
                (Some(6), cells(&["B", "2", ""])),
            ])
        );
    }

    #[test]
    fn mapping_renames_columns() {
        let mapping: Mapping =
            serde_json::from_str(r#"{"Kunde":"contact.name","Saldo":"total_amount"}"#).expect("a mapping");
        assert_eq!(rows("Kunde,Saldo\nAna,1", &mapping).map(|r| r.len()), Ok(1));
        assert_eq!(
            rows("Kunde\nAna", &mapping),
            Err(Unreadable::UnmatchedMapping { columns: vec!["Saldo".into()] })
        );
        assert!(serde_json::from_str::<Mapping>(r#"{"Kunde":"customer"}"#).is_err());
    }

    #[test]
    fn unusable_headers_are_refused() {
        let none = Mapping::default();
        assert_eq!(rows("", &none), Err(Unreadable::NoRows));
        assert_eq!(rows("contact.name,total_amount\n", &none), Err(Unreadable::NoRows));
        assert_eq!(rows("a,b\n1,2", &none), Err(Unreadable::NoKnownColumn));
        assert_eq!(rows("notes,Notes\n1,2", &none), Err(Unreadable::DuplicateColumn { field: "notes" }));
        assert_eq!(rows(&format!("notes{}\nx", ",".repeat(1_000)), &none), Err(Unreadable::TooManyColumns));
        let longest = format!("notes,'={}\nx,y", "n".repeat(199));
        assert_eq!(rows(&longest, &none).map(|rows| rows.len()), Ok(1));
        let long = format!("notes,{}\nx,y", "n".repeat(201));
        assert_eq!(rows(&long, &none), Err(Unreadable::HeaderTooLong { column: 2 }));
    }

    #[test]
    fn unclosed_quote_is_reported_with_its_line_and_inch_marks_are_text() {
        let payload = "contact.name,total_amount\nB,2\n\"Ana,1\nB,2\n";
        assert_eq!(rows(payload, &Mapping::default()), Err(Unreadable::UnclosedQuote { line: 3 }));
        let inch = "contact.name,notes
Ana,5\" pipe
B,\"two
lines\"
";
        assert_eq!(rows(inch, &Mapping::default()).map(|rows| rows.len()), Ok(2));
    }

    #[test]
    fn delimiter_is_detected_from_the_header() {
        for (payload, expected) in [
            ("notes\nx", ','),
            ("\"a,b\";notes\nx", ';'),
            ("notes\ttype\nx", '\t'),
            ("\r\n\nnotes;type\nx", ';'),
        ] {
            let shape = read(&Notation::of(Format::Csv), payload.as_bytes(), |_, _| Ok(()));
            assert!(
                matches!(shape, Ok(Shape::Columns { delimiter, .. }) if delimiter == expected),
                "{payload:?}"
            );
        }
    }

    #[test]
    fn rows_and_blank_lines_are_bounded_and_files_are_not() {
        let row = format!("\n\n\"{}\"", "x\n".repeat(ROW_BYTES_MAX / 2 - 10));
        let long = format!("notes{}", row.repeat(4));
        let lines: Vec<_> =
            rows(&long, &Mapping::default()).expect("readable").into_iter().map(|(line, _)| line).collect();
        let each = u64::try_from(ROW_BYTES_MAX / 2 - 10).expect("a number") + 2;
        assert_eq!(lines, [0, 1, 2, 3].map(|n| Some(3 + n * each)));
        for filling in ["x", "\n"] {
            let payload = format!("notes\nA\nB{}C", filling.repeat(ROW_BYTES_MAX + 500_000));
            let fault = rows(&payload, &Mapping::default());
            assert!(matches!(fault, Err(Unreadable::RowTooLong { line: Some(_) })), "{:?}", fault.err());
        }
    }
}
