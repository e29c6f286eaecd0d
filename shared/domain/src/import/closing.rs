//! Closing what a complete file omits: the list of these items, the guard, and how far the closing has come.
//!
//! When every row is done, a complete file is either unfit to close anything, and the job says why, or its closing begins:
//! the items are listed, the job waits for a confirmation if they are too many, and they are closed page by page.

mod list;
mod not_closed;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

pub use list::{
    CLOSE_AT_MOST, CLOSED_UNASKED, CLOSINGS_PER_PAGE, ClosingList, ItemTotals, ListPage, ListPart, ListedItem,
};
pub use not_closed::{NotClosed, NotClosedCode};

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
    /// The number of chunks of a dry run whose rows it counts as if they had been written.
    #[serde(default)]
    pub chunks: u32,
}
