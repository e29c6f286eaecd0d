//! Problem documents (RFC 9457): the one place where an error becomes an HTTP answer.
//!
//! Who has to act tells the status. 4xx: the caller, and the document says what to
//! change. 404: also where the caller may not know that something exists. 503: nobody,
//! trying again helps. 500: us, and the document says nothing of the inside.

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

use super::BODY_BYTES_MAX;
use super::finx::ErrorCode;

/// An error as the caller sees it. It becomes a document when the answer leaves, since
/// only then is the request's id known.
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
    /// The finX code, where it does not follow from the status.
    finx: Option<ErrorCode>,
}

/// One thing wrong with a request.
#[derive(Clone, Debug, Serialize)]
struct Fault {
    #[serde(flatten)]
    place: Place,
    /// What it is, for machines.
    code: &'static str,
    /// What it is, for people.
    detail: Cow<'static, str>,
}

/// Where something is wrong.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "snake_case")]
enum Place {
    /// In the body, as a JSON pointer (RFC 6901).
    Pointer(String),
    /// In the query.
    Parameter(String),
}

/// One thing wrong with a request, in one place of it.
#[derive(ToSchema)]
#[schema(as = Fault)]
#[allow(dead_code, reason = "a fault as it is written, for the OpenAPI document")]
struct ShownFault {
    /// Where in the body, as a JSON pointer (RFC 6901).
    #[schema(nullable = false)]
    pointer: Option<String>,
    /// Which parameter of the query.
    #[schema(nullable = false)]
    parameter: Option<String>,
    /// What it is, for machines.
    code: &'static str,
    /// What it is, for people.
    detail: String,
}

/// A problem document (RFC 9457).
#[derive(Serialize, ToSchema)]
#[schema(as = Problem)]
pub(super) struct Document<'a> {
    /// `urn:saldo:problem:` and the code.
    r#type: String,
    /// What kind of problem it is, for people.
    title: &'static str,
    /// The HTTP status.
    status: u16,
    /// What happened this time, for people.
    detail: &'a str,
    /// What kind of problem it is, for machines; it never changes.
    code: &'static str,
    /// The id of the request, as in `X-Request-Id`.
    request_id: &'a str,
    /// All that is wrong with the request.
    #[schema(value_type = Vec<ShownFault>, required = false)]
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    errors: &'a [Fault],
    /// The same in the words of the finX API: under `/rest` alone.
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<finx::Error<'a>>,
}

impl Problem {
    fn new(
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

    /// 400: several parts of the request are wrong, or one.
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

    /// 400: query parameters are wrong in the ways found.
    #[must_use]
    pub fn invalid_parameters(findings: Vec<Finding>) -> Self {
        let errors = findings.into_iter().map(Fault::in_query).collect();
        Self::invalid("invalid_parameter", "A parameter is invalid", errors)
    }

    /// 400: a query parameter is wrong, which only shows beside other parts of the request.
    #[must_use]
    pub fn invalid_value_of(parameter: &'static str, reason: impl Into<Cow<'static, str>>) -> Self {
        Self::invalid_parameters(vec![Finding::in_field(parameter, FindingCode::InvalidValue, reason)])
    }

    /// 400: a query or a header is wrong.
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

    /// 400: the body can't be read as what it says it is.
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

    /// 401: the key sent opens nothing, for the reason given.
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

    /// 404: there is no such thing, or not for this caller.
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
        let detail = "this path does not answer the method; see the Allow header";
        Self::new(StatusCode::METHOD_NOT_ALLOWED, "method_not_allowed", "Method not allowed", detail)
    }

    /// 403: the new key would have scopes that the key of the request lacks.
    #[must_use]
    pub fn cannot_grant(scopes: &[Scope]) -> Self {
        Self::scopes_missing(format!("a key can't grant scopes it lacks: {}", scope_names(scopes)))
    }

    /// 403: the key to be revoked has scopes that the key of the request lacks.
    #[must_use]
    pub fn cannot_revoke(scopes: &[Scope]) -> Self {
        Self::scopes_missing(format!(
            "a key can't revoke a key that has scopes it lacks: {}",
            scope_names(scopes)
        ))
    }

    fn scopes_missing(detail: String) -> Self {
        Self::new(StatusCode::FORBIDDEN, "scope_missing", "The API key lacks a scope", detail)
    }

    /// 409: no key that can manage keys would be left.
    #[must_use]
    pub fn last_key() -> Self {
        let detail = "no other key with the scope keys would be left; create one that never expires first, or have an operator revoke this one";
        Self::new(StatusCode::CONFLICT, "last_key", "The last key that can manage keys", detail)
    }

