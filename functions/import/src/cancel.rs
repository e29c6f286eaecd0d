//! `POST /api/v1/import/{job_id}/cancel`: cancels an import.

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use axum::{Extension, Json};
use jiff::Timestamp;
use saldo_domain::fields::Names;
use saldo_domain::id::ImportId;
use saldo_domain::import::{ImportStatus, ImportSummary};
use saldo_http::{Caller, PathId, Payload, Problem};
use saldo_jobs::import::message;
use saldo_store::queue::ImportTask;

use crate::Stores;
use crate::error::ImportError;
use crate::rows::Nothing;

/// Cancels an import
///
/// Chunks that have not started are skipped; rows that were written stay written and are counted. An import that waits for a
/// confirmation closes nothing then.
#[utoipa::path(
    post, path = "/api/v1/import/{job_id}/cancel", operation_id = "cancel_import", tag = "Imports",
    params(("job_id" = ImportId, Path)),
    request_body = Option<Nothing>,
    responses(
        (status = 200, description = "The import, which is cancelled", body = ImportSummary),
        (status = 202, description = "The import; chunks that have started are finished first", body = ImportSummary),
        (status = 409, description = "`import_ended`: it has already ended; `import_closing`: it closes the items that its file omits"),
    ),
)]
pub(crate) async fn cancel(
    State(stores): State<Stores>,
    Extension(caller): Extension<Caller>,
    PathId(id): PathId<ImportId>,
    payload: Payload,
) -> Result<Response, Problem> {
    payload.json_fields_if_any(const { &Names::new(&[]) })?.finish(Some(()))?;
    let now = Timestamp::now();
    let job = stores.imports.cancel(caller.org(), &id, now).await?.ok_or_else(Problem::not_found)?;
    let status = match job.status {
        ImportStatus::Processing if !job.can_be_stopped() => return Err(ImportError::IsClosing.into()),
        ImportStatus::Processing => {
            // The planner may have died; its message would return much later.
            if job.chunks.is_none() {
                stores.plan_queue.send(&[message(&job, ImportTask::Plan)]).await?;
            } else if job.closing.is_some() {
                // Its message may rest while earlier imports run.
                stores.plan_queue.send(&[message(&job, ImportTask::Close)]).await?;
            }
            StatusCode::ACCEPTED
        }
        // The worker ends it.
        ImportStatus::AwaitingConfirmation => {
            stores.plan_queue.send(&[message(&job, ImportTask::Close)]).await?;
            StatusCode::ACCEPTED
        }
        ImportStatus::Cancelled => StatusCode::OK,
        ImportStatus::Completed | ImportStatus::CompletedWithErrors | ImportStatus::Failed => {
            return Err(ImportError::HasEnded.into());
        }
    };
    let import = stores.imports.with_progress(job).await?;
    Ok((status, Json(ImportSummary::of(&import, now))).into_response())
}
