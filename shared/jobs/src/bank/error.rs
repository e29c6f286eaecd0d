//! The errors of a bank.

use std::time::Duration;

use saldo_domain::bank::FailureReason;

/// The characters that are kept of what a bank says.
const MESSAGE_CHARS_MAX: usize = 500;

/// Why a bank did not do what it was asked. No message quotes the request.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum BankError {
    /// The bank refused the request: it would refuse it again.
    #[error("the bank refused: {reason}")]
    Refused {
        /// The reason.
        reason: FailureReason,
        /// The bank's message.
        message: Option<String>,
    },
    /// The consent is no longer valid.
    #[error("the consent has ended")]
    ConsentEnded,
    /// The bank asks to wait.
    #[error("the bank asks to wait for {retry_after:?}")]
    Busy {
        /// For how long.
        retry_after: Duration,
    },
    /// The bank could not be reached, did not answer in time, or failed.
    #[error("the bank failed: {reason}")]
    Failed {
        /// The reason.
        reason: FailureReason,
    },
}

impl BankError {
    /// A refusal, with a bounded part of the bank's message.
    pub(crate) fn refused(reason: FailureReason, message: Option<&str>) -> Self {
        let message = message.map(|message| message.chars().take(MESSAGE_CHARS_MAX).collect());
        Self::Refused { reason, message }
    }

    /// An answer that does not follow the standard.
    pub(crate) fn unintelligible() -> Self {
        Self::Failed { reason: FailureReason::BankUnintelligible }
    }

    /// The same with another reason, where a refusal of the credentials can only mean one thing.
    pub(crate) fn meaning(self, credentials_refused: FailureReason) -> Self {
        match self {
            Self::Refused { reason: FailureReason::LoginInvalid, message } => {
                Self::Refused { reason: credentials_refused, message }
            }
            other => other,
        }
    }
}
