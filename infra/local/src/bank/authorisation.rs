//! Authorisations of consents: the steps a customer takes to agree, and what the third
//! party is told at each.

use serde_json::{Value, json};

use super::request::WayBack;
use super::script::{ScaMethod, Script};

/// The digits of an OTP.
const OTP_LENGTH: u32 = 6;
/// The polls of a decoupled authorisation that find the customer still thinking.
const POLLS_UNDECIDED: u32 = 2;
/// The same for a customer who takes long: with a poll every three seconds, two minutes.
const POLLS_UNDECIDED_SLOW: u32 = 40;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum ScaStatus {
    Received,
    PsuIdentified,
    PsuAuthenticated,
    ScaMethodSelected,
    Started,
    Finalised,
    Failed,
    Exempted,
}

impl ScaStatus {
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Received => "received",
            Self::PsuIdentified => "psuIdentified",
            Self::PsuAuthenticated => "psuAuthenticated",
            Self::ScaMethodSelected => "scaMethodSelected",
            Self::Started => "started",
            Self::Finalised => "finalised",
            Self::Failed => "failed",
            Self::Exempted => "exempted",
        }
    }

    /// Whether the customer has agreed.
    pub(super) fn is_agreed(self) -> bool {
        matches!(self, Self::Finalised | Self::Exempted)
    }

    /// Whether nothing follows.
    pub(super) fn is_final(self) -> bool {
        self.is_agreed() || self == Self::Failed
    }
}

/// An authorisation.
#[derive(Clone)]
pub(super) struct Authorisation {
    pub(super) status: ScaStatus,
    pub(super) method: Option<&'static ScaMethod>,
    /// Where the customer goes back to, in a redirect.
    pub(super) way_back: Option<WayBack>,
    polls: u32,
}

impl Authorisation {
    pub(super) fn new(status: ScaStatus, way_back: Option<WayBack>) -> Self {
        Self { status, method: None, way_back, polls: 0 }
    }

    /// The right PIN was given.
    pub(super) fn authenticated(&mut self, script: Script) {
        (self.status, self.method) = match (script, script.methods()) {
            (Script::NoSca, _) => (ScaStatus::Exempted, None),
            (_, [only]) => (ScaStatus::ScaMethodSelected, Some(only)),
            _ => (ScaStatus::PsuAuthenticated, None),
        };
    }

    /// The third party has asked how far a customer with this script is, in the app.
    pub(super) fn polled(&mut self, script: Script) {
        if self.status != ScaStatus::Started {
            return;
        }
        self.polls += 1;
        let undecided = match script {
            Script::DecoupledSlow => POLLS_UNDECIDED_SLOW,
            _ => POLLS_UNDECIDED,
        };
        if self.polls > undecided {
            self.status = match script {
                Script::Decoupled | Script::DecoupledSlow => ScaStatus::Finalised,
                Script::DecoupledRefused => ScaStatus::Failed,
                _ => ScaStatus::Started,
            };
        }
    }

    /// What the third party is told, with the links of its next steps. `path` is the
    /// authorisation's.
    pub(super) fn to_json(&self, path: &str, script: Option<Script>) -> Value {
        let mut told = json!({
            "scaStatus": self.status.name(),
            "_links": { "scaStatus": { "href": path } },
        });
        let next = match self.status {
            ScaStatus::PsuIdentified => Some("updatePsuAuthentication"),
            ScaStatus::PsuAuthenticated => Some("selectAuthenticationMethod"),
            ScaStatus::ScaMethodSelected => Some("authoriseTransaction"),
            _ => None,
        };
        if let Some(next) = next {
            told["_links"][next] = json!({ "href": path });
        }
        match (self.status, script, self.method) {
            (ScaStatus::PsuAuthenticated, Some(script), _) => {
                told["scaMethods"] = script.methods().iter().map(authentication_object).collect();
            }
            (ScaStatus::ScaMethodSelected, _, Some(method)) => {
                told["chosenScaMethod"] = authentication_object(method);
                told["challengeData"] = challenge(method);
            }
            (ScaStatus::Started, Some(script), _) if script.is_decoupled() => {
                told["psuMessage"] = json!("Please confirm in the app of your bank.");
            }
            _ => {}
        }
        told
    }
}

fn authentication_object(method: &ScaMethod) -> Value {
    json!({
        "authenticationType": method.kind,
        "authenticationMethodId": method.id,
        "name": method.name,
        "explanation": method.explanation,
    })
}

fn challenge(method: &ScaMethod) -> Value {
    let mut challenge = json!({
        "otpFormat": "integer",
        "otpMaxLength": OTP_LENGTH,
        "additionalInformation": method.challenge,
    });
    if let Some(image) = method.image {
        challenge["image"] = json!(image);
    }
    challenge
}
