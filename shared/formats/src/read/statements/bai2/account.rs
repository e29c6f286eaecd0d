//! An account of a group: its balances, its entries, its trailer.

use saldo_domain::money::{Currency, Decimal, Money};
use saldo_domain::statement::{
    Balance, Message, Place, StatedTally, Statement, StatementFinding, StatementFindingCode as Code,
};

use super::super::super::ReadError;
use super::super::ItemSink;
use super::super::amount::shown;
use super::super::output::Output;
use super::minor::{control_amount, minor};
use super::records::Record;
use super::{Group, entry};

/// An account that is being read.
pub(super) struct Account {
    statement: Statement,
    group: Group,
    currency: Currency,
    /// The sum of all amounts so far, as the trailer has it.
    control: Decimal,
    /// The lines of its records so far.
    lines: u64,
}

impl Account {
    /// Reads the record of an account (03), and passes on its beginning.
    pub(super) fn of(
        record: &Record,
        group: &Group,
        output: &mut Output<'_, impl ItemSink>,
    ) -> Result<Self, ReadError> {
        let place = Place { line: record.line, entry: None };
        let fields = record.fields();
        let mut fields = fields.iter().map(String::as_str);
        let mut statement = Statement::new(Message::Bai2, place);
        let number = output.texts.label("account", fields.next().unwrap_or_default());
        statement.account.identifier = number.and_then(|number| number.as_str().parse().ok());
        statement.account.bank = output.texts.label("bank", &group.bank);
        let code = fields.next().unwrap_or_default();
        let mut findings = Vec::new();
        let mut find =
            |reason: String| findings.push(StatementFinding::at(place, Code::UnreadableField, reason));
        let currency = match code {
            "" => group.currency,
            code => code.parse().unwrap_or_else(|_| {
                find(format!("the currency {} is unknown; that of the group counts", shown(code)));
                group.currency
            }),
        };
        statement.currency = Some(currency);
        (statement.period.from, statement.period.to) = (Some(group.day), Some(group.day));
        let mut account =
            Self { statement, group: group.clone(), currency, control: Decimal::ZERO, lines: record.count() };
        while let Some(kind) = fields.next() {
            let (digits, count) = (fields.next().unwrap_or_default(), fields.next().unwrap_or_default());
            entry::skip_funds(&mut fields);
            if kind.is_empty() && digits.is_empty() {
                continue;
            }
            match minor(digits, currency) {
                Ok(amount) => account.total(kind, amount, count),
                Err(reason) if !digits.is_empty() => {
                    find(format!("the total {} can't be read: {reason}", shown(kind)));
                }
                Err(_) => {}
            }
        }
        output.begin(&account.statement)?;
        for finding in findings {
            output.finding(finding)?;
        }
        Ok(account)
    }

    /// Takes a balance or a total.
    fn total(&mut self, kind: &str, amount: Decimal, count: &str) {
        let money = Money { amount, currency: self.currency };
        self.control += control_amount(amount, self.currency);
        let balance = Some(Balance { money, on: Some(self.group.day), is_intermediate: false });
        let tally = Some(StatedTally { count: count.parse().ok(), sum: Some(money) });
        match kind {
            "010" => self.statement.opening = balance,
            "015" => self.statement.closing = balance,
            "100" => self.statement.stated.credits = tally,
            "400" => self.statement.stated.debits = tally,
            _ => {}
        }
    }

    /// Reads an entry (16).
    pub(super) fn entry(
        &mut self,
        record: &Record,
        output: &mut Output<'_, impl ItemSink>,
    ) -> Result<(), ReadError> {
        self.lines += record.count();
        let place = output.next_entry(record.line);
        let read = entry::read(record, place, &self.group, self.currency, &mut output.texts);
        if let Ok(entry) = &read {
            self.control += control_amount(entry.money.amount.abs(), self.currency);
        }
        output.entry(place, read)
    }

    /// Reads the trailer (49), which has the sum of all amounts and the number of lines.
    pub(super) fn trailer(
        mut self,
        record: &Record,
        output: &mut Output<'_, impl ItemSink>,
    ) -> Result<(), ReadError> {
        self.lines += record.count();
        let fields = record.fields();
        let number =
            |at: usize| fields.get(at).and_then(|text| text.trim_start_matches('+').parse::<Decimal>().ok());
        let differs = |stated: Option<Decimal>, is: Decimal| stated.is_some_and(|stated| stated != is);
        if differs(number(0), self.control) || differs(number(1), self.lines.into()) {
            let place = Place { line: record.line, entry: None };
            let reason =
                "the sum of the amounts or the number of records is not that of the account's trailer (49)";
            output.finding(StatementFinding::at(place, Code::TotalsDiffer, reason))?;
        }
        self.end(output)
    }

    pub(super) fn end(self, output: &mut Output<'_, impl ItemSink>) -> Result<(), ReadError> {
        output.end(self.statement)
    }
}
