//! The values of superseded rows that the row in their place lacks. A sender who divides an account among several rows of a file
//! expects all of them to count; only the last one does.

use std::collections::HashMap;

use serde::{Deserialize, Serialize};

use super::cells::fields_of;
use super::{RawRow, RowBody, RowRules, Shape};
use crate::account::{AccountField, FieldSet};
use crate::fields::{Finding, FindingCode};
use crate::text::is_blank;

/// The values that a row lacks, and that rows had which it supersedes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LostValues {
    /// The index of the row.
    pub index: u64,
    /// The fields.
    pub fields: Vec<AccountField>,
}

impl LostValues {
    /// The warning about the row.
    #[must_use]
    pub fn finding(&self) -> Finding {
        let names: Vec<_> = self.fields.iter().map(|field| field.name()).collect();
        let reason = format!(
            "earlier rows about the account, which this one supersedes, have values that it lacks: {}; they were not used, \
             since only the last row counts",
            names.join(", ")
        );
        Finding::in_row(FindingCode::SupersededValues, reason)
    }
}

/// Compares the rows of a payload, in their order, with those that they supersede. Memory holds a few bytes for each account
/// whose last row is still to come.
#[derive(Debug, Default)]
pub struct LostValuesScan {
    /// The fields that superseded rows state, by the index of the last row.
    superseded: HashMap<u64, FieldSet>,
}

impl LostValuesScan {
    /// Adds the next row, if the row with the index `by` supersedes it.
    pub fn add_superseded(&mut self, shape: &Shape, row: &RawRow, by: u64) {
        self.superseded.entry(by).or_default().extend(row.stated(shape));
    }

    /// Adds the next row, if it counts. Returns the values that it lacks, if it lacks some.
    pub fn add(&mut self, shape: &Shape, row: &RawRow) -> Option<LostValues> {
        if self.superseded.is_empty() {
            return None;
        }
        let mut lost = self.superseded.remove(&row.index)?;
        lost.remove(row.stated(shape));
        let fields: Vec<_> =
            AccountField::ALL.iter().copied().filter(|field| lost.contains(*field)).collect();
        (!fields.is_empty()).then_some(LostValues { index: row.index, fields })
    }
}

impl RawRow {
    /// The fields that the row states beside the ids of its account: members of its object, also null ones, or cells that are
    /// not blank.
    fn stated(&self, shape: &Shape) -> FieldSet {
        let mut stated = FieldSet::default();
        match (&self.body, shape) {
            (RowBody::Cells(cells), Shape::Columns { columns, amount, .. }) => {
                let is_filled = |at: usize| cells.get(at).is_some_and(|cell| !is_blank(cell));
                let filled = columns.iter().enumerate().filter(|(at, _)| is_filled(*at));
                filled.filter_map(|(_, column)| column.field).for_each(|field| stated.insert(field));
                if amount.is_some_and(|amount| amount.columns().into_iter().any(is_filled)) {
                    stated.insert(AccountField::TotalAmount);
                }
            }
            (RowBody::Json(_), _) => {
                let fields = fields_of(&self.body, shape, &RowRules::default());
                let is_stated = |field: &AccountField| fields.get_at(*field as usize).is_some();
                AccountField::imported().filter(is_stated).for_each(|field| stated.insert(field));
            }
            (RowBody::Cells(_) | RowBody::Misquoted { .. }, _) => {}
        }
        let mut ids = FieldSet::default();
        ids.insert(AccountField::Id);
        ids.insert(AccountField::ExternalId);
        stated.remove(ids);
        stated
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::import::{AmountAt, Column};

    fn row(index: u64, body: RowBody) -> RawRow {
        RawRow { index, line: None, body }
    }

    fn lost(shape: &Shape, bodies: [RowBody; 3]) -> Option<Vec<AccountField>> {
        let [one, two, last] = bodies;
        let mut scan = LostValuesScan::default();
        scan.add_superseded(shape, &row(0, one), 2);
        scan.add_superseded(shape, &row(1, two), 2);
        scan.add(shape, &row(2, last)).map(|lost| lost.fields)
    }

    #[test]
    fn members_that_the_last_object_lacks_are_lost() {
        let json = |member: &str| RowBody::Json(format!(r#"{{"external_id":"A",{member}}}"#).into());
        let of = |one, two, last| lost(&Shape::Objects, [one, two, last].map(json));
        let phone = r#""contact":{"phone":"+5491155551234"}"#;
        let (notes, contact) = (AccountField::Notes, AccountField::ContactPhone);
        assert_eq!(of(phone, r#""notes":null"#, r#""total_amount":1"#), Some(vec![contact, notes]));
        assert_eq!(of(phone, r#""notes":"x""#, r#""notes":null,"contact":{"phone":null}"#), None);
        assert_eq!(of(r#""color":"red""#, r#""notes":"x""#, r#""notes":"y""#), None);
    }

    #[test]
    fn cells_that_are_blank_in_the_last_record_are_lost() {
        let column = |header: &str, field| Column { header: header.to_owned(), field };
        let columns = vec![
            column("external_id", Some(AccountField::ExternalId)),
            column("notes", Some(AccountField::Notes)),
            column("Soll", None),
            column("Haben", None),
        ];
        let amount = Some(AmountAt::DebitCredit { debit: 2, credit: 3 });
        let shape = Shape::Columns { columns, delimiter: ';', header_line: 1, amount };
        let of = |bodies: [[&str; 4]; 3]| {
            lost(&shape, bodies.map(|cells| RowBody::Cells(cells.into_iter().collect())))
        };
        let last =
            |notes, debit, credit| of([["A", "x", "1", ""], ["A", "", "", ""], ["A", notes, debit, credit]]);
        assert_eq!(last(" ", "", ""), Some(vec![AccountField::TotalAmount, AccountField::Notes]));
        assert_eq!(last("y", "", "5"), None);
    }

    #[test]
    fn row_without_superseded_rows_lacks_nothing() {
        let mut scan = LostValuesScan::default();
        let of = |index| row(index, RowBody::Json(r#"{"external_id":"A","notes":"x"}"#.into()));
        assert_eq!(scan.add(&Shape::Objects, &of(0)), None);
        scan.add_superseded(&Shape::Objects, &of(1), 3);
        assert_eq!(scan.add(&Shape::Objects, &of(2)), None);
    }
}
