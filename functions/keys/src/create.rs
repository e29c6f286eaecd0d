//! `POST /api/v1/keys`: a new key, which only this answer shows.

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::IntoResponse;
use axum::{Extension, Json};
use jiff::Timestamp;
use saldo_domain::id::KeyId;
use saldo_domain::key::{Actor, KEY_FIELDS, KeyRequest, KeySecret};
use saldo_http::{Caller, KeptInstead, Payload, Problem, Seed};
use saldo_store::Creation;
use saldo_store::app::App;
use serde::Serialize;
use utoipa::ToSchema;

use crate::body::New;
use crate::error::KeyError;
use crate::view::View;

/// A new key, with its secret text.
#[derive(Serialize, ToSchema)]
#[schema(as = CreatedKey, example = json!({
    "id": "key_mfrggzdfmztwq2lk", "name": "ERP", "prefix": "saldo_k_q83v", "scopes": ["import", "export"],
    "created_at": "2026-03-16T09:30:00.000Z", "created_by": "key_nfxgs5dpojswk4tf", "last_used_at": null,
    "expires_at": null, "revoked_at": null, "revoked_by": null,
    "key": "saldo_k_q83vASNFZ4mrze8BI0VniavN7wEjRWeJq83vASNFZ4k"
}))]
struct Created {
    #[serde(flatten)]
    view: View,
    /// The key; null when the answer is repeated for its `Idempotency-Key`.
    #[schema(required, pattern = "^saldo_k_[A-Za-z0-9_-]{43}$")]
    key: Option<String>,
}

/// Creates a key
///
/// The key itself is shown only in this answer: keep it. Its scopes are among those of the key of the request,
/// and it expires no later.
#[utoipa::path(
    post, path = "/api/v1/keys", operation_id = "create_key", tag = "Keys",
    request_body = New,
    responses(
        (status = 201, description = "The key", body = Created),
        (status = 401, description = "`key_revoked`: the key of the request was revoked in the meantime"),
        (status = 409, description = "`created_key_revoked`: an earlier attempt of this request created the key, and it was revoked since"),
        (status = 403, description = "`scope_missing`: the new key would have a scope that the key of the request lacks"),
    ),
)]
pub(crate) async fn create(
    State(app): State<App>,
    Extension(caller): Extension<Caller>,
    Extension(Seed(seed)): Extension<Seed>,
    payload: Payload,
) -> Result<impl IntoResponse, Problem> {
    let now = Timestamp::now();
    let parent = caller.key();
    let request = KeyRequest::read(payload.json_fields(KEY_FIELDS)?, now, parent.expires_at)?;
    let lacking = parent.lacks(&request.scopes);
    if !lacking.is_empty() {
        return Err(KeyError::CannotGrant(lacking).into());
    }
    let secret = KeySecret::random().map_err(|_| Problem::internal())?;
    let creator = Actor::Key(parent.id.clone());
    let key = request.grant(KeyId::of_seed(seed), caller.org().clone(), creator, &secret, now);
    match app.keys.create(&secret.hash(), &key).await? {
        Creation::Stored => {}
        Creation::CreatorRevoked => return Err(Problem::revoked_key()),
        Creation::Revoked => return Err(KeyError::CreatedKeyRevoked.into()),
    }

    let view = View::from(key);
    let kept = Created { view: view.clone(), key: None };
    let kept = KeptInstead(serde_json::to_string(&kept).map_err(|_| Problem::internal())?);
    let created = Created { view, key: Some(secret.expose().to_owned()) };
    Ok((StatusCode::CREATED, Extension(kept), Json(created)))
}
