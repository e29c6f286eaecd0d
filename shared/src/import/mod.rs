//! The import of accounts: from the bytes of a request to the fate of every row.
//!
//! The data flows one way. [`read`] takes a payload apart into [`RawRow`]s without judging
//! them. [`Plan`] keeps the last of the rows that share an external id and cuts what is
//! left into chunks. [`RawRow::check`] turns one row into an [`AccountUpsert`] or the
//! list of what is wrong with it. [`ImportJob`] holds the counts, of which always
//! `total = imported + updated + superseded + failed` once the job has ended.

mod cells;
mod check;
mod external_id;
mod field;
mod job;
mod plan;
pub mod read;
mod report;
mod row;
mod upsert;

pub use check::Checked;
pub use external_id::ExternalId;
pub use field::{Field, REASON};
pub use job::{Counts, ImportJob, ImportStatus, PayloadFacts};
pub use plan::{Chunk, Plan, ROWS_PER_CHUNK};
pub use read::{Format, Mapping, Unreadable};
pub use report::{ChunkReport, Fate, RowReport, processing_failed};
pub use row::{Column, RawRow, RowBody, Shape};
pub use upsert::AccountUpsert;

/// What becomes of a row's fields that accounts do not have.
pub(crate) const LEFT_OUT: &str = "accounts have no such field; it was left out";
