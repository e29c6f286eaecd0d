//! What a bank says about an account that a synchronization has brought.

use jiff::Timestamp;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use super::AccountIdentifier;
use crate::id::{AccessId, AccountId};
use crate::money::{Currency, Decimal};

/// What a bank says about its account. Texts are as the bank has them, without control characters. Only a
/// synchronization writes it: what `/rest` shows of an account is read from here, not from the fields of the
/// account that a key with `accounts:write` can change.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct BankDetails {
    /// The access that brings the account.
    pub access_id: AccessId,
    /// What the bank calls the account.
    pub name: Option<String>,
    /// What kind of account it is in the bank's own words.
    pub product: Option<String>,
    /// Whose account it is.
    pub owner_name: Option<String>,
    /// Its IBAN (ISO 13616), in electronic form.
    pub iban: Option<String>,
    /// Its number in the country's own form, where it has no IBAN.
    pub bban: Option<String>,
    /// The bank's BIC (ISO 9362).
    pub bic: Option<String>,
    /// Its type (ISO 20022, `ExternalCashAccountType1Code`).
    pub cash_account_type: Option<String>,
    /// The balance, in the account's currency.
    #[serde(with = "rust_decimal::serde::str")]
    pub balance: Decimal,
    /// The currency of the account.
    pub currency: Currency,
    /// The day of the balance, where the bank tells it.
    pub balance_date: Option<Date>,
    /// Since when the bank does not list the account any more.
    #[serde(default, with = "jiff::fmt::serde::timestamp::millisecond::optional")]
    pub missing_since: Option<Timestamp>,
}

impl BankDetails {
    /// What the account's transactions are stored under: its IBAN or, without one, the account's id.
    #[must_use]
    pub fn transactions_identifier(&self, id: &AccountId) -> AccountIdentifier {
        let iban = self.iban.as_deref().and_then(|iban| iban.parse().ok());
        iban.unwrap_or_else(|| AccountIdentifier::of_id(id))
    }
}

/// The account's type, as other accounts have it, for a type of ISO 20022's.
#[must_use]
pub fn type_of(cash_account_type: Option<&str>) -> &'static str {
    match cash_account_type {
        Some("CACC" | "CASH" | "TRAN" | "TRAS" | "SLRY" | "CISH" | "NREX") => "checking",
        Some("SVGS" | "ONDP" | "MOMA") => "savings",
        Some("CARD") => "credit_card",
        Some("LOAN" | "MGLD") => "loan",
        _ => "unknown",
    }
}
