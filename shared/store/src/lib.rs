//! Saldo's records, files, queues and secrets on AWS: DynamoDB, S3, SQS and KMS.
//!
//! Each kind of record has a store, which reads and writes its items through one idiom for DynamoDB (the module
//! `dynamodb`). The end-to-end suite tests the stores against a DynamoDB engine, not against mocks. A binary builds
//! the stores that it uses from its [`Environment`].

#![warn(missing_docs)]

mod accesses;
mod accounts;
mod banks;
mod clients;
pub mod deadline;
mod deliveries;
mod dynamodb;
mod environment;
mod exports;
pub mod failure;
pub mod files;
mod idempotency;
mod imports;
mod jobs;
mod keys;
mod limits;
pub mod metrics;
mod notifications;
mod pauses;
mod profiles;
pub mod queue;
pub mod secrets;
mod syncs;
mod table_keys;
pub mod telemetry;
mod transactions;
mod warm_up;

pub use accesses::{AccessStore, SealedCredentials};
pub use accounts::{AccountStore, Moment, OpenItemStore, Owned, OwnedAccount, Reported, Seen, SeenAccount};
pub use banks::BankCatalog;
pub use clients::ClientStore;
pub use deliveries::DeliveryStore;
pub use dynamodb::revised::{CHANGE_ATTEMPTS_MAX, Changed};
pub use environment::{Environment, InvalidVariables, http_client};
pub use exports::ExportStore;
pub use idempotency::{Begun, Claim, IdempotencyStore, KeptBody, KeptResponse};
pub use imports::{ChunkPart, Counted, ImportPage, ImportStore, UploadStore};
pub use jobs::{Job, JobStore};
pub use keys::{Creation, KeyStore, Revocation, Revoked, Revoker};
pub use limits::{Limits, WRITES_IN_FLIGHT};
pub use notifications::{EndpointChanged, NotificationStore};
pub use profiles::{ProfileCreation, ProfileStore};
pub use syncs::SyncStore;
pub use transactions::{Kept, Order, StoredTransaction, TransactionStore};
pub use warm_up::{Connecting, warm_up};
