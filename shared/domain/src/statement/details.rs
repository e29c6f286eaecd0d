//! The details that an entry and each part of a batch have alike.

use serde::{Deserialize, Serialize};

use super::{Label, Party, PaymentReferences, Remittance};
use crate::money::Money;

/// The details of a payment.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Details {
    /// The other side.
    pub counterparty: Party,
    /// For whom the other side pays or receives.
    pub ultimate_counterparty: Option<Label>,
    /// The references.
    pub references: PaymentReferences,
    /// The text.
    pub remittance: Option<Remittance>,
    /// What kind of booking it is.
    pub bank_code: BankCode,
    /// The amount that was ordered, if it was changed by charges or converted; without a sign.
    pub instructed_amount: Option<Money>,
    /// The charges that the bank has included; negative ones are refunds.
    pub charges: Vec<Money>,
    /// The payment that this entry returns.
    pub return_of: Option<Returned>,
}

/// What kind of booking an entry is, in codes.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct BankCode {
    /// ISO 20022's code as `PMNT-RCDT-ESCT`: domain, family, subfamily.
    pub iso: Option<Label>,
    /// SWIFT's type, such as `NTRF`.
    pub swift: Option<Label>,
    /// The bank's or the country's own code: the three digits of a German `:86:`, the type of BAI2 or OFX.
    pub own: Option<Label>,
}

/// What a bank says of the payment that an entry returns.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Returned {
    /// The reason: ISO 20022's code, such as `AC04`, or the country's own.
    pub reason: Option<Label>,
    /// The amount of that payment, without a sign.
    pub original_amount: Option<Money>,
}
