//! Random histories of an account: rows that arrive late and repeatedly, with and without marks, manual edits and a deletion.

mod events;

use std::collections::BTreeSet;

use proptest::prelude::*;

use self::events::{Event, Part, deliveries, events, order, part};
use super::*;
use crate::account::EditTime;
use crate::id::OrgId;

fn currency() -> Currency {
    "EUR".parse().expect("a currency")
}

fn defaults() -> RowDefaults {
    let day = jiff::civil::date(2026, 1, 1);
    RowDefaults { currency: currency(), as_of: day, as_of_max: day, amounts: None }
}

fn row<'a>(of: (&'a ImportId, &'a AccountUpsert), marks: bool, id: &'a AccountId) -> RowWrite<'a> {
    let ((import, upsert), defaults, now) = (of, defaults(), Timestamp::UNIX_EPOCH);
    RowWrite { import, marks, id, upsert, defaults, scopes: &[], lists: false, skips_days: false, now }
}

/// An account's history as it happens.
#[derive(Default)]
struct Run {
    state: AccountState,
    /// For each delivery of a row: its event, its outcome, and whether it changed the account.
    rows: Vec<(usize, Result<Written, FindingCode>, bool)>,
    /// The rows that are not delivered again: refused ones, whose chunk is committed, and those that an edit has kept from
    /// setting their currency, which they may set behind a newer import (`docs/decisions/import-order-per-field.md`).
    settled: BTreeSet<usize>,
    /// The rows that wait for older ones.
    waiting: BTreeSet<usize>,
    /// The edits and the deletion that found an account.
    effective: Vec<usize>,
}

impl Run {
    /// Delivers the events in this order. `marks` decides at the first delivery of a row whether its import leaves marks.
    fn of(events: &[Event], order: &[usize], marks: impl Fn(&Self, usize) -> bool) -> Self {
        let (mut run, mut marked) = (Self::default(), vec![None; events.len()]);
        for n in order {
            let is_marked = *marked[*n].get_or_insert_with(|| marks(&run, *n));
            run.deliver(events, *n, is_marked);
            // A row that has waited is delivered again when every older one was.
            while let Some(n) = run.waiting.iter().copied().find(|n| run.no_older_is_open(events, *n)) {
                run.waiting.remove(&n);
                run.deliver(events, n, marked[n].unwrap_or(true));
            }
        }
        run
    }

    /// Delivers an event. A row without an account that it could change waits for the older ones.
    fn deliver(&mut self, events: &[Event], n: usize, marks: bool) {
        let is_waiting = !self.no_older_is_open(events, n) && self.lacks_an_account(n, &events[n], marks);
        match is_waiting {
            true => self.waiting.extend([n]),
            false => self.apply(n, &events[n], marks),
        }
    }

    fn lacks_an_account(&self, n: usize, event: &Event, marks: bool) -> bool {
        let id = AccountId::of_external(&OrgId::placeholder(), &"A".parse().expect("an id"));
        let Event::Row(import, upsert) = event else { return false };
        let row = row((import, upsert), marks, &id);
        !self.settled.contains(&n) && matches!(row.decide(&self.state), Err(Refused::Incomplete))
    }

    /// Whether every older row was delivered.
    fn no_older_is_open(&self, events: &[Event], n: usize) -> bool {
        let mut rows = (0..n).filter(|older| matches!(events[*older], Event::Row(..)));
        rows.all(|older| self.rows.iter().any(|(row, ..)| *row == older))
    }

    fn apply(&mut self, n: usize, event: &Event, marks: bool) {
        let id = AccountId::of_external(&OrgId::placeholder(), &"A".parse().expect("an id"));
        let state = &mut self.state;
        match event {
            Event::Row(..) if self.settled.contains(&n) => {}
            Event::Row(import, upsert) => {
                let row = row((import, upsert), marks, &id);
                let found = |state: &AccountState| (content(state), balance(state));
                let before = found(state);
                let decision = row.decide(state);
                let outcome = decision.as_ref().map(Decision::outcome).map_err(code);
                if let Ok(Decision::Write(after, _)) = decision {
                    let (account, history) = *after;
                    (state.account, state.history) = (Some(account), history);
                }
                let changed = found(&self.state) != before;
                let own = self.state.account.as_ref().map(|account| account.currency);
                if outcome.is_err()
                    || (own.is_some() && row.stated_currency().is_some_and(|c| Some(c) != own))
                {
                    self.settled.insert(n);
                }
                self.rows.push((n, outcome, changed));
            }
            Event::Edit(revision, change) => {
                if state.account.as_ref().is_none_or(|account| change.check(account).is_err()) {
                    return;
                }
                let (now, today) = (Timestamp::UNIX_EPOCH, defaults().as_of);
                let at = EditTime { revision: *revision, now, today, stated_as_of: None };
                let edited = state.edit(change, at).expect("small amounts").expect("a change");
                assert_eq!(Some(edited.account.balance), change.balance, "{change:?} of {state:?}");
                state.allocations = state.allocations_with(&edited.allocations);
                (state.account, state.history) = (Some(edited.account), edited.history);
                self.effective.push(n);
            }
            Event::Deletion(revision) => {
                if state.account.take().is_none() {
                    return;
                }
                state.allocations.clear();
                // What the tombstone of an account has.
                state.history = History {
                    last_import: state.history.last_import.clone(),
                    last_import_changed_nothing: state.history.last_import_changed_nothing,
                    last_edit: Some(*revision),
                    deleted_by: Some(*revision),
                    created_before_deletion_by: state.history.first_import.clone(),
                    ..History::default()
                };
                self.effective.push(n);
            }
        }
    }
}

