//! The commit of a chunk: its report is stored, then its counts and the sums of its amounts are committed with the name of the
//! report.
//!
//! Every attempt at a chunk has a report of its own, and one commit counts. So the report of an import has the rows
//! that its counts have, with the same outcomes, however often a chunk was delivered.

use jiff::Timestamp;
use saldo_domain::account::Revision;
use saldo_domain::fields::Finding;
use saldo_domain::id::AccountId;
use saldo_domain::import::{
    Chunk, ChunkReport, Counts, ImportJob, RawRow, RowOutcome, RowResult, StatedAmount, Sums, SupersededRow,
};
use saldo_domain::money::Currency;
use saldo_formats::report_file;
use saldo_store::deadline::Deadline;
use saldo_store::failure::Failure;
use saldo_store::files::ImportFiles;
use saldo_store::{ChunkPart, End};
use uuid::Uuid;

use super::stores::Stores;

/// What became of a row, with the findings about it.
pub(super) struct Processed {
    pub(super) outcome: RowOutcome,
    pub(super) findings: Vec<Finding>,
    /// The amount that the row states, if the row was valid when it was checked.
    pub(super) stated: Option<StatedAmount>,
    /// The account that the row created, changed or found as it is.
    pub(super) account: Option<AccountId>,
    pub(super) revision: Option<Revision>,
}

impl Processed {
    /// The result for the report. In a dry run, nothing has a revision, and what would be created has no id.
    fn result(&self, job: &ImportJob, row: &RawRow) -> RowResult {
        let is_there = !job.dry_run || self.outcome != RowOutcome::Imported;
        RowResult {
            index: row.index,
            line: row.line,
            outcome: self.outcome,
            account: self.account.clone().filter(|_| is_there),
            revision: self.revision.filter(|_| !job.dry_run),
            superseded_by: None,
        }
    }
}

/// The result of a chunk.
struct ChunkResult<'a> {
    job: &'a ImportJob,
    chunk: &'a Chunk,
    default_currency: Currency,
    counts: Counts,
    sums: Sums,
    rows: Vec<RowResult>,
    findings: ChunkReport,
}

impl<'a> ChunkResult<'a> {
    fn of(job: &'a ImportJob, chunk: &'a Chunk, default_currency: Currency) -> Self {
        let findings = ChunkReport::of(chunk, &job.rules(), default_currency);
        let mut counts = Counts::default();
        findings.rows.iter().for_each(|header| counts.warn(&header.findings));
        let rows = Vec::with_capacity(chunk.rows.len() + chunk.superseded.len());
        Self { job, chunk, default_currency, counts, sums: Sums::default(), rows, findings }
    }

    fn add(&mut self, row: &RawRow, processed: Processed) {
        self.rows.push(processed.result(self.job, row));
        let Processed { outcome, findings, stated, .. } = processed;
        self.counts.add(outcome, &findings);
        self.sums.add(outcome, stated.or_else(|| self.stated(row)));
        self.findings.add(row, findings, outcome);
    }

    fn add_superseded(&mut self, SupersededRow { row, by }: &SupersededRow) {
        let outcome = RowOutcome::Superseded;
        self.counts.add(outcome, &[]);
        self.sums.add(outcome, self.stated(row));
        let (account, revision, superseded_by) = (None, None, Some(*by));
        self.rows.push(RowResult {
            index: row.index,
            line: row.line,
            outcome,
            account,
            revision,
            superseded_by,
        });
    }

    /// The amount that a row states that is not valid, or was not checked.
    fn stated(&self, row: &RawRow) -> Option<StatedAmount> {
        row.stated_amount(&self.chunk.shape, &self.job.rules(), self.default_currency)
    }
}

/// Stores the chunk's report and commits its result. `results` are in the order of the rows. Returns the counts and, if
/// this was the last chunk, when the import ended.
pub(super) async fn commit(
    stores: &Stores,
    job: &ImportJob,
    chunk: &Chunk,
    results: Vec<Processed>,
    default_currency: Currency,
    exhausted: bool,
    deadline: Deadline,
) -> Result<(Counts, Option<End>), Failure> {
    let mut result = ChunkResult::of(job, chunk, default_currency);
    let mut lost = chunk.lost.iter().peekable();
    for (row, mut processed) in chunk.rows.iter().zip(results) {
        while let Some(lost) = lost.next_if(|lost| lost.index <= row.index) {
            processed.findings.extend((lost.index == row.index).then(|| lost.finding()));
        }
        result.add(row, processed);
    }
    for superseded in &chunk.superseded {
        result.add_superseded(superseded);
    }
    result.rows.sort_unstable_by_key(|row| row.index);
    let ChunkResult { counts, sums, rows, findings, .. } = result;
    let file = report_file::encode(&rows, &findings).map_err(Failure::corrupt("a report"))?;
    let report = deadline.retry(|| store(stores, job, chunk.number, &file)).await?;
    let part = ChunkPart { number: chunk.number, counts, sums, exhausted, report: Some(report) };
    let now = Timestamp::now();
    let ended = deadline.retry(|| stores.imports.commit(job, &part, now)).await?;
    tracing::info!(
        chunk = chunk.number,
        imported = counts.imported,
        updated = counts.updated,
        unchanged = counts.unchanged,
        superseded = counts.superseded,
        failed = counts.failed,
        "processed"
    );
    Ok((counts, ended))
}

/// Writes the report to a file of its own and returns the id of this attempt, which is part of the file's name.
async fn store(stores: &Stores, job: &ImportJob, chunk: u32, file: &[u8]) -> Result<Uuid, Failure> {
    let attempt = Uuid::now_v7();
    let name = ImportFiles::of(&job.org, &job.id).report(chunk, attempt);
    stores.files.put(&name, report_file::MEDIA_TYPE, file.to_vec().into()).await?;
    Ok(attempt)
}
