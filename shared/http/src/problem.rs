//! Problem documents (RFC 9457). Every error becomes a [`Problem`] by [`IntoProblem`], and every problem a document in
//! the same form.
//!
//! The status says who has to act. 4xx: the caller, and the document says what to change. 404: the caller, also where
//! it may not know that a resource exists. 503: the caller, who may send the request again. 500: the operator, and the document
//! says nothing about the cause.

mod finx;
mod input;

use std::borrow::Cow;

use axum::Json;
use axum::http::header::{ALLOW, CONTENT_TYPE, RETRY_AFTER, WWW_AUTHENTICATE};
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use utoipa::ToSchema;

pub(super) use finx::Dialect;

use saldo_domain::fields::{Finding, FindingCode};
use saldo_domain::key::Scope;
use saldo_store::failure::Failure;

use super::finx::ErrorCode;

/// An error as the caller sees it. It becomes a document at the end of the request, where the request id is known.
#[derive(Clone, Debug)]
pub struct Problem(Box<Parts>);

#[derive(Clone, Debug)]
struct Parts {
    status: StatusCode,
    code: &'static str,
    title: &'static str,
    detail: Cow<'static, str>,
    errors: Vec<Fault>,
    headers: HeaderMap,
    /// The finX code; `None` if it follows from the status.
    finx: Option<ErrorCode>,
}

/// An error in one place of a request.
#[derive(Clone, Debug, Serialize)]
struct Fault {
    #[serde(flatten)]
    place: Place,
    /// The kind of error, for programs.
    code: &'static str,
    /// The error, for people.
    detail: Cow<'static, str>,
}

/// A place in a request.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "snake_case")]
enum Place {
    /// A place in the body, as a JSON pointer (RFC 6901).
    Pointer(String),
    /// A parameter of the query.
    Parameter(String),
}

/// An error in one place of a request.
#[derive(ToSchema)]
#[schema(as = Fault)]
#[allow(dead_code, reason = "a fault as it is written, for the OpenAPI document")]
struct ShownFault {
    /// The place in the body, as a JSON pointer (RFC 6901).
    #[schema(nullable = false)]
    pointer: Option<String>,
    /// The parameter of the query.
    #[schema(nullable = false)]
    parameter: Option<String>,
    /// The kind of error, for programs.
    code: &'static str,
    /// The error, for people.
    detail: String,
}

/// A problem document (RFC 9457).
#[derive(Serialize, ToSchema)]
#[schema(as = Problem)]
pub(super) struct Document<'a> {
    /// `urn:saldo:problem:` and the code.
    r#type: String,
    /// The kind of problem, for people.
    title: &'static str,
    /// The HTTP status.
    status: u16,
    /// The problem of this request, for people.
    detail: &'a str,
    /// The kind of problem, for programs. Codes never change.
    code: &'static str,
    /// The request id, as in `X-Request-Id`.
    request_id: &'a str,
    /// All errors in the request.
    #[schema(value_type = Vec<ShownFault>, required = false)]
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    errors: &'a [Fault],
    /// The same as an error of the finX API; only under `/rest`.
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<finx::Error<'a>>,
}

/// An error that is answered with a problem document. A feature implements it for its own errors.
pub trait IntoProblem {
    /// The problem.
    fn into_problem(self) -> Problem;
}

impl<E: IntoProblem> From<E> for Problem {
    fn from(error: E) -> Self {
        error.into_problem()
    }
}

impl Problem {
    /// A problem of this kind: `code` for programs, `title` for people. `detail` describes this request's problem.
    #[must_use]
    pub fn new(
        status: StatusCode,
        code: &'static str,
        title: &'static str,
        detail: impl Into<Cow<'static, str>>,
    ) -> Self {
        Self(Box::new(Parts {
            status,
            code,
            title,
            detail: detail.into(),
            errors: Vec::new(),
            headers: HeaderMap::new(),
            finx: None,
        }))
    }

    fn with_header(mut self, name: HeaderName, value: &'static str) -> Self {
        self.0.headers.insert(name, HeaderValue::from_static(value));
        self
    }

    /// The same, with a `Retry-After` of one second.
    #[must_use]
    pub fn retry_soon(self) -> Self {
        self.with_header(RETRY_AFTER, "1")
    }

    /// The same, with a code of the finX API that does not follow from the status.
    #[must_use]
    pub fn with_finx_code(mut self, code: ErrorCode) -> Self {
        self.0.finx = Some(code);
        self
    }

