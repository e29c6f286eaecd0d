//! Authentication by API key and authorization by scope.

use axum::extract::{Request, State};
use axum::http::header::AUTHORIZATION;
use axum::http::{HeaderMap, HeaderName};
use axum::middleware::Next;
use axum::response::Response;
use jiff::Timestamp;
use saldo_domain::changed_by::ChangedBy;
use saldo_domain::id::OrgId;
use saldo_domain::key::{ApiKey, KeySecret, Scope};
use saldo_store::KeyStore;
use tracing::{Span, field};

use super::Problem;
use super::request_id::RequestId;

/// The header that holds the key.
pub(super) const X_API_KEY: HeaderName = HeaderName::from_static("x-api-key");

/// The key of a request. It is valid and has the scope of the route.
#[derive(Clone, Debug)]
pub struct Caller {
    key: ApiKey,
    request: RequestId,
}

impl Caller {
    /// The organization of the key, whose data the request reads or changes.
    #[must_use]
    pub fn org(&self) -> &OrgId {
        &self.key.org
    }

    /// The key.
    #[must_use]
    pub fn key(&self) -> &ApiKey {
        &self.key
    }

    /// Who changes what the request changes.
    #[must_use]
    pub fn changed_by(&self) -> ChangedBy {
        ChangedBy::key(self.key.id.clone(), self.request.0)
    }
}

/// Refuses requests without a valid key that has the scope. Handlers take `Extension<Caller>`.
pub(super) async fn authorize(
    State((keys, scope)): State<(KeyStore, Scope)>,
    mut request: Request,
    next: Next,
) -> Result<Response, Problem> {
    let key = authenticate(&keys, request.headers()).await?;
    Span::current().record("org", field::display(&key.org)).record("key", field::display(&key.id));
    if !key.allows(scope) {
        return Err(Problem::scope_missing(scope));
    }
    let id = request.extensions().get::<RequestId>().copied().ok_or_else(Problem::internal)?;
    request.extensions_mut().insert(Caller { key, request: id });
    Ok(next.run(request).await)
}

async fn authenticate(keys: &KeyStore, headers: &HeaderMap) -> Result<ApiKey, Problem> {
    let unknown = || Problem::refused_key("key_unknown", "there is no such key");
    let secret: KeySecret = sent_key(headers).ok_or_else(Problem::no_key)?.parse().map_err(|_| unknown())?;
    let key = keys.find(&secret.hash()).await?.ok_or_else(unknown)?;
    let now = Timestamp::now();
    match (key.revoked_at, key.is_valid_at(now)) {
        (Some(_), _) => return Err(Problem::revoked_key()),
        (None, false) => return Err(Problem::refused_key("key_expired", "the key has expired")),
        (None, true) => {}
    }
    if key.use_is_news_at(now)
        && let Err(failure) = keys.used(&secret.hash(), now).await
    {
        // The request does not depend on it.
        tracing::warn!(error = %failure.chain(), key = %key.id, "the use of the key was not recorded");
    }
    Ok(key)
}

/// The key of a request: `X-API-Key`, or else `Authorization: Bearer` (RFC 6750). If a request has both, they are
/// equal, or it was refused before.
pub(super) fn sent_key(headers: &HeaderMap) -> Option<&str> {
    header_key(headers).or_else(|| bearer_key(headers))
}

/// The value of `X-API-Key`.
pub(super) fn header_key(headers: &HeaderMap) -> Option<&str> {
    headers.get(X_API_KEY).map(|key| key.to_str().unwrap_or_default().trim())
}

/// The token of `Authorization: Bearer`.
pub(super) fn bearer_key(headers: &HeaderMap) -> Option<&str> {
    bearer_token(headers.get(AUTHORIZATION)?.to_str().ok()?)
}

/// The token of an `Authorization` value with the scheme Bearer.
pub(super) fn bearer_token(value: &str) -> Option<&str> {
    let (scheme, token) = value.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then(|| token.trim())
}
