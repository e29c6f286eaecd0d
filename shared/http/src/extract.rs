//! Paths and queries taken apart, with problems for what can't be.

use axum::extract::{FromRequestParts, Path};
use axum::http::request;
use saldo_domain::fields::Fields;
use serde::de::DeserializeOwned;

use super::Problem;

/// What the parameters of a query become.
pub trait FromParameters: Sized {
    /// The parameters there are.
    const NAMES: &'static [&'static str];
    /// Whether others are passed over rather than refused.
    const IGNORES_UNKNOWN: bool = false;

    /// Reads them. Nothing is returned only if something was found to be wrong.
    fn read(parameters: &mut Fields) -> Option<Self>;
}

/// The query's parameters. Unknown ones are refused; empty ones count as not given.
#[derive(Clone, Debug)]
pub struct Parameters<T>(pub T);

impl<T: FromParameters, S: Send + Sync> FromRequestParts<S> for Parameters<T> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut request::Parts, _: &S) -> Result<Self, Problem> {
        let query = parts.uri.query().unwrap_or_default();
        let mut parameters = Fields::of_form(T::NAMES, query.as_bytes())
            .map_err(|unreadable| Problem::invalid_parameter(unreadable.to_string()))?;
        let read = T::read(&mut parameters);
        let read = match T::IGNORES_UNKNOWN {
            true => parameters.finish_ignoring_unknown(read),
            false => parameters.finish_refusing("there is no such parameter", read),
        };
        read.map(Self).map_err(Problem::invalid_parameters)
    }
}

/// The id in a path. What is no such id can't be found, either.
#[derive(Clone, Debug)]
pub struct PathId<T>(pub T);

impl<T: DeserializeOwned + Send, S: Send + Sync> FromRequestParts<S> for PathId<T> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut request::Parts, state: &S) -> Result<Self, Problem> {
        let Path(id) = Path::from_request_parts(parts, state).await.map_err(|_| Problem::not_found())?;
        Ok(Self(id))
    }
}
