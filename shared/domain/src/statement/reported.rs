//! An entry with what its statement says about it: what an import or a synchronization stores as a transaction.

use serde::{Deserialize, Serialize};

use super::{Entry, StatementAccount};
use crate::money::{Currency, Decimal};

/// An entry of an account, as a bank reports it in a file or to a synchronization.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReportedEntry {
    /// The account.
    pub account: StatementAccount,
    /// The currency of the account. That of the entry is the same, or the entry is refused.
    pub currency: Currency,
    /// The entry.
    pub entry: Entry,
    /// The balance of the account after the entry, if the bank states it or it follows from a balance of the statement.
    pub balance_after: Option<Decimal>,
    /// How many entries of the same account and day that say the same come before it in the file. It counts only for
    /// entries without a bank's id.
    pub occurrence: u64,
}
