//! The records, one store a table. Stores are plain structs over the AWS SDK: what they
//! promise is tested against a real DynamoDB engine, not against mocks.

mod accounts;
mod batch_get;
mod clients;
mod expression;
mod idempotency;
mod imports;
mod item;
mod keys;
mod put_new;
mod table_keys;
mod transactions;

pub use accounts::{AccountFilter, AccountStore, ImportWrite, OwnedAccount, Written};
pub use clients::ClientStore;
pub use idempotency::{Begun, Claim, IdempotencyStore, KeptResponse};
pub use imports::{ChunkPart, ImportStore};
pub use keys::KeyStore;
pub use transactions::{DateRange, Kept, TransactionStore};
