//! What a change of an account by hand writes.
//!
//! The balance of an open item is not set: a change of it records an adjustment of the difference, which counts whatever its
//! source states later. The source may acknowledge adjustments, once it has posted them.

use std::collections::BTreeMap;

use jiff::Timestamp;
use uuid::Uuid;

use super::{Account, AccountChange, AccountField as F, AccountState, History, Revision};
use crate::date::Date;
use crate::fields::{Finding, FindingCode};
use crate::id::AllocationId;
use crate::money::Decimal;
use crate::receivable::{ALLOCATIONS_MAX, Allocation, AllocationKind, Allocations, Correction, TooLarge};

/// When a change is made.
#[derive(Clone, Copy, Debug)]
pub struct EditTime {
    /// The revision of the account after the change, and the change's place in the order of imports: see
    /// [`History::next_revision`].
    pub revision: Revision,
    /// The moment.
    pub now: Timestamp,
    /// Its day in the organization's time zone.
    pub today: Date,
}

/// What a change writes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Edited {
    /// The account after the change.
    pub account: Account,
    /// Its history.
    pub history: History,
    /// The allocations that are new, or that are changed. The first new one has the id of the revision.
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

impl EditTime {
    /// The id of the first allocation that the change makes, if it makes any.
    #[must_use]
    pub fn first_allocation(&self) -> AllocationId {
        AllocationId::of_seed(Uuid::from_bytes(*self.revision.as_bytes()))
    }
}

impl AccountState {
    /// What the change of the account writes; `None` if it sets nothing, or there is no account.
    ///
    /// # Errors
    /// The finding about a balance that can't be reached: its digits are too many, or the account has [`ALLOCATIONS_MAX`]
    /// allocations.
    pub fn edit(&self, change: &AccountChange, at: EditTime) -> Result<Option<Edited>, Finding> {
        let Some(before) = &self.account else { return Ok(None) };
        let mut account = before.clone();
        let mut set = change.apply(&mut account);
        // Another currency is a correction of the amounts' unit: their numbers stay.
        let is_relabeled = account.currency != before.currency && before.allocations.is_some();
        let balance = change.balance.or(is_relabeled.then_some(before.balance));
        let mut allocations = Vec::new();
        if let Some(balance) = balance.filter(|_| account.is_imported()) {
            // An older row that comes later may not put the amount that was asked for into another currency.
            set.insert(F::Currency);
            allocations = self.corrections(&account, -balance, at)?;
        }
        if set.is_empty() {
            return Ok(None);
        }
        let all: Vec<_> = self.allocations.iter().chain(&allocations).cloned().collect();
        account.derive_balance(&all).map_err(unreachable_balance)?;
        (account.updated_at, account.revision) = (at.now, at.revision);
        let mut history = self.history.clone();
        if account.is_imported() {
            history.stamps.stamp(at.revision.as_bytes(), set);
            history.last_edit = Some(at.revision);
        }
        if !allocations.is_empty() {
            account.allocations.get_or_insert(at.revision);
        }
        Ok(Some(Edited { account, history, allocations }))
    }

    /// The allocations that make the open amount of the account another one.
    fn corrections(
        &self,
        account: &Account,
        wanted: Decimal,
        at: EditTime,
    ) -> Result<Vec<Allocation>, Finding> {
        let Some(item) = account.open_item() else { return Ok(Vec::new()) };
        let counted = Allocations::of(&self.allocations, account.currency);
        let Correction { adjustment, explanation } =
            item.correction_to(wanted, &counted).map_err(unreachable_balance)?;
        let adjustment = (!adjustment.is_zero()).then_some((AllocationKind::Adjustment, adjustment, None));
        let explanation = explanation.map(|amount| (AllocationKind::Explanation, amount, Some(item.as_of)));
        let allocation = |(id, (kind, amount, posted_at)): (_, (_, Decimal, _))| Allocation {
            id,
            kind,
            amount: amount.normalize(),
            currency: account.currency,
            made_on: at.today,
            posted_at,
        };
        let ids = [at.first_allocation(), AllocationId::of_seed(Uuid::now_v7())];
        let new: Vec<_> =
            ids.into_iter().zip(adjustment.into_iter().chain(explanation)).map(allocation).collect();
        if self.allocations.len() + new.len() > ALLOCATIONS_MAX {
            let reason = format!(
                "the account has {} adjustments; it may have {ALLOCATIONS_MAX} at most",
                self.allocations.len()
            );
            return Err(Finding::in_field(F::Balance.name(), FindingCode::TooMany, reason));
        }
        Ok(new)
    }

    /// Records the days on which the source acknowledged adjustments. Returns what became of each, in their order, and what
    /// is to be written, if anything is. Of several days of one adjustment, the last one counts.
    #[must_use]
    pub fn acknowledge(
        &self,
        days: &[(AllocationId, Date)],
        at: EditTime,
    ) -> (Vec<Acknowledged>, Option<Edited>) {
        let mut all = self.allocations.clone();
        let mut changed = BTreeMap::new();
        let results = days.iter().map(|(id, day)| {
            let known =
                all.iter_mut().find(|known| known.id == *id && known.kind == AllocationKind::Adjustment);
            match known {
                None => Acknowledged::Unknown,
                Some(known) if known.posted_at == Some(*day) => Acknowledged::Unchanged,
                Some(known) => {
                    known.posted_at = Some(*day);
                    changed.insert(known.id.clone(), known.clone());
                    Acknowledged::Done
                }
            }
        });
        let results: Vec<_> = results.collect();
        let Some(mut account) = self.account.clone().filter(|_| !changed.is_empty()) else {
            return (results, None);
        };
        if account.derive_balance(&all).is_err() {
            return (vec![Acknowledged::TooLarge; days.len()], None);
        }
        (account.updated_at, account.revision) = (at.now, at.revision);
        let allocations = changed.into_values().collect();
        (results, Some(Edited { account, history: self.history.clone(), allocations }))
    }
}

