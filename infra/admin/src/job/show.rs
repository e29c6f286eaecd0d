//! The state of a job, without its organization's data: no rows, no filters, no messages of a bank.

use anyhow::{Result, anyhow};
use jiff::Timestamp;
use saldo_domain::bank::FailureReason;
use saldo_domain::date::in_milliseconds;
use saldo_domain::export::{ExportJob, ExportStatus, Format};
use saldo_domain::id::{AccessId, ExportId, OrgId, SyncId};
use saldo_domain::import::{Closing, Import, ImportStatus, ImportSummary};
use saldo_domain::sync::{Step, SyncJob, SyncStatus};
use serde::Serialize;

use super::JobId;
use crate::Answer;
use crate::Stores;

#[derive(Serialize)]
struct ImportView {
    org: OrgId,
    #[serde(flatten)]
    summary: ImportSummary,
    planned_at: Option<String>,
    payload_bytes: u64,
    rows_per_chunk: usize,
    /// The number of chunks, once all are queued.
    chunks: Option<u32>,
    chunks_queued: u32,
    chunks_done: u32,
    /// The number of chunks whose messages were delivered too often, or that were skipped.
    chunks_exhausted: u32,
    outstanding: Option<String>,
}

#[derive(Serialize)]
struct Export {
    org: OrgId,
    export_id: ExportId,
    r#type: &'static str,
    format: Format,
    status: ExportStatus,
    rows: Option<u64>,
    bytes: Option<u64>,
    sha256: Option<String>,
    reason: Option<String>,
    created_at: String,
    completed_at: Option<String>,
    available_until: Option<String>,
    outstanding: Option<&'static str>,
}

#[derive(Serialize)]
struct Sync {
    org: OrgId,
    sync_id: SyncId,
    access_id: AccessId,
    status: SyncStatus,
    step: Step,
    accounts: u64,
    new_transactions: u64,
    conflict_count: u64,
    /// The number of failures of AWS, and of waits that the bank has asked for.
    failures: u32,
    waits: u32,
    failure_reason: Option<FailureReason>,
    error: Option<String>,
    created_at: String,
    started_at: Option<String>,
    /// The end of the current lease or wait.
    rests_until: Option<String>,
    ended_at: Option<String>,
    outstanding: Option<&'static str>,
}

pub(super) async fn show(stores: &Stores, org: &OrgId, id: &JobId) -> Result<Answer> {
    let now = Timestamp::now();
    let missing = || anyhow!("{org} has no {id}");
    match id {
        JobId::Import(id) => {
            Answer::one(&import_view(&stores.imports.find(org, id).await?.ok_or_else(missing)?, now))
        }
        JobId::Export(id) => Answer::one(&export(stores.exports.get(org, id).await?.ok_or_else(missing)?)),
        JobId::Sync(id) => Answer::one(&sync(stores.syncs.get(org, id).await?.ok_or_else(missing)?, now)),
    }
}

fn import_view(import: &Import, now: Timestamp) -> ImportView {
    let Import { job, progress } = import;
    ImportView {
        org: job.org.clone(),
        summary: ImportSummary::of(import, now),
        planned_at: job.planned_at.map(in_milliseconds),
        payload_bytes: job.payload.bytes,
        rows_per_chunk: job.rows_per_chunk,
        chunks: job.chunks,
        chunks_queued: job.queued,
        chunks_done: progress.chunks_done,
        chunks_exhausted: progress.chunks_exhausted,
        outstanding: outstanding(import),
    }
}

fn outstanding(Import { job, progress }: &Import) -> Option<String> {
    let exhausted = progress.chunks_exhausted;
    let left = |chunks: u32| chunks.saturating_sub(progress.chunks_done);
    match (job.status, job.planned_at, job.chunks) {
        (ImportStatus::AwaitingConfirmation, ..) => {
            Some("the confirmation of its owner, or the next complete file of its scope".to_owned())
        }
        (ImportStatus::Processing, ..) if job.closing.is_some() => {
            Some("the end of earlier imports, or the rest of its closings".to_owned())
        }
        (ImportStatus::Processing, None, _) => Some("its plan".to_owned()),
        (ImportStatus::Processing, Some(_), None) => {
            Some(format!("{} queued chunks, and the rest of its plan", left(job.queued)))
        }
        (ImportStatus::Processing, Some(_), Some(chunks)) => Some(format!("{} chunks", left(chunks))),
        (ImportStatus::Cancelled, ..) => None,
        (..) if job.closing.as_ref().is_some_and(Closing::has_failed) => {
            Some("the rest of its closings: `job redrive`".to_owned())
        }
        (..) if exhausted > 0 => Some(format!("{exhausted} exhausted chunks: `job redrive`")),
        (ImportStatus::Failed, ..) => Some("all rows, once the cause is fixed: `job redrive`".to_owned()),
        (..) => None,
    }
}

fn export(job: ExportJob) -> Export {
    let file = job.file();
    let outstanding = match (job.status, job.attempt()) {
        (ExportStatus::Processing, None) => Some("its file, which is not begun"),
        (ExportStatus::Processing, Some(_)) => Some("its file, which is begun"),
        (ExportStatus::Completed | ExportStatus::Failed, _) => None,
    };
    Export {
        r#type: job.spec.subject.name(),
        format: job.spec.format,
        status: job.status,
        rows: file.as_ref().map(|file| file.rows),
        bytes: file.as_ref().map(|file| file.bytes),
        sha256: file.map(|file| file.sha256),
        created_at: in_milliseconds(job.created_at),
        completed_at: job.completed_at.map(in_milliseconds),
        available_until: job.kept_until().map(in_milliseconds),
        outstanding,
        org: job.org,
        export_id: job.id,
        reason: job.reason,
    }
}

fn sync(job: SyncJob, now: Timestamp) -> Sync {
    let outstanding = match (job.status, job.step) {
        (SyncStatus::Completed | SyncStatus::Failed, _) => None,
        (SyncStatus::AwaitAuth, _) => Some("the user's answer to a challenge"),
        (_, Step::Begin | Step::Authorize) => Some("its authorization"),
        (_, Step::Fetch) => Some("the bank's accounts and transactions"),
        (_, Step::End) => Some("its end"),
    };
    // Before it has ended, it may not fail yet.
    let error = job.error.as_ref().filter(|_| job.has_ended()).map(|error| error.reason);
    Sync {
        status: job.status,
        step: job.step,
        accounts: job.brought.accounts,
        new_transactions: job.brought.new_transactions,
        conflict_count: job.conflicts.count,
        failures: job.failures,
        waits: job.waits,
        failure_reason: error,
        error: error.map(|reason| reason.to_string()),
        created_at: in_milliseconds(job.created_at),
        started_at: job.started_at.map(in_milliseconds),
        rests_until: job.rests_until(now).map(in_milliseconds),
        ended_at: job.ended_at.map(in_milliseconds),
        outstanding,
        org: job.org,
        sync_id: job.id,
        access_id: job.access,
    }
}
