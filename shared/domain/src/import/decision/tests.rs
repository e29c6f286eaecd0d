//! Random histories of an account: rows that arrive late and repeatedly, with and without marks, manual edits and a deletion.

use std::collections::BTreeSet;

use proptest::prelude::*;
use uuid::Uuid;

use super::*;
use crate::account::{AccountChange, EditTime, NumberedClient};
use crate::fields::{Body, Fields};
use crate::id::OrgId;
use crate::import::{RawRow, RowBody, RowRules, Shape};

/// A row of an import, a manual edit or a deletion.
#[derive(Clone, Debug)]
enum Event {
    Row(ImportId, Box<AccountUpsert>),
    Edit(Revision, Box<AccountChange>),
    Deletion(Revision),
}

/// What an event consists of, but for its place in the order of time.
#[derive(Clone, Debug)]
struct Part {
    /// 0 to 4: a row; 5 and 6: an edit; 7: a deletion.
    kind: u8,
    amount: &'static str,
    notes: Patch<u8>,
    campaign: Patch<u8>,
    /// 0 is client 0, and 1 another owner.
    owner: Patch<u8>,
    /// The number of a client, 0 or 1. Edits have none.
    client: Patch<u8>,
    currency: Patch<&'static str>,
    /// Whether a row leaves out the name, and the amount.
    without: (bool, bool),
}

/// When a row is delivered.
#[derive(Clone, Debug)]
struct Deliveries {
    delay: usize,
    /// The delays of the deliveries after the first one.
    again: Vec<usize>,
}

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

fn part(currencies: bool) -> impl Strategy<Value = Part> {
    let value = || prop_oneof![Just(Patch::Keep), Just(Patch::Clear), (0..2_u8).prop_map(Patch::Set)];
    let code = prop_oneof![
        Just(Patch::Keep),
        Just(Patch::Clear),
        prop::sample::select(vec!["EUR", "USD", "JPY"]).prop_map(Patch::Set)
    ];
    let amount = prop::sample::select(vec!["1", "2", "2.5"]);
    let without = prop_oneof![2 => Just((false, false)), 1 => any::<(bool, bool)>()];
    let owner = (value(), value());
    (0..8_u8, amount, value(), value(), owner, code, without).prop_map(
        move |(kind, amount, notes, campaign, (owner, client), code, without)| Part {
            kind,
            amount,
            notes,
            campaign,
            owner,
            client,
            currency: if currencies { code } else { Patch::Keep },
            without,
        },
    )
}

fn deliveries() -> impl Strategy<Value = Vec<Deliveries>> {
    let again = prop::collection::vec(0..8_usize, 0..3);
    prop::collection::vec((0..4_usize, again).prop_map(|(delay, again)| Deliveries { delay, again }), 8)
}

impl Part {
    /// The optional members of its JSON.
    fn members(&self, is_row: bool) -> String {
        let mut members = String::new();
        let client = if is_row { self.client } else { Patch::Keep };
        // A row that names two owners is refused.
        let owner = if matches!(client, Patch::Set(_)) { Patch::Keep } else { self.owner };
        let owner = owner.map(|n| match n {
            0 => NumberedClient::new(&OrgId::placeholder(), "text 0".parse().expect("a number"))
                .owner_id
                .into(),
            _ => "another".to_owned(),
        });
        let text = |value: Patch<u8>| value.map(|n| format!("text {n}"));
        for (name, value) in [
            ("notes", text(self.notes)),
            ("campaign_id", text(self.campaign)),
            ("client_external_id", text(client)),
            ("owner_id", owner),
        ] {
            members.extend(match value {
                Patch::Keep => None,
                Patch::Clear => Some(format!(r#","{name}":null"#)),
                Patch::Set(text) => Some(format!(r#","{name}":"{text}""#)),
            });
        }
        match self.currency {
            Patch::Clear if is_row => members.push_str(r#","currency":null"#),
            Patch::Set(code) => members.extend([r#","currency":""#, code, r#"""#]),
            Patch::Clear | Patch::Keep => {}
        }
        members
    }

    /// The amount, without decimal places if the part states a currency that has none.
    fn amount(&self) -> &'static str {
        if self.currency == Patch::Set("JPY") && self.amount == "2.5" { "3" } else { self.amount }
    }

    fn row(&self) -> AccountUpsert {
        let (amount, members) = (self.amount(), self.members(true));
        let (name, total) = (
            if self.without.0 { String::new() } else { format!(r#","contact":{{"name":"Ana {amount}"}}"#) },
            if self.without.1 { String::new() } else { format!(r#","total_amount":{amount}"#) },
        );
        let json = format!(r#"{{"external_id":"A"{name}{total}{members}}}"#);
        let row = RawRow { index: 0, line: None, body: RowBody::Json(json.into()) };
        let mut checked = row.check(&Shape::Objects, &RowRules::default(), currency());
        checked.resolve(&OrgId::placeholder());
        checked.upsert.expect("a valid row")
    }

    fn edit(&self) -> AccountChange {
        let json = format!(r#"{{"balance":{}{}}}"#, self.amount(), self.members(false));
        let fields = Fields::of_json(AccountChange::FIELDS, json.as_bytes()).expect("JSON");
        AccountChange::read(fields, ()).expect("a valid change")
    }
}

/// The events in the order of time. The first one is a row, and one at most is a deletion: an account that is deleted twice
/// forgets which import created it first.
fn events(parts: &[Part]) -> Vec<Event> {
    let mut is_deleted = false;
    let event = |(n, part): (usize, &Part)| {
        let id = Uuid::new_v7(uuid::Timestamp::from_unix_time(n as u64 + 1, 0, 0, 0));
        let revision = Revision::try_from(&id.as_bytes()[..]).expect("a revision");
        match part.kind {
            7 if n > 0 && !std::mem::replace(&mut is_deleted, true) => Event::Deletion(revision),
            5.. if n > 0 => Event::Edit(revision, Box::new(part.edit())),
            // The first row creates the account.
            _ if n == 0 => Event::Row(
                ImportId::of_seed(id),
                Box::new(Part { without: (false, false), ..part.clone() }.row()),
            ),
            _ => Event::Row(ImportId::of_seed(id), Box::new(part.row())),
        }
    };
    parts.iter().enumerate().map(event).collect()
}

/// The deliveries of rows, and the edits and the deletion, in the order in which they happen: the indexes of the events.
/// The first row is never late: without an account there is nothing to edit.
fn order(events: &[Event], deliveries: &[Deliveries]) -> Vec<usize> {
    let mut order = Vec::new();
    for (n, event) in events.iter().enumerate() {
        let Event::Row(..) = event else {
            // An edit at the time n comes before rows that are delivered at the same time.
            order.push((n, false, n));
            continue;
        };
        let Deliveries { delay, again } = &deliveries[n];
        let first = if n > 0 { n + delay } else { 0 };
        order.push((first, true, n));
        order.extend(again.iter().map(|delay| (first + delay, true, n)));
    }
    order.sort_by_key(|(at, is_row, _)| (*at, *is_row));
    order.into_iter().map(|(_, _, n)| n).collect()
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
                let at =
                    EditTime { revision: *revision, now: Timestamp::UNIX_EPOCH, today: defaults().as_of };
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
