//! `GET /v1/accounts/{id}`: one account.

use axum::Extension;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use saldo::account::Account;
use saldo::app::App;
use saldo::http::{Caller, PathId, Preconditions, Problem, etag_header};
use saldo::id::{AccountId, OrgId};

use crate::view::shown;

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
