//! Decides which column fills which field, from what the headers mean and what the values are.
//!
//! A row of a list of receivables is a document, so the external id is the document's number; the customer's number is one
//! only in a list without due dates, if it is different in every row. The amount is what is still owed, if the list says so.

use std::collections::HashSet;

use saldo_domain::id::AccountId;
use saldo_domain::import::{
    AccountField as F, AmountAt, AmountColumns, CellMark, Cells, Defaults, FoundColumn, Headers,
    ImportOptions, Mapping, Signs,
};
use saldo_domain::money::Currency;

use super::dates::judge_dates;
use super::names::{Meaning, meaning};
use super::numbers::{Separators, judge_amounts};
use super::role::Role;
use super::table::Table;
use super::verdict::Verdict;

/// The first values that tell what kind of values a column has.
const VALUES_LOOKED_AT: usize = 100;

/// A column of a table.
pub(super) struct Column<'a> {
    pub(super) header: &'a str,
    meaning: Option<Meaning>,
    /// The values that are not blank, without blanks around them.
    pub(super) values: Vec<&'a str>,
    /// What the values are in a workbook, if they are not texts.
    marks: Vec<Option<CellMark>>,
    /// The number of all rows.
    rows: usize,
}

/// The columns of a table that fill fields.
pub(super) struct Assignment {
    /// The field of each column, without those that the options name and those that only the reader knows.
    pub(super) fields: Vec<Option<F>>,
    /// Whether the options name the column.
    pub(super) is_stated: Vec<bool>,
    /// The columns of the amount, if it is not one column.
    pub(super) amount: Option<AmountAt>,
    /// The currency that the header of the amount names, if no column has one.
    pub(super) currency: Option<Currency>,
    /// A column of due dates that no format reads, and that fills no field.
    pub(super) unread_dates: Option<usize>,
    /// A column of currencies with values that are not codes.
    pub(super) unread_currencies: Option<usize>,
}

impl Assignment {
    /// The column that fills a field.
    pub(super) fn column_of(&self, field: F) -> Option<usize> {
        self.fields.iter().position(|filled| *filled == Some(field))
    }

    /// The columns that hold amounts.
    pub(super) fn amounts(&self) -> Vec<usize> {
        match self.amount {
            Some(AmountAt::DebitCredit { debit, credit }) => vec![debit, credit],
            Some(AmountAt::Signed { column, .. }) => vec![column],
            None => self.column_of(F::TotalAmount).into_iter().collect(),
        }
    }
}

/// The columns of a table.
pub(super) fn columns(table: &Table) -> Vec<Column<'_>> {
    let columns = table.headers.iter().enumerate().map(|(at, header)| {
        let (values, marks) = table.rows.iter().filter_map(|row| value(row, at)).unzip();
        Column { header: header.trim(), meaning: meaning(header), values, marks, rows: table.rows.len() }
    });
    columns.collect()
}

/// The value of a cell, if it is not blank, and what it is, if it is not a text.
pub(super) fn value(row: &Cells, at: usize) -> Option<(&str, Option<CellMark>)> {
    let value = row.get(at).map(str::trim).filter(|value| !value.is_empty())?;
    Some((value, row.mark(at)))
}

/// Whether a value is an amount for which no separators have to be known, or none at all.
pub(super) fn is_typed_amount(mark: Option<CellMark>) -> bool {
    matches!(mark, Some(CellMark::Number | CellMark::LongNumber | CellMark::Error | CellMark::NoResult))
}

/// Whether a value is a date for which no format has to be known, or none at all.
pub(super) fn is_typed_date(mark: Option<CellMark>) -> bool {
    matches!(mark, Some(CellMark::Date | CellMark::Error | CellMark::NoResult))
}

