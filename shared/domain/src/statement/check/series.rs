//! The checks of a series of statements of one account: each begins with the balance with which the one before has ended.

use std::cmp::Ordering;

use super::super::{Label, Statement, StatementFindingCode as Code};
use super::Summary;
use crate::account::AccountIdentifier;
use crate::date::Date;

/// The order of statements: by account, kind of message, day, number and page.
pub(super) fn order(a: &Summary, b: &Summary) -> Ordering {
    let (a, b) = (&a.statement, &b.statement);
    let key =
        |statement: &Statement| (day(statement), statement.number, statement.page.map(|page| page.number));
    a.message
        .cmp(&b.message)
        .then_with(|| account(a).cmp(&account(b)))
        .then_with(|| a.currency().cmp(&b.currency()))
        .then_with(|| key(a).cmp(&key(b)))
}

/// Whether both are of the same account and the same kind of message.
pub(super) fn is_same(a: &Summary, b: &Summary) -> bool {
    let (a, b) = (&a.statement, &b.statement);
    a.message == b.message && account(a) == account(b) && a.currency() == b.currency()
}

/// What identifies the account: an IBAN, or the number with that of the bank.
fn account(statement: &Statement) -> (Option<&str>, Option<&str>) {
    let account = &statement.account;
    let identifier = account.identifier.as_ref().map(AccountIdentifier::as_str);
    let is_iban = identifier.is_some_and(|text| text.bytes().take(2).all(|byte| byte.is_ascii_uppercase()));
    (identifier, account.bank.as_ref().map(Label::as_str).filter(|_| !is_iban))
}

/// The day on which the statement ends.
fn day(statement: &Statement) -> Option<Date> {
    let of = |balance: Option<super::super::Balance>| balance.and_then(|balance| balance.on);
    of(statement.closing).or(statement.period.to).or(of(statement.opening))
}

/// Checks statements that are sorted.
pub(super) fn check(statements: &mut [(usize, Summary)]) {
    let mut before: Option<Summary> = None;
    for (_, summary) in statements {
        let last = before
            .take()
            .filter(|before| is_same(before, summary) && summary.statement.account.identifier.is_some());
        match &last {
            Some(last) if is_repeated(last, summary) => {
                summary.find(
                    Code::StatementRepeated,
                    "the same statement is there twice: same number, balances and entries",
                );
            }
            Some(last) if summary.statement.message.is_continuous() => {
                if let Some(reason) = gap(&last.statement, &summary.statement) {
                    summary.find(Code::StatementMissing, reason);
                }
            }
            _ => {}
        }
        // Without its findings, the copy is small.
        let (statement, sums) = (summary.statement.clone(), summary.sums.clone());
        before = Some(Summary { sums, ..Summary::new(summary.file, statement) });
    }
}

fn is_repeated(a: &Summary, b: &Summary) -> bool {
    let of = |summary: &Summary| {
        let Statement { number, period, opening, closing, .. } = summary.statement;
        (number, period, opening, closing)
    };
    a.sums.entries + b.sums.entries > 0
        && of(a) == of(b)
        && a.sums == b.sums
        && a.statement.id == b.statement.id
}

/// How it shows that a statement is missing between two. Balances decide where there are some: not all banks count
/// statements without gaps.
fn gap(before: &Statement, next: &Statement) -> Option<String> {
    let name =
        |statement: &Statement| statement.number.map_or_else(String::new, |number| format!(" {number}"));
    if let Some((closing, opening)) = before.closing.zip(next.opening) {
        return (closing.money != opening.money).then(|| {
            format!(
                "the opening balance is {}, but the statement{} before it closes with {}",
                opening.money,
                name(before),
                closing.money
            )
        });
    }
    let is_same_year = day(before).zip(day(next)).is_some_and(|(before, next)| before.year() == next.year());
    let (last, number) = before.number.zip(next.number)?;
    let is_gap = is_same_year && number > last + 1;
    is_gap.then(|| format!("the number is {number}, that of the statement before it {last}"))
}
