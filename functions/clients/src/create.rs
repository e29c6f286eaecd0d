//! `POST /api/clients`: a new external client.

use axum::extract::State;
use axum::http::StatusCode;
use axum::http::header::LOCATION;
use axum::response::IntoResponse;
use axum::{Extension, Json};
use jiff::Timestamp;
use saldo_domain::client::{CLIENT_FIELDS, Client};
use saldo_domain::id::ClientId;
use saldo_http::{Caller, Payload, Problem, Seed};
use saldo_store::app::App;

use crate::body::New;
use crate::view::{View, view_of};

/// Makes an external client
///
/// A counterparty, that is: its type is 1. It owns the accounts that have its id as `owner_id`.
#[utoipa::path(
    post, path = "/api/clients", operation_id = "create_client", tag = "Clients",
    request_body = New,
    responses(
        (status = 201, description = "The client", body = View, headers(("Location", description = "Its path"))),
    ),
)]
pub(crate) async fn create(
    State(app): State<App>,
    Extension(caller): Extension<Caller>,
    Extension(Seed(seed)): Extension<Seed>,
    payload: Payload,
) -> Result<impl IntoResponse, Problem> {
    let fields = payload.json_fields(CLIENT_FIELDS)?;
    let client = Client::create(fields, ClientId::of_seed(seed), Timestamp::now())?;
    let client = app.clients.create(caller.org(), client).await?;
    let location = format!("/api/clients/{}", client.id);
    let view = view_of(&app, caller.org(), client).await?;
    Ok((StatusCode::CREATED, [(LOCATION, location)], Json(view)))
}
