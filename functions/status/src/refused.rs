//! The refused rows as a file, in the shape in which they were sent, to be corrected and imported again. A CSV file
//! has a column with the reason, and guards against formulas, which an import removes. Only a few rows are in memory
//! at a time.

use axum::response::Response;
use csv::{QuoteStyle, WriterBuilder};
use futures::TryStreamExt;
use saldo_domain::fields::Severity;
use saldo_domain::import::{
    AccountField, CellMark, ChunkReport, Column, ImportJob, ImportOptions, ImportStatus, Quote, REASON,
    RowBody, RowReport, Shape,
};
use saldo_formats::formula::guarded_cell;
use saldo_http::Problem;
use saldo_store::failure::Failure;
use saldo_store::files::ImportFiles;

use crate::Stores;
use crate::error::ImportInProgress;
use crate::file::{File, Notation};
use crate::reports::reports;

/// The reason of a row of JSON without an external id, in a table that has a column for external ids: the empty cell
/// would be refused as `blank_external_id`.
const NO_EXTERNAL_ID: &str = "external_id: the row has none, which a table with such a column requires; add one, or import the row as JSON";
/// The header of the column for rows that are not objects with fields.
const UNSTRUCTURED: &str = "row";

/// The file of the refused rows, or a link to it.
pub(crate) async fn file(stores: &Stores, job: &ImportJob, notation: Notation) -> Result<Response, Problem> {
    if job.status == ImportStatus::Processing {
        return Err(ImportInProgress.into());
    }
    let layout = Layout::of(stores, job, notation).await?;
    let notation = layout.notation();
    let (_, extension) = notation.names();
    let name = ImportFiles::of(&job.org, &job.id).refused_rows(extension);
    let mut file = File::begin(stores, name, notation, format!("{}-refused.{extension}", job.id));
    file.write(&layout.header()?).await?;
    let mut reports = std::pin::pin!(reports(stores, job, Severity::Error));
    while let Some((_, report)) = reports.try_next().await? {
        file.write(&layout.rows(&report).map_err(Failure::corrupt("a refused row"))?).await?;
    }
    file.finish().await
}

/// The layout of the rows.
enum Layout {
    /// One per line, as they were sent.
    Lines,
    /// The cells of a table as they were sent. The reason is in the column at `why`, if there is one: a file of refused rows
    /// that is refused again has it, and options may name the columns behind it by their numbers.
    /// `ids` are the positions of the columns with ids.
    Cells { header: Vec<String>, form: Form, why: Option<usize>, ids: Vec<usize> },
    /// Objects as a table. A field that all rows lack has no column, because an empty cell would clear it. Rows that
    /// are not objects have a column of their own.
    Fields { mentioned: Vec<bool>, unstructured: bool },
}

impl Layout {
    async fn of(stores: &Stores, job: &ImportJob, notation: Notation) -> Result<Self, Failure> {
        let (mut mentioned, mut unstructured) = (vec![false; AccountField::ALL.len()], false);
        let mut reports = std::pin::pin!(reports(stores, job, Severity::Error));
        while let Some((_, report)) = reports.try_next().await? {
            match (&report.shape, notation) {
                (Shape::Columns { .. }, _) => {
                    return Ok(Self::of_table(&report.shape, &job.notation.options));
                }
                (Shape::Objects, Notation::Ndjson) => return Ok(Self::Lines),
                (Shape::Objects, Notation::Csv) => {}
            }
            for (_, body) in report.refused() {
                for (mentioned, text) in mentioned.iter_mut().zip(body.texts()) {
                    *mentioned |= text.is_some();
                }
                unstructured |= body.unstructured().is_some();
            }
        }
        Ok(match notation {
            Notation::Ndjson => Self::Lines,
            Notation::Csv => Self::Fields { mentioned, unstructured },
        })
    }

