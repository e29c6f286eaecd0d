//! What is sent to connect banks and to synchronize with them, for the OpenAPI document: it is
//! read field by field. Fields that there are not are ignored.
#![allow(dead_code, reason = "these are described, never made")]

use std::collections::BTreeSet;

use saldo_domain::access::{ConsentAccount, ConsentScope};
use saldo_domain::sync::SyncScope;
use saldo_domain::text::Text;
use utoipa::openapi::schema::{AnyOfBuilder, ObjectBuilder, SchemaFormat, Type};
use utoipa::openapi::{RefOr, Schema};
use utoipa::{PartialSchema, ToSchema};

/// A new access.
#[derive(ToSchema)]
#[schema(as = NewAccess, example = json!({
    "access_method_id": "sandbox",
    "credentials": { "psu_id": "demo", "pin": "73190" },
    "save_secrets": true,
    "consent": { "recurring": true, "period": 90, "scopes": ["ACCOUNTS", "TRANSACTIONS"], "accounts": [] }
}))]
pub(super) struct NewAccess {
    /// The way to the bank's accounts, as the catalog names it.
    access_method_id: Text<128>,
    /// Credentials to begin with; what is missing can be sent with a synchronization.
    credentials: Option<Credentials>,
    /// Whether the credentials are kept beyond the next synchronization.
    #[schema(default = false)]
    save_secrets: Option<bool>,
    /// Another name of `save_secrets`.
    #[schema(default = false)]
    save_credentials: Option<bool>,
    /// What the user agrees to; everything once unless stated.
    consent: Option<NewConsent>,
}

/// What a bank asks of its customer: each credential that the access method lists in the catalog, and
/// no other. No answer tells them.
#[derive(ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Credentials {
    /// Who the customer is: up to 4096 bytes.
    #[schema(nullable = false, min_length = 1, max_length = 4096)]
    psu_id: Option<String>,
    /// What proves it: up to 4096 bytes.
    #[schema(nullable = false, min_length = 1, max_length = 4096, format = Password)]
    pin: Option<String>,
}

/// What the user is to agree to at the bank.
#[derive(ToSchema)]
pub(super) struct NewConsent {
    /// Whether accounts may be read again and again; otherwise once.
    #[schema(default = false)]
    recurring: Option<bool>,
    /// For how many days; as long as is allowed unless stated.
    #[schema(minimum = 1, maximum = 180)]
    period: Option<i64>,
    /// What may be read; everything unless something is named.
    #[schema(max_items = 3)]
    scopes: Option<BTreeSet<ConsentScope>>,
    /// Which accounts may be read; all of them unless some are named.
    #[schema(max_items = 100)]
    accounts: Option<Vec<ConsentAccount>>,
}

/// A new synchronization. Everything may be left out.
#[derive(ToSchema)]
#[schema(as = NewSync, example = json!({
    "credentials": { "psu_id": "demo", "pin": "73190" },
    "save_secrets": true,
    "redirect_uri": "https://app.example/done",
    "state": "session-7f3c0e5a9b",
    "scope": ["TRANSACTIONS"],
    "psu_ip_address": "198.51.100.7",
    "sync_period": 90
}))]
pub(super) struct NewSync {
    /// The credentials that are not saved, if the bank asks for some.
    credentials: Option<Credentials>,
    /// Whether the credentials are kept when it has ended; otherwise saved ones are forgotten, too.
    #[schema(default = false)]
    save_secrets: Option<bool>,
    /// Another name of `save_secrets`.
    #[schema(default = false)]
    save_credentials: Option<bool>,
    /// Whether nobody is notified of its end.
    #[schema(default = false)]
    disable_notifications: Option<bool>,
    /// Where the user goes on who comes back from the bank's page: an `https` URL without user name and
    /// fragment (in the local stack also `http` on this machine), and a registered one, if the organization has
    /// registered any.
    #[schema(format = "uri", max_length = 2048, pattern = r"^[Hh][Tt][Tt][Pp][Ss]://[^/?#@]+([/?][^#]*)?$")]
    redirect_uri: Option<String>,
    /// What is appended to the `redirect_uri`, without which there is none: something random, by which
    /// the user who comes back is told from others.
    #[schema(min_length = 1, max_length = 1024)]
    state: Option<String>,
    /// What is read: `ACCOUNTS` for the accounts alone, among them those that were deleted here;
    /// `TRANSACTIONS` for the accounts and their transactions.
    #[schema(min_items = 1, max_items = 2, default = json!(["TRANSACTIONS"]))]
    scope: Option<BTreeSet<SyncScope>>,
    /// Whether the authentication method of the last time is used again.
    #[schema(default = true)]
    reuse_auth_method: Option<bool>,
    /// Whether its medium is used again: banks' methods are bound to their media, so it changes
    /// nothing.
    #[schema(default = true)]
    reuse_auth_medium: Option<bool>,
    /// The user's IP address, which some banks insist on.
    #[schema(schema_with = ip_address)]
    psu_ip_address: Option<String>,
    /// The days of history that are read.
    #[schema(minimum = 1, maximum = 3660, default = 90)]
    sync_period: Option<i64>,
}

