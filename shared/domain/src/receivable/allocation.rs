//! What reduces an open item without its source: cash, and adjustments.

use crate::date::Date;
use crate::id::AllocationId;
use crate::money::{Currency, Decimal};

/// The most allocations of an account. Every import of the account reads them: at about 200 bytes each, these are 50 read units.
pub const ALLOCATIONS_MAX: usize = 1_000;
/// The most allocations that one change of an account writes: they and the account are the actions of one transaction of DynamoDB.
pub const WRITTEN_MAX: usize = 99;

/// What an allocation is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, strum::Display, strum::EnumString, strum::IntoStaticStr)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[strum(serialize_all = "snake_case")]
#[cfg_attr(feature = "openapi", schema(rename_all = "snake_case"))]
pub enum AllocationKind {
    /// A change of what is owed, without cash: such as a balance that was set by hand.
    Adjustment,
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
    /// The day on which the source acknowledged an adjustment; `None` before.
    pub posted_at: Option<Date>,
    /// The source's latest figure when it was made.
    pub total_amount: Decimal,
    /// The day of that figure.
    pub as_of: Date,
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
    /// The source's latest figure when it was made.
    pub total: Decimal,
    /// The day of that figure.
    pub as_of: Date,
}

/// Everything that was allocated to an open item in its currency.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Allocations {
    /// The cash, in no particular order.
    pub cash: Vec<Cash>,
    /// The adjustments, in the order in which they were made.
    pub adjustments: Vec<Adjustment>,
}

impl Allocations {
    /// Those of these allocations that are in this currency.
    #[must_use]
    pub fn of(all: &[Allocation], currency: Currency) -> Self {
        let mut counted: Vec<_> = all.iter().filter(|allocation| allocation.currency == currency).collect();
        counted.sort_unstable_by_key(|allocation| &allocation.id);
        let adjustments = counted.into_iter().map(|allocation| {
            let Allocation {
                kind: AllocationKind::Adjustment, amount, posted_at, total_amount, as_of, ..
            } = *allocation;
            Adjustment { amount, posted_at, total: total_amount, as_of }
        });
        Self { cash: Vec::new(), adjustments: adjustments.collect() }
    }

    /// Whether nothing was allocated.
    #[must_use]
    pub fn are_none(&self) -> bool {
        self.cash.is_empty() && self.adjustments.is_empty()
    }
}
