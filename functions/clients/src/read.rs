//! `GET /api/clients/{id}`: one client.

use axum::extract::State;
use axum::{Extension, Json};
use saldo::app::App;
use saldo::http::{Caller, PathId, Problem};
use saldo::id::ClientId;

use crate::view::{View, view_of};

pub(crate) async fn read(
    State(app): State<App>,
    Extension(caller): Extension<Caller>,
    PathId(id): PathId<ClientId>,
) -> Result<Json<View>, Problem> {
    let client = app.clients.get(caller.org(), &id).await?.ok_or_else(Problem::not_found)?;
    Ok(Json(view_of(&app, caller.org(), client).await?))
}
