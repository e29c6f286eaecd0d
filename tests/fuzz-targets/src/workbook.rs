//! The reader of workbooks. The rows of a workbook must be the same when it is read in pieces.
//!
//! The low bits of an input's first byte say what the rest is, the second byte how it is divided into pieces. Without
//! [`FILE`], the rest are the contents of four parts, separated by NUL: a sheet, the list of sheets, the texts, and the
//! styles. So the fuzzer reaches what is in an archive.

use std::io::{Cursor, Write};

use saldo_domain::import::{Format, Notation};
use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, ZipWriter};

use crate::pieces::Pieces;
use crate::plan;
use crate::readers::{head, options_line};
use crate::rows::Outcome;

/// The rest is a file, which may be no workbook.
const FILE: u8 = 1;
/// The first line of the rest has options as JSON.
const OPTIONS: u8 = 2;

/// The relationships of the archive and of the list of sheets.
const RELATIONSHIPS: [(&str, &str); 2] = [
    (
        "_rels/.rels",
        r#"<Relationships><Relationship Id="a" Type="/officeDocument" Target="xl/workbook.xml"/></Relationships>"#,
    ),
    (
        "xl/_rels/workbook.xml.rels",
        r#"<Relationships><Relationship Id="rId1" Type="/worksheet" Target="sheet.xml"/>
        <Relationship Id="b" Type="/sharedStrings" Target="strings.xml"/><Relationship Id="c" Type="/styles" Target="styles.xml"/></Relationships>"#,
    ),
];
/// The parts that an input has.
const PARTS: [&str; 4] = ["xl/sheet.xml", "xl/workbook.xml", "xl/strings.xml", "xl/styles.xml"];
const ONE_SHEET: &[u8] = br#"<workbook><sheets><sheet name="a" r:id="rId1"/></sheets></workbook>"#;

/// XLSX.
///
/// # Panics
/// When Saldo breaks a guarantee.
pub fn xlsx(input: &[u8]) {
    let Some((how, seed, rest)) = head(input) else { return };
    let Some((options, payload)) = options_line(how & OPTIONS != 0, rest) else { return };
    let Ok(notation) = Notation::with(options, Format::Xlsx, false) else { return };
    let file = if how & FILE == 0 { archive(payload) } else { payload.to_vec() };
    let outcome = Outcome::of(&notation, file.as_slice());
    outcome.assert_same(&Outcome::of(&notation, Pieces::new(&file, seed)));
    plan::follow(&outcome, &notation.rules(), 1 + usize::from(seed % 16));
}

/// The workbook of an input.
pub(crate) fn archive(payload: &[u8]) -> Vec<u8> {
    let mut parts = payload.split(|byte| *byte == 0);
    let mut zip = ZipWriter::new(Cursor::new(Vec::new()));
    let mut add = |name: &str, content: &[u8]| {
        let options = SimpleFileOptions::default().compression_method(CompressionMethod::Stored);
        zip.start_file(name, options).expect("a part");
        zip.write_all(content).expect("in memory");
    };
    for (name, content) in RELATIONSHIPS {
        add(name, content.as_bytes());
    }
    for name in PARTS {
        let content = parts.next().unwrap_or_default();
        let is_list = name == "xl/workbook.xml";
        add(name, if is_list && content.is_empty() { ONE_SHEET } else { content });
    }
    zip.finish().expect("in memory").into_inner()
}