fn unreachable_balance(_: TooLarge) -> Finding {
    let reason = "the balance, less what was allocated to the account, has more than 28 digits";
    Finding::in_field(F::Balance.name(), FindingCode::TooManyDigits, reason)
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::*;
    use crate::fields::{Body, Fields};
    use crate::id::{AccountId, OrgId};
    use crate::money::Currency;
    use crate::receivable::{Figure, Figures};

    fn day(day: i8) -> Date {
        date(2026, 1, day)
    }

    /// An invoice of 100 as of the 10th.
    fn invoice() -> AccountState {
        let id = AccountId::of_external(&OrgId::placeholder(), &"A".parse().expect("an id"));
        let figure = Figure { amount: 100.into(), as_of: Some(day(10)) };
        let account = Account {
            total_amount: Some(figure.amount),
            as_of: figure.as_of,
            figures: Some(Figures::of(figure)),
            ..Account::new(id, Decimal::from(-100), Currency::EURO, Timestamp::UNIX_EPOCH)
        };
        AccountState { account: Some(account), ..AccountState::default() }
    }

    fn now() -> EditTime {
        EditTime { revision: Revision::next(), now: Timestamp::UNIX_EPOCH, today: day(12) }
    }

    fn change(json: &str) -> AccountChange {
        AccountChange::read(Fields::of_json(AccountChange::FIELDS, json.as_bytes()).expect("JSON"), ())
            .expect("a change")
    }

    /// Makes a change of the balance.
    fn set_balance(state: &mut AccountState, balance: i64) -> Result<Vec<Allocation>, Finding> {
        let at = now();
        let edited = state.edit(&change(&format!(r#"{{"balance":{balance}}}"#)), at)?.expect("a change");
        assert_eq!((edited.account.balance, edited.account.revision), (balance.into(), at.revision));
        assert!(edited.allocations.first().is_none_or(|first| first.id == at.first_allocation()));
        state.allocations.extend(edited.allocations.iter().cloned());
        (state.account, state.history) = (Some(edited.account), edited.history);
        Ok(edited.allocations)
    }

    #[test]
    fn first_allocation_names_the_set_and_others_keep_it() {
        let mut state = invoice();
        assert_eq!(set_balance(&mut state, -100), Ok(Vec::new()), "the same balance");
        let set = |state: &AccountState| state.account.as_ref().and_then(|account| account.allocations);
        assert_eq!(set(&state), None);
        let made = set_balance(&mut state, -80).expect("a balance");
        let [adjustment] = &made[..] else { panic!("{made:?}") };
        assert_eq!((adjustment.amount, adjustment.made_on, adjustment.posted_at), (20.into(), day(12), None));
        let first = set(&state);
        assert_eq!(first, state.account.as_ref().map(|account| account.revision));
        set_balance(&mut state, -90).expect("a balance");
        assert_eq!((set(&state), state.allocations.len()), (first, 2));
    }

    #[test]
    fn allocations_of_an_account_have_a_bound() {
        let mut state = invoice();
        for number in 1..=1_000 {
            set_balance(&mut state, -100 - number).expect("a balance");
        }
        assert_eq!(state.allocations.len(), ALLOCATIONS_MAX);
        assert_eq!(set_balance(&mut state, 0).expect_err("too many").code, FindingCode::TooMany);
        assert_eq!(set_balance(&mut state, -1_100), Ok(Vec::new()), "nothing is to be recorded");
    }

    #[test]
    fn acknowledgements_are_answered_one_by_one_and_change_nothing_twice() {
        let mut state = invoice();
        let made = set_balance(&mut state, -80).expect("a balance").remove(0);
        let unknown = AllocationId::of_seed(Uuid::now_v7());
        let days = [(made.id.clone(), day(10)), (unknown, day(10)), (made.id.clone(), day(10))];
        let (results, edited) = state.acknowledge(&days, now());
        assert_eq!(results, [Acknowledged::Done, Acknowledged::Unknown, Acknowledged::Unchanged]);
        let edited = edited.expect("a change");
        // The original figure is of that day, so it has the adjustment.
        assert_eq!((edited.account.balance, edited.allocations[0].posted_at), ((-100).into(), Some(day(10))));
        state.allocations = edited.allocations;
        let (results, edited) = state.acknowledge(&days[..1], now());
        assert_eq!((results, edited), (vec![Acknowledged::Unchanged], None));
    }

    #[test]
    fn other_accounts_keep_the_balance_that_is_set() {
        let mut state = invoice();
        let account = state.account.as_mut().expect("an account");
        (account.total_amount, account.figures) = (None, None);
        let edited = state.edit(&change(r#"{"balance":7}"#), now()).expect("a change").expect("a change");
        assert_eq!((edited.account.balance, edited.allocations), (7.into(), Vec::new()));
        assert_eq!(state.edit(&change("{}"), now()), Ok(None));
    }
}
