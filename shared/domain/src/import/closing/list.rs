//! The list of the items that a complete file omits, and the guard: how many of them are closed unasked.

use std::collections::BTreeMap;
use std::ops::AddAssign;

use serde::{Deserialize, Serialize};
use serde_with::{DisplayFromStr, serde_as};
use uuid::Uuid;

use crate::account::{Account, AccountState, ExternalId, Revision};
use crate::contact::ContactName;
use crate::date::Date;
use crate::id::AccountId;
use crate::import::ImportOptions;
use crate::money::{Currency, Decimal, Total};

/// The share of a scope's open items, in percent, that a file closes without a confirmation if its options name none.
pub const CLOSE_AT_MOST: i64 = 20;
/// As many items are closed without a confirmation, whatever their share is.
pub const CLOSED_UNASKED: u64 = 20;
/// The items on a page of the list.
pub const CLOSINGS_PER_PAGE: usize = 1_000;

/// The list of the items that a file omits.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ClosingList {
    /// Its parts, in their order.
    pub parts: Vec<ListPart>,
    /// Its items.
    pub items: ItemTotals,
    /// All open items of the scope, those included, but not those that the file has created.
    pub of: ItemTotals,
}

/// The part of a list that one run has made.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ListPart {
    /// The run: the files of the part are named by it.
    pub run: Uuid,
    /// The number of items.
    pub items: u64,
}

/// A page of a list: a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ListPage {
    /// The run that has made it.
    pub run: Uuid,
    /// The number of the page in the part of the run, counting from 0.
    pub number: u32,
    /// The number of its first item in the list, counting from 0.
    pub first: u64,
}

impl ClosingList {
    /// The pages, in their order.
    pub fn pages(&self) -> impl Iterator<Item = ListPage> {
        let mut first = 0;
        self.parts.iter().flat_map(move |part| {
            let begin = first;
            first += part.items;
            let numbers = (0..).zip((0..part.items).step_by(CLOSINGS_PER_PAGE));
            numbers.map(move |(number, at)| ListPage { run: part.run, number, first: begin + at })
        })
    }

    /// Whether the items are too many to be closed unasked: more than [`CLOSED_UNASKED`], and a larger share than the options
    /// admit of the scope's open items, or of their amounts in a currency.
    #[must_use]
    pub fn needs_confirmation(&self, options: &ImportOptions) -> bool {
        let percent = options.close_at_most.unwrap_or(CLOSE_AT_MOST);
        let (items, of) = (&self.items, &self.of);
        let allowed = i128::from(of.items) * i128::from(percent);
        let is_too_much = |(currency, sum): (&Currency, &Total)| {
            let all = of.gross.get(currency).cloned().unwrap_or_default();
            sum.exceeds_percent(percent, &all)
        };
        items.items > CLOSED_UNASKED
            && (i128::from(items.items) * 100 > allowed || items.gross.iter().any(is_too_much))
    }
}

/// A number of items and their open amounts.
#[serde_as]
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ItemTotals {
    /// How many there are.
    pub items: u64,
    /// The sum of their open amounts in each currency.
    #[serde_as(as = "BTreeMap<_, DisplayFromStr>")]
    pub amounts: BTreeMap<Currency, Total>,
    /// The same without signs, so that credits do not hide debts.
    #[serde_as(as = "BTreeMap<_, DisplayFromStr>")]
    gross: BTreeMap<Currency, Total>,
}

impl ItemTotals {
    /// Adds an item.
    pub fn add(&mut self, currency: Currency, open_amount: Decimal) {
        self.items += 1;
        self.amounts.entry(currency).or_default().add(open_amount);
        self.gross.entry(currency).or_default().add(open_amount.abs());
    }

    /// Removes an item that was added.
    pub fn remove(&mut self, currency: Currency, open_amount: Decimal) {
        self.items = self.items.saturating_sub(1);
        for (sums, amount) in [(&mut self.amounts, open_amount), (&mut self.gross, open_amount.abs())] {
            *sums.entry(currency).or_default() -= &Total::of(amount);
        }
        // Without signs, nothing but zero is left of no items.
        if self.gross.get(&currency).is_some_and(|sum| sum.sign().is_eq()) {
            self.gross.remove(&currency);
            self.amounts.remove(&currency);
        }
    }

    /// The sums as exact decimals.
    #[must_use]
    pub fn in_full(&self) -> BTreeMap<Currency, String> {
        self.amounts.iter().map(|(currency, sum)| (*currency, sum.in_full(*currency))).collect()
    }
}

