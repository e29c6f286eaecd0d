//! A chunk: its rows are written, its findings reported, its counts committed, once.

use std::time::Instant;

use futures::{StreamExt, TryStreamExt, stream};
use jiff::Timestamp;
use saldo_domain::fields::{Finding, FindingCode};
use saldo_domain::id::AccountId;
use saldo_domain::import::{
    AccountUpsert, Checked, Chunk, ChunkReport, Counts, Field, ImportJob, RawRow, RowOutcome,
    processing_failed,
};
use saldo_domain::money::Currency;
use saldo_store::app::App;
use saldo_store::deadline::Deadline;
use saldo_store::failure::Failure;
use saldo_store::files::ImportFiles;
use saldo_store::metrics;
use saldo_store::{ChunkPart, ImportWrite, Seen};
use uuid::Uuid;

use crate::import::plan;

/// Why an import failed whose rows are lost.
pub const NOT_PROCESSED: &str = "the payload could not be processed; send it again";

/// The rows whose accounts are looked up in one request, the most that it takes.
const ROWS_PER_LOOK_UP: usize = 100;
/// The groups of rows that are looked up before they are written.
const GROUPS_AHEAD: usize = 2;

/// Writes a chunk's rows to where its message will look for them.
pub async fn store(app: &App, files: &ImportFiles, chunk: &Chunk) -> Result<(), Failure> {
    let json = serde_json::to_vec(chunk).map_err(Failure::corrupt("a chunk"))?;
    app.files.put(&files.chunk(chunk.number), "application/json", json.into()).await
}

/// Reads the chunk back, if it was written.
async fn load(app: &App, job: &ImportJob, number: u32) -> Result<Option<Chunk>, Failure> {
    let name = ImportFiles::of(&job.org, &job.id).chunk(number);
    let json = app.files.get(&name).await?;
    json.map(|json| serde_json::from_slice(&json).map_err(Failure::corrupt("a chunk"))).transpose()
}

/// Processes the chunk of this number, unless that was done before. Returns when the import
/// ended, if it ended with it.
pub async fn process_queued(app: &App, job: &ImportJob, number: u32) -> Result<Option<Timestamp>, Failure> {
    if let Settled::Yes(ended) = settle(app, job, number).await? {
        return Ok(ended);
    }
    let chunk = load(app, job, number).await?.ok_or_else(|| Failure::missing("a chunk"))?;
    process(app, job, &chunk).await
}

/// Processes a chunk. Run again, it writes no row twice and counts none twice. What AWS has no
/// capacity for is tried again, row by row, until the time for the chunk is up; then the chunk is
/// put back, and the next delivery goes on with the rows that are left.
/// Returns when the import ended, if it ended with it.
pub async fn process(app: &App, job: &ImportJob, chunk: &Chunk) -> Result<Option<Timestamp>, Failure> {
    let begun = Instant::now();
    let deadline = Deadline::after(app.limits.chunk_time);
    let default_currency = deadline.retry(|| default_currency(app, job)).await?;
    let groups = chunk.rows.chunks(ROWS_PER_LOOK_UP);
    let look_up = |rows| deadline.retry(move || look_up(app, job, chunk, rows, default_currency, false));
    let groups: Vec<_> = groups.map(look_up).collect();
    let rows = stream::iter(groups).buffered(GROUPS_AHEAD);
    let rows = rows.map_ok(|rows| stream::iter(rows.into_iter().map(Ok))).try_flatten();
    // In any order, so that rows that are tried again don't hold up the others.
    let mut outcomes: Vec<(usize, RowFate)> = rows
        .enumerate()
        .map(|(n, row)| row.map(|row| (n, row)))
        .map_ok(async |(n, (row, seen))| {
            Ok((n, import_row(app, job, row, &seen, default_currency, deadline).await?))
        })
        .try_buffer_unordered(app.limits.writes_in_flight)
        .try_collect()
        .await?;
    outcomes.sort_unstable_by_key(|(n, _)| *n);
    let outcomes = outcomes.into_iter().map(|(_, outcome)| outcome).collect();
    let (counts, ended) = commit(app, job, chunk, outcomes, false, deadline).await?;
    if !job.dry_run {
        metrics::chunk_processed(counts.imported + counts.updated, counts.failed, begun.elapsed());
    }
    Ok(ended)
}

/// The outcome of a row, and what was found in it.
type RowFate = (RowOutcome, Vec<Finding>);

