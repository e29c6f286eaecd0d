//! Notification endpoints: the URLs to which an organization's applications are notified of events.

use jiff::Timestamp;
use secrecy::SecretString;
use serde::{Deserialize, Serialize};

use super::{Event, NotifyUri, ObserveKey};
use crate::id::{NotificationId, OrgId};
use crate::secrets::{SealContext, Sealed};
use crate::text::Text;

/// The endpoints that an organization may have. Each event is checked against all of them.
pub const ENDPOINTS_MAX: usize = 100;

/// The prefix of signing secrets (<https://www.standardwebhooks.com>).
const SECRET_PREFIX: &str = "whsec_";
/// The bytes of a signing secret; Standard Webhooks ask for 24 to 64.
const SECRET_BYTES: usize = 32;

/// A text of the application's own that comes back with each notification.
pub type State = Text<1024>;

/// A notification endpoint.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Endpoint {
    /// The id.
    pub id: NotificationId,
    /// The events that it observes.
    pub observe_key: ObserveKey,
    /// The URL that notifications are sent to.
    pub notify_uri: NotifyUri,
    /// A text of the application's own that comes back with each notification.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub state: Option<State>,
    /// The secret that signs its notifications.
    pub secret: Sealed,
    /// When it was created. Events before are not sent to it.
    #[serde(with = "jiff::fmt::serde::timestamp::millisecond::required")]
    pub created_at: Timestamp,
}

impl Endpoint {
    /// The context that the secret of this endpoint is sealed for.
    #[must_use]
    pub fn seal_context(org: &OrgId, id: &NotificationId) -> SealContext {
        SealContext::new(org, "notification", id)
    }

    /// Whether it is notified of the event.
    #[must_use]
    pub fn observes(&self, event: &Event) -> bool {
        // Both times are in milliseconds. An event in the millisecond in which the endpoint was created may be later:
        // one notification too many is better than a lost one.
        let key = self.observe_key.to_string();
        self.created_at <= event.at && event.keys.contains(&key)
    }
}

/// A new signing secret of 256 random bits.
///
/// # Errors
/// When the system's random generator fails.
pub fn signing_secret() -> Result<SecretString, getrandom::Error> {
    let mut bytes = [0; SECRET_BYTES];
    getrandom::fill(&mut bytes)?;
    Ok(format!("{SECRET_PREFIX}{}", data_encoding::BASE64.encode(&bytes)).into())
}

#[cfg(test)]
mod tests {
    use super::*;
    use secrecy::ExposeSecret;

    #[test]
    fn secrets_follow_standard_webhooks_and_are_not_logged() {
        let secret = signing_secret().expect("randomness");
        let bits = secret.expose_secret().strip_prefix("whsec_").expect("the prefix");
        assert_eq!(data_encoding::BASE64.decode(bits.as_bytes()).map(|bytes| bytes.len()), Ok(32));
        assert!(!format!("{secret:?}").contains(bits));
        let other = signing_secret().expect("randomness");
        assert_ne!(secret.expose_secret(), other.expose_secret());
    }
}
