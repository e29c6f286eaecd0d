//! An amount and its currency.

use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

use super::Currency;

/// An amount in a currency; its sign says the direction where there is one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Money {
    /// The amount, in units of the currency.
    #[serde(with = "rust_decimal::serde::str")]
    pub amount: Decimal,
    /// The currency.
    pub currency: Currency,
}

impl std::fmt::Display for Money {
    /// The amount with all decimal places of its currency, and the code: `3.50 EUR`.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} {}", self.currency.in_full(self.amount), self.currency)
    }
}