/// Assigns columns to fields.
pub(super) fn assign(columns: &[Column<'_>], options: &ImportOptions) -> Assignment {
    let mut chooser = Chooser {
        columns,
        defaults: options.defaults.as_ref().unwrap_or(Defaults::NONE),
        assignment: Assignment {
            fields: vec![None; columns.len()],
            is_stated: vec![false; columns.len()],
            amount: None,
            currency: None,
            unread_dates: None,
            unread_currencies: None,
        },
        used: vec![false; columns.len()],
    };
    chooser.take_stated(options);
    chooser.take_own_names();
    chooser.choose_amount();
    chooser.choose_currency();
    chooser.choose_due_date();
    chooser.choose_parties_and_documents();
    for (field, role) in [
        (F::ContactPhone, Role::Phone),
        (F::ContactEmail, Role::Email),
        (F::PaymentReference, Role::Reference),
        (F::Notes, Role::Notes),
    ] {
        chooser.fill(field, chooser.best(role, |column| !column.values.is_empty()));
    }
    chooser.assignment
}

struct Chooser<'a> {
    columns: &'a [Column<'a>],
    defaults: &'a Defaults,
    assignment: Assignment,
    /// Whether the column fills a field, or is part of the amount.
    used: Vec<bool>,
}

impl<'a> Chooser<'a> {
    /// Takes over what the options say.
    fn take_stated(&mut self, options: &ImportOptions) {
        let headers = Headers::of(self.columns.iter().map(|column| column.header));
        let mut stated: Vec<(usize, F)> = Vec::new();
        for (header, field) in options.mapping.iter().flat_map(Mapping::iter) {
            stated.extend(headers.named(header).iter().map(|at| (*at, field)));
        }
        let find = |column: &saldo_domain::import::ColumnRef| match column.find(&headers) {
            FoundColumn::At(at) => Some(at),
            FoundColumn::Missing | FoundColumn::Several => None,
        };
        let chosen = options.columns.iter().flatten();
        stated.extend(chosen.filter_map(|choice| Some((find(&choice.from)?, choice.to))));
        let mut parts = Vec::new();
        match &options.amount {
            None => {}
            Some(AmountColumns::One(column)) => stated.extend(find(column).map(|at| (at, F::TotalAmount))),
            Some(AmountColumns::DebitCredit { debit, credit }) => {
                if let Some((debit, credit)) = find(debit).zip(find(credit)) {
                    parts.extend([debit, credit]);
                    self.assignment.amount = Some(AmountAt::DebitCredit { debit, credit });
                }
            }
            Some(AmountColumns::Signed { column, sign, .. }) => {
                if let Some((column, sign)) = find(column).zip(find(sign)) {
                    parts.extend([column, sign]);
                    self.assignment.amount = Some(AmountAt::Signed { column, sign });
                }
            }
        }
        for (at, field) in &stated {
            self.fill(*field, Some(*at));
        }
        for at in stated.into_iter().map(|(at, _)| at).chain(parts) {
            self.use_column(at);
            if let Some(is_stated) = self.assignment.is_stated.get_mut(at) {
                *is_stated = true;
            }
        }
    }

    /// Takes the columns that are named after fields. `Total Amount` may be another system's; `total_amount` is Saldo's.
    fn take_own_names(&mut self) {
        for (at, column) in self.columns.iter().enumerate() {
            let own = F::of_header(column.header).filter(|field| {
                !field.is_beside_id() && (*field != F::TotalAmount || column.header == F::TotalAmount.name())
            });
            if let Some(own) = own.filter(|_| !self.is_used(at)) {
                self.fill(own, Some(at));
            }
        }
    }

