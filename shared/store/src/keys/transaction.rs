//! Retries of transactions on keys.

use std::time::Duration;

use aws_sdk_dynamodb::types::TransactWriteItem;
use backon::ExponentialBuilder;

use super::KeyStore;
use crate::dynamodb::revised::outrun;
use crate::dynamodb::{absent, exists};
use crate::failure::Failure;
use crate::table_keys::HashKey;

/// How a change of keys is tried again when a condition failed because another change was first, or
/// when the index lags: up to 9 attempts within about 5 seconds, far more than an index usually lags,
/// and well below the 29 seconds of a function. The SDK retries conflicts of transactions itself.
pub(super) const RETRIES: ExponentialBuilder = ExponentialBuilder::new()
    .with_jitter()
    .with_min_delay(Duration::from_millis(20))
    .with_max_delay(Duration::from_secs(2))
    .with_max_times(8);

/// Why an attempt to change keys did not succeed.
#[derive(Debug)]
pub(super) enum Setback {
    /// Another change was first, or the index does not list every key yet. A retry may succeed.
    Outrun,
    /// AWS failed.
    Failed(Failure),
}

impl Setback {
    pub(super) fn is_passing(&self) -> bool {
        matches!(self, Self::Outrun)
    }

    /// The failure after the last attempt.
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
    /// The condition that the key is not revoked.
    pub(super) fn is_not_revoked(&self, key: &HashKey) -> Result<TransactWriteItem, Failure> {
        self.table.check_action(key, exists("hash").and(absent("revoked_at")))
    }
}
