//! `POST /api/clients`: a new external client.

use axum::extract::State;
use axum::http::StatusCode;
use axum::http::header::LOCATION;
use axum::response::IntoResponse;
use axum::{Extension, Json};
use jiff::Timestamp;
use saldo::app::App;
use saldo::client::{CLIENT_FIELDS, Client};
use saldo::http::{Caller, Payload, Problem, Seed};
use saldo::id::ClientId;

use crate::CLIENTS;
use crate::view::view_of;

pub(crate) async fn create(
    State(app): State<App>,
    Extension(caller): Extension<Caller>,
    Extension(Seed(seed)): Extension<Seed>,
    payload: Payload,
) -> Result<impl IntoResponse, Problem> {
    let fields = payload.json_fields(CLIENT_FIELDS)?;
    let client = Client::create(fields, ClientId::of_seed(seed), Timestamp::now())?;
    let client = app.clients.create(caller.org(), client).await?;
    let location = format!("{CLIENTS}/{}", client.id);
    let view = view_of(&app, caller.org(), client).await?;
    Ok((StatusCode::CREATED, [(LOCATION, location)], Json(view)))
}
