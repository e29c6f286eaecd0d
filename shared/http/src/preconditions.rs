//! `ETag`, `If-Match` and `If-None-Match` (RFC 9110, section 13).

use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderValue};
use headers::{ETag, Header, HeaderMapExt, IfMatch, IfNoneMatch};
use saldo_domain::account::Revision;

use super::Problem;

/// The states of a resource in which a request is to be carried out.
#[derive(Clone, Debug)]
pub struct Preconditions {
    if_match: Option<IfMatch>,
    if_none_match: Option<IfNoneMatch>,
}

impl Preconditions {
    /// Whether the request names the state that it changes.
    #[must_use]
    pub fn name_a_state(&self) -> bool {
        self.if_match.is_some()
    }

    /// Accepts a request for a resource in this state.
    ///
    /// # Errors
    /// 412 when the request names another state.
    pub fn admit(&self, revision: &Revision) -> Result<(), Problem> {
        match (&self.if_match, etag(revision)) {
            (None, _) => Ok(()),
            (Some(wanted), Some(etag)) if wanted.precondition_passes(&etag) => Ok(()),
            _ => Err(Problem::changed_meanwhile()),
        }
    }

    /// Accepts a change of a resource in this state.
    ///
    /// # Errors
    /// 412 when the request names another state, or excludes this one.
    pub fn admit_change(&self, revision: &Revision) -> Result<(), Problem> {
        match self.has(revision) {
            true => Err(Problem::changed_meanwhile()),
            false => self.admit(revision),
        }
    }

    /// Accepts a change of a resource that has no `ETag`.
    ///
    /// # Errors
    /// 412 when the request names a state: it can't be compared.
    pub fn admit_untagged(&self) -> Result<(), Problem> {
        match &self.if_match {
            Some(wanted) if !wanted.is_any() => Err(Problem::no_etag()),
            _ => Ok(()),
        }
    }

    /// Whether the caller has the resource in this state, by `If-None-Match`.
    #[must_use]
    pub fn has(&self, revision: &Revision) -> bool {
        let etag = etag(revision);
        self.if_none_match.as_ref().zip(etag).is_some_and(|(wanted, etag)| !wanted.precondition_passes(&etag))
    }
}

impl<S: Sync> FromRequestParts<S> for Preconditions {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Problem> {
        Ok(Self { if_match: header(&parts.headers)?, if_none_match: header(&parts.headers)? })
    }
}

fn header<H: Header>(headers: &HeaderMap) -> Result<Option<H>, Problem> {
    let refused = || {
        Problem::invalid_parameter(format!("{} must be * or entity tags, each in quotation marks", H::name()))
    };
    // The parser asserts that a tag has no blanks.
    let mut values = headers.get_all(H::name()).iter().filter_map(|value| value.to_str().ok());
    if values.any(|value| value.split('"').skip(1).step_by(2).any(|tag| tag.contains([' ', '\t']))) {
        return Err(refused());
    }
    headers.typed_try_get().map_err(|_| refused())
}

/// The `ETag` header of a resource in this state.
#[must_use]
pub fn etag_header(revision: &Revision) -> [(axum::http::HeaderName, HeaderValue); 1] {
    let mut values = Vec::new();
    if let Some(etag) = etag(revision) {
        etag.encode(&mut values);
    }
    [(ETag::name().clone(), values.pop().unwrap_or(HeaderValue::from_static("")))]
}

fn etag(revision: &Revision) -> Option<ETag> {
    format!("\"{revision}\"").parse().ok()
}
