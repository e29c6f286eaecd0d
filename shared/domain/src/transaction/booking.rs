//! The amount and the days of a transaction, which further reports of the same transaction must not contradict.

use jiff::civil::Date;

use super::{Direction, Source};
use crate::fields::{Finding, FindingCode};
use crate::money::{Currency, Decimal};

/// An amount with its currency and direction.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Booked {
    /// The direction.
    pub direction: Direction,
    /// The amount; positive.
    pub amount: Decimal,
    /// The currency.
    pub currency: Currency,
}

/// An amount and the days of its booking.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Booking {
    /// The amount.
    pub money: Booked,
    /// The value date.
    pub valued_on: Date,
    /// The booking day, if it is known.
    pub booked_on: Option<Date>,
}

impl Booked {
    /// The first field in which this contradicts the stored booking.
    fn differs_in(&self, stored: &Self) -> Option<&'static str> {
        let differs = [
            ("currency", self.currency != stored.currency),
            ("amount", self.amount != stored.amount),
            ("creditDebit", self.direction != stored.direction),
        ];
        differs.into_iter().find(|(_, differs)| *differs).map(|(field, _)| field)
    }
}

impl Booking {
    /// Whether a report from this source contradicts the stored booking with the same id.
    ///
    /// A posted transaction must have the same amount, currency, direction and value date. One of a bank must
    /// have the same amount, currency, direction and booking day (its value date where one of the two has no
    /// booking day): banks correct value dates, and some use an id again for another booking.
    #[must_use]
    pub fn conflict_with(&self, stored: &Self, source: Source) -> Option<Finding> {
        let day = || match (source, self.booked_on, stored.booked_on) {
            (Source::Sync, Some(reported), Some(stored)) => ("bookingDate", reported != stored),
            (Source::Sync, ..) => ("valueDate", self.valued_on != stored.valued_on),
            (Source::Api, ..) => ("valutaAt", self.valued_on != stored.valued_on),
        };
        let field = self.money.differs_in(&stored.money).or_else(|| {
            let (field, differs) = day();
            differs.then_some(field)
        })?;
        let reason = "a transaction with this id is stored with another value, which was kept";
        Some(Finding::in_field(field, FindingCode::Conflict, reason))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn booking(amount: i64, valued_on: &str, booked_on: Option<&str>) -> Booking {
        let day = |text: &str| text.parse().expect("a day");
        let money = Booked {
            direction: Direction::Debit,
            amount: Decimal::from(amount),
            currency: "EUR".parse().expect("a currency"),
        };
        Booking { money, valued_on: day(valued_on), booked_on: booked_on.map(day) }
    }

    fn field(report: Booking, stored: Booking, source: Source) -> Option<String> {
        report.conflict_with(&stored, source).and_then(|found| found.field).map(String::from)
    }

    #[test]
    fn value_date_of_a_posted_transaction_must_be_the_same() {
        let stored = booking(15, "2026-07-03", None);
        assert_eq!(field(booking(15, "2026-07-03", Some("2026-07-04")), stored, Source::Api), None);
        assert_eq!(field(booking(15, "2026-08-02", None), stored, Source::Api).as_deref(), Some("valutaAt"));
        assert_eq!(field(booking(16, "2026-08-02", None), stored, Source::Api).as_deref(), Some("amount"));
    }

    #[test]
    fn booking_day_of_a_bank_transaction_must_be_the_same() {
        let stored = booking(15, "2026-07-03", Some("2026-07-03"));
        assert_eq!(field(booking(15, "2026-07-05", Some("2026-07-03")), stored, Source::Sync), None);
        let another_month = booking(15, "2026-08-03", Some("2026-08-03"));
        assert_eq!(field(another_month, stored, Source::Sync).as_deref(), Some("bookingDate"));
        assert_eq!(field(booking(15, "2026-07-03", None), stored, Source::Sync), None);
        let undated = booking(15, "2026-08-03", None);
        assert_eq!(field(undated, stored, Source::Sync).as_deref(), Some("valueDate"));
    }
}
