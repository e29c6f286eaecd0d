//! Writes records as a workbook in Office Open XML (ISO/IEC 29500), a few at a time, so that memory does not grow with the
//! file: the archive is a stream, and texts are in the cells that have them.
//!
//! Amounts are numbers with the decimal places of their currency, days are dates, all else is text. Nothing is a formula. A
//! header stays in view. An amount of more digits than spreadsheets keep is text, so that none is lost.

use std::fmt::Write as _;
use std::io::{self, Write};
use std::sync::{Arc, Mutex};

use saldo_domain::date::Date;
use saldo_domain::export::{Cell, Column, Reader, in_full};
use saldo_domain::money::{Currency, Decimal};
use saldo_domain::spreadsheet::{self, DIGITS_KEPT, FIRST_DAY};
use zip::write::{SimpleFileOptions, StreamWriter};
use zip::{CompressionMethod, ZipWriter};

use crate::formula::escaped;

/// The rows that a sheet may have, header included.
const ROWS_MAX: u64 = 1_048_576;
/// The bytes of a sheet after which another one begins: an entry of a ZIP archive has fewer than four gigabytes, unless it
/// is written in a form that some spreadsheets refuse.
const SHEET_BYTES_MAX: u64 = 3_000_000_000;
const MILLISECONDS_A_DAY: i64 = 86_400_000;

/// The positions of the styles in [`STYLES`].
const TEXT: u8 = 1;
const HEADER: u8 = 2;
const DAY: u8 = 3;
const MOMENT: u8 = 4;
const WHOLE: u8 = 5;
const GENERAL: u8 = 0;
/// The style of amounts without decimal places; the next ones have one to four.
const NO_PLACES: u8 = 6;
const PLACES_MAX: u32 = 4;

const STYLES: &str = include_str!("workbook/styles.xml");

const RELATIONSHIPS: &str = r#"<?xml version="1.0" encoding="UTF-8" standalone="yes"?>
<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="rId1" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/officeDocument" Target="xl/workbook.xml"/></Relationships>"#;

/// What a sheet begins with: the columns have a width, and the header stays in view.
const SHEET_BEGIN: &str = r#"<?xml version="1.0" encoding="UTF-8" standalone="yes"?>
<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheetViews><sheetView workbookViewId="0"><pane ySplit="1" topLeftCell="A2" activePane="bottomLeft" state="frozen"/><selection pane="bottomLeft"/></sheetView></sheetViews><sheetFormatPr defaultRowHeight="15"/>"#;
const SHEET_END: &str = "</sheetData></worksheet>";
/// The width of columns, in characters.
const WIDTH: u32 = 18;

/// Writes a workbook. The bytes that it returns, joined in order, are the file.
pub(crate) struct WorkbookWriter {
    /// The name of the first sheet.
    name: &'static str,
    zip: Option<ZipWriter<StreamWriter<Pieces>>>,
    pieces: Pieces,
    sheets: u32,
    /// The rows and the bytes of the current sheet.
    rows: u64,
    bytes: u64,
    xml: String,
}

/// The bytes that were written and not taken.
#[derive(Clone, Default)]
struct Pieces(Arc<Mutex<Vec<u8>>>);

impl Write for Pieces {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().map_err(|_| io::ErrorKind::Other)?.extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl WorkbookWriter {
    pub(crate) fn new(name: &'static str) -> Self {
        let pieces = Pieces::default();
        let zip = Some(ZipWriter::new_stream(pieces.clone()));
        Self { name, zip, pieces, sheets: 0, rows: 0, bytes: 0, xml: String::new() }
    }

    /// Writes the next records.
    pub(crate) fn encode<T, C: Column<T>>(
        &mut self,
        columns: &[C],
        records: &[T],
        reader: Reader,
    ) -> io::Result<Vec<u8>> {
        if self.sheets == 0 {
            self.part("_rels/.rels", RELATIONSHIPS)?;
            self.part("xl/styles.xml", STYLES)?;
            self.begin_sheet(columns)?;
        }
        for record in records {
            if self.rows == ROWS_MAX || self.bytes > SHEET_BYTES_MAX {
                self.write(SHEET_END)?;
                self.begin_sheet(columns)?;
            }
            self.row(columns.iter().map(|column| column.cell(record, reader)))?;
        }
        self.take()
    }

