//! The details that only banks report of a transaction.

use serde::{Deserialize, Serialize};

use crate::id::AccountId;

/// The details of a transaction that a synchronization has read.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TransactionDetails {
    /// The account for which the bank reported it: several accounts may share an IBAN.
    pub account_id: AccountId,
    /// The name of the counterparty.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub counterparty: Option<String>,
    /// The counterparty's IBAN.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub iban: Option<String>,
    /// The counterparty's account number, if it has no IBAN.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub account_number: Option<String>,
    /// The BIC of the counterparty's bank.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub bic: Option<String>,
    /// The bank's name for this type of transaction.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub booking_text: Option<String>,
    /// The type (ISO 20022 bank transaction code).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub code: Option<String>,
    /// The end-to-end reference of the payment.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub end_to_end_reference: Option<String>,
    /// The mandate of the direct debit.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub mandate_reference: Option<String>,
    /// The creditor of the direct debit.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub creditor_id: Option<String>,
}

impl TransactionDetails {
    /// A transaction of this account without details.
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
