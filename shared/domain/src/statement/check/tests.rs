//! Statements of one account, with wrong balances, gaps, pages and reversals.

use super::super::{
    Balance, Details, Entry, EntryStatus, Item, Message, Page, Place, StatedTally, Statement, StatementCheck,
};
use super::Checked;
use crate::date::Date;
use crate::money::{Decimal, Money};

fn money(amount: i64) -> Money {
    Money { amount: Decimal::from(amount), currency: "EUR".parse().expect("a currency") }
}

fn balance(amount: i64, day: &str) -> Balance {
    Balance { money: money(amount), on: Some(day.parse().expect("a day")), is_intermediate: false }
}

fn entry(amount: i64) -> Entry {
    let day: Date = "2026-07-01".parse().expect("a day");
    Entry {
        place: Place { line: 7, entry: Some(1) },
        bank_id: None,
        reference: None,
        status: EntryStatus::Booked,
        money: money(amount),
        is_reversal: false,
        booked_on: Some(day),
        valued_on: None,
        purchased_on: None,
        booking_text: None,
        details: Details::default(),
        parts: Vec::new(),
        parts_stated: None,
    }
}

/// A statement of a day, with its balances.
fn statement(number: u64, day: &str, opening: i64, closing: i64) -> Statement {
    let mut statement = Statement::new(Message::Mt940, Place { line: 1, entry: None });
    statement.account.identifier = Some("DE89370400440532013000".parse().expect("an IBAN"));
    statement.number = Some(number);
    statement.opening = Some(balance(opening, day));
    statement.closing = Some(balance(closing, day));
    statement
}

fn checked(statements: &[(Statement, Vec<Entry>)]) -> Checked {
    let mut check = StatementCheck::default();
    for (file, (statement, entries)) in statements.iter().enumerate() {
        check.add(file, &Item::Begin(Box::new(statement.clone())));
        for entry in entries {
            check.add(file, &Item::Entry(Box::new(entry.clone())));
        }
        check.add(file, &Item::End(Box::new(statement.clone())));
        check.end_file();
    }
    check.finish()
}

/// The names of the findings of each statement.
fn codes(statements: &[(Statement, Vec<Entry>)]) -> Vec<Vec<&'static str>> {
    let of = |summary: &super::Summary| summary.findings.iter().map(|finding| finding.code.name()).collect();
    checked(statements).statements.iter().map(of).collect()
}

#[test]
fn opening_balance_and_entries_make_the_closing_balance() {
    let good = statement(1, "2026-07-01", 100, 130);
    assert_eq!(codes(&[(good.clone(), vec![entry(50), entry(-20)])]), [Vec::<&str>::new()]);
    let bad = checked(&[(good, vec![entry(50)])]);
    let finding = &bad.statements[0].findings[0];
    assert_eq!(finding.code.name(), "statement_does_not_balance");
    assert!(
        finding.reason.contains("make 150.00 EUR, the closing balance is 130.00 EUR: -20.00 EUR"),
        "{finding:?}"
    );
    assert!(!bad.is_in_order());
}

#[test]
fn pending_and_informing_entries_do_not_count() {
    let pending = Entry { status: EntryStatus::Pending, ..entry(5) };
    let information = Entry { status: EntryStatus::Information, ..entry(6) };
    let read = checked(&[(statement(1, "2026-07-01", 100, 150), vec![entry(50), pending, information])]);
    let sums = &read.statements[0].sums;
    assert_eq!((sums.entries, sums.pending, sums.information), (3, 1, 1));
    assert!(read.is_in_order());
}

#[test]
fn statements_follow_each_other_in_any_order_of_files() {
    let [first, second, third] = [
        (statement(1, "2026-07-01", 100, 150), vec![entry(50)]),
        (statement(2, "2026-07-02", 150, 170), vec![entry(20)]),
        (statement(3, "2026-07-03", 170, 160), vec![entry(-10)]),
    ];
    let none = Vec::<&str>::new;
    assert_eq!(codes(&[third.clone(), first.clone(), second.clone()]), [none(), none(), none()]);
    assert_eq!(codes(&[third.clone(), first.clone()]), [vec!["statement_missing"], none()]);
    assert_eq!(
        codes(&[first.clone(), second.clone(), first, third]),
        [none(), none(), vec!["statement_repeated"], none()]
    );
}

#[test]
fn accounts_with_equal_numbers_at_two_banks_are_two() {
    let of_bank = |bank: &str, number, day, opening| {
        let mut statement = statement(number, day, opening, opening);
        statement.account.identifier = Some("0532013000".parse().expect("a number"));
        statement.account.bank = Some(bank.parse().expect("a bank"));
        (statement, vec![])
    };
    let [one, other] = [of_bank("37040044", 1, "2026-07-01", 5), of_bank("50010517", 2, "2026-07-02", 9)];
    assert_eq!(codes(&[one.clone(), other]), [Vec::<&str>::new(), vec![]]);
    assert_eq!(codes(&[one, of_bank("37040044", 2, "2026-07-02", 9)]), [vec![], vec!["statement_missing"]]);
}

