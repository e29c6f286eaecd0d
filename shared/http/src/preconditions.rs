//! `ETag`, `If-Match` and `If-None-Match` (RFC 9110, section 13).

use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderValue};
use headers::{ETag, Header, HeaderMapExt, IfMatch, IfNoneMatch};
use saldo_domain::account::Revision;

use super::Problem;

/// On which states of a resource a request is to be done.
#[derive(Clone, Debug)]
pub struct Preconditions {
    if_match: Option<IfMatch>,
    if_none_match: Option<IfNoneMatch>,
}

impl Preconditions {
    /// Whether the request cares which state it changes.
    #[must_use]
    pub fn name_a_state(&self) -> bool {
        self.if_match.is_some()
    }

    /// Lets a request for a resource in this state through.
    ///
    /// # Errors
    /// 412 when the request is for another state.
    pub fn admit(&self, revision: &Revision) -> Result<(), Problem> {
        match (&self.if_match, etag(revision)) {
            (None, _) => Ok(()),
            (Some(wanted), Some(etag)) if wanted.precondition_passes(&etag) => Ok(()),
            _ => Err(Problem::changed_meanwhile()),
        }
    }

    /// Lets a change of a resource in this state through.
    ///
    /// # Errors
    /// 412 when the change is for another state, or for any but this.
    pub fn admit_change(&self, revision: &Revision) -> Result<(), Problem> {
        match self.has(revision) {
            true => Err(Problem::changed_meanwhile()),
            false => self.admit(revision),
        }
    }

    /// Lets a change of a resource that has no `ETag` through.
    ///
    /// # Errors
    /// 412 when the request is for a certain state: there is no telling whether it is in it.
    pub fn admit_untagged(&self) -> Result<(), Problem> {
        match &self.if_match {
            Some(wanted) if !wanted.is_any() => Err(Problem::no_etag()),
            _ => Ok(()),
        }
    }

    /// Whether the caller has the resource in this state already.
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
    // The parser takes blanks in a tag for a mistake in the program.
    let mut values = headers.get_all(H::name()).iter().filter_map(|value| value.to_str().ok());
    if values.any(|value| value.split('"').skip(1).step_by(2).any(|tag| tag.contains([' ', '\t']))) {
        return Err(refused());
    }
    headers.typed_try_get().map_err(|_| refused())
}

/// The `ETag` of a resource in this state, as a header of its answer.
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
