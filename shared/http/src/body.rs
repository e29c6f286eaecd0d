//! Request bodies of bounded size: as bytes, as the fields of a JSON object or a form, or as the elements of an array.

use std::error::Error;

use axum::body::to_bytes;
use axum::extract::{FromRequest, Request};
use axum::http::HeaderMap;
use axum::http::header::{CONTENT_ENCODING, CONTENT_LENGTH};
use bytes::Bytes;
use headers::{ContentType, HeaderMapExt};
use http_body_util::LengthLimitError;
use mime::Mime;
use saldo_domain::fields::{self, Body, Fields, Finding, FindingCode, Names, read_array};
use serde_json::value::RawValue;

use super::Problem;

/// The bytes that a body may have. Escaped, or encoded in base64, it then fits the 6 MB of a Lambda event.
pub const BODY_BYTES_MAX: usize = 4_000_000;

const JSON: &str = "application/json";
const FORM: &str = "application/x-www-form-urlencoded";

/// A body of at most [`BODY_BYTES_MAX`] bytes.
#[derive(Clone, Debug)]
pub struct Payload {
    /// The bytes.
    pub bytes: Bytes,
    /// The media type in `Content-Type`, without parameters and in lower case.
    pub media_type: Option<String>,
}

impl<S: Send + Sync> FromRequest<S> for Payload {
    type Rejection = Problem;

    async fn from_request(request: Request, _: &S) -> Result<Self, Problem> {
        let headers = request.headers();
        if headers.get(CONTENT_ENCODING).is_some_and(|encoding| encoding != "identity") {
            return Err(Problem::unsupported_encoding());
        }
        let announced = headers.get(CONTENT_LENGTH).and_then(|length| length.to_str().ok()?.parse().ok());
        if announced.is_some_and(|bytes: u64| bytes > BODY_BYTES_MAX as u64) {
            return Err(Problem::body_too_large(BODY_BYTES_MAX));
        }
        let media_type = media_type(headers);
        let bytes = to_bytes(request.into_body(), BODY_BYTES_MAX).await.map_err(|error| {
            match error.source().is_some_and(<dyn Error>::is::<LengthLimitError>) {
                true => Problem::body_too_large(BODY_BYTES_MAX),
                false => Problem::unreadable("incomplete_body", "the body ended too early"),
            }
        })?;
        Ok(Self { bytes, media_type })
    }
}

fn media_type(headers: &HeaderMap) -> Option<String> {
    let content_type = headers.typed_get::<ContentType>()?;
    Some(Mime::from(content_type).essence_str().to_owned())
}

impl Payload {
    /// The body `B`, which must be JSON.
    ///
    /// # Errors
    /// 415 for another media type, 400 for what is not a JSON object, or not valid.
    pub fn json<B: Body<Context = ()>>(&self) -> Result<B, Problem> {
        self.json_with(())
    }

    /// The body `B`, which must be JSON and is read in a context.
    ///
    /// # Errors
    /// As [`Payload::json`].
    pub fn json_with<B: Body>(&self, context: B::Context) -> Result<B, Problem> {
        Ok(B::read(self.json_fields(B::FIELDS)?, context)?)
    }

    /// The body `B`, which can be left out if it has no required fields, and otherwise must be JSON.
    ///
    /// # Errors
    /// As [`Payload::json`].
    pub fn json_if_any_with<B: Body>(&self, context: B::Context) -> Result<B, Problem> {
        match self.bytes.is_empty() {
            true => Ok(B::read(Fields::new(B::FIELDS), context)?),
            false => self.json_with(context),
        }
    }

    /// The body `B`, which can be JSON or a form.
    ///
    /// # Errors
    /// As [`Payload::json`].
    pub fn json_or_form<B: Body<Context = ()>>(&self) -> Result<B, Problem> {
        Ok(B::read(self.json_or_form_fields(B::FIELDS)?, ())?)
    }

    /// The fields of a body that must be JSON.
    ///
    /// # Errors
    /// 415 for another media type, 400 for a body that is not a JSON object.
    pub fn json_fields(&self, known: &'static Names) -> Result<Fields<'_>, Problem> {
        match self.media_type.as_deref() {
            Some(JSON) => Ok(Fields::of_json(known, &self.bytes)?),
            _ => Err(Problem::unsupported_media_type(JSON)),
        }
    }

    /// The fields of a body that may be empty, and otherwise must be a JSON object.
    ///
    /// # Errors
    /// 415 for another media type, 400 for a body that is not a JSON object.
    pub fn json_fields_if_any(&self, known: &'static Names) -> Result<Fields<'_>, Problem> {
        match self.bytes.is_empty() {
            true => Ok(Fields::new(known)),
            false => self.json_fields(known),
        }
    }

    /// The fields of a body that may be a JSON object or a form.
    ///
    /// # Errors
    /// 415 for another media type, 400 for a body that can't be read in its format.
    pub fn json_or_form_fields(&self, known: &'static Names) -> Result<Fields<'_>, Problem> {
        match self.media_type.as_deref() {
            Some(FORM) => Ok(Fields::of_form(known, &self.bytes)?),
            Some(JSON) => self.json_fields(known),
            _ => Err(Problem::unsupported_media_type("application/json, application/x-www-form-urlencoded")),
        }
    }

    /// The elements of the array `field`, which is the only field of a JSON object: at least one and at most `max`.
    ///
    /// # Errors
    /// 415 for another media type, 400 for a body that is not such an object.
    pub fn json_elements(&self, field: &'static str, max: usize) -> Result<Vec<Box<RawValue>>, Problem> {
        if self.media_type.as_deref() != Some(JSON) {
            return Err(Problem::unsupported_media_type(JSON));
        }
        let refused = |code, reason| Problem::from(Finding::in_field(field, code, reason));
        let mut elements = Vec::new();
        read_array(fields::text(&self.bytes)?, field, |element| match elements.len() < max {
            true => {
                elements.push(element);
                Ok(())
            }
            false => Err(refused(FindingCode::TooMany, format!("there may be at most {max}"))),
        })?;
        match elements.is_empty() {
            true => Err(refused(FindingCode::Required, "there must be at least one".to_owned())),
            false => Ok(elements),
        }
    }
}
