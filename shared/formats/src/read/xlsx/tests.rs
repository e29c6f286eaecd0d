//! Workbooks as spreadsheets and other programs write them, and files that are none.

mod hostile;
mod meaning;

use std::io::{Cursor, Write};

use saldo_domain::fields::{Finding, FindingCode, PayloadError, PayloadErrorKind as Kind};
use saldo_domain::import::{AccountUpsert, CellMark, Format, ImportOptions, RawRow, RowBody, SheetRef};
use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, ZipWriter};

use super::super::{Notation, ReadError, read};

const MAIN: &str = "http://schemas.openxmlformats.org/spreadsheetml/2006/main";
const RELATED: &str = "http://schemas.openxmlformats.org/officeDocument/2006/relationships";

/// A workbook in parts.
struct Book {
    workbook: String,
    strings: String,
    styles: String,
    sheets: Vec<String>,
}

impl Book {
    /// A workbook with one sheet of these rows, in styles 0 to 5: none, `0.00`, a day, `00000`, an amount in euros, a time.
    fn of(rows: &str) -> Self {
        Self {
            workbook: r#"<sheets><sheet name="Posten" sheetId="1" r:id="rId1"/></sheets>"#.to_owned(),
            strings: String::new(),
            styles: r##"<numFmts><numFmt numFmtId="170" formatCode="dd\.mm\.yyyy"/><numFmt numFmtId="171" formatCode="00000"/>
                <numFmt numFmtId="172" formatCode="#,##0.00\ [$€-407]"/></numFmts><cellXfs><xf numFmtId="0"/><xf numFmtId="2"/>
                <xf numFmtId="170"/><xf numFmtId="171"/><xf numFmtId="172"/><xf numFmtId="22"/></cellXfs>"##
                .to_owned(),
            sheets: vec![format!("<sheetData>{rows}</sheetData>")],
        }
    }

