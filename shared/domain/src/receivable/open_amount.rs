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

/// The allocations that make the open amount another one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Correction {
    /// The amount of an adjustment that is not acknowledged; zero if none is needed.
    pub adjustment: Decimal,
    /// The amount of an explanation of the day of the figure, if the adjustment needs one beside it.
    pub explanation: Option<Decimal>,
}

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

    /// What is to be allocated besides, so that the open amount becomes this one.
    ///
    /// # Errors
    /// [`TooLarge`].
    pub fn correction_to(&self, wanted: Decimal, allocations: &Allocations) -> Result<Correction, TooLarge> {
        let signed = Signed::new(self, allocations);
        let wanted = signed.sign * wanted;
        let correction = match self.amounts {
            Amounts::Originals => {
                signed.of_original().and_then(|open| minus(open, wanted)).map(without_explanation)
            }
            Amounts::OpenItems => signed.terms().and_then(|terms| terms.correction_to(wanted)),
        };
        let Correction { adjustment, explanation } = correction.ok_or(TooLarge)?;
        let explanation = explanation.map(|amount| signed.sign * amount);
        Ok(Correction { adjustment: signed.sign * adjustment, explanation })
    }
}

fn without_explanation(adjustment: Decimal) -> Correction {
    Correction { adjustment, explanation: None }
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
        let OpenItem { original, as_of, .. } = *self.item;
        let is_counted = |day: Date| original.as_of.is_none_or(|first| day > first) && day <= as_of;
        let is_pending = |posted: Option<Date>| posted.is_none_or(|day| day > as_of);
        let posted = self.adjustments(|posted| posted.is_some_and(is_counted))?;
        let explanations = self.allocations.explanations.iter().filter(|explained| explained.as_of <= as_of);
        let explained = sum(explanations.map(|explained| self.sign * explained.amount))?;
        let deducted = minus(self.sign * original.amount, self.total())?;
        let late_after = as_of.checked_sub(LATE_DAYS.days()).unwrap_or(Date::MIN);
        let is_late = |day: Date| day > late_after && is_counted(day);
        Some(Terms {
            left: minus(self.total(), self.cash(|day| day > as_of)?)?,
            pending: self.adjustments(is_pending)?,
            gap: minus(sum([self.cash(is_counted)?, posted, explained].into_iter())?, deducted)?,
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
    /// What was allocated and is not in the source's figure; negative if the figure has lost more.
    gap: Decimal,
    /// The cash of the latest days up to that of the figure, without returns.
    paid: Decimal,
    /// The returns of these days: negative.
    returned: Decimal,
}

impl Terms {
    fn open_amount(&self) -> Option<Decimal> {
        if !self.pending.is_zero() && self.gap == -self.pending {
            // The source shows the adjustments already.
            return Some(self.left);
        }
        minus(self.before_adjustments()?, self.pending)
    }

    /// The open amount without adjustments.
    fn before_adjustments(&self) -> Option<Decimal> {
        minus(self.left, self.paid.min(self.returned.max(self.gap)))
    }

    /// With an explanation, nothing is left that the figure has lost, or lacks: so it does not seem to show the adjustment.
    fn correction_to(&self, wanted: Decimal) -> Option<Correction> {
        let alone = Self { pending: minus(self.before_adjustments()?, wanted)?, ..*self };
        if alone.open_amount() == Some(wanted) {
            return minus(alone.pending, self.pending).map(without_explanation);
        }
        let explained = Self { gap: Decimal::ZERO, ..*self };
        let pending = minus(explained.before_adjustments()?, wanted)?;
        Some(Correction { adjustment: minus(pending, self.pending)?, explanation: Some(-self.gap) })
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
