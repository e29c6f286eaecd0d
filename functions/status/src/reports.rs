//! The findings of an import, and the results of its rows, in the order of the rows. They are read from the reports of its
//! chunks.

use std::borrow::Cow;

use bytes::Bytes;
use futures::{Stream, TryStreamExt, future};
use saldo_domain::fields::{Finding, FindingCode, Severity};
use saldo_domain::import::{ChunkReport, Counts, Import, ImportJob, ImportStatus, RowReport, RowResult};
use saldo_formats::report_file;
use saldo_http::Problem;
use saldo_store::ChunkPart;
use saldo_store::failure::Failure;
use saldo_store::files::ImportFiles;
use serde::Serialize;
use utoipa::ToSchema;

use crate::Stores;

/// The reports read from S3 at the same time.
const REPORTS_IN_FLIGHT: usize = 32;

/// A finding in a row.
#[derive(Clone, Serialize, ToSchema)]
#[schema(as = ImportFinding, example = json!({
    "index": 1, "external_id": "INV-2026-0099", "field": "contact.phone", "code": "invalid_phone",
    "reason": "not a phone number in E.164 form, such as +5491155551234: + and country code, digits only, as many as the country uses"
}))]
pub(crate) struct Entry {
    /// The index of the row, from 0; null for the header and the whole file.
    #[schema(required)]
    index: Option<u64>,
    /// The line on which the row starts, from 1; absent for rows of a JSON object and for the whole file.
    #[schema(nullable = false, minimum = 1)]
    #[serde(skip_serializing_if = "Option::is_none")]
    line: Option<u64>,
    /// The row's external id, if it has a valid one.
    #[schema(nullable = false)]
    #[serde(skip_serializing_if = "Option::is_none")]
    external_id: Option<String>,
    /// The field; null if the finding concerns the whole row.
    #[schema(required, value_type = Option<String>)]
    field: Option<Cow<'static, str>>,
    code: FindingCode,
    /// The reason, for people. It quotes no personal field.
    #[schema(value_type = String)]
    reason: Cow<'static, str>,
}

impl Entry {
    /// An entry about the whole file.
    pub(crate) fn of_file(finding: &Finding) -> Self {
        Self {
            index: None,
            line: None,
            external_id: None,
            field: finding.field.clone(),
            code: finding.code,
            reason: finding.reason.clone(),
        }
    }

    fn of(row: &RowReport, finding: &Finding) -> Self {
        Self {
            index: row.index,
            line: row.line,
            external_id: row.external_id.clone(),
            field: finding.field.clone(),
            code: finding.code,
            reason: finding.reason.clone(),
        }
    }
}

/// The entries of a report.
pub(crate) fn entries(report: &ChunkReport, severity: Severity) -> impl Iterator<Item = Entry> {
    report.findings(severity).map(|(row, finding)| Entry::of(row, finding))
}

/// The first `max` findings of a severity, at most.
pub(crate) async fn first_findings(
    stores: &Stores,
    import: &Import,
    severity: Severity,
    max: usize,
) -> Result<Vec<Entry>, Problem> {
    let mut found = Vec::new();
    let mut rows = 0;
    if in_counts(import.counts(), severity) == 0 {
        return Ok(found);
    }
    let mut reports = std::pin::pin!(reports(stores, &import.job, severity));
    while let Some((part, report)) = reports.try_next().await? {
        found.extend(entries(&report, severity));
        rows += in_counts(&part.counts, severity);
        // Enough, or all.
        if found.len() >= max || rows >= in_counts(import.counts(), severity) {
            break;
        }
    }
    found.truncate(max);
    Ok(found)
}

fn in_counts(counts: &Counts, severity: Severity) -> u64 {
    match severity {
        Severity::Error => counts.failed,
        Severity::Warning => counts.warnings,
    }
}

/// The reports with findings of a severity, in order.
pub(crate) fn reports(
    stores: &Stores,
    job: &ImportJob,
    severity: Severity,
) -> impl Stream<Item = Result<(ChunkPart, ChunkReport), Failure>> {
    in_line(stores, job, 0)
        .try_filter(move |part| future::ready(part.report.is_some() && in_counts(&part.counts, severity) > 0))
        .map_ok(async |part| load(stores, job, &part).await.map(|report| (part, report)))
        .try_buffered(REPORTS_IN_FLIGHT)
}

/// The results of the rows of each chunk, in order.
pub(crate) fn results(
    stores: &Stores,
    job: &ImportJob,
) -> impl Stream<Item = Result<Vec<RowResult>, Failure>> {
    in_line(stores, job, 0)
        .try_filter(|part| future::ready(part.report.is_some()))
        .map_ok(async |part| {
            let file = file(stores, job, &part).await?;
            report_file::results(&file).map_err(Failure::corrupt("a report"))
        })
        .try_buffered(REPORTS_IN_FLIGHT)
}

/// The committed chunks from number `from` on. While the import runs, they end before the first one that is not
/// committed, so a reader that continues there later misses nothing.
pub(crate) fn in_line(
    stores: &Stores,
    job: &ImportJob,
    from: u32,
) -> impl Stream<Item = Result<ChunkPart, Failure>> {
    let running = job.status == ImportStatus::Processing;
    let mut expected = from;
    stores.imports.chunks_from(job, from).try_take_while(move |part| {
        let in_line = !running || part.number == expected;
        expected = part.number + 1;
        future::ok(in_line)
    })
}

/// The findings of a chunk that has some.
pub(crate) async fn load(stores: &Stores, job: &ImportJob, part: &ChunkPart) -> Result<ChunkReport, Failure> {
    let file = file(stores, job, part).await?;
    report_file::findings(&file).map_err(Failure::corrupt("a report"))
}

/// The file of a chunk's report.
async fn file(stores: &Stores, job: &ImportJob, part: &ChunkPart) -> Result<Bytes, Failure> {
    let missing = || Failure::missing("a report");
    let attempt = part.report.ok_or_else(missing)?;
    let name = ImportFiles::of(&job.org, &job.id).report(part.number, attempt);
    stores.files.get(&name).await?.ok_or_else(missing)
}
