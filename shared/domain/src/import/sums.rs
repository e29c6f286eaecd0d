//! The sums of the amounts of rows, by outcome and currency.
//!
//! The amount of a row is the `total_amount` that it states, whatever became of the row. A row that states no amount that can be
//! read is counted as such: the sums of its outcome lack it. Sums are exact, and there are as many as currencies and outcomes
//! occur, whatever the number of rows.

use std::collections::BTreeMap;
use std::ops::AddAssign;

use serde::{Deserialize, Serialize};
use serde_with::{DisplayFromStr, serde_as};

use super::cells::{fields_of, put_defaults};
use super::values::currency;
use super::{AccountUpsert, RawRow, RowOutcome, RowRules, Shape};
use crate::account::AccountField;
use crate::fields::Patch;
use crate::money::{Currency, Decimal, Total};

/// The amount that a row states, and its currency.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct StatedAmount {
    /// The amount.
    pub amount: Decimal,
    /// The currency that the row states, or else that of its account or organization.
    pub currency: Currency,
}

/// The sums of the amounts of rows.
// The members are not named in the form of postcard, which buckets of chunks have: no member may be left out.
#[serde_as]
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Sums {
    #[serde_as(as = "BTreeMap<_, BTreeMap<_, DisplayFromStr>>")]
    amounts: BTreeMap<Currency, BTreeMap<RowOutcome, Total>>,
    /// How many rows state no amount that can be read.
    without: BTreeMap<RowOutcome, u64>,
}

impl Sums {
    /// Adds the amount of a row, if it states one.
    pub fn add(&mut self, outcome: RowOutcome, stated: Option<StatedAmount>) {
        match stated {
            Some(StatedAmount { amount, currency }) => {
                self.amounts.entry(currency).or_default().entry(outcome).or_default().add(amount);
            }
            None => *self.without.entry(outcome).or_default() += 1,
        }
    }

    /// The sums of the rows with one of these outcomes, by currency.
    #[must_use]
    pub fn of(&self, outcomes: &[RowOutcome]) -> BTreeMap<Currency, Total> {
        let mut sums = BTreeMap::new();
        for (currency, by_outcome) in &self.amounts {
            for sum in outcomes.iter().filter_map(|outcome| by_outcome.get(outcome)) {
                *sums.entry(*currency).or_insert_with(Total::default) += sum;
            }
        }
        sums
    }

    /// How many of the rows with one of these outcomes state no amount that can be read.
    #[must_use]
    pub fn without_amount(&self, outcomes: &[RowOutcome]) -> u64 {
        outcomes.iter().filter_map(|outcome| self.without.get(outcome)).sum()
    }
}

impl AddAssign<&Self> for Sums {
    fn add_assign(&mut self, other: &Self) {
        for (currency, by_outcome) in &other.amounts {
            let sums = self.amounts.entry(*currency).or_default();
            for (outcome, sum) in by_outcome {
                *sums.entry(*outcome).or_default() += sum;
            }
        }
        for (outcome, rows) in &other.without {
            *self.without.entry(*outcome).or_default() += rows;
        }
    }
}

impl AccountUpsert {
    /// The currency that the row states: one that it clears becomes the organization's.
    pub(super) fn stated_currency(&self, default_currency: Currency) -> Option<Currency> {
        match self.currency {
            Patch::Set(currency) => Some(currency),
            Patch::Clear => Some(default_currency),
            Patch::Keep => None,
        }
    }

    /// The amount that the row states. A row that states no currency is in that of its account, if it is known, and else in
    /// the organization's.
    #[must_use]
    pub fn stated_amount(
        &self,
        of_account: Option<Currency>,
        default_currency: Currency,
    ) -> Option<StatedAmount> {
        let currency = self.stated_currency(default_currency).or(of_account).unwrap_or(default_currency);
        self.total_amount.map(|amount| StatedAmount { amount, currency })
    }
}