    fn choose_amount(&mut self) {
        if self.assignment.amount.is_some() || self.is_filled(F::TotalAmount) {
            return;
        }
        let one = |role| self.best(role, Column::has_amounts);
        let debit = self.best(Role::Debit, Column::may_have_amounts);
        let credit = self.best(Role::Credit, Column::may_have_amounts);
        let postings = debit.zip(credit).map(|(debit, credit)| AmountAt::DebitCredit { debit, credit });
        let sign = self.best(Role::Sign, Column::has_signs);
        let signed = one(Role::Amount).zip(sign).map(|(column, sign)| AmountAt::Signed { column, sign });
        let open = one(Role::Open).or_else(|| one(Role::OpenLocal));
        if open.is_none()
            && let Some(amount) = postings.or(signed)
        {
            amount.columns().into_iter().for_each(|at| self.use_column(at));
            self.assignment.amount = Some(amount);
            return;
        }
        let whole = [Role::Balance, Role::Amount, Role::Total, Role::AmountLocal];
        self.fill(F::TotalAmount, open.or_else(|| whole.into_iter().find_map(one)));
    }

    /// The currency of the amount: that of the document, or that of the ledger.
    fn choose_currency(&mut self) {
        let of_amount = self.assignment.amounts().first().and_then(|at| self.columns.get(*at));
        let meaning = of_amount.and_then(|column| column.meaning);
        let is_local =
            meaning.is_some_and(|meaning| matches!(meaning.role, Role::OpenLocal | Role::AmountLocal));
        let role = if is_local { Role::CurrencyLocal } else { Role::Currency };
        self.fill(F::Currency, self.best(role, Column::has_mostly_currencies));
        if !self.is_filled(F::Currency) {
            self.assignment.currency = meaning.and_then(|meaning| meaning.currency);
        }
        let column = match self.assignment.column_of(F::Currency) {
            None if self.is_filled(F::Currency) || self.assignment.currency.is_some() => None,
            None => self.best(role, |_| true),
            filled => filled,
        };
        self.assignment.unread_currencies = column.filter(|at| {
            let column = self.columns.get(*at);
            column.is_some_and(|column| !column.values.is_empty() && !column.has_currencies())
        });
    }

    fn choose_due_date(&mut self) {
        self.fill(F::DueDate, self.best(Role::DueDate, Column::may_have_dates));
        if !self.is_filled(F::DueDate) {
            self.assignment.unread_dates = self.best(Role::DueDate, Column::has_years);
        }
    }

    fn choose_parties_and_documents(&mut self) {
        let name = self
            .best(Role::PartyName, Column::has_names)
            .or_else(|| self.best(Role::Party, Column::has_names))
            .or_else(|| self.best(Role::PartyName, |column| !column.values.is_empty()));
        self.fill(F::ContactName, name);
        let identifies = |column: &Column<'_>| column.identifies_rows() && !column.has_account_ids();
        let is_number = |column: &Column<'_>| !column.values.is_empty() && !column.has_names();
        let document = self.best(Role::Document, identifies).or_else(|| {
            self.best(Role::Document, |column| column.is_mostly_filled() && !column.has_account_ids())
        });
        let other = || {
            // A row with a due date is a document. Its customer has others.
            if self.is_filled(F::DueDate) {
                return self.best(Role::Reference, identifies);
            }
            let party = self.best(Role::PartyNumber, identifies);
            let party =
                party.or_else(|| self.best(Role::Party, |column| is_number(column) && identifies(column)));
            party.or_else(|| self.best(Role::Reference, identifies))
        };
        self.fill(F::ExternalId, document.or_else(other));
        let number = self.best(Role::PartyNumber, |column| !column.values.is_empty());
        let number = number.or_else(|| self.best(Role::Party, is_number));
        if !self.is_filled(F::ContactName) {
            // The number stands for the name: no file is imported without the column.
            self.fill(F::ContactName, number);
        } else if !self.is_filled(F::OwnerId) {
            self.fill(F::ClientExternalId, number);
        }
    }

