//! The refused rows as a file, in the shape in which they were sent, to be mended and
//! imported again. In CSV a column says why.

use axum::http::header::{CONTENT_DISPOSITION, CONTENT_TYPE};
use axum::response::{IntoResponse, Redirect, Response};
use csv::WriterBuilder;
use futures::TryStreamExt;
use saldo::app::App;
use saldo::failure::Failure;
use saldo::fields::Severity;
use saldo::files::ImportFiles;
use saldo::http::{AnswerBody, Problem};
use saldo::import::{Field, ImportJob, ImportStatus, REASON, RowBody, Shape};

use crate::reports::reports;

const CSV: &str = "text/csv; charset=utf-8";
const NDJSON: &str = "application/x-ndjson";
/// The header of the column for rows that are no objects with fields.
const UNSTRUCTURED: &str = "row";

/// A refused row and why.
struct Refused {
    body: RowBody,
    reason: String,
}

/// The notation of a file of refused rows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Notation {
    /// A table with a column that says why.
    Csv,
    /// The rows of JSON and NDJSON as they were sent, one a line: what they left out stays
    /// left out.
    Ndjson,
}

/// The file itself, or, when it is larger than an answer can be, a redirect to a link.
pub(crate) async fn file(app: &App, job: &ImportJob, notation: Notation) -> Result<Response, Problem> {
    if job.status == ImportStatus::Processing {
        return Err(Problem::import_in_progress());
    }
    let (shape, rows) = read(app, job).await?;
    let (content_type, extension, content) = match (notation, &shape) {
        (Notation::Ndjson, Shape::Objects) => (NDJSON, "ndjson", lines(&rows)),
        (Notation::Csv, _) | (_, Shape::Columns { .. }) => {
            (CSV, "csv", write(&shape, &rows).map_err(Failure::corrupt("a refused row"))?)
        }
    };
    if !AnswerBody::default().push(&content) {
        let name = ImportFiles::of(&job.org, &job.id).refused_rows(extension);
        app.files.put(&name, content_type, content.into()).await?;
        let link = app.files.link(&name, app.limits.link_valid).await?;
        return Ok(Redirect::to(&link.url).into_response());
    }
    let disposition = format!(r#"attachment; filename="{}-refused.{extension}""#, job.id);
    Ok(([(CONTENT_TYPE, content_type.to_owned()), (CONTENT_DISPOSITION, disposition)], content)
        .into_response())
}

fn lines(rows: &[Refused]) -> Vec<u8> {
    let mut lines = Vec::new();
    for row in rows {
        match &row.body {
            RowBody::Json(json) => {
                lines.extend(json.get().bytes().filter(|byte| !matches!(byte, b'\r' | b'\n')));
            }
            RowBody::Broken(text) => lines.extend(text.bytes()),
            RowBody::Cells(_) => continue,
        }
        lines.push(b'\n');
    }
    lines
}

async fn read(app: &App, job: &ImportJob) -> Result<(Shape, Vec<Refused>), Problem> {
    let mut shape = Shape::Objects;
    let mut rows = Vec::new();
    let mut reports = std::pin::pin!(reports(app, job, Severity::Error));
    while let Some((_, report)) = reports.try_next().await? {
        rows.extend(report.refused().map(|(row, body)| Refused { body: body.clone(), reason: row.reason() }));
        shape = report.shape;
    }
    Ok((shape, rows))
}

fn write(shape: &Shape, rows: &[Refused]) -> Result<Vec<u8>, csv::Error> {
    match shape {
        Shape::Columns { columns, delimiter, .. } => {
            // A file of refused rows that was not quite mended says why anew.
            let why = columns.iter().position(|column| column.header == REASON);
            let without = |cells: &mut Vec<String>| match why {
                Some(at) if at < cells.len() => drop(cells.remove(at)),
                _ => {}
            };
            let mut header = columns.iter().map(|column| column.header.clone()).collect();
            without(&mut header);
            let rows = rows.iter().map(|row| match &row.body {
                RowBody::Cells(cells) => {
                    let mut cells = cells.clone();
                    without(&mut cells);
                    (cells, row)
                }
                RowBody::Json(_) | RowBody::Broken(_) => (Vec::new(), row),
            });
            write_table(*delimiter, header, rows)
        }
        Shape::Objects => write_objects(rows),
    }
}

/// Objects as a table. A field that all rows left out has no column: an empty cell would
/// clear it. Rows that are no objects have a column of their own.
fn write_objects(rows: &[Refused]) -> Result<Vec<u8>, csv::Error> {
    let mut mentioned = [false; Field::ALL.len()];
    for row in rows {
        for (mentioned, text) in mentioned.iter_mut().zip(row.body.texts()) {
            *mentioned |= text.is_some();
        }
    }
    let unstructured = rows.iter().any(|row| row.body.unstructured().is_some());
    let fields = Field::ALL.into_iter().zip(mentioned).filter(|(_, mentioned)| *mentioned);
    let mut header: Vec<String> = fields.map(|(field, _)| field.name().to_owned()).collect();
    header.extend(unstructured.then(|| UNSTRUCTURED.to_owned()));
    let rows = rows.iter().map(|row| {
        let texts = row.body.texts().into_iter().zip(mentioned).filter(|(_, mentioned)| *mentioned);
        let mut cells: Vec<String> = texts.map(|(text, _)| text.unwrap_or_default()).collect();
        cells.extend(row.body.unstructured().map(str::to_owned));
        (cells, row)
    });
    write_table(',', header, rows)
}

fn write_table<'a>(
    delimiter: char,
    mut header: Vec<String>,
    rows: impl Iterator<Item = (Vec<String>, &'a Refused)>,
) -> Result<Vec<u8>, csv::Error> {
    let delimiter = u8::try_from(delimiter).unwrap_or(b',');
    let mut csv = WriterBuilder::new().delimiter(delimiter).flexible(true).from_writer(Vec::new());
    let width = header.len();
    header.push(REASON.to_owned());
    csv.write_record(&header)?;
    for (mut cells, row) in rows {
        // Ragged rows: a short one is filled up, so that the reason gets to its column.
        cells.resize(width.max(cells.len()), String::new());
        cells.push(row.reason.clone());
        csv.write_record(&cells)?;
    }
    csv.into_inner().map_err(|error| error.into_error().into())
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use saldo::import::{Column, DecimalSeparator, Format, Notation, read};

    /// The cells of a file, read as an import reads it.
    fn read_back(csv: &[u8]) -> Vec<Vec<String>> {
        let mut rows = Vec::new();
        let read = read::read(&Notation::of(Format::Csv), csv, |_, row| {
            if let RowBody::Cells(cells) = row.body {
                rows.push(cells);
            }
            Ok(())
        });
        read.expect("a readable file");
        rows
    }

    proptest! {
        #[test]
        fn refused_rows_read_back_as_they_were_sent(
            rows in prop::collection::vec(prop::collection::vec("(?s).{0,12}", 2), 1..8),
            delimiter in prop::sample::select(vec![',', ';', '\t']),
        ) {
            let column = |header: &str| Column { header: header.to_owned(), field: None };
            let columns = vec![column("contact.name"), column("notes")];
            let shape = Shape::Columns { columns, delimiter, decimal_separator: DecimalSeparator::Point };
            let refused: Vec<Refused> = rows
                .iter()
                .map(|cells| Refused { body: RowBody::Cells(cells.clone()), reason: "because".to_owned() })
                .collect();
            let expected: Vec<Vec<String>> =
                rows.into_iter().map(|mut cells| { cells.push("because".to_owned()); cells }).collect();
            prop_assert_eq!(read_back(&write(&shape, &refused).expect("CSV")), expected);
        }
    }
}
