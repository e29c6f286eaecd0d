//! The request body that starts a synchronization, and what a synchronization keeps of it.

use std::net::IpAddr;

use serde::{Deserialize, Serialize};
use strum::EnumString;
use url::Url;

use super::RedirectUri;
use crate::access::{Credentials, read_credentials};
use crate::fields::{Body, Fields, Finding, FindingCode, InvalidValue, Patch};
use crate::notification::Targets;

const REDIRECT_URI: &str = "redirect_uri";
const STATE: &str = "state";

/// The most characters in a `state`.
pub const STATE_CHARS_MAX: usize = 1_024;
/// The default days of history.
pub const SYNC_PERIOD_DEFAULT: i64 = 90;
/// The most days of history: ten years, more than banks provide.
pub const SYNC_PERIOD_MAX: i64 = 3_660;

// The descriptions below name the bounds.
const _: () = assert!(super::REDIRECT_URI_BYTES_MAX == 2_048 && STATE_CHARS_MAX == 1_024);

/// A new synchronization. All fields are optional. Unknown fields are ignored, as finX does.
#[derive(Clone, Debug, Body)]
#[body(ignore_unknown, context = Targets, rule = state_has_redirect_uri(state, redirect_uri))]
#[body(schema(as = NewSync, example = json!({
    "credentials": { "psu_id": "demo", "pin": "73190" },
    "save_secrets": true,
    "redirect_uri": "https://app.example/done",
    "state": "session-7f3c0e5a9b",
    "scope": ["TRANSACTIONS"],
    "psu_ip_address": "198.51.100.7",
    "sync_period": 90
})))]
#[expect(clippy::struct_excessive_bools, reason = "the finX API has these flags")]
pub struct NewSync {
    /// The credentials that are not saved, if the bank asks for some.
    #[body(default, read = read_credentials, wire = crate::openapi::Credentials)]
    pub credentials: Credentials,
    /// Whether the credentials are kept when the synchronization has ended; otherwise saved ones are deleted, too.
    #[body(default = false, read = Fields::boolean)]
    pub save_secrets: bool,
    /// Another name of `save_secrets`.
    #[body(default = false, read = Fields::boolean)]
    pub save_credentials: bool,
    /// Whether no notification is sent when the synchronization ends.
    #[body(default = false, read = Fields::boolean)]
    pub disable_notifications: bool,
    /// The page that the user is sent to after the bank's page: an `https` URL without user name and fragment (in the
    /// local stack also `http` on this machine), and a registered one, if the organization has registered any.
    #[body(read_with = redirect_uri, wire = String, schema(
        format = "uri", max_length = 2048, pattern = r"^[Hh][Tt][Tt][Pp][Ss]://[^/?#@]+([/?][^#]*)?$"
    ))]
    pub redirect_uri: Option<RedirectUri>,
    /// A random text that is appended to the `redirect_uri`, by which you recognize the returning user. It needs a
    /// `redirect_uri`.
    #[body(read = state, schema(min_length = 1, max_length = 1024))]
    pub state: Option<String>,
    /// `ACCOUNTS` reads the accounts alone, including those that were deleted in Saldo; `TRANSACTIONS` reads the
    /// accounts and their transactions.
    #[body(default, list(2), schema(default = json!(["TRANSACTIONS"])))]
    pub scope: Vec<SyncScope>,
    /// Whether the authentication method of the last synchronization is used again.
    #[body(default = true, read = Fields::boolean)]
    pub reuse_auth_method: bool,
    /// Whether its medium is used again. It has no effect: the methods of banks are bound to their media.
    #[body(default = true, read = Fields::boolean)]
    pub reuse_auth_medium: bool,
    /// The user's IP address, which some banks require.
    #[body(read = ip_address, schema(schema_with = crate::openapi::ip_address))]
    pub psu_ip_address: Option<IpAddr>,
    /// The days of history that are read.
    #[body(integer(1, SYNC_PERIOD_MAX), schema(default = json!(SYNC_PERIOD_DEFAULT)))]
    pub sync_period: Option<i64>,
}

/// What a synchronization keeps of its request, without the secrets.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[expect(clippy::struct_excessive_bools, reason = "independent flags of the contract")]
pub struct SyncRequest {
    /// Whether a user is waiting and can answer challenges.
    pub attended: bool,
    /// Whether the secrets are kept when the synchronization has ended.
    pub save_secrets: bool,
    /// Whether no notification is sent when it ends.
    pub disable_notifications: bool,
    /// The page that the user is sent to after the bank's page.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub redirect_uri: Option<RedirectUri>,
    /// The application's text that is appended to it.
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
    /// The address that the bank sends the user back to: the callback with its state.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub callback: Option<Url>,
    /// Whether the application has to confirm the user's return with the code from the redirect.
    #[serde(default)]
    pub confirm: bool,
}

/// What a synchronization reads.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, EnumString)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
#[strum(serialize_all = "SCREAMING_SNAKE_CASE", parse_err_ty = InvalidValue, parse_err_fn = unknown_scope)]
pub enum SyncScope {
    /// The accounts, including those that were deleted in Saldo.
    Accounts,
    /// The accounts and their transactions.
    #[default]
    Transactions,
}

fn unknown_scope(_: &str) -> InvalidValue {
    InvalidValue("expected ACCOUNTS or TRANSACTIONS")
}

impl SyncRequest {
    /// The synchronization that a user asks for.
    #[must_use]
    pub fn attended(body: NewSync) -> Self {
        Self {
            attended: true,
            save_secrets: body.save_secrets || body.save_credentials,
            disable_notifications: body.disable_notifications,
            redirect_uri: body.redirect_uri,
            state: body.state,
            scope: body.scope.into_iter().max().unwrap_or_default(),
            reuse_auth_method: body.reuse_auth_method,
            psu_ip_address: body.psu_ip_address,
            sync_period: body.sync_period.unwrap_or(SYNC_PERIOD_DEFAULT),
            callback: None,
            confirm: false,
        }
    }

    /// The daily synchronization: everything that can be read without a user.
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

/// Reports a state without a redirect URI.
fn state_has_redirect_uri(
    fields: &mut Fields<'_>,
    _: Targets,
    state: Option<&String>,
    redirect_uri: Option<&RedirectUri>,
) {
    let refused = fields.findings().iter().any(|found| found.field.as_deref() == Some(REDIRECT_URI));
    if state.is_some() && redirect_uri.is_none() && !refused {
        let reason = "a state goes with a redirect_uri";
        fields.report(Finding::in_field(STATE, FindingCode::InvalidValue, reason));
    }
}

fn redirect_uri(fields: &mut Fields<'_>, name: &'static str, targets: Targets) -> Patch<RedirectUri> {
    fields.patch(name, |text| RedirectUri::read(text, targets))
}

fn state(fields: &mut Fields<'_>, name: &'static str) -> Patch<String> {
    fields.patch(name, |text| {
        let length = text.chars().take(STATE_CHARS_MAX + 1).count();
        let valid = (1..=STATE_CHARS_MAX).contains(&length);
        valid.then(|| text.to_owned()).ok_or(InvalidValue("expected 1 to 1024 characters"))
    })
}

fn ip_address(fields: &mut Fields<'_>, name: &'static str) -> Patch<IpAddr> {
    fields.patch(name, |text| text.parse().map_err(|_| InvalidValue("expected an IP address")))
}
