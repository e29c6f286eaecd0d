//! `PUT /rest/notifications/{id}`: changes the fields given and leaves the others alone.

use axum::extract::State;
use axum::{Extension, Json};
use saldo_domain::id::NotificationId;
use saldo_domain::notification::{ENDPOINT_FIELDS, EndpointChange};
use saldo_http::{Caller, PathId, Payload, Preconditions, Problem};
use saldo_jobs::resolver::check_name;
use saldo_store::EndpointChanged;
use saldo_store::app::App;

use super::body::Change;
use super::error::EndpointError;
use super::view::View;

/// Changes a notification endpoint
///
/// What is not mentioned stays. The secret does, too.
#[utoipa::path(
    put, path = "/rest/notifications/{id}", operation_id = "change_notification", tag = "Notifications",
    params(
        ("id" = NotificationId, Path),
        ("If-Match" = Option<String>, Header, nullable = false, pattern = r"^\*$", description = "`*`: an endpoint has no `ETag`"),
    ),
    request_body = Change,
    responses(
        (status = 200, description = "The endpoint", body = View),
        (status = 409, description = "`notification_exists`: another endpoint has the URL and the observe key"),
        (status = 412, description = "`precondition_failed`: an endpoint has no `ETag`"),
    ),
)]
pub(crate) async fn change(
    State(app): State<App>,
    Extension(caller): Extension<Caller>,
    PathId(id): PathId<NotificationId>,
    preconditions: Preconditions,
    payload: Payload,
) -> Result<Json<View>, Problem> {
    preconditions.admit_untagged()?;
    let change = EndpointChange::read(payload.json_fields(ENDPOINT_FIELDS)?, app.targets)?;
    if let Some(uri) = &change.notify_uri {
        check_name(uri, app.targets).await?;
    }
    match app.notifications.change(caller.org(), &id, &change).await? {
        EndpointChanged::Done(endpoint) => Ok(Json((*endpoint).into())),
        EndpointChanged::TargetTaken => Err(EndpointError::Exists.into()),
        EndpointChanged::NotFound => Err(Problem::not_found()),
    }
}
