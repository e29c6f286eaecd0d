//! Which transactions are wanted.

use serde::{Deserialize, Serialize};

use crate::account::AccountIdentifier;
use crate::bounds::Bounds;
use crate::date::Date;

/// Which transactions are wanted.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct TransactionFilter {
    /// Those of this account.
    pub account_identifier: Option<AccountIdentifier>,
    /// Those valued on these days.
    pub valued_on: Bounds<Date>,
}
