//! Closing what a complete file omits: the list of these items, the guard, and how far the closing has come.
//!
//! When every row is done, a complete file is either unfit to close anything, and the job says why, or its closing begins:
//! the items are listed, the job waits for a confirmation if they are too many, and they are closed page by page.

mod list;
mod not_closed;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

pub use list::{
    CLOSE_AT_MOST, CLOSED_UNASKED, CLOSINGS_PER_PAGE, ClosingList, ClosingsSummary, ItemTotals, ListPage,
    ListPart, ListedItem,
};
pub use not_closed::{NotClosed, NotClosedCode};

use super::{Import, ImportJob, ImportOptions, RowDefaults, RowOutcome, Scope};
use crate::money::Total;
use crate::receivable::SourceFile;

/// How far the closing of an import has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ClosingPhase {
    /// Earlier imports end, and the items are listed.
    Listing,
    /// The list waits for a confirmation.
    Awaiting,
    /// The items of the list are closed.
    Closing,
    /// Nothing is left to do.
    Ended,
}

/// The closing of an import.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Closing {
    /// How far it has come.
    pub phase: ClosingPhase,
    /// How far the list has come, until it is made.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub listing: Option<Listing>,
    /// The list, once it is made.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub list: Option<ClosingList>,
    /// Since when the list waits for a confirmation, if it did.
    #[serde(
        default,
        with = "jiff::fmt::serde::timestamp::millisecond::optional",
        skip_serializing_if = "Option::is_none"
    )]
    pub awaiting_since: Option<Timestamp>,
    /// How many of its pages are closed.
    #[serde(default)]
    pub pages_closed: u32,
    /// The items that were closed.
    #[serde(default)]
    pub closed: ItemTotals,
    /// The number of items on those pages that stay as they are.
    #[serde(default)]
    pub kept: u64,
    /// Why nothing, or not everything, was closed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub not_closed: Option<NotClosed>,
}

impl Closing {
    /// Whether it has ended because it failed too often, so that a redrive continues it.
    #[must_use]
    pub fn has_failed(&self) -> bool {
        self.not_closed.as_ref().is_some_and(|why| why.code == NotClosedCode::ClosingFailed)
    }

    /// A closing that begins.
    #[must_use]
    pub fn begin() -> Self {
        Self {
            phase: ClosingPhase::Listing,
            listing: None,
            list: None,
            awaiting_since: None,
            pages_closed: 0,
            closed: ItemTotals::default(),
            kept: 0,
            not_closed: None,
        }
    }

    /// The closing of a file that closes nothing for this reason.
    #[must_use]
    pub fn refused(not_closed: NotClosed) -> Self {
        Self { phase: ClosingPhase::Ended, not_closed: Some(not_closed), ..Self::begin() }
    }

    /// Why items of the list, of which all pages are closed, stay as they are; `None` if all are closed.
    #[must_use]
    pub fn not_all_closed(&self) -> Option<NotClosed> {
        let items = match self.kept {
            0 => return None,
            1 => "1 item of the list stays as it is".to_owned(),
            items => format!("{items} items of the list stay as they are"),
        };
        let reason = format!("{items}, because of changes since the list was made or of a later file");
        Some(NotClosed { code: NotClosedCode::ItemsChanged, reason })
    }

    /// This one, which ends; for a reason, if something is not closed.
    #[must_use]
    pub fn end(mut self, not_closed: Option<NotClosed>) -> Self {
        (self.phase, self.listing, self.not_closed) = (ClosingPhase::Ended, None, not_closed);
        self
    }
}

/// A list that is being made, shard by shard.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Listing {
    /// The list so far.
    pub list: ClosingList,
    /// The number of shards that it has.
    pub shards: u16,
}

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
