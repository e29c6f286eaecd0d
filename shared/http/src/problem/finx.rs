//! The `error` of a problem document under `/rest`, in the form that clients of the finX API expect.

use std::collections::BTreeMap;

use serde::Serialize;
use utoipa::ToSchema;

use super::{Parts, Place};

/// The form of a problem document.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Dialect {
    /// RFC 9457 alone.
    Plain,
    /// RFC 9457 with a finX error.
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
    /// The bank's message; always null in the answer to a request.
    message: Option<&'a str>,
    description: &'a str,
    /// The errors of each field.
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
