//! Why a synchronization with a bank failed.

use serde::{Deserialize, Serialize};

/// Why a synchronization failed. Records store the name.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, thiserror::Error, strum::VariantArray,
)]
#[serde(rename_all = "snake_case")]
pub enum FailureReason {
    /// The request lacks credentials that the bank requires.
    #[error("login credentials are missing")]
    CredentialsIncomplete,
    /// The bank allows no more synchronizations for now, or has just refused the user's credentials.
    #[error("no more synchronizations are allowed for now")]
    TooManySyncs,
    /// The bank does not know the login, or refused it.
    #[error("the login credentials are invalid")]
    LoginInvalid,
    /// The bank refused the PIN.
    #[error("the PIN is invalid")]
    PinInvalid,
    /// The bank has blocked the user's online access.
    #[error("the online access is blocked")]
    AccessBlocked,
    /// The bank refused the answer to a challenge.
    #[error("the answer to the challenge is invalid")]
    TanInvalid,
    /// The user did not authorize the synchronization, or the bank did not accept the authorization.
    #[error("there is no authorization for the accounts")]
    NoAuthorization,
    /// The bank refused the request, or failed, for a reason of its own.
    #[error("the bank refused or failed")]
    BankFailed,
    /// The bank says that it is unavailable, or the catalog does not list it any more.
    #[error("the bank is unavailable")]
    BankUnavailable,
    /// The bank asks to wait for longer than a synchronization may take.
    #[error("the bank asks to wait")]
    BankBusy,
    /// The bank's answer does not follow the standard.
    #[error("the bank's answer can't be understood")]
    BankUnintelligible,
    /// No connection to the bank could be made.
    #[error("the bank can't be reached")]
    BankUnreachable,
    /// The bank did not answer in time, or the synchronization took too long.
    #[error("the bank did not answer in time")]
    TimedOut,
    /// The synchronization could not be completed; neither the user nor the bank is at fault.
    #[error("the synchronization could not be completed")]
    Aborted,
}

impl FailureReason {
    /// Whether only the end user can resolve it: another synchronization without the user would fail again.
    #[must_use]
    pub fn is_for_user(self) -> bool {
        match self {
            Self::LoginInvalid
            | Self::PinInvalid
            | Self::AccessBlocked
            | Self::TanInvalid
            | Self::NoAuthorization => true,
            Self::CredentialsIncomplete
            | Self::TooManySyncs
            | Self::BankFailed
            | Self::BankUnavailable
            | Self::BankBusy
            | Self::BankUnintelligible
            | Self::BankUnreachable
            | Self::TimedOut
            | Self::Aborted => false,
        }
    }

    /// Whether the bank refused the credentials. If they were sent again, unattended and every day, the bank would
    /// block the user's access.
    #[must_use]
    pub fn refuses_credentials(self) -> bool {
        matches!(self, Self::LoginInvalid | Self::PinInvalid | Self::AccessBlocked)
    }
}
