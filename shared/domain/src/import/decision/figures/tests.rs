//! Rows of imports in any order of delivery, compared with the formulas of their amounts.

use jiff::Timestamp;
use jiff::civil::date;
use proptest::prelude::*;
use uuid::Uuid;

use super::super::{Decision, Refused};
use super::*;
use crate::account::Written;
use crate::id::{AccountId, OrgId};
use crate::import::{AccountUpsert, RawRow, RowBody, RowDefaults, RowRules, Shape};
use crate::money::Decimal;
use crate::receivable::Amounts;

/// A row of an import.
#[derive(Clone, Debug)]
struct Row {
    total: i64,
    /// The day of January; the default is the 10th.
    as_of: Option<i8>,
    original: Option<(i64, Option<i8>)>,
    kind: Option<ItemKind>,
    amounts: Option<Amounts>,
}

fn day(day: i8) -> Date {
    date(2026, 1, day)
}

fn defaults() -> RowDefaults {
    RowDefaults { currency: Currency::EURO, as_of: day(10), as_of_max: day(20), amounts: None }
}

fn rows() -> impl Strategy<Value = Vec<Row>> {
    let amount = || -3_i64..6;
    let day = || prop::option::of(8_i8..13);
    let kind = prop::sample::select(vec![ItemKind::Invoice, ItemKind::CreditNote, ItemKind::Payment]);
    let amounts = prop::sample::select(vec![Amounts::OpenItems, Amounts::Originals]);
    let original = prop::option::weighted(0.3, (amount(), day()));
    let row =
        (amount(), day(), original, prop::option::weighted(0.3, kind), prop::option::weighted(0.2, amounts));
    let row =
        row.prop_map(|(total, as_of, original, kind, amounts)| Row { total, as_of, original, kind, amounts });
    prop::collection::vec(row, 1..7)
}

