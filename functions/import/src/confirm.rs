//! `POST /v1/imports/{job_id}/confirm`: confirms that a complete file closes what it omits.

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
use saldo_store::Confirmed;
use saldo_store::queue::ImportTask;

use crate::Stores;
use crate::error::ImportError;
use crate::rows::Nothing;

/// Confirms the closings of an import
///
/// An import of a complete file with the status `awaiting_confirmation` closes the items of its list, which
/// `GET /v1/imports/{job_id}/closings` shows. Items that were changed since stay as they are: `not_closed` states how many. Cancel the
/// import instead to close nothing.
#[utoipa::path(
    post, path = "/v1/imports/{job_id}/confirm", operation_id = "confirm_import", tag = "Imports",
    params(("job_id" = ImportId, Path)),
    request_body = Option<Nothing>,
    responses(
        (status = 202, description = "The import, which closes the items", body = ImportSummary),
        (status = 409, description = "`import_ended`: it has already ended; `nothing_to_confirm`: it does not wait for a confirmation; `import_being_cancelled`: it was cancelled"),
    ),
)]
pub(crate) async fn confirm(
    State(stores): State<Stores>,
    Extension(caller): Extension<Caller>,
    PathId(id): PathId<ImportId>,
    payload: Payload,
) -> Result<Response, Problem> {
    payload.json_fields_if_any(const { &Names::new(&[]) })?.finish(Some(()))?;
    let job = match stores.imports.confirm(caller.org(), &id).await? {
        Confirmed::Closing(job) => *job,
        Confirmed::NotFound => return Err(Problem::not_found()),
        Confirmed::NotAwaited(job) => {
            return Err(match job.status {
                ImportStatus::Processing | ImportStatus::AwaitingConfirmation
                    if job.cancel_requested_at.is_some() =>
                {
                    ImportError::IsBeingCancelled
                }
                ImportStatus::Processing | ImportStatus::AwaitingConfirmation => {
                    ImportError::NothingToConfirm
                }
                ImportStatus::Completed
                | ImportStatus::CompletedWithErrors
                | ImportStatus::Cancelled
                | ImportStatus::Failed => ImportError::HasEnded,
            }
            .into());
        }
    };
    // Also after a repeated request: the message of the first one may not have been queued.
    stores.plan_queue.send(&[message(&job, ImportTask::Close)]).await?;
    let import = stores.imports.with_progress(job).await?;
    Ok((StatusCode::ACCEPTED, Json(ImportSummary::of(&import, Timestamp::now()))).into_response())
}
