//! The account of a statement.

use serde::{Deserialize, Serialize};

use super::Label;
use crate::account::AccountIdentifier;

/// The account of a statement, as far as the bank says.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct StatementAccount {
    /// The IBAN or, without one, the number.
    pub identifier: Option<AccountIdentifier>,
    /// The bank: its BIC, or its number in the country's own form.
    pub bank: Option<Label>,
    /// What the bank calls the account.
    pub name: Option<Label>,
    /// Whose account it is.
    pub owner_name: Option<Label>,
}
