//! Unchecked rows, as they were sent.

use std::borrow::Cow;

use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

use super::{CellMark, Cells};
use crate::account::{AccountField, ExternalId};
use crate::fields::{Misquoting, Names, Value, is_mangled};
use crate::id::{AccountId, OrgId};

/// The names of the fields of a row, each at the position of its field.
pub(super) const NAMES: &Names = &Names::new(AccountField::NAMES);
/// The header of the column with the reason of refusal. It is not a field; files of refused rows have it, also when they
/// are imported again.
pub const REASON: &str = "reason";

/// An unchecked row of a payload.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct RawRow {
    /// The index of the row in the payload, counting from 0.
    pub index: u64,
    /// The line of the file on which it begins, counting from 1; absent for a JSON body.
    pub line: Option<u64>,
    /// Its content.
    pub body: RowBody,
}

/// The content of a row, in the format of its payload.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RowBody {
    /// The text of a JSON value, or a line that should be one; a valid row is an object.
    Json(Box<str>),
    /// The cells of a record of a table.
    Cells(Cells),
    /// The cells of a CSV record with a mistake in its quotation marks.
    Misquoted {
        /// In a record of one line, cells that are not quoted as a whole keep their quotation marks.
        cells: Cells,
        /// The mistake.
        how: Misquoting,
    },
}

impl RowBody {
    /// The approximate memory that it takes, in bytes.
    pub(super) fn len(&self) -> usize {
        match self {
            Self::Json(json) => json.len(),
            Self::Cells(cells) | Self::Misquoted { cells, .. } => cells.memory(),
        }
    }
}

/// What the rows of a payload have in common.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Shape {
    /// Each row is an object with its own names.
    Objects,
    /// A header names the columns of all rows.
    Columns {
        /// The columns, in the order of the file.
        columns: Vec<Column>,
        /// The separator of cells.
        delimiter: char,
        /// The line of the header, counting from 1.
        header_line: u64,
        /// The columns of the amount, if it is not one column.
        amount: Option<AmountAt>,
    },
}

/// The positions of columns that together are the amount, counting from 0.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AmountAt {
    /// The amount is the debit less the credit.
    DebitCredit {
        /// The column of debits.
        debit: usize,
        /// The column of credits.
        credit: usize,
    },
    /// The amount is beside its sign.
    Signed {
        /// The column of amounts.
        column: usize,
        /// The column of signs.
        sign: usize,
    },
}

impl AmountAt {
    /// Both columns.
    #[must_use]
    pub fn columns(self) -> [usize; 2] {
        match self {
            Self::DebitCredit { debit, credit } => [debit, credit],
            Self::Signed { column, sign } => [column, sign],
        }
    }
}

/// A column of a table.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Column {
    /// Its header, as in the file.
    pub header: String,
    /// Its field, one that rows may have; `None` if it is unknown.
    pub field: Option<AccountField>,
}

impl RawRow {
    /// The row's external id, if valid.
    #[must_use]
    pub fn external_id(&self, shape: &Shape) -> Option<ExternalId> {
        external_id(&self.ids(shape).0?)
    }

    /// The account that the row identifies, by its external id or else by the account's own id; `None` for a row that
    /// creates an account. It is known before the row is checked.
    #[must_use]
    pub fn account_id(&self, org: &OrgId, shape: &Shape) -> Option<AccountId> {
        let (external_id, id) = self.ids(shape);
        match external_id.and_then(|id| self::external_id(&id)) {
            Some(external_id) => Some(AccountId::of_external(org, &external_id)),
            None => id?.trim().parse().ok(),
        }
    }

    /// Whether it is certain which account the row names, if it is in a complete file.
    pub(super) fn identified_by(&self, org: &OrgId, shape: &Shape) -> Identified {
        let (external_id, id) = self.ids(shape);
        let is_ascii = [&external_id, &id].into_iter().flatten().all(|id| id.is_ascii());
        let by_number = external_id.and_then(|id| self::external_id(&id));
        let by_number = by_number.map(|external_id| AccountId::of_external(org, &external_id));
        let by_id: Option<AccountId> = id.and_then(|id| id.trim().parse().ok());
        match (by_number, by_id) {
            (None, None) => Identified::No,
            (Some(number), Some(id)) if number != id => Identified::No,
            _ if is_ascii => Identified::ForCertain,
            _ => Identified::BeyondAscii,
        }
    }

    /// The texts of the row's external id and of its id.
    fn ids(&self, shape: &Shape) -> (Option<Cow<'_, str>>, Option<Cow<'_, str>>) {
        match (&self.body, shape) {
            (RowBody::Json(row), _) => {
                let Ok(Members { external_id, id }) = serde_json::from_str(row) else {
                    return (None, None);
                };
                (external_id.and_then(text), id.and_then(text))
            }
            (RowBody::Cells(cells), Shape::Columns { columns, .. }) if cells.len() == columns.len() => {
                let cell = |field| {
                    let at = columns.iter().position(|column| column.field == Some(field))?;
                    // The others don't identify an account: the row is refused.
                    let is_id = matches!(cells.mark(at), None | Some(CellMark::Number));
                    cells.get(at).filter(|_| is_id).map(Cow::Borrowed)
                };
                (cell(AccountField::ExternalId), cell(AccountField::Id))
            }
            _ => (None, None),
        }
    }
}

/// How certain it is which account a row names.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Identified {
    /// It is.
    ForCertain,
    /// It depends on the encoding of the file.
    BeyondAscii,
    /// It names none, or two.
    No,
}

/// The text of a JSON string; `None` for any other value.
fn text(value: &RawValue) -> Option<Cow<'_, str>> {
    match serde_json::from_str(value.get()) {
        Ok(Value::Text(text)) => Some(text),
        _ => None,
    }
}

/// The external id, if valid. An id that a spreadsheet has mangled identifies no account.
fn external_id(text: &str) -> Option<ExternalId> {
    text.parse().ok().filter(|_| !is_mangled(text))
}

/// The members of a row that identify its account.
#[derive(Deserialize)]
struct Members<'a> {
    #[serde(borrow)]
    external_id: Option<&'a RawValue>,
    #[serde(borrow)]
    id: Option<&'a RawValue>,
}
