//! What reduces an open item without its source: cash, and adjustments.

use crate::date::Date;
use crate::id::AllocationId;
use crate::money::{Currency, Decimal};

/// The most allocations of an account. Every import of the account reads them: at about 150 bytes each, these are 40 read units.
pub const ALLOCATIONS_MAX: usize = 1_000;

/// What an allocation is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, strum::Display, strum::EnumString, strum::IntoStaticStr)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[strum(serialize_all = "snake_case")]
#[cfg_attr(feature = "openapi", schema(rename_all = "snake_case"))]
pub enum AllocationKind {
    /// A change of what is owed, without cash: such as a balance that was set by hand.
    Adjustment,
    /// What the source's figure had lost, without an allocation, when a balance was set by hand. It changes nothing of what is
    /// owed. Without it, the source would seem to show an adjustment of the same amount already.
    Explanation,
}

/// An allocation to an open item.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Allocation {
    /// Its id. Ids sort by the time at which allocations were made.
    pub id: AllocationId,
    /// What it is.
    pub kind: AllocationKind,
    /// The amount by which it reduces the open item.
    pub amount: Decimal,
    /// The currency: it counts while the account has this one.
    pub currency: Currency,
    /// The day on which it was made, in the organization's time zone.
    pub made_on: Date,
    /// The day on which the source acknowledged an adjustment, `None` before; the day of the figure that an explanation is of.
    pub posted_at: Option<Date>,
}

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

/// What the source's figure of a day had lost without an allocation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Explanation {
    /// The amount.
    pub amount: Decimal,
    /// The day.
    pub as_of: Date,
}

/// Everything that was allocated to an open item in its currency, in no particular order.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Allocations {
    /// The cash.
    pub cash: Vec<Cash>,
    /// The adjustments.
    pub adjustments: Vec<Adjustment>,
    /// What needs no adjustment.
    pub explanations: Vec<Explanation>,
}

impl Allocations {
    /// Those of these allocations that are in this currency.
    #[must_use]
    pub fn of(all: &[Allocation], currency: Currency) -> Self {
        let mut counted = Self::default();
        for allocation in all.iter().filter(|allocation| allocation.currency == currency) {
            let Allocation { kind, amount, posted_at, made_on, .. } = *allocation;
            match kind {
                AllocationKind::Adjustment => counted.adjustments.push(Adjustment { amount, posted_at }),
                AllocationKind::Explanation => {
                    counted.explanations.push(Explanation { amount, as_of: posted_at.unwrap_or(made_on) });
                }
            }
        }
        counted
    }

    /// Whether nothing was allocated.
    #[must_use]
    pub fn are_none(&self) -> bool {
        self.cash.is_empty() && self.adjustments.is_empty() && self.explanations.is_empty()
    }
}
