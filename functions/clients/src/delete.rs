//! `DELETE /api/clients/{id}`: only while it owns no accounts.

use axum::Extension;
use axum::extract::State;
use axum::http::StatusCode;
use saldo_domain::account::OwnerId;
use saldo_domain::id::ClientId;
use saldo_http::{Caller, PathId, Preconditions, Problem};
use saldo_store::app::App;

use crate::error::OwnsAccounts;

/// Deletes a client that owns no accounts
#[utoipa::path(
    delete, path = "/api/clients/{id}", operation_id = "delete_client", tag = "Clients",
    params(
        ("id" = ClientId, Path),
        ("If-Match" = Option<String>, Header, pattern = r"^\*$", description = "`*` at the most: clients have no ETags"),
    ),
    responses(
        (status = 204, description = "It is gone"),
        (status = 409, description = "`client_owns_accounts`: delete them, or change their `owner_id`, first"),
        (status = 412, description = "`precondition_failed`: clients have no ETags, so that none can be theirs"),
    ),
)]
pub(crate) async fn delete(
    State(app): State<App>,
    Extension(caller): Extension<Caller>,
    PathId(id): PathId<ClientId>,
    preconditions: Preconditions,
) -> Result<StatusCode, Problem> {
    preconditions.admit_untagged()?;
    app.clients.get(caller.org(), &id).await?.ok_or_else(Problem::not_found)?;
    if app.accounts.owns_any(caller.org(), &OwnerId::of_id(&id)).await? {
        return Err(OwnsAccounts.into());
    }
    app.clients.delete(caller.org(), &id).await?;
    Ok(StatusCode::NO_CONTENT)
}
