//! Bodies that describe one thing, a JSON object or, where a route takes them, a form; and
//! bodies that hold many, in an array.

use axum::http::HeaderMap;

use serde_json::value::RawValue;

use super::{Payload, Problem, media_type};
use crate::fields::{self, Fields, Finding, FindingCode, read_array};

const JSON: &str = "application/json";
const FORM: &str = "application/x-www-form-urlencoded";

/// The fields of a body that must be JSON.
///
/// # Errors
/// 415 for another media type, 400 for a body that is no JSON object.
pub fn json_fields(
    known: &'static [&'static str],
    headers: &HeaderMap,
    Payload(body): &Payload,
) -> Result<Fields, Problem> {
    match media_type(headers).as_deref() {
        Some(JSON) => Ok(Fields::of_json(known, body)?),
        _ => Err(Problem::unsupported_media_type(JSON)),
    }
}

/// The fields of a body that may be JSON or a form.
///
/// # Errors
/// 415 for another media type, 400 for a body that can't be read as what it is.
pub fn json_or_form_fields(
    known: &'static [&'static str],
    headers: &HeaderMap,
    payload: &Payload,
) -> Result<Fields, Problem> {
    match media_type(headers).as_deref() {
        Some(FORM) => Ok(Fields::of_form(known, &payload.0)?),
        Some(JSON) => json_fields(known, headers, payload),
        _ => Err(Problem::unsupported_media_type("application/json, application/x-www-form-urlencoded")),
    }
}

/// The elements of the array `field`, the one field of a body that must be JSON: at least
/// one and at most `max`.
///
/// # Errors
/// 415 for another media type, 400 for a body that is no such object.
pub fn json_elements(
    field: &'static str,
    max: usize,
    headers: &HeaderMap,
    Payload(body): &Payload,
) -> Result<Vec<Box<RawValue>>, Problem> {
    if media_type(headers).as_deref() != Some(JSON) {
        return Err(Problem::unsupported_media_type(JSON));
    }
    let refused = |code, reason| Problem::from(Finding::in_field(field, code, reason));
    let mut elements = Vec::new();
    read_array(fields::text(body)?, field, |element| match elements.len() < max {
        true => {
            elements.push(element);
            Ok(())
        }
        false => Err(refused(FindingCode::TooLong, format!("there may be at most {max}"))),
    })?;
    match elements.is_empty() {
        true => Err(refused(FindingCode::Required, "there must be at least one".to_owned())),
        false => Ok(elements),
    }
}