impl AddAssign<&Self> for ItemTotals {
    fn add_assign(&mut self, other: &Self) {
        self.items += other.items;
        for (sums, others) in [(&mut self.amounts, &other.amounts), (&mut self.gross, &other.gross)] {
            for (currency, sum) in others {
                *sums.entry(*currency).or_default() += sum;
            }
        }
    }
}

/// An item on the list.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ListedItem {
    /// The account.
    pub account: AccountId,
    /// The source's id of it.
    pub external_id: Option<ExternalId>,
    /// The name of its contact.
    pub name: Option<ContactName>,
    /// What was open when it was listed.
    pub open_amount: Decimal,
    /// The currency.
    pub currency: Currency,
    /// The due date.
    pub due_date: Option<Date>,
    /// The latest edit of it.
    pub last_edit: Option<Revision>,
}

impl ListedItem {
    /// The item as it is now; `None` if it is none.
    #[must_use]
    pub fn of(state: AccountState) -> Option<Self> {
        let account = state.account?;
        Some(Self {
            open_amount: account.open_amount()?,
            account: account.id,
            external_id: account.external_id,
            name: account.contact.map(|contact| contact.name),
            currency: account.currency,
            due_date: account.due_date,
            last_edit: state.history.last_edit,
        })
    }

    /// Whether the account is still as it was listed, as far as closing it is concerned.
    #[must_use]
    pub fn is(&self, state: &AccountState) -> bool {
        let is_of = |account: &Account| {
            account.currency == self.currency && account.open_amount() == Some(self.open_amount)
        };
        state.account.as_ref().is_some_and(is_of) && state.history.last_edit == self.last_edit
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn totals(items: u64, amount: i64) -> ItemTotals {
        let mut totals = ItemTotals::default();
        for number in 0..items {
            // Credits among debts do not make the share smaller.
            let sign = if number % 2 == 0 { 1 } else { -1 };
            totals.add(Currency::EURO, Decimal::new(sign * amount, 0));
        }
        totals
    }

    #[test]
    fn more_than_the_options_admit_needs_a_confirmation() {
        let list = |items: ItemTotals, of: ItemTotals| ClosingList { parts: Vec::new(), items, of };
        let asks = |items: u64, of: u64, percent: Option<i64>| {
            let options = ImportOptions { close_at_most: percent, ..ImportOptions::default() };
            list(totals(items, 1), totals(of, 1)).needs_confirmation(&options)
        };
        assert!(!asks(20, 20, None), "few are closed unasked");
        assert!(asks(21, 104, None) && !asks(21, 105, None), "a fifth by default");
        assert!(asks(21, 1_000, Some(0)) && !asks(1_000, 1_000, Some(100)));
        // A few large ones are more than a fifth of what is open.
        let (mut large, mut all) = (totals(22, 100), totals(22, 100));
        all += &totals(400, 5);
        let options = ImportOptions::default();
        assert!(list(large.clone(), all.clone()).needs_confirmation(&options));
        // In another currency, none is closed.
        let yen: Currency = "JPY".parse().expect("a currency");
        all.add(yen, Decimal::new(1_000_000, 0));
        assert!(list(large.clone(), all.clone()).needs_confirmation(&options));
        all += &totals(400, 100);
        assert!(!list(large.clone(), all.clone()).needs_confirmation(&options));
        large.add(yen, Decimal::new(1_000_000, 0));
        assert!(list(large, all).needs_confirmation(&options), "all of it, in yen");
    }

    #[test]
    fn item_that_is_removed_leaves_no_trace() {
        let mut all = totals(3, 5);
        let yen: Currency = "JPY".parse().expect("a currency");
        all.add(yen, Decimal::new(-70, 1));
        all.add(Currency::EURO, Decimal::TEN);
        all.remove(yen, Decimal::from(-7));
        all.remove(Currency::EURO, Decimal::TEN);
        assert_eq!(all, totals(3, 5));
    }

    #[test]
    fn pages_are_those_of_the_parts() {
        let [first, second] = [1, 2].map(Uuid::from_u128);
        let parts = vec![ListPart { run: first, items: 2_001 }, ListPart { run: second, items: 1 }];
        let list = ClosingList { parts, ..ClosingList::default() };
        let page = |run, number, first| ListPage { run, number, first };
        let expected =
            [page(first, 0, 0), page(first, 1, 1_000), page(first, 2, 2_000), page(second, 0, 2_001)];
        assert_eq!(list.pages().collect::<Vec<_>>(), expected);
    }
}
