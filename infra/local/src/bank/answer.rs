//! The bank's responses, and its errors with their status and message code according to the implementation guidelines of
//! `NextGenPSD2`.

use std::borrow::Cow;

use axum::http::{HeaderName, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde_json::{Value, json};

use super::approach::Approach;

pub(super) type Result<T> = std::result::Result<T, Refusal>;

const SCA_APPROACH: HeaderName = HeaderName::from_static("aspsp-sca-approach");

/// A response, without the `X-Request-ID`, which is added to all.
#[derive(Clone)]
pub(super) struct Answer {
    status: StatusCode,
    headers: Vec<(HeaderName, String)>,
    body: Option<Value>,
}

impl Answer {
    pub(super) fn ok(body: Value) -> Self {
        Self { status: StatusCode::OK, headers: Vec::new(), body: Some(body) }
    }

    pub(super) fn created(body: Value) -> Self {
        Self { status: StatusCode::CREATED, ..Self::ok(body) }
    }

    pub(super) fn no_content() -> Self {
        Self::empty(StatusCode::NO_CONTENT)
    }

    pub(super) fn empty(status: StatusCode) -> Self {
        Self { status, headers: Vec::new(), body: None }
    }

    pub(super) fn approach(self, approach: Approach) -> Self {
        self.header(SCA_APPROACH, approach.name().to_owned())
    }

    pub(super) fn location(self, path: String) -> Self {
        self.header(header::LOCATION, path)
    }

    /// The serialized body.
    pub(super) fn bytes(&self) -> Vec<u8> {
        self.body.as_ref().map(|body| body.to_string().into_bytes()).unwrap_or_default()
    }

    fn header(mut self, name: HeaderName, value: String) -> Self {
        self.headers.push((name, value));
        self
    }
}

impl IntoResponse for Answer {
    fn into_response(self) -> Response {
        let mut response = match self.body {
            Some(body) => (self.status, axum::Json(body)).into_response(),
            None => self.status.into_response(),
        };
        for (name, value) in self.headers {
            if let Ok(value) = HeaderValue::from_str(&value) {
                response.headers_mut().insert(name, value);
            }
        }
        response
    }
}

/// Why the bank refuses a request.
#[derive(Clone, Debug)]
pub(super) enum Refusal {
    /// The request is malformed; the text says how.
    Format(Cow<'static, str>),
    /// The body is not JSON.
    MediaType,
    /// The standard has the parameter, but this bank does not support it.
    ParameterNotSupported(&'static str),
    /// A date is out of range.
    PeriodInvalid,
    /// The consent in the path is unknown.
    ConsentUnknownInPath,
    /// The consent in the header is unknown.
    ConsentUnknown,
    /// The consent is not valid, or does not grant this right.
    ConsentInvalid,
    ConsentExpired,
    /// The customer is unknown, or the PIN or OTP is wrong.
    CredentialsInvalid,
    /// The customer is locked.
    ServiceBlocked,
    ScaMethodUnknown,
    /// The authorisation has ended.
    ScaInvalid,
    /// The state of the resource does not allow the request.
    StatusInvalid,
    ResourceUnknown,
    /// The resource does not support the method.
    ServiceInvalid,
    /// There were too many requests. With the seconds to wait, if waiting helps.
    AccessExceeded {
        retry_after: Option<u32>,
    },
}

impl Refusal {
    pub(super) fn format(text: impl Into<Cow<'static, str>>) -> Self {
        Self::Format(text.into())
    }

    /// Status, message code and text.
    fn message(&self) -> (StatusCode, &'static str, Cow<'static, str>) {
        let (status, code, text) = match self {
            Self::Format(text) => return (StatusCode::BAD_REQUEST, "FORMAT_ERROR", text.clone()),
            Self::ParameterNotSupported(name) => {
                let text = format!("{name} is not supported with this value");
                return (StatusCode::BAD_REQUEST, "PARAMETER_NOT_SUPPORTED", text.into());
            }
            Self::MediaType => (415, "FORMAT_ERROR", "the body must be application/json"),
            Self::PeriodInvalid => (400, "PERIOD_INVALID", "the date is out of bounds"),
            Self::ConsentUnknownInPath => (403, "CONSENT_UNKNOWN", "there is no such consent"),
            Self::ConsentUnknown => (400, "CONSENT_UNKNOWN", "there is no such consent"),
            Self::ConsentInvalid => (401, "CONSENT_INVALID", "the consent does not allow this"),
            Self::ConsentExpired => (401, "CONSENT_EXPIRED", "the consent has expired"),
            Self::CredentialsInvalid => {
                (401, "PSU_CREDENTIALS_INVALID", "unknown customer, or wrong PIN or TAN")
            }
            Self::ServiceBlocked => (403, "SERVICE_BLOCKED", "the customer's access is locked"),
            Self::ScaMethodUnknown => (400, "SCA_METHOD_UNKNOWN", "there is no such method"),
            Self::ScaInvalid => (400, "SCA_INVALID", "the authorisation has ended"),
            Self::StatusInvalid => (409, "STATUS_INVALID", "the resource's status does not allow this"),
            Self::ResourceUnknown => (404, "RESOURCE_UNKNOWN", "there is no such resource"),
            Self::ServiceInvalid => (405, "SERVICE_INVALID", "the resource does not know this method"),
            Self::AccessExceeded { .. } => (429, "ACCESS_EXCEEDED", "too many requests"),
        };
        (StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR), code, text.into())
    }
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        Answer::from(self).into_response()
    }
}

impl From<Refusal> for Answer {
    fn from(refusal: Refusal) -> Self {
        let (status, code, text) = refusal.message();
        if status == StatusCode::UNSUPPORTED_MEDIA_TYPE {
            // The standard describes no body for this status.
            return Self::empty(status);
        }
        let message = json!({ "category": "ERROR", "code": code, "text": text });
        let answer = Self { status, ..Self::ok(json!({ "tppMessages": [message] })) };
        match refusal {
            Refusal::AccessExceeded { retry_after: Some(seconds) } => {
                answer.header(header::RETRY_AFTER, seconds.to_string())
            }
            _ => answer,
        }
    }
}
