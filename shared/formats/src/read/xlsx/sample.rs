//! The first rows of a sheet, held in memory. A preview finds out from them how a workbook is written and what its import would
//! store, and a request that imports a workbook whether its sheet has the columns that it needs.
//!
//! The rows are read twice: to learn how many of the workbook's texts they need, and then with these texts. Programs write
//! the texts in the order in which cells refer to them, so few are read of a large workbook.

use std::cell::Cell;
use std::io::{Read, Seek};
use std::rc::Rc;

use saldo_domain::fields::PayloadErrorKind;
use saldo_domain::import::{Cells, Notation, RowRules, SheetRef};

use super::super::{Contents, ReadError, Rows, Sink};
use super::merged::Merged;
use super::sheet::{Sheet, SheetRow};
use super::styles::Styles;
use super::values::Values;
use super::workbook::SheetEntry;
use super::xml;
use super::{Book, Bounds, HEAD, Table, first_rows, part_of};

/// The first rows that a preview reads: some more than a table of text has in as many bytes.
const ROWS_READ: Bounds = Bounds { rows: 20_000, cells: 200_000, bytes: 16_000_000 };

/// The first rows of a sheet.
pub(crate) struct SheetSample {
    sheets: Vec<SheetEntry>,
    sheet: SheetEntry,
    rows: Vec<SheetRow>,
    /// The bytes of the values of these rows.
    bytes: u64,
    /// Whether they are all rows of the sheet.
    is_whole: bool,
    styles: Styles,
    is_from_1904: bool,
    /// The areas of merged cells, if these are all rows.
    merged: Vec<Merged>,
    last_row: u64,
    /// The bytes of the workbook.
    file_bytes: u64,
}

impl SheetSample {
    /// Reads the first rows of a sheet, whose values have at most so many bytes, for a preview.
    pub(crate) fn for_preview(
        source: impl Read + Seek,
        sheet: Option<&SheetRef>,
        bytes_max: usize,
    ) -> Result<Self, ReadError> {
        Self::read(source, sheet, ROWS_READ, bytes_max)
    }

    /// Reads the rows in which the header is searched for.
    pub(super) fn head(source: impl Read + Seek, sheet: Option<&SheetRef>) -> Result<Self, ReadError> {
        Self::read(source, sheet, HEAD, HEAD.bytes)
    }

    fn read(
        mut source: impl Read + Seek,
        sheet: Option<&SheetRef>,
        bounds: Bounds,
        bytes_max: usize,
    ) -> Result<Self, ReadError> {
        let file_bytes = source.seek(std::io::SeekFrom::End(0))?;
        let mut book = Book::open(source)?;
        let entry = book.workbook.sheet(sheet)?.clone();
        let since_event = Cell::new(0);
        let mut sheet = Sheet::new(xml::events(part_of(&mut book.package, &entry.part)?, &since_event), None);
        first_rows(&mut sheet, bounds)?;
        let last = sheet.last_row();
        let (strings_needed, has_more) = (sheet.strings_needed(), sheet.next()?.is_some());
        drop(sheet);

        let strings = book.strings(strings_needed)?;
        let part = part_of(&mut book.package, &entry.part)?;
        let mut sheet = Sheet::new(xml::events(part, &since_event), Some(&strings));
        if has_more {
            sheet = sheet.until(last);
        }
        let (mut rows, mut bytes) = (Vec::new(), 0);
        let mut is_whole = !has_more;
        while let Some(row) = sheet.next()? {
            bytes += row.bytes();
            if bytes > bytes_max && !rows.is_empty() {
                is_whole = false;
                break;
            }
            rows.push(row);
        }
        let (merged, last_row) = (sheet.merged().to_vec(), sheet.last_row());
        drop(sheet);
        Ok(Self {
            sheets: book.workbook.sheets,
            sheet: entry,
            rows,
            bytes: bytes as u64,
            is_whole,
            styles: book.styles,
            is_from_1904: book.workbook.is_from_1904,
            merged,
            last_row,
            file_bytes,
        })
    }

    /// The name of the sheet.
    pub(crate) fn name(&self) -> &str {
        &self.sheet.name
    }

    /// The names of all sheets, and whether they are visible.
    pub(crate) fn sheets(&self) -> impl Iterator<Item = (&str, bool)> {
        self.sheets.iter().map(|sheet| (sheet.name.as_str(), sheet.is_visible))
    }

    /// The names of the other visible sheets that have cells, as an error shows them; `None` if there are none.
    pub(crate) fn unread_sheets(&self, source: impl Read + Seek) -> Result<Option<String>, ReadError> {
        Book::open(source)?.unread_sheets(&self.sheet.part)
    }

    /// The bytes of the values of the rows.
    pub(crate) fn bytes(&self) -> u64 {
        self.bytes
    }

    /// Whether these are all rows of the sheet.
    pub(crate) fn is_whole(&self) -> bool {
        self.is_whole
    }

    /// The rows by their numbers, with the texts of their cells as a person sees them.
    pub(crate) fn texts(&self) -> impl Iterator<Item = (u64, Cells)> {
        let values = self.values(&RowRules::default());
        self.rows.iter().map(move |row| {
            let mut cells = Cells::default();
            for (column, value) in &row.cells {
                while cells.len() < *column {
                    cells.push("");
                }
                let (text, mark) = values.shown(value);
                cells.push_marked(&text, mark);
            }
            (row.number, cells)
        })
    }

    /// Passes the rows on, as an import reads them.
    pub(crate) fn pass_on(&self, notation: &Notation, sink: impl Sink) -> Result<Contents, ReadError> {
        let values = self.values(&notation.rules());
        let mut left = HEAD;
        let is_in_head = |row: &&SheetRow| {
            let is_in_head = !left.are_reached();
            left.count(row);
            is_in_head
        };
        let head = self.rows.iter().take_while(is_in_head).count();
        let head = self.rows.get(..head).unwrap_or_default();
        let table = Table::of_head(head, &notation.options, &values)?;
        let shape = table.shape();
        let payload_bytes = Rc::new(Cell::new(self.file_bytes));
        let mut rows = Rows { count: 0, payload_bytes, gzip: true, sink };
        for row in self.rows.iter().skip(table.at + 1) {
            table.push(&shape, row, &values, &mut rows)?;
        }
        if self.is_whole {
            table.check_merged(&self.merged, self.last_row)?;
        }
        match rows.count {
            0 => Err(PayloadErrorKind::NoRows.into()),
            _ => Ok(Contents { shape, assumed_encoding: None, unread_sheets: None }),
        }
    }

    fn values(&self, rules: &RowRules<'_>) -> Values<'_> {
        Values::of(&self.styles, self.is_from_1904, rules)
    }
}