    /// 409: an earlier attempt of the request created the key, and it was revoked since.
    #[must_use]
    pub fn created_key_revoked() -> Self {
        let detail = "an earlier attempt of this request created the key, and it was revoked since; create another one";
        Self::new(StatusCode::CONFLICT, "created_key_revoked", "The key was revoked", detail)
    }

    /// 409: the client owns accounts, and they would be nobody's.
    #[must_use]
    pub fn client_owns_accounts() -> Self {
        let detail = "the client owns accounts; delete them or change their owner_id first";
        Self::new(StatusCode::CONFLICT, "client_owns_accounts", "The client owns accounts", detail)
    }

    /// 412: the resource is not in the state that the request is for.
    #[must_use]
    pub fn changed_meanwhile() -> Self {
        let detail = "it was changed since the ETag in If-Match was read; read it again";
        Self::new(StatusCode::PRECONDITION_FAILED, "precondition_failed", "It was changed meanwhile", detail)
    }

    pub(super) fn no_etag() -> Self {
        let detail = "this resource has no ETag, so none in If-Match can be that of its state";
        Self::new(StatusCode::PRECONDITION_FAILED, "precondition_failed", "There is no ETag", detail)
    }

    /// 413: the body has more than [`BODY_BYTES_MAX`] bytes.
    #[must_use]
    pub fn body_too_large() -> Self {
        let detail = format!("a body has at most {BODY_BYTES_MAX} bytes");
        Self::new(StatusCode::PAYLOAD_TOO_LARGE, "body_too_large", "The body is too large", detail)
    }

    /// 415: the body is compressed.
    pub(super) fn unsupported_encoding() -> Self {
        let detail = "the body must not be compressed: send it without Content-Encoding";
        let title = "Unsupported content encoding";
        Self::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, "unsupported_content_encoding", title, detail)
    }

    /// 415: the body's media type is none of those accepted.
    #[must_use]
    pub fn unsupported_media_type(accepted: &str) -> Self {
        let detail = format!("the Content-Type must be one of {accepted}");
        Self::new(
            StatusCode::UNSUPPORTED_MEDIA_TYPE,
            "unsupported_media_type",
            "Unsupported media type",
            detail,
        )
    }

    /// 409: an import that has ended can't be called off.
    #[must_use]
    pub fn import_has_ended() -> Self {
        let detail = "the import has ended; what it stored stays stored";
        Self::new(StatusCode::CONFLICT, "import_ended", "The import has ended", detail)
    }

    /// 409: the file that is to be imported was not sent yet.
    #[must_use]
    pub fn nothing_uploaded() -> Self {
        let detail = "nothing was sent to the upload's url yet; PUT the file there first";
        Self::new(StatusCode::CONFLICT, "nothing_uploaded", "The file is not there", detail)
    }

    /// 409: what was asked for is known once the import has ended.
    #[must_use]
    pub fn import_in_progress() -> Self {
        let detail = "the import is still running; its refused rows can be had when it has ended";
        Self::new(StatusCode::CONFLICT, "import_in_progress", "The import is still running", detail)
            .with_header(RETRY_AFTER, "1")
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
            .with_header(RETRY_AFTER, "1")
    }

    /// 500: we are at fault, and the log says how.
    #[must_use]
    pub fn internal() -> Self {
        let detail = "something went wrong on our side; the request id helps to find out what";
        Self::new(StatusCode::INTERNAL_SERVER_ERROR, "internal_error", "Internal error", detail)
    }

    /// 503: too much is going on; trying again helps.
    #[must_use]
    pub fn unavailable() -> Self {
        let detail = "too much is going on at the moment; try again shortly";
        Self::new(StatusCode::SERVICE_UNAVAILABLE, "unavailable", "Temporarily unavailable", detail)
            .with_header(RETRY_AFTER, "1")
    }

    /// The answer, for the request of this id. `Allow`, which the router knows, is kept.
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

/// The names of scopes, for people.
fn scope_names(scopes: &[Scope]) -> String {
    scopes.iter().map(|scope| scope.name()).collect::<Vec<_>>().join(", ")
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let mut response = self.0.status.into_response();
        response.extensions_mut().insert(self);
        response
    }
}

impl From<Failure> for Problem {
    fn from(failure: Failure) -> Self {
        tracing::error!(error = %failure.chain(), "the request failed");
        match failure {
            Failure::Throttled { .. } => Self::unavailable(),
            Failure::Service { .. } | Failure::HopsExhausted { .. } | Failure::Corrupt { .. } => {
                Self::internal()
            }
        }
    }
}
