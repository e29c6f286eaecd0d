//! Exports: accounts and transactions as files for people, for programs, and for a later import.
//!
//! A request body, [`NewAccountExport`] or [`NewTransactionExport`], becomes an [`ExportRequest`]. Its [`ExportSpec`]
//! says what is exported and how: a file depends on it and the records alone. [`Column`]s turn a record into
//! [`Cell`]s, which `saldo-formats` writes in the format of the file. An [`ExportJob`] writes its file later.

mod csv_form;
mod format;
mod job;
mod request;
mod spec;
mod transactions;

pub use crate::cell::{Cell, in_full};
pub use crate::column::{Column, Profile, Reader};
pub use csv_form::{CsvForm, ExportDelimiter, Locale};
pub use format::Format;
pub use job::{Attempt, ExportJob, ExportStatus, ExportedFile, FILE_KEPT};
pub use request::{
    AccountFilters, DAYS_MAX, Delivery, ExportRequest, NewAccountExport, NewTransactionExport,
    TransactionFilters,
};
pub use spec::{ExportSpec, Subject};
pub use transactions::TransactionColumn;
