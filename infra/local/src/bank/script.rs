//! The scripts that the bank's customers play: how they authorise, and what goes wrong.

/// What a customer does, and what becomes of its requests.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Script {
    /// Nothing goes wrong.
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
    /// Has a booked transaction that is another one a day later, under the same id.
    Conflict,
    /// Has booked transactions without ids, some of them alike.
    NoIds,
    /// Gives consents that are over on the next day.
    Expiring,
    /// Is told to come back later, at first.
    Busy,
    /// Is told to come back at once, always.
    Jammed,
    /// Is told to come back tomorrow.
    Exhausted,
    /// Waits a second for every read.
    Slow,
    /// Gets no transactions, ever.
    Stuck,
    /// Gets half of the transactions' JSON.
    Broken,
    /// Gets an HTML page for its accounts.
    Html,
    /// Gets transactions without end.
    Huge,
    /// Gets 503 for its accounts.
    Unavailable,
}

/// A way to get a TAN.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct ScaMethod {
    pub(super) id: &'static str,
    pub(super) kind: &'static str,
    pub(super) name: &'static str,
    pub(super) explanation: &'static str,
    /// What the customer is told once the method is chosen.
    pub(super) challenge: &'static str,
    /// The picture to photograph, PNG in base64.
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
    /// The script of that name.
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

    /// Whether the customer authorises in an app of the bank.
    pub(super) fn is_decoupled(self) -> bool {
        matches!(self, Self::Decoupled | Self::DecoupledRefused | Self::DecoupledSlow)
    }

    /// The customer's TAN methods.
    pub(super) fn methods(self) -> &'static [ScaMethod] {
        match self {
            Self::TwoMethods => &[SMS, PHOTO],
            _ => &[SMS],
        }
    }
}
