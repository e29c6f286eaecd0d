//! The checks of statements: opening balance and entries make the closing balance, which is the next opening balance; no
//! statement and no page is missing or there twice; the bank's own counts and sums agree.

mod balances;
mod pages;
mod series;
#[cfg(test)]
mod tests;

use super::{Item, Page, Statement, StatementFinding, StatementFindingCode, Sums};

/// The findings of a statement that are kept. Further ones are counted.
const FINDINGS_MAX: usize = 100;

/// Checks the statements of one or several files. Memory grows with the number of statements, not with that of entries.
#[derive(Debug, Default)]
pub struct StatementCheck {
    /// The pages and the statements of one page, in the order of the files.
    pages: Vec<Summary>,
    /// Whether the last one has begun and not ended.
    is_open: bool,
    /// What is wrong outside of statements, with the number of the file.
    elsewhere: Vec<(usize, StatementFinding)>,
}

/// A statement, its pages joined, and what is wrong with it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Summary {
    /// The number of its file: that of the first page.
    pub file: usize,
    /// What the bank says of it.
    pub statement: Statement,
    /// How many pages it has.
    pub pages: u64,
    /// Its entries.
    pub sums: Sums,
    /// The findings, at most 100 about single places.
    pub findings: Vec<StatementFinding>,
    /// How many further findings there are.
    pub findings_omitted: u64,
}

/// The result of the checks.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Checked {
    /// The statements, in the order of the files.
    pub statements: Vec<Summary>,
    /// What is wrong outside of statements, with the number of the file.
    pub elsewhere: Vec<(usize, StatementFinding)>,
}

impl StatementCheck {
    /// Takes an item of a file. Files are numbered by the caller.
    pub fn add(&mut self, file: usize, item: &Item) {
        let open = if self.is_open { self.pages.last_mut() } else { None };
        match (item, open) {
            (Item::Begin(statement), _) => {
                self.pages.push(Summary::new(file, Statement::clone(statement)));
                self.is_open = true;
            }
            (Item::Entry(entry), Some(open)) => {
                let currency = open.statement.currency();
                open.sums.add(entry, currency);
                if let Some(currency) = currency.filter(|currency| *currency != entry.money.currency) {
                    let reason =
                        format!("the entry is in {}, the account in {currency}", entry.money.currency);
                    open.push(StatementFinding::at(entry.place, StatementFindingCode::WrongCurrency, reason));
                }
            }
            (Item::Finding(finding), Some(open)) => {
                open.sums.unreadable += u64::from(finding.code == StatementFindingCode::UnreadableEntry);
                open.push(finding.clone());
            }
            (Item::Finding(finding), None) => self.elsewhere.push((file, finding.clone())),
            (Item::End(statement), Some(open)) => {
                open.statement = Statement::clone(statement);
                self.is_open = false;
            }
            // No reader returns entries or ends outside of a statement.
            (Item::Entry(_) | Item::End(_), None) => {}
        }
    }

    /// Ends a file. A statement that has begun and not ended was cut short by an error.
    pub fn end_file(&mut self) {
        self.is_open = false;
    }

    /// Checks the statements of all files together.
    #[must_use]
    pub fn finish(self) -> Checked {
        let mut numbered: Vec<_> = self.pages.into_iter().enumerate().collect();
        numbered.sort_by(|(_, a), (_, b)| series::order(a, b));
        let mut statements = pages::joined(numbered);
        for (_, summary) in &mut statements {
            balances::check(summary);
        }
        series::check(&mut statements);
        statements.sort_by_key(|(number, _)| *number);
        let statements = statements.into_iter().map(|(_, summary)| summary).collect();
        Checked { statements, elsewhere: self.elsewhere }
    }
}

impl Summary {
    fn new(file: usize, statement: Statement) -> Self {
        let (sums, findings) = (Sums::default(), Vec::new());
        Self { file, statement, pages: 1, sums, findings, findings_omitted: 0 }
    }

    fn push(&mut self, finding: StatementFinding) {
        match self.findings.len() < FINDINGS_MAX {
            true => self.findings.push(finding),
            false => self.findings_omitted += 1,
        }
    }

    /// A finding about the whole statement. It is kept however many others there are.
    fn find(&mut self, code: StatementFindingCode, reason: impl Into<String>) {
        self.findings.push(StatementFinding::of_statement(code, reason));
    }

    /// Whether the statement is in order.
    #[must_use]
    pub fn is_in_order(&self) -> bool {
        self.findings_omitted == 0 && self.findings.iter().all(|finding| finding.code.is_warning())
    }

    fn page(&self) -> Option<Page> {
        self.statement.page
    }
}

impl Checked {
    /// Whether all statements are in order, and there are some.
    #[must_use]
    pub fn is_in_order(&self) -> bool {
        self.statements.iter().all(Summary::is_in_order)
            && self.elsewhere.iter().all(|(_, finding)| finding.code.is_warning())
    }
}
