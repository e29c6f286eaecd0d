//! `DELETE /api/v1/keys/{id}`: the key opens nothing any more.

use axum::Extension;
use axum::extract::State;
use axum::http::StatusCode;
use jiff::Timestamp;
use saldo::app::App;
use saldo::http::{Caller, PathId, Problem};
use saldo::id::KeyId;

/// Revokes a key
///
/// It is refused at once, and stays in the list. Revoking it again changes nothing.
#[utoipa::path(
    delete, path = "/api/v1/keys/{id}", operation_id = "revoke_key", tag = "Keys",
    params(("id" = KeyId, Path)),
    responses((status = 204, description = "It is revoked")),
)]
pub(crate) async fn revoke(
    State(app): State<App>,
    Extension(caller): Extension<Caller>,
    PathId(id): PathId<KeyId>,
) -> Result<StatusCode, Problem> {
    match app.keys.revoke(caller.org(), &id, Timestamp::now()).await? {
        true => Ok(StatusCode::NO_CONTENT),
        false => Err(Problem::not_found()),
    }
}
