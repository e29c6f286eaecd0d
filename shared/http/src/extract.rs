//! Extractors for paths and queries. What they can't read becomes a problem document.

use axum::extract::{FromRequestParts, Path, Request};
use axum::http::request;
use axum::middleware::Next;
use axum::response::Response;
use saldo_domain::fields::{Fields, Names};
use serde::de::DeserializeOwned;

use super::Problem;

/// A type that is read from the parameters of a query.
pub trait FromParameters: Sized {
    /// The names of its parameters.
    const NAMES: &'static [&'static str];
    /// Whether unknown parameters are ignored: for addresses to which others add parameters of their own.
    const IGNORES_UNKNOWN: bool = false;

    /// Reads the parameters. Returns `None` only after adding a finding to `parameters`.
    fn read(parameters: &mut Fields<'_>) -> Option<Self>;
}

/// The parameters of a query. Unknown parameters are refused; parameters without a value count as left out.
#[derive(Clone, Debug)]
pub struct Parameters<T>(pub T);

impl<T: FromParameters, S: Send + Sync> FromRequestParts<S> for Parameters<T> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut request::Parts, _: &S) -> Result<Self, Problem> {
        let mut parameters = fields(const { &Names::new(T::NAMES) }, parts.uri.query())?;
        let read = T::read(&mut parameters);
        let read = match T::IGNORES_UNKNOWN {
            true => parameters.finish_ignoring_unknown(read),
            false => parameters.finish_parameters(read),
        };
        read.map(Self).map_err(Problem::invalid_parameters)
    }
}

fn fields(names: &'static Names, query: Option<&str>) -> Result<Fields<'static>, Problem> {
    Fields::of_form(names, query.unwrap_or_default().as_bytes())
        .map_err(|unreadable| Problem::invalid_parameter(unreadable.to_string()))
}

/// Refuses all parameters, for routes that have none.
pub(super) async fn refuse_parameters(request: Request, next: Next) -> Result<Response, Problem> {
    fields(const { &Names::new(&[]) }, request.uri().query())?
        .finish_parameters(Some(()))
        .map_err(Problem::invalid_parameters)?;
    Ok(next.run(request).await)
}

/// The id in a path. Text that is not an id is answered with 404.
#[derive(Clone, Debug)]
pub struct PathId<T>(pub T);

impl<T: DeserializeOwned + Send, S: Send + Sync> FromRequestParts<S> for PathId<T> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut request::Parts, state: &S) -> Result<Self, Problem> {
        let Path(id) = Path::from_request_parts(parts, state).await.map_err(|_| Problem::not_found())?;
        Ok(Self(id))
    }
}
