//! Endpoints: who wants to be told of what, and where.

use jiff::Timestamp;
use secrecy::SecretString;
use serde::{Deserialize, Serialize};

use super::{Event, NotifyUri, ObserveKey, Targets};
use crate::fields::{Fields, Finding, Patch};
use crate::id::{NotificationId, OrgId};
use crate::secrets::{SealContext, Sealed};
use crate::text::Text;

const OBSERVE_KEY: &str = "observe_key";
const NOTIFY_URI: &str = "notify_uri";
const STATE: &str = "state";

/// The fields of an endpoint.
pub const ENDPOINT_FIELDS: &[&str] = &[OBSERVE_KEY, NOTIFY_URI, STATE];

/// The endpoints that an organization may have. Each event is checked against all of them.
pub const ENDPOINTS_MAX: usize = 100;

/// What signing secrets begin with (<https://www.standardwebhooks.com>).
const SECRET_PREFIX: &str = "whsec_";
/// The bytes of a signing secret; Standard Webhooks ask for 24 to 64.
const SECRET_BYTES: usize = 32;

/// What an endpoint gets back with each notification, to tell it by.
pub type State = Text<1024>;

/// Where an organization is told of something.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Endpoint {
    /// Its id.
    pub id: NotificationId,
    /// What it is told of.
    pub observe_key: ObserveKey,
    /// Where it is told.
    pub notify_uri: NotifyUri,
    /// What it gets back each time.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub state: Option<State>,
    /// What its notifications are signed with.
    pub secret: Sealed,
    /// When it was made: it is told of nothing that ended before.
    #[serde(with = "jiff::fmt::serde::timestamp::millisecond::required")]
    pub created_at: Timestamp,
}

impl Endpoint {
    /// What the secret of this endpoint is sealed to.
    #[must_use]
    pub fn seal_context(org: &OrgId, id: &NotificationId) -> SealContext {
        SealContext::new(org, "notification", id)
    }

    /// Whether it is to be told of the event.
    #[must_use]
    pub fn observes(&self, event: &Event) -> bool {
        // Both are kept in milliseconds. What ended in the one in which the endpoint was made
        // may have ended after: told too much is better than too little.
        let key = self.observe_key.to_string();
        self.created_at <= event.at && event.keys.contains(&key)
    }
}

/// A new signing secret of 256 random bits.
///
/// # Errors
/// When the system has no randomness to give.
pub fn signing_secret() -> Result<SecretString, getrandom::Error> {
    let mut bytes = [0; SECRET_BYTES];
    getrandom::fill(&mut bytes)?;
    Ok(format!("{SECRET_PREFIX}{}", data_encoding::BASE64.encode(&bytes)).into())
}

/// What is asked for in a new endpoint.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EndpointRequest {
    /// What it is told of.
    pub observe_key: ObserveKey,
    /// Where it is told.
    pub notify_uri: NotifyUri,
    /// What it gets back each time.
    pub state: Option<State>,
}

impl EndpointRequest {
    /// Reads a request. Fields that there are not are ignored, as finX does.
    ///
    /// # Errors
    /// Everything that is wrong with the fields.
    pub fn read(mut fields: Fields, targets: Targets) -> Result<Self, Vec<Finding>> {
        let observe_key = fields.required(OBSERVE_KEY, |fields, name| fields.patch(name, str::parse));
        let notify_uri =
            fields.required(NOTIFY_URI, |fields, name| fields.patch(name, |text| targets.read(text)));
        let state = fields.text(STATE).value();
        let request = || Some(Self { observe_key: observe_key?, notify_uri: notify_uri?, state });
        fields.finish_ignoring_unknown(request())
    }

    /// The endpoint that was asked for, with its sealed secret.
    #[must_use]
    pub fn grant(self, id: NotificationId, secret: Sealed, now: Timestamp) -> Endpoint {
        let Self { observe_key, notify_uri, state } = self;
        Endpoint { id, observe_key, notify_uri, state, secret, created_at: now }
    }
}

/// What is to be changed in an endpoint.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EndpointChange {
    /// What it is told of from now on.
    pub observe_key: Option<ObserveKey>,
    /// Where it is told from now on.
    pub notify_uri: Option<NotifyUri>,
    /// What it gets back from now on.
    pub state: Patch<State>,
}

impl EndpointChange {
    /// Whether nothing is to be changed.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.observe_key.is_none() && self.notify_uri.is_none() && self.state == Patch::Keep
    }

    /// Reads a change. Fields that there are not are ignored, as finX does.
    ///
    /// # Errors
    /// Everything that is wrong with the fields.
    pub fn read(mut fields: Fields, targets: Targets) -> Result<Self, Vec<Finding>> {
        let observe_key = fields.not_null(OBSERVE_KEY, |fields, name| fields.patch(name, str::parse));
        let notify_uri =
            fields.not_null(NOTIFY_URI, |fields, name| fields.patch(name, |text| targets.read(text)));
        let state = fields.text(STATE);
        fields.finish_ignoring_unknown(Some(Self { observe_key, notify_uri, state }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use secrecy::ExposeSecret;

    #[test]
    fn secrets_are_as_standard_webhooks_say_and_show_themselves_to_nobody() {
        let secret = signing_secret().expect("randomness");
        let bits = secret.expose_secret().strip_prefix("whsec_").expect("the prefix");
        assert_eq!(data_encoding::BASE64.decode(bits.as_bytes()).map(|bytes| bytes.len()), Ok(32));
        assert!(!format!("{secret:?}").contains(bits));
        let other = signing_secret().expect("randomness");
        assert_ne!(secret.expose_secret(), other.expose_secret());
    }
}
