//! The import of accounts: from the bytes of a request to the fate of every row.
//!
//! The data flows one way, and no file is ever held whole. [`read`] takes a payload apart into
//! [`RawRow`]s without judging them. A [`DuplicateScan`] of them finds the last of the rows that share
//! an external id; a [`Chunker`] cuts those into chunks. [`RawRow::check`] turns one row into an [`AccountUpsert`] or the
//! list of what is wrong with it. [`Import`] holds the counts, of which always
//! `total = imported + updated + superseded + failed` once the job has ended, and besides, in a
//! job that was cancelled, what was skipped.

mod cells;
mod check;
mod field;
mod job;
mod mapping;
mod notation;
mod plan;
mod progress;
mod report;
mod row;
mod summary;
mod upload;
mod upsert;

pub use crate::account::ExternalId;
pub use crate::money::DecimalSeparator;
pub use check::Checked;
pub use field::{Field, REASON};
pub use job::{Accepted, Import, ImportJob, ImportStatus, PayloadFile};
pub use mapping::{Mapping, UnknownField};
pub use notation::{Format, Notation};
pub use plan::{CHUNKS_AT_ONCE, Chunk, Chunker, DuplicateScan, ROWS_PER_CHUNK, Superseded};
pub use progress::{Counts, Progress};
pub use report::{ChunkReport, RowOutcome, RowReport, processing_failed};
pub use row::{Column, Misquoting, RawRow, RowBody, Shape};
pub use summary::ImportSummary;
pub use upload::{Announced, FILE_BYTES_MAX, Upload};
pub use upsert::AccountUpsert;

/// What becomes of a row's fields that accounts do not have.
pub(crate) const LEFT_OUT: &str = "accounts have no such field; it was left out";