    /// The unused column with this role that has the clearest name, among those that qualify.
    fn best(&self, role: Role, qualifies: impl Fn(&Column<'a>) -> bool) -> Option<usize> {
        let with_role = self.columns.iter().enumerate().filter_map(|(at, column)| {
            let meaning = column.meaning.filter(|meaning| meaning.role == role)?;
            (!self.is_used(at) && qualifies(column)).then_some((meaning.rank, at))
        });
        with_role.min().map(|(_, at)| at)
    }

    fn fill(&mut self, field: F, at: Option<usize>) {
        let Some(at) = at.filter(|_| !self.is_filled(field)) else { return };
        if let Some(filled) = self.assignment.fields.get_mut(at) {
            *filled = Some(field);
        }
        self.use_column(at);
    }

    fn is_filled(&self, field: F) -> bool {
        self.assignment.fields.contains(&Some(field)) || self.defaults.has(field)
    }

    fn use_column(&mut self, at: usize) {
        if let Some(used) = self.used.get_mut(at) {
            *used = true;
        }
    }

    fn is_used(&self, at: usize) -> bool {
        self.used.get(at).copied().unwrap_or_default()
    }
}

impl Column<'_> {
    fn may_have_amounts(&self) -> bool {
        is_readable(&judge_amounts(&self.first_values(is_typed_amount), Separators::default()))
    }

    fn may_have_dates(&self) -> bool {
        is_readable(&judge_dates(&self.first_values(is_typed_date)))
    }

    /// The values that tell what kind of values the column has, but for those whose type tells it.
    fn first_values(&self, is_typed: impl Fn(Option<CellMark>) -> bool) -> Vec<&str> {
        let first = self.values.iter().zip(&self.marks).take(VALUES_LOOKED_AT);
        first.filter(|(_, mark)| !is_typed(**mark)).map(|(value, _)| *value).collect()
    }

    /// Whether the values could be dates that no format reads, such as `31 Dec 2026`: most have a year.
    fn has_years(&self) -> bool {
        let has_year = |value: &str| {
            value
                .split(|c: char| !c.is_ascii_digit())
                .any(|digits| digits.len() == 4 && digits.starts_with(['1', '2']))
        };
        let years = self.values.iter().filter(|value| has_year(value)).count();
        2 * years > self.values.len()
    }

    fn has_amounts(&self) -> bool {
        !self.values.is_empty() && self.may_have_amounts()
    }

    fn has_signs(&self) -> bool {
        let known = Signs::default();
        !self.values.is_empty() && self.values.iter().all(|value| known.is_negative(value).is_some())
    }

    fn has_currencies(&self) -> bool {
        !self.values.is_empty() && self.first_that_is_no_currency().is_none()
    }

    /// Whether most values are codes of currencies. Rows with another value are refused.
    fn has_mostly_currencies(&self) -> bool {
        let codes = self.values.iter().filter(|value| Currency::of_people(value).is_ok()).count();
        2 * codes > self.values.len()
    }

    /// The first value that is not the code of a currency.
    pub(super) fn first_that_is_no_currency(&self) -> Option<&str> {
        self.values.iter().copied().find(|value| Currency::of_people(value).is_err())
    }

    /// Whether most values are names, and not numbers or codes.
    fn has_names(&self) -> bool {
        let names = self.values.iter().filter(|value| !is_code(value)).count();
        2 * names > self.values.len()
    }

    fn is_mostly_filled(&self) -> bool {
        2 * self.values.len() > self.rows
    }

    /// Whether there are ids of Saldo's accounts.
    fn has_account_ids(&self) -> bool {
        self.values.iter().any(|value| value.parse::<AccountId>().is_ok())
    }

    /// Whether most rows have a value, and no two have the same.
    fn identifies_rows(&self) -> bool {
        self.is_mostly_filled() && self.values.iter().collect::<HashSet<_>>().len() == self.values.len()
    }
}

/// Whether some way reads some of the values.
fn is_readable<T>(verdict: &Verdict<T>) -> bool {
    !matches!(verdict, Verdict::Unreadable { choices, .. } if choices.is_empty())
}

/// Whether a value is a number or a code, such as `10023` or `K-77`.
fn is_code(value: &str) -> bool {
    !value.contains(char::is_whitespace)
        && value.chars().any(|c| c.is_ascii_digit())
        && !value.chars().any(char::is_lowercase)
}
