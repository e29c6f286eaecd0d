//! The columns of a table, and what their values can be.

use std::collections::HashSet;

use saldo_domain::id::AccountId;
use saldo_domain::import::{CellMark, Cells, Signs};
use saldo_domain::money::Currency;
use saldo_domain::receivable::ItemKind;

use super::dates::judge_dates;
use super::names::{Meaning, meaning};
use super::numbers::{Separators, judge_amounts};
use super::table::Table;
use super::verdict::Verdict;

/// The first values that tell what kind of values a column has.
const VALUES_LOOKED_AT: usize = 100;

/// A column of a table.
pub(super) struct Column<'a> {
    pub(super) header: &'a str,
    pub(super) meaning: Option<Meaning>,
    /// The values that are not blank, without blanks around them.
    pub(super) values: Vec<&'a str>,
    /// What the values are in a workbook, if they are not texts.
    marks: Vec<Option<CellMark>>,
    /// The number of all rows.
    rows: usize,
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

impl Column<'_> {
    pub(super) fn may_have_amounts(&self) -> bool {
        is_readable(&judge_amounts(&self.first_values(is_typed_amount), Separators::default()))
    }

    pub(super) fn may_have_dates(&self) -> bool {
        is_readable(&judge_dates(&self.first_values(is_typed_date)))
    }

    /// The values that tell what kind of values the column has, but for those whose type tells it.
    pub(super) fn first_values(&self, is_typed: impl Fn(Option<CellMark>) -> bool) -> Vec<&str> {
        let first = self.values.iter().zip(&self.marks).take(VALUES_LOOKED_AT);
        first.filter(|(_, mark)| !is_typed(**mark)).map(|(value, _)| *value).collect()
    }

    /// Whether the values could be dates that no format reads, such as `31 Dec 2026`: most have a year.
    pub(super) fn has_years(&self) -> bool {
        let has_year = |value: &str| {
            value
                .split(|c: char| !c.is_ascii_digit())
                .any(|digits| digits.len() == 4 && digits.starts_with(['1', '2']))
        };
        let years = self.values.iter().filter(|value| has_year(value)).count();
        2 * years > self.values.len()
    }

    pub(super) fn has_amounts(&self) -> bool {
        !self.values.is_empty() && self.may_have_amounts()
    }

    pub(super) fn has_dates(&self) -> bool {
        !self.values.is_empty() && self.may_have_dates()
    }

    /// Whether most values are kinds of open items. Others are left out with a warning.
    pub(super) fn has_mostly_kinds(&self) -> bool {
        let kinds = self.values.iter().filter(|value| ItemKind::of_people(value).is_ok()).count();
        2 * kinds > self.values.len()
    }

    pub(super) fn has_signs(&self) -> bool {
        let known = Signs::default();
        !self.values.is_empty() && self.values.iter().all(|value| known.is_negative(value).is_some())
    }

    pub(super) fn has_currencies(&self) -> bool {
        !self.values.is_empty() && self.first_that_is_no_currency().is_none()
    }

    /// Whether most values are codes of currencies. Rows with another value are refused.
    pub(super) fn has_mostly_currencies(&self) -> bool {
        let codes = self.values.iter().filter(|value| Currency::of_people(value).is_ok()).count();
        2 * codes > self.values.len()
    }

    /// The first value that is not the code of a currency.
    pub(super) fn first_that_is_no_currency(&self) -> Option<&str> {
        self.values.iter().copied().find(|value| Currency::of_people(value).is_err())
    }

    /// Whether most values are names, and not numbers or codes.
    pub(super) fn has_names(&self) -> bool {
        let names = self.values.iter().filter(|value| !is_code(value)).count();
        2 * names > self.values.len()
    }

    pub(super) fn is_mostly_filled(&self) -> bool {
        2 * self.values.len() > self.rows
    }

    /// Whether there are ids of Saldo's accounts.
    pub(super) fn has_account_ids(&self) -> bool {
        self.values.iter().any(|value| value.parse::<AccountId>().is_ok())
    }

    /// Whether most rows have a value, and no two have the same.
    pub(super) fn identifies_rows(&self) -> bool {
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
