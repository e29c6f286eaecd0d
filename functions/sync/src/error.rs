//! The errors of requests about accesses and synchronizations.

use axum::http::StatusCode;
use saldo_http::finx::ErrorCode;
use saldo_http::{IntoProblem, Problem};

/// Why a synchronization was not started, or a challenge not answered.
#[derive(Debug)]
pub(crate) enum SyncRefused {
    /// The request lacks credentials with these ids.
    CredentialsIncomplete(Vec<String>),
    /// The bank requires the end user's IP address, and the request has none.
    PsuIpRequired,
    /// The catalog does not have the access's bank any more.
    BankNotSupported,
    /// The bank sends users to a page of its own, and the deployment has no public URL to which they could return.
    RedirectNotConfigured,
    /// The challenge was answered, or the synchronization does not wait for it any more.
    ChallengeClosed,
    /// Another synchronization of the access is running.
    InProgress,
}

impl IntoProblem for SyncRefused {
    fn into_problem(self) -> Problem {
        match self {
            Self::CredentialsIncomplete(missing) => Problem::new(
                StatusCode::BAD_REQUEST,
                "credentials_incomplete",
                "The credentials are incomplete",
                format!("credentials are missing: {}", missing.join(", ")),
            )
            .with_finx_code(ErrorCode::CredentialsIncomplete),
            Self::PsuIpRequired => Problem::new(
                StatusCode::BAD_REQUEST,
                "psu_ip_required",
                "The user's IP address is required",
                "this bank requires psu_ip_address, the IP address of the end user",
            )
            .with_finx_code(ErrorCode::PsuIpRequired),
            Self::BankNotSupported => Problem::new(
                StatusCode::UNPROCESSABLE_ENTITY,
                "bank_not_supported",
                "The bank is not supported",
                "the catalog does not have the access method of this access any more",
            ),
            Self::RedirectNotConfigured => Problem::new(
                StatusCode::UNPROCESSABLE_ENTITY,
                "redirect_not_configured",
                "Redirects are not configured",
                "this bank sends users to its own page, and the operator of this deployment has not set the public \
                 URL to which they come back",
            ),
            Self::ChallengeClosed => Problem::new(
                StatusCode::CONFLICT,
                "challenge_closed",
                "The challenge is closed",
                "the challenge was answered before, or its synchronization does not wait for it any more",
            )
            .with_finx_code(ErrorCode::Exists),
            Self::InProgress => Problem::new(
                StatusCode::LOCKED,
                "sync_in_progress",
                "A synchronization is running",
                "a synchronization of this access is running; wait until it has ended",
            )
            .with_finx_code(ErrorCode::Busy),
        }
    }
}
