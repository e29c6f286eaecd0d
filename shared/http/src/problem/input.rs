//! What was sent and can't be taken, as problems.

use saldo_domain::fields::{self, Finding, FindingCode};
use saldo_formats::read;

use super::{Fault, Place, Problem};

impl Fault {
    fn in_body(finding: Finding) -> Self {
        let place = Place::Pointer(finding.field.as_deref().map(pointer).unwrap_or_default());
        Self { place, code: finding.code.name(), detail: finding.reason }
    }

    pub(super) fn in_query(finding: Finding) -> Self {
        let place = Place::Parameter(finding.field.unwrap_or_default().into_owned());
        Self { place, code: finding.code.name(), detail: finding.reason }
    }
}

impl From<Finding> for Problem {
    fn from(finding: Finding) -> Self {
        vec![finding].into()
    }
}

impl From<Vec<Finding>> for Problem {
    fn from(findings: Vec<Finding>) -> Self {
        let errors = findings.into_iter().map(Fault::in_body).collect();
        Self::invalid("invalid_request", "The request is invalid", errors)
    }
}

/// A field's path as a JSON pointer (RFC 6901 section 3).
fn pointer(path: &str) -> String {
    match path {
        "" => String::new(),
        path => format!("/{}", path.replace('~', "~0").replace('/', "~1").replace('.', "/")),
    }
}

impl From<fields::Unreadable> for Problem {
    fn from(unreadable: fields::Unreadable) -> Self {
        use fields::Unreadable;
        let detail = unreadable.to_string();
        match unreadable {
            Unreadable::Malformed { .. } | Unreadable::BrokenEscape => {
                Self::unreadable("invalid_encoding", detail)
            }
            Unreadable::BrokenJson { .. } => Self::unreadable("invalid_json", detail),
            Unreadable::WrongType { field, .. } => {
                Finding::in_field(field, FindingCode::InvalidType, detail).into()
            }
            Unreadable::Missing { field } => Finding::in_field(field, FindingCode::Required, detail).into(),
            Unreadable::Twice { field } => {
                Finding::in_field(field, FindingCode::DuplicateField, detail).into()
            }
            Unreadable::UnknownFields { names } => {
                let unknown =
                    |name| Finding::in_field(name, FindingCode::UnknownField, "there is no such field");
                names.into_iter().map(unknown).collect::<Vec<_>>().into()
            }
        }
    }
}

impl From<read::Fault> for Problem {
    fn from(fault: read::Fault) -> Self {
        match fault {
            read::Fault::Unreadable(unreadable) => unreadable.into(),
            read::Fault::SourceFailed | read::Fault::Stopped => Self::internal(),
        }
    }
}

impl From<read::Unreadable> for Problem {
    fn from(unreadable: read::Unreadable) -> Self {
        use read::Unreadable;
        let detail = unreadable.to_string();
        match unreadable {
            Unreadable::Body(unreadable) => unreadable.into(),
            Unreadable::NoRows => Self::unreadable("no_rows", detail),
            Unreadable::TooManyRows => Self::unreadable("too_many_rows", detail),
            Unreadable::TooLong => Self::unreadable("too_long", detail),
            Unreadable::ExpandsTooMuch => Self::unreadable("expands_too_much", detail),
            Unreadable::RowsTooShort => Self::unreadable("rows_too_short", detail),
            Unreadable::RowTooLong { .. } => Self::unreadable("row_too_long", detail),
            Unreadable::BrokenGzip { .. } => Self::unreadable("invalid_gzip", detail),
            Unreadable::NoKnownColumn => Self::unreadable("no_known_column", detail),
            Unreadable::Misquoted { .. } => Self::unreadable("misquoted", detail),
            Unreadable::UnclosedQuote { .. } => Self::unreadable("unclosed_quote", detail),
            Unreadable::TooManyColumns => Self::unreadable("too_many_columns", detail),
            Unreadable::HeaderTooLong { .. } => Self::unreadable("header_too_long", detail),
            Unreadable::DuplicateColumn { .. } => Self::unreadable("duplicate_column", detail),
            Unreadable::UnmatchedMapping { .. } => Self::invalid_value_of("mapping", detail),
        }
    }
}
