//! Reads the table on a sheet of a workbook in Office Open XML (ISO/IEC 29500; ECMA-376).
//!
//! The rows are passed on as they are read. Memory holds the first rows, in which the header is found, one further row, and
//! the texts and formats that cells refer to, of which there may be a bounded number.

mod error;
mod merged;
mod number_format;
mod package;
mod sample;
mod sheet;
mod strings;
mod styles;
mod values;
mod workbook;
mod xml;

#[cfg(test)]
mod tests;

use std::cell::Cell;
use std::io::{Read, Seek};

use saldo_domain::fields::{PayloadError, PayloadErrorKind, ShownNames};
use saldo_domain::import::{AccountField, AmountAt, Cells, Column, ImportOptions, Notation, RowBody, Shape};

use super::header::{self, Candidate, Columns, LINES_SEARCHED};
use super::quoting::is_id_of_account;
use super::{ReadError, Rows, Sink};
use error::invalid;
use merged::Merged;
use package::Package;
use sheet::{Sheet, SheetRow, Value};
use strings::SharedStrings;
use styles::Styles;
use values::{Purpose, Values};
use workbook::Workbook;

pub(crate) use sample::SheetSample;

/// The bytes that a workbook may have: a million rows of twenty columns have about half of it.
pub(super) const WORKBOOK_BYTES_MAX: u64 = 200_000_000;
/// The first rows, header included, in which the header and an account's id in the column `id` are searched for.
const HEAD: Bounds = Bounds { rows: 1_000, cells: 50_000, bytes: 16_000_000 };
/// The separator of cells in files that are made of the rows.
const DELIMITER: char = ',';

/// The most other sheets that are looked at for cells.
const OTHER_SHEETS_MAX: usize = 12;
/// The rows of another sheet among which a cell is looked for.
const OTHER_ROWS: u64 = 1_000;

/// Passes on the rows of the sheet that the options name, or of the first visible one. Returns their shape and, if the
/// options name no sheet, the names of the others with cells.
pub(super) fn read(
    source: impl Read + Seek,
    notation: &Notation,
    rows: &mut Rows<impl Sink>,
) -> Result<(Shape, Option<String>), ReadError> {
    let options = &notation.options;
    let mut book = Book::open(source)?;
    let part = book.workbook.sheet(options.sheet.as_ref())?.part.clone();
    let strings = book.strings(usize::MAX)?;
    let values = Values::of(&book.styles, book.workbook.is_from_1904, &notation.rules());
    let since_event = Cell::new(0);
    let mut sheet = Sheet::new(xml::events(part_of(&mut book.package, &part)?, &since_event), Some(&strings));
    let head = first_rows(&mut sheet, HEAD)?;
    let table = Table::of_head(&head, options, &values)?;
    let shape = table.shape();
    for row in head.into_iter().skip(table.at + 1) {
        table.push(&shape, &row, &values, rows)?;
    }
    while let Some(row) = sheet.next()? {
        table.push(&shape, &row, &values, rows)?;
    }
    table.check_merged(sheet.merged(), sheet.last_row())?;
    drop(sheet);
    let unread = match options.sheet {
        Some(_) => None,
        None => book.unread_sheets(&part)?,
    };
    Ok((shape, unread))
}

/// Reads as far as the first row of the table, whether it has the columns that it needs.
pub(super) fn check_head(source: impl Read + Seek, notation: &Notation) -> Result<(), ReadError> {
    let sample = SheetSample::head(source, notation.options.sheet.as_ref())?;
    match sample.pass_on(notation, |_, _| Err(ReadError::Stopped)) {
        Ok(_) | Err(ReadError::Stopped) => Ok(()),
        // The rows are below the first ones.
        Err(ReadError::Payload(error)) if error.kind == PayloadErrorKind::NoRows && !sample.is_whole() => {
            Ok(())
        }
        Err(error) => Err(error),
    }
}

/// A workbook that is open, with the formats of its cells.
struct Book<R> {
    package: Package<R>,
    workbook: Workbook,
    styles: Styles,
}

impl<R: Read + Seek> Book<R> {
    fn open(source: R) -> Result<Self, ReadError> {
        let mut package = Package::open(source)?;
        let workbook = Workbook::read(&mut package)?;
        let styles = match &workbook.styles {
            Some(styles) => package.part(styles)?.map(Styles::read).transpose()?.unwrap_or_default(),
            None => Styles::default(),
        };
        Ok(Self { package, workbook, styles })
    }

