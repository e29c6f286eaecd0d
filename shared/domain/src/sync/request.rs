//! The request for a synchronization.

use std::net::IpAddr;
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use url::Url;

use super::RedirectUri;
use crate::access::{Credentials, read_credentials, save_secrets};
use crate::fields::{Fields, Finding, FindingCode, InvalidValue};
use crate::notification::Targets;

const DISABLE_NOTIFICATIONS: &str = "disable_notifications";
const REDIRECT_URI: &str = "redirect_uri";
const STATE: &str = "state";
const SCOPE: &str = "scope";
const REUSE_AUTH_METHOD: &str = "reuse_auth_method";
const REUSE_AUTH_MEDIUM: &str = "reuse_auth_medium";
const PSU_IP_ADDRESS: &str = "psu_ip_address";
const SYNC_PERIOD: &str = "sync_period";

/// The fields of a request for a synchronization.
pub const SYNC_FIELDS: &[&str] = &[
    "credentials",
    "save_secrets",
    "save_credentials",
    DISABLE_NOTIFICATIONS,
    REDIRECT_URI,
    STATE,
    SCOPE,
    REUSE_AUTH_METHOD,
    REUSE_AUTH_MEDIUM,
    PSU_IP_ADDRESS,
    SYNC_PERIOD,
];

/// The most characters in a `state`.
pub const STATE_CHARS_MAX: usize = 1_024;
/// The default days of history.
pub const SYNC_PERIOD_DEFAULT: i64 = 90;
/// The most days of history: ten years, more than banks offer.
pub const SYNC_PERIOD_MAX: i64 = 3_660;

/// The request for a synchronization, without the credentials.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[expect(clippy::struct_excessive_bools, reason = "independent flags of the contract")]
pub struct SyncRequest {
    /// Whether a user is waiting and can answer challenges.
    pub attended: bool,
    /// Whether the credentials are kept after the end.
    pub save_secrets: bool,
    /// Whether no notifications are sent at the end.
    pub disable_notifications: bool,
    /// Where the user is sent after the bank's page.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub redirect_uri: Option<RedirectUri>,
    /// A value of the application, which is added to the redirect URI.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub state: Option<String>,
    /// What to read.
    pub scope: SyncScope,
    /// Whether the authentication method of the last synchronization is reused.
    pub reuse_auth_method: bool,
    /// The user's IP address.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub psu_ip_address: Option<IpAddr>,
    /// The days of history to read.
    pub sync_period: i64,
    /// The callback URL to which the bank sends the user back, with its state.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub callback: Option<Url>,
    /// Whether the application has to confirm the user's return with the code in the redirect.
    #[serde(default)]
    pub confirm: bool,
}

/// What a synchronization reads.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum SyncScope {
    /// The accounts, including those that were deleted in Saldo.
    Accounts,
    /// The accounts and their transactions.
    #[default]
    Transactions,
}

impl FromStr for SyncScope {
    type Err = InvalidValue;

    fn from_str(name: &str) -> Result<Self, InvalidValue> {
        match name {
            "ACCOUNTS" => Ok(Self::Accounts),
            "TRANSACTIONS" => Ok(Self::Transactions),
            _ => Err(InvalidValue("expected ACCOUNTS or TRANSACTIONS")),
        }
    }
}

impl SyncRequest {
    /// Reads a request and its credentials. `redirect_uri` must be among the `targets`.
    ///
    /// # Errors
    /// All findings.
    pub fn read(mut fields: Fields, targets: Targets) -> Result<(Self, Credentials), Vec<Finding>> {
        let credentials = read_credentials(&mut fields);
        let mut flag = |name, default| fields.boolean(name).value().unwrap_or(default);
        let disable_notifications = flag(DISABLE_NOTIFICATIONS, false);
        let reuse_auth_method = flag(REUSE_AUTH_METHOD, true);
        // In NextGenPSD2 a method includes its medium, so the flag has no effect.
        let _reuse_auth_medium = flag(REUSE_AUTH_MEDIUM, true);
        let scope = fields.list(SCOPE, 2, str::parse).value().unwrap_or_default();
        let sync_period = fields.integer(SYNC_PERIOD, 1..=SYNC_PERIOD_MAX).value();
        let request = Self {
            attended: true,
            save_secrets: save_secrets(&mut fields),
            disable_notifications,
            redirect_uri: fields.patch(REDIRECT_URI, |text| RedirectUri::read(text, targets)).value(),
            state: fields.patch(STATE, state).value(),
            scope: match scope.as_slice() {
                [] => SyncScope::default(),
                scope if scope.contains(&SyncScope::Transactions) => SyncScope::Transactions,
                _ => SyncScope::Accounts,
            },
            reuse_auth_method,
            psu_ip_address: fields.patch(PSU_IP_ADDRESS, ip_address).value(),
            sync_period: sync_period.unwrap_or(SYNC_PERIOD_DEFAULT),
            callback: None,
            confirm: false,
        };
        let refused = fields.findings().iter().any(|found| found.field.as_deref() == Some(REDIRECT_URI));
        if request.state.is_some() && request.redirect_uri.is_none() && !refused {
            let reason = "a state goes with a redirect_uri";
            fields.report(Finding::in_field(STATE, FindingCode::InvalidValue, reason));
        }
        fields.finish_ignoring_unknown(Some((request, credentials)))
    }

    /// The request of the daily schedule, which needs no user.
    #[must_use]
    pub fn scheduled() -> Self {
        Self {
            attended: false,
            save_secrets: true,
            disable_notifications: false,
            redirect_uri: None,
            state: None,
            scope: SyncScope::default(),
            reuse_auth_method: true,
            psu_ip_address: None,
            sync_period: SYNC_PERIOD_DEFAULT,
            callback: None,
            confirm: false,
        }
    }
}

fn state(text: &str) -> Result<String, InvalidValue> {
    let length = text.chars().take(STATE_CHARS_MAX + 1).count();
    let valid = (1..=STATE_CHARS_MAX).contains(&length);
    valid.then(|| text.to_owned()).ok_or(InvalidValue("expected 1 to 1024 characters"))
}

fn ip_address(text: &str) -> Result<IpAddr, InvalidValue> {
    text.parse().map_err(|_| InvalidValue("expected an IP address"))
}