fn ip_address() -> impl Into<RefOr<Schema>> {
    let address = |format: &str| {
        let format = Some(SchemaFormat::Custom(format.to_owned()));
        ObjectBuilder::new().schema_type(Type::String).format(format)
    };
    let nothing = ObjectBuilder::new().schema_type(Type::Null);
    AnyOfBuilder::new()
        .item(address("ipv4"))
        .item(address("ipv6"))
        .item(nothing)
        .description(Some("The user's IP address, which some banks insist on"))
}

/// The answer to an `EMBEDDED` challenge, or the code that confirms the return in a `REDIRECT` challenge.
#[derive(ToSchema)]
#[schema(title = "ChallengeValue")]
struct Value {
    /// What the user has told, without blanks around it: no longer than the challenge allows, and
    /// digits alone where its `input_format` is `integer`.
    #[schema(min_length = 1, max_length = 1000, pattern = r"\S")]
    value: String,
}

/// The answer to a `METHOD_SELECT` challenge.
#[derive(ToSchema)]
#[schema(title = "ChosenMethod")]
struct Method {
    /// The id of one of the challenge's `auth_methods`.
    #[schema(min_length = 1)]
    method_id: String,
}

/// The answer to a challenge: what it asks for.
pub(super) struct Answer;

impl PartialSchema for Answer {
    fn schema() -> RefOr<Schema> {
        AnyOfBuilder::new()
            .item(Value::schema())
            .item(Method::schema())
            .description(Some("The answer to a challenge, of the challenge's kind"))
            .examples([serde_json::json!({ "value": "402718" }), serde_json::json!({ "method_id": "sms" })])
            .into()
    }
}

impl ToSchema for Answer {
    fn name() -> std::borrow::Cow<'static, str> {
        "ChallengeAnswer".into()
    }
}

#[cfg(test)]
mod tests {
    use saldo_domain::access::{ACCESS_FIELDS, CONSENT_ACCOUNTS_MAX, CONSENT_DAYS_MAX};
    use saldo_domain::bank::{PIN, PSU_ID};
    use saldo_domain::secrets::SECRET_BYTES_MAX;
    use saldo_domain::sync::{
        REDIRECT_URI_BYTES_MAX, STATE_CHARS_MAX, SYNC_FIELDS, SYNC_PERIOD_DEFAULT, SYNC_PERIOD_MAX,
    };
    use saldo_http::openapi::properties;
    use serde_json::{Value as Json, json};

    use super::super::challenges;
    use super::*;

    fn sorted(names: impl IntoIterator<Item = impl Into<String>>) -> Vec<String> {
        let mut names: Vec<String> = names.into_iter().map(Into::into).collect();
        names.sort();
        names
    }

    #[test]
    fn what_is_described_is_what_is_read() {
        let (consent, access): (Vec<&str>, Vec<&str>) =
            ACCESS_FIELDS.iter().partition(|field| field.starts_with("consent."));
        let consent = consent.iter().filter_map(|field| field.strip_prefix("consent."));
        assert_eq!(sorted(properties::<NewConsent>()), sorted(consent));
        assert_eq!(sorted(properties::<NewAccess>()), sorted(access.into_iter().chain(["consent"])));
        assert_eq!(sorted(properties::<Credentials>()), sorted([PSU_ID, PIN]));
        assert_eq!(sorted(properties::<NewSync>()), sorted(SYNC_FIELDS.iter().copied()));
        let answers = [properties::<Value>(), properties::<Method>()].concat();
        assert_eq!(answers, challenges::ANSWER_FIELDS);
    }

    #[test]
    fn the_bounds_are_those_that_are_checked() {
        let described = |schema: RefOr<Schema>| serde_json::to_value(schema).expect("JSON");
        let (consent, sync) = (described(NewConsent::schema()), described(NewSync::schema()));
        let (credentials, value) = (described(Credentials::schema()), described(Value::schema()));
        let bound = |schema: &Json, pointer: &str| schema["properties"].pointer(pointer).cloned();
        for (schema, pointer, bound_of_code) in [
            (&consent, "/period/maximum", json!(CONSENT_DAYS_MAX)),
            (&consent, "/accounts/maxItems", json!(CONSENT_ACCOUNTS_MAX)),
            (&sync, "/redirect_uri/maxLength", json!(REDIRECT_URI_BYTES_MAX)),
            (&sync, "/state/maxLength", json!(STATE_CHARS_MAX)),
            (&sync, "/sync_period/maximum", json!(SYNC_PERIOD_MAX)),
            (&sync, "/sync_period/default", json!(SYNC_PERIOD_DEFAULT)),
            (&credentials, "/psu_id/maxLength", json!(SECRET_BYTES_MAX)),
            (&credentials, "/pin/maxLength", json!(SECRET_BYTES_MAX)),
            (&value, "/value/maxLength", json!(challenges::VALUE_CHARS_MAX)),
        ] {
            assert_eq!(bound(schema, pointer), Some(bound_of_code), "{pointer}");
        }
    }
}
