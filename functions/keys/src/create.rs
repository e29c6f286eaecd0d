//! `POST /api/v1/keys`: a new key, shown this once.

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::IntoResponse;
use axum::{Extension, Json};
use jiff::Timestamp;
use saldo::app::App;
use saldo::http::{Caller, KeptInstead, Payload, Problem, Seed};
use saldo::id::KeyId;
use saldo::key::{KEY_FIELDS, KeyRequest, KeySecret, Scope};
use serde::Serialize;
use utoipa::ToSchema;

use crate::body::New;
use crate::view::View;

/// A new key, and what is known of it.
#[derive(Serialize, ToSchema)]
#[schema(as = CreatedKey, example = json!({
    "id": "key_mfrggzdfmztwq2lk", "name": "ERP", "prefix": "saldo_k_q83v", "scopes": ["import", "export"],
    "created_at": "2026-03-16T09:30:00.000Z", "last_used_at": null, "expires_at": null, "revoked_at": null,
    "key": "saldo_k_q83vASNFZ4mrze8BI0VniavN7wEjRWeJq83vASNFZ4k"
}))]
struct Created {
    #[serde(flatten)]
    view: View,
    /// The key; null when the answer is repeated for its `Idempotency-Key`.
    #[schema(required, pattern = "^saldo_k_[A-Za-z0-9_-]{43}$")]
    key: Option<String>,
}

/// Makes a key
///
/// The key itself is shown this once: keep it. It can grant nothing that the key of the request may not do.
#[utoipa::path(
    post, path = "/api/v1/keys", operation_id = "create_key", tag = "Keys",
    request_body = New,
    responses(
        (status = 201, description = "The key", body = Created),
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
    let request = KeyRequest::read(payload.json_fields(KEY_FIELDS)?, now)?;
    let lacking: Vec<Scope> =
        request.scopes.iter().copied().filter(|scope| !caller.key().allows(*scope)).collect();
    if !lacking.is_empty() {
        return Err(Problem::scopes_not_held(&lacking));
    }
    let secret = KeySecret::random().map_err(|_| Problem::internal())?;
    let key = request.grant(KeyId::of_seed(seed), caller.org().clone(), &secret, now);
    app.keys.put(&secret.hash(), &key).await?;

    let view = View::from(key);
    let kept = Created { view: view.clone(), key: None };
    let kept = KeptInstead(serde_json::to_string(&kept).map_err(|_| Problem::internal())?);
    let created = Created { view, key: Some(secret.expose().to_owned()) };
    Ok((StatusCode::CREATED, Extension(kept), Json(created)))
}
