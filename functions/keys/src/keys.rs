//! The resource `/api/v1/keys`: API keys. Only the answer that creates a key shows the key itself.

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::IntoResponse;
use axum::{Extension, Json};
use jiff::Timestamp;
use saldo_domain::date::in_milliseconds;
use saldo_domain::fields::Fields;
use saldo_domain::id::KeyId;
use saldo_domain::key::{Actor, ApiKey, KeyLifetime, KeyRequest, KeySecret, Scope};
use saldo_http::openapi::Flag;
use saldo_http::{
    Caller, FromParameters, KeptInstead, Page, PageAfter, Parameters, PathId, Payload, Problem, Seed,
};
use saldo_store::{Creation, Revocation, Revoked, Revoker};
use serde::Serialize;
use utoipa::openapi::Required;
use utoipa::openapi::path::{Parameter, ParameterBuilder, ParameterIn};
use utoipa::{IntoParams, PartialSchema, ToSchema};

use crate::Stores;
use crate::error::KeyError;

/// A key, without the key itself.
#[derive(Clone, Serialize, ToSchema)]
#[schema(as = Key, example = json!({
    "id": "key_mfrggzdfmztwq2lk", "name": "ERP", "prefix": "saldo_k_q83v", "scopes": ["import", "export"],
    "created_at": "2026-03-16T09:30:00.000Z", "created_by": "key_nfxgs5dpojswk4tf",
    "last_used_at": "2026-03-16T10:00:00.000Z", "expires_at": null, "revoked_at": null, "revoked_by": null
}))]
pub(crate) struct View {
    id: KeyId,
    name: String,
    /// The first characters of the key, to recognize it; empty for keys older than this field.
    #[schema(pattern = "^(saldo_k_[A-Za-z0-9_-]{4})?$")]
    prefix: String,
    scopes: Vec<Scope>,
    #[schema(format = DateTime)]
    created_at: String,
    /// The id of the key that created it, or `operator` for the admin command.
    created_by: Actor,
    /// When it was last used, to the hour.
    #[schema(required, format = DateTime)]
    last_used_at: Option<String>,
    /// When it expires.
    #[schema(required, format = DateTime)]
    expires_at: Option<String>,
    /// When it was revoked.
    #[schema(required, format = DateTime)]
    revoked_at: Option<String>,
    /// The id of the key that revoked it, or `operator` for the admin command.
    #[schema(required)]
    revoked_by: Option<Actor>,
}

/// A new key, with the key itself.
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

impl From<ApiKey> for View {
    fn from(key: ApiKey) -> Self {
        Self {
            id: key.id,
            name: key.name.into(),
            prefix: key.prefix,
            scopes: key.scopes,
            created_at: in_milliseconds(key.created_at),
            created_by: key.created_by,
            last_used_at: key.last_used_at.map(in_milliseconds),
            expires_at: key.expires_at.map(in_milliseconds),
            revoked_at: key.revoked_at.map(in_milliseconds),
            revoked_by: key.revoked_by,
        }
    }
}

/// Lists keys
///
/// Also those that were revoked or have expired, in the order of their ids, and never the keys themselves.
#[utoipa::path(
    get, path = "/api/v1/keys", operation_id = "list_keys", tag = "Keys",
    params(PageAfter<KeyId>),
    responses((status = 200, description = "A page of keys", body = Page<View>)),
)]
pub(crate) async fn list(
    State(stores): State<Stores>,
    Extension(caller): Extension<Caller>,
    Parameters(query): Parameters<PageAfter<KeyId>>,
) -> Result<Json<Page<View>>, Problem> {
    let page = stores.keys.list(caller.org(), query.starting_after.as_ref(), query.limit.get()).await?;
    let (keys, has_more) = page;
    Ok(Json(Page { data: keys.into_iter().map(View::from).collect(), has_more }))
}

