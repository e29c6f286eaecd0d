//! `PUT /v1/accounts/{id}`: changes the fields given and leaves the others alone.

use axum::Extension;
use axum::extract::State;
use axum::response::IntoResponse;
use jiff::Timestamp;
use saldo_domain::account::{ACCOUNT_FIELDS, AccountChange};
use saldo_domain::id::AccountId;
use saldo_http::openapi::EntityTags;
use saldo_http::{Caller, PathId, Payload, Preconditions, Problem};
use saldo_store::app::App;

use crate::ATTEMPTS_MAX;
use crate::body::Change;
use crate::view::{View, shown};

/// Changes an account
///
/// What is not mentioned stays.
#[utoipa::path(
    put, path = "/v1/accounts/{id}", operation_id = "change_account", tag = "Accounts",
    params(
        ("id" = AccountId, Path),
        ("If-Match" = inline(Option<EntityTags>), Header, description = "The states it may be in: `*` or ETags"),
        ("If-None-Match" = Option<String>, Header, description = "The states it may not be in: `*` or ETags"),
    ),
    request_body(content((Change = "application/json"), (Change = "application/x-www-form-urlencoded"))),
    responses(
        (status = 200, description = "The account", body = View, headers(("ETag", description = "The state it is in"))),
        (status = 412, description = "`precondition_failed`: it is in another state"),
    ),
)]
pub(crate) async fn change(
    State(app): State<App>,
    Extension(caller): Extension<Caller>,
    PathId(id): PathId<AccountId>,
    preconditions: Preconditions,
    payload: Payload,
) -> Result<impl IntoResponse, Problem> {
    let change = AccountChange::read(payload.json_or_form_fields(ACCOUNT_FIELDS)?)?;
    let exactly = preconditions.name_a_state();
    for _ in 0..ATTEMPTS_MAX {
        let seen = app.accounts.get_for_change(caller.org(), &id).await?.ok_or_else(Problem::not_found)?;
        preconditions.admit_change(&seen.revision)?;
        change.check(&seen)?;
        let now = Timestamp::now();
        if let Some(changed) = app.accounts.change(caller.org(), &seen, &change, exactly, now).await? {
            return Ok(shown(changed));
        }
    }
    Err(Problem::unavailable())
}
