//! Changes of one account, one after the other.

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
    EditTime { revision: Revision::next(), now: Timestamp::UNIX_EPOCH, today: day(12), stated_as_of: None }
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
    let known = |made: &Allocation| state.allocations.iter().any(|known| known.id == made.id);
    let mut new = edited.allocations.iter().filter(|made| !known(made));
    assert!(new.next().is_none_or(|first| first.id == at.first_allocation()));
    state.allocations = state.allocations_with(&edited.allocations);
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
    let revision = |state: &AccountState| state.account.as_ref().map(|account| account.revision);
    let first = revision(&state).expect("an account");
    assert_eq!(set(&state), Some(AllocationSet { id: first, number: 1, last: first, written: 1 }));
    set_balance(&mut state, -90).expect("a balance");
    let last = revision(&state).expect("an account");
    assert_eq!(set(&state), Some(AllocationSet { id: first, number: 2, last, written: 1 }));
    let days = state.allocations.iter().map(|made| (made.id.clone(), day(11))).collect();
    let at = now();
    let (_, edited) = state.acknowledge(&days, at);
    let written = AllocationSet { id: first, number: 2, last: at.revision, written: 2 };
    assert_eq!(edited.expect("a change").account.allocations, Some(written));
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
    let mut days = BTreeMap::from([(made.id.clone(), day(10)), (unknown.clone(), day(10))]);
    let (results, edited) = state.acknowledge(&days, now());
    let expected = [(made.id.clone(), Acknowledged::Done), (unknown.clone(), Acknowledged::Unknown)];
    assert_eq!(results, expected.into());
    let edited = edited.expect("a change");
    // The original figure is of that day, so it has the adjustment.
    assert_eq!((edited.account.balance, edited.allocations[0].posted_at), ((-100).into(), Some(day(10))));
    state.allocations = edited.allocations;
    days.remove(&unknown);
    assert_eq!(state.acknowledge(&days, now()), (BTreeMap::from([(made.id, Acknowledged::Unchanged)]), None));
}

/// The source states another amount, of this day.
fn source_states(state: &mut AccountState, amount: i64, day: i8) {
    let account = state.account.as_mut().expect("an account");
    (account.total_amount, account.as_of) = (Some(amount.into()), Some(self::day(day)));
    account.derive_balance(&state.allocations).expect("small amounts");
}

#[test]
fn adjustments_that_the_source_shows_are_acknowledged_before_the_next_one() {
    let mut state = invoice();
    let first = set_balance(&mut state, -90).expect("a balance").remove(0);
    source_states(&mut state, 90, 12);
    assert_eq!(set_balance(&mut state, -90), Ok(Vec::new()), "what is read is written back");
    let written = set_balance(&mut state, -85).expect("a balance");
    let [shown, second] = &written[..] else { panic!("{written:?}") };
    assert_eq!((&shown.id, shown.posted_at, shown.amount), (&first.id, Some(day(12)), 10.into()));
    assert_eq!((second.amount, second.posted_at), (5.into(), None));
    assert_eq!((second.total_amount, second.as_of), (90.into(), day(12)));
    let (results, edited) = state.acknowledge(&BTreeMap::from([(first.id, day(12))]), now());
    assert!(edited.is_none() && results.into_values().eq([Acknowledged::Unchanged]));
    source_states(&mut state, 85, 13);
    assert_eq!(state.account.and_then(|account| account.open_amount()), Some(85.into()));
}

#[test]
fn more_adjustments_than_a_change_may_write_are_to_be_acknowledged_first() {
    for (number, is_refused) in [(98, false), (99, true)] {
        let mut state = invoice();
        for number in 1..=number {
            set_balance(&mut state, -100 - number).expect("a balance");
        }
        source_states(&mut state, 100 + number, 12);
        assert_eq!(set_balance(&mut state, -100 - number), Ok(Vec::new()), "the source shows them");
        match set_balance(&mut state, 0) {
            Ok(written) => assert!(!is_refused && written.len() == 99, "{}", written.len()),
            Err(refused) => {
                assert!(is_refused && refused.reason.contains("99 adjustments"), "{refused:?}");
                assert_eq!((refused.code, refused.field.as_deref()), (FindingCode::TooMany, Some("balance")));
            }
        }
    }
}

#[test]
fn another_currency_keeps_each_allocation_with_its_acknowledgement() {
    let mut state = invoice();
    let first = set_balance(&mut state, -90).expect("a balance").remove(0);
    source_states(&mut state, 90, 12);
    set_balance(&mut state, -85).expect("a balance");
    let relabel = |state: &mut AccountState, currency: &str| {
        let change = change(&format!(r#"{{"currency":"{currency}"}}"#));
        let edited = state.edit(&change, now()).expect("a change").expect("a change");
        state.allocations = state.allocations_with(&edited.allocations);
        (state.account, state.history) = (Some(edited.account), edited.history);
        edited.allocations
    };
    let copies = relabel(&mut state, "USD");
    let found: Vec<_> = copies.iter().map(|made| (made.amount, made.posted_at)).collect();
    assert_eq!(found, [(10.into(), Some(day(12))), (5.into(), None)]);
    assert!(copies.iter().all(|made| made.currency != Currency::EURO && made.id != first.id));
    assert!(copies.is_sorted_by_key(|made| &made.id));
    let balance = |state: &AccountState| state.account.as_ref().map(|account| account.balance);
    assert_eq!(balance(&state), Some((-85).into()));
    source_states(&mut state, 85, 14);
    assert_eq!(balance(&state), Some((-85).into()), "the source shows the copy");
    assert_eq!(relabel(&mut state, "EUR"), [], "what counted in this currency counts again");
    assert_eq!(balance(&state), Some((-85).into()));
}

#[test]
fn revisions_follow_acknowledgements_on_a_machine_whose_clock_is_behind() {
    let mut state = invoice();
    let ahead = Uuid::new_v7(uuid::Timestamp::from_unix_time(u32::MAX.into(), 0, 0, 0));
    state.history.last_import = Some(crate::id::ImportId::of_seed(ahead));
    let mut revisions = Vec::new();
    for balance in [-80, -70] {
        let at = EditTime { revision: state.next_revision(), ..now() };
        let edited = state.edit(&change(&format!(r#"{{"balance":{balance}}}"#)), at);
        let edited = edited.expect("a change").expect("a change");
        revisions.push(edited.account.revision);
        state.allocations = state.allocations_with(&edited.allocations);
        (state.account, state.history) = (Some(edited.account), edited.history);
        let days = state.allocations.iter().map(|made| (made.id.clone(), day(9))).collect();
        let at = EditTime { revision: state.next_revision(), ..now() };
        let (_, edited) = state.acknowledge(&days, at);
        let edited = edited.expect("a change");
        revisions.push(edited.account.revision);
        state.allocations = state.allocations_with(&edited.allocations);
        state.account = Some(edited.account);
    }
    assert!(revisions.is_sorted_by(|a, b| a.as_bytes() < b.as_bytes()), "{revisions:?}");
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
