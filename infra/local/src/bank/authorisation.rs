//! The authorisation of a consent: its states and the responses for each.

use serde_json::{Value, json};

use super::request::WayBack;
use super::script::{ScaMethod, Script};

/// The digits of an OTP.
const OTP_LENGTH: u32 = 6;
/// The polls of a decoupled authorisation before the customer decides.
const POLLS_UNDECIDED: u32 = 2;
/// The same for a slow customer: two minutes with a poll every three seconds.
const POLLS_UNDECIDED_SLOW: u32 = 40;

#[derive(Clone, Copy, Debug, PartialEq, Eq, strum::IntoStaticStr)]
#[strum(serialize_all = "camelCase")]
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
        self.into()
    }

    /// Whether the customer has authorised the consent.
    pub(super) fn is_agreed(self) -> bool {
        matches!(self, Self::Finalised | Self::Exempted)
    }

    /// Whether the status is final.
    pub(super) fn is_final(self) -> bool {
        self.is_agreed() || self == Self::Failed
    }
}

/// An authorisation.
#[derive(Clone)]
pub(super) struct Authorisation {
    pub(super) status: ScaStatus,
    pub(super) method: Option<&'static ScaMethod>,
    /// The redirect URIs, in the redirect approach.
    pub(super) way_back: Option<WayBack>,
    polls: u32,
}

impl Authorisation {
    pub(super) fn new(status: ScaStatus, way_back: Option<WayBack>) -> Self {
        Self { status, method: None, way_back, polls: 0 }
    }

    /// Advances after a correct PIN.
    pub(super) fn authenticated(&mut self, script: Script) {
        (self.status, self.method) = match (script, script.methods()) {
            (Script::NoSca, _) => (ScaStatus::Exempted, None),
            (_, [only]) => (ScaStatus::ScaMethodSelected, Some(only)),
            _ => (ScaStatus::PsuAuthenticated, None),
        };
    }

    /// Counts a poll, after some of which the customer decides in the app.
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

    /// The response body with the links of the next steps. `path` is the path of the authorisation.
    pub(super) fn to_json(&self, path: &str, script: Option<Script>) -> Value {
        let mut body = json!({
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
            body["_links"][next] = json!({ "href": path });
        }
        match (self.status, script, self.method) {
            (ScaStatus::PsuAuthenticated, Some(script), _) => {
                body["scaMethods"] = script.methods().iter().map(authentication_object).collect();
            }
            (ScaStatus::ScaMethodSelected, _, Some(method)) => {
                body["chosenScaMethod"] = authentication_object(method);
                body["challengeData"] = challenge(method);
            }
            (ScaStatus::Started, Some(script), _) if script.is_decoupled() => {
                body["psuMessage"] = json!("Please confirm in the app of your bank.");
            }
            _ => {}
        }
        body
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