impl RawRow {
    /// The amount that a refused or superseded row states, if it can be read. An amount below zero, or with more digits
    /// than its currency has, can be read; an ambiguous one can't. A row that states no currency is in
    /// `default_currency`.
    #[must_use]
    pub fn stated_amount(
        &self,
        shape: &Shape,
        rules: &RowRules<'_>,
        default_currency: Currency,
    ) -> Option<StatedAmount> {
        let mut fields = fields_of(&self.body, shape, rules);
        if !fields.are_of_a_row() {
            return None;
        }
        put_defaults(&mut fields, shape, rules);
        let before = fields.findings().len();
        let currency = match currency(&mut fields, AccountField::Currency.name()) {
            Patch::Set(currency) => currency,
            Patch::Clear | Patch::Keep if fields.findings().len() == before => default_currency,
            Patch::Clear | Patch::Keep => return None,
        };
        let name = AccountField::TotalAmount.name();
        let Patch::Set(amount) = fields.amount(name) else { return None };
        let ambiguous = fields.take_ambiguous();
        let mut of_amount = ambiguous.iter().filter(|ambiguous| ambiguous.field() == name);
        of_amount
            .all(|ambiguous| ambiguous.refused_in(currency).is_none())
            .then_some(StatedAmount { amount, currency })
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::import::{Column, RowBody};

    const OUTCOMES: [RowOutcome; 5] = [
        RowOutcome::Imported,
        RowOutcome::Updated,
        RowOutcome::Unchanged,
        RowOutcome::Superseded,
        RowOutcome::Failed,
    ];

    fn eur() -> Currency {
        "EUR".parse().expect("a currency")
    }

    fn stated(body: RowBody, shape: &Shape) -> Option<String> {
        let row = RawRow { index: 0, line: None, body };
        let stated = row.stated_amount(shape, &RowRules::default(), eur())?;
        Some(format!("{} {}", stated.amount, stated.currency))
    }

    #[test]
    fn amount_of_a_refused_row_is_what_it_states() {
        for (json, expected) in [
            (r#"{"total_amount":12.5}"#, Some("12.5 EUR")),
            (r#"{"total_amount":"-12.50","currency":"usd"}"#, Some("-12.5 USD")),
            (r#"{"total_amount":12.345,"currency":null}"#, Some("12.345 EUR")),
            (r#"{"total_amount":25.000,"color":"red"}"#, Some("25 EUR")),
            (r#"{"total_amount":5,"currency":"ZZZ"}"#, None),
            (r#"{"total_amount":5,"currency":9}"#, None),
            (r#"{"total_amount":"twelve"}"#, None),
            (r#"{"total_amount":null}"#, None),
            ("{}", None),
            ("[1]", None),
            ("{broken", None),
        ] {
            assert_eq!(stated(RowBody::Json(json.into()), &Shape::Objects).as_deref(), expected, "{json}");
        }
        let column = |header: &str, field| Column { header: header.to_owned(), field: Some(field) };
        let columns = vec![column("a", AccountField::TotalAmount), column("c", AccountField::Currency)];
        let shape = Shape::Columns { columns, delimiter: ',', header_line: 1, amount: None };
        for (cells, expected) in [
            (&["25.000", ""][..], None),
            (&["25.000", "KWD"], Some("25 KWD")),
            (&["(12.5)", ""], Some("-12.5 EUR")),
            (&["12.5"], None),
        ] {
            let body = RowBody::Cells(cells.iter().collect());
            assert_eq!(stated(body, &shape).as_deref(), expected, "{cells:?}");
        }
    }

    #[test]
    fn sums_have_more_digits_than_amounts() {
        let mut sums = Sums::default();
        let largest: Decimal = "9".repeat(28).parse().expect("an amount");
        let smallest = Decimal::new(1, 28);
        for amount in [largest, largest, smallest] {
            sums.add(RowOutcome::Imported, Some(StatedAmount { amount, currency: eur() }));
        }
        let mut twice = sums.clone();
        twice += &sums;
        let total = twice.of(&[RowOutcome::Imported]);
        assert_eq!(total[&eur()].to_string(), format!("3{}6.0000000000000000000000000002", "9".repeat(27)));
    }

    proptest! {
        #[test]
        fn sums_of_parts_are_the_sum_of_all(
            rows in prop::collection::vec((0_usize..5, 0_usize..3, prop::option::of(-1_000_i64..1_000)), 0..40),
            cut in 0_usize..40,
        ) {
            let currencies = ["EUR", "JPY", "USD"].map(|code| code.parse::<Currency>().expect("a currency"));
            let add = |rows: &[(usize, usize, Option<i64>)]| {
                let mut sums = Sums::default();
                for (outcome, currency, cents) in rows {
                    let stated = |cents: i64| StatedAmount { amount: Decimal::new(cents, 2), currency: currencies[*currency] };
                    sums.add(OUTCOMES[*outcome], cents.map(stated));
                }
                sums
            };
            let (first, second) = rows.split_at(cut.min(rows.len()));
            let mut parts = add(first);
            parts += &add(second);
            prop_assert_eq!(&parts, &add(&rows));
            let json = serde_json::to_string(&parts).expect("JSON");
            prop_assert_eq!(serde_json::from_str::<Sums>(&json).expect("sums"), parts.clone());
            let without = rows.iter().filter(|(_, _, cents)| cents.is_none()).count();
            prop_assert_eq!(parts.without_amount(&OUTCOMES), without as u64);
        }
    }
}
