//! `GET /api/v1/export/{export_id}`: how an export is doing and, once it is there, a link to
//! its file.

use axum::extract::State;
use axum::{Extension, Json};
use jiff::Timestamp;
use saldo_domain::date::in_milliseconds;
use saldo_domain::export::{ExportJob, ExportStatus, ExportedFile, Format, Subject};
use saldo_domain::id::ExportId;
use saldo_http::{Caller, PathId, Problem};
use saldo_store::app::App;
use saldo_store::failure::Failure;
use saldo_store::files::Link;
use serde::Serialize;
use utoipa::ToSchema;

/// An export in lists.
#[derive(Serialize, ToSchema)]
#[schema(as = Export, example = json!({
    "export_id": "exp_01980d3c-6f2a-7c41-9b7e-3f1d2a5b8c90", "type": "accounts", "format": "csv",
    "status": "completed", "rows": 4, "bytes": 812,
    "sha256": "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
    "created_at": "2026-03-16T09:30:00.000Z", "completed_at": "2026-03-16T09:30:01.000Z",
    "available_until": "2026-03-23T09:30:01.000Z"
}))]
pub(crate) struct Summary {
    export_id: ExportId,
    r#type: Kind,
    format: Format,
    status: Status,
    /// The accounts or transactions in the file.
    #[schema(required)]
    rows: Option<u64>,
    /// The length of the file.
    #[schema(required)]
    bytes: Option<u64>,
    /// The SHA-256 of the bytes of the file.
    #[schema(required, pattern = "^[0-9a-f]{64}$")]
    sha256: Option<String>,
    /// Why the export failed.
    #[schema(nullable = false)]
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<String>,
    #[schema(format = DateTime)]
    created_at: String,
    #[schema(required, format = DateTime)]
    completed_at: Option<String>,
    /// Until when the file is kept.
    #[schema(required, format = DateTime)]
    available_until: Option<String>,
}

/// What is exported.
#[derive(Serialize, ToSchema)]
#[schema(as = ExportType)]
#[serde(rename_all = "snake_case")]
enum Kind {
    Accounts,
    Transactions,
}

/// How an export is doing, as its callers see it.
#[derive(Serialize, ToSchema)]
#[schema(as = ExportStatus)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Status {
    Processing,
    Completed,
    Failed,
    /// It was completed, and its file is gone.
    Expired,
}

/// An export and, while its file is there, a link to it.
#[derive(Serialize, ToSchema)]
#[schema(as = ExportDetails, example = json!({
    "export_id": "exp_01980d3c-6f2a-7c41-9b7e-3f1d2a5b8c90", "type": "accounts", "format": "csv",
    "status": "completed", "rows": 4, "bytes": 812,
    "sha256": "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
    "created_at": "2026-03-16T09:30:00.000Z", "completed_at": "2026-03-16T09:30:01.000Z",
    "available_until": "2026-03-23T09:30:01.000Z",
    "url": "https://bucket.s3.eu-central-1.amazonaws.com/exports/...?X-Amz-Signature=...",
    "expires_at": "2026-03-16T09:45:02.000Z"
}))]
pub(crate) struct Details {
    #[serde(flatten)]
    summary: Summary,
    /// A link to the file, a new one each time.
    #[schema(required, format = "uri")]
    url: Option<String>,
    /// Until when the link works.
    #[schema(required, format = DateTime)]
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
            r#type: match job.spec.subject {
                Subject::Accounts { .. } => Kind::Accounts,
                Subject::Transactions { .. } => Kind::Transactions,
            },
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

/// Shows an export
///
/// Once its file is there, with a link to it.
#[utoipa::path(
    get, path = "/api/v1/export/{export_id}", operation_id = "read_export", tag = "Exports",
    params(("export_id" = ExportId, Path)),
    responses((status = 200, description = "The export", body = Details)),
)]
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
