//! The finX API's error codes (<https://docs.qwist.com/reference/errors>), by which its clients decide what to do, and
//! the codes for Saldo's own reasons.

use axum::http::StatusCode;
use saldo_domain::bank::FailureReason;
use serde::{Serialize, Serializer};
use strum::VariantArray;
use utoipa::openapi::schema::{ObjectBuilder, Type};
use utoipa::openapi::{RefOr, Schema};
use utoipa::{PartialSchema, ToSchema};

/// An error code of the finX API; JSON has its number. finX assigns the numbers up to 20000 and the groups; the numbers
/// from 20001 on are Saldo's, in finX's groups.
#[derive(Clone, Copy, Debug, PartialEq, Eq, VariantArray)]
pub enum ErrorCode {
    /// The request is invalid.
    InvalidRequest = 1000,
    /// The resource exists already.
    Exists = 1001,
    /// The resource does not exist.
    NotFound = 1002,
    /// The key is missing or invalid.
    Unauthorized = 1003,
    /// The request is valid and can't be processed.
    Unprocessable = 1006,
    /// The key lacks a scope.
    Forbidden = 1007,
    /// The resource is in use.
    Busy = 1008,
    /// The request lacks credentials that the bank requires.
    CredentialsIncomplete = 1011,
    /// The bank allows no more synchronizations for now, or has just refused the user's credentials.
    TooManySyncs = 1020,
    /// The bank requires the end user's IP address.
    PsuIpRequired = 1021,
    /// The bank does not know the login, or refused it.
    LoginInvalid = 10000,
    /// The bank refused the PIN.
    PinInvalid = 10001,
    /// The bank has blocked the user's online access.
    AccessBlocked = 10002,
    /// The bank refused the answer to a challenge.
    TanInvalid = 10004,
    /// The user did not authorize the synchronization, or the bank did not accept the authorization.
    NoAuthorization = 10005,
    /// The bank refused the request, or failed, for a reason of its own.
    BankFailed = 20000,
    /// The bank is unavailable.
    BankUnavailable = 20001,
    /// The bank asks to wait for longer than a synchronization may take.
    BankBusy = 20002,
    /// The bank's answer does not follow the standard.
    BankUnintelligible = 20003,
    /// The request or the synchronization could not be completed; neither the user nor the bank is at fault.
    General = 30000,
    /// No connection to the bank could be made.
    Unreachable = 40000,
    /// The bank did not answer in time.
    TimedOut = 40001,
}

impl ErrorCode {
    /// All codes, in the order of their numbers.
    pub const ALL: &'static [Self] = Self::VARIANTS;

    /// The number.
    #[must_use]
    pub fn number(self) -> u16 {
        self as u16
    }

    /// The group: who can resolve the error.
    #[must_use]
    pub fn group(self) -> &'static str {
        match self.number() {
            ..10_000 => "client",
            10_000..20_000 => "user",
            20_000..30_000 => "bank",
            30_000..40_000 => "general",
            _ => "connectivity",
        }
    }

    /// The meaning, for people.
    #[must_use]
    pub fn description(self) -> &'static str {
        match self {
            Self::InvalidRequest => "The request is invalid.",
            Self::Exists => "The entry already exists.",
            Self::NotFound => "The entity was not found.",
            Self::Unauthorized => "A valid API key is required.",
            Self::Unprocessable => "The request can't be processed.",
            Self::Forbidden => "The API key lacks a scope.",
            Self::Busy => "The resource is busy.",
            Self::CredentialsIncomplete => "Login credentials are incomplete.",
            Self::TooManySyncs => "No more synchronizations are allowed for now.",
            Self::PsuIpRequired => "The bank requires the user's IP address.",
            Self::LoginInvalid => "The login credentials are invalid.",
            Self::PinInvalid => "The PIN is invalid.",
            Self::AccessBlocked => "The online access is blocked.",
            Self::TanInvalid => "The answer to the challenge is invalid.",
            Self::NoAuthorization => "There is no authorization for these accounts.",
            Self::BankFailed => "The bank refused or failed.",
            Self::BankUnavailable => "The bank is not available.",
            Self::BankBusy => "The bank asks to wait.",
            Self::BankUnintelligible => "The bank's answer can't be understood.",
            Self::General => "The synchronization could not be completed.",
            Self::Unreachable => "The bank can't be reached.",
            Self::TimedOut => "The bank did not answer in time.",
        }
    }
}

impl From<FailureReason> for ErrorCode {
    fn from(reason: FailureReason) -> Self {
        match reason {
            FailureReason::CredentialsIncomplete => Self::CredentialsIncomplete,
            FailureReason::TooManySyncs => Self::TooManySyncs,
            FailureReason::LoginInvalid => Self::LoginInvalid,
            FailureReason::PinInvalid => Self::PinInvalid,
            FailureReason::AccessBlocked => Self::AccessBlocked,
            FailureReason::TanInvalid => Self::TanInvalid,
            FailureReason::NoAuthorization => Self::NoAuthorization,
            FailureReason::BankFailed => Self::BankFailed,
            FailureReason::BankUnavailable => Self::BankUnavailable,
            FailureReason::BankBusy => Self::BankBusy,
            FailureReason::BankUnintelligible => Self::BankUnintelligible,
            FailureReason::BankUnreachable => Self::Unreachable,
            FailureReason::TimedOut => Self::TimedOut,
            FailureReason::Aborted => Self::General,
        }
    }
}

/// The code for a problem that has none of its own.
impl From<StatusCode> for ErrorCode {
    fn from(status: StatusCode) -> Self {
        match status {
            StatusCode::UNAUTHORIZED => Self::Unauthorized,
            StatusCode::FORBIDDEN => Self::Forbidden,
            StatusCode::NOT_FOUND => Self::NotFound,
            StatusCode::CONFLICT | StatusCode::LOCKED | StatusCode::SERVICE_UNAVAILABLE => Self::Busy,
            StatusCode::UNPROCESSABLE_ENTITY => Self::Unprocessable,
            status if status.is_server_error() => Self::General,
            _ => Self::InvalidRequest,
        }
    }
}

impl Serialize for ErrorCode {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_u16(self.number())
    }
}

impl PartialSchema for ErrorCode {
    fn schema() -> RefOr<Schema> {
        ObjectBuilder::new()
            .schema_type(Type::Integer)
            .enum_values(Some(Self::ALL.iter().map(|code| code.number())))
            .description(Some("What went wrong, as finX numbers it"))
            .into()
    }
}

impl ToSchema for ErrorCode {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_of_the_group_user_are_for_the_user() {
        for reason in FailureReason::VARIANTS {
            assert_eq!(ErrorCode::from(*reason).group() == "user", reason.is_for_user(), "{reason:?}");
        }
    }

    #[test]
    fn codes_are_in_the_order_of_their_numbers() {
        assert!(ErrorCode::ALL.is_sorted_by_key(|code| code.number()));
    }
}
