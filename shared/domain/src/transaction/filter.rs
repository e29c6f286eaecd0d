//! Filters of transactions.

use serde::{Deserialize, Serialize};

use crate::account::AccountIdentifier;
use crate::bounds::Bounds;
use crate::date::Date;

/// A filter of transactions.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct TransactionFilter {
    /// Transactions of this account.
    pub account_identifier: Option<AccountIdentifier>,
    /// Transactions with a value date on these days.
    pub valued_on: Bounds<Date>,
}
