//! What a change of an account by hand writes.
//!
//! The balance of an open item is not set: a change of it records an adjustment of the difference, which counts whatever its
//! source states later. The source may acknowledge adjustments, once it has posted them.

use std::collections::BTreeMap;
use std::iter;

use jiff::Timestamp;
use uuid::Uuid;

use super::{Account, AccountChange, AccountField as F, AccountState, AllocationSet, History, Revision};
use crate::date::Date;
use crate::fields::{Finding, FindingCode};
use crate::id::AllocationId;
use crate::money::{Currency, Decimal};
use crate::receivable::{
    ALLOCATIONS_MAX, Allocation, AllocationKind, Allocations, OpenItem, TooLarge, WRITTEN_MAX,
};

/// When a change is made.
#[derive(Clone, Copy, Debug)]
pub struct EditTime {
    /// The revision of the account after the change, and the change's place in the order of imports: see
    /// [`AccountState::next_revision`].
    pub revision: Revision,
    /// The moment.
    pub now: Timestamp,
    /// Its day in the organization's time zone.
    pub today: Date,
    /// The latest day of which the source had stated the account. The change makes it the account's own: allocations count from
    /// it, and in another scope the day of the former one can't be known any more.
    pub stated_as_of: Option<Date>,
}

/// What a change writes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Edited {
    /// The account after the change.
    pub account: Account,
    /// Its history.
    pub history: History,
    /// The allocations that are new, or that are changed: [`WRITTEN_MAX`] at most. The first new one has the id of the revision.
    pub allocations: Vec<Allocation>,
}

/// What became of the acknowledgement of an adjustment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Acknowledged {
    /// The adjustment has the day.
    Done,
    /// It had the day before.
    Unchanged,
    /// The account has no adjustment with this id.
    Unknown,
    /// The balance that follows from it has more than 28 digits.
    TooLarge,
}

/// Why the open amount can't become the one that is wanted.
struct Unreachable(FindingCode, String);

impl From<TooLarge> for Unreachable {
    fn from(too_large: TooLarge) -> Self {
        Self(FindingCode::TooManyDigits, too_large.to_string())
    }
}

impl Unreachable {
    /// Because of the field that was sent.
    fn in_field(self, field: F) -> Finding {
        Finding::in_field(field.name(), self.0, self.1)
    }
}

impl EditTime {
    /// The id of the first allocation that the change makes, if it makes any.
    #[must_use]
    pub fn first_allocation(&self) -> AllocationId {
        id_of(self.revision)
    }

    /// The ids of the allocations that the change makes, in their order.
    fn allocations(&self) -> impl Iterator<Item = AllocationId> {
        let revisions = iter::successors(Some(self.revision), |last| Some(Revision::after(*last.as_bytes())));
        revisions.map(id_of)
    }
}

impl AccountState {
    /// What the change of the account writes; `None` if it sets nothing, or there is no account.
    ///
    /// # Errors
    /// The finding about a balance that can't be reached: its digits are too many, or the account would have more than
    /// [`ALLOCATIONS_MAX`] allocations, or the change would write more than [`WRITTEN_MAX`].
    pub fn edit(&self, change: &AccountChange, at: EditTime) -> Result<Option<Edited>, Finding> {
        let Some(before) = &self.account else { return Ok(None) };
        let mut account = Account { as_of: before.as_of.max(at.stated_as_of), ..before.clone() };
        let mut set = change.apply(&mut account);
        // Another currency is a correction of the amounts' unit: their numbers stay.
        let is_relabeled = account.currency != before.currency && before.allocations.is_some();
        let balance = change.balance.or(is_relabeled.then_some(before.balance));
        let field = match change.balance {
            Some(_) => F::Balance,
            None if is_relabeled => F::Currency,
            None => F::Kind,
        };
        let mut allocations = Vec::new();
        if let Some(balance) = balance.filter(|_| account.is_imported()) {
            // An older row that comes later may not put the amount that was asked for into another currency.
            set.insert(F::Currency);
            // An item that a complete file has closed, and that is not to have another balance, stays closed.
            if account.omitted.is_none() || balance != before.balance {
                account.omitted = None;
                let corrections = self.corrections(&account, -balance, at);
                allocations = corrections.map_err(|unreachable| unreachable.in_field(field))?;
            }
        }
        if set.is_empty() {
            return Ok(None);
        }
        let derived = account.derive_balance(&self.allocations_with(&allocations));
        derived.map_err(|too_large| Unreachable::from(too_large).in_field(field))?;
        (account.updated_at, account.revision) = (at.now, at.revision);
        let mut history = self.history.clone();
        if account.is_imported() {
            history.stamps.stamp(at.revision.as_bytes(), set);
            history.last_edit = Some(at.revision);
        }
        self.record(&mut account, &allocations);
        Ok(Some(Edited { account, history, allocations }))
    }

    /// The allocations that are new or changed once the account, which may have another currency than before, has this open
    /// amount.
    fn corrections(
        &self,
        account: &Account,
        wanted: Decimal,
        at: EditTime,
    ) -> Result<Vec<Allocation>, Unreachable> {
        let Some(item) = account.open_item() else { return Ok(Vec::new()) };
        let currency = account.currency;
        let mut ids = at.allocations();
        let mut written: Vec<Allocation> = self.copied_to(currency).zip(&mut ids).map(of_id).collect();
        let all = self.allocations_with(&written);
        let counted = Allocations::of(&all, currency);
        let amount = item.correction_to(wanted, &counted)?;
        if !amount.is_zero() {
            if item.shows_pending(&counted)? {
                let acknowledged = acknowledged(&all, currency, &item);
                written.retain(|written| acknowledged.iter().all(|other| other.id != written.id));
                written.extend(acknowledged);
            }
            let adjustment = |id| Allocation {
                id,
                kind: AllocationKind::Adjustment,
                amount: amount.normalize(),
                currency,
                made_on: at.today,
                posted_at: None,
                total_amount: item.total,
                as_of: item.as_of,
            };
            written.extend(ids.next().map(adjustment));
        }
        self.check_numbers(currency, &written)?;
        Ok(written)
    }

