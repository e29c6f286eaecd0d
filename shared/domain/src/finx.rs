//! The finX API's error codes (<https://docs.qwist.com/reference/errors>), by which its
//! clients tell what to do.

use std::fmt;

use serde::{Deserialize, Serialize};

/// What went wrong, as finX numbers it. Numbers from 20001 on, which finX leaves to its
/// banks, are ours within finX's groups.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "u16", into = "u16")]
pub enum ErrorCode {
    /// The request can't be read, or is wrong.
    InvalidRequest = 1000,
    /// There is one already.
    Exists = 1001,
    /// There is no such thing.
    NotFound = 1002,
    /// No key, or one that opens nothing.
    Unauthorized = 1003,
    /// The request is understood and can't be done.
    Unprocessable = 1006,
    /// The key lacks a scope.
    Forbidden = 1007,
    /// Something else is going on with it.
    Busy = 1008,
    /// Credentials are missing that the provider asks for.
    CredentialsIncomplete = 1011,
    /// The provider allows no more synchronizations for now, or has refused the user's credentials lately.
    TooManySyncs = 1020,
    /// The provider wants to know the end user's IP address.
    PsuIpRequired = 1021,
    /// The provider does not know these credentials.
    LoginInvalid = 10000,
    /// The provider refused the PIN.
    PinInvalid = 10001,
    /// The provider has blocked the user's online access.
    AccessBlocked = 10002,
    /// The provider refused the answer to a challenge.
    TanInvalid = 10004,
    /// The user did not give, or the provider did not accept, an authorization.
    NoAuthorization = 10005,
    /// The provider refused, or failed, for a reason of its own.
    BankFailed = 20000,
    /// The provider says that it is not available.
    BankUnavailable = 20001,
    /// The provider asks to wait longer than a synchronization may take.
    BankBusy = 20002,
    /// The provider's answer is not what the standard says it is.
    BankUnintelligible = 20003,
    /// The synchronization could not be brought to its end; nobody's input is at fault.
    General = 30000,
    /// The provider can't be reached.
    Unreachable = 40000,
    /// The provider did not answer in time.
    TimedOut = 40001,
}

impl ErrorCode {
    /// All of them.
    pub const ALL: [Self; 22] = [
        Self::InvalidRequest,
        Self::Exists,
        Self::NotFound,
        Self::Unauthorized,
        Self::Unprocessable,
        Self::Forbidden,
        Self::Busy,
        Self::CredentialsIncomplete,
        Self::TooManySyncs,
        Self::PsuIpRequired,
        Self::LoginInvalid,
        Self::PinInvalid,
        Self::AccessBlocked,
        Self::TanInvalid,
        Self::NoAuthorization,
        Self::BankFailed,
        Self::BankUnavailable,
        Self::BankBusy,
        Self::BankUnintelligible,
        Self::General,
        Self::Unreachable,
        Self::TimedOut,
    ];

    /// The code's number.
    #[must_use]
    pub fn number(self) -> u16 {
        self as u16
    }

    /// The group of the code: who can do something about it.
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

    /// What the code means, for people.
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

/// The number is no code's.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0} is no error code")]
pub struct UnknownCode(u16);

impl TryFrom<u16> for ErrorCode {
    type Error = UnknownCode;

    fn try_from(number: u16) -> Result<Self, UnknownCode> {
        Self::ALL.into_iter().find(|code| code.number() == number).ok_or(UnknownCode(number))
    }
}

impl From<ErrorCode> for u16 {
    fn from(code: ErrorCode) -> Self {
        code.number()
    }
}

impl fmt::Display for ErrorCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.number(), self.description())
    }
}