    /// The texts that cells refer to, or so many of them.
    fn strings(&mut self, at_most: usize) -> Result<SharedStrings, ReadError> {
        let Some(strings) = &self.workbook.strings else { return Ok(SharedStrings::default()) };
        let read = |source| SharedStrings::read(source, at_most);
        Ok(self.package.part(strings)?.map(read).transpose()?.unwrap_or_default())
    }

    /// The names of the visible sheets beside this part that have cells, as an error shows them; `None` if there are none.
    fn unread_sheets(&mut self, read: &str) -> Result<Option<String>, ReadError> {
        let others = self.workbook.sheets.iter().filter(|sheet| sheet.is_visible && sheet.part != read);
        let mut names = Vec::new();
        for sheet in others.take(OTHER_SHEETS_MAX) {
            if has_cells(&mut self.package, &sheet.part)? {
                names.push(sheet.name.as_str());
            }
        }
        Ok((!names.is_empty()).then(|| ShownNames::of(names.len(), names.into_iter()).to_string()))
    }
}

/// Whether a sheet has a cell with a value. One that can't be read may have some.
fn has_cells<R: Read + Seek>(package: &mut Package<R>, part: &str) -> Result<bool, ReadError> {
    let since_event = Cell::new(0);
    let read = part_of(package, part)
        .and_then(|part| Sheet::new(xml::events(part, &since_event), None).until(OTHER_ROWS).next());
    match read {
        Ok(row) => Ok(row.is_some()),
        Err(ReadError::Payload(_)) => Ok(true),
        Err(stopped) => Err(stopped),
    }
}

/// The part of a sheet.
fn part_of<R: Read + Seek>(package: &mut Package<R>, part: &str) -> Result<impl Read, ReadError> {
    Ok(package.part(part)?.ok_or_else(|| invalid("a sheet is missing"))?)
}

/// How many rows are held in memory: no more of them are read when one of these numbers is reached.
#[derive(Clone, Copy)]
struct Bounds {
    rows: usize,
    cells: usize,
    /// The bytes of their texts.
    bytes: usize,
}

impl Bounds {
    fn are_reached(self) -> bool {
        self.rows == 0 || self.cells == 0 || self.bytes == 0
    }

    fn count(&mut self, row: &SheetRow) {
        self.rows = self.rows.saturating_sub(1);
        self.cells = self.cells.saturating_sub(row.cells.len());
        self.bytes = self.bytes.saturating_sub(row.bytes());
    }
}

/// The first rows of a sheet.
fn first_rows<R: Read>(sheet: &mut Sheet<'_, R>, mut left: Bounds) -> Result<Vec<SheetRow>, ReadError> {
    let mut first = Vec::new();
    while !left.are_reached() {
        let Some(row) = sheet.next()? else { break };
        left.count(&row);
        first.push(row);
    }
    Ok(first)
}

/// The table on a sheet.
struct Table {
    /// The position of the header among the first rows.
    at: usize,
    header_line: u64,
    columns: Vec<Column>,
    amount: Option<AmountAt>,
    /// The error about required fields without a column.
    missing: Option<PayloadError>,
    /// What each column is for, and whether it is read.
    purposes: Vec<(Purpose, bool)>,
}

impl Candidate for Table {
    fn is_complete(&self) -> bool {
        self.missing.is_none()
    }

    fn names_accounts(&self) -> bool {
        header::names_accounts(&self.columns)
    }
}

impl Table {
    /// The table whose header is in the first rows.
    fn of_head(head: &[SheetRow], options: &ImportOptions, values: &Values<'_>) -> Result<Self, ReadError> {
        let mut table = Self::find(head, options, values)?;
        table.ignore_foreign_ids(head);
        match table.missing.take_if(|_| !header::names_accounts(&table.columns)) {
            Some(missing) => Err(missing.into()),
            None => Ok(table),
        }
    }

