//! What is still owed of an open item.
//!
//! A source that states open items deducts payments itself, but late. Payments after its last fully posted day are
//! deducted here, and so are the latest ones before, as far as the source's figure lacks them. Older payments are the
//! source's: after [`LATE_DAYS`] its figure is right.
//!
//! An adjustment is deducted here until the source acknowledges it, or shows it: until its figure has lost exactly the pending
//! adjustments since the last one was made. Each adjustment has the figure that the source had stated by then. What that figure
//! had lost without an allocation stays out of the comparison, whatever the original amount becomes later.

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
#[error("what is still owed, total_amount less the account's adjustments, has more than 28 digits")]
pub struct TooLarge;

impl OpenItem {
    /// What is still owed; negative for an invoice that is overpaid, and for a credit that is left.
    ///
    /// # Errors
    /// [`TooLarge`].
    pub fn open_amount(&self, allocations: &Allocations) -> Result<Decimal, TooLarge> {
        if allocations.are_none() {
            return Ok(self.total);
        }
        let signed = Signed::new(self, allocations);
        let open = match self.amounts {
            Amounts::Originals => signed.of_original(),
            Amounts::OpenItems => signed.terms().and_then(|terms| terms.open_amount()),
        };
        open.map(|open| signed.sign * open).ok_or(TooLarge)
    }

    /// What is to be allocated besides, as an adjustment that is not acknowledged, so that the open amount becomes this one. If
    /// the source [shows the pending adjustments](Self::shows_pending), they are to be acknowledged with the day of the figure
    /// before.
    ///
    /// # Errors
    /// [`TooLarge`].
    pub fn correction_to(&self, wanted: Decimal, allocations: &Allocations) -> Result<Decimal, TooLarge> {
        minus(self.open_amount(allocations)?, wanted).ok_or(TooLarge)
    }

    /// Whether the source's figure seems to have the adjustments that it has not acknowledged. To acknowledge them with the day
    /// of the figure does not change the open amount then.
    ///
    /// # Errors
    /// [`TooLarge`].
    pub fn shows_pending(&self, allocations: &Allocations) -> Result<bool, TooLarge> {
        match self.amounts {
            Amounts::Originals => Ok(false),
            Amounts::OpenItems => {
                let terms = Signed::new(self, allocations).terms().ok_or(TooLarge)?;
                Ok(terms.pending != terms.unshown)
            }
        }
    }

    /// Whether the source's figure does not have an adjustment, by its acknowledgement.
    #[must_use]
    pub fn is_pending(&self, posted_at: Option<Date>) -> bool {
        posted_at.is_none_or(|day| day > self.as_of)
    }
}

/// An open item whose figures and allocations are multiplied by a sign, so that it counts as an invoice. The amounts are
/// `None` if they are too large.
struct Signed<'a> {
    item: &'a OpenItem,
    allocations: &'a Allocations,
    sign: Decimal,
}

impl<'a> Signed<'a> {
    fn new(item: &'a OpenItem, allocations: &'a Allocations) -> Self {
        let sign = if item.kind.is_credit() { Decimal::NEGATIVE_ONE } else { Decimal::ONE };
        Self { item, allocations, sign }
    }

    /// The total less all allocations.
    fn of_original(&self) -> Option<Decimal> {
        let adjusted = self.adjustments(|_| true)?;
        minus(minus(self.total(), self.cash(|_| true)?)?, adjusted)
    }

    /// What the open amount depends on, if the source states open items.
    fn terms(&self) -> Option<Terms> {
        let now = (self.total(), self.item.as_of);
        let (total, as_of) = now;
        let latest = self.at(now)?;
        let pending = self.adjustments(|posted| self.item.is_pending(posted))?;
        let last = self.allocations.adjustments.last();
        let last = last.map(|last| (self.sign * last.total, last.as_of));
        let mut terms =
            Terms { left: minus(total, self.cash(|day| day > as_of)?)?, pending, unshown: pending, latest };
        // Nothing can be shown by the figure that the source had stated before.
        if let Some(last) = last.filter(|last| *last != now && !pending.is_zero()) {
            let last = self.at(last)?;
            // Cash that the figure lacked because the source posts late, the source posts later.
            let unexplained = minus(last.gap, last.late())?;
            let shown = plus(latest.gap, pending)?;
            if shown == unexplained {
                terms.unshown = Decimal::ZERO;
                terms.latest.gap = shown;
            }
        }
        Some(terms)
    }

    /// How a figure of the source, of this day, compares with what was allocated.
    fn at(&self, (total, as_of): (Decimal, Date)) -> Option<Comparison> {
        let original = self.item.original;
        let is_counted = |day: Date| original.as_of.is_none_or(|first| day > first) && day <= as_of;
        let posted = self.adjustments(|posted| posted.is_some_and(is_counted))?;
        let deducted = minus(self.sign * original.amount, total)?;
        let late_after = as_of.checked_sub(LATE_DAYS.days()).unwrap_or(Date::MIN);
        let is_late = |day: Date| day > late_after && is_counted(day);
        Some(Comparison {
            gap: minus(plus(self.cash(is_counted)?, posted)?, deducted)?,
            paid: self.sum_of_cash(|day, amount| is_late(day) && amount > Decimal::ZERO)?,
            returned: self.sum_of_cash(|day, amount| is_late(day) && amount < Decimal::ZERO)?,
        })
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

/// What the open amount of an invoice depends on, if its source states open items.
#[derive(Clone, Copy)]
struct Terms {
    /// The source's figure less the cash that was booked after its day.
    left: Decimal,
    /// The adjustments that the source has not acknowledged.
    pending: Decimal,
    /// The same, or zero if the source shows them already.
    unshown: Decimal,
    /// The source's latest figure, whose gap has the adjustments that it shows.
    latest: Comparison,
}

impl Terms {
    fn open_amount(&self) -> Option<Decimal> {
        minus(minus(self.left, self.latest.late())?, self.unshown)
    }
}

/// A figure of the source, compared with what was allocated.
#[derive(Clone, Copy)]
struct Comparison {
    /// What was allocated and is not in the figure; negative if the figure has lost more.
    gap: Decimal,
    /// The cash of the latest days up to that of the figure, without returns.
    paid: Decimal,
    /// The returns of these days: negative.
    returned: Decimal,
}

impl Comparison {
    /// The cash that is not in the figure because the source posts late.
    fn late(&self) -> Decimal {
        self.paid.min(self.returned.max(self.gap))
    }
}

/// The sum, if it has all digits of both amounts: the library would round it.
fn plus(a: Decimal, b: Decimal) -> Option<Decimal> {
    let sum = a.checked_add(b)?;
    (sum.checked_sub(a) == Some(b) && sum.checked_sub(b) == Some(a)).then_some(sum)
}

fn minus(a: Decimal, b: Decimal) -> Option<Decimal> {
    plus(a, -b)
}

fn sum(mut amounts: impl Iterator<Item = Decimal>) -> Option<Decimal> {
    amounts.try_fold(Decimal::ZERO, plus)
}

#[cfg(test)]
mod tests;
