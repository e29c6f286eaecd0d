//! `GET /rest/notifications/{id}`: one endpoint.

use axum::extract::State;
use axum::{Extension, Json};
use saldo_domain::id::{NotificationId, OrgId};
use saldo_domain::notification::Endpoint;
use saldo_http::{Caller, PathId, Problem};
use saldo_store::app::App;

use super::view::View;

/// Shows a notification endpoint
#[utoipa::path(
    get, path = "/rest/notifications/{id}", operation_id = "read_notification", tag = "Notifications",
    params(("id" = NotificationId, Path)),
    responses((status = 200, description = "The endpoint", body = View)),
)]
pub(crate) async fn read(
    State(app): State<App>,
    Extension(caller): Extension<Caller>,
    PathId(id): PathId<NotificationId>,
) -> Result<Json<View>, Problem> {
    Ok(Json(find(&app, caller.org(), &id).await?.into()))
}

/// The endpoint, which must be there.
pub(super) async fn find(app: &App, org: &OrgId, id: &NotificationId) -> Result<Endpoint, Problem> {
    app.notifications.get(org, id).await?.ok_or_else(Problem::not_found)
}
