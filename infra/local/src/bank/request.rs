//! Parses headers and bodies of requests.

use axum::body::Bytes;
use axum::http::{HeaderMap, HeaderName, Uri, header};
use serde::de::DeserializeOwned;
use uuid::Uuid;

use super::answer::{Refusal, Result};

/// The characters of a UUID as RFC 9562 writes it.
const UUID_LENGTH: usize = 36;

pub(super) const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// The identity of a repeated request: method, path and `X-Request-ID`.
#[derive(Clone, PartialEq, Eq, Hash)]
pub(super) struct RequestKey(&'static str, String, String);

impl RequestKey {
    pub(super) fn new(method: &'static str, path: String, headers: &HeaderMap) -> Result<Self> {
        Ok(Self(method, path, request_id(headers)?))
    }
}

/// The X-Request-ID, which has to be a UUID.
pub(super) fn request_id(headers: &HeaderMap) -> Result<String> {
    let id = text(headers, "x-request-id")?.ok_or(Refusal::format("X-Request-ID is missing"))?;
    // The parser also accepts shorter and longer forms.
    match id.len() == UUID_LENGTH && Uuid::try_parse(id).is_ok() {
        true => Ok(id.to_owned()),
        false => Err(Refusal::format("X-Request-ID must be a UUID")),
    }
}

/// A header's value, if the request has it.
pub(super) fn text<'h>(headers: &'h HeaderMap, name: &str) -> Result<Option<&'h str>> {
    let value = headers.get(name).map(|value| value.to_str()).transpose();
    value.map_err(|_| Refusal::format(format!("{name} has unreadable characters")))
}

/// Whether a boolean header is there and true.
pub(super) fn is_true(headers: &HeaderMap, name: &str) -> Result<bool> {
    match text(headers, name)? {
        Some("true") => Ok(true),
        Some("false") | None => Ok(false),
        Some(_) => Err(Refusal::format(format!("{name} must be true or false"))),
    }
}

/// The redirect URIs for the customer's return.
#[derive(Clone)]
pub(super) struct WayBack {
    /// The URI after approval.
    pub(super) ok: String,
    /// The URI after refusal.
    pub(super) nok: String,
}

impl WayBack {
    /// The URIs in the headers, if there are any.
    pub(super) fn of(headers: &HeaderMap) -> Result<Option<Self>> {
        let nok = absolute(headers, "tpp-nok-redirect-uri")?;
        let ok = absolute(headers, "tpp-redirect-uri")?;
        Ok(ok.map(|ok| Self { nok: nok.unwrap_or_else(|| ok.clone()), ok }))
    }
}

fn absolute(headers: &HeaderMap, name: &str) -> Result<Option<String>> {
    let Some(value) = text(headers, name)? else {
        return Ok(None);
    };
    // `Uri` drops the fragment, so the original text is returned.
    let uri: Option<Uri> = value.parse().ok();
    match uri.is_some_and(|uri| uri.scheme().is_some()) {
        true => Ok(Some(value.to_owned())),
        false => Err(Refusal::format(format!("{name} must be an absolute URI"))),
    }
}

/// The JSON body as a `T`; an empty body counts as an empty object.
pub(super) fn json<T: DeserializeOwned>(headers: &HeaderMap, body: &Bytes) -> Result<T> {
    let bytes: &[u8] = if body.is_empty() { b"{}" } else { body };
    let content_type = text(headers, header::CONTENT_TYPE.as_str())?.unwrap_or_default();
    let media_type = content_type.split(';').next().unwrap_or_default().trim();
    if !body.is_empty() && !media_type.eq_ignore_ascii_case("application/json") {
        return Err(Refusal::MediaType);
    }
    serde_json::from_slice(bytes).map_err(|error| Refusal::format(format!("the body: {error}")))
}
