//! The records, one store a table. Stores are plain structs over the AWS SDK: what they
//! promise is tested against a real DynamoDB engine, not against mocks.

mod accounts;
mod expression;
mod idempotency;
mod imports;
mod item;
mod keys;
mod table_keys;

pub use accounts::{AccountStore, ImportWrite, Written};
pub use idempotency::{Begun, Claim, IdempotencyStore, KeptResponse};
pub use imports::{ChunkPart, ImportStore};
pub use keys::KeyStore;
