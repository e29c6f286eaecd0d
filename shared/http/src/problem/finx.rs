//! Problems as finX's clients expect them: beside the problem document, an `error` with a
//! number.

use std::collections::BTreeMap;

use saldo_domain::notification::ENDPOINTS_MAX;
use serde::Serialize;
use utoipa::ToSchema;

use super::{Parts, Place, Problem, StatusCode};
use crate::finx::ErrorCode;

/// In what form a problem is told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Dialect {
    /// As a problem document.
    Plain,
    /// With finX's error in it.
    Finx,
}

impl Dialect {
    /// The form that callers of this path expect.
    pub(crate) fn of(path: &str) -> Self {
        match path.strip_prefix("/rest") {
            Some(rest) if rest.is_empty() || rest.starts_with('/') => Self::Finx,
            _ => Self::Plain,
        }
    }
}

/// finX's error object.
#[derive(Serialize, ToSchema)]
#[schema(as = FinxError)]
pub(super) struct Error<'a> {
    code: u16,
    group: &'static str,
    /// What the provider said; there is none in the answer to a request.
    message: Option<&'a str>,
    description: &'a str,
    /// What is wrong with each field.
    data: BTreeMap<&'a str, Vec<&'a str>>,
}

impl<'a> Error<'a> {
    pub(super) fn of(parts: &'a Parts) -> Self {
        let code = parts.finx.unwrap_or_else(|| parts.status.into());
        let mut data: BTreeMap<_, Vec<_>> = BTreeMap::new();
        for fault in &parts.errors {
            let (Place::Pointer(place) | Place::Parameter(place)) = &fault.place;
            data.entry(place.trim_start_matches('/')).or_default().push(&*fault.detail);
        }
        Self { code: code.number(), group: code.group(), message: None, description: &parts.detail, data }
    }
}

impl Problem {
    fn with_code(mut self, code: ErrorCode) -> Self {
        self.0.finx = Some(code);
        self
    }

    /// 400: credentials are missing, whose ids are these.
    #[must_use]
    pub fn credentials_incomplete(missing: &[&str]) -> Self {
        let detail = format!("credentials are missing: {}", missing.join(", "));
        let title = "The credentials are incomplete";
        Self::new(StatusCode::BAD_REQUEST, "credentials_incomplete", title, detail)
            .with_code(ErrorCode::CredentialsIncomplete)
    }

    /// 400: the bank wants to know the end user's address, and the request does not tell it.
    #[must_use]
    pub fn psu_ip_required() -> Self {
        let detail = "this bank requires psu_ip_address, the IP address of the end user";
        Self::new(StatusCode::BAD_REQUEST, "psu_ip_required", "The user's IP address is required", detail)
            .with_code(ErrorCode::PsuIpRequired)
    }

    /// 422: the catalog has the access's bank no more.
    #[must_use]
    pub fn bank_not_supported() -> Self {
        let detail = "the catalog has the access method of this access no more";
        let title = "The bank is not supported";
        Self::new(StatusCode::UNPROCESSABLE_ENTITY, "bank_not_supported", title, detail)
    }

    /// 422: the bank sends users to a page of its own, and the deployment has no public URL to come back to.
    #[must_use]
    pub fn redirect_not_configured() -> Self {
        let detail = "this bank sends users to its own page, and the operator of this deployment has not set the \
                      public URL to which they come back";
        let title = "Redirects are not configured";
        Self::new(StatusCode::UNPROCESSABLE_ENTITY, "redirect_not_configured", title, detail)
    }

    /// 409: the challenge is not, or no longer, to be answered.
    #[must_use]
    pub fn challenge_closed() -> Self {
        let detail = "the challenge was answered before, or its synchronization waits for it no longer";
        Self::new(StatusCode::CONFLICT, "challenge_closed", "The challenge is closed", detail)
            .with_code(ErrorCode::Exists)
    }

    /// 409: another notification endpoint has the URL and the observe key.
    #[must_use]
    pub fn notification_exists() -> Self {
        let detail = "another notification has this notify_uri and observe_key; change or delete that one";
        Self::new(StatusCode::CONFLICT, "notification_exists", "The notification exists", detail)
            .with_code(ErrorCode::Exists)
    }

    /// 422: the organization has as many notification endpoints as it may have.
    #[must_use]
    pub fn too_many_notifications() -> Self {
        let detail = format!("there are at most {ENDPOINTS_MAX} notifications; delete one first");
        let title = "There are too many notifications";
        Self::new(StatusCode::UNPROCESSABLE_ENTITY, "too_many_notifications", title, detail)
    }

    /// 423: a synchronization of the access is running.
    #[must_use]
    pub fn sync_in_progress() -> Self {
        let detail = "a synchronization of this access is running; wait until it has ended";
        Self::new(StatusCode::LOCKED, "sync_in_progress", "A synchronization is running", detail)
            .with_code(ErrorCode::Busy)
    }
}
