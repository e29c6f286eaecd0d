//! Imports of complete files: whether what they omit may be closed, and what their answers say about it.

use std::collections::BTreeMap;

use serde::Serialize;

use super::{
    Closing, Import, ImportJob, ImportOptions, ItemTotals, NotClosed, NotClosedCode, RowDefaults, RowOutcome,
    Scope,
};
use crate::money::{Currency, Total};
use crate::receivable::SourceFile;

impl ImportJob {
    /// Whether the file is complete: what it omits is closed.
    #[must_use]
    pub fn is_complete_file(&self) -> bool {
        self.complete_scope().is_some()
    }

    /// Whether rows that repeat their accounts write no day, because the complete file says it for all of them when it has
    /// ended. A redrive comes after an end at which it may not have said so.
    #[must_use]
    pub fn skips_days(&self) -> bool {
        self.is_complete_file() && self.round == 0
    }

    /// The file in the order of what its source states, if it is complete.
    #[must_use]
    pub fn source_file(&self, defaults: &RowDefaults) -> SourceFile {
        SourceFile { as_of: defaults.as_of, import: self.place.clone() }
    }

    /// The scope of the file, if it is complete.
    #[must_use]
    pub fn complete_scope(&self) -> Option<&Scope> {
        self.notation.options.complete_scope()
    }
}

impl ImportOptions {
    /// The scope of the file, if it is complete.
    #[must_use]
    pub fn complete_scope(&self) -> Option<&Scope> {
        self.scope.as_ref().filter(|_| self.complete == Some(true))
    }
}

impl Import {
    /// The items that were closed; in a dry run, that would be.
    #[must_use]
    pub fn closed(&self) -> ItemTotals {
        let closing = self.job.closing.as_ref();
        let listed = closing.and_then(|closing| closing.list.as_ref()).filter(|_| self.job.dry_run);
        let listed = listed.map(|list| list.items.clone());
        listed.or_else(|| closing.map(|closing| closing.closed.clone())).unwrap_or_default()
    }

    /// The closing of a complete file when every row is done: it begins, or has ended because nothing may be closed.
    #[must_use]
    pub fn closing_after_rows(&self) -> Option<Closing> {
        self.job.complete_scope()?;
        Some(self.unfit().map_or_else(Closing::begin, Closing::refused))
    }

    /// Why the file may close nothing, as far as its rows tell.
    fn unfit(&self) -> Option<NotClosed> {
        let Self { job, progress } = self;
        let of = |is: bool, code| is.then(|| NotClosed::of(code));
        let unreadable = || {
            let rows = match job.unidentified {
                0 => return None,
                1 => "1 row has".to_owned(),
                rows => format!("{rows} rows have"),
            };
            let reason = format!("{rows} no id that can be read, so that what the file omits is not known");
            Some(NotClosed { code: NotClosedCode::UnreadableId, reason })
        };
        of(job.reason.is_some(), NotClosedCode::Failed)
            .or_else(|| of(job.cancel_requested_at.is_some(), NotClosedCode::Cancelled))
            .or_else(|| of(progress.chunks_exhausted > 0, NotClosedCode::RowsNotProcessed))
            .or_else(unreadable)
            .or_else(|| {
                let reason = self.control_total_difference()?;
                Some(NotClosed { code: NotClosedCode::ControlTotalsDiffer, reason })
            })
    }

    /// How the rows differ from the control totals that the options state; `None` if they do not.
    #[must_use]
    pub fn control_total_difference(&self) -> Option<String> {
        let ImportOptions { expected_rows, expected_total, .. } = &*self.job.notation.options;
        let rows = self.job.total_records.unwrap_or_default();
        if let Some(expected) = expected_rows
            && i64::try_from(rows) != Ok(*expected)
        {
            return Some(format!("the file has {rows} rows, and `expected_rows` is {expected}"));
        }
        let expected = (*expected_total)?;
        let sums = self.progress.sums.of(&RowOutcome::READ);
        let without = self.progress.sums.without_amount(&RowOutcome::READ);
        let mut total = Total::default();
        total.add(expected);
        let are = match (sums.iter().next(), sums.len(), without) {
            (_, _, 1..) => format!("{without} of the rows state no amount that can be read"),
            (Some((_, sum)), 1, 0) if *sum == total => return None,
            (Some((currency, sum)), 1, 0) => {
                format!("the rows add up to {} {currency}", sum.in_full(*currency))
            }
            _ => "the rows are in several currencies, or there are none".to_owned(),
        };
        Some(format!("{are}, and `expected_total` is {total}"))
    }
}

/// The list of the items that a complete file omits, in an answer.
#[derive(Clone, Debug, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[cfg_attr(feature = "openapi", schema(as = ImportClosings))]
pub struct ClosingsSummary {
    /// The items that the file omits.
    items: u64,
    /// The sum of their open amounts for each currency, as an exact decimal.
    #[cfg_attr(feature = "openapi", schema(value_type = BTreeMap<String, String>))]
    amounts: BTreeMap<Currency, String>,
    /// All open items of the scope, those included, but not those that the file has created.
    of_items: u64,
    /// The sum of their open amounts for each currency.
    #[cfg_attr(feature = "openapi", schema(value_type = BTreeMap<String, String>))]
    of_amounts: BTreeMap<Currency, String>,
    /// Whether these are so many that the import waits for a confirmation.
    needs_confirmation: bool,
}

impl ClosingsSummary {
    /// That of a job whose list is made.
    #[must_use]
    pub fn of(job: &ImportJob) -> Option<Self> {
        let list = job.closing.as_ref()?.list.as_ref()?;
        Some(Self {
            items: list.items.items,
            amounts: list.items.in_full(),
            of_items: list.of.items,
            of_amounts: list.of.in_full(),
            needs_confirmation: list.needs_confirmation(&job.notation.options),
        })
    }
}