    /// 400: parts of the request are invalid.
    fn invalid(code: &'static str, title: &'static str, errors: Vec<Fault>) -> Self {
        let detail: Cow<'static, str> = match errors.as_slice() {
            [Fault { place: Place::Pointer(place) | Place::Parameter(place), detail, .. }] => {
                match place.as_str() {
                    "" => detail.clone(),
                    place => format!("{place}: {detail}").into(),
                }
            }
            several => format!("{} parts of the request are invalid; see errors", several.len()).into(),
        };
        let mut problem = Self::new(StatusCode::BAD_REQUEST, code, title, detail);
        problem.0.errors = errors;
        problem
    }

    /// 400: query parameters are invalid.
    #[must_use]
    pub fn invalid_parameters(findings: Vec<Finding>) -> Self {
        let errors = findings.into_iter().map(Fault::in_query).collect();
        Self::invalid("invalid_parameter", "A parameter is invalid", errors)
    }

    /// 400: a query parameter is invalid, which depends on other parts of the request.
    #[must_use]
    pub fn invalid_value_of(parameter: &'static str, reason: impl Into<Cow<'static, str>>) -> Self {
        Self::invalid_parameters(vec![Finding::in_field(parameter, FindingCode::InvalidValue, reason)])
    }

    /// 400: a query or a header is invalid.
    #[must_use]
    pub fn invalid_parameter(detail: impl Into<Cow<'static, str>>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, "invalid_parameter", "A parameter is invalid", detail)
    }

    /// 400: a header was sent more than once.
    pub(super) fn repeated_header(name: &HeaderName) -> Self {
        let detail =
            format!("send {name} once, and without a comma, by which gateways join repeated headers");
        Self::new(StatusCode::BAD_REQUEST, "repeated_header", "A header was sent more than once", detail)
    }

    /// 400: two different keys were sent.
    pub(super) fn conflicting_keys() -> Self {
        let detail = "X-API-Key and Authorization: Bearer are different keys; send one of them";
        Self::new(StatusCode::BAD_REQUEST, "conflicting_keys", "Two different API keys were sent", detail)
    }

    /// 400: the body can't be read in the format of its media type.
    #[must_use]
    pub fn unreadable(code: &'static str, detail: impl Into<Cow<'static, str>>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, code, "The body can't be read", detail)
    }

    /// 401: no key was sent.
    #[must_use]
    pub fn no_key() -> Self {
        let detail = "send an API key as X-API-Key or as Authorization: Bearer";
        Self::new(StatusCode::UNAUTHORIZED, "key_missing", "An API key is required", detail)
            .with_header(WWW_AUTHENTICATE, r#"Bearer realm="saldo""#)
    }

    /// 401: the key is not valid, for the reason `detail`.
    #[must_use]
    pub fn refused_key(code: &'static str, detail: &'static str) -> Self {
        Self::new(StatusCode::UNAUTHORIZED, code, "The API key is not valid", detail)
            .with_header(WWW_AUTHENTICATE, r#"Bearer realm="saldo", error="invalid_token""#)
    }

    /// 401: the key was revoked.
    #[must_use]
    pub fn revoked_key() -> Self {
        Self::refused_key("key_revoked", "the key was revoked")
    }

    /// 403: the key lacks a scope.
    #[must_use]
    pub fn scope_missing(scope: Scope) -> Self {
        Self::scopes_missing(format!("this needs a key with the scope {}", scope.name()))
    }

    /// 404: the resource does not exist, or belongs to another organization.
    #[must_use]
    pub fn not_found() -> Self {
        let detail = "there is nothing with this id";
        Self::new(StatusCode::NOT_FOUND, "not_found", "Not found", detail)
    }

    /// 404: no function serves the path; `similar` is one that a function serves.
    pub(super) fn unknown_path(similar: Option<&str>) -> Self {
        let detail: Cow<'static, str> = match similar {
            Some(similar) => format!("there is nothing at this path; did you mean {similar}?").into(),
            None => "there is nothing at this path".into(),
        };
        Self::new(StatusCode::NOT_FOUND, "unknown_path", "Not found", detail)
    }

    /// 405: the path does not take the method.
    #[must_use]
    pub fn method_not_allowed() -> Self {
        let detail = "this path does not support the method; see the Allow header";
        Self::new(StatusCode::METHOD_NOT_ALLOWED, "method_not_allowed", "Method not allowed", detail)
    }

    /// 403: the key lacks a scope, for the reason `detail`.
    #[must_use]
    pub fn scopes_missing(detail: String) -> Self {
        Self::new(StatusCode::FORBIDDEN, "scope_missing", "The API key lacks a scope", detail)
    }

    /// 412: the resource has changed since the state that the request names.
    #[must_use]
    pub fn changed_meanwhile() -> Self {
        let detail = "the resource has changed since the ETag in If-Match was read; read it again";
        Self::new(StatusCode::PRECONDITION_FAILED, "precondition_failed", "The resource has changed", detail)
    }

    pub(super) fn no_etag() -> Self {
        let detail = "this resource has no ETag, so If-Match can only be *";
        Self::new(StatusCode::PRECONDITION_FAILED, "precondition_failed", "There is no ETag", detail)
    }

    /// 413: the body has more than `bytes_max` bytes.
    #[must_use]
    pub fn body_too_large(bytes_max: usize) -> Self {
        let detail = format!("a body has at most {bytes_max} bytes");
        Self::new(StatusCode::PAYLOAD_TOO_LARGE, "body_too_large", "The body is too large", detail)
    }

    /// 415: the body is compressed.
    pub(super) fn unsupported_encoding() -> Self {
        let detail = "the body must not be compressed: send it without Content-Encoding";
        let title = "Unsupported content encoding";
        Self::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, "unsupported_content_encoding", title, detail)
    }

    /// 415: the body's media type is none of those accepted, which are separated by commas.
    #[must_use]
    pub fn unsupported_media_type(accepted: &str) -> Self {
        let one_of = if accepted.contains(',') { "one of " } else { "" };
        let detail = format!("the Content-Type must be {one_of}{accepted}");
        Self::new(
            StatusCode::UNSUPPORTED_MEDIA_TYPE,
            "unsupported_media_type",
            "Unsupported media type",
            detail,
        )
    }

    pub(super) fn idempotency_key_reused() -> Self {
        let detail = "this Idempotency-Key was used for a different request";
        Self::new(
            StatusCode::UNPROCESSABLE_ENTITY,
            "idempotency_key_reused",
            "Idempotency key reused",
            detail,
        )
    }

    pub(super) fn still_running() -> Self {
        let detail = "the first request with this Idempotency-Key is still running";
        Self::new(StatusCode::CONFLICT, "request_in_progress", "The request is still running", detail)
            .retry_soon()
    }

    /// 500: an internal error, which the log describes.
    #[must_use]
    pub fn internal() -> Self {
        let detail = "an internal error occurred; the operator can find its cause by the request id";
        Self::new(StatusCode::INTERNAL_SERVER_ERROR, "internal_error", "Internal error", detail)
    }

    /// 503: a service is throttled or too slow; the caller may try again.
    #[must_use]
    pub fn unavailable() -> Self {
        let detail = "the service is overloaded at the moment; try again shortly";
        Self::new(StatusCode::SERVICE_UNAVAILABLE, "unavailable", "Temporarily unavailable", detail)
            .retry_soon()
    }

    /// The answer to the request with this id. Keeps `Allow` of the response that the router made.
    pub(super) fn into_document(self, request_id: &str, dialect: Dialect, routed: &HeaderMap) -> Response {
        let parts = *self.0;
        let error = (dialect == Dialect::Finx).then(|| finx::Error::of(&parts));
        let document = Document {
            r#type: format!("urn:saldo:problem:{}", parts.code),
            title: parts.title,
            status: parts.status.as_u16(),
            detail: &parts.detail,
            code: parts.code,
            request_id,
            errors: &parts.errors,
            error,
        };
        let mut response = (parts.status, parts.headers.clone(), Json(document)).into_response();
        let headers = response.headers_mut();
        headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/problem+json"));
        if let Some(allow) = routed.get(ALLOW) {
            headers.insert(ALLOW, allow.clone());
        }
        response
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let mut response = self.0.status.into_response();
        response.extensions_mut().insert(self);
        response
    }
}

impl IntoProblem for Failure {
    fn into_problem(self) -> Problem {
        tracing::error!(error = %self.chain(), "the request failed");
        match self {
            Self::Throttled { .. } => Problem::unavailable(),
            Self::Service { .. } | Self::HopsExhausted { .. } | Self::Corrupt { .. } => Problem::internal(),
        }
    }
}