    /// Writes the end of the file.
    pub(crate) fn finish<T, C: Column<T>>(mut self, columns: &[C], reader: Reader) -> io::Result<Vec<u8>> {
        let mut end = self.encode(columns, &[], reader)?;
        self.write(SHEET_END)?;
        let (mut sheets, mut related, mut types) = (String::new(), String::new(), String::new());
        for number in 1..=self.sheets {
            let name = if number == 1 { self.name.to_owned() } else { format!("{} {number}", self.name) };
            // Writing to a text does not fail.
            let _written = write!(sheets, r#"<sheet name="{name}" sheetId="{number}" r:id="rId{number}"/>"#);
            let _written = write!(
                related,
                r#"<Relationship Id="rId{number}" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/worksheet" Target="worksheets/sheet{number}.xml"/>"#
            );
            let _written = write!(
                types,
                r#"<Override PartName="/xl/worksheets/sheet{number}.xml" ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.worksheet+xml"/>"#
            );
        }
        let workbook = format!(
            r#"<?xml version="1.0" encoding="UTF-8" standalone="yes"?>
<workbook xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main" xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships"><bookViews><workbookView/></bookViews><sheets>{sheets}</sheets></workbook>"#
        );
        let related = format!(
            r#"<?xml version="1.0" encoding="UTF-8" standalone="yes"?>
<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">{related}<Relationship Id="rId{}" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/styles" Target="styles.xml"/></Relationships>"#,
            self.sheets + 1
        );
        let types = format!(
            r#"<?xml version="1.0" encoding="UTF-8" standalone="yes"?>
<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types"><Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/><Default Extension="xml" ContentType="application/xml"/><Override PartName="/xl/workbook.xml" ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml"/><Override PartName="/xl/styles.xml" ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.styles+xml"/>{types}</Types>"#
        );
        self.part("xl/workbook.xml", &workbook)?;
        self.part("xl/_rels/workbook.xml.rels", &related)?;
        self.part("[Content_Types].xml", &types)?;
        if let Some(zip) = self.zip.take() {
            zip.finish()?;
        }
        end.extend(self.take()?);
        Ok(end)
    }

    fn begin_sheet<T, C: Column<T>>(&mut self, columns: &[C]) -> io::Result<()> {
        self.sheets += 1;
        (self.rows, self.bytes) = (0, 0);
        self.begin_part(&format!("xl/worksheets/sheet{}.xml", self.sheets))?;
        self.write(SHEET_BEGIN)?;
        let last = columns.len().max(1);
        self.write(&format!(
            r#"<cols><col min="1" max="{last}" width="{WIDTH}" customWidth="1"/></cols><sheetData>"#
        ))?;
        let header = columns.iter().map(|column| Cell::Plain(column.name().into()));
        self.row_of(header, |cell, xml| text_cell(xml, &text_of(cell), HEADER))
    }

    fn row<'a>(&mut self, cells: impl Iterator<Item = Cell<'a>>) -> io::Result<()> {
        self.row_of(cells, write_cell)
    }

