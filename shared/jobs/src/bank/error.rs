//! Errors of banks.

use std::time::Duration;

use saldo_domain::bank::FailureReason;

/// The characters that are kept of a bank's message.
const MESSAGE_CHARS_MAX: usize = 500;

/// Why a bank did not execute a request. The messages never quote what was sent.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum BankError {
    /// The bank refused the request. A retry does not help.
    #[error("the bank refused: {reason}")]
    Refused {
        /// Why.
        reason: FailureReason,
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
    #[error("the bank failed: {reason}")]
    Failed {
        /// What failed.
        reason: FailureReason,
    },
}

impl BankError {
    /// A refusal, with the message shortened to what is kept.
    pub(crate) fn refused(reason: FailureReason, message: Option<&str>) -> Self {
        let message = message.map(|message| message.chars().take(MESSAGE_CHARS_MAX).collect());
        Self::Refused { reason, message }
    }

    /// A response that does not follow the standard.
    pub(crate) fn unintelligible() -> Self {
        Self::Failed { reason: FailureReason::BankUnintelligible }
    }

    /// Replaces the general code of refused credentials by a specific one, in a step where only one kind was sent.
    pub(crate) fn with_code(self, credentials_refused: FailureReason) -> Self {
        match self {
            Self::Refused { reason: FailureReason::LoginInvalid, message } => {
                Self::Refused { reason: credentials_refused, message }
            }
            other => other,
        }
    }
}
