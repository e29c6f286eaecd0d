//! Files that are no workbooks, damaged ones, and those that expand too much.

use saldo_domain::fields::PayloadErrorKind as Kind;

use super::{Book, header, is, number, refusal, row, text, zip};

#[test]
fn other_files_are_named() {
    let ole = |name: &str| {
        let mut file = vec![0; 1024];
        file[..8].copy_from_slice(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1");
        file[30] = 9;
        let name: Vec<u8> = name.bytes().flat_map(|byte| [byte, 0]).collect();
        file[600..600 + name.len()].copy_from_slice(&name);
        file
    };
    assert_eq!(is(&ole("Workbook")), "an Excel workbook of an old version (.xls)");
    assert_eq!(is(&ole("EncryptedPackage")), "an encrypted workbook");
    let archive =
        |names: &[&str]| zip(&names.iter().map(|name| ((*name).to_owned(), "x")).collect::<Vec<_>>());
    assert_eq!(is(&archive(&["_rels/.rels", "word/document.xml"])), "a Word document (.docx)");
    assert_eq!(is(&archive(&["_rels/.rels", "ppt/presentation.xml"])), "a PowerPoint presentation (.pptx)");
    assert_eq!(is(&archive(&["_rels/.rels", "xl/workbook.bin"])), "a binary Excel workbook (.xlsb)");
    assert_eq!(is(&archive(&["mimetype", "content.xml"])), "an OpenDocument file (.ods)");
    assert_eq!(is(&archive(&["list.csv"])), "a ZIP archive without a workbook");
    assert_eq!(is(b"external_id;contact.name\n"), "not an Excel workbook");
    assert_eq!(is(b"%PDF-1.4"), "a PDF document");
    assert_eq!(is(b"{\"accounts\":[]}"), "JSON");
    assert_eq!(refusal(b""), Kind::NoRows);
}

#[test]
fn truncated_and_damaged_workbooks_are_refused() {
    let rows: String = (2..500)
        .map(|n| row(n, &(text(&format!("B{n}"), "Ana") + &number(&format!("C{n}"), "5", 0))))
        .collect();
    let whole = Book::of(&(header(1) + &rows)).bytes();
    for length in [4, 100, whole.len() / 2, whole.len() - 30, whole.len() - 1] {
        assert!(matches!(refusal(&whole[..length]), Kind::InvalidWorkbook { .. }), "{length}");
    }
    let mut damaged = whole.clone();
    for at in (60..300).step_by(7) {
        damaged[at] ^= 0x55;
    }
    assert!(matches!(refusal(&damaged), Kind::InvalidWorkbook { .. }));
    for rows in [
        r#"<row r="2"/><row r="1"/>"#,
        r#"<row r="1048577"/>"#,
        r#"<row r="x"/>"#,
        r#"<row><c r="B1"><v>1</v></c><c r="A1"><v>1</v></c></row>"#,
        r#"<row><c t="s"><v>7</v></c></row>"#,
        "<row><c><v>&unknown;</v></c></row>",
        "<row>",
    ] {
        assert!(matches!(refusal(&Book::of(rows).bytes()), Kind::InvalidWorkbook { .. }), "{rows}");
    }
    let mut entities = Book::of(&header(1));
    entities.workbook.insert_str(0, "<!DOCTYPE a [<!ENTITY b \"c\">]>");
    assert!(matches!(refusal(&entities.bytes()), Kind::InvalidWorkbook { .. }));
}

#[test]
fn bombs_are_refused() {
    // A part that expands a thousand times, in a cell, between cells, and as texts.
    let spaces = " ".repeat(30_000_000);
    let cell = Book::of(&format!("{}{}", header(1), row(2, &text("B2", &spaces))));
    assert!(matches!(refusal(&cell.bytes()), Kind::RowTooLong { .. }));
    let between =
        Book::of(&format!("{}{}", header(1), format!("<row></row>{}", " ".repeat(3_000)).repeat(15_000)));
    assert!(matches!(refusal(&between.bytes()), Kind::ExpandsTooMuch { .. }));
    let mut texts = Book::of(&header(1));
    texts.strings = format!("<si><t>{}</t></si>", "x".repeat(1_000_000)).repeat(30);
    assert!(matches!(refusal(&texts.bytes()), Kind::ExpandsTooMuch { .. }));
    let mut deep = Book::of(&header(1));
    deep.styles = "<a>".repeat(1_000_000);
    assert!(matches!(refusal(&deep.bytes()), Kind::InvalidWorkbook { .. }));
    // Many references to one long text.
    let long = "x".repeat(30_000);
    let cells: String = (0..900).map(|_| r#"<c t="s"><v>0</v></c>"#).collect();
    let mut repeated = Book::of(&format!("{}<row>{cells}</row>", header(1)));
    repeated.strings = format!("<si><t>{long}</t></si>");
    assert!(matches!(refusal(&repeated.bytes()), Kind::RowTooLong { .. }));
    let wide: String = (0..1_001).map(|_| "<c><v>1</v></c>").collect();
    let wide = Book::of(&format!("{}<row>{wide}</row>", header(1)));
    assert!(matches!(refusal(&wide.bytes()), Kind::TooManyColumns { .. }));
    let parts: Vec<_> = (0..10_001).map(|n| (format!("xl/media/{n}.png"), "")).collect();
    assert!(matches!(refusal(&zip(&parts)), Kind::WorkbookTooLarge { of: "parts", .. }));
}
