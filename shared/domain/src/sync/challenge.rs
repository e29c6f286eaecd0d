//! Challenges: what a bank wants to know from its customer.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::id::ChallengeId;
use crate::secrets::Sealed;
use crate::sync::CodeHash;

/// Something that a bank wants its customer to do.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Challenge {
    /// Its id.
    pub id: ChallengeId,
    /// What it is.
    #[serde(flatten)]
    pub kind: ChallengeKind,
    /// When it was put.
    pub created_at: Timestamp,
    /// When it was answered, or met.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub closed_at: Option<Timestamp>,
    /// What is known of the code that the user came back with, by which the application confirms the return.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub code: Option<CodeHash>,
}

/// The kinds of challenge.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(tag = "type", rename_all = "SCREAMING_SNAKE_CASE")]
pub enum ChallengeKind {
    /// To choose how to prove who one is.
    #[cfg_attr(feature = "openapi", schema(title = "MethodSelectChallenge"))]
    MethodSelect {
        /// The choices.
        auth_methods: Vec<AuthMethod>,
    },
    /// To tell something, such as a one-time password.
    #[cfg_attr(feature = "openapi", schema(title = "EmbeddedChallenge"))]
    Embedded {
        /// What to tell, for people.
        label: String,
        /// What `data` is.
        format: TextFormat,
        /// What is needed to answer: a text, or an image in base64.
        #[cfg_attr(feature = "openapi", schema(required))]
        #[serde(default)]
        data: Option<String>,
        /// Of what the answer consists, if that is known: `integer` or `characters`.
        #[cfg_attr(feature = "openapi", schema(required))]
        #[serde(default)]
        input_format: Option<String>,
        /// The characters the answer has at least.
        #[cfg_attr(feature = "openapi", schema(required))]
        #[serde(default)]
        min_length: Option<u32>,
        /// The characters the answer has at most.
        #[cfg_attr(feature = "openapi", schema(required))]
        #[serde(default)]
        max_length: Option<u32>,
    },
    /// To go to a page of the bank and come back.
    #[cfg_attr(feature = "openapi", schema(title = "RedirectChallenge"))]
    Redirect {
        /// The page.
        location: String,
    },
    /// To do something elsewhere, such as in the bank's app. It needs no answer.
    #[cfg_attr(feature = "openapi", schema(title = "DecoupledChallenge"))]
    Decoupled {
        /// What to do, for people.
        message: String,
    },
}

/// A way to prove who one is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[cfg_attr(feature = "openapi", schema(as = AuthenticationMethod))]
pub struct AuthMethod {
    /// The bank's id of it.
    pub id: String,
    /// What kind it is, such as `SMS_OTP`.
    #[serde(rename = "type")]
    pub kind: String,
    /// What the bank calls it.
    #[cfg_attr(feature = "openapi", schema(required))]
    pub name: Option<String>,
    /// What the bank says about it.
    #[cfg_attr(feature = "openapi", schema(required))]
    pub additional_info: Option<String>,
}

/// What the data of a challenge is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[cfg_attr(feature = "openapi", schema(as = ChallengeFormat))]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum TextFormat {
    /// Plain text.
    Text,
    /// HTML.
    Html,
    /// A flickering code for a reader.
    Hhd,
    /// An image to be photographed.
    Photo,
}

/// The answer to a challenge.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Answer {
    /// The authentication method with this id.
    Method(String),
    /// What was told.
    Told(Sealed),
    /// The customer has come back from the bank's page.
    Returned,
}

impl Challenge {
    /// Drops what was needed to answer it: an image, perhaps.
    pub(super) fn drop_data(&mut self) {
        if let ChallengeKind::Embedded { data, .. } = &mut self.kind {
            *data = None;
        }
    }

    /// Whether it waits for its answer.
    #[must_use]
    pub fn is_open(&self) -> bool {
        self.closed_at.is_none()
    }
}