    fn of_table(shape: &Shape, options: &ImportOptions) -> Self {
        let Shape::Columns { columns, delimiter, .. } = shape else { return Self::Lines };
        let why = columns.iter().position(|column| column.header == REASON);
        let header = columns.iter().map(|column| column.header.clone()).collect();
        let form = Form {
            delimiter: u8::try_from(*delimiter).unwrap_or(b','),
            quote: options.quote.unwrap_or_default(),
            has_mark: options.encoding.is_some(),
            lines_before: options
                .header_line
                .and_then(|line| usize::try_from(line - 1).ok())
                .unwrap_or_default(),
        };
        let is_id = |column: &Column| column.field.is_some_and(|field| AccountField::IDS.contains(&field));
        let ids = columns.iter().enumerate().filter(|(_, column)| is_id(column)).map(|(at, _)| at).collect();
        Self::Cells { header, form, why, ids }
    }

    fn notation(&self) -> Notation {
        match self {
            Self::Lines => Notation::Ndjson,
            Self::Cells { .. } | Self::Fields { .. } => Notation::Csv,
        }
    }

    /// The columns, without one that is added for the reason.
    fn columns(&self) -> Vec<String> {
        match self {
            Self::Lines => Vec::new(),
            Self::Cells { header, .. } => header.clone(),
            Self::Fields { mentioned, unstructured } => {
                let fields = AccountField::ALL.iter().zip(mentioned).filter(|(_, mentioned)| **mentioned);
                let fields = fields.map(|(field, _)| field.name().to_owned());
                fields.chain(unstructured.then(|| UNSTRUCTURED.to_owned())).collect()
            }
        }
    }

    /// The position of the column that the reason is written into; `None` if it gets a column of its own.
    fn why(&self) -> Option<usize> {
        match self {
            Self::Cells { why, .. } => *why,
            Self::Lines | Self::Fields { .. } => None,
        }
    }

    fn header(&self) -> Result<Vec<u8>, Failure> {
        let mut header = self.columns();
        if self.why().is_none() {
            header.push(REASON.to_owned());
        }
        let begin = match self {
            Self::Lines => return Ok(Vec::new()),
            Self::Cells { form, .. } => form.begin(),
            Self::Fields { .. } => Vec::new(),
        };
        let header = self.records([header].into_iter()).map_err(Failure::corrupt("a header"))?;
        Ok([begin, header].concat())
    }

    /// The refused rows of a report.
    fn rows(&self, report: &ChunkReport) -> Result<Vec<u8>, csv::Error> {
        let width = self.columns().len();
        let refused = report.refused();
        if matches!(self, Self::Lines) {
            return Ok(refused.flat_map(|(_, body)| line(body)).collect());
        }
        let records = refused.map(|(row, body)| {
            let mut cells = self.cells(body);
            // A short row is filled up with empty cells, so that the reason is in its column.
            cells.resize(width.max(cells.len()), String::new());
            let reason = self.reason(row, body);
            match self.why().and_then(|at| cells.get_mut(at)) {
                Some(cell) => *cell = reason,
                None => cells.push(reason),
            }
            cells
        });
        self.records(records)
    }

    /// Why a row was refused. In addition, whether importing the table without changes would refuse the row.
    fn reason(&self, row: &RowReport, body: &RowBody) -> String {
        let reason = row.reason();
        let mentioned = match self {
            Self::Fields { mentioned, .. } => mentioned,
            Self::Cells { form: Form { quote: Quote::None, delimiter, .. }, .. } => {
                return reason.replace([char::from(*delimiter), '\r', '\n'], " ");
            }
            Self::Cells { .. } | Self::Lines => return reason,
        };
        let texts = body.texts();
        let is_given = |field: AccountField| texts.get(field as usize).is_some_and(Option::is_some);
        let has_column = mentioned.get(AccountField::ExternalId as usize) == Some(&true);
        let has_name =
            is_given(AccountField::ExternalId) || is_given(AccountField::Id) || body.unstructured().is_some();
        if has_column && !has_name { format!("{reason}; {NO_EXTERNAL_ID}") } else { reason }
    }

