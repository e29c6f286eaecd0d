//! Taking requests apart, with problems for what can't be.

use std::error::Error;

use axum::body::to_bytes;
use axum::extract::{FromRequest, FromRequestParts, Path, Request};
use axum::http::header::{CONTENT_ENCODING, CONTENT_LENGTH, CONTENT_TYPE};
use axum::http::{HeaderMap, request};
use bytes::Bytes;
use http_body_util::LengthLimitError;
use serde::de::DeserializeOwned;

use super::Problem;
use crate::fields::Fields;

/// The bytes a body may have: what is left of Lambda's 6 MB for an event once the body is
/// escaped, or encoded in base64.
pub const BODY_BYTES_MAX: usize = 4_000_000;

/// A whole body of at most [`BODY_BYTES_MAX`] bytes.
#[derive(Clone, Debug)]
pub struct Payload(pub Bytes);

impl<S: Send + Sync> FromRequest<S> for Payload {
    type Rejection = Problem;

    async fn from_request(request: Request, _: &S) -> Result<Self, Problem> {
        if let Some(encoding) = request.headers().get(CONTENT_ENCODING)
            && encoding != "identity"
        {
            return Err(Problem::unsupported_encoding());
        }
        let announced =
            request.headers().get(CONTENT_LENGTH).and_then(|length| length.to_str().ok()?.parse().ok());
        if announced.is_some_and(|bytes: u64| bytes > BODY_BYTES_MAX as u64) {
            return Err(Problem::body_too_large());
        }
        to_bytes(request.into_body(), BODY_BYTES_MAX).await.map(Self).map_err(|error| {
            match error.source().is_some_and(<dyn Error>::is::<LengthLimitError>) {
                true => Problem::body_too_large(),
                false => Problem::unreadable("incomplete_body", "the body ended before it was whole"),
            }
        })
    }
}

/// What the parameters of a query become.
pub trait FromParameters: Sized {
    /// The parameters there are.
    const NAMES: &'static [&'static str];

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
        let read = parameters.finish_refusing("there is no such parameter", read);
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

/// The media type a body is said to have, without parameters and in lower case.
#[must_use]
pub fn media_type(headers: &HeaderMap) -> Option<String> {
    let content_type = headers.get(CONTENT_TYPE)?.to_str().ok()?;
    let essence = content_type.split(';').next().unwrap_or_default();
    Some(essence.trim().to_ascii_lowercase())
}
