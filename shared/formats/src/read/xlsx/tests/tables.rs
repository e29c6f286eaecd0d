//! The table in a workbook: its sheet, its header, its rows.

use saldo_domain::fields::{PayloadError, PayloadErrorKind as Kind};
use saldo_domain::import::{CellMark, Format, ImportOptions, RowBody, SheetRef};

use super::super::super::{Notation, read};
use super::{Book, cells, header, number, row, rows, text};

#[test]
fn sheets_are_chosen() {
    let of = |name: &str| format!("<sheetData>{}{}</sheetData>", header(1), row(2, &text("B2", name)));
    let mut book = Book::of("");
    book.sheets = vec![of("hidden"), of("first"), of("second")];
    book.workbook = r#"<sheets><sheet name="a" state="hidden" r:id="rId1"/><sheet name="b" r:id="rId2"/><sheet name="Offene Posten" r:id="rId3"/></sheets>"#.to_owned();
    let name = |sheet: Option<SheetRef>| {
        let read = rows(&book.bytes(), ImportOptions { sheet, ..ImportOptions::default() })?;
        let RowBody::Cells(cells) = &read[0].body else { panic!("{read:?}") };
        Ok::<_, PayloadError>(cells.get(1).map(str::to_owned).unwrap_or_default())
    };
    for (sheet, expected) in [
        (None, "first"),
        (SheetRef::numbered(2), "second"),
        (SheetRef::named("offene posten"), "second"),
        (SheetRef::named("a"), "hidden"),
    ] {
        assert_eq!(name(sheet), Ok(expected.to_owned()));
    }
    let error = name(SheetRef::named("Mai")).expect_err("no such sheet");
    assert_eq!(
        error.to_string(),
        r#"the workbook has no sheet "Mai"; its visible sheets are "b", "Offene Posten""#
    );
}

#[test]
fn visible_sheets_with_cells_that_are_not_read_are_named() {
    let of = |rows: &str| format!("<sheetData>{rows}</sheetData>");
    let mut book = Book::of("");
    let list = format!("{}{}", header(1), row(2, &text("B2", "Ana")));
    let empty = row(1, r#"<c r="A1" s="1"/>"#);
    book.sheets = [&list, &list, &empty, &list, &number("A1", "1", 0)].map(|rows| of(rows)).to_vec();
    book.sheets.push(of(&row(7, &number("A7", "1", 0))));
    let names = ["Mai", "versteckt", "leer", "Juni", "ohne Zeile", "Summen"];
    let sheet = |(number, name): (usize, &str)| {
        let state = if name == "versteckt" { r#" state="hidden""# } else { "" };
        format!(r#"<sheet name="{name}"{state} r:id="rId{number}"/>"#)
    };
    book.workbook = format!("<sheets>{}</sheets>", (1..).zip(names).map(sheet).collect::<String>());
    let unread = |sheet: Option<SheetRef>| {
        let options = ImportOptions { sheet, ..ImportOptions::default() };
        let notation = Notation::with(options, Format::Xlsx, false).expect("valid options");
        read(&notation, book.bytes().as_slice(), |_, _| Ok(())).expect("a table").unread_sheets
    };
    assert_eq!(unread(None).as_deref(), Some(r#""Juni", "Summen""#));
    assert_eq!(unread(SheetRef::named("Juni")), None);
}

#[test]
fn header_is_found_or_stated() {
    let book = Book::of(&format!(
        "{}{}{}",
        row(1, &text("A1", "Liste")),
        row(5, &(text("B5", "Kunde") + &text("C5", "Saldo"))),
        row(6, &(text("B6", "Ana") + &number("C6", "5", 0)))
    ));
    let options = |json: &str| serde_json::from_str::<ImportOptions>(json).expect("options");
    for json in [
        r#"{"mapping":{"Kunde":"contact.name","Saldo":"total_amount"}}"#,
        r#"{"header_line":5,"columns":[{"from":2,"to":"contact.name"}],"amount":{"column":"Saldo"}}"#,
    ] {
        let expected = vec![(Some(6), vec![String::new(), "Ana".to_owned(), "5".to_owned()])];
        assert_eq!(cells(&book, options(json)), expected);
    }
    let kind = |json: &str| rows(&book.bytes(), options(json)).expect_err("no header").kind;
    assert_eq!(kind(r#"{"header_line":4}"#), Kind::NoHeaderLine { line: 4 });
    assert!(matches!(kind("{}"), Kind::NoKnownColumn { found } if found.line == 1));
}

#[test]
fn cells_merged_over_rows_of_the_table_are_refused() {
    let of = |areas: &str| {
        let mut book = Book::of("");
        let data = format!("{}{}{}", header(2), row(3, &text("B3", "Ana")), row(4, &text("B4", "Bo")));
        book.sheets = vec![format!("<sheetData>{data}</sheetData><mergeCells>{areas}</mergeCells>")];
        rows(&book.bytes(), ImportOptions::default()).map(|rows| rows.len()).map_err(|error| error.kind)
    };
    assert_eq!(of(r#"<mergeCell ref="A1:D1"/><mergeCell ref="B3:C3"/><mergeCell ref="F3:F4"/>"#), Ok(2));
    assert_eq!(of(r#"<mergeCell ref="D3:D4"/>"#), Err(Kind::MergedCells { range: "D3:D4".into() }));
}

#[test]
fn rows_have_the_cells_of_the_header() {
    let book = Book::of(&format!(
        "{}{}{}{}",
        header(1),
        row(2, r#"<c r="A2" t="str"><v></v></c>"#),
        row(3, &(text("B3", "Ana") + &text("G3", "beside"))),
        row(4, &(text("B4", "Bo") + &text("Z4", " "))),
    ));
    let lengths: Vec<_> =
        cells(&book, ImportOptions::default()).into_iter().map(|(line, cells)| (line, cells.len())).collect();
    assert_eq!(lengths, [(Some(3), 7), (Some(4), 4)]);
    let marks = |at: usize| match &rows(&book.bytes(), ImportOptions::default()).expect("rows")[0].body {
        RowBody::Cells(cells) => cells.mark(at),
        other => panic!("{other:?}"),
    };
    assert_eq!((marks(1), None::<CellMark>), (None, None));
}
