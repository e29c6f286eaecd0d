//! The errors of requests about keys.

use axum::http::StatusCode;
use saldo_domain::key::Scope;
use saldo_http::{IntoProblem, Problem};

/// Why a key was not created or revoked.
#[derive(Debug)]
pub(crate) enum KeyError {
    /// The new key would have scopes that the key of the request lacks.
    CannotGrant(Vec<Scope>),
    /// The key to be revoked has scopes that the key of the request lacks.
    CannotRevoke(Vec<Scope>),
    /// No key that can manage keys would be left.
    LastKey,
    /// An earlier attempt of the request created the key, which was revoked since.
    CreatedKeyRevoked,
}

impl IntoProblem for KeyError {
    fn into_problem(self) -> Problem {
        match self {
            Self::CannotGrant(scopes) => {
                Problem::scopes_missing(format!("a key can't grant scopes it lacks: {}", names(&scopes)))
            }
            Self::CannotRevoke(scopes) => Problem::scopes_missing(format!(
                "a key can't revoke a key that has scopes it lacks: {}",
                names(&scopes)
            )),
            Self::LastKey => Problem::new(
                StatusCode::CONFLICT,
                "last_key",
                "The last key that can manage keys",
                "no other key with the scope keys would be left; create one that never expires first, or have an \
                 operator revoke this one",
            ),
            Self::CreatedKeyRevoked => Problem::new(
                StatusCode::CONFLICT,
                "created_key_revoked",
                "The key was revoked",
                "an earlier attempt of this request created the key, and it was revoked since; create another one",
            ),
        }
    }
}

fn names(scopes: &[Scope]) -> String {
    scopes.iter().map(|scope| scope.name()).collect::<Vec<_>>().join(", ")
}