    fn cells(&self, body: &RowBody) -> Vec<String> {
        match (self, body) {
            (Self::Cells { ids, .. }, RowBody::Cells(cells) | RowBody::Misquoted { cells, .. }) => {
                let text = |(at, text): (usize, &str)| {
                    let mark = cells.mark(at).filter(|_| ids.contains(&at));
                    mark.and_then(stand_in).unwrap_or(text).to_owned()
                };
                cells.iter().enumerate().map(text).collect()
            }
            (Self::Fields { mentioned, unstructured }, body) => {
                let texts = body.texts().into_iter().zip(mentioned).filter(|(_, mentioned)| **mentioned);
                let texts = texts.map(|(text, _)| text.unwrap_or_default());
                let whole = unstructured.then(|| body.unstructured().unwrap_or_default().to_owned());
                texts.chain(whole).collect()
            }
            (Self::Cells { .. }, RowBody::Json(_)) | (Self::Lines, _) => Vec::new(),
        }
    }

    fn records(&self, records: impl Iterator<Item = Vec<String>>) -> Result<Vec<u8>, csv::Error> {
        let (delimiter, quote) = match self {
            Self::Cells { form, .. } => (form.delimiter, form.quote),
            Self::Lines | Self::Fields { .. } => (b',', Quote::Double),
        };
        let mut csv = WriterBuilder::new();
        csv.delimiter(delimiter).flexible(true);
        match quote.byte() {
            Some(quote) => csv.quote(quote),
            // Without quotation marks no cell can hold the delimiter, but a reason may.
            None => csv.quote_style(QuoteStyle::Never),
        };
        let mut csv = csv.from_writer(Vec::new());
        for record in records {
            csv.write_record(record.iter().map(|cell| guarded_cell(cell).into_owned()))?;
        }
        csv.into_inner().map_err(|error| error.into_error().into())
    }
}

/// The form of the table that was sent. The file has the same one, so that it imports with the same options.
struct Form {
    delimiter: u8,
    quote: Quote,
    /// Whether the file begins with a byte order mark, because the options name an encoding: the file is UTF-8.
    has_mark: bool,
    /// The lines before the header, which the options name by its line.
    lines_before: usize,
}

impl Form {
    fn begin(&self) -> Vec<u8> {
        let mark = if self.has_mark { "\u{feff}" } else { "" };
        format!("{mark}{}", "\n".repeat(self.lines_before)).into_bytes()
    }
}

/// What stands for an id that a workbook has as a value of another type. The value itself would pass for an id when the file
/// is imported again; an import refuses these as it refuses errors of spreadsheets.
fn stand_in(mark: CellMark) -> Option<&'static str> {
    match mark {
        CellMark::LongNumber => Some("#NUMBER!"),
        CellMark::Date => Some("#DATE!"),
        CellMark::Number | CellMark::Error | CellMark::NoResult => None,
    }
}

