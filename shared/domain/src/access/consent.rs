//! The consent of an end user: which accounts can be read, and for how long.

use jiff::tz::TimeZone;
use jiff::{Span, Timestamp};
use serde::{Deserialize, Serialize};
use serde_json::Value as Json;
use strum::EnumString;

use crate::date::Date;
use crate::fields::{Body, Fields, FindingCode, InvalidValue, Patch, Value};
use crate::money::Currency;
use crate::text::Text;

/// The days that a consent can last: 180, in the EU by Delegated Regulation (EU)
/// 2022/2360.
pub const CONSENT_DAYS_MAX: i64 = 180;
/// The accounts that a consent can name.
pub const CONSENT_ACCOUNTS_MAX: usize = 100;

// The description below names the bound.
const _: () = assert!(CONSENT_ACCOUNTS_MAX == 100);

/// The consent that the user is asked for at the bank.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, Body)]
#[body(ignore_unknown, prefix = "consent", schema(as = NewConsent))]
pub struct WantedConsent {
    /// Whether the accounts can be read repeatedly; otherwise once.
    #[body(default = false, read = Fields::boolean)]
    pub recurring: bool,
    /// The days that it lasts; as long as is allowed by default.
    #[body(integer(1, CONSENT_DAYS_MAX))]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub period: Option<i64>,
    /// What can be read; everything by default.
    #[body(default, read = scopes, wire = std::collections::BTreeSet<ConsentScope>, schema(max_items = 3))]
    #[serde(default)]
    pub scopes: Vec<ConsentScope>,
    /// The accounts that can be read; all by default.
    #[body(default, read = accounts, schema(max_items = 100))]
    #[serde(default)]
    pub accounts: Vec<ConsentAccount>,
}

/// A scope of a consent.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, EnumString)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
#[strum(serialize_all = "SCREAMING_SNAKE_CASE", parse_err_ty = InvalidValue, parse_err_fn = unknown_scope)]
pub enum ConsentScope {
    /// The accounts. Saldo reads their balances, too.
    Accounts,
    /// Their balances.
    Balances,
    /// Their transactions.
    Transactions,
}

fn unknown_scope(_: &str) -> InvalidValue {
    InvalidValue("expected ACCOUNTS, BALANCES or TRANSACTIONS")
}

/// An account that a consent names.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ConsentAccount {
    /// Its IBAN.
    pub id: Text<128>,
    /// Its currency, where the IBAN has several.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub currency: Option<Currency>,
}

/// A consent that a user gave at the bank.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct GrantedConsent {
    /// The id that the bank gave it.
    pub id: String,
    /// Whether the accounts can be read repeatedly.
    pub recurring: bool,
    /// The last day on which it is valid.
    pub valid_until: Date,
}

impl GrantedConsent {
    /// Whether it is still valid.
    #[must_use]
    pub fn lasts_at(&self, now: Timestamp) -> bool {
        now.to_zoned(TimeZone::UTC).date() <= self.valid_until
    }
}

impl WantedConsent {
    /// Whether transactions can be read.
    #[must_use]
    pub fn covers_transactions(&self) -> bool {
        self.scopes.is_empty() || self.scopes.contains(&ConsentScope::Transactions)
    }

    /// The last valid day of a consent that is given now.
    #[must_use]
    pub fn valid_until(&self, now: Timestamp) -> Date {
        let today = now.to_zoned(TimeZone::UTC).date();
        let days = match self.recurring {
            true => self.period.unwrap_or(CONSENT_DAYS_MAX),
            // In the time zone of the bank it can already be tomorrow.
            false => 1,
        };
        // The calendar ends in the year 9999.
        today.checked_add(Span::new().days(days)).unwrap_or(Date::MAX)
    }
}

/// Reads the scopes. An empty list means all of them.
fn scopes(fields: &mut Fields<'_>, name: &'static str) -> Patch<Vec<ConsentScope>> {
    if matches!(fields.get(name), Some(Value::Other(Json::Array(scopes))) if scopes.is_empty()) {
        fields.take(name);
    }
    fields.list(name, 3, str::parse)
}

fn accounts(fields: &mut Fields<'_>, name: &'static str) -> Patch<Vec<ConsentAccount>> {
    match fields.take(name) {
        None => Patch::Keep,
        Some(Value::Null) => Patch::Clear,
        Some(Value::Other(Json::Array(elements))) if elements.len() > CONSENT_ACCOUNTS_MAX => {
            fields.refuse(name, FindingCode::TooMany, format!("there are at most {CONSENT_ACCOUNTS_MAX}"))
        }
        Some(accounts) => {
            if let Ok(accounts) = serde_json::from_value(accounts.into_json()) {
                Patch::Set(accounts)
            } else {
                let reason =
                    "expected an array of objects with the IBAN of an account as id and perhaps its currency";
                fields.refuse(name, FindingCode::InvalidValue, reason)
            }
        }
    }
}
