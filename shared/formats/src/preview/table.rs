//! Finds the table in a text: its delimiter, its quotation mark, the line of its header, and its rows.
//!
//! The header is the line with the most headers whose meaning is known, read with each delimiter. If none is known, it is
//! the first line of texts that is as wide as most rows.

use std::collections::{BTreeMap, HashSet};

use saldo_domain::import::{
    AccountField, AmountColumns, Cells, ColumnRef, Delimiter, FoundColumn, Headers, ImportOptions, Mapping,
    Quote,
};

use super::names::meaning;
use crate::read::{COLUMNS_MAX, DELIMITERS, Line, Records, lines, stated_by_first_line};

/// The lines among which the header is: as many as an import searches.
pub(super) const LINES_SEARCHED: usize = 101;
/// The bytes of a header.
const HEADER_BYTES: usize = 64 * 1024;
/// The known headers that make a line the header.
pub(super) const KNOWN_MIN: usize = 2;
/// The rows that decide which width is common.
pub(super) const ROWS_MEASURED: usize = 200;

/// A table.
#[derive(Debug)]
pub(super) struct Table {
    /// How the text separates and quotes cells; `None` for a sheet of a workbook.
    pub(super) punctuation: Option<Punctuation>,
    /// The line on which the header begins, or the row of the sheet, from 1.
    pub(super) header_line: u64,
    pub(super) headers: Vec<String>,
    /// The rows that are as wide as the header. Others are refused by an import.
    pub(super) rows: Vec<Cells>,
}

/// How a text separates and quotes cells.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Punctuation {
    pub(super) delimiter: u8,
    pub(super) quote: Quote,
}

/// A line that may be the header.
struct Candidate<'a> {
    line: Line<'a>,
    delimiter: u8,
    headers: Vec<String>,
    /// The headers whose meaning is known.
    known: usize,
}

/// Finds the table. `None` if there is none that is wider than one column, and no header is known.
pub(super) fn find(text: &str, options: &ImportOptions) -> Option<Table> {
    let (mut searched, stated) = searched_lines(text.as_bytes());
    if let Some(number) = options.header_line {
        searched =
            lines(text.as_bytes()).filter(|line| u64::try_from(number) == Ok(line.before + 1)).collect();
    }
    let stated = options.delimiter.map(Delimiter::byte).or(stated);
    let delimiters = stated.as_ref().map_or(DELIMITERS.as_slice(), std::slice::from_ref);
    let quote = options.quote.unwrap_or_default();
    let candidates = searched.iter().flat_map(|line| {
        delimiters.iter().filter_map(|delimiter| candidate(*line, *delimiter, quote, options))
    });
    // Of equally known ones, the first line, read with the most likely delimiter.
    let best = candidates.reduce(|best, other| if other.known > best.known { other } else { best });
    let enough = if options.header_line.is_some() { 1 } else { KNOWN_MIN };
    let chosen = match best {
        Some(best) if best.known >= enough => best,
        best => unknown(text, &searched, delimiters, quote, options).or(best.filter(|best| best.known > 0))?,
    };
    Some(table(text, &chosen, options.quote))
}

/// The lines among which the header is, and the delimiter that a line such as `sep=;` states before them.
fn searched_lines(text: &[u8]) -> (Vec<Line<'_>>, Option<u8>) {
    let mut lines = lines(text).take(LINES_SEARCHED).peekable();
    let stated = lines.peek().and_then(|first| stated_by_first_line(first.text));
    if stated.is_some() {
        lines.next();
    }
    (lines.collect(), stated)
}

fn candidate<'a>(
    line: Line<'a>,
    delimiter: u8,
    quote: Quote,
    options: &ImportOptions,
) -> Option<Candidate<'a>> {
    let text = line.text.get(..HEADER_BYTES).unwrap_or(line.text);
    let mut records = Records::new(text, delimiter, quote, line.before);
    let record = records.next().ok()??;
    let headers: Vec<String> = record.cells.iter().take(COLUMNS_MAX).map(str::to_owned).collect();
    let known = known(&headers, options);
    Some(Candidate { line, delimiter, headers, known })
}

/// How many of the headers are known, or named by the options.
pub(super) fn known(headers: &[String], options: &ImportOptions) -> usize {
    let named = named_columns(headers, options);
    let is_known = |(at, header): (usize, &String)| {
        named.contains(&at) || meaning(header).is_some() || AccountField::of_header(header).is_some()
    };
    headers.iter().enumerate().filter(|header| is_known(*header)).count()
}

/// The columns whose headers the options name.
fn named_columns(headers: &[String], options: &ImportOptions) -> HashSet<usize> {
    let headers = Headers::of(headers.iter().map(String::as_str));
    let mut found = HashSet::new();
    for (header, _) in options.mapping.iter().flat_map(Mapping::iter) {
        found.extend(headers.named(header));
    }
    let chosen = options.columns.iter().flatten().map(|choice| &choice.from);
    let amount: Vec<&ColumnRef> = match &options.amount {
        None => vec![],
        Some(AmountColumns::One(column)) => vec![column],
        Some(AmountColumns::DebitCredit { debit, credit }) => vec![debit, credit],
        Some(AmountColumns::Signed { column, sign, .. }) => vec![column, sign],
    };
    for column in chosen.chain(amount).filter(|column| !matches!(column, ColumnRef::Number(_))) {
        if let FoundColumn::At(at) = column.find(&headers) {
            found.insert(at);
        }
    }
    found
}

