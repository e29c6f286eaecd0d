//! A chunk: its rows are written, its findings reported, its counts committed, once.

use futures::TryStreamExt;
use futures::stream::FuturesOrdered;
use jiff::Timestamp;
use saldo::app::App;
use saldo::failure::Failure;
use saldo::files::ImportFiles;
use saldo::id::AccountId;
use saldo::import::{Chunk, ChunkReport, Counts, Fate, Finding, ImportJob, RawRow, processing_failed};
use saldo::money::Currency;
use saldo::store::{ChunkPart, ImportWrite, Written};
use uuid::Uuid;

/// Writes a chunk's rows to where its message will look for them.
pub(crate) async fn store(app: &App, files: &ImportFiles, chunk: &Chunk) -> Result<(), Failure> {
    let json = serde_json::to_vec(chunk).map_err(Failure::corrupt("a chunk"))?;
    app.files.put(&files.chunk(chunk.number), "application/json", json.into()).await
}

/// Reads the chunk back.
pub(crate) async fn load(app: &App, job: &ImportJob, number: u32) -> Result<Chunk, Failure> {
    let name = ImportFiles::of(&job.org, &job.id).chunk(number);
    let json = app.files.get(&name).await?.unwrap_or_default();
    serde_json::from_slice(&json).map_err(Failure::corrupt("a chunk"))
}

/// Processes the chunk of this number, unless that was done before.
pub(crate) async fn process_queued(app: &App, job: &ImportJob, number: u32) -> Result<(), Failure> {
    if app.imports.is_committed(job, number).await? {
        return app.imports.end_if_done(job, Timestamp::now()).await;
    }
    process(app, job, &load(app, job, number).await?).await
}

/// Processes a chunk. Run again, it writes nothing that was written and counts nothing twice.
pub(crate) async fn process(app: &App, job: &ImportJob, chunk: &Chunk) -> Result<(), Failure> {
    let organization = app.keys.organization(&job.org).await?;
    let organization = organization.ok_or_else(|| Failure::missing("the organization of an import"))?;
    // In the order of the rows, so that the report is, too.
    let mut fates = Vec::with_capacity(chunk.rows.len());
    let mut in_flight = FuturesOrdered::new();
    for row in &chunk.rows {
        if in_flight.len() >= app.limits.writes_in_flight {
            fates.extend(in_flight.try_next().await?);
        }
        in_flight.push_back(import_row(app, job, chunk, row, organization.currency));
    }
    while let Some(fate) = in_flight.try_next().await? {
        fates.push(fate);
    }
    let reports = chunk.rows.iter().zip(fates).map(|(row, (fate, findings))| (row, fate, findings));
    commit(app, job, chunk, reports).await
}

/// Gives a chunk up: every row of it is reported as failed.
pub(crate) async fn give_up(app: &App, job: &ImportJob, chunk: &Chunk) -> Result<(), Failure> {
    let reports = chunk.rows.iter().map(|row| (row, Fate::Failed, vec![processing_failed()]));
    commit(app, job, chunk, reports).await
}

async fn import_row(
    app: &App,
    job: &ImportJob,
    chunk: &Chunk,
    row: &RawRow,
    default_currency: Currency,
) -> Result<(Fate, Vec<Finding>), Failure> {
    let mut checked = row.check(&chunk.shape, default_currency);
    let Some(upsert) = &checked.upsert else {
        return Ok((Fate::Failed, checked.findings));
    };
    let id = match &upsert.external_id {
        Some(external_id) => AccountId::of_external(&job.org, external_id),
        None => AccountId::of_row(&job.id, row.index),
    };
    let write = ImportWrite {
        org: &job.org,
        import: &job.id,
        id: &id,
        upsert,
        default_currency,
        now: Timestamp::now(),
    };
    let fate = match app.accounts.import(&write).await? {
        Ok(Written::Imported) => Fate::Imported,
        Ok(Written::Updated) => Fate::Updated,
        Err(finding) => {
            checked.findings.push(finding);
            Fate::Failed
        }
    };
    Ok((fate, checked.findings))
}

async fn commit<'a>(
    app: &App,
    job: &ImportJob,
    chunk: &Chunk,
    rows: impl Iterator<Item = (&'a RawRow, Fate, Vec<Finding>)>,
) -> Result<(), Failure> {
    let mut report = ChunkReport::of(chunk);
    let mut counts = Counts::default();
    report.rows.iter().for_each(|header| counts.warn(&header.findings));
    for (row, fate, findings) in rows {
        counts.add(fate, &findings);
        report.add(row, findings, fate);
    }
    let report = match report.rows.is_empty() {
        true => None,
        false => Some(store_report(app, job, chunk, &report).await?),
    };
    app.imports.commit(job, &ChunkPart { number: chunk.number, counts, report }).await?;
    tracing::info!(
        org = %job.org, import = %job.id, chunk = chunk.number,
        imported = counts.imported, updated = counts.updated, failed = counts.failed,
        "processed"
    );
    app.imports.end_if_done(job, Timestamp::now()).await
}

async fn store_report(
    app: &App,
    job: &ImportJob,
    chunk: &Chunk,
    report: &ChunkReport,
) -> Result<String, Failure> {
    let name = ImportFiles::of(&job.org, &job.id).report(chunk.number, Uuid::now_v7());
    let json = serde_json::to_vec(report).map_err(Failure::corrupt("a report"))?;
    app.files.put(&name, "application/json", json.into()).await?;
    Ok(name)
}
