//! The records, one store a table. Stores are plain structs over the AWS SDK: what they
//! promise is tested against a real DynamoDB engine, not against mocks.

mod accesses;
mod accounts;
mod batch_get;
mod clients;
mod conflict;
mod deliveries;
mod exports;
mod expression;
mod idempotency;
mod imports;
mod item;
mod jobs;
mod keys;
mod notifications;
mod pages;
mod put_new;
mod revised;
mod syncs;
mod table_keys;
mod transactions;

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
pub use revised::{Changed, Revised};
pub use syncs::SyncStore;
pub use transactions::{Kept, Order, StoredTransaction, TransactionStore};
