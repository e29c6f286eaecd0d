//! What is asked for in a synchronization.

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

/// The characters of a `state`.
pub const STATE_CHARS_MAX: usize = 1_024;
/// The days of history that are asked for if nothing is said.
pub const SYNC_PERIOD_DEFAULT: i64 = 90;
/// The days of history that can be asked for: ten years, more than banks keep at hand.
pub const SYNC_PERIOD_MAX: i64 = 3_660;

/// What is asked for in a synchronization, secrets apart.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[expect(clippy::struct_excessive_bools, reason = "they are the contract's, each a question of its own")]
pub struct SyncRequest {
    /// Whether a user waits, who can be asked.
    pub attended: bool,
    /// Whether the secrets are kept when it has ended.
    pub save_secrets: bool,
    /// Whether nobody is to be notified of its end.
    pub disable_notifications: bool,
    /// Where the user goes on behind the bank's page.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub redirect_uri: Option<RedirectUri>,
    /// What goes with them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub state: Option<String>,
    /// What is read.
    pub scope: SyncScope,
    /// Whether the authentication method of the last time is used again.
    pub reuse_auth_method: bool,
    /// The user's IP address.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub psu_ip_address: Option<IpAddr>,
    /// The days of history that are read.
    pub sync_period: i64,
    /// Where the bank sends the user back to: the address of the callback, its state with it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub callback: Option<Url>,
    /// Whether the application has to confirm the user's return with the code that came with it.
    #[serde(default)]
    pub confirm: bool,
}

/// What a synchronization reads.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum SyncScope {
    /// The accounts, among them those that somebody has deleted here.
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
    /// Reads a request, and the credentials that come with it. Users may be sent to these `targets`.
    ///
    /// # Errors
    /// Everything that is wrong with the fields.
    pub fn read(mut fields: Fields, targets: Targets) -> Result<(Self, Credentials), Vec<Finding>> {
        let credentials = read_credentials(&mut fields);
        let mut flag = |name, default| fields.boolean(name).value().unwrap_or(default);
        let disable_notifications = flag(DISABLE_NOTIFICATIONS, false);
        let reuse_auth_method = flag(REUSE_AUTH_METHOD, true);
        // The standard's methods are bound to their media, so it says nothing of its own.
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

    /// What the schedule asks for: everything that can be had without asking anybody.
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
