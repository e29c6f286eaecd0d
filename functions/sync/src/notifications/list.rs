//! `GET /rest/notifications`: the organization's endpoints, in the order of their making.

use axum::extract::State;
use axum::{Extension, Json};
use saldo::app::App;
use saldo::http::{Caller, Problem};
use serde::Serialize;

use super::view::View;

#[derive(Serialize)]
pub(crate) struct List {
    notifications: Vec<View>,
}

pub(crate) async fn list(
    State(app): State<App>,
    Extension(caller): Extension<Caller>,
) -> Result<Json<List>, Problem> {
    let endpoints = app.notifications.all(caller.org()).await?;
    Ok(Json(List { notifications: endpoints.into_iter().map(View::from).collect() }))
}