/// A row of JSON as a line.
fn line(body: &RowBody) -> Vec<u8> {
    let mut line: Vec<u8> = match body {
        // An element of an array may have line breaks between its parts. A line, which may be broken, stays as it is.
        RowBody::Json(json) if json.contains('\n') => {
            json.bytes().filter(|byte| !matches!(byte, b'\r' | b'\n')).collect()
        }
        RowBody::Json(json) => json.bytes().collect(),
        RowBody::Cells(_) | RowBody::Misquoted { .. } => return Vec::new(),
    };
    line.push(b'\n');
    line
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use saldo_domain::fields::{Finding, FindingCode};
    use saldo_domain::import::{self, Cells, Format, Misquoting, RowRules, processing_failed};
    use saldo_formats::read;

    use super::*;

    /// The cells of a file, read as an import reads it.
    fn read_back(csv: &[u8]) -> Vec<Vec<String>> {
        let mut rows = Vec::new();
        let read = read::read(&import::Notation::of(Format::Csv), csv, |_, row| {
            // A cell may look as if it held a row.
            if let RowBody::Cells(cells) | RowBody::Misquoted { cells, .. } = row.body {
                rows.push(cells.iter().map(str::to_owned).collect());
            }
            Ok(())
        });
        read.expect("a readable file");
        rows
    }

    fn report(delimiter: char, headers: [&str; 2], bodies: Vec<RowBody>) -> ChunkReport {
        let column = |header: &str| Column { header: header.to_owned(), field: None };
        let columns = headers.map(column).into();
        let shape = Shape::Columns { columns, delimiter, header_line: 1, amount: None };
        let row = |body| RowReport {
            index: Some(0),
            line: None,
            external_id: None,
            findings: vec![processing_failed()],
            refused: Some(body),
        };
        ChunkReport { rows: bodies.into_iter().map(row).collect(), shape }
    }

    fn file(report: &ChunkReport) -> Vec<u8> {
        let layout = Layout::of_table(&report.shape, &ImportOptions::default());
        [layout.header().expect("CSV"), layout.rows(report).expect("CSV")].concat()
    }

    #[test]
    fn headers_cells_and_reasons_are_guarded_and_numbers_are_not() {
        let cells = ["=1+1", "-12.50"].into_iter().collect();
        let misquoted = ["\"=2\" x", "a;@b"].into_iter().collect();
        let misquoted = RowBody::Misquoted { cells: misquoted, how: Misquoting::TextAfterQuote };
        let mut report = report(',', ["contact.name", "=cmd"], vec![RowBody::Cells(cells), misquoted]);
        let reason = "ambiguous\n=3";
        for row in &mut report.rows {
            row.findings = vec![Finding::in_row(FindingCode::InvalidRow, reason)];
        }
        let expected = "contact.name,'=cmd,reason\n\
            '=1+1,-12.50,\"ambiguous\n'=3\"\n\
            \"'\"\"=2\"\" x\",a;'@b,\"ambiguous\n'=3\"\n";
        assert_eq!(String::from_utf8(file(&report)).as_deref(), Ok(expected));
    }

    #[test]
    fn reason_is_written_into_the_column_of_that_name() {
        let row = |cells: &[&str]| RowBody::Cells(cells.iter().collect());
        let report = report(',', ["reason", "contact.name"], vec![row(&["why?", "Al"]), row(&[""])]);
        let reason = processing_failed().reason;
        let expected = format!("reason,contact.name\n{reason},Al\n{reason},\n");
        assert_eq!(String::from_utf8(file(&report)), Ok(expected));
    }

    #[test]
    fn refused_id_of_a_workbook_is_refused_again() {
        for (id, mark) in [("4004004004004000", CellMark::LongNumber), ("2026-03-01", CellMark::Date)] {
            let mut cells = Cells::default();
            cells.push_marked(id, Some(mark));
            cells.push_marked("100", Some(CellMark::Number));
            let mut report = report(',', ["external_id", "total_amount"], vec![RowBody::Cells(cells)]);
            if let Shape::Columns { columns, .. } = &mut report.shape {
                columns[0].field = Some(AccountField::ExternalId);
            }
            let file = file(&report);
            let mut codes = Vec::new();
            read::read(&import::Notation::of(Format::Csv), file.as_slice(), |shape, row| {
                let checked = row.check(shape, &RowRules::default(), "EUR".parse().expect("a currency"));
                codes.extend(checked.findings.into_iter().map(|finding| finding.code));
                Ok(())
            })
            .expect("a readable file");
            assert!(codes.contains(&FindingCode::MangledId), "{id}: {codes:?}");
            assert!(String::from_utf8(file).is_ok_and(|file| file.contains(",100,")), "{id}");
        }
    }

    proptest! {
        #[test]
        fn refused_rows_read_back_as_they_were_sent(
            rows in prop::collection::vec(prop::collection::vec("(?s)['\"=;,\t\r\n+|@]{0,6}.{0,12}", 2), 1..8),
            delimiter in prop::sample::select(vec![',', ';', '\t']),
        ) {
            let bodies = rows.iter().map(|cells| RowBody::Cells(cells.iter().collect())).collect();
            let report = report(delimiter, ["contact.name", "total_amount"], bodies);
            let reason = processing_failed().reason.to_string();
            let expected: Vec<Vec<String>> =
                rows.into_iter().map(|mut cells| { cells.push(reason.clone()); cells }).collect();
            prop_assert_eq!(read_back(&file(&report)), expected);
        }
    }
}
