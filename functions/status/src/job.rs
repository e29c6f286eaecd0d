//! `GET /api/v1/import/{job_id}`: the counts of an import and the first of its findings.

use axum::extract::State;
use axum::{Extension, Json};
use saldo::app::App;
use saldo::date::in_milliseconds;
use saldo::fields::Severity;
use saldo::http::{Caller, PathId, Problem};
use saldo::id::ImportId;
use saldo::import::{ImportJob, ImportStatus};
use serde::Serialize;

use crate::find;
use crate::reports::{Entry, first_findings};

/// The findings of each severity that are listed with the job itself.
const INLINE_MAX: usize = 1_000;

/// An import in lists: what it is and its counts.
#[derive(Serialize)]
pub(crate) struct Summary {
    job_id: ImportId,
    status: ImportStatus,
    total_records: u64,
    imported: u64,
    updated: u64,
    superseded: u64,
    failed: u64,
    processed: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<String>,
    created_at: String,
    completed_at: Option<String>,
}

#[derive(Serialize)]
pub(crate) struct Details {
    #[serde(flatten)]
    summary: Summary,
    errors: Vec<Entry>,
    warnings: Vec<Entry>,
}

impl From<ImportJob> for Summary {
    fn from(job: ImportJob) -> Self {
        Self {
            processed: job.processed(),
            job_id: job.id,
            status: job.status,
            total_records: job.total_records,
            imported: job.counts.imported,
            updated: job.counts.updated,
            superseded: job.superseded,
            failed: job.counts.failed,
            reason: job.reason,
            created_at: in_milliseconds(job.created_at),
            completed_at: job.completed_at.map(in_milliseconds),
        }
    }
}

pub(crate) async fn job(
    State(app): State<App>,
    Extension(caller): Extension<Caller>,
    PathId(id): PathId<ImportId>,
) -> Result<Json<Details>, Problem> {
    let job = find(&app, caller.org(), &id).await?;
    let (errors, warnings) = match (job.counts.failed, job.counts.warnings) {
        (0, 0) => Default::default(),
        _ => (
            first_findings(&app, &job, Severity::Error, INLINE_MAX).await?,
            first_findings(&app, &job, Severity::Warning, INLINE_MAX).await?,
        ),
    };
    Ok(Json(Details { summary: job.into(), errors, warnings }))
}