    fn row_of<'a>(
        &mut self,
        cells: impl Iterator<Item = Cell<'a>>,
        write_cell: impl Fn(&Cell<'a>, &mut String),
    ) -> io::Result<()> {
        self.rows += 1;
        let mut xml = std::mem::take(&mut self.xml);
        xml.clear();
        let _written = write!(xml, r#"<row r="{}">"#, self.rows);
        for (at, cell) in cells.enumerate().filter(|(_, cell)| *cell != Cell::Empty) {
            let _written = write!(xml, r#"<c r="{}{}""#, letters(at), self.rows);
            write_cell(&cell, &mut xml);
        }
        xml.push_str("</row>");
        let written = self.write(&xml);
        self.xml = xml;
        written
    }

    fn part(&mut self, name: &str, content: &str) -> io::Result<()> {
        self.begin_part(name)?;
        self.write(content)
    }

    fn begin_part(&mut self, name: &str) -> io::Result<()> {
        let options = SimpleFileOptions::default().compression_method(CompressionMethod::Deflated);
        let zip = self.zip.as_mut().ok_or(io::ErrorKind::BrokenPipe)?;
        Ok(zip.start_file(name, options)?)
    }

    fn write(&mut self, xml: &str) -> io::Result<()> {
        self.bytes += xml.len() as u64;
        self.zip.as_mut().ok_or(io::ErrorKind::BrokenPipe)?.write_all(xml.as_bytes())
    }

    fn take(&mut self) -> io::Result<Vec<u8>> {
        Ok(std::mem::take(&mut *self.pieces.0.lock().map_err(|_| io::ErrorKind::Other)?))
    }
}

/// Writes a cell behind its name.
fn write_cell(cell: &Cell<'_>, xml: &mut String) {
    let number = match cell {
        Cell::Amount(amount, currency) => number(*amount, Some(*currency)),
        Cell::FullAmount(amount, currency) => number(*amount, *currency),
        Cell::Whole(number) => Some((number.to_string(), WHOLE)),
        Cell::Day(day) => day_number(*day).map(|day| (day.to_string(), DAY)),
        Cell::Moment(moment) => {
            let (day, milliseconds) =
                (moment.to_zoned(jiff::tz::TimeZone::UTC).date(), moment.as_millisecond());
            let fraction = Decimal::from(milliseconds.rem_euclid(MILLISECONDS_A_DAY))
                / Decimal::from(MILLISECONDS_A_DAY);
            day_number(day)
                .map(|day| ((Decimal::from(day) + fraction.round_dp(10)).normalize().to_string(), MOMENT))
        }
        Cell::Empty | Cell::Free(_) | Cell::Plain(_) => None,
    };
    match number {
        Some((number, style)) => {
            let _written = write!(xml, r#" s="{style}"><v>{number}</v></c>"#);
        }
        None => text_cell(xml, &text_of(cell), TEXT),
    }
}

/// The digits and the style of an amount; `None` if spreadsheets would lose digits of it.
fn number(amount: Decimal, currency: Option<Currency>) -> Option<(String, u8)> {
    let amount = amount.normalize();
    let places = currency.and_then(Currency::decimal_places).filter(|places| *places <= PLACES_MAX);
    let style =
        places.and_then(|places| u8::try_from(places).ok()).map_or(GENERAL, |places| NO_PLACES + places);
    let digits = amount.mantissa().unsigned_abs().checked_ilog10().unwrap_or_default() + 1;
    (digits <= DIGITS_KEPT).then(|| (amount.to_string(), style))
}

fn day_number(day: Date) -> Option<i64> {
    Some(spreadsheet::day_number(day)).filter(|number| *number >= FIRST_DAY)
}

/// A value as text. A guard in front of a formula is written twice, because imports take one off.
fn text_of(cell: &Cell<'_>) -> String {
    match cell {
        Cell::Empty => String::new(),
        Cell::Free(text) => escaped(text).into_owned(),
        Cell::Plain(text) => text.to_string(),
        Cell::Amount(amount, _) => amount.to_string(),
        Cell::FullAmount(amount, currency) => in_full(*amount, *currency),
        Cell::Whole(number) => number.to_string(),
        Cell::Day(day) => day.to_string(),
        Cell::Moment(moment) => moment.to_string(),
    }
}

fn text_cell(xml: &mut String, text: &str, style: u8) {
    let _written = write!(xml, r#" s="{style}" t="inlineStr"><is><t xml:space="preserve">"#);
    let mut rest = text.chars();
    while let Some(character) = rest.next() {
        match character {
            '&' => xml.push_str("&amp;"),
            '<' => xml.push_str("&lt;"),
            '>' => xml.push_str("&gt;"),
            // A text that looks like an escaped character (ISO/IEC 29500-1, section 22.9.2.19).
            '_' if is_like_escape(rest.as_str()) => xml.push_str("_x005F_"),
            '\t' | '\n' => xml.push(character),
            '\0'..='\u{1f}' | '\u{fffe}' | '\u{ffff}' => {
                let _written = write!(xml, "_x{:04X}_", u32::from(character));
            }
            _ => xml.push(character),
        }
    }
    xml.push_str("</t></is></c>");
}

/// Whether the text goes on like an escaped character behind its underscore: `x000D_`.
fn is_like_escape(rest: &str) -> bool {
    matches!(rest.as_bytes(), [b'x', digits @ .., ] if digits.len() > 4
        && digits.iter().take(4).all(u8::is_ascii_hexdigit) && digits.get(4) == Some(&b'_'))
}

/// The name of a column, counting from 0: A to Z, AA.
fn letters(mut at: usize) -> String {
    let mut letters = Vec::new();
    loop {
        letters.push(char::from(b'A' + u8::try_from(at % 26).unwrap_or_default()));
        match (at / 26).checked_sub(1) {
            Some(more) => at = more,
            None => return letters.into_iter().rev().collect(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_have_letters() {
        for (at, name) in [(0, "A"), (25, "Z"), (26, "AA"), (701, "ZZ"), (702, "AAA")] {
            assert_eq!(letters(at), name);
        }
    }

    #[test]
    fn amounts_are_numbers_unless_digits_would_be_lost() {
        let written =
            |amount: &str, currency: &str| number(amount.parse().expect("an amount"), currency.parse().ok());
        assert_eq!(written("45000.50", "EUR"), Some(("45000.5".to_owned(), NO_PLACES + 2)));
        assert_eq!(written("-3", "JPY"), Some(("-3".to_owned(), NO_PLACES)));
        assert_eq!(written("1.5", "XAU"), Some(("1.5".to_owned(), GENERAL)));
        assert_eq!(written("0", "KWD"), Some(("0".to_owned(), NO_PLACES + 3)));
        assert_eq!(
            written("1234567890123.45", "EUR").map(|(digits, _)| digits),
            Some("1234567890123.45".to_owned())
        );
        assert_eq!(written("12345678901234.56", "EUR"), None);
    }

    #[test]
    fn texts_are_escaped() {
        let mut xml = String::new();
        text_cell(&mut xml, "a<b>&\r_x000D_ _y\u{ffff}", TEXT);
        assert_eq!(
            xml,
            r#" s="1" t="inlineStr"><is><t xml:space="preserve">a&lt;b&gt;&amp;_x000D__x005F_x000D_ _y_xFFFF_</t></is></c>"#
        );
    }
}
