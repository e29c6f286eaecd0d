//! The control totals of an import: numbers of rows and sums per currency, which its owner compares with the source of the file.

use std::collections::BTreeMap;

use serde::Serialize;

use super::{Import, RowOutcome};
use crate::money::Currency;

/// Rows and the sums of their amounts.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ControlTotal {
    /// The number of rows.
    rows: u64,
    /// The sum of their `total_amount` for each currency, as an exact decimal.
    #[cfg_attr(feature = "openapi", schema(value_type = BTreeMap<String, String>))]
    amounts: BTreeMap<Currency, String>,
    /// How many of the rows state no amount that can be read, so that the sums lack them; absent if all do.
    #[cfg_attr(feature = "openapi", schema(nullable = false))]
    #[serde(skip_serializing_if = "Option::is_none")]
    without_amount: Option<u64>,
}

/// Rows and sums by what became of the rows.
///
/// `read` is the sum of `imported`, `updated`, `superseded` and `failed`. The amount of a row is the `total_amount` that it states. A
/// row that states no currency is in that of its account; if it is refused or superseded, in the organization's.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ControlTotals {
    /// Rows whose outcome is known: at the end all, but for those that a cancelled import has skipped.
    read: ControlTotal,
    /// Rows that created an account.
    imported: ControlTotal,
    /// Rows about an account that existed, whether they changed it or not.
    updated: ControlTotal,
    /// Rows of `updated` that changed nothing.
    unchanged: ControlTotal,
    /// Rows that a later row about the same account superseded.
    superseded: ControlTotal,
    /// Rows that were refused and, if the import failed, rows that were not processed.
    failed: ControlTotal,
    /// Items that a complete file has closed, and what was open of them; absent in other imports. They are no rows.
    #[cfg_attr(feature = "openapi", schema(nullable = false))]
    #[serde(skip_serializing_if = "Option::is_none")]
    closed: Option<ControlTotal>,
}

impl ControlTotals {
    /// Those of an import, as far as it has come.
    #[must_use]
    pub fn of(import: &Import) -> Self {
        use RowOutcome::{Failed, Imported, Superseded, Unchanged, Updated};
        let sums = &import.progress.sums;
        let total = |rows, outcomes: &[RowOutcome], unprocessed: u64| ControlTotal {
            rows,
            amounts: sums
                .of(outcomes)
                .into_iter()
                .map(|(currency, sum)| (currency, sum.in_full(currency)))
                .collect(),
            without_amount: Some(sums.without_amount(outcomes) + unprocessed).filter(|rows| *rows > 0),
        };
        let counts = import.counts();
        // The amounts of rows that were not processed are unknown.
        let unprocessed = import.failed() - counts.failed;
        Self {
            read: total(import.processed() + unprocessed, &RowOutcome::READ, unprocessed),
            imported: total(counts.imported, &[Imported], 0),
            updated: total(counts.updated, &[Updated, Unchanged], 0),
            unchanged: total(counts.unchanged, &[Unchanged], 0),
            superseded: total(counts.superseded, &[Superseded], 0),
            failed: total(import.failed(), &[Failed], unprocessed),
            closed: import.job.is_complete_file().then(|| {
                let closed = import.closed();
                ControlTotal { rows: closed.items, amounts: closed.in_full(), without_amount: None }
            }),
        }
    }
}
