//! The other side of a payment.

use serde::{Deserialize, Serialize};

use super::Label;

/// A party to a payment, as far as the bank says who it is.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Party {
    /// The name.
    pub name: Option<Label>,
    /// The IBAN, in its electronic form.
    pub iban: Option<Label>,
    /// The account number, if there is no IBAN.
    pub account_number: Option<Label>,
    /// The BIC of the party's bank, or the bank's number in the country's own form.
    pub bank: Option<Label>,
    /// The tax id.
    pub tax_id: Option<Label>,
}

impl Party {
    /// Whether nothing is known.
    #[must_use]
    pub fn is_unknown(&self) -> bool {
        *self == Self::default()
    }
}
