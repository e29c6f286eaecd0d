//! Saldo's records, files, queues and secrets on AWS: DynamoDB, S3, SQS and KMS.
//!
//! Each kind of record has a store, a plain struct over the AWS SDK. The end-to-end suite tests the
//! stores against a DynamoDB engine, not against mocks. [`app::App`] holds everything that a
//! function uses.

#![warn(missing_docs)]

mod accesses;
mod accounts;
pub mod app;
mod banks;
mod batch_get;
mod clients;
mod conflict;
pub mod deadline;
mod deliveries;
mod exports;
mod expression;
pub mod failure;
pub mod files;
mod idempotency;
mod imports;
mod item;
mod jobs;
mod keys;
pub mod metrics;
mod notifications;
mod pages;
mod put_new;
pub mod queue;
mod revised;
pub mod secrets;
pub mod settings;
mod syncs;
mod table_keys;
pub mod telemetry;
mod transactions;
mod warm_up;

pub use accesses::{AccessStore, SealedCredentials};
pub use accounts::{AccountStore, ImportWrite, OwnedAccount, Reported, Seen, Written};
pub use clients::ClientStore;
pub(crate) use conflict::{CONFLICT, RetryConflicts};
pub use deliveries::DeliveryStore;
pub use exports::ExportStore;
pub use idempotency::{Begun, Claim, IdempotencyStore, KeptBody, KeptResponse};
pub use imports::{ChunkPart, ImportStore, UploadStore};
pub use jobs::{Job, JobStore};
pub use keys::{Creation, KeyStore, Revocation, Revoked, Revoker};
pub use notifications::{EndpointChanged, NotificationStore};
pub use revised::Changed;
pub use syncs::SyncStore;
pub use transactions::{Kept, Order, StoredTransaction, TransactionStore};
pub use warm_up::FirstCall;
