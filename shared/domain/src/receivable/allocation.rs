//! What reduces an open item without its source: cash, and adjustments.

use crate::date::Date;
use crate::money::Decimal;

/// Cash that was applied to an open item.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Cash {
    /// The booking date of the payment; of a return, that of the return. Never the value date.
    pub booked: Date,
    /// The amount; negative if a payment was returned.
    pub amount: Decimal,
}

/// A change of an open item without cash, such as a discount or a correction by hand.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Adjustment {
    /// The amount by which it reduces the open item.
    pub amount: Decimal,
    /// The day on which the source acknowledged it; `None` before.
    pub posted_at: Option<Date>,
}

/// Everything that was allocated to an open item, in no particular order.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Allocations {
    /// The cash.
    pub cash: Vec<Cash>,
    /// The adjustments.
    pub adjustments: Vec<Adjustment>,
}

impl Allocations {
    /// No allocations.
    pub const NONE: &'static Self = &Self { cash: Vec::new(), adjustments: Vec::new() };
}
