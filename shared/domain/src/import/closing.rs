//! Closing what a complete file omits: the list of these items, the guard, and how far the closing has come.
//!
//! When every row is done, a complete file is either unfit to close anything, and the job says why, or its closing begins:
//! the items are listed, the job waits for a confirmation if they are too many, and they are closed page by page.

use std::collections::BTreeMap;
use std::ops::AddAssign;

use serde::{Deserialize, Serialize};
use serde_with::{DisplayFromStr, serde_as};
use strum::IntoStaticStr;
use uuid::Uuid;

use super::{Import, ImportJob, ImportOptions, RowDefaults, RowOutcome, Scope};
use crate::account::ExternalId;
use crate::contact::ContactName;
use crate::date::Date;
use crate::id::AccountId;
use crate::money::{Currency, Decimal, Total};
use crate::receivable::SourceFile;

/// The share of a scope's open items, in percent, that a file closes without a confirmation if its options name none.
pub const CLOSE_AT_MOST: i64 = 20;
/// As many items are closed without a confirmation, whatever their share is.
pub const CLOSED_UNASKED: u64 = 20;
/// The items on a page of the list.
pub const CLOSINGS_PER_PAGE: usize = 1_000;

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
    /// How many of its pages are closed.
    #[serde(default)]
    pub pages_closed: u32,
    /// The items that were closed.
    #[serde(default)]
    pub closed: ItemTotals,
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
        let (listing, list, not_closed) = (None, None, None);
        let closed = ItemTotals::default();
        Self { phase: ClosingPhase::Listing, listing, list, pages_closed: 0, closed, not_closed }
    }

    /// The closing of a file that closes nothing for this reason.
    #[must_use]
    pub fn refused(not_closed: NotClosed) -> Self {
        Self { phase: ClosingPhase::Ended, not_closed: Some(not_closed), ..Self::begin() }
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

/// The list of the items that a file omits.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ClosingList {
    /// Its parts, in their order.
    pub parts: Vec<ListPart>,
    /// Its items.
    pub items: ItemTotals,
    /// All open items of the scope, those included.
    pub of: ItemTotals,
}

/// The part of a list that one run has made.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ListPart {
    /// The run: the files of the part are named by it.
    pub run: Uuid,
    /// The number of items.
    pub items: u64,
}

/// A page of a list: a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ListPage {
    /// The run that has made it.
    pub run: Uuid,
    /// The number of the page in the part of the run, counting from 0.
    pub number: u32,
    /// The number of its first item in the list, counting from 0.
    pub first: u64,
}

impl ClosingList {
    /// The pages, in their order.
    pub fn pages(&self) -> impl Iterator<Item = ListPage> {
        let mut first = 0;
        self.parts.iter().flat_map(move |part| {
            let begin = first;
            first += part.items;
            let numbers = (0..).zip((0..part.items).step_by(CLOSINGS_PER_PAGE));
            numbers.map(move |(number, at)| ListPage { run: part.run, number, first: begin + at })
        })
    }

    /// Whether the items are too many to be closed unasked: more than [`CLOSED_UNASKED`], and a larger share than the options
    /// admit of the scope's open items, or of their amounts in a currency.
    #[must_use]
    pub fn needs_confirmation(&self, options: &ImportOptions) -> bool {
        let percent = options.close_at_most.unwrap_or(CLOSE_AT_MOST);
        let (items, of) = (&self.items, &self.of);
        let allowed = i128::from(of.items) * i128::from(percent);
        let is_too_much = |(currency, sum): (&Currency, &Total)| {
            let all = of.gross.get(currency).cloned().unwrap_or_default();
            sum.exceeds_percent(percent, &all)
        };
        items.items > CLOSED_UNASKED
            && (i128::from(items.items) * 100 > allowed || items.gross.iter().any(is_too_much))
    }
}

