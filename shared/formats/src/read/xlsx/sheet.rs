//! The rows of a sheet, in their order, each with the cells that have a value. Hidden rows and columns are read, as they are
//! in a CSV file that a spreadsheet writes.

use std::io::Read;
use std::mem::take;

use saldo_domain::fields::{PayloadErrorKind, Position};

use super::super::{COLUMNS_MAX, ROW_BYTES_MAX, ReadError};
use super::error::{invalid, too_large};
use super::merged::{Merged, column_of};
use super::strings::{SharedStrings, rich_text, unescaped};
use super::xml::{self, Event, Xml};

/// The rows of a sheet (ISO/IEC 29500-1, section 18.3.1.73, and the limits of spreadsheets).
pub(super) const ROWS_MAX: u64 = 1_048_576;
/// The areas of merged cells over several rows that are remembered.
const MERGED_MAX: usize = 100_000;

/// A row.
#[derive(Debug)]
pub(super) struct SheetRow {
    /// Its number, from 1.
    pub(super) number: u64,
    /// Its cells with values, by their columns, counting from 0, ascending.
    pub(super) cells: Vec<(usize, Value)>,
}

/// The value of a cell.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Value {
    Text(String),
    /// A number, as the file writes it, and the style of its cell.
    Number {
        digits: String,
        style: usize,
    },
    /// A date and a time in the form of ISO 8601, as some programs write them.
    Date(String),
    Boolean(bool),
    /// The name of an error: `#N/A`.
    Error(String),
    /// A formula that was never calculated.
    NoResult,
}

impl SheetRow {
    /// The value in a column.
    pub(super) fn get(&self, column: usize) -> Option<&Value> {
        self.cells.iter().find(|(at, _)| *at == column).map(|(_, value)| value)
    }

    /// The bytes of the texts of its cells.
    pub(super) fn bytes(&self) -> usize {
        self.cells.iter().map(|(_, value)| value.len()).sum()
    }
}

/// The rows of a sheet.
pub(super) struct Sheet<'a, R: Read> {
    xml: Xml<'a, R>,
    strings: Option<&'a SharedStrings>,
    /// How many of the workbook's texts the rows so far need.
    strings_needed: usize,
    /// The last row that is read.
    until: u64,
    is_in_data: bool,
    /// The number of the last row.
    row: u64,
    merged: Vec<Merged>,
}

/// What the start of a cell says.
#[derive(Default)]
struct CellStart {
    column: Option<usize>,
    style: usize,
    kind: String,
}

/// What an element of a sheet is.
enum Begun {
    Row(Option<u64>),
    Data(bool),
    Merged(Option<Merged>),
    Other,
}

impl<'a, R: Read> Sheet<'a, R> {
    /// The rows, whose cells refer to these texts. Without them, these cells have empty texts.
    pub(super) fn new(xml: Xml<'a, R>, strings: Option<&'a SharedStrings>) -> Self {
        let (strings_needed, until) = (0, ROWS_MAX);
        Self { xml, strings, strings_needed, until, is_in_data: false, row: 0, merged: Vec::new() }
    }

    /// The rows up to this one.
    pub(super) fn until(self, row: u64) -> Self {
        Self { until: row, ..self }
    }

    /// The next row with a value; `None` at the end of the sheet, or behind the last row that is wanted.
    pub(super) fn next(&mut self) -> Result<Option<SheetRow>, ReadError> {
        loop {
            match self.begin()? {
                None => return Ok(None),
                Some(Begun::Row(number)) if self.is_in_data => {
                    let number = number.unwrap_or(self.row + 1);
                    if number <= self.row || number > ROWS_MAX {
                        return Err(invalid(format!("row {number} is in a wrong place")).into());
                    }
                    if number > self.until {
                        return Ok(None);
                    }
                    self.row = number;
                    let cells = self.cells()?;
                    if !cells.is_empty() {
                        return Ok(Some(SheetRow { number, cells }));
                    }
                }
                Some(Begun::Data(is_in_data)) => self.is_in_data = is_in_data,
                Some(Begun::Merged(merged)) => self.merged.extend(merged.filter(Merged::has_several_rows)),
                Some(Begun::Row(_) | Begun::Other) => {}
            }
            if self.merged.len() > MERGED_MAX {
                return Err(too_large(MERGED_MAX as u64, "merged cells").into());
            }
        }
    }

    /// The areas of merged cells over several rows, which are behind the rows.
    pub(super) fn merged(&self) -> &[Merged] {
        &self.merged
    }

    /// The number of the last row that was read.
    pub(super) fn last_row(&self) -> u64 {
        self.row
    }

    /// How many of the workbook's texts, from the first one on, the rows so far need.
    pub(super) fn strings_needed(&self) -> usize {
        self.strings_needed
    }

