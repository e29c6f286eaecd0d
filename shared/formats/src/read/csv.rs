//! Reads CSV as RFC 4180 specifies it and as spreadsheets write it: separated by commas, semicolons, tabs or another
//! character, with any line breaks. Records of blanks are no rows, and blank cells beyond the header are left out.

use std::io::{BufRead, Read};

use saldo_domain::fields::PayloadErrorKind;
use saldo_domain::import::{AccountField, Cells, Column, Quote, REASON, RowBody, Shape};

use super::header::{self, Header};
use super::misquoted::{Misquoted, misquoted};
use super::quoting::{Table, is_id_of_account};
use super::records::Records;
use super::{COLUMNS_MAX, Notation, ReadError, Rows, Sink};

/// The first rows, header included, one of which must have an account's id in the column `id`. Otherwise the column
/// is ignored as one of another system.
const ROWS_LOOKED_AT: usize = 1_000;

/// The bytes at the beginning of a file that are examined to find its header and its column of ids.
const HEAD_BYTES: u64 = 256 * 1024;

pub(super) fn read(
    mut text: impl BufRead,
    notation: &Notation,
    rows: &mut Rows<impl Sink>,
) -> Result<Shape, ReadError> {
    let mut head = Vec::new();
    (&mut text).take(HEAD_BYTES).read_to_end(&mut head)?;
    // A second byte order mark is not part of the first header.
    let head = head.strip_prefix("\u{feff}".as_bytes()).unwrap_or(&head);
    let quote = notation.options.quote.unwrap_or_default();
    let Header { at, lines_before, delimiter, mut columns, amount, missing } =
        header::find(head, &notation.options)?;
    let head = head.get(at..).unwrap_or_default();
    let mut records = Records::new(head.chain(text), delimiter, quote, lines_before);
    let Some(header) = records.next()? else { return Err(PayloadErrorKind::NoRows.into()) };
    let header_line = header.line;
    let mut table =
        Table { delimiter, quote: quote.byte(), columns: header.cells.len(), has_reason: false, ids: None };
    if let Some(Misquoted { error, .. }) = misquoted(&header, &table) {
        return Err(error.into());
    }
    table.has_reason = columns.iter().any(|column| column.header == REASON);
    table.ids = column_of_ids(head, delimiter, quote, &columns);
    if table.ids.is_none() {
        let foreign =
            columns.iter_mut().filter(|column| column.field.is_some_and(AccountField::is_beside_id));
        foreign.for_each(|column| column.field = None);
    }
    let names_accounts =
        table.ids.is_some() || columns.iter().any(|column| column.field == Some(AccountField::ExternalId));
    if let Some(missing) = missing.filter(|_| !names_accounts) {
        return Err(missing.into());
    }
    let shape = Shape::Columns { columns, delimiter: char::from(delimiter), header_line, amount };
    while let Some(record) = records.next()? {
        if record.cells.len() > COLUMNS_MAX {
            return Err(PayloadErrorKind::TooManyColumns { max: COLUMNS_MAX }.into());
        }
        let line = Some(record.line);
        let body = match misquoted(&record, &table) {
            None => row(record.cells, table.columns).map(RowBody::Cells),
            Some(Misquoted { cells: Some((cells, how)), .. }) => Some(RowBody::Misquoted { cells, how }),
            Some(Misquoted { error, .. }) => return Err(error.into()),
        };
        if let Some(body) = body {
            rows.push(&shape, line, body)?;
        }
    }
    Ok(shape)
}

/// The cells of a record without blank ones beyond the header; `None` if all are blank.
fn row(mut cells: Cells, columns: usize) -> Option<Cells> {
    if cells.are_blank_from(0) {
        return None;
    }
    if cells.len() > columns && cells.are_blank_from(columns) {
        cells.truncate(columns);
    }
    Some(cells)
}

/// The column of account ids, if one of the first rows has an account's id in it. In files of other systems, a
/// column of that name has another meaning.
fn column_of_ids(head: &[u8], delimiter: u8, quote: Quote, columns: &[Column]) -> Option<usize> {
    let at = columns.iter().position(|column| column.field == Some(AccountField::Id))?;
    let mut records = Records::new(head, delimiter, quote, 0);
    let mut is_id =
        || Some(records.next().ok()??.cells.get(at).is_some_and(|id| is_id_of_account(id.as_bytes())));
    let mut rows = std::iter::from_fn(&mut is_id).take(ROWS_LOOKED_AT);
    rows.any(|is_id| is_id).then_some(at)
}

#[cfg(test)]
mod tests {
    use saldo_domain::fields::{HeaderFound, PayloadError, PayloadErrorKind as Kind, Position, ShownNames};
    use saldo_domain::import::{AccountField, ImportOptions, Mapping, RowBody, Shape};

    use super::super::{COLUMNS_MAX, Format, HEADER_CHARS_MAX, Notation, ROW_BYTES_MAX, ReadError, read};

    type Row = (Option<u64>, Vec<String>);

    fn header_found<const N: usize>(names: [&str; N]) -> HeaderFound {
        *HeaderFound::of(1, N, names.into_iter(), AccountField::imported().map(AccountField::name))
    }

    fn rows(payload: &str, mapping: &Mapping) -> Result<Vec<Row>, PayloadError> {
        let mut rows = Vec::new();
        let options = ImportOptions { mapping: Some(mapping.clone()), ..ImportOptions::default() };
        let notation = Notation { options: Box::new(options), ..Notation::of(Format::Csv) };
        let outcome = read(&notation, payload.as_bytes(), |_, row| {
            if let RowBody::Cells(cells) = row.body {
                rows.push((row.line, cells.iter().map(str::to_owned).collect()));
            }
            Ok(())
        });
        match outcome {
            Ok(_) => Ok(rows),
            Err(ReadError::Payload(error)) => Err(error),
            Err(other) => panic!("{other:?}"),
        }
    }

