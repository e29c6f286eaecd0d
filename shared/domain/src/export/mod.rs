//! Exports: accounts and transactions as files that people open, programs read, and imports
//! take back.
//!
//! The data flows one way. An [`ExportRequest`] is read from what was sent; its [`ExportSpec`]
//! says what is exported and how, and is all that a file depends on besides the records
//! themselves. [`Column`]s turn a record into [`Cell`]s, and an [`Encoder`] writes those in the
//! file's notation. [`ExportJob`] is a file that is written later.

mod accounts;
mod cell;
mod column;
mod format;
mod job;
mod request;
mod spec;
mod transactions;

pub use accounts::AccountColumn;
pub use cell::Cell;
pub use column::Column;
pub use format::{Format, Profile};
pub use job::{Attempt, ExportJob, ExportStatus, ExportedFile, FILE_KEPT};
pub use request::{ACCOUNT_EXPORT_FIELDS, DAYS_MAX, Delivery, ExportRequest, TRANSACTION_EXPORT_FIELDS};
pub use spec::{ExportSpec, Subject};
pub use transactions::TransactionColumn;