/// Creates a key
///
/// The key itself is shown only in this answer: keep it. Its scopes are among those of the key of the request,
/// and it expires no later.
#[utoipa::path(
    post, path = "/api/v1/keys", operation_id = "create_key", tag = "Keys",
    request_body = KeyRequest,
    responses(
        (status = 201, description = "The key", body = Created),
        (status = 401, description = "`key_revoked`: the key of the request was revoked in the meantime"),
        (status = 409, description = "`created_key_revoked`: an earlier attempt of this request created the key, and it was revoked since"),
        (status = 403, description = "`scope_missing`: the new key would have a scope that the key of the request lacks"),
    ),
)]
pub(crate) async fn create(
    State(stores): State<Stores>,
    Extension(caller): Extension<Caller>,
    Extension(Seed(seed)): Extension<Seed>,
    payload: Payload,
) -> Result<impl IntoResponse, Problem> {
    let now = Timestamp::now();
    let parent = caller.key();
    let mut request: KeyRequest = payload.json_with(KeyLifetime { now, latest: parent.expires_at })?;
    request.expires_at = request.expires_at.or(parent.expires_at);
    let lacking = parent.lacks(&request.scopes);
    if !lacking.is_empty() {
        return Err(KeyError::CannotGrant(lacking).into());
    }
    let secret = KeySecret::random().map_err(|_| Problem::internal())?;
    let creator = Actor::Key(parent.id.clone());
    let key = request.grant(KeyId::of_seed(seed), caller.org().clone(), creator, &secret, now);
    match stores.keys.create(&secret.hash(), &key).await? {
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

/// The parameters of a revocation.
pub(crate) struct RevokeQuery {
    cascade: bool,
}

impl IntoParams for RevokeQuery {
    fn into_params(_: impl Fn() -> Option<ParameterIn>) -> Vec<Parameter> {
        let about = "Whether the keys that it created, those that they created, and so on, are revoked, too";
        let cascade = ParameterBuilder::new().name("cascade").parameter_in(ParameterIn::Query);
        let cascade = cascade.required(Required::False).description(Some(about));
        vec![cascade.schema(Some(Flag::schema())).build()]
    }
}

impl FromParameters for RevokeQuery {
    const NAMES: &'static [&'static str] = &["cascade"];

    fn read(parameters: &mut Fields<'_>) -> Option<Self> {
        Some(Self { cascade: parameters.boolean("cascade").value().unwrap_or_default() })
    }
}

/// Revokes a key
///
/// Every later request with it is refused. It stays in the list. Keys that it created stay valid unless
/// `cascade` is true. Revoking it again changes nothing.
#[utoipa::path(
    delete, path = "/api/v1/keys/{id}", operation_id = "revoke_key", tag = "Keys",
    params(("id" = KeyId, Path), RevokeQuery),
    responses(
        (status = 204, description = "The key is revoked"),
        (status = 403, description = "`scope_missing`: it has scopes that the key of the request lacks"),
        (status = 409, description = "`last_key`: no other key with the scope `keys` would be left; keys that expire don't count when one is revoked that doesn't"),
    ),
)]
pub(crate) async fn revoke(
    State(stores): State<Stores>,
    Extension(caller): Extension<Caller>,
    PathId(id): PathId<KeyId>,
    Parameters(RevokeQuery { cascade }): Parameters<RevokeQuery>,
) -> Result<StatusCode, Problem> {
    let by = Revoker::Key(caller.key());
    let revocation = Revocation { org: caller.org(), id: &id, cascade, by, now: Timestamp::now() };
    match stores.keys.revoke(&revocation).await? {
        Revoked::Done => Ok(StatusCode::NO_CONTENT),
        Revoked::NotFound => Err(Problem::not_found()),
        Revoked::ScopesMissing(scopes) => Err(KeyError::CannotRevoke(scopes).into()),
        Revoked::LastKey => Err(KeyError::LastKey.into()),
    }
}

#[cfg(test)]
mod tests {
    use saldo_http::openapi::query_parameters;

    use super::*;

    #[test]
    fn operations_describe_their_parameters() {
        assert_eq!(query_parameters::<__path_list>(), PageAfter::<KeyId>::NAMES);
        assert_eq!(query_parameters::<__path_revoke>(), RevokeQuery::NAMES);
    }
}