/// The header of a table whose headers are unknown: the first line that is as wide as most lines and holds texts alone.
fn unknown<'a>(
    text: &str,
    searched: &[Line<'a>],
    delimiters: &[u8],
    quote: Quote,
    options: &ImportOptions,
) -> Option<Candidate<'a>> {
    let measured = delimiters.iter().filter_map(|delimiter| {
        let (width, rows) = common_width(text, *delimiter, quote)?;
        let mut wide = searched.iter().filter_map(|line| candidate(*line, *delimiter, quote, options));
        let header = wide.find(|header| header.headers.len() == width && are_texts(&header.headers))?;
        Some((rows * width, header))
    });
    measured.reduce(|best, other| if other.0 > best.0 { other } else { best }).map(|(_, header)| header)
}

/// The width, above one column, that most rows have, and their number.
fn common_width(text: &str, delimiter: u8, quote: Quote) -> Option<(usize, usize)> {
    let mut records = Records::new(text.as_bytes(), delimiter, quote, 0);
    let mut widths = BTreeMap::<usize, usize>::new();
    for _ in 0..ROWS_MEASURED {
        let Ok(Some(record)) = records.next() else { break };
        *widths.entry(record.cells.len()).or_default() += 1;
    }
    most_common(widths)
}

/// The width, above one column, that most rows have, and their number, which is more than one.
pub(super) fn most_common(widths: BTreeMap<usize, usize>) -> Option<(usize, usize)> {
    let common = widths.into_iter().filter(|(width, _)| *width > 1);
    common.max_by_key(|(_, rows)| *rows).filter(|(_, rows)| *rows > 1)
}

/// Whether all cells are texts that could be headers: with a letter each, and different from each other.
pub(super) fn are_texts(cells: &[String]) -> bool {
    let is_text = |cell: &String| cell.chars().any(char::is_alphabetic);
    cells.iter().all(is_text) && cells.iter().collect::<HashSet<_>>().len() == cells.len()
}

/// Reads the rows below a header.
fn table(text: &str, header: &Candidate<'_>, stated: Option<Quote>) -> Table {
    let below = text.as_bytes().get(header.line.at..).unwrap_or_default();
    let quote = stated.unwrap_or_else(|| quote_of(below, header.delimiter));
    let mut records = Records::new(below, header.delimiter, quote, header.line.before);
    let first = records.next().ok().flatten().map(|record| record.cells);
    let headers: Vec<String> =
        first.iter().flat_map(Cells::iter).take(COLUMNS_MAX).map(str::to_owned).collect();
    let mut rows = Vec::new();
    while let Ok(Some(record)) = records.next() {
        rows.extend(row(record.cells, headers.len()));
    }
    let header_line = header.line.before + 1;
    let punctuation = Some(Punctuation { delimiter: header.delimiter, quote });
    Table { punctuation, header_line, headers, rows }
}

/// The cells of a row that is as wide as the header, but for blanks behind it.
pub(super) fn row(mut cells: Cells, width: usize) -> Option<Cells> {
    if cells.len() > width && cells.are_blank_from(width) {
        cells.truncate(width);
    }
    (cells.len() == width && !cells.are_blank_from(0)).then_some(cells)
}

/// The quotation mark: an apostrophe if it surrounds all cells of the header, and otherwise `"`.
fn quote_of(text: &[u8], delimiter: u8) -> Quote {
    let line = text.split(|byte| matches!(byte, b'\r' | b'\n')).next().unwrap_or_default();
    let is_single = |cell: &[u8]| matches!(cell, [b'\'', .., b'\'']);
    match line.split(|byte| *byte == delimiter).all(is_single) {
        true => Quote::Single,
        false => Quote::Double,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(text: &str) -> Option<(char, u64, usize)> {
        let table = find(text, &ImportOptions::default())?;
        Some((char::from(table.punctuation?.delimiter), table.header_line, table.rows.len()))
    }

    #[test]
    fn known_headers_decide_line_and_delimiter() {
        for (text, expected) in [
            ("Belegnr;Kunde;Betrag\n1;A, B, C, D;1,50\n", (';', 1, 1)),
            ("Offene Posten; Stand 30.11.2026\n\nBeleg\tKunde\tBetrag\n1\tA\t1,50\n2\tB\t2\n", ('\t', 3, 2)),
            ("sep=|\nInvoice|Customer|Amount\n1|A|2\n", ('|', 2, 1)),
            ("\"Beleg-\nnr.\";Kunde;Betrag\n1;A;2\n", (';', 1, 1)),
            ("Report,Aging\nDate,Num,Customer,Due date,Open balance\n1,2,3,4,5\nTOTAL,,,,9\n", (',', 2, 2)),
        ] {
            assert_eq!(found(text), Some(expected), "{text:?}");
        }
    }

    #[test]
    fn unknown_headers_are_found_by_their_width() {
        assert_eq!(found("Liste vom 1.1.\nFarbe;Form;Größe\nrot;rund;1\nblau;eckig;2\n"), Some((';', 2, 2)));
        assert_eq!(found("Dear Sir,\nplease pay.\n"), None);
        assert_eq!(found(""), None);
    }

    #[test]
    fn rows_are_as_wide_as_the_header() {
        let table =
            find("'Nr';'Kunde';'Betrag'\n'1';'A;B';'2'\n;;\n1;A;2;;\n;Summe\n", &ImportOptions::default());
        let table = table.expect("a table");
        assert_eq!(table.punctuation, Some(Punctuation { delimiter: b';', quote: Quote::Single }));
        assert_eq!(table.headers, ["Nr", "Kunde", "Betrag"]);
        let rows: Vec<Vec<&str>> = table.rows.iter().map(|row| row.iter().collect()).collect();
        assert_eq!(rows, [["1", "A;B", "2"], ["1", "A", "2"]]);
    }
}
