//! `POST /api/v1/import/{job_id}/cancel`: calls an import off.

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use axum::{Extension, Json};
use jiff::Timestamp;
use saldo::app::App;
use saldo::http::{Caller, PathId, Payload, Problem};
use saldo::id::ImportId;
use saldo::import::{ImportStatus, ImportSummary};
use saldo::queue::{ImportMessage, ImportTask};

/// Chunks that nobody has begun are left out; what was written stays written and counted. The
/// answer is the job: still processing while chunks that were begun are finished.
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
                let plan = ImportMessage::new(job.org.clone(), job.id.clone(), ImportTask::Plan);
                app.plan_queue.send(&[plan]).await?;
            }
            StatusCode::ACCEPTED
        }
        ImportStatus::Cancelled => StatusCode::OK,
        ImportStatus::Completed | ImportStatus::CompletedWithErrors | ImportStatus::Failed => {
            return Err(Problem::import_has_ended());
        }
    };
    Ok((status, Json(ImportSummary::of(&job, now))).into_response())
}