fn code(refused: &Refused) -> FindingCode {
    match refused {
        Refused::Invalid(finding) => finding.code,
        Refused::Incomplete | Refused::Waits => FindingCode::UnknownAccount,
    }
}

/// The account without its revision, and without the adjustments, which depend on what an edit has found.
fn content(state: &AccountState) -> Option<Account> {
    let revision = Revision::try_from(&[0; 16][..]).expect("a revision");
    let mut account = state.account.clone()?;
    account.derive_balance(&state.allocations).expect("small amounts");
    assert_eq!(Some(&account), state.account.as_ref(), "{:?}", state.allocations);
    account.derive_balance(&[]).expect("small amounts");
    Some(Account { revision, allocations: None, ..account })
}

fn balance(state: &AccountState) -> Option<Decimal> {
    state.account.as_ref().map(|account| account.balance)
}

/// The outcome of a row, but for whether it changed something.
fn counted_as(outcome: Result<Written, FindingCode>) -> Result<Written, FindingCode> {
    outcome.map(|written| if written == Written::Unchanged { Written::Updated } else { written })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1_024))]

    /// Rows are delivered late and repeatedly, edits and the deletion at once. Imports leave no marks once no older one
    /// is open. The account ends as if all had run in their order, and a row that is delivered again has the same
    /// outcome and changes nothing.
    #[test]
    fn late_and_repeated_rows_lead_to_the_same_account(
        parts in prop::collection::vec(part(false), 1..8),
        deliveries in deliveries(),
    ) {
        let events = events(&parts);
        let order = order(&events, &deliveries);
        let mut run = Run::of(&events, &order, |run, n| !run.no_older_is_open(&events, n));

        let took_effect = |n: &usize| matches!(events[*n], Event::Row(..)) || run.effective.contains(n);
        let in_order: Vec<usize> = (0..events.len()).filter(took_effect).collect();
        let expected = Run::of(&events, &in_order, |_, _| true);
        prop_assert_eq!(content(&run.state), content(&expected.state));
        let is_allocated_alike = run.state.allocations == expected.state.allocations;
        prop_assert!(!is_allocated_alike || balance(&run.state) == balance(&expected.state));

        let before = run.state.account.clone();
        for (n, event) in events.iter().enumerate() {
            if matches!(event, Event::Row(..)) {
                run.apply(n, event, false);
            }
        }
        prop_assert_eq!(&run.state.account, &before);
        for (n, outcome, changed) in &run.rows {
            for (_, again, _) in run.rows.iter().filter(|(row, ..)| row == n) {
                prop_assert_eq!(counted_as(*again), counted_as(*outcome));
                prop_assert!(!changed || *again != Ok(Written::Unchanged), "a row that changed something");
            }
        }
    }

    /// Leaving out marks makes no difference, also where amounts are refused because of the account's currency.
    #[test]
    fn marks_make_no_difference_once_no_older_import_is_open(
        parts in prop::collection::vec(part(true), 1..8),
        deliveries in deliveries(),
    ) {
        let events = events(&parts);
        let order = order(&events, &deliveries);
        let with_marks = Run::of(&events, &order, |_, _| true);
        let without = Run::of(&events, &order, |run, n| !run.no_older_is_open(&events, n));
        prop_assert_eq!(content(&without.state), content(&with_marks.state));
        prop_assert_eq!(balance(&without.state), balance(&with_marks.state));
        let outcomes = |run: &Run| run.rows.iter().map(|row| counted_as(row.1)).collect::<Vec<_>>();
        prop_assert_eq!(outcomes(&with_marks), outcomes(&without));
    }
}

#[test]
fn row_without_changes_leaves_a_mark_only_if_asked_to() {
    let part = Part {
        kind: 0,
        amount: "1",
        notes: Patch::Set(0),
        campaign: Patch::Keep,
        owner: Patch::Keep,
        client: Patch::Set(0),
        currency: Patch::Keep,
        without: (false, false),
    };
    let events = events(&[part.clone(), part.clone(), part]);
    let run = |marks: bool, order: &[usize]| Run::of(&events, order, move |_, _| marks);
    let first = run(true, &[0]);
    for (marks, leaves_mark) in [(false, false), (true, true)] {
        let again = run(marks, &[0, 1, 1]);
        assert_eq!(again.rows[1..], [(1, Ok(Written::Unchanged), false); 2]);
        assert_eq!(content(&again.state), content(&first.state));
        assert_eq!(again.state.history != first.state.history, leaves_mark);
    }
    let behind = run(true, &[0, 2, 1]).rows[2].1;
    assert_eq!(behind, Ok(Written::Updated), "whether it changed something is unknown");
}