    /// Finds the header, as that of a CSV file is found: the stated row, or else the first one with the columns that the
    /// options name or with known names.
    fn find(head: &[SheetRow], options: &ImportOptions, values: &Values<'_>) -> Result<Self, ReadError> {
        let of_row = |(at, row): (usize, &SheetRow)| Self::of(at, row, options, values);
        let mut numbered = head.iter().enumerate();
        if let Some(line) = options.header_line {
            let line = u64::try_from(line).unwrap_or_default();
            let row = numbered.find(|(_, row)| row.number == line);
            return Ok(of_row(row.ok_or(PayloadErrorKind::NoHeaderLine { line })?)?);
        }
        let first = of_row(numbered.next().ok_or(PayloadErrorKind::NoRows)?);
        let refused = match &first {
            Ok(Self { missing: Some(missing), .. }) => missing.clone(),
            Err(error) if header::may_be_preceded(error) => error.clone(),
            _ => return Ok(first?),
        };
        Ok(header::most_complete(first, numbered.take(LINES_SEARCHED).map(of_row), refused)?)
    }

    fn of(
        at: usize,
        row: &SheetRow,
        options: &ImportOptions,
        values: &Values<'_>,
    ) -> Result<Self, PayloadError> {
        let width = row.cells.iter().map(|(column, _)| column + 1).max().unwrap_or_default();
        let header: Cells = (0..width)
            .map(|column| {
                let text = row.get(column).map(|value| values.text(value, Purpose::Other).0);
                text.unwrap_or_default()
            })
            .collect();
        let Columns { columns, amount, missing } = header::columns(&header, row.number, options)?;
        let mut table = Self { at, header_line: row.number, columns, amount, missing, purposes: Vec::new() };
        table.set_purposes();
        Ok(table)
    }

    fn set_purposes(&mut self) {
        let of_column = |(at, column): (usize, &Column)| match self.amount {
            Some(AmountAt::DebitCredit { debit, credit }) if at == debit || at == credit => {
                (Purpose::Amount, true)
            }
            Some(AmountAt::Signed { column, .. }) if at == column => (Purpose::Amount, true),
            Some(AmountAt::Signed { sign, .. }) if at == sign => (Purpose::Other, true),
            _ => (Purpose::of(column.field), column.field.is_some()),
        };
        self.purposes = self.columns.iter().enumerate().map(of_column).collect();
    }

    /// Leaves out the column of account ids and those that count only beside one, if none of the first rows has an
    /// account's id: in files of other systems, columns of these names have other meanings.
    fn ignore_foreign_ids(&mut self, head: &[SheetRow]) {
        let ids = self.columns.iter().position(|column| column.field == Some(AccountField::Id));
        let is_id = |row: &SheetRow| {
            let id = ids.and_then(|ids| row.get(ids));
            matches!(id, Some(Value::Text(id)) if is_id_of_account(id.as_bytes()))
        };
        if !head.iter().skip(self.at + 1).any(is_id) {
            let foreign =
                self.columns.iter_mut().filter(|column| column.field.is_some_and(AccountField::is_beside_id));
            foreign.for_each(|column| column.field = None);
            self.set_purposes();
        }
    }

    fn shape(&self) -> Shape {
        Shape::Columns {
            columns: self.columns.clone(),
            delimiter: DELIMITER,
            header_line: self.header_line,
            amount: self.amount,
        }
    }

    /// Passes a row on, unless all its cells are blank. It has as many cells as the header, or more if a value stands
    /// beside the table.
    fn push(
        &self,
        shape: &Shape,
        row: &SheetRow,
        values: &Values<'_>,
        rows: &mut Rows<impl Sink>,
    ) -> Result<(), ReadError> {
        let mut cells = Cells::default();
        for (column, value) in &row.cells {
            while cells.len() < *column {
                cells.push("");
            }
            let purpose = self.purposes.get(*column).map_or(Purpose::Other, |(purpose, _)| *purpose);
            let (text, mark) = values.text(value, purpose);
            cells.push_marked(&text, mark);
        }
        if cells.are_blank_from(0) {
            return Ok(());
        }
        if cells.are_blank_from(self.columns.len()) {
            cells.truncate(self.columns.len());
        }
        while cells.len() < self.columns.len() {
            cells.push("");
        }
        rows.push(shape, Some(row.number), RowBody::Cells(cells))
    }

    /// Refuses cells that are merged over several rows of a column that is read.
    fn check_merged(&self, merged: &[Merged], last_row: u64) -> Result<(), ReadError> {
        let is_read = |column: usize| self.purposes.get(column).is_some_and(|(_, is_read)| *is_read);
        let hides = |merged: &&Merged| merged.hides(self.header_line, last_row, is_read);
        match merged.iter().find(hides) {
            Some(merged) => Err(PayloadErrorKind::MergedCells { range: merged.area.clone() }.into()),
            None => Ok(()),
        }
    }
}
