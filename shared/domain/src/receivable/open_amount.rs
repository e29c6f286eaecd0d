//! What is still owed of an open item.
//!
//! A source that states open items deducts payments itself, but late. Payments after its last fully posted day are
//! deducted here, and so are the latest ones before, as far as the source's figure lacks them. Older payments are the
//! source's: after [`LATE_DAYS`] its figure is right.

use jiff::ToSpan as _;

use super::{Allocations, Amounts, Figure, ItemKind};
use crate::date::Date;
use crate::money::Decimal;

/// The days within which a source posts a payment that it did not have on the last day that it calls fully posted. With 0,
/// customers who have paid would be chased; without a bound, some amounts would stay wrong for ever.
pub const LATE_DAYS: i8 = 3;

/// An open item, as far as its open amount depends on it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OpenItem {
    /// Its kind.
    pub kind: ItemKind,
    /// What its figures state.
    pub amounts: Amounts,
    /// The original amount, and the earliest day of which it was stated. Allocations up to that day are in it.
    pub original: Figure,
    /// The source's latest figure.
    pub total: Decimal,
    /// The last day whose bank payments are in that figure.
    pub as_of: Date,
}

/// An amount that has more than 28 digits on the way to the result.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the allocated amounts have more than 28 digits")]
pub struct TooLarge;

impl OpenItem {
    /// What is still owed; negative for an invoice that is overpaid, and for a credit that is left.
    ///
    /// # Errors
    /// [`TooLarge`].
    pub fn open_amount(&self, allocations: &Allocations) -> Result<Decimal, TooLarge> {
        let sign = if self.kind.is_credit() { Decimal::NEGATIVE_ONE } else { Decimal::ONE };
        let signed = Signed { item: self, allocations, sign };
        let open = match self.amounts {
            Amounts::Originals => signed.of_original(),
            Amounts::OpenItems => signed.of_open_item(),
        };
        open.map(|open| sign * open).ok_or(TooLarge)
    }
}

/// An open item whose figures and allocations are multiplied by a sign, so that it counts as an invoice. The amounts are
/// `None` if they are too large.
struct Signed<'a> {
    item: &'a OpenItem,
    allocations: &'a Allocations,
    sign: Decimal,
}

impl Signed<'_> {
    /// The total less all allocations.
    fn of_original(&self) -> Option<Decimal> {
        let adjusted = self.adjustments(|_| true)?;
        self.total().checked_sub(self.cash(|_| true)?)?.checked_sub(adjusted)
    }

    fn of_open_item(&self) -> Option<Decimal> {
        let OpenItem { original, as_of, .. } = *self.item;
        let is_counted = |day: Date| original.as_of.is_none_or(|first| day > first) && day <= as_of;
        let is_pending = |posted: Option<Date>| posted.is_none_or(|day| day > as_of);
        let pending = self.adjustments(is_pending)?;
        let posted = self.adjustments(|posted| posted.is_some_and(is_counted))?;
        let deducted = (self.sign * original.amount).checked_sub(self.total())?;
        // What was allocated and is not in the source's figure.
        let gap = self.cash(is_counted)?.checked_add(posted)?.checked_sub(deducted)?;
        let left = self.total().checked_sub(self.cash(|day| day > as_of)?)?;
        if !pending.is_zero() && gap == -pending {
            // The source shows the adjustments already.
            return Some(left);
        }
        let late_after = as_of.checked_sub(LATE_DAYS.days()).unwrap_or(Date::MIN);
        let is_late = |day: Date| day > late_after && is_counted(day);
        let paid = self.sum_of_cash(|day, amount| is_late(day) && amount > Decimal::ZERO)?;
        let returned = self.sum_of_cash(|day, amount| is_late(day) && amount < Decimal::ZERO)?;
        left.checked_sub(paid.min(returned.max(gap)))?.checked_sub(pending)
    }

    fn total(&self) -> Decimal {
        self.sign * self.item.total
    }

    /// The cash that was booked on these days.
    fn cash(&self, is_wanted: impl Fn(Date) -> bool) -> Option<Decimal> {
        self.sum_of_cash(|day, _| is_wanted(day))
    }

    fn sum_of_cash(&self, is_wanted: impl Fn(Date, Decimal) -> bool) -> Option<Decimal> {
        let cash = self.allocations.cash.iter().map(|cash| (cash.booked, self.sign * cash.amount));
        sum(cash.filter(|(day, amount)| is_wanted(*day, *amount)).map(|(_, amount)| amount))
    }

    /// The adjustments whose acknowledgement is wanted.
    fn adjustments(&self, is_wanted: impl Fn(Option<Date>) -> bool) -> Option<Decimal> {
        let wanted = self.allocations.adjustments.iter().filter(|adjustment| is_wanted(adjustment.posted_at));
        sum(wanted.map(|adjustment| self.sign * adjustment.amount))
    }
}

fn sum(mut amounts: impl Iterator<Item = Decimal>) -> Option<Decimal> {
    amounts.try_fold(Decimal::ZERO, Decimal::checked_add)
}

#[cfg(test)]
mod tests;
