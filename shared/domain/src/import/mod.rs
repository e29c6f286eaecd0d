//! The import of accounts: rows, their checks, chunks, reports and counts.
//!
//! Readers split a payload into unchecked [`RawRow`]s. A [`DuplicateScan`] of them finds the rows that a later row about the
//! same account supersedes; a [`Chunker`] divides the others into chunks. [`RawRow::check`] turns a row into an
//! [`AccountUpsert`] or the list of its errors, and [`RowWrite::decide`] what it does to its account. [`Import`] holds the counts,
//! and [`ControlTotals`] the sums of the amounts beside them. When the job has ended,
//! `total = imported + updated + superseded + failed`, plus `skipped` if it was cancelled; `updated` includes `unchanged`.

mod cells;
mod check;
mod closing;
mod comparable_header;
mod complete_file;
mod decision;
mod filter;
mod format;
mod job;
mod lost_values;
mod mapping;
mod membership;
mod notation;
mod omission;
mod open;
mod options;
mod outcome;
mod plan;
mod profile;
mod progress;
mod record;
mod report;
mod row;
mod row_defaults;
mod rules;
mod scope;
mod stated;
mod stated_options;
mod stored;
mod structure;
mod summary;
mod sums;
mod totals;
mod totals_row;
mod upload;
mod upsert;
mod values;

pub use crate::account::{AccountField, ExternalId, Written};
pub use crate::date_format::DateFormat;
pub use crate::fields::Misquoting;
pub use crate::money::{DecimalSeparator, ThousandsSeparator};
pub use check::Checked;
pub use closing::{
    CLOSE_AT_MOST, CLOSED_UNASKED, CLOSINGS_PER_PAGE, Closing, ClosingList, ClosingPhase, ItemTotals,
    ListPage, ListPart, ListedItem, Listing, NotClosed, NotClosedCode,
};
pub use comparable_header::comparable;
pub use complete_file::ClosingsSummary;
pub use decision::{Decision, Refused, RowDone, RowWrite, Stale};
pub use filter::ImportFilter;
pub use format::Format;
pub use job::{Accepted, Import, ImportJob, ImportStatus, PayloadFile};
pub use lost_values::{LostValues, LostValuesScan};
pub use mapping::{InvalidMapping, Mapping, UnknownField};
pub use membership::Membership;
pub use notation::Notation;
pub use omission::Omissions;
pub use open::{LONGEST_RUN, REDRIVABLE, REDRIVABLE_AT_ALL, REDRIVE_MAX};
pub use options::{
    AmountColumns, BlankExternalId, COLUMNS_MAX, ColumnChoice, ColumnRef, Defaults, Delimiter, FoundColumn,
    HEADER_CHARS_MAX, HEADER_LINE_MAX, Headers, ImportOptions, Occurrence, Quote, SheetRef, Signs, Target,
    TextEncoding, unread_sheets,
};
#[cfg(feature = "openapi")]
pub use options::{AmountColumnsSchema, ColumnChoiceSchema};
pub use outcome::RowOutcome;
pub use plan::{
    CHUNKS_AT_ONCE, Chunk, Chunker, DuplicateScan, Named, ROWS_PER_CHUNK, Superseded, SupersededRow,
};
pub use profile::{
    ImportProfile, NAME_CHARS_MAX, NewProfile, PROFILES_MAX, ProfileChange, ProfileKey, ProfileName,
    ProfileRef, UsedProfile, VERSIONS_MAX,
};
pub use progress::{Counts, Progress};
pub use record::{CellMark, Cells};
pub use report::{ChunkReport, RowReport, RowResult, processing_failed};
pub use row::{AmountAt, Column, REASON, RawRow, RowBody, Shape};
pub use row_defaults::RowDefaults;
pub use rules::RowRules;
pub use scope::{SCOPES_MAX, Scope, ScopeFiles};
pub use stated::stated_as_of;
pub use stated_options::{ImportOfUpload, StatedOptions, UNKNOWN_UPLOAD};
pub use stored::Stored;
pub use summary::ImportSummary;
pub use sums::{StatedAmount, Sums};
pub use totals::{ControlTotal, ControlTotals};
pub use upload::{Announced, FILE_BYTES_MAX, FileName, Upload};
pub use upsert::{AccountUpsert, ContactUpsert};
pub use values::RowContext;

/// The reason of the warning about a field that accounts do not have.
pub(crate) const LEFT_OUT: &str = "accounts have no such field; it was left out";
