//! `DELETE /v1/accounts/{id}`: the account is gone for good.

use axum::Extension;
use axum::extract::State;
use axum::http::StatusCode;
use jiff::Timestamp;
use saldo_domain::id::AccountId;
use saldo_http::openapi::EntityTags;
use saldo_http::{Caller, PathId, Preconditions, Problem};
use saldo_store::app::App;

use crate::ATTEMPTS_MAX;
use crate::read::find;

/// Deletes an account for good
#[utoipa::path(
    delete, path = "/v1/accounts/{id}", operation_id = "delete_account", tag = "Accounts",
    params(
        ("id" = AccountId, Path),
        ("If-Match" = inline(Option<EntityTags>), Header, description = "The states it may be in: `*` or ETags"),
        ("If-None-Match" = Option<String>, Header, description = "The states it may not be in: `*` or ETags"),
    ),
    responses(
        (status = 204, description = "It is gone"),
        (status = 412, description = "`precondition_failed`: it is in another state"),
    ),
)]
pub(crate) async fn delete(
    State(app): State<App>,
    Extension(caller): Extension<Caller>,
    PathId(id): PathId<AccountId>,
    preconditions: Preconditions,
) -> Result<StatusCode, Problem> {
    for _ in 0..ATTEMPTS_MAX {
        let seen = find(&app, caller.org(), &id).await?;
        preconditions.admit_change(&seen.revision)?;
        let exactly = preconditions.name_a_state();
        if seen.bank.is_some() {
            // Of no books, and nobody's without the account.
            app.transactions.forget_pending(caller.org(), &seen).await?;
        }
        if app.accounts.delete(caller.org(), &seen, exactly, Timestamp::now()).await? {
            return Ok(StatusCode::NO_CONTENT);
        }
    }
    Err(Problem::unavailable())
}
