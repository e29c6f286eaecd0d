//! The first rows of a sheet, for previews and for the check of its header.

use std::io::Cursor;

use saldo_domain::fields::PayloadErrorKind as Kind;
use saldo_domain::import::{Cells, Format, ImportOptions, Notation, RawRow, RowBody};

use super::super::super::{ReadError, check_workbook};
use super::super::SheetSample;
use super::{Book, header, number, row, text};

/// A list of so many rows, of which each refers to a text of its own.
fn list(length: u32) -> Book {
    let cells = |n: u32| {
        let name = format!(r#"<c r="B{n}" t="s"><v>{}</v></c>"#, n - 2);
        row(n, &(text(&format!("A{n}"), &format!("R-{n}")) + &name + &number(&format!("C{n}"), "12.50", 1)))
    };
    let mut book = Book::of(&(header(1) + &(2..length + 2).map(cells).collect::<String>()));
    let texts: Vec<String> = (0..length).map(|n| format!("<si><t>Customer {n}</t></si>")).collect();
    book.strings = texts.concat();
    book
}

fn sample(book: &Book, bytes_max: usize) -> SheetSample {
    SheetSample::for_preview(Cursor::new(book.bytes()), None, bytes_max).expect("a sheet")
}

/// The index, the line and the content of each row.
type Content = Vec<(u64, Option<u64>, Cells)>;

fn content(row: RawRow) -> (u64, Option<u64>, Cells) {
    match row.body {
        RowBody::Cells(cells) => (row.index, row.line, cells),
        other => panic!("{other:?}"),
    }
}

fn of_sample(sample: &SheetSample) -> Result<Content, ReadError> {
    let mut rows = Vec::new();
    sample.pass_on(&Notation::of(Format::Xlsx), |_, row| {
        rows.push(content(row));
        Ok(())
    })?;
    Ok(rows)
}

/// The rows that an import reads.
fn rows(book: &Book) -> Content {
    let rows = super::rows(&book.bytes(), ImportOptions::default()).expect("rows");
    rows.into_iter().map(content).collect()
}

fn check(book: &Book) -> Result<(), Kind> {
    check_workbook(&Notation::of(Format::Xlsx), Cursor::new(book.bytes())).map_err(|error| match error {
        ReadError::Payload(error) => error.kind,
        other => panic!("{other:?}"),
    })
}

#[test]
fn sample_has_the_rows_that_an_import_reads() {
    let book = list(300);
    let all = rows(&book);
    let whole = sample(&book, usize::MAX);
    assert!(whole.is_whole());
    assert_eq!(of_sample(&whole).expect("rows"), all);
    let cut = sample(&book, 1_000);
    let first = of_sample(&cut).expect("rows");
    assert!(!cut.is_whole() && cut.bytes() > 1_000 && (20..100).contains(&first.len()), "{}", first.len());
    assert_eq!(first, all[..first.len()]);
    // More rows than a sample has.
    let long = sample(&list(25_000), usize::MAX);
    assert_eq!((long.is_whole(), of_sample(&long).expect("rows").len()), (false, 19_999));
}

#[test]
fn texts_of_later_rows_are_not_read() {
    let mut book = list(1_200);
    book.strings = book.strings.replace("Customer 1100", "&unknown;");
    assert!(matches!(super::refusal(&book.bytes()), Kind::InvalidWorkbook { .. }));
    assert_eq!(check(&book), Ok(()));
}

#[test]
fn rows_without_texts_count_as_rows() {
    // The last of the first rows have empty texts alone.
    let mut book = list(1_100);
    for n in 900..1_000 {
        book.strings = book.strings.replace(&format!("Customer {n}<"), "<");
        let id = text(&format!("A{}", n + 2), &format!("R-{}", n + 2));
        book.sheets[0] =
            book.sheets[0].replace(&id, "").replace(&number(&format!("C{}", n + 2), "12.50", 1), "");
    }
    assert_eq!(check(&book), Ok(()));
    let read = of_sample(&sample(&book, usize::MAX)).expect("rows");
    assert_eq!(read, rows(&book));
}

#[test]
fn header_is_checked_and_merged_cells_are_found() {
    let of = |header: &str| Book::of(&format!("{}{}", row(1, header), row(2, &text("A2", "Ana"))));
    assert!(matches!(check(&of(&text("A1", "contact.name"))), Err(Kind::MissingColumns { .. })));
    assert!(matches!(check(&of(&text("A1", "Kunde"))), Err(Kind::NoKnownColumn { .. })));
    assert_eq!(check(&Book::of("")), Err(Kind::NoRows));
    let mut merged = list(3);
    merged.sheets[0] += r#"<mergeCells><mergeCell ref="C2:C3"/></mergeCells>"#;
    let error = of_sample(&sample(&merged, usize::MAX)).expect_err("merged cells");
    assert!(matches!(error, ReadError::Payload(error) if matches!(error.kind, Kind::MergedCells { .. })));
}

#[test]
fn numbers_are_shown_with_the_currency_of_their_format() {
    let mut book = Book::of(&(header(1) + &row(2, &(number("C2", "1234.5", 4) + &number("D2", "46387", 2)))));
    book.workbook = r#"<sheets><sheet name="Offene Posten" r:id="rId1"/><sheet name="b" state="hidden" r:id="rId9"/></sheets>"#.to_owned();
    let sample = sample(&book, usize::MAX);
    let texts: Vec<(u64, Vec<String>)> =
        sample.texts().map(|(row, cells)| (row, cells.iter().map(str::to_owned).collect())).collect();
    assert_eq!(texts[1], (2, ["", "", "1234.5 €", "2026-12-31"].map(str::to_owned).to_vec()));
    assert_eq!(sample.sheets().collect::<Vec<_>>(), [("Offene Posten", true)]);
    let cells = of_sample(&sample).expect("rows").remove(0).2;
    assert_eq!(cells.get(2), Some("1234.5 €"));
}
