//! The resource `/api/v1/import/{job_id}/report`: what became of each row of an import, as a file. A few chunks are in memory at
//! a time, however long the report is.

use std::io::{self, Write};
use std::ops::Range;

use axum::Extension;
use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::Response;
use futures::TryStreamExt;
use saldo_domain::id::{AccountId, ImportId};
use saldo_domain::import::{ImportStatus, RowOutcome, RowResult};
use saldo_http::{Caller, PathId, Problem};
use saldo_store::failure::Failure;
use saldo_store::files::ImportFiles;
use serde::Serialize;
use utoipa::ToSchema;

use crate::error::ImportInProgress;
use crate::file::{File, LinkedFile, Notation};
use crate::reports::results;
use crate::{Stores, find};

/// The columns, and the members of a line, in the order in which [`Entry`] has them.
const HEADER: &str = "index,line,outcome,account_id,revision,superseded_by\n";
/// The bytes that are written to the file at a time.
const PIECE_BYTES: usize = 1_000_000;

/// The result of a row.
#[derive(Serialize, ToSchema)]
#[schema(as = ImportRowResult, example = json!({
    "index": 0, "line": 2, "outcome": "imported", "account_id": "acc_mfrggzdfmztwq2lk",
    "revision": "01980d3c6f2a7c419b7e3f1d2a5b8c90", "superseded_by": null
}))]
struct Entry {
    /// The index of the row, from 0.
    index: u64,
    /// The line on which the row starts, from 1; null for rows of a JSON object, and for skipped rows.
    #[schema(required, minimum = 1)]
    line: Option<u64>,
    /// What became of the row. `skipped`: it was not processed, because the import was cancelled or has failed.
    outcome: RowOutcome,
    /// The account that the row created, changed or found as it is. Null for other rows, and for accounts that a dry run
    /// would create.
    #[schema(required)]
    account_id: Option<AccountId>,
    /// The account's revision after the row, which its `ETag` has. Null if a newer import or change had overtaken the row, and
    /// in a dry run.
    #[schema(required, pattern = "^[0-9a-f]{32}$")]
    revision: Option<String>,
    /// The index of the row that counts in the place of a superseded one.
    #[schema(required)]
    superseded_by: Option<u64>,
}

impl Entry {
    fn of(row: RowResult) -> Self {
        Self {
            index: row.index,
            line: row.line,
            outcome: row.outcome,
            account_id: row.account,
            revision: row.revision.map(|revision| revision.to_string()),
            superseded_by: row.superseded_by,
        }
    }

    /// A row that was not processed.
    fn skipped(index: u64) -> Self {
        let (line, account_id, revision, superseded_by) = (None, None, None, None);
        Self { index, line, outcome: RowOutcome::Skipped, account_id, revision, superseded_by }
    }

    /// Writes the entry as a record of CSV. No cell has a character that CSV quotes or that begins a formula.
    fn write_record(&self, to: &mut impl Write) -> io::Result<()> {
        write!(to, "{},", self.index)?;
        write_if_any(to, self.line)?;
        write!(to, ",{},", <&str>::from(self.outcome))?;
        write_if_any(to, self.account_id.as_ref())?;
        to.write_all(b",")?;
        write_if_any(to, self.revision.as_ref())?;
        to.write_all(b",")?;
        write_if_any(to, self.superseded_by)?;
        to.write_all(b"\n")
    }

    fn write_line(&self, to: &mut impl Write) -> io::Result<()> {
        serde_json::to_writer(&mut *to, self)?;
        to.write_all(b"\n")
    }
}

fn write_if_any(to: &mut impl Write, value: Option<impl std::fmt::Display>) -> io::Result<()> {
    value.map_or(Ok(()), |value| write!(to, "{value}"))
}

/// The report that is being written, row by row.
struct Report<'a> {
    file: File<'a>,
    notation: Notation,
    /// What is not written to the file yet.
    piece: Vec<u8>,
    /// The index of the next row.
    next: u64,
}