/// Checks rows and looks up the accounts they are for.
async fn look_up(
    app: &App,
    job: &ImportJob,
    chunk: &Chunk,
    rows: &[RawRow],
    default_currency: Currency,
    certain: bool,
) -> Result<Vec<(Row, Seen)>, Failure> {
    let rows: Vec<Row> = rows.iter().map(|row| Row::of(job, chunk, row, default_currency)).collect();
    let ids = rows.iter().filter_map(|row| row.id.clone()).collect();
    let mut seen = app.accounts.look_up(&job.org, ids, certain).await?;
    let rows = rows.into_iter().map(|row| {
        let seen = row.id.as_ref().and_then(|id| seen.remove(id)).unwrap_or_default();
        (row, seen)
    });
    Ok(rows.collect())
}

/// A row that was checked, and the account it is for, unless it was refused.
struct Row {
    id: Option<AccountId>,
    checked: Checked,
}

impl Row {
    fn of(job: &ImportJob, chunk: &Chunk, row: &RawRow, default_currency: Currency) -> Self {
        let mut checked = row.check(&chunk.shape, default_currency);
        let id = checked.upsert.as_ref().map(|upsert| account_id(job, row, upsert)).transpose();
        let id = id.unwrap_or_else(|finding| {
            checked.findings.push(finding);
            checked.upsert = None;
            None
        });
        Self { id, checked }
    }
}

/// Whether a chunk needs no processing.
enum Settled {
    /// It was committed before, or was left out, or the import has no such chunk. When the import
    /// ended, if it ended with it.
    Yes(Option<Timestamp>),
    No,
}

/// Leaves the chunk out if the job is to stop. One that was committed before stays as it is, but
/// the worker that committed it may not have ended the job.
async fn settle(app: &App, job: &ImportJob, number: u32) -> Result<Settled, Failure> {
    // The planner of a job that stops queues more numbers than the payload may have chunks. After
    // a redrive their messages may still come.
    if job.chunks.is_some_and(|chunks| number >= chunks) {
        return app.imports.end_if_done(job, Timestamp::now()).await.map(Settled::Yes);
    }
    if app.imports.part(job, number).await?.is_some() {
        return app.imports.end_if_done(job, Timestamp::now()).await.map(Settled::Yes);
    }
    match job.is_stopping() {
        true => leave_out(app, job, number).await.map(Settled::Yes),
        false => Ok(Settled::No),
    }
}

/// Leaves a chunk out of a job that is to stop. The rows that a worker wrote before it died are
/// counted. Returns when the import ended, if it ended with it.
async fn leave_out(app: &App, job: &ImportJob, number: u32) -> Result<Option<Timestamp>, Failure> {
    let mut counts = Counts::default();
    let chunk = match load(app, job, number).await {
        Err(Failure::Corrupt { .. }) => plan::cut_again(app, job, number).await?.unwrap_or_default(),
        // A chunk that was not written was not queued.
        chunk => chunk?,
    };
    if let Some(chunk) = chunk.filter(|_| !job.dry_run) {
        let default_currency = default_currency(app, job).await?;
        let groups = chunk.rows.chunks(ROWS_PER_LOOK_UP);
        let groups: Vec<_> =
            groups.map(|rows| look_up(app, job, &chunk, rows, default_currency, true)).collect();
        let written =
            stream::iter(groups).buffered(GROUPS_AHEAD).try_fold(Vec::new(), async |mut all, rows| {
                all.extend(rows.into_iter().filter_map(|(_, seen)| seen.written_by(&job.id)));
                Ok(all)
            });
        for written in written.await? {
            // Nothing is reported of a chunk that is left out.
            counts.add(written.into(), &[]);
        }
    }
    let part = ChunkPart { counts, ..ChunkPart::exhausted(number) };
    app.imports.commit(job, &part, Timestamp::now()).await
}

/// Gives up the chunk of this number, unless it was processed before. What was written counts
/// as what it did; the other rows are reported as failed. Without the chunk's file its rows
/// are read from the payload. Returns when the import ended, if it ended with it.
pub async fn fail_exhausted(app: &App, job: &ImportJob, number: u32) -> Result<Option<Timestamp>, Failure> {
    if let Settled::Yes(ended) = settle(app, job, number).await? {
        return Ok(ended);
    }
    // The file may be what is broken.
    let chunk = match load(app, job, number).await {
        Ok(Some(chunk)) => Ok(Some(chunk)),
        Ok(None) | Err(Failure::Corrupt { .. }) => plan::cut_again(app, job, number).await?,
        Err(failure) => return Err(failure),
    };
    match chunk {
        Ok(Some(chunk)) => return fail_unwritten(app, job, &chunk).await,
        // A number without a chunk, queued before the redrive of the job, which is being planned.
        Ok(None) if job.chunks.is_none() => return Ok(None),
        Ok(None) | Err(_) => {}
    }
    // In this order: the commit may end the job, which then has to know that it failed.
    app.imports.fail(job, NOT_PROCESSED).await?;
    match app.imports.commit(job, &ChunkPart::exhausted(number), Timestamp::now()).await? {
        None => plan::fail(app, job, NOT_PROCESSED).await,
        ended => Ok(ended),
    }
}