    fn begin(&mut self) -> Result<Option<Begun>, ReadError> {
        Ok(Some(match self.xml.next()? {
            Event::Start(element) if element.is("row") => {
                let number = element.attribute("r")?.map(|number| number.parse().map_err(|_| number));
                let number = number.transpose();
                Begun::Row(number.map_err(|number| invalid(format!("a row has the number {number:.20}")))?)
            }
            Event::Start(element) if element.is("sheetData") => Begun::Data(true),
            Event::End(element) if element.is("sheetData") => Begun::Data(false),
            Event::Start(element) if element.is("mergeCell") => {
                Begun::Merged(element.attribute("ref")?.and_then(|area| Merged::of(&area)))
            }
            Event::Start(_) | Event::End(_) | Event::Text(_) => Begun::Other,
            Event::Eof => return Ok(None),
        }))
    }

    /// The cells of the row that has begun.
    fn cells(&mut self) -> Result<Vec<(usize, Value)>, ReadError> {
        let (mut cells, mut next_column, mut bytes) = (Vec::new(), 0, 0);
        loop {
            let start = match self.xml.next()? {
                Event::Start(element) if element.is("c") => {
                    let mut start = CellStart::default();
                    element.attributes(|name, value| match name {
                        "r" => start.column = column_of(value),
                        "s" => start.style = value.parse().unwrap_or_default(),
                        "t" => start.kind = value.to_owned(),
                        _ => {}
                    })?;
                    start
                }
                Event::End(element) if element.is("row") => return Ok(cells),
                Event::Start(_) | Event::End(_) | Event::Text(_) => continue,
                Event::Eof => return Ok(cells),
            };
            let column = start.column.unwrap_or(next_column);
            if column < next_column {
                return Err(invalid(format!("the cells of row {} are not in order", self.row)).into());
            }
            next_column = column + 1;
            let Some(value) = self.value(&start)? else { continue };
            if column >= COLUMNS_MAX {
                return Err(PayloadErrorKind::TooManyColumns { max: COLUMNS_MAX }.into());
            }
            bytes += value.len();
            if bytes > ROW_BYTES_MAX {
                let too_long = PayloadErrorKind::RowTooLong { bytes_max: ROW_BYTES_MAX };
                return Err(too_long.at(Position::line(self.row)).into());
            }
            cells.push((column, value));
        }
    }

    /// The value of the cell that has begun; `None` if it has none.
    fn value(&mut self, start: &CellStart) -> Result<Option<Value>, ReadError> {
        enum Of {
            Value,
            Formula,
            Inline,
        }
        let (mut value, mut inline, mut has_formula) = (None, None, false);
        loop {
            let of = match self.xml.next()? {
                Event::Start(element) if element.is("v") => Of::Value,
                Event::Start(element) if element.is("is") => Of::Inline,
                // The formula itself, and what later versions add.
                Event::Start(element) => {
                    has_formula |= element.is("f");
                    Of::Formula
                }
                Event::End(_) | Event::Eof => break,
                Event::Text(_) => continue,
            };
            match of {
                Of::Value => {
                    xml::text_into(&mut self.xml, value.get_or_insert_with(String::new), ROW_BYTES_MAX)?;
                }
                Of::Inline => {
                    rich_text(&mut self.xml, inline.get_or_insert_with(String::new), ROW_BYTES_MAX)?;
                }
                Of::Formula => self.xml.skip()?,
            }
        }
        let text = |text: &str| Some(Value::Text(text.to_owned())).filter(|_| !text.is_empty());
        let Some(mut value) = value else {
            return Ok(match inline {
                Some(inline) => text(&unescaped(&inline)),
                None => has_formula.then_some(Value::NoResult),
            });
        };
        Ok(match start.kind.as_str() {
            // Some programs write formulas with an empty result. That of a formula whose result is a text is `""`.
            "" | "n" if has_formula && value.trim().is_empty() => Some(Value::NoResult),
            "s" => {
                let missing = || invalid(format!("row {} refers to a text that is missing", self.row));
                let at: usize = value.trim().parse().map_err(|_| missing())?;
                self.strings_needed = self.strings_needed.max(at.saturating_add(1));
                match self.strings {
                    Some(strings) => text(strings.get(at).ok_or_else(missing)?),
                    None => Some(Value::Text(String::new())),
                }
            }
            "str" | "inlineStr" => text(&unescaped(&value)),
            "b" => Some(Value::Boolean(matches!(value.trim(), "1" | "true"))),
            "e" => Some(Value::Error(take(&mut value))),
            "d" => Some(Value::Date(value.trim().to_owned())),
            _ => Some(Value::Number { digits: value.trim().to_owned(), style: start.style })
                .filter(|_| !value.trim().is_empty()),
        })
    }
}

impl Value {
    /// The bytes of its text.
    fn len(&self) -> usize {
        match self {
            Self::Text(text) | Self::Date(text) | Self::Error(text) => text.len(),
            Self::Number { digits, .. } => digits.len(),
            Self::Boolean(_) | Self::NoResult => 0,
        }
    }
}
