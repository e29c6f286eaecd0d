//! `POST /v1/accounts`: a new account.

use axum::Extension;
use axum::extract::State;
use axum::http::StatusCode;
use axum::http::header::LOCATION;
use axum::response::IntoResponse;
use jiff::Timestamp;
use saldo_domain::account::{ACCOUNT_FIELDS, Account};
use saldo_domain::id::AccountId;
use saldo_http::{Caller, Payload, Problem, Seed};
use saldo_store::app::App;

use crate::body::New;
use crate::view::{View, shown};

/// Makes an account
#[utoipa::path(
    post, path = "/v1/accounts", operation_id = "create_account", tag = "Accounts",
    request_body(content((New = "application/json"), (New = "application/x-www-form-urlencoded"))),
    responses((
        status = 201, description = "The account", body = View,
        headers(("ETag", description = "The state it is in"), ("Location", description = "Its path")),
    )),
)]
pub(crate) async fn create(
    State(app): State<App>,
    Extension(caller): Extension<Caller>,
    Extension(Seed(seed)): Extension<Seed>,
    payload: Payload,
) -> Result<impl IntoResponse, Problem> {
    let fields = payload.json_or_form_fields(ACCOUNT_FIELDS)?;
    let account = Account::create(fields, AccountId::of_seed(seed), Timestamp::now())?;
    let account = app.accounts.create(caller.org(), account).await?;
    let location = format!("/v1/accounts/{}", account.id);
    Ok((StatusCode::CREATED, [(LOCATION, location)], shown(account)))
}