async fn fail_unwritten(app: &App, job: &ImportJob, chunk: &Chunk) -> Result<Option<Timestamp>, Failure> {
    let default_currency = default_currency(app, job).await?;
    let mut outcomes = Vec::with_capacity(chunk.rows.len());
    for row in &chunk.rows {
        let Row { id, mut checked } = Row::of(job, chunk, row, default_currency);
        let written = match &id {
            None => None,
            Some(id) => {
                let written = app.accounts.written_by(&job.org, &job.id, id).await?;
                checked.findings.extend(written.is_none().then(processing_failed));
                written
            }
        };
        let outcome = written.map_or(RowOutcome::Failed, RowOutcome::from);
        outcomes.push((outcome, checked.findings));
    }
    Ok(commit(app, job, chunk, outcomes, true, Deadline::passed()).await?.1)
}

async fn default_currency(app: &App, job: &ImportJob) -> Result<Currency, Failure> {
    let organization = app.keys.organization(&job.org).await?;
    let organization = organization.ok_or_else(|| Failure::missing("the organization of an import"))?;
    Ok(organization.currency)
}

/// The account that the row is for, unless it names two.
fn account_id(job: &ImportJob, row: &RawRow, upsert: &AccountUpsert) -> Result<AccountId, Finding> {
    let external_id = upsert.external_id.as_ref().map(|id| AccountId::of_external(&job.org, id));
    match (external_id, &upsert.id) {
        (Some(named), Some(id)) if named != *id => {
            let reason = "the account with this id has another external_id, or none";
            Err(Finding::in_field(Field::Id.name(), FindingCode::UnknownAccount, reason))
        }
        (Some(named), _) => Ok(named),
        (None, Some(id)) => Ok(id.clone()),
        (None, None) => Ok(AccountId::of_row(&job.id, row.index)),
    }
}

async fn import_row(
    app: &App,
    job: &ImportJob,
    Row { id, mut checked }: Row,
    seen: &Seen,
    default_currency: Currency,
    deadline: Deadline,
) -> Result<RowFate, Failure> {
    let (Some(id), Some(upsert)) = (&id, &checked.upsert) else {
        return Ok((RowOutcome::Failed, checked.findings));
    };
    let now = Timestamp::now();
    let write = ImportWrite { org: &job.org, import: &job.id, id, upsert, default_currency, now };
    let attempt = || async {
        match job.dry_run {
            true => app.accounts.try_import(&write, seen).await,
            false => app.accounts.import(&write, seen).await,
        }
    };
    let outcome = match deadline.retry(attempt).await? {
        Ok(written) => written.into(),
        Err(finding) => {
            checked.findings.push(finding);
            RowOutcome::Failed
        }
    };
    Ok((outcome, checked.findings))
}

/// Reports and counts the rows of a chunk, whose outcomes are in the order of the rows. Returns when
/// the import ended, too, if it ended with it.
async fn commit(
    app: &App,
    job: &ImportJob,
    chunk: &Chunk,
    outcomes: Vec<RowFate>,
    exhausted: bool,
    deadline: Deadline,
) -> Result<(Counts, Option<Timestamp>), Failure> {
    let mut report = ChunkReport::of(chunk);
    let mut counts = Counts::default();
    report.rows.iter().for_each(|header| counts.warn(&header.findings));
    for (row, (outcome, findings)) in chunk.rows.iter().zip(outcomes) {
        counts.add(outcome, &findings);
        report.add(row, findings, outcome);
    }
    let report = match report.rows.is_empty() {
        true => None,
        false => Some(deadline.retry(|| store_report(app, job, chunk, &report)).await?),
    };
    let part = ChunkPart { number: chunk.number, counts, exhausted, report };
    let now = Timestamp::now();
    let ended = deadline.retry(|| app.imports.commit(job, &part, now)).await?;
    tracing::info!(
        chunk = chunk.number,
        imported = counts.imported,
        updated = counts.updated,
        failed = counts.failed,
        "processed"
    );
    Ok((counts, ended))
}

async fn store_report(
    app: &App,
    job: &ImportJob,
    chunk: &Chunk,
    report: &ChunkReport,
) -> Result<Uuid, Failure> {
    let attempt = Uuid::now_v7();
    let name = ImportFiles::of(&job.org, &job.id).report(chunk.number, attempt);
    let json = serde_json::to_vec(report).map_err(Failure::corrupt("a report"))?;
    app.files.put(&name, "application/json", json.into()).await?;
    Ok(attempt)
}
