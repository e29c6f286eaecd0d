//! A message: its fields become a statement and its entries.

use saldo_domain::date::Date;
use saldo_domain::money::{Currency, Money};
use saldo_domain::statement::{
    Balance, Details, Entry, EntryStatus, Message as Kind, Page, Place, StatedTally, Statement,
    StatementFinding, StatementFindingCode as Code,
};

use super::super::super::ReadError;
use super::super::ItemSink;
use super::super::amount::{amount, short_day, shown};
use super::super::output::Output;
use super::fields::{Field, Value};
use super::line::StatementLine;
use super::narrative;

/// A `:86:` of this many lines may be continued in an entry of 0.00: the standard allows six.
const FULL_LINES: usize = 6;

/// The lines of a text after which it is continued no more.
const JOINED_LINES_MAX: usize = 200;

/// A message that is being read.
pub(super) struct Message {
    statement: Statement,
    /// Whether its beginning was passed on.
    has_begun: bool,
    /// Whether a field or the envelope shows that it is an MT942.
    is_interim: bool,
    /// The statement line that was read last, and the lines of its `:86:`.
    open: Option<(Place, Result<StatementLine, String>, Value)>,
    /// The entry before it, which an entry of 0.00 may continue, and the lines of its `:86:`.
    held: Option<(Place, Entry, Value)>,
    /// The lines behind the closing balance.
    text: Value,
}

impl Message {
    pub(super) fn new(line: u64, is_interim: bool) -> Self {
        let statement = Statement::new(Kind::Mt940, Place { line, entry: None });
        Self { statement, has_begun: false, is_interim, open: None, held: None, text: Value::default() }
    }

    /// Whether this tag belongs to the next message.
    pub(super) fn is_ended_by(&self, tag: &str) -> bool {
        match tag {
            "20" => self.statement.id.is_some() || self.has_begun || self.statement.closing.is_some(),
            "25" | "25P" | "28" | "28C" | "60F" | "60M" | "61" => self.statement.closing.is_some(),
            "940" | "942" => true,
            _ => false,
        }
    }

    /// Takes a field.
    pub(super) fn take(
        &mut self,
        field: &Field,
        output: &mut Output<'_, impl ItemSink>,
    ) -> Result<(), ReadError> {
        match field.tag.as_str() {
            "20" => self.statement.id = output.texts.label("id", field.first()),
            "25" | "25P" => return self.account(field, output),
            "28" | "28C" => self.number(field),
            "60F" | "60M" => return self.balance(field, true, output),
            "62F" | "62M" => return self.balance(field, false, output),
            "13" | "13D" => {
                self.is_interim = true;
                self.statement.period.to = field.first().get(..6).and_then(|day| short_day(day).ok());
            }
            "34F" => {
                self.is_interim = true;
                self.statement.currency = field.first().get(..3).and_then(|code| code.parse().ok());
            }
            "90C" | "90D" => return self.totals(field, output),
            "942" => self.is_interim = true,
            "61" => {
                self.flush(output)?;
                self.begin(output)?;
                self.open = Some((
                    output.next_entry(field.line),
                    StatementLine::of(field.value.lines()),
                    Value::default(),
                ));
            }
            "86" => {
                let text = match &mut self.open {
                    Some((_, _, text)) if self.statement.closing.is_none() => text,
                    _ => &mut self.text,
                };
                text.append(&field.value);
                text.check(field.line)?;
            }
            // Available balances, related references, and what is between banks.
            _ => {}
        }
        Ok(())
    }

    fn kind(&self) -> Kind {
        match self.is_interim && self.statement.opening.is_none() {
            true => Kind::Mt942,
            false => Kind::Mt940,
        }
    }

    fn begin(&mut self, output: &mut Output<'_, impl ItemSink>) -> Result<(), ReadError> {
        if !self.has_begun {
            self.has_begun = true;
            self.statement.message = self.kind();
            output.begin(&self.statement)?;
        }
        Ok(())
    }