/// A number of items and their open amounts.
#[serde_as]
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ItemTotals {
    /// How many there are.
    pub items: u64,
    /// The sum of their open amounts in each currency.
    #[serde_as(as = "BTreeMap<_, DisplayFromStr>")]
    pub amounts: BTreeMap<Currency, Total>,
    /// The same without signs, so that credits do not hide debts.
    #[serde_as(as = "BTreeMap<_, DisplayFromStr>")]
    gross: BTreeMap<Currency, Total>,
}

impl ItemTotals {
    /// Adds an item.
    pub fn add(&mut self, currency: Currency, open_amount: Decimal) {
        self.items += 1;
        self.amounts.entry(currency).or_default().add(open_amount);
        self.gross.entry(currency).or_default().add(open_amount.abs());
    }

    /// The sums as exact decimals.
    #[must_use]
    pub fn in_full(&self) -> BTreeMap<Currency, String> {
        self.amounts.iter().map(|(currency, sum)| (*currency, sum.in_full(*currency))).collect()
    }
}

impl AddAssign<&Self> for ItemTotals {
    fn add_assign(&mut self, other: &Self) {
        self.items += other.items;
        for (sums, others) in [(&mut self.amounts, &other.amounts), (&mut self.gross, &other.gross)] {
            for (currency, sum) in others {
                *sums.entry(*currency).or_default() += sum;
            }
        }
    }
}

/// An item on the list.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ListedItem {
    /// The account.
    pub account: AccountId,
    /// The source's id of it.
    pub external_id: Option<ExternalId>,
    /// The name of its contact.
    pub name: Option<ContactName>,
    /// What was open when it was listed.
    pub open_amount: Decimal,
    /// The currency.
    pub currency: Currency,
    /// The due date.
    pub due_date: Option<Date>,
}

/// Why a complete file has closed nothing, or not everything.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct NotClosed {
    /// The reason, for machines.
    pub code: NotClosedCode,
    /// The reason, for people.
    pub reason: String,
}

/// The reasons for which a complete file closes nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, IntoStaticStr)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
#[strum(serialize_all = "snake_case")]
pub enum NotClosedCode {
    /// The file has no rows.
    EmptyFile,
    /// Rows have no id, or one that can't be read.
    UnreadableId,
    /// Rows could not be processed.
    RowsNotProcessed,
    /// The import has failed.
    Failed,
    /// Its owner cancelled it.
    Cancelled,
    /// The rows are not as many, or not of the sum, that the options state.
    ControlTotalsDiffer,
    /// A later file of the scope was accepted.
    Superseded,
    /// The closing failed too often; a redrive continues it.
    ClosingFailed,
}

impl NotClosed {
    /// This reason.
    #[must_use]
    pub fn of(code: NotClosedCode) -> Self {
        let reason = match code {
            NotClosedCode::EmptyFile => "the file has no rows",
            NotClosedCode::UnreadableId => "rows have no id that can be read",
            NotClosedCode::RowsNotProcessed => {
                "rows could not be processed; a redrive of the import processes them, and closes then"
            }
            NotClosedCode::Failed => "the import has failed",
            NotClosedCode::Cancelled => "the import was cancelled",
            NotClosedCode::ControlTotalsDiffer => "the control totals differ from those that were stated",
            NotClosedCode::Superseded => "a later file of the same scope was accepted",
            NotClosedCode::ClosingFailed => {
                "the closing failed too often; a redrive of the import continues it"
            }
        };
        Self { code, reason: reason.to_owned() }
    }
}

impl ImportJob {
    /// Whether the file is complete: what it omits is closed.
    #[must_use]
    pub fn is_complete_file(&self) -> bool {
        self.notation.options.complete == Some(true)
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
        self.notation.options.scope.as_ref().filter(|_| self.is_complete_file())
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
    /// All open items of the scope, those included.
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
            .or_else(|| of(job.total_records == Some(0), NotClosedCode::EmptyFile))
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
