//! `GET /rest/notifications`: the organization's endpoints, in the order of their making.

use axum::extract::State;
use axum::{Extension, Json};
use saldo_http::{Caller, Problem};
use saldo_store::app::App;
use serde::Serialize;
use utoipa::ToSchema;

use super::view::View;

/// All endpoints.
#[derive(Serialize, ToSchema)]
#[schema(as = NotificationList)]
pub(crate) struct List {
    notifications: Vec<View>,
}

/// Lists the notification endpoints
///
/// In the order of their making. No secret is among them.
#[utoipa::path(
    get, path = "/rest/notifications", operation_id = "list_notifications", tag = "Notifications",
    responses((status = 200, description = "All endpoints", body = List)),
)]
pub(crate) async fn list(
    State(app): State<App>,
    Extension(caller): Extension<Caller>,
) -> Result<Json<List>, Problem> {
    let endpoints = app.notifications.all(caller.org()).await?;
    Ok(Json(List { notifications: endpoints.into_iter().map(View::from).collect() }))
}
