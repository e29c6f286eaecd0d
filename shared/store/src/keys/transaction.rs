//! Transactions on keys, and when they are tried again.

use std::time::Duration;

use aws_sdk_dynamodb::types::{ConditionCheck, TransactWriteItem};
use backon::ExponentialBuilder;

use super::KeyStore;
use crate::conflict;
use crate::failure::Failure;
use crate::item::text;
use crate::revised::outrun;

pub(super) const OPERATION: &str = "TransactWriteItems on keys";

/// How a change of keys is tried again when a condition failed because another change was first, or
/// when the index lags: up to 9 attempts within about 5 seconds, far more than an index usually lags,
/// and well below the 29 seconds of a function. The SDK retries conflicts of transactions itself.
pub(super) const RETRIES: ExponentialBuilder = ExponentialBuilder::new()
    .with_jitter()
    .with_min_delay(Duration::from_millis(20))
    .with_max_delay(Duration::from_secs(2))
    .with_max_times(8);

/// Why an attempt to change keys came to nothing.
#[derive(Debug)]
pub(super) enum Setback {
    /// Another change was first, or the index does not list every key yet: to be tried again.
    Outrun,
    /// AWS failed.
    Failed(Failure),
}

impl Setback {
    pub(super) fn is_passing(&self) -> bool {
        matches!(self, Self::Outrun)
    }

    /// The failure, once it is not tried again.
    pub(super) fn into_failure(self) -> Failure {
        match self {
            Self::Outrun => outrun(),
            Self::Failed(failure) => failure,
        }
    }
}

impl From<Failure> for Setback {
    fn from(failure: Failure) -> Self {
        Self::Failed(failure)
    }
}

impl KeyStore {
    /// Does all of the actions or none. Returns the indexes of those whose condition does not hold:
    /// none if all were done.
    pub(super) async fn transact(&self, actions: Vec<TransactWriteItem>) -> Result<Vec<usize>, Setback> {
        Ok(conflict::transact(&self.client, actions, OPERATION).await?)
    }

    /// The condition that the item `hash` is not revoked.
    pub(super) fn is_not_revoked(&self, hash: &str) -> Result<TransactWriteItem, Failure> {
        let check = ConditionCheck::builder()
            .table_name(&self.table)
            .key("hash", text(hash))
            .condition_expression("attribute_exists(#hash) AND attribute_not_exists(#revoked_at)")
            .expression_attribute_names("#hash", "hash")
            .expression_attribute_names("#revoked_at", "revoked_at")
            .build()
            .map_err(Failure::unsendable(OPERATION))?;
        Ok(TransactWriteItem::builder().condition_check(check).build())
    }
}
