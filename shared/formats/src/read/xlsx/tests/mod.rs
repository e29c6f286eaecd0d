//! Workbooks as spreadsheets and other programs write them, and files that are none.

use std::io::{Cursor, Write};

use saldo_domain::fields::{Finding, PayloadError, PayloadErrorKind as Kind};
use saldo_domain::import::{AccountUpsert, Format, ImportOptions, RawRow, RowBody};
use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, ZipWriter};

use super::super::{Notation, ReadError, read};

mod cells;
mod hostile;
mod meaning;
mod refused;
mod sample;
mod tables;

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
