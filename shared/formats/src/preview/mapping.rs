//! Decides which column fills which field, from what the headers mean and what the values are.
//!
//! A row of a list of receivables is a document, so the external id is the document's number; the customer's number is one
//! only in a list without due dates, if it is different in every row. The amount is what is still owed, if the list says so.

use saldo_domain::import::{
    AccountField as F, AmountAt, AmountColumns, Defaults, FoundColumn, Headers, ImportOptions, Mapping,
};
use saldo_domain::money::Currency;
use saldo_domain::receivable::Amounts;

use super::column::Column;
use super::role::Role;

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

    /// The columns that hold the amount, the original amount and the discount.
    pub(super) fn all_amounts(&self) -> Vec<usize> {
        let others =
            [F::OriginalAmount, F::DiscountAmount].into_iter().filter_map(|field| self.column_of(field));
        self.amounts().into_iter().chain(others).collect()
    }

    /// What the amounts state, if the header of their column says so.
    pub(super) fn states(&self, columns: &[Column<'_>]) -> Option<Amounts> {
        let meaning = columns.get(self.column_of(F::TotalAmount)?)?.meaning?;
        match meaning.role {
            Role::Open | Role::OpenLocal => Some(Amounts::OpenItems),
            Role::Original => Some(Amounts::Originals),
            _ => None,
        }
    }

    /// The columns that hold dates.
    pub(super) fn dates(&self) -> Vec<usize> {
        let dates = F::ALL.iter().filter(|field| field.is_day());
        dates.filter_map(|field| self.column_of(*field)).collect()
    }

    /// The columns that hold the amount.
    pub(super) fn amounts(&self) -> Vec<usize> {
        match self.amount {
            Some(AmountAt::DebitCredit { debit, credit }) => vec![debit, credit],
            Some(AmountAt::Signed { column, .. }) => vec![column],
            None => self.column_of(F::TotalAmount).into_iter().collect(),
        }
    }
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
    chooser.choose_terms();
    chooser.choose_parties_and_documents();
    for (field, role) in [
        (F::ContactPhone, Role::Phone),
        (F::ContactEmail, Role::Email),
        (F::PaymentReference, Role::Reference),
        (F::References, Role::References),
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
                let may_be_others = matches!(field, F::TotalAmount | F::OriginalAmount);
                !field.is_beside_id() && (!may_be_others || column.header == field.name())
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
        let whole = [Role::Balance, Role::Amount, Role::Total, Role::Original, Role::AmountLocal];
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

    /// What is there beside the amount that is owed: the original amount, the discount, the kind and the day.
    fn choose_terms(&mut self) {
        self.fill(F::OriginalAmount, self.best(Role::Original, Column::has_amounts));
        self.fill(F::DiscountAmount, self.best(Role::Discount, Column::has_amounts));
        for (field, role) in [
            (F::AsOf, Role::AsOf),
            (F::OriginalAsOf, Role::OriginalAsOf),
            (F::DiscountUntil, Role::DiscountDate),
        ] {
            self.fill(field, self.best(role, Column::has_dates));
        }
        self.fill(F::Kind, self.best(Role::Kind, Column::has_mostly_kinds));
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
