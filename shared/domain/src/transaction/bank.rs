//! What a bank says about a transaction beyond what every transaction has.

use serde::{Deserialize, Serialize};

use crate::id::AccountId;

/// What a bank says about a transaction that a synchronization has brought.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TransactionDetails {
    /// The account that it was reported for: several may share an IBAN.
    pub account_id: AccountId,
    /// Who is on the other side.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub counterparty: Option<String>,
    /// Their IBAN.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub iban: Option<String>,
    /// Their account, where it has no IBAN.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub account_number: Option<String>,
    /// Their bank's BIC.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub bic: Option<String>,
    /// What the bank calls such a transaction.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub booking_text: Option<String>,
    /// What kind it is (ISO 20022 bank transaction code).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub code: Option<String>,
    /// The reference that goes with a payment from end to end.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub end_to_end_reference: Option<String>,
    /// The direct debit's mandate.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub mandate_reference: Option<String>,
    /// The direct debit's creditor.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub creditor_id: Option<String>,
}

impl TransactionDetails {
    /// Nothing, about a transaction of this account.
    #[must_use]
    pub fn none(account_id: AccountId) -> Self {
        Self {
            account_id,
            counterparty: None,
            iban: None,
            account_number: None,
            bic: None,
            booking_text: None,
            code: None,
            end_to_end_reference: None,
            mandate_reference: None,
            creditor_id: None,
        }
    }
}
