//! The checks of one statement: its balances, and the counts and sums that the bank states.

use super::super::{StatedTally, StatementFindingCode as Code, Sums, Tally};
use super::Summary;
use crate::money::{Currency, Total};

/// Checks a statement whose pages are joined.
pub(super) fn check(summary: &mut Summary) {
    check_currency(summary);
    check_balances(summary);
    check_totals(summary);
}

/// Balances in another currency than the account.
fn check_currency(summary: &mut Summary) {
    let statement = &summary.statement;
    let Some(currency) = statement.currency() else { return };
    let balances = [("opening", statement.opening), ("closing", statement.closing)];
    let wrong = balances.into_iter().filter_map(|(name, balance)| {
        let found = balance.map(|balance| balance.money.currency).filter(|found| *found != currency)?;
        Some(format!("the {name} balance is in {found}, the account in {currency}"))
    });
    for reason in wrong.collect::<Vec<_>>() {
        summary.find(Code::WrongCurrency, reason);
    }
}

/// Opening balance and booked entries make the closing balance. If they only do so when all reversals count the other way
/// round, the bank states reversals with the direction of the original entry, against ISO 20022.
fn check_balances(summary: &mut Summary) {
    let statement = &summary.statement;
    let (Some(opening), Some(closing)) = (statement.opening, statement.closing) else { return };
    let currency = opening.money.currency;
    if currency != closing.money.currency {
        return; // Said already.
    }
    let wanted = Total::of(closing.money.amount);
    let is = summary.sums.after(opening.money.amount);
    if is == wanted {
        return;
    }
    let turned = summary.sums.with_reversals_turned();
    if turned != summary.sums && turned.after(opening.money.amount) == wanted {
        summary.sums = turned;
        let reason = "the balances show that the bank states reversals with the direction of the reversed entries; \
                      the sums count them in the opposite direction";
        return summary.find(Code::ReversalDirection, reason);
    }
    let mut missing = wanted;
    missing -= &is;
    let reason = format!(
        "the opening balance of {} and the booked entries make {} {currency}, the closing balance is {}: {} {currency} \
         {}",
        opening.money,
        is.in_full(currency),
        closing.money,
        missing.in_full(currency),
        why(&summary.sums)
    );
    summary.find(Code::StatementDoesNotBalance, reason);
}

/// What a difference can come from.
fn why(sums: &Sums) -> &'static str {
    match (sums.unreadable, sums.foreign) {
        (0, 0) => "are missing",
        (0, _) => "are missing, and entries in another currency are not counted",
        _ => "are missing, and entries that can't be read are not counted",
    }
}

/// The counts and sums that the bank states. They include pending entries, which have no part in the sums here: then only the
/// number of entries is compared.
fn check_totals(summary: &mut Summary) {
    let (stated, sums) = (summary.statement.stated, &summary.sums);
    let read = sums.entries + sums.unreadable;
    let mut differences = Vec::new();
    if let Some(entries) = stated.entries.filter(|entries| *entries != read) {
        differences.push(format!("the bank states {entries} entries, the file has {read}"));
    }
    if sums.pending + sums.information + sums.unreadable + sums.foreign == 0 {
        let currency = summary.statement.currency();
        differences.extend(difference("credits", stated.credits, &sums.credits, currency));
        differences.extend(difference("debits", stated.debits, &sums.debits, currency));
    }
    for reason in differences {
        summary.find(Code::TotalsDiffer, reason);
    }
}

fn difference(
    name: &str,
    stated: Option<StatedTally>,
    is: &Tally,
    currency: Option<Currency>,
) -> Option<String> {
    let StatedTally { count, sum } = stated?;
    let sum = sum.filter(|sum| currency.is_none_or(|currency| currency == sum.currency));
    let differs = count.is_some_and(|count| count != is.count)
        || sum.is_some_and(|sum| Total::of(sum.amount.abs()) != is.sum);
    let count = count.map_or_else(String::new, |count| format!("{count} "));
    let of = |text: String| if text.is_empty() { text } else { format!(" of {text}") };
    let sum_is = currency.map_or_else(|| is.sum.to_string(), |currency| is.sum.in_full(currency));
    differs.then(|| {
        let stated = of(sum.map_or_else(String::new, |sum| sum.to_string()));
        format!("the bank states {count}{name}{stated}, the file has {} of {sum_is}", is.count)
    })
}
