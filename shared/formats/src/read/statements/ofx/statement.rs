//! What a statement says besides its transactions.

use saldo_domain::money::Money;
use saldo_domain::statement::{Balance, Place, Statement, StatementFinding, StatementFindingCode as Code};

use super::super::super::ReadError;
use super::super::ItemSink;
use super::super::amount::long_day;
use super::super::output::Output;
use super::entry::signed;

/// Takes the value of an element in a parent.
pub(super) fn take(
    statement: &mut Statement,
    (parent, name): (&str, &str),
    text: &str,
    line: u64,
    output: &mut Output<'_, impl ItemSink>,
) -> Result<(), ReadError> {
    let texts = &mut output.texts;
    match (parent, name) {
        ("STMTRS" | "CCSTMTRS", "CURDEF") => statement.currency = text.parse().ok(),
        ("BANKACCTFROM", "BANKID") => statement.account.bank = texts.label("bank", text),
        ("BANKACCTFROM" | "CCACCTFROM", "ACCTID") => {
            let number = texts.label("account", text);
            statement.account.identifier = number.and_then(|number| number.as_str().parse().ok());
        }
        ("BANKTRANLIST", "DTSTART") => statement.period.from = long_day(text).ok(),
        ("BANKTRANLIST", "DTEND") => statement.period.to = long_day(text).ok(),
        ("LEDGERBAL", "BALAMT") => match (signed(text), statement.currency) {
            (Ok(amount), Some(currency)) => {
                let money = Money { amount, currency };
                statement.closing = Some(Balance { money, on: None, is_intermediate: false });
            }
            (read, _) => {
                let reason = read.err().unwrap_or_else(|| "the currency is unknown".to_owned());
                let place = Place { line, entry: None };
                let reason = format!("the balance can't be read: {reason}");
                return output.finding(StatementFinding::at(place, Code::UnreadableField, reason));
            }
        },
        ("LEDGERBAL", "DTASOF") => {
            if let Some(closing) = &mut statement.closing {
                closing.on = long_day(text).ok();
            }
        }
        _ => {}
    }
    Ok(())
}