impl Row {
    fn upsert(&self) -> AccountUpsert {
        let mut json =
            format!(r#"{{"external_id":"A","contact":{{"name":"Ana"}},"total_amount":{}"#, self.total);
        let mut member = |name: &str, value: Option<String>| {
            json.extend(value.map(|value| format!(r#","{name}":"{value}""#)));
        };
        member("as_of", self.as_of.map(|as_of| day(as_of).to_string()));
        member("original_amount", self.original.map(|(amount, _)| amount.to_string()));
        member("original_as_of", self.original.and_then(|(_, day)| day).map(|of| day(of).to_string()));
        member("kind", self.kind.map(|kind| kind.to_string()));
        member("amounts", self.amounts.map(|amounts| amounts.to_string()));
        let row = RawRow { index: 0, line: None, body: RowBody::Json(format!("{json}}}").into()) };
        row.check(&Shape::Objects, &RowRules::default(), Currency::EURO).upsert.expect("a valid row")
    }

    fn day(&self) -> Date {
        self.as_of.map_or(defaults().as_of, day)
    }

    fn figures(&self) -> Vec<Figure> {
        let total = Figure { amount: self.total.into(), as_of: Some(self.day()) };
        let original = self.original.map(|(amount, of)| Figure { amount: amount.into(), as_of: of.map(day) });
        std::iter::once(total).chain(original).collect()
    }
}

fn import(number: usize) -> ImportId {
    ImportId::of_seed(Uuid::new_v7(uuid::Timestamp::from_unix_time(number as u64 + 1, 0, 0, 0)))
}

/// Writes the row of the import with this number. Returns its outcome and whether it is stale.
fn write(
    state: &mut AccountState,
    number: usize,
    row: &Row,
    marks: bool,
) -> Result<(Written, bool), Refused> {
    let id = AccountId::of_external(&OrgId::placeholder(), &"A".parse().expect("an id"));
    let (import, upsert, now) = (import(number), row.upsert(), Timestamp::UNIX_EPOCH);
    let write = RowWrite {
        import: &import,
        marks,
        id: &id,
        upsert: &upsert,
        defaults: defaults(),
        scopes: &[],
        lists: false,
        skips_days: false,
        now,
    };
    let decision = write.decide(state)?;
    let done = write.done(&decision, state);
    if let Decision::Write(after, _) = decision {
        let (account, history) = *after;
        (state.account, state.history) = (Some(account), history);
    }
    Ok((done.written, done.stale.is_some()))
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1_024))]

    #[test]
    fn amounts_are_those_of_the_formulas_in_every_order_of_delivery(
        rows in rows(),
        deliveries in prop::collection::vec(any::<prop::sample::Index>(), 0..10),
    ) {
        // Every row is delivered at least once, in a random order.
        let mut order: Vec<usize> = deliveries.iter().map(|index| index.index(rows.len())).collect();
        order.extend(0..rows.len());
        let mut state = AccountState::default();
        for number in order {
            write(&mut state, number, &rows[number], true).expect("a valid row");
        }
        let account = state.account.expect("an account");

        let (_, latest) = rows.iter().enumerate().max_by_key(|(number, row)| (row.day(), *number)).expect("rows");
        let total = Decimal::from(latest.total);
        prop_assert_eq!((account.total_amount, account.as_of), (Some(total), Some(latest.day())));
        prop_assert_eq!((account.balance, account.open_amount()), (-total, Some(total)));
        let stated = rows.iter().rev().find_map(|row| row.kind);
        let kind = stated.unwrap_or(ItemKind::of_new(rows[0].total.into()));
        let amounts = rows.iter().rev().find_map(|row| row.amounts).unwrap_or_default();
        prop_assert_eq!((account.item_kind, account.amounts), (kind, amounts));
        let all = rows.iter().flat_map(Row::figures);
        let sign = if kind.is_credit() { -1 } else { 1 };
        let first = all.max_by_key(|figure| (figure.amount * Decimal::from(sign), std::cmp::Reverse(figure.as_of)));
        prop_assert_eq!(account.original(), first);
    }
}

fn row(total: i64, as_of: i8) -> Row {
    Row { total, as_of: Some(as_of), original: None, kind: None, amounts: None }
}

#[test]
fn older_figure_does_not_replace_a_newer_one() {
    let mut state = AccountState::default();
    assert_eq!(write(&mut state, 0, &row(100, 12), true), Ok((Written::Imported, false)));
    assert_eq!(write(&mut state, 1, &row(140, 9), true), Ok((Written::Updated, true)));
    let account = state.account.as_ref().expect("an account");
    assert_eq!((account.total_amount, account.as_of), (Some(100.into()), Some(day(12))));
    assert_eq!(account.original(), Some(Figure { amount: 140.into(), as_of: Some(day(9)) }));
    // Nothing is lost of a row of an earlier day with the amount that the account has.
    assert_eq!(write(&mut state, 2, &row(100, 10), true), Ok((Written::Updated, false)));
    // A row that a newer import has overtaken is not stale.
    assert_eq!(write(&mut state, 4, &row(80, 14), true), Ok((Written::Updated, false)));
    assert_eq!(write(&mut state, 3, &row(90, 13), true), Ok((Written::Updated, false)));
    assert_eq!(state.account.and_then(|account| account.total_amount), Some(80.into()));
}

#[test]
fn newer_day_of_the_same_figure_leaves_the_revision() {
    let mut state = AccountState::default();
    write(&mut state, 0, &row(100, 10), false).expect("a valid row");
    let before = state.clone();
    assert_eq!(write(&mut state, 1, &row(100, 10), false), Ok((Written::Unchanged, false)));
    assert_eq!(state, before, "nothing is written");
    assert_eq!(write(&mut state, 2, &row(100, 11), false), Ok((Written::Unchanged, false)));
    let (account, before) = (state.account.expect("an account"), before.account.expect("an account"));
    assert_eq!((account.as_of, account.revision), (Some(day(11)), before.revision));
}

#[test]
fn negative_amount_of_an_invoice_is_overpaid() {
    let mut state = AccountState::default();
    write(&mut state, 0, &row(100, 10), true).expect("a valid row");
    write(&mut state, 1, &row(-20, 11), true).expect("a valid row");
    let account = state.account.expect("an account");
    assert_eq!((account.item_kind, account.open_amount()), (ItemKind::Invoice, Some((-20).into())));
    let mut state = AccountState::default();
    write(&mut state, 0, &row(-20, 11), true).expect("a valid row");
    assert_eq!(state.account.map(|account| account.item_kind), Some(ItemKind::CreditNote));
}

#[test]
fn figure_of_the_future_is_refused() {
    let refused = write(&mut AccountState::default(), 0, &row(100, 21), true);
    assert!(matches!(refused, Err(Refused::Invalid(found)) if found.code == FindingCode::TooLate));
}
