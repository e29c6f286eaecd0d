//! The sheets of a workbook, and the parts that they share.

use std::cell::Cell;
use std::io::{Read, Seek};

use saldo_domain::fields::{HeaderFound, PayloadErrorKind};
use saldo_domain::import::SheetRef;

use super::super::ReadError;
use super::error::{invalid, too_large};
use super::package::{NAME_BYTES_MAX, Package, Relationship};
use super::xml::{self, Event};

/// The sheets that a workbook may have.
const SHEETS_MAX: usize = 1_000;
/// The names of sheets that an error shows.
const NAMES_SHOWN_MAX: usize = 12;

/// A workbook.
pub(super) struct Workbook {
    pub(super) sheets: Vec<SheetEntry>,
    /// Whether the days of dates are counted from 1904.
    pub(super) is_from_1904: bool,
    /// The part with the texts that cells refer to.
    pub(super) strings: Option<String>,
    /// The part with the formats of numbers.
    pub(super) styles: Option<String>,
}

/// A sheet in the list of a workbook.
#[derive(Clone)]
pub(super) struct SheetEntry {
    pub(super) name: String,
    pub(super) is_visible: bool,
    /// Its part.
    pub(super) part: String,
}

impl Workbook {
    /// Reads the list of sheets.
    pub(super) fn read<R: Read + Seek>(package: &mut Package<R>) -> Result<Self, ReadError> {
        let main = package.relationships("")?.into_iter().find(|related| related.kind == "officeDocument");
        let main = main.map(|related| related.target).ok_or_else(no_workbook)?;
        let related = package.relationships(&main)?;
        let of_kind = |kind: &str| {
            related.iter().find(|related| related.kind == kind).map(|related| related.target.clone())
        };
        let (strings, styles) = (of_kind("sharedStrings"), of_kind("styles"));
        let source = package.part(&main)?.ok_or_else(no_workbook)?;
        let (mut sheets, mut is_from_1904, mut bytes) = (Vec::new(), false, 0);
        let since_event = Cell::new(0);
        let mut xml = xml::events(source, &since_event);
        loop {
            match xml.next()? {
                Event::Start(element) if element.is("workbookPr") => {
                    let date1904 = element.attribute("date1904")?;
                    is_from_1904 = matches!(date1904.as_deref(), Some("1" | "true" | "on"));
                }
                Event::Start(element) if element.is("sheet") => {
                    let (mut name, mut state, mut id) = (String::new(), String::new(), String::new());
                    element.attributes(|attribute, value| match attribute {
                        "name" => name = value.to_owned(),
                        "state" => state = value.to_owned(),
                        // `r:id`
                        "id" => id = value.to_owned(),
                        _ => {}
                    })?;
                    bytes += name.len();
                    if bytes > NAME_BYTES_MAX {
                        return Err(too_large(NAME_BYTES_MAX as u64, "bytes in the names of sheets").into());
                    }
                    let is_visible = !matches!(state.as_str(), "hidden" | "veryHidden");
                    // Sheets of other kinds hold a chart or a dialog.
                    let is_meant = |related: &&Relationship| related.id == id && related.kind == "worksheet";
                    if let Some(Relationship { target, .. }) = related.iter().find(is_meant) {
                        sheets.push(SheetEntry { name, is_visible, part: target.clone() });
                    }
                    if sheets.len() > SHEETS_MAX {
                        return Err(too_large(SHEETS_MAX as u64, "sheets").into());
                    }
                }
                Event::Start(_) | Event::End(_) | Event::Text(_) => {}
                Event::Eof => return Ok(Self { sheets, is_from_1904, strings, styles }),
            }
        }
    }

    /// The stated sheet, or else the first visible one.
    pub(super) fn sheet(&self, wanted: Option<&SheetRef>) -> Result<&SheetEntry, ReadError> {
        let names: Vec<_> = self.sheets.iter().map(|sheet| (sheet.name.as_str(), sheet.is_visible)).collect();
        let Some(wanted) = wanted else {
            let first = self.sheets.iter().find(|sheet| sheet.is_visible).or(self.sheets.first());
            return Ok(first.ok_or_else(|| invalid("it has no sheet with cells"))?);
        };
        let found = wanted.find(&names).and_then(|at| self.sheets.get(at));
        let visible = || names.iter().filter(|(_, is_visible)| *is_visible).take(NAMES_SHOWN_MAX);
        found.ok_or_else(|| {
            let names = visible().map(|(name, _)| format!("{:?}", HeaderFound::shown(name))).collect();
            PayloadErrorKind::NoSuchSheet { sheet: wanted.to_string(), names }.into()
        })
    }
}

fn no_workbook() -> ReadError {
    PayloadErrorKind::OtherFormat {
        is: "a ZIP archive without a workbook",
        advice: "decompress it, and import the file in it",
    }
    .into()
}
