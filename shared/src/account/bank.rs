//! What a bank says about an account that a synchronization has brought.

use jiff::Timestamp;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use crate::id::AccessId;

/// What a bank says about its account. Texts are as the bank has them, control characters
/// apart.
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
    /// The day of the balance, where the bank tells it.
    pub balance_date: Option<Date>,
    /// Since when the bank does not list the account any more.
    pub missing_since: Option<Timestamp>,
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
