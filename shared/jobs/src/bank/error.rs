//! How a bank fails us, or its customer.

use std::time::Duration;

use saldo_domain::finx::ErrorCode;

/// The characters that are kept of what a bank says.
const MESSAGE_CHARS_MAX: usize = 500;

/// Why a bank did not do what it was asked. What it says of itself never quotes what was
/// sent.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum BankError {
    /// It says no, or can't: trying again does not help.
    #[error("the bank refused: {code}")]
    Refused {
        /// Why.
        code: ErrorCode,
        /// What it says about it.
        message: Option<String>,
    },
    /// The consent does not hold any more.
    #[error("the consent has ended")]
    ConsentEnded,
    /// It asks to wait.
    #[error("the bank asks to wait for {retry_after:?}")]
    Busy {
        /// How long.
        retry_after: Duration,
    },
    /// It could not be reached, or did not answer in time, or failed.
    #[error("the bank failed: {code}")]
    Failed {
        /// How.
        code: ErrorCode,
    },
}

impl BankError {
    /// It says no.
    pub(crate) fn refused(code: ErrorCode, message: Option<&str>) -> Self {
        let message = message.map(|message| message.chars().take(MESSAGE_CHARS_MAX).collect());
        Self::Refused { code, message }
    }

    /// What it says is not what the standard says it is.
    pub(crate) fn unintelligible() -> Self {
        Self::Failed { code: ErrorCode::BankUnintelligible }
    }

    /// The same with another code, where a refusal can only mean one thing.
    pub(crate) fn meaning(self, credentials_refused: ErrorCode) -> Self {
        match self {
            Self::Refused { code: ErrorCode::LoginInvalid, message } => {
                Self::Refused { code: credentials_refused, message }
            }
            other => other,
        }
    }
}
