//! The state of an authorization between two requests to the bank.

use saldo_domain::access::GrantedConsent;
use saldo_domain::bank::FailureReason;
use saldo_domain::sync::ChallengeKind;
use serde::{Deserialize, Serialize};

use super::super::{BankError, Next, Progress};

/// The state of an authorization, without secrets.
#[derive(Serialize, Deserialize)]
pub(super) struct State {
    pub(super) consent: GrantedConsent,
    pub(super) authorisation: Option<String>,
    /// Whether the bank expects the PIN in the request that starts the authorisation.
    pub(super) pin_starts: bool,
    /// Whether the bank expects the PIN in an update of the authorisation.
    pub(super) pin_missing: bool,
    /// Whether the bank was sent the PIN, and what it answered.
    pub(super) pin: Pin,
    /// The SCA approach that the bank has chosen.
    pub(super) approach: Option<String>,
}

/// The state of the PIN. The bank is sent it at most once.
#[derive(Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Pin {
    /// It was not sent.
    Unsent,
    /// It was sent, and the authorization has not advanced.
    Sent,
    /// It was sent, and the authorization has advanced: it is correct.
    Accepted,
    /// It was sent, and the bank has its user log in on its own page, so that it may not have been checked.
    Unchecked,
}

/// The progress to save after a request: the state of the PIN follows from what comes next.
pub(super) fn progress(state: &mut State, next: Next) -> Result<Progress, BankError> {
    if state.pin == Pin::Sent {
        state.pin = match &next {
            Next::Challenge(ChallengeKind::Redirect { .. }) => Pin::Unchecked,
            Next::Challenge(_) | Next::Granted(_) => Pin::Accepted,
            Next::Continue | Next::Poll => Pin::Sent,
        };
    }
    let authorization = serde_json::to_string(state);
    let authorization = authorization.map_err(|_| BankError::Failed { reason: FailureReason::Aborted })?;
    Ok(Progress { authorization, next, pin_accepted: state.pin == Pin::Accepted })
}
