//! Who is calling, and whether they may.

use axum::extract::{Request, State};
use axum::http::header::AUTHORIZATION;
use axum::http::{HeaderMap, HeaderName};
use axum::middleware::Next;
use axum::response::Response;
use jiff::Timestamp;
use saldo_domain::id::OrgId;
use saldo_domain::key::{ApiKey, KeySecret, Scope};
use saldo_store::app::App;
use tracing::{Span, field};

use super::Problem;

/// The header of a key.
pub(super) const X_API_KEY: HeaderName = HeaderName::from_static("x-api-key");

/// The key a request came with, found valid and wide enough for its route.
#[derive(Clone, Debug)]
pub struct Caller(ApiKey);

impl Caller {
    /// The organization whose data the request is about.
    #[must_use]
    pub fn org(&self) -> &OrgId {
        &self.0.org
    }

    /// The key itself.
    #[must_use]
    pub fn key(&self) -> &ApiKey {
        &self.0
    }
}

/// Lets only callers with the scope through. Handlers then take `Extension<Caller>`.
pub(super) async fn authorize(
    State((app, scope)): State<(App, Scope)>,
    mut request: Request,
    next: Next,
) -> Result<Response, Problem> {
    let key = authenticate(&app, request.headers()).await?;
    Span::current().record("org", field::display(&key.org)).record("key", field::display(&key.id));
    if !key.allows(scope) {
        return Err(Problem::scope_missing(scope));
    }
    request.extensions_mut().insert(Caller(key));
    Ok(next.run(request).await)
}

async fn authenticate(app: &App, headers: &HeaderMap) -> Result<ApiKey, Problem> {
    let unknown = || Problem::refused_key("key_unknown", "there is no such key");
    let secret: KeySecret = sent_key(headers).ok_or_else(Problem::no_key)?.parse().map_err(|_| unknown())?;
    let key = app.keys.find(&secret.hash()).await?.ok_or_else(unknown)?;
    let now = Timestamp::now();
    match (key.revoked_at, key.is_valid_at(now)) {
        (Some(_), _) => return Err(Problem::revoked_key()),
        (None, false) => return Err(Problem::refused_key("key_expired", "the key has expired")),
        (None, true) => {}
    }
    if key.use_is_news_at(now)
        && let Err(failure) = app.keys.used(&secret.hash(), now).await
    {
        // The request itself does not depend on it.
        tracing::warn!(error = %failure.chain(), key = %key.id, "the key's use was not recorded");
    }
    Ok(key)
}

/// The text sent as a key: `X-API-Key`, or else `Authorization: Bearer` (RFC 6750). If both are sent,
/// they are the same.
pub(super) fn sent_key(headers: &HeaderMap) -> Option<&str> {
    header_key(headers).or_else(|| bearer_key(headers))
}

/// The text sent as `X-API-Key`.
pub(super) fn header_key(headers: &HeaderMap) -> Option<&str> {
    headers.get(X_API_KEY).map(|key| key.to_str().unwrap_or_default().trim())
}

/// The text sent as `Authorization: Bearer`.
pub(super) fn bearer_key(headers: &HeaderMap) -> Option<&str> {
    bearer_token(headers.get(AUTHORIZATION)?.to_str().ok()?)
}

/// The token of a value of `Authorization` with the scheme Bearer.
pub(super) fn bearer_token(value: &str) -> Option<&str> {
    let (scheme, token) = value.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then(|| token.trim())
}
