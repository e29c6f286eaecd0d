//! `POST /api/v1/import/{job_id}/cancel`: calls an import off.

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use axum::{Extension, Json};
use jiff::Timestamp;
use saldo_domain::id::ImportId;
use saldo_domain::import::{ImportStatus, ImportSummary};
use saldo_http::{Caller, PathId, Payload, Problem};
use saldo_jobs::import::message;
use saldo_store::app::App;
use saldo_store::queue::ImportTask;

use crate::body::Nothing;

/// Cancels an import
///
/// Rows that nobody has begun with are left out; what was written stays written and counted.
#[utoipa::path(
    post, path = "/api/v1/import/{job_id}/cancel", operation_id = "cancel_import", tag = "Imports",
    params(("job_id" = ImportId, Path)),
    request_body = Option<Nothing>,
    responses(
        (status = 200, description = "The import, which is cancelled", body = ImportSummary),
        (status = 202, description = "The import, of which rows that were begun with are finished", body = ImportSummary),
        (status = 409, description = "`import_ended`: it has ended otherwise"),
    ),
)]
pub(crate) async fn cancel(
    State(app): State<App>,
    Extension(caller): Extension<Caller>,
    PathId(id): PathId<ImportId>,
    payload: Payload,
) -> Result<Response, Problem> {
    payload.json_fields_if_any(&[])?.finish(Some(()))?;
    let now = Timestamp::now();
    let job = app.imports.cancel(caller.org(), &id, now).await?.ok_or_else(Problem::not_found)?;
    let status = match job.status {
        ImportStatus::Processing => {
            // Its planner may be gone, and come back much later.
            if job.chunks.is_none() {
                app.plan_queue.send(&[message(&job, ImportTask::Plan)]).await?;
            }
            StatusCode::ACCEPTED
        }
        ImportStatus::Cancelled => StatusCode::OK,
        ImportStatus::Completed | ImportStatus::CompletedWithErrors | ImportStatus::Failed => {
            return Err(Problem::import_has_ended());
        }
    };
    let import = app.imports.with_progress(job).await?;
    Ok((status, Json(ImportSummary::of(&import, now))).into_response())
}
