//! Scripts: how a customer authorises consents, and which faults occur.

/// The behaviour of a customer and of the bank towards it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Script {
    /// No faults.
    Demo,
    /// Has two TAN methods to choose from.
    TwoMethods,
    /// Approves in an app.
    Decoupled,
    /// Refuses in the app.
    DecoupledRefused,
    /// Never looks at the app.
    DecoupledSlow,
    /// Needs no second factor.
    NoSca,
    /// Is locked out.
    Locked,
    /// Has accounts that change from one day to the next.
    Moving,
    /// Has a booked transaction that changes on the next day.
    Conflict,
    /// Has booked transactions without ids, some of them identical.
    NoIds,
    /// Gives consents that expire on the next day.
    Expiring,
    /// Is throttled at first.
    Busy,
    /// Is always throttled, without a delay.
    Jammed,
    /// Has exceeded its daily limit of requests.
    Exhausted,
    /// Waits a second for each read.
    Slow,
    /// Gets no response for its transactions.
    Stuck,
    /// Gets a truncated response for its transactions.
    Broken,
    /// Gets an HTML page for its accounts.
    Html,
    /// Gets an endless response for its transactions.
    Huge,
    /// Gets 503 for its accounts.
    Unavailable,
}

/// An SCA method.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct ScaMethod {
    pub(super) id: &'static str,
    pub(super) kind: &'static str,
    pub(super) name: &'static str,
    pub(super) explanation: &'static str,
    /// The text of the challenge.
    pub(super) challenge: &'static str,
    /// The image to photograph: PNG in base64.
    pub(super) image: Option<&'static str>,
}

const SMS: ScaMethod = ScaMethod {
    id: "sms",
    kind: "SMS_OTP",
    name: "smsTAN",
    explanation: "A TAN by text message to +49 *** **42",
    challenge: "Enter the TAN that was sent to +49 *** **42.",
    image: None,
};

const PHOTO: ScaMethod = ScaMethod {
    id: "photo",
    kind: "PHOTO_OTP",
    name: "photoTAN",
    explanation: "A TAN from a picture, by the reader",
    challenge: "Photograph the picture with the reader and enter the TAN it shows.",
    image: Some(
        "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNkYPhfDwAChwGA60e6kgAAAABJRU5ErkJggg==",
    ),
};

impl Script {
    /// The script with this name.
    pub(super) fn named(name: &str) -> Option<Self> {
        Some(match name {
            "demo" => Self::Demo,
            "two-methods" => Self::TwoMethods,
            "decoupled" => Self::Decoupled,
            "decoupled-refused" => Self::DecoupledRefused,
            "decoupled-slow" => Self::DecoupledSlow,
            "no-sca" => Self::NoSca,
            "locked" => Self::Locked,
            "moving" => Self::Moving,
            "conflict" => Self::Conflict,
            "no-ids" => Self::NoIds,
            "expiring" => Self::Expiring,
            "busy" => Self::Busy,
            "jammed" => Self::Jammed,
            "exhausted" => Self::Exhausted,
            "slow" => Self::Slow,
            "stuck" => Self::Stuck,
            "broken" => Self::Broken,
            "html" => Self::Html,
            "huge" => Self::Huge,
            "unavailable" => Self::Unavailable,
            _ => return None,
        })
    }

    /// Whether the customer authorises in the bank's app.
    pub(super) fn is_decoupled(self) -> bool {
        matches!(self, Self::Decoupled | Self::DecoupledRefused | Self::DecoupledSlow)
    }

    /// The customer's SCA methods.
    pub(super) fn methods(self) -> &'static [ScaMethod] {
        match self {
            Self::TwoMethods => &[SMS, PHOTO],
            _ => &[SMS],
        }
    }
}
