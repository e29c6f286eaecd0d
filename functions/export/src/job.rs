//! `GET /api/v1/export/{export_id}`: how an export is doing and, once it is there, a link to
//! its file.

use axum::extract::State;
use axum::{Extension, Json};
use jiff::Timestamp;
use saldo::app::App;
use saldo::date::in_milliseconds;
use saldo::export::{ExportJob, ExportStatus, ExportedFile, Format};
use saldo::failure::Failure;
use saldo::files::Link;
use saldo::http::{Caller, PathId, Problem};
use saldo::id::ExportId;
use serde::Serialize;

/// An export in lists.
#[derive(Serialize)]
pub(crate) struct Summary {
    export_id: ExportId,
    r#type: &'static str,
    format: Format,
    status: Status,
    rows: Option<u64>,
    bytes: Option<u64>,
    sha256: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<String>,
    created_at: String,
    completed_at: Option<String>,
    /// Until when the file is kept.
    available_until: Option<String>,
}

/// How an export is doing, as its callers see it.
#[derive(Serialize)]
#[serde(rename_all = "snake_case")]
enum Status {
    Processing,
    Completed,
    Failed,
    /// It was completed, and its file is gone.
    Expired,
}

#[derive(Serialize)]
pub(crate) struct Details {
    #[serde(flatten)]
    summary: Summary,
    url: Option<String>,
    /// Until when the link works.
    expires_at: Option<String>,
}

impl Summary {
    pub(crate) fn of(job: &ExportJob, now: Timestamp) -> Self {
        let Some(ExportedFile { rows, bytes, sha256 }) = job.file() else {
            return Self::without_file(job);
        };
        let expired = job.kept_until().is_some_and(|until| until <= now);
        let status = if expired { Status::Expired } else { Status::Completed };
        Self { status, rows: Some(rows), bytes: Some(bytes), sha256: Some(sha256), ..Self::without_file(job) }
    }

    fn without_file(job: &ExportJob) -> Self {
        Self {
            export_id: job.id.clone(),
            r#type: job.spec.subject.name(),
            format: job.spec.format,
            status: if job.status == ExportStatus::Failed { Status::Failed } else { Status::Processing },
            rows: None,
            bytes: None,
            sha256: None,
            reason: job.reason.clone(),
            created_at: in_milliseconds(job.created_at),
            completed_at: job.completed_at.map(in_milliseconds),
            available_until: job.kept_until().map(in_milliseconds),
        }
    }
}

pub(crate) async fn job(
    State(app): State<App>,
    Extension(caller): Extension<Caller>,
    PathId(id): PathId<ExportId>,
) -> Result<Json<Details>, Problem> {
    let job = app.exports.get(caller.org(), &id).await?.ok_or_else(Problem::not_found)?;
    let now = Timestamp::now();
    let link = link(&app, &job, now).await?;
    let expires_at = link.as_ref().map(|link| in_milliseconds(link.expires_at));
    Ok(Json(Details { summary: Summary::of(&job, now), url: link.map(|link| link.url), expires_at }))
}

/// A new link to the file, while it is there.
async fn link(app: &App, job: &ExportJob, now: Timestamp) -> Result<Option<Link>, Failure> {
    let kept = job.kept_until().is_some_and(|until| until > now);
    match job.attempt().filter(|_| kept) {
        Some(attempt) => app.files.link(&attempt.file, app.limits.link_valid).await.map(Some),
        None => Ok(None),
    }
}
