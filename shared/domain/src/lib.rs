//! Saldo's domain: types and rules of accounts, clients, transactions, imports, exports, bank
//! synchronizations, API keys and notifications.
//!
//! This crate knows no transport and no storage: no HTTP, no AWS, no asynchronous code. A value is
//! checked when it is made, so a value that exists is valid. The feature `openapi` describes the types
//! as schemas.

#![warn(missing_docs)]

pub mod access;
pub mod account;
pub mod bank;
pub mod bounds;
mod cell;
pub mod changed_by;
pub mod client;
mod column;
pub mod contact;
pub mod date;
pub mod date_format;
pub mod export;
pub mod fields;
pub mod id;
pub mod import;
pub mod key;
pub mod money;
pub mod notification;
#[cfg(feature = "openapi")]
pub mod openapi;
pub mod organization;
pub mod receivable;
pub mod revised;
#[cfg(feature = "openapi")]
mod schemas;
pub mod search;
pub mod secrets;
pub mod spreadsheet;
pub mod statement;
pub mod suggest;
pub mod sync;
pub mod text;
pub mod transaction;
