//! Errors of banks.

use std::time::Duration;

use saldo_domain::finx::ErrorCode;

/// The characters that are kept of a bank's message.
const MESSAGE_CHARS_MAX: usize = 500;

/// Why a bank did not execute a request. The messages never quote what was sent.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum BankError {
    /// The bank refused the request. A retry does not help.
    #[error("the bank refused: {code}")]
    Refused {
        /// Why.
        code: ErrorCode,
        /// The bank's message for people.
        message: Option<String>,
    },
    /// The consent is no longer valid.
    #[error("the consent has ended")]
    ConsentEnded,
    /// The bank is throttling.
    #[error("the bank asks to wait for {retry_after:?}")]
    Busy {
        /// How long the bank asks to wait.
        retry_after: Duration,
    },
    /// The bank could not be reached, did not answer in time, or failed.
    #[error("the bank failed: {code}")]
    Failed {
        /// What failed.
        code: ErrorCode,
    },
}

impl BankError {
    /// A refusal, with the message shortened to what is kept.
    pub(crate) fn refused(code: ErrorCode, message: Option<&str>) -> Self {
        let message = message.map(|message| message.chars().take(MESSAGE_CHARS_MAX).collect());
        Self::Refused { code, message }
    }

    /// A response that does not follow the standard.
    pub(crate) fn unintelligible() -> Self {
        Self::Failed { code: ErrorCode::BankUnintelligible }
    }

    /// Replaces the general code of refused credentials by a specific one, in a step where only one kind was sent.
    pub(crate) fn with_code(self, credentials_refused: ErrorCode) -> Self {
        match self {
            Self::Refused { code: ErrorCode::LoginInvalid, message } => {
                Self::Refused { code: credentials_refused, message }
            }
            other => other,
        }
    }
}
