//! `DELETE /api/v1/keys/{id}`: every later request with the key is refused.

use axum::Extension;
use axum::extract::State;
use axum::http::StatusCode;
use jiff::Timestamp;
use saldo_domain::fields::Fields;
use saldo_domain::id::KeyId;
use saldo_http::openapi::Flag;
use saldo_http::{Caller, FromParameters, Parameters, PathId, Problem};
use saldo_store::app::App;
use saldo_store::{Revocation, Revoked, Revoker};
use utoipa::openapi::Required;
use utoipa::openapi::path::{Parameter, ParameterBuilder, ParameterIn};
use utoipa::{IntoParams, PartialSchema};

use crate::error::KeyError;

/// The parameters of the query.
pub(crate) struct Query {
    cascade: bool,
}

impl IntoParams for Query {
    fn into_params(_: impl Fn() -> Option<ParameterIn>) -> Vec<Parameter> {
        let about = "Whether the keys that it created, those that they created, and so on, are revoked, too";
        let cascade = ParameterBuilder::new().name("cascade").parameter_in(ParameterIn::Query);
        let cascade = cascade.required(Required::False).description(Some(about));
        vec![cascade.schema(Some(Flag::schema())).build()]
    }
}

impl FromParameters for Query {
    const NAMES: &'static [&'static str] = &["cascade"];

    fn read(parameters: &mut Fields) -> Option<Self> {
        Some(Self { cascade: parameters.boolean("cascade").value().unwrap_or_default() })
    }
}

/// Revokes a key
///
/// Every later request with it is refused. It stays in the list. Keys that it created stay valid unless
/// `cascade` is true. Revoking it again changes nothing.
#[utoipa::path(
    delete, path = "/api/v1/keys/{id}", operation_id = "revoke_key", tag = "Keys",
    params(("id" = KeyId, Path), Query),
    responses(
        (status = 204, description = "It is revoked"),
        (status = 403, description = "`scope_missing`: it has scopes that the key of the request lacks"),
        (status = 409, description = "`last_key`: no other key with the scope `keys` would be left; keys that expire don't count when one is revoked that doesn't"),
    ),
)]
pub(crate) async fn revoke(
    State(app): State<App>,
    Extension(caller): Extension<Caller>,
    PathId(id): PathId<KeyId>,
    Parameters(Query { cascade }): Parameters<Query>,
) -> Result<StatusCode, Problem> {
    let by = Revoker::Key(caller.key());
    let revocation = Revocation { org: caller.org(), id: &id, cascade, by, now: Timestamp::now() };
    match app.keys.revoke(&revocation).await? {
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
    fn what_is_described_is_what_is_read() {
        assert_eq!(query_parameters::<__path_revoke>(), Query::NAMES);
    }
}