#[test]
fn numbers_show_a_gap_where_there_are_no_balances() {
    let without_balances = |number, day: &str| {
        let mut statement = statement(number, day, 0, 0);
        (statement.opening, statement.closing) = (None, None);
        statement.period.to = Some(day.parse().expect("a day"));
        (statement, vec![entry(5)])
    };
    let [first, third] = [without_balances(1, "2026-07-01"), without_balances(3, "2026-07-03")];
    assert_eq!(codes(&[first.clone(), third]), [vec![], vec!["statement_missing"]]);
    // Banks begin to count again in a new year, and some never count.
    assert_eq!(codes(&[first, without_balances(1, "2027-01-01")]), [Vec::<&str>::new(), vec![]]);
    // The balances show that nothing is missing.
    let [first, fourth] = [statement(1, "2026-07-01", 100, 150), statement(4, "2026-07-04", 150, 150)];
    assert_eq!(codes(&[(first, vec![entry(50)]), (fourth, vec![])]), [Vec::<&str>::new(), vec![]]);
}

/// A page of statement 5, with intermediate balances where it is not the first or the last one.
fn page(number: u64, opening: i64, closing: i64, of: u64) -> (Statement, Vec<Entry>) {
    let mut page = statement(5, "2026-07-05", opening, closing);
    page.page = Some(Page { number, is_last: None });
    if let Some(opening) = &mut page.opening {
        opening.is_intermediate = number > 1;
    }
    if let Some(closing) = &mut page.closing {
        closing.is_intermediate = number < of;
    }
    (page, vec![entry(closing - opening)])
}

#[test]
fn pages_are_joined() {
    let pages = [page(2, 110, 130, 3), page(1, 100, 110, 3), page(3, 130, 160, 3)];
    let joined = checked(&pages);
    let [summary] = &joined.statements[..] else { panic!("one statement: {joined:?}") };
    assert_eq!((summary.pages, summary.sums.entries), (3, 3));
    assert_eq!(summary.statement.closing.map(|closing| closing.money), Some(money(160)));
    assert!(joined.is_in_order(), "{joined:?}");
    for missing in 0..3 {
        let mut pages = pages.to_vec();
        pages.remove(missing);
        let found = codes(&pages).concat();
        assert!(found.contains(&"page_missing"), "{missing}: {found:?}");
    }
}

#[test]
fn balances_show_that_reversals_repeat_the_direction_of_the_original() {
    // A credit of 30 is reversed. The bank writes the reversal as a credit.
    let reversal = Entry { is_reversal: true, ..entry(30) };
    let read = checked(&[(statement(1, "2026-07-01", 100, 100), vec![entry(30), reversal.clone()])]);
    let summary = &read.statements[0];
    assert_eq!(summary.findings[0].code.name(), "reversal_direction");
    assert_eq!((summary.sums.debits.count, summary.sums.debits.sum.to_string()), (1, "30".to_owned()));
    assert!(read.is_in_order(), "it is a warning");
    let stated_right = Entry { is_reversal: true, ..entry(-30) };
    assert_eq!(
        codes(&[(statement(1, "2026-07-01", 100, 100), vec![entry(30), stated_right])]),
        [Vec::<&str>::new()]
    );
    let wrong = codes(&[(statement(1, "2026-07-01", 100, 101), vec![entry(30), reversal])]);
    assert_eq!(wrong, [vec!["statement_does_not_balance"]]);
}

#[test]
fn other_currencies_are_found() {
    let mut foreign = entry(5);
    foreign.money.currency = "USD".parse().expect("a currency");
    let mut mixed = statement(1, "2026-07-01", 100, 100);
    if let Some(closing) = &mut mixed.closing {
        closing.money.currency = "USD".parse().expect("a currency");
    }
    assert_eq!(codes(&[(mixed, vec![foreign])]), [vec!["wrong_currency", "wrong_currency"]]);
}

#[test]
fn totals_of_the_bank_are_compared() {
    let mut stated = statement(1, "2026-07-01", 100, 130);
    stated.stated.entries = Some(2);
    stated.stated.credits = Some(StatedTally { count: Some(1), sum: Some(money(50)) });
    stated.stated.debits = Some(StatedTally { count: Some(1), sum: Some(money(20)) });
    let entries = vec![entry(50), entry(-20)];
    assert_eq!(codes(&[(stated.clone(), entries.clone())]), [Vec::<&str>::new()]);
    stated.stated.entries = Some(3);
    stated.stated.debits = Some(StatedTally { count: None, sum: Some(money(21)) });
    let read = checked(&[(stated, entries)]);
    let reasons: Vec<_> = read.statements[0].findings.iter().map(|finding| finding.reason.as_str()).collect();
    assert_eq!(
        reasons,
        [
            "the bank states 3 entries, the file has 2",
            "the bank states debits of 21.00 EUR, the file has 1 of 20.00"
        ]
    );
}

#[test]
fn findings_of_a_statement_are_bounded() {
    let mut foreign = entry(5);
    foreign.money.currency = "USD".parse().expect("a currency");
    let read = checked(&[(statement(1, "2026-07-01", 100, 100), vec![foreign; 250])]);
    let summary = &read.statements[0];
    assert_eq!((summary.findings.len(), summary.findings_omitted), (super::FINDINGS_MAX, 150));
}
