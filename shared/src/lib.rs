//! Saldo's domain: what accounts, imports and keys are, and what the functions share to
//! keep them in DynamoDB, S3 and SQS and to serve them over HTTP.
//!
//! The domain modules ([`money`], [`account`], [`client`], [`transaction`], [`import`], [`key`]…) know
//! neither HTTP nor Lambda nor AWS. Parsing is typing: a value that exists has been
//! checked. [`store`], [`queue`] and [`files`] put the domain on AWS services; [`http`]
//! and [`worker`] are how requests and messages get in.

#![warn(missing_docs)]

pub mod access;
pub mod account;
pub mod app;
pub mod bank;
pub mod bounds;
pub mod client;
pub mod contact;
pub mod date;
pub mod deadline;
pub mod export;
pub mod failure;
pub mod fields;
pub mod files;
pub mod finx;
pub mod formula;
pub mod http;
pub mod id;
pub mod import;
pub mod key;
pub mod metrics;
pub mod money;
pub mod notification;
pub mod organization;
pub mod queue;
pub mod search;
pub mod secrets;
pub mod settings;
pub mod store;
pub mod sync;
pub mod telemetry;
pub mod text;
pub mod transaction;
mod warm_up;
pub mod worker;

pub use warm_up::FirstCall;
