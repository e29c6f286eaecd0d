//! Counts and sums of entries.

use serde::{Deserialize, Serialize};

use super::{Entry, EntryStatus};
use crate::money::{Currency, Decimal, Money, Total};

/// What a bank states about the entries of one direction.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct StatedTally {
    /// Their number.
    pub count: Option<u64>,
    /// Their sum, without a sign.
    pub sum: Option<Money>,
}

/// The counts and sums that a bank states about a statement's entries.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct StatedTotals {
    /// The number of entries.
    pub entries: Option<u64>,
    /// The entries that add to the account.
    pub credits: Option<StatedTally>,
    /// The entries that take from the account.
    pub debits: Option<StatedTally>,
}

/// A number of entries and their sum, without a sign.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Tally {
    /// The number.
    pub count: u64,
    /// The sum.
    pub sum: Total,
}

/// The counts and sums of a statement's entries in the currency of its account.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Sums {
    /// The entries of all kinds that were read.
    pub entries: u64,
    /// Those that are pending.
    pub pending: u64,
    /// Those that only inform.
    pub information: u64,
    /// Booked ones in another currency, which no sum includes.
    pub foreign: u64,
    /// The entries that can't be read.
    pub unreadable: u64,
    /// The booked entries that add to the account.
    pub credits: Tally,
    /// The booked entries that take from the account.
    pub debits: Tally,
    /// The reversals among `credits`.
    pub reversing_credits: Tally,
    /// The reversals among `debits`.
    pub reversing_debits: Tally,
}

impl Tally {
    fn add(&mut self, amount: Decimal) {
        self.count += 1;
        self.sum.add(amount);
    }

    fn join(&mut self, other: &Self) {
        self.count += other.count;
        self.sum += &other.sum;
    }

    fn remove(&mut self, other: &Self) {
        self.count -= other.count;
        self.sum -= &other.sum;
    }
}

impl Sums {
    /// Counts an entry of an account in this currency.
    pub fn add(&mut self, entry: &Entry, currency: Option<Currency>) {
        self.entries += 1;
        match entry.status {
            EntryStatus::Pending => return self.pending += 1,
            EntryStatus::Information => return self.information += 1,
            EntryStatus::Booked => {}
        }
        if currency.is_some_and(|currency| currency != entry.money.currency) {
            self.foreign += 1;
            return;
        }
        let amount = entry.money.amount;
        let (all, reversing) = if amount < Decimal::ZERO {
            (&mut self.debits, &mut self.reversing_debits)
        } else {
            (&mut self.credits, &mut self.reversing_credits)
        };
        all.add(amount.abs());
        if entry.is_reversal {
            reversing.add(amount.abs());
        }
    }

    /// Adds the counts and sums of another page.
    pub fn join(&mut self, page: &Self) {
        let Self { entries, pending, information, foreign, unreadable, .. } = page;
        self.entries += entries;
        self.pending += pending;
        self.information += information;
        self.foreign += foreign;
        self.unreadable += unreadable;
        self.credits.join(&page.credits);
        self.debits.join(&page.debits);
        self.reversing_credits.join(&page.reversing_credits);
        self.reversing_debits.join(&page.reversing_debits);
    }

    /// The balance after the booked entries.
    #[must_use]
    pub fn after(&self, opening: Decimal) -> Total {
        let mut balance = Total::default();
        balance.add(opening);
        balance += &self.credits.sum;
        balance -= &self.debits.sum;
        balance
    }

    /// The same entries if the reversals among them have the opposite direction.
    #[must_use]
    pub fn with_reversals_turned(&self) -> Self {
        let mut turned = self.clone();
        turned.credits.remove(&self.reversing_credits);
        turned.credits.join(&self.reversing_debits);
        turned.debits.remove(&self.reversing_debits);
        turned.debits.join(&self.reversing_credits);
        turned.reversing_credits = self.reversing_debits.clone();
        turned.reversing_debits = self.reversing_credits.clone();
        turned
    }
}
