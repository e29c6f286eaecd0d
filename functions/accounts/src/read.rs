//! `GET /v1/accounts/{id}`: one account.

use axum::Extension;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use saldo_domain::account::Account;
use saldo_domain::id::{AccountId, OrgId};
use saldo_http::openapi::EntityTags;
use saldo_http::{Caller, PathId, Preconditions, Problem, etag_header};
use saldo_store::app::App;

use crate::view::{View, shown};

/// Shows an account
#[utoipa::path(
    get, path = "/v1/accounts/{id}", operation_id = "read_account", tag = "Accounts",
    params(
        ("id" = AccountId, Path),
        ("If-Match" = inline(Option<EntityTags>), Header, description = "The states it may be in: `*` or ETags"),
        ("If-None-Match" = Option<String>, Header, description = "The states that the caller has: `*` or ETags"),
    ),
    responses(
        (status = 200, description = "The account", body = View, headers(("ETag", description = "The state it is in"))),
        (status = 304, description = "The caller has it in this state", headers(("ETag", description = "The state it is in"))),
        (status = 412, description = "`precondition_failed`: it is in another state"),
    ),
)]
pub(crate) async fn read(
    State(app): State<App>,
    Extension(caller): Extension<Caller>,
    PathId(id): PathId<AccountId>,
    preconditions: Preconditions,
) -> Result<Response, Problem> {
    let account = find(&app, caller.org(), &id).await?;
    preconditions.admit(&account.revision)?;
    if preconditions.has(&account.revision) {
        return Ok((StatusCode::NOT_MODIFIED, etag_header(&account.revision)).into_response());
    }
    Ok(shown(account).into_response())
}

/// The account with this id, if the organization has it.
pub(crate) async fn find(app: &App, org: &OrgId, id: &AccountId) -> Result<Account, Problem> {
    app.accounts.get(org, id).await?.ok_or_else(Problem::not_found)
}