impl Report<'_> {
    /// Adds a row, and those before it that were not processed.
    async fn add(&mut self, row: RowResult) -> Result<(), Failure> {
        self.skip(self.next..row.index).await?;
        self.next = row.index + 1;
        self.write(&Entry::of(row)).await
    }

    async fn skip(&mut self, rows: Range<u64>) -> Result<(), Failure> {
        for index in rows {
            self.write(&Entry::skipped(index)).await?;
        }
        Ok(())
    }

    async fn write(&mut self, entry: &Entry) -> Result<(), Failure> {
        let written = match self.notation {
            Notation::Csv => entry.write_record(&mut self.piece),
            Notation::Ndjson => entry.write_line(&mut self.piece),
        };
        written.map_err(Failure::corrupt("a report"))?;
        match self.piece.len() < PIECE_BYTES {
            true => Ok(()),
            false => self.flush().await,
        }
    }

    async fn flush(&mut self) -> Result<(), Failure> {
        self.file.write(&self.piece).await?;
        self.piece.clear();
        Ok(())
    }
}

/// Returns what became of each row of an import
///
/// A file with the rows in their order, when the import has ended: CSV or, with `Accept: application/x-ndjson`, a JSON object on each
/// line. If the import was cancelled or has failed, rows that were not processed have the outcome `skipped`, and no line; a file
/// whose rows could not be counted has none. If the report has more than 4,000,000 bytes, the answer is JSON with a link to it.
#[utoipa::path(
    get, path = "/api/v1/import/{job_id}/report", operation_id = "read_import_report", tag = "Imports",
    params(("job_id" = ImportId, Path)),
    responses(
        (
            status = 200, description = "The file, or a link to it",
            headers(("Content-Disposition", description = "The name of the file; only for files")),
            content(
                (LinkedFile = "application/json"),
                (String = "text/csv", example = json!("index,line,outcome,account_id,revision,superseded_by\n0,2,superseded,,,1\n1,3,imported,acc_mfrggzdfmztwq2lk,01980d3c6f2a7c419b7e3f1d2a5b8c90,\n")),
                (Entry = "application/x-ndjson"),
            ),
        ),
        (status = 409, description = "`import_in_progress`: the report is available when the import has ended"),
    ),
)]
pub(crate) async fn report(
    State(stores): State<Stores>,
    Extension(caller): Extension<Caller>,
    PathId(id): PathId<ImportId>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let job = find(&stores, caller.org(), &id).await?.job;
    if job.status == ImportStatus::Processing {
        return Err(ImportInProgress.into());
    }
    let notation = Notation::wanted(&headers).unwrap_or(Notation::Csv);
    let (_, extension) = notation.names();
    let name = ImportFiles::of(&job.org, &job.id).all_rows(extension);
    let file = File::begin(&stores, name, notation, format!("{id}-report.{extension}"));
    let piece = if notation == Notation::Csv { HEADER.as_bytes().to_vec() } else { Vec::new() };
    let mut report = Report { file, notation, piece, next: 0 };
    let mut chunks = std::pin::pin!(results(&stores, &job));
    while let Some(rows) = chunks.try_next().await? {
        for row in rows {
            report.add(row).await?;
        }
    }
    report.skip(report.next..job.total_records.unwrap_or_default()).await?;
    report.flush().await?;
    report.file.finish().await
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn records_and_lines_have_the_same_values() {
        let row = RowResult {
            index: 7,
            line: None,
            outcome: RowOutcome::Unchanged,
            account: Some("acc_mfrggzdfmztwq2lk".parse().expect("an id")),
            revision: None,
            superseded_by: None,
        };
        let superseded = RowResult {
            line: Some(9),
            outcome: RowOutcome::Superseded,
            account: None,
            superseded_by: Some(8),
            ..row.clone()
        };
        let (mut csv, mut lines) = (HEADER.as_bytes().to_vec(), Vec::new());
        for entry in [row, superseded].map(Entry::of) {
            entry.write_record(&mut csv).expect("CSV");
            entry.write_line(&mut lines).expect("JSON");
        }
        let text = |bytes| String::from_utf8(bytes).expect("UTF-8");
        assert_eq!(text(csv), format!("{HEADER}7,,unchanged,acc_mfrggzdfmztwq2lk,,\n7,9,superseded,,,8\n"));
        let members = |line: &str| {
            let line: serde_json::Map<String, serde_json::Value> =
                serde_json::from_str(line).expect("an object");
            line.keys().cloned().collect::<Vec<_>>()
        };
        let mut columns: Vec<_> = HEADER.trim().split(',').collect();
        columns.sort_unstable();
        for line in text(lines).lines() {
            let mut members = members(line);
            members.sort_unstable();
            assert_eq!(members, columns);
        }
    }
}
