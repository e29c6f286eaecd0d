//! The errors of requests about notification endpoints.

use axum::http::StatusCode;
use saldo_domain::notification::ENDPOINTS_MAX;
use saldo_http::finx::ErrorCode;
use saldo_http::{IntoProblem, Problem};

/// Why an endpoint was not created or changed.
#[derive(Debug)]
pub(crate) enum EndpointError {
    /// Another endpoint has the URL and the observe key.
    Exists,
    /// The organization has as many endpoints as it may have.
    TooMany,
}

impl IntoProblem for EndpointError {
    fn into_problem(self) -> Problem {
        match self {
            Self::Exists => Problem::new(
                StatusCode::CONFLICT,
                "notification_exists",
                "The notification exists",
                "another notification has this notify_uri and observe_key; change or delete that one",
            )
            .with_finx_code(ErrorCode::Exists),
            Self::TooMany => Problem::new(
                StatusCode::UNPROCESSABLE_ENTITY,
                "too_many_notifications",
                "There are too many notifications",
                format!("there are at most {ENDPOINTS_MAX} notifications; delete one first"),
            ),
        }
    }
}