    /// `:25:`: an IBAN, or a number behind that of the bank, some with the currency behind it.
    fn account(&mut self, field: &Field, output: &mut Output<'_, impl ItemSink>) -> Result<(), ReadError> {
        if self.statement.account.identifier.is_some() {
            let reason = "the field 25 is there twice; the first one counts";
            let place = Place { line: field.line, entry: None };
            return output.finding(StatementFinding::at(place, Code::UnreadableField, reason));
        }
        let (text, currency) = without_currency(field.first());
        self.statement.currency = self.statement.currency.or(currency);
        let (bank, number) = match text.split_once('/') {
            Some((bank, number)) if !bank.is_empty() => (Some(bank), number),
            _ => (None, text.trim_start_matches('/')),
        };
        // In 25P, the BIC is on the second line.
        let bic = field.value.lines().get(1).map(String::as_str).filter(|_| field.tag == "25P");
        self.statement.account.bank = bank.or(bic).and_then(|bank| output.texts.label("bank", bank));
        let number = output.texts.label("account", number);
        self.statement.account.identifier = number.and_then(|number| number.as_str().parse().ok());
        Ok(())
    }

    /// `:28C:`: the number of the statement and that of the page.
    fn number(&mut self, field: &Field) {
        let (number, page) = field.first().split_once('/').unwrap_or((field.first(), ""));
        let positive = |text: &str| text.trim().parse().ok().filter(|number: &u64| *number > 0);
        self.statement.number = positive(number);
        self.statement.page = positive(page).map(|number| Page { number, is_last: None });
    }

    fn balance(
        &mut self,
        field: &Field,
        is_opening: bool,
        output: &mut Output<'_, impl ItemSink>,
    ) -> Result<(), ReadError> {
        if !is_opening {
            self.flush(output)?;
        }
        match balance(field.first()) {
            Ok((money, on)) => {
                let balance =
                    Some(Balance { money, on: Some(on), is_intermediate: field.tag.ends_with('M') });
                let (place, period) = match is_opening {
                    true => (&mut self.statement.opening, &mut self.statement.period.from),
                    false => (&mut self.statement.closing, &mut self.statement.period.to),
                };
                (*place, *period) = (balance, Some(on));
                Ok(())
            }
            Err(reason) => {
                let reason = format!("the balance of field {} can't be read: {reason}", field.tag);
                let place = Place { line: field.line, entry: None };
                output.finding(StatementFinding::at(place, Code::UnreadableField, reason))
            }
        }
    }

    /// `:90D:` and `:90C:`: the number and the sum of debits or credits.
    fn totals(&mut self, field: &Field, output: &mut Output<'_, impl ItemSink>) -> Result<(), ReadError> {
        self.flush(output)?;
        self.is_interim = true;
        let text = field.first();
        let digits = text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
        let (count, rest) = text.split_at(digits);
        let sum = rest.split_at_checked(3).and_then(|(currency, sum)| {
            Some(Money { amount: amount(sum).ok()?, currency: currency.parse().ok()? })
        });
        let tally = Some(StatedTally { count: count.parse().ok(), sum });
        let stated = &mut self.statement.stated;
        *if field.tag == "90C" { &mut stated.credits } else { &mut stated.debits } = tally;
        Ok(())
    }

    /// Passes on the entry that was read last, or holds it until it is known whether the next one continues it.
    fn flush(&mut self, output: &mut Output<'_, impl ItemSink>) -> Result<(), ReadError> {
        let Some((place, line, text)) = self.open.take() else { return Ok(()) };
        let entry = line.and_then(|line| self.entry(place, &line, text.lines(), output));
        match (entry, &mut self.held) {
            (Ok(entry), Some((_, before, of_before)))
                if continues(before, of_before.lines(), &entry, text.lines()) =>
            {
                of_before.append(&text);
                narrative::read(of_before.lines(), before, &mut output.texts);
            }
            (Ok(entry), held) => {
                let before = held.replace((place, entry, text));
                return before.map_or(Ok(()), |(place, entry, _)| output.entry(place, Ok(entry)));
            }
            (Err(reason), _) => {
                self.release(output)?;
                return output.entry(place, Err(reason));
            }
        }
        Ok(())
    }

    fn release(&mut self, output: &mut Output<'_, impl ItemSink>) -> Result<(), ReadError> {
        self.held.take().map_or(Ok(()), |(place, entry, _)| output.entry(place, Ok(entry)))
    }

