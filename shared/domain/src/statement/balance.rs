//! A balance that a statement states.

use serde::{Deserialize, Serialize};

use crate::date::Date;
use crate::money::Money;

/// A booked balance.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Balance {
    /// The balance; negative if the account is overdrawn.
    pub money: Money,
    /// The day.
    pub on: Option<Date>,
    /// Whether it stands between two pages of a statement.
    pub is_intermediate: bool,
}
