//! `DELETE /rest/notifications/{id}`: the endpoint is told of nothing more.

use axum::Extension;
use axum::extract::State;
use axum::http::StatusCode;
use saldo_domain::id::NotificationId;
use saldo_http::{Caller, PathId, Preconditions, Problem};
use saldo_store::app::App;

/// Deletes a notification endpoint
///
/// What is on its way is given up.
#[utoipa::path(
    delete, path = "/rest/notifications/{id}", operation_id = "delete_notification", tag = "Notifications",
    params(
        ("id" = NotificationId, Path),
        ("If-Match" = Option<String>, Header, nullable = false, pattern = r"^\*$", description = "`*`: an endpoint has no `ETag`"),
    ),
    responses(
        (status = 204, description = "It is gone"),
        (status = 412, description = "`precondition_failed`: an endpoint has no `ETag`"),
    ),
)]
pub(crate) async fn delete(
    State(app): State<App>,
    Extension(caller): Extension<Caller>,
    PathId(id): PathId<NotificationId>,
    preconditions: Preconditions,
) -> Result<StatusCode, Problem> {
    preconditions.admit_untagged()?;
    match app.notifications.delete(caller.org(), &id).await? {
        true => Ok(StatusCode::NO_CONTENT),
        false => Err(Problem::not_found()),
    }
}