    /// What counts in the account's currency so far, for this other one, except what counts in that already: the account has
    /// had it before.
    fn copied_to(&self, currency: Currency) -> impl Iterator<Item = Allocation> {
        let of = |currency| self.allocations.iter().filter(move |made| made.currency == currency);
        let before =
            self.account.as_ref().map(|account| account.currency).filter(|before| *before != currency);
        let mut present: Vec<_> = of(currency).collect();
        let copied = before.into_iter().flat_map(of).filter(move |made| {
            let same = |other: &&Allocation| {
                (other.kind, other.amount, other.posted_at) == (made.kind, made.amount, made.posted_at)
            };
            present.iter().position(same).map(|at| present.swap_remove(at)).is_none()
        });
        copied.map(move |made| Allocation { currency, ..made.clone() })
    }

    /// Refuses more allocations than an account may have, or than a change may write.
    fn check_numbers(&self, currency: Currency, written: &[Allocation]) -> Result<(), Unreachable> {
        let too_many = |reason| Err(Unreachable(FindingCode::TooMany, reason));
        let number = self.allocations.len();
        if !written.is_empty() && self.allocations_with(written).len() > ALLOCATIONS_MAX {
            return too_many(format!(
                "the account has {number} allocations, and may have {ALLOCATIONS_MAX} at most: let its source state what is owed, \
                 and acknowledge the adjustments (POST /v1/postings/acknowledge), or delete the account and import it again"
            ));
        }
        let is_relabeled = self.account.as_ref().is_some_and(|account| account.currency != currency);
        match written.len() {
            ..=WRITTEN_MAX => Ok(()),
            copied if is_relabeled => too_many(format!(
                "another currency copies the adjustments, {copied} of them; it may be {WRITTEN_MAX} at most: let an import \
                 state the amount in {currency}"
            )),
            written => too_many(format!(
                "the source's amount has {} adjustments that are not acknowledged; acknowledge them first \
                 (POST /v1/postings/acknowledge)",
                written - 1
            )),
        }
    }

    /// Records in the account, which has the revision of the change, that the change writes these allocations.
    fn record(&self, account: &mut Account, written: &[Allocation]) {
        if written.is_empty() {
            return;
        }
        // There are `ALLOCATIONS_MAX` at most.
        let number = |allocations: &[Allocation]| u16::try_from(allocations.len()).unwrap_or(u16::MAX);
        let last = account.revision;
        account.allocations = Some(AllocationSet {
            id: account.allocations.map_or(last, |set| set.id),
            number: number(&self.allocations_with(written)),
            last,
            written: number(written),
        });
    }

    /// All allocations once these are written.
    pub(crate) fn allocations_with(&self, written: &[Allocation]) -> Vec<Allocation> {
        let is_kept = |known: &&Allocation| written.iter().all(|written| written.id != known.id);
        self.allocations.iter().filter(is_kept).chain(written).cloned().collect()
    }

    /// Records the days on which the source acknowledged adjustments. Returns what became of each, and what is to be written,
    /// if anything is.
    #[must_use]
    pub fn acknowledge(
        &self,
        days: &BTreeMap<AllocationId, Date>,
        at: EditTime,
    ) -> (BTreeMap<AllocationId, Acknowledged>, Option<Edited>) {
        let mut allocations = Vec::new();
        let results = days.iter().map(|(id, day)| {
            let mut known = self.allocations.iter().filter(|known| known.kind == AllocationKind::Adjustment);
            let result = match known.find(|known| known.id == *id) {
                None => Acknowledged::Unknown,
                Some(known) if known.posted_at == Some(*day) => Acknowledged::Unchanged,
                Some(known) => {
                    allocations.push(Allocation { posted_at: Some(*day), ..known.clone() });
                    Acknowledged::Done
                }
            };
            (id.clone(), result)
        });
        let mut results: BTreeMap<_, _> = results.collect();
        let Some(mut account) = self.account.clone().filter(|_| !allocations.is_empty()) else {
            return (results, None);
        };
        account.as_of = account.as_of.max(at.stated_as_of);
        if account.derive_balance(&self.allocations_with(&allocations)).is_err() {
            let done = results.values_mut().filter(|result| **result == Acknowledged::Done);
            done.for_each(|result| *result = Acknowledged::TooLarge);
            return (results, None);
        }
        (account.updated_at, account.revision) = (at.now, at.revision);
        self.record(&mut account, &allocations);
        (results, Some(Edited { account, history: self.history.clone(), allocations }))
    }
}

/// The id of the allocation that is made with this revision.
fn id_of(revision: Revision) -> AllocationId {
    AllocationId::of_seed(Uuid::from_bytes(*revision.as_bytes()))
}

fn of_id((allocation, id): (Allocation, AllocationId)) -> Allocation {
    Allocation { id, ..allocation }
}

/// The allocations that the source's figure shows without an acknowledgement, acknowledged with its day.
fn acknowledged(all: &[Allocation], currency: Currency, item: &OpenItem) -> Vec<Allocation> {
    let is_pending = |made: &&Allocation| made.currency == currency && item.is_pending(made.posted_at);
    let acknowledge = |made: &Allocation| Allocation { posted_at: Some(item.as_of), ..made.clone() };
    all.iter().filter(is_pending).map(acknowledge).collect()
}

#[cfg(test)]
mod tests;
