//! `DELETE /api/clients/{id}`: only while it owns no accounts.

use axum::Extension;
use axum::extract::State;
use axum::http::StatusCode;
use saldo::account::OwnerId;
use saldo::app::App;
use saldo::http::{Caller, PathId, Preconditions, Problem};
use saldo::id::ClientId;

pub(crate) async fn delete(
    State(app): State<App>,
    Extension(caller): Extension<Caller>,
    PathId(id): PathId<ClientId>,
    preconditions: Preconditions,
) -> Result<StatusCode, Problem> {
    preconditions.admit_untagged()?;
    app.clients.get(caller.org(), &id).await?.ok_or_else(Problem::not_found)?;
    if app.accounts.owns_any(caller.org(), &OwnerId::of_id(&id)).await? {
        return Err(Problem::client_owns_accounts());
    }
    app.clients.delete(caller.org(), &id).await?;
    Ok(StatusCode::NO_CONTENT)
}
