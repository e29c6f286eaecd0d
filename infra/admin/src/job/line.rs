//! A job in a list.

use saldo_domain::date::in_milliseconds;
use saldo_domain::export::{ExportJob, ExportStatus};
use saldo_domain::id::OrgId;
use saldo_domain::import::{ImportJob, ImportStatus};
use saldo_domain::sync::{SyncJob, SyncStatus};
use serde::Serialize;

use super::{JobId, Kind};

/// A job in a list, whatever its kind.
#[derive(Debug, Serialize)]
pub(super) struct Line {
    org: OrgId,
    id: JobId,
    kind: Kind,
    status: Status,
    /// The number of rows of an import or export, or of accounts of a synchronization, once known.
    rows: Option<u64>,
    pub(super) created_at: String,
    ended_at: Option<String>,
}

/// The status of a job of any kind.
#[derive(Debug, Serialize)]
#[serde(untagged)]
enum Status {
    Import(ImportStatus),
    Export(ExportStatus),
    Sync(SyncStatus),
}

impl Line {
    pub(super) fn of_import(job: &ImportJob) -> Self {
        Self {
            org: job.org.clone(),
            id: JobId::Import(job.id.clone()),
            kind: Kind::Import,
            status: Status::Import(job.status),
            rows: job.total_records,
            created_at: in_milliseconds(job.created_at),
            ended_at: job.completed_at.map(in_milliseconds),
        }
    }

    pub(super) fn of_export(job: &ExportJob) -> Self {
        Self {
            org: job.org.clone(),
            id: JobId::Export(job.id.clone()),
            kind: Kind::Export,
            status: Status::Export(job.status),
            rows: job.file().map(|file| file.rows),
            created_at: in_milliseconds(job.created_at),
            ended_at: job.completed_at.map(in_milliseconds),
        }
    }

    pub(super) fn of_sync(job: &SyncJob) -> Self {
        Self {
            org: job.org.clone(),
            id: JobId::Sync(job.id.clone()),
            kind: Kind::Sync,
            status: Status::Sync(job.status),
            rows: job.has_ended().then_some(job.brought.accounts),
            created_at: in_milliseconds(job.created_at),
            ended_at: job.ended_at.map(in_milliseconds),
        }
    }
}
