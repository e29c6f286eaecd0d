//! Reads BAI2, the Cash Management Balance Reporting Specifications of the Bank Administration Institute, version 2: groups of
//! accounts with their balances and entries. Amounts are in the smallest unit of the currency.

mod account;
mod entry;
mod minor;
mod records;
#[cfg(test)]
mod tests;

use std::io::BufRead;

use saldo_domain::date::Date;
use saldo_domain::money::Currency;
use saldo_domain::statement::{Place, StatementFinding, StatementFindingCode as Code};

use super::super::ReadError;
use super::amount::{short_day, shown};
use super::lines::Lines;
use super::output::Output;
use super::{ItemSink, invalid_at};
use account::Account;
use records::{Record, Records};

/// What the header of a group says of all its accounts.
#[derive(Clone, Debug)]
struct Group {
    /// The bank that reports.
    bank: String,
    /// The day of the report.
    day: Date,
    currency: Currency,
    /// Whether the report of the day is not final: its entries come again.
    is_interim: bool,
}

/// Where in the file the reader is.
enum State {
    /// Outside of groups.
    Outside,
    In(Group),
    /// In a group that has no postings.
    Skipping,
}

pub(super) fn read(text: impl BufRead, output: &mut Output<'_, impl ItemSink>) -> Result<(), ReadError> {
    let mut records = Records::new(Lines::new(text));
    let (mut state, mut account, mut has_trailer, mut line) = (State::Outside, None, false, 1);
    while let Some(record) = records.next()? {
        line = record.line;
        match (record.code.as_str(), &state) {
            ("01", _) => has_trailer = false,
            ("02", _) => {
                end(account.take(), output)?;
                state = group(&record, output)?;
            }
            ("98", _) => {
                end(account.take(), output)?;
                state = State::Outside;
            }
            ("99", _) => {
                end(account.take(), output)?;
                has_trailer = true;
            }
            (_, State::Skipping) => {}
            ("03", State::In(group)) => {
                end(account.take(), output)?;
                account = Some(Account::of(&record, group, output)?);
            }
            ("16", State::In(_)) => match &mut account {
                Some(account) => account.entry(&record, output)?,
                None => return Err(invalid_at(line, "a transaction (16) precedes its account (03)")),
            },
            ("49", State::In(_)) => {
                if let Some(account) = account.take() {
                    account.trailer(&record, output)?;
                }
            }
            ("03" | "16" | "49", State::Outside) => {
                return Err(invalid_at(line, format!("a record {} is outside of a group (02)", record.code)));
            }
            (code, _) => {
                return Err(invalid_at(line, format!("a record of the unknown kind {}", shown(code))));
            }
        }
    }
    end(account, output)?;
    if has_trailer {
        return Ok(());
    }
    let reason = "the file ends without its trailer (99): it may be cut short";
    output.finding(StatementFinding::at(Place { line, entry: None }, Code::TotalsDiffer, reason))
}

/// Ends an account without a trailer.
fn end(account: Option<Account>, output: &mut Output<'_, impl ItemSink>) -> Result<(), ReadError> {
    account.map_or(Ok(()), |account| account.end(output))
}

/// The header of a group. Deletions and tests are no postings.
fn group(record: &Record, output: &mut Output<'_, impl ItemSink>) -> Result<State, ReadError> {
    let fields = record.fields();
    let field = |at: usize| fields.get(at).map_or("", String::as_str);
    let skip = match field(2) {
        "2" => Some("the group deletes an earlier report; it has no entries to import"),
        "4" => Some("the group is a test"),
        _ => None,
    };
    if let Some(reason) = skip {
        let place = Place { line: record.line, entry: None };
        output.finding(StatementFinding::at(place, Code::Skipped, reason))?;
        return Ok(State::Skipping);
    }
    let at = |reason: String| invalid_at(record.line, reason);
    let code = if field(5).is_empty() { "USD" } else { field(5) };
    Ok(State::In(Group {
        bank: field(1).to_owned(),
        day: short_day(field(3)).map_err(at)?,
        currency: code.parse().map_err(|_| at(format!("the currency {} is unknown", shown(code))))?,
        // 1 and 3 are interim reports of the previous and of the same day, 2 and 4 final ones.
        is_interim: matches!(field(6), "1" | "3"),
    }))
}
