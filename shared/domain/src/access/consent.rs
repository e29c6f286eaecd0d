//! What an end user agrees to: which accounts are read, and for how long.

use std::str::FromStr;

use jiff::tz::TimeZone;
use jiff::{Span, Timestamp};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::date::Date;
use crate::fields::{Fields, Finding, FindingCode, InvalidValue};
use crate::money::Currency;
use crate::text::Text;

pub(super) const RECURRING: &str = "consent.recurring";
pub(super) const PERIOD: &str = "consent.period";
pub(super) const SCOPES: &str = "consent.scopes";
pub(super) const ACCOUNTS: &str = "consent.accounts";

/// The days for which a consent can be given: 180, in the EU by Delegated Regulation (EU)
/// 2022/2360.
pub const CONSENT_DAYS_MAX: i64 = 180;
/// The accounts that a consent can name.
pub const CONSENT_ACCOUNTS_MAX: usize = 100;

/// What an end user is to agree to.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct WantedConsent {
    /// Whether accounts may be read again and again; otherwise once.
    pub recurring: bool,
    /// For how many days.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub period: Option<i64>,
    /// What may be read; nothing here means everything.
    #[serde(default)]
    pub scopes: Vec<ConsentScope>,
    /// Which accounts; nothing here means all of them.
    #[serde(default)]
    pub accounts: Vec<ConsentAccount>,
}

/// What a consent covers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum ConsentScope {
    /// The accounts themselves, which are nothing here without their balances.
    Accounts,
    /// Their balances.
    Balances,
    /// Their transactions.
    Transactions,
}

impl FromStr for ConsentScope {
    type Err = InvalidValue;

    fn from_str(name: &str) -> Result<Self, InvalidValue> {
        match name {
            "ACCOUNTS" => Ok(Self::Accounts),
            "BALANCES" => Ok(Self::Balances),
            "TRANSACTIONS" => Ok(Self::Transactions),
            _ => Err(InvalidValue("expected ACCOUNTS, BALANCES or TRANSACTIONS")),
        }
    }
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

/// What an end user has agreed to at the bank.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct GrantedConsent {
    /// The bank's id of it.
    pub id: String,
    /// Whether accounts may be read again and again.
    pub recurring: bool,
    /// The last day on which it holds.
    pub valid_until: Date,
}

impl GrantedConsent {
    /// Whether its days have not passed.
    #[must_use]
    pub fn lasts_at(&self, now: Timestamp) -> bool {
        now.to_zoned(TimeZone::UTC).date() <= self.valid_until
    }
}

impl WantedConsent {
    /// Whether transactions may be read.
    #[must_use]
    pub fn covers_transactions(&self) -> bool {
        self.scopes.is_empty() || self.scopes.contains(&ConsentScope::Transactions)
    }

    /// The last day on which a consent that is given now is to hold.
    #[must_use]
    pub fn valid_until(&self, now: Timestamp) -> Date {
        let today = now.to_zoned(TimeZone::UTC).date();
        let days = match self.recurring {
            true => self.period.unwrap_or(CONSENT_DAYS_MAX),
            // Where the bank is it may be tomorrow already.
            false => 1,
        };
        // The calendar ends in the year 9999.
        today.checked_add(Span::new().days(days)).unwrap_or(Date::MAX)
    }

    /// Reads `consent`, if any of its fields was sent.
    pub(super) fn read(fields: &mut Fields) -> Option<Self> {
        let any = [RECURRING, PERIOD, SCOPES, ACCOUNTS].iter().any(|name| fields.get(name).is_some());
        let recurring = fields.boolean(RECURRING).value().unwrap_or_default();
        let period = fields.integer(PERIOD, 1..=CONSENT_DAYS_MAX).value();
        if fields.get(SCOPES).and_then(Value::as_array).is_some_and(Vec::is_empty) {
            fields.take(SCOPES);
        }
        let scopes = fields.list(SCOPES, 3, str::parse).value().unwrap_or_default();
        let accounts = accounts(fields);
        any.then_some(Self { recurring, period, scopes, accounts })
    }
}

fn accounts(fields: &mut Fields) -> Vec<ConsentAccount> {
    match fields.take(ACCOUNTS) {
        None | Some(Value::Null) => Vec::new(),
        Some(Value::Array(elements)) if elements.len() > CONSENT_ACCOUNTS_MAX => {
            let reason = format!("there are at most {CONSENT_ACCOUNTS_MAX}");
            fields.report(Finding::in_field(ACCOUNTS, FindingCode::TooMany, reason));
            Vec::new()
        }
        Some(accounts) => serde_json::from_value(accounts).unwrap_or_else(|_| {
            let reason =
                "expected an array of objects with the IBAN of an account as id and perhaps its currency";
            fields.report(Finding::in_field(ACCOUNTS, FindingCode::InvalidValue, reason));
            Vec::new()
        }),
    }
}
