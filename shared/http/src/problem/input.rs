//! Problems of the request's content: findings about fields, and payloads that can't be read.

use saldo_domain::fields::{Finding, PayloadError, PayloadErrorKind};
use saldo_formats::read::ReadError;

use super::{Fault, IntoProblem, Place, Problem};

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

impl IntoProblem for Finding {
    fn into_problem(self) -> Problem {
        vec![self].into()
    }
}

impl IntoProblem for Vec<Finding> {
    fn into_problem(self) -> Problem {
        let errors = self.into_iter().map(Fault::in_body).collect();
        Problem::invalid("invalid_request", "The request is invalid", errors)
    }
}

/// A field's path as a JSON pointer (RFC 6901 section 3).
fn pointer(path: &str) -> String {
    match path {
        "" => String::new(),
        path => format!("/{}", path.replace('~', "~0").replace('/', "~1").replace('.', "/")),
    }
}

impl IntoProblem for PayloadError {
    fn into_problem(self) -> Problem {
        let findings = self.kind.findings();
        match &self.kind {
            // The rows are the body, so the options are in the query.
            PayloadErrorKind::UnmatchedColumns { .. } => Problem::invalid_parameters(findings),
            _ if !findings.is_empty() => findings.into(),
            kind => Problem::unreadable(kind.code(), self.to_string()),
        }
    }
}

impl IntoProblem for ReadError {
    fn into_problem(self) -> Problem {
        match self {
            Self::Payload(error) => error.into(),
            Self::SourceEnded(_) | Self::Stopped => Problem::internal(),
        }
    }
}
