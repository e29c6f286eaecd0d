//! `PUT /api/clients/{id}`: changes name or description.

use axum::extract::State;
use axum::{Extension, Json};
use jiff::Timestamp;
use saldo_domain::client::{CLIENT_FIELDS, ClientChange};
use saldo_domain::id::ClientId;
use saldo_http::{Caller, PathId, Payload, Preconditions, Problem};
use saldo_store::app::App;

use crate::body::Change;
use crate::view::{View, view_of};

/// Changes a client
///
/// What is not mentioned stays. The type of a client can't be changed.
#[utoipa::path(
    put, path = "/api/clients/{id}", operation_id = "change_client", tag = "Clients",
    params(
        ("id" = ClientId, Path),
        ("If-Match" = Option<String>, Header, pattern = r"^\*$", description = "`*` at the most: clients have no ETags"),
    ),
    request_body = Change,
    responses(
        (status = 200, description = "The client", body = View),
        (status = 412, description = "`precondition_failed`: clients have no ETags, so that none can be theirs"),
    ),
)]
pub(crate) async fn change(
    State(app): State<App>,
    Extension(caller): Extension<Caller>,
    PathId(id): PathId<ClientId>,
    preconditions: Preconditions,
    payload: Payload,
) -> Result<Json<View>, Problem> {
    preconditions.admit_untagged()?;
    let change = ClientChange::read(payload.json_fields(CLIENT_FIELDS)?)?;
    let changed = app.clients.change(caller.org(), &id, &change, Timestamp::now()).await?;
    let client = changed.ok_or_else(Problem::not_found)?;
    Ok(Json(view_of(&app, caller.org(), client).await?))
}
