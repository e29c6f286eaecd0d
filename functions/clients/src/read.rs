//! `GET /api/clients/{id}`: one client.

use axum::extract::State;
use axum::{Extension, Json};
use saldo_domain::id::ClientId;
use saldo_http::{Caller, PathId, Problem};
use saldo_store::app::App;

use crate::view::{View, view_of};

/// Shows a client
///
/// With the accounts it owns and what they come to in each currency.
#[utoipa::path(
    get, path = "/api/clients/{id}", operation_id = "read_client", tag = "Clients",
    params(("id" = ClientId, Path)),
    responses((status = 200, description = "The client", body = View)),
)]
pub(crate) async fn read(
    State(app): State<App>,
    Extension(caller): Extension<Caller>,
    PathId(id): PathId<ClientId>,
) -> Result<Json<View>, Problem> {
    let client = app.clients.get(caller.org(), &id).await?.ok_or_else(Problem::not_found)?;
    Ok(Json(view_of(&app, caller.org(), client).await?))
}
