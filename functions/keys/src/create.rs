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

use crate::view::View;

#[derive(Serialize)]
struct Created {
    #[serde(flatten)]
    view: View,
    /// The key; null when the answer is repeated for its `Idempotency-Key`.
    key: Option<String>,
}

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
