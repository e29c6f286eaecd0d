//! Passes items on to the sink, with the findings about texts that were cut.

use saldo_domain::money::Money;
use saldo_domain::statement::{
    Entry, Item, Place, Statement, StatementFinding, StatementFindingCode as Code, Texts,
};

use super::super::ReadError;
use super::ItemSink;

/// The way of items to their sink.
pub(super) struct Output<'a, S> {
    sink: &'a mut S,
    /// Brings texts into their form.
    pub(super) texts: Texts,
    /// The statements that have begun.
    pub(super) statements: u64,
    /// The entries of the current statement, unreadable ones included.
    pub(super) entries: u64,
}

impl<'a, S: ItemSink> Output<'a, S> {
    pub(super) fn new(sink: &'a mut S) -> Self {
        Self { sink, texts: Texts::default(), statements: 0, entries: 0 }
    }

    /// A statement begins.
    pub(super) fn begin(&mut self, statement: &Statement) -> Result<(), ReadError> {
        self.statements += 1;
        self.entries = 0;
        (self.sink)(Item::Begin(Box::new(statement.clone())))?;
        self.shortened(statement.place)
    }

    /// The place of the next entry, which begins on this line.
    pub(super) fn next_entry(&mut self, line: u64) -> Place {
        self.entries += 1;
        Place { line, entry: Some(self.entries) }
    }

    /// An entry, or the reason why it can't be read.
    pub(super) fn entry(&mut self, place: Place, entry: Result<Entry, String>) -> Result<(), ReadError> {
        let entry = entry.and_then(|entry| Ok(Entry { money: admitted(entry.money)?, ..entry }));
        match entry {
            Ok(entry) => {
                self.shortened(place)?;
                (self.sink)(Item::Entry(Box::new(entry)))
            }
            Err(reason) => {
                self.texts.shortened.clear();
                self.finding(StatementFinding::at(place, Code::UnreadableEntry, reason))
            }
        }
    }

    /// A finding.
    pub(super) fn finding(&mut self, finding: StatementFinding) -> Result<(), ReadError> {
        (self.sink)(Item::Finding(finding))
    }

    /// The statement ends.
    pub(super) fn end(&mut self, statement: Statement) -> Result<(), ReadError> {
        self.shortened(statement.place)?;
        (self.sink)(Item::End(Box::new(statement)))
    }

    fn shortened(&mut self, place: Place) -> Result<(), ReadError> {
        for name in std::mem::take(&mut self.texts.shortened) {
            let reason = format!("a text was longer than Saldo stores, and was cut: {name}");
            self.finding(StatementFinding::at(place, Code::TextShortened, reason))?;
        }
        Ok(())
    }
}

/// The amount without zeros behind the decimal places of its currency, of which ISO 20022 allows some.
fn admitted(mut money: Money) -> Result<Money, String> {
    let Money { amount, currency } = money;
    if !currency.admits(amount) {
        return Err(format!("the amount {amount} has more decimal places than {currency}"));
    }
    if let Some(places) = currency.decimal_places().filter(|places| amount.scale() > *places) {
        money.amount.rescale(places);
    }
    Ok(money)
}