    fn entry(
        &self,
        place: Place,
        line: &StatementLine,
        text: &[String],
        output: &mut Output<'_, impl ItemSink>,
    ) -> Result<Entry, String> {
        let currency = self
            .statement
            .currency()
            .ok_or("the currency is unknown: no opening balance precedes the entry")?;
        let is_booked = self.kind() == Kind::Mt940 && !line.is_expected;
        let texts = &mut output.texts;
        let mut entry = Entry {
            place,
            bank_id: texts.reference("bank_id", &line.bank_reference),
            // The words say that the reference is in field 86.
            reference: texts.reference("reference", &line.reference).filter(|text| {
                !["KREF+", "EREF+", "MREF+", "CREF+", "EREF", "MARF", "PREF"].contains(&text.as_str())
            }),
            status: if is_booked { EntryStatus::Booked } else { EntryStatus::Pending },
            money: Money { amount: line.amount, currency },
            is_reversal: line.is_reversal,
            booked_on: line.booked_on,
            valued_on: Some(line.valued_on),
            purchased_on: None,
            booking_text: None,
            details: Details::default(),
            parts: Vec::new(),
            parts_stated: None,
        };
        entry.details.bank_code.swift = texts.label("type", &line.kind);
        entry.details.instructed_amount = line.further_amount("/OCMT/");
        entry.details.charges = line.further_amount("/CHGS/").into_iter().collect();
        narrative::read(text, &mut entry, texts);
        narrative::read_further(&line.further, &mut entry, texts);
        Ok(entry)
    }

    /// Ends the message.
    pub(super) fn end(mut self, output: &mut Output<'_, impl ItemSink>) -> Result<(), ReadError> {
        self.flush(output)?;
        self.release(output)?;
        let is_empty = self.statement.opening.is_none() && self.statement.closing.is_none();
        if !self.has_begun && is_empty && !self.is_interim {
            let place = self.statement.place;
            let reason = "a message has neither balances nor entries";
            return output.finding(StatementFinding::at(place, Code::Skipped, reason));
        }
        self.statement.message = self.kind();
        self.begin(output)?;
        self.statement.text = output.texts.remittance(self.text.lines().iter().map(String::as_str));
        output.end(self.statement)
    }
}

/// Whether an entry of 0.00 only has the rest of the text of the entry before it, which was too long for one `:86:`.
fn continues(before: &Entry, of_before: &[String], entry: &Entry, text: &[String]) -> bool {
    let is_rest = entry.money.amount.is_zero() && !text.is_empty() && entry.bank_id.is_none();
    is_rest
        && (FULL_LINES..JOINED_LINES_MAX).contains(&of_before.len())
        && (before.booked_on, before.valued_on) == (entry.booked_on, entry.valued_on)
}

/// The value of a balance: mark, day, currency, amount.
fn balance(text: &str) -> Result<(Money, Date), String> {
    let refused = || format!("{} is not a balance such as C260131EUR1234,56", shown(text));
    let (mark, rest) = text.split_at_checked(1).ok_or_else(refused)?;
    let (day, rest) = rest.split_at_checked(6).ok_or_else(refused)?;
    let (currency, digits) = rest.split_at_checked(3).ok_or_else(refused)?;
    let currency: Currency =
        currency.parse().map_err(|_| format!("the currency {} is unknown", shown(currency)))?;
    let (on, digits) = (short_day(day)?, amount(digits)?);
    match mark {
        "C" => Ok((Money { amount: digits, currency }, on)),
        "D" => Ok((Money { amount: -digits, currency }, on)),
        _ => Err(refused()),
    }
}

/// An account number without the currency behind it.
fn without_currency(text: &str) -> (&str, Option<Currency>) {
    let at = text.len().saturating_sub(3);
    let (Some(number), Some(code)) = (text.get(..at), text.get(at..)) else { return (text, None) };
    let is_apart = number.ends_with(|c: char| c.is_ascii_digit() || c.is_whitespace() || c == '/');
    match code.parse() {
        Ok(currency) if is_apart => (number.trim_end().trim_end_matches('/'), Some(currency)),
        _ => (text, None),
    }
}
