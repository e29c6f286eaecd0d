//! Challenges: what a bank asks its customer during an authorization.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::id::ChallengeId;
use crate::secrets::Sealed;
use crate::sync::CodeHash;

/// A challenge to the user.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Challenge {
    /// Its id.
    pub id: ChallengeId,
    /// Its kind.
    #[serde(flatten)]
    pub kind: ChallengeKind,
    /// When it was created.
    #[serde(with = "jiff::fmt::serde::timestamp::millisecond::required")]
    pub created_at: Timestamp,
    /// When it was answered or otherwise settled.
    #[serde(
        default,
        skip_serializing_if = "Option::is_none",
        with = "jiff::fmt::serde::timestamp::millisecond::optional"
    )]
    pub closed_at: Option<Timestamp>,
    /// The hash of the code with which the application confirms the user's return.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub code: Option<CodeHash>,
}

/// The kinds of challenges.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(tag = "type", rename_all = "SCREAMING_SNAKE_CASE")]
pub enum ChallengeKind {
    /// Choose an authentication method.
    #[cfg_attr(feature = "openapi", schema(title = "MethodSelectChallenge"))]
    MethodSelect {
        /// The methods to choose from.
        auth_methods: Vec<AuthMethod>,
    },
    /// Enter something, such as a one-time password.
    #[cfg_attr(feature = "openapi", schema(title = "EmbeddedChallenge"))]
    Embedded {
        /// What to enter, for people.
        label: String,
        /// The format of `data`.
        format: TextFormat,
        /// The data for the answer: text, or an image in base64.
        #[cfg_attr(feature = "openapi", schema(required))]
        #[serde(default)]
        data: Option<String>,
        /// The kind of characters in the answer, if known: `integer` or `characters`.
        #[cfg_attr(feature = "openapi", schema(required))]
        #[serde(default)]
        input_format: Option<String>,
        /// The least length of the answer in characters.
        #[cfg_attr(feature = "openapi", schema(required))]
        #[serde(default)]
        min_length: Option<u32>,
        /// The greatest length of the answer in characters.
        #[cfg_attr(feature = "openapi", schema(required))]
        #[serde(default)]
        max_length: Option<u32>,
    },
    /// Go to a page of the bank and come back.
    #[cfg_attr(feature = "openapi", schema(title = "RedirectChallenge"))]
    Redirect {
        /// The URL of the page.
        location: String,
    },
    /// Act outside of the application, such as in the bank's app. No answer is needed.
    #[cfg_attr(feature = "openapi", schema(title = "DecoupledChallenge"))]
    Decoupled {
        /// What to do, for people.
        message: String,
    },
}

/// An authentication method.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[cfg_attr(feature = "openapi", schema(as = AuthenticationMethod))]
pub struct AuthMethod {
    /// The bank's id of the method.
    pub id: String,
    /// Its type, such as `SMS_OTP`.
    #[serde(rename = "type")]
    pub kind: String,
    /// Its name at the bank.
    #[cfg_attr(feature = "openapi", schema(required))]
    pub name: Option<String>,
    /// The bank's explanation.
    #[cfg_attr(feature = "openapi", schema(required))]
    pub additional_info: Option<String>,
}

/// The format of a challenge's data.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[cfg_attr(feature = "openapi", schema(as = ChallengeFormat))]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum TextFormat {
    /// Plain text.
    Text,
    /// HTML.
    Html,
    /// A flicker code for a TAN generator.
    Hhd,
    /// An image to photograph.
    Photo,
}

/// The answer to a challenge.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Answer {
    /// The authentication method with this id.
    Method(String),
    /// What the user entered, encrypted.
    Value(Sealed),
    /// The user has come back from the bank's page.
    Returned,
}

impl Challenge {
    /// Drops the data, such as an image, once it is not needed any more.
    pub(super) fn drop_data(&mut self) {
        if let ChallengeKind::Embedded { data, .. } = &mut self.kind {
            *data = None;
        }
    }

    /// Whether it waits for an answer.
    #[must_use]
    pub fn is_open(&self) -> bool {
        self.closed_at.is_none()
    }
}