    fn bytes(&self) -> Vec<u8> {
        let relation = |id: &str, kind: &str, target: &str| {
            format!(r#"<Relationship Id="{id}" Type="{RELATED}/{kind}" Target="{target}"/>"#)
        };
        let relations = |inner: &str| format!(r"<Relationships>{inner}</Relationships>");
        let mut related =
            relation("s", "sharedStrings", "sharedStrings.xml") + &relation("t", "styles", "styles.xml");
        let mut parts = Vec::new();
        for (number, sheet) in (1..).zip(&self.sheets) {
            let (id, target) = (format!("rId{number}"), format!("worksheets/sheet{number}.xml"));
            related += &relation(&id, "worksheet", &target);
            parts.push((format!("xl/{target}"), format!(r#"<worksheet xmlns="{MAIN}">{sheet}</worksheet>"#)));
        }
        let of = |name: &str, content: String| (name.to_owned(), content);
        parts.extend([
            of("_rels/.rels", relations(&relation("a", "officeDocument", "xl/workbook.xml"))),
            of("xl/workbook.xml", format!(r#"<workbook xmlns:r="{RELATED}">{}</workbook>"#, self.workbook)),
            of("xl/_rels/workbook.xml.rels", relations(&related)),
            of("xl/sharedStrings.xml", format!("<sst>{}</sst>", self.strings)),
            of("xl/styles.xml", format!("<styleSheet>{}</styleSheet>", self.styles)),
        ]);
        zip(&parts)
    }
}

fn zip(parts: &[(String, impl AsRef<[u8]>)]) -> Vec<u8> {
    let mut zip = ZipWriter::new(Cursor::new(Vec::new()));
    for (name, content) in parts {
        let options = SimpleFileOptions::default().compression_method(CompressionMethod::Deflated);
        zip.start_file(name, options).expect("a part");
        zip.write_all(content.as_ref()).expect("in memory");
    }
    zip.finish().expect("in memory").into_inner()
}

/// A cell with a text in it.
fn text(cell: &str, text: &str) -> String {
    format!(r#"<c r="{cell}" t="inlineStr"><is><t>{text}</t></is></c>"#)
}

fn number(cell: &str, digits: &str, style: usize) -> String {
    format!(r#"<c r="{cell}" s="{style}"><v>{digits}</v></c>"#)
}

fn row(number: u32, cells: &str) -> String {
    format!(r#"<row r="{number}">{cells}</row>"#)
}

/// The header with an id, a name, an amount and a day in the columns A to D.
fn header(line: u32) -> String {
    let names = ["external_id", "contact.name", "total_amount", "due_date"];
    let cells = ["A", "B", "C", "D"]
        .into_iter()
        .zip(names)
        .map(|(column, name)| text(&format!("{column}{line}"), name));
    row(line, &cells.collect::<String>())
}

fn rows(bytes: &[u8], options: ImportOptions) -> Result<Vec<RawRow>, PayloadError> {
    let mut rows = Vec::new();
    let notation = Notation::with(options, Format::Xlsx, false).expect("valid options");
    let outcome = read(&notation, bytes, |_, row| {
        rows.push(row);
        Ok(())
    });
    match outcome {
        Ok(_) => Ok(rows),
        Err(ReadError::Payload(error)) => Err(error),
        Err(other) => panic!("{other:?}"),
    }
}

fn cells(book: &Book, options: ImportOptions) -> Vec<(Option<u64>, Vec<String>)> {
    let of_row = |row: RawRow| match row.body {
        RowBody::Cells(cells) => (row.line, cells.iter().map(str::to_owned).collect()),
        other => panic!("{other:?}"),
    };
    rows(&book.bytes(), options).expect("a readable workbook").into_iter().map(of_row).collect()
}

/// The first row, checked in euros, and what was found in it.
fn checked(book: &Book) -> (Option<AccountUpsert>, Vec<Finding>) {
    let notation = Notation::of(Format::Xlsx);
    let mut checked = None;
    let outcome = read(&notation, book.bytes().as_slice(), |shape, row| {
        checked.get_or_insert(row.check(shape, &notation.rules(), "EUR".parse().expect("a currency")));
        Ok(())
    });
    outcome.expect("a readable workbook");
    let checked = checked.expect("a row");
    (checked.upsert, checked.findings)
}

fn refusal(bytes: &[u8]) -> Kind {
    rows(bytes, ImportOptions::default()).expect_err("a file that is no workbook").kind
}

fn is(bytes: &[u8]) -> String {
    match refusal(bytes) {
        Kind::OtherFormat { is, .. } => is.to_owned(),
        other => panic!("{other:?}"),
    }
}

#[test]
fn values_are_read_by_their_type() {
    let mut book = Book::of(&format!(
        "{}{}{}{}",
        row(1, &text("A1", "Offene Posten")),
        header(3),
        row(
            4,
            r#"<c r="A4" t="s"><v>0</v></c><c r="B4" t="s"><v>1</v></c><c r="C4" s="1"><v>1234.5600000000001</v></c><c r="D4" s="2"><v>46387</v></c>"#
        ),
        row(
            9,
            &format!(
                "{}{}",
                text("A9", "00124"),
                r#"<c r="B9" t="str"><f>X1</f><v>Bäcker</v></c><c r="C9"><f>1+1</f><v>2</v></c>"#
            )
        ),
    ));
    book.strings = "<si><t>00123</t></si><si><r><t>Mül</t></r><r><t>ler &amp; Co</t></r></si>".to_owned();
    let expected = |cells: [&str; 4]| cells.map(str::to_owned).to_vec();
    assert_eq!(
        cells(&book, ImportOptions::default()),
        [
            (Some(4), expected(["00123", "Müller & Co", "1234.56", "2026-12-31"])),
            (Some(9), expected(["00124", "Bäcker", "2", ""])),
        ]
    );
    let local = ImportOptions {
        decimal_separator: ",".parse().ok(),
        date_format: "DD.MM.YYYY".parse().ok(),
        ..ImportOptions::default()
    };
    assert_eq!(cells(&book, local)[0].1, expected(["00123", "Müller & Co", "1234,56", "31.12.2026"]));
    book.workbook.insert_str(0, r#"<workbookPr date1904="1"/>"#);
    assert_eq!(cells(&book, ImportOptions::default())[0].1[3], "2031-01-01");
}

#[test]
fn numbers_and_errors_in_fields_are_found() {
    let codes = |cells: &str| {
        let (mut upsert, mut found) = checked(&Book::of(&format!("{}{}", header(1), row(2, cells))));
        // The currency is that of the account, which is known later.
        let euro = "EUR".parse().expect("a currency");
        if let Some(refused) = upsert.as_ref().and_then(|upsert| upsert.fits(euro).err()) {
            upsert = None;
            found.push(refused);
        }
        let codes: Vec<_> = found
            .into_iter()
            .map(|found| (found.field.unwrap_or_default().into_owned(), found.code))
            .collect();
        (upsert.map(|upsert| (upsert.external_id.map(String::from), upsert.total_amount.to_string())), codes)
    };
    let of = |id: String, amount: String| format!("{id}{}{amount}", text("B2", "Ana"));
    let (one, found) = codes(&of(number("A2", "42", 3), number("C2", "12.5", 0)));
    assert_eq!(one, Some((Some("00042".to_owned()), "12.5".to_owned())));
    assert_eq!(found, [("external_id".to_owned(), FindingCode::NumericId)]);
    for (id, amount, field, code) in [
        (number("A2", "46387", 2), number("C2", "1", 0), "external_id", FindingCode::MangledId),
        (
            number("A2", "1.23456789012345E+17", 0),
            number("C2", "1", 0),
            "external_id",
            FindingCode::MangledId,
        ),
        (
            text("A2", "a"),
            r#"<c r="C2" t="e"><v>#N/A</v></c>"#.to_owned(),
            "total_amount",
            FindingCode::ErrorValue,
        ),
        (text("A2", "a"), r#"<c r="C2"><f>1+1</f></c>"#.to_owned(), "total_amount", FindingCode::ErrorValue),
        (text("A2", "a"), text("C2", "25.000"), "total_amount", FindingCode::AmbiguousAmount),
        (text("A2", "a"), number("C2", "25.001", 0), "total_amount", FindingCode::TooManyDigits),
        (text("A2", "a"), number("C2", "46387", 2), "total_amount", FindingCode::InvalidAmount),
        (
            text("A2", "a"),
            number("C2", "1", 0) + &number("D2", "46387", 0),
            "due_date",
            FindingCode::InvalidDate,
        ),
        (
            text("A2", "a"),
            number("C2", "1", 0) + &number("D2", "46387.5", 5),
            "due_date",
            FindingCode::InvalidDate,
        ),
        (
            r#"<c r="A2" t="e"><v>#REF!</v></c>"#.to_owned(),
            number("C2", "1", 0),
            "external_id",
            FindingCode::ErrorValue,
        ),
    ] {
        let (upsert, found) = codes(&of(id, amount));
        assert_eq!((upsert, found), (None, vec![(field.to_owned(), code)]));
    }
    // An amount that is shown in another currency than the row's.
    assert!(codes(&of(text("A2", "a"), number("C2", "12.5", 4))).0.is_some());
}

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