    #[test]
    fn spreadsheet_file_is_read() {
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
            Err(Kind::UnmatchedColumns {
                options: Box::new(["mapping"]),
                columns: ShownNames::of(1, ["Saldo"].into_iter()),
                found: Box::new(header_found(["Kunde"]))
            }
            .into())
        );
        // Of several lines, the one that lacks the fewest columns is named: that with a column that was renamed.
        let refused =
            rows("Offene Posten\nStand;heute\nKunde;Saldo EUR\nAna;1", &mapping).expect_err("no header");
        let reason = refused.to_string();
        assert!(reason.contains("does not have: \"Saldo\"; the header was read from line 3: "), "{reason}");
        assert!(serde_json::from_str::<Mapping>(r#"{"Kunde":"customer"}"#).is_err());
    }

    #[test]
    fn header_without_required_fields_is_refused_with_similar_headers() {
        let missing = |header: &str, mapping: &str| {
            let mapping: Mapping = serde_json::from_str(mapping).expect("a mapping");
            rows(&format!("{header}\nx,1"), &mapping).map(|rows| rows.len()).map_err(|error| {
                error.to_string().split("; the header was read").next().unwrap_or_default().to_owned()
            })
        };
        let advice = "name the columns after the fields, or assign columns to fields with `mapping`";
        let both = "no column for contact.name (is it \"contact_nam\"?) and total_amount";
        assert_eq!(missing("contact_nam,notes", "{}"), Err(format!("{both}; {advice}")));
        let one = "no column for total_amount (is it \"Total-Amount\"?)";
        assert_eq!(missing("Contact.Name,Total-Amount", "{}"), Err(format!("{one}; {advice}")));
        assert_eq!(missing("Contact.Name,Total-Amount", r#"{"Total-Amount":"total_amount"}"#), Ok(1));
    }

    #[test]
    fn invalid_headers_are_refused() {
        let none = Mapping::default();
        assert_eq!(rows("", &none), Err(Kind::NoRows.into()));
        assert_eq!(rows("contact.name,total_amount\n", &none), Err(Kind::NoRows.into()));
        assert_eq!(
            rows("a,b\n1,2", &none),
            Err(Kind::NoKnownColumn { found: Box::new(header_found(["a", "b"])) }.into())
        );
        assert_eq!(
            rows("contact.name,total_amount,notes,Notes\n1,2,3,4", &none),
            Err(Kind::DuplicateColumn { field: "notes" }.into())
        );
        assert_eq!(
            rows(&format!("notes{}\nx", ",".repeat(1_000)), &none),
            Err(Kind::TooManyColumns { max: COLUMNS_MAX }.into())
        );
        let longest = format!("contact.name,total_amount,'={}\nx,y,z", "n".repeat(199));
        assert_eq!(rows(&longest, &none).map(|rows| rows.len()), Ok(1));
        let long = format!("notes,{}\nx,y", "n".repeat(201));
        let column = Position { column: Some(2), ..Position::default() };
        assert_eq!(rows(&long, &none), Err(Kind::HeaderTooLong { chars_max: HEADER_CHARS_MAX }.at(column)));
    }

    #[test]
    fn unclosed_quote_is_reported_with_its_line_and_inch_mark_is_text() {
        let payload = "contact.name,total_amount\nB,2\n\"Ana,1\nB,2\n";
        assert_eq!(rows(payload, &Mapping::default()), Err(Kind::UnclosedQuote.at(Position::line(3))));
        let inch = "contact.name,total_amount,notes
Ana,1,5\" pipe
B,2,\"two
lines\"
";
        assert_eq!(rows(inch, &Mapping::default()).map(|rows| rows.len()), Ok(2));
    }

    #[test]
    fn header_decides_the_delimiter() {
        for (payload, expected) in [
            ("contact.name,total_amount\nx,1", ','),
            ("\"a,b\";contact.name;total_amount\nx", ';'),
            ("contact.name\ttotal_amount\nx", '\t'),
            ("\r\n\ncontact.name;total_amount\nx", ';'),
        ] {
            let shape =
                read(&Notation::of(Format::Csv), payload.as_bytes(), |_, _| Ok(())).map(|read| read.shape);
            assert!(
                matches!(shape, Ok(Shape::Columns { delimiter, .. }) if delimiter == expected),
                "{payload:?}"
            );
        }
    }

    #[test]
    fn rows_and_blanks_between_rows_are_bounded_and_files_are_not() {
        let row = format!("\n\n\"{}\"", "x\n".repeat(ROW_BYTES_MAX / 2 - 10));
        let long = format!("contact.name,total_amount{}", row.repeat(4));
        let lines: Vec<_> =
            rows(&long, &Mapping::default()).expect("readable").into_iter().map(|(line, _)| line).collect();
        let each = u64::try_from(ROW_BYTES_MAX / 2 - 10).expect("a number") + 2;
        assert_eq!(lines, [0, 1, 2, 3].map(|n| Some(3 + n * each)));
        for filling in ["x", "\n"] {
            let payload =
                format!("contact.name,total_amount\nA\nB{}C", filling.repeat(ROW_BYTES_MAX + 500_000));
            let error = rows(&payload, &Mapping::default()).expect_err("too long");
            assert!(
                matches!(error.kind, Kind::RowTooLong { .. }) && error.position.line.is_some(),
                "{error:?}"
            );
        }
    }
}
