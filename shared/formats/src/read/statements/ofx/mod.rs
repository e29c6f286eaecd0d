//! Reads OFX 1.x, which is SGML whose elements with values have no end tags, and OFX 2.x, which is XML. One reader for both:
//! an element with a value ends where the next one begins.

mod entry;
mod statement;
#[cfg(test)]
mod tests;
mod tokens;

use std::io::BufRead;

use saldo_domain::statement::{Message, Place, Statement, StatementFinding, StatementFindingCode as Code};

use super::super::ReadError;
use super::output::Output;
use super::{ItemSink, invalid_at};
use entry::Transaction;
use tokens::{Token, Tokens};

/// The elements that contain others and matter here. All others are values.
const AGGREGATES: [&str; 17] = [
    "STMTRS",
    "CCSTMTRS",
    "INVSTMTRS",
    "BANKACCTFROM",
    "CCACCTFROM",
    "BANKTRANLIST",
    "BANKTRANLISTP",
    "STMTTRN",
    "STMTTRNP",
    "PAYEE",
    "BANKACCTTO",
    "CCACCTTO",
    "CURRENCY",
    "ORIGCURRENCY",
    "LEDGERBAL",
    "AVAILBAL",
    "BAL",
];

/// The elements that may be within each other. Statements have six.
const DEPTH_MAX: usize = 100;

pub(super) fn read(text: impl BufRead, output: &mut Output<'_, impl ItemSink>) -> Result<(), ReadError> {
    let mut tokens = Tokens::new(text);
    let mut reader =
        Reader { path: Vec::new(), value_of: None, statement: None, has_begun: false, transaction: None };
    while let Some((line, token)) = tokens.next()? {
        match token {
            Token::Open(name) => reader.open(name, line, output)?,
            Token::Text(text) => reader.value(&text, line, output)?,
            Token::Close(name) => reader.close(&name, output)?,
        }
    }
    reader.end(output)
}

/// The state between two tokens.
struct Reader {
    /// The open elements of [`AGGREGATES`].
    path: Vec<&'static str>,
    /// The element whose value comes next.
    value_of: Option<String>,
    statement: Option<Statement>,
    /// Whether the beginning of the statement was passed on.
    has_begun: bool,
    transaction: Option<Transaction>,
}

impl Reader {
    fn open(
        &mut self,
        name: String,
        line: u64,
        output: &mut Output<'_, impl ItemSink>,
    ) -> Result<(), ReadError> {
        let Some(aggregate) = AGGREGATES.iter().find(|known| **known == name) else {
            self.value_of = Some(name);
            return Ok(());
        };
        self.value_of = None;
        match *aggregate {
            "STMTRS" | "CCSTMTRS" => {
                self.end(output)?;
                self.statement = Some(Statement::new(Message::Ofx, Place { line, entry: None }));
            }
            "INVSTMTRS" => {
                self.end(output)?;
                let reason =
                    "a statement of investments is not read: its entries are not those of a bank account";
                output.finding(StatementFinding::at(Place { line, entry: None }, Code::Skipped, reason))?;
            }
            "STMTTRN" | "STMTTRNP" if self.statement.is_some() => {
                self.end_transaction(output)?;
                self.begin(output)?;
                self.transaction = Some(Transaction::new(output.next_entry(line), *aggregate == "STMTTRNP"));
            }
            _ => {}
        }
        self.path.push(aggregate);
        match self.path.len() > DEPTH_MAX {
            true => Err(invalid_at(line, format!("more than {DEPTH_MAX} elements are in each other"))),
            false => Ok(()),
        }
    }

    fn value(
        &mut self,
        text: &str,
        line: u64,
        output: &mut Output<'_, impl ItemSink>,
    ) -> Result<(), ReadError> {
        let (Some(name), Some(parent)) = (&self.value_of, self.path.last()) else { return Ok(()) };
        if let Some(transaction) = &mut self.transaction {
            return transaction.take(parent, name, text, line);
        }
        match &mut self.statement {
            Some(statement) => statement::take(statement, (parent, name), text, line, output),
            None => Ok(()),
        }
    }

    fn close(&mut self, name: &str, output: &mut Output<'_, impl ItemSink>) -> Result<(), ReadError> {
        self.value_of = None;
        let Some(at) = self.path.iter().rposition(|open| *open == name) else { return Ok(()) };
        let closed: Vec<_> = self.path.drain(at..).collect();
        if closed.iter().any(|name| name.starts_with("STMTTRN")) {
            self.end_transaction(output)?;
        }
        if closed.iter().any(|name| name.ends_with("STMTRS")) {
            self.end(output)?;
        }
        Ok(())
    }

    /// Passes on the beginning of the statement.
    fn begin(&mut self, output: &mut Output<'_, impl ItemSink>) -> Result<(), ReadError> {
        match (&self.statement, std::mem::replace(&mut self.has_begun, true)) {
            (Some(statement), false) => output.begin(statement),
            _ => Ok(()),
        }
    }

    fn end_transaction(&mut self, output: &mut Output<'_, impl ItemSink>) -> Result<(), ReadError> {
        let (Some(transaction), Some(statement)) = (self.transaction.take(), &self.statement) else {
            return Ok(());
        };
        let place = transaction.place();
        let entry = transaction.entry(statement.currency, &mut output.texts);
        output.entry(place, entry)
    }

    /// Ends the statement, if one has begun.
    fn end(&mut self, output: &mut Output<'_, impl ItemSink>) -> Result<(), ReadError> {
        self.end_transaction(output)?;
        self.begin(output)?;
        self.has_begun = false;
        self.statement.take().map_or(Ok(()), |statement| output.end(statement))
    }
}
