//! Many items by their keys, in as few requests as possible.

use std::time::Duration;

use aws_sdk_dynamodb::types::KeysAndAttributes;
use futures::{StreamExt, TryStreamExt, stream};

use super::item::Item;
use super::table::{Key, Table};
use crate::failure::Failure;

/// The most items that DynamoDB returns for one `BatchGetItem`.
const BATCH_GET_MAX: usize = 100;
/// The requests that are made at the same time.
const BATCHES_IN_FLIGHT: usize = 4;
/// The requests for one batch, when DynamoDB leaves keys unprocessed: under load, or because an answer has at most
/// 16 MB.
const ATTEMPTS_MAX: u32 = 8;
/// The pause before the second of these requests; each pause is twice as long as the one before.
const WAIT_MIN: Duration = Duration::from_millis(10);

impl<K: Key> Table<K> {
    /// The items with these keys that exist, in no particular order. Reads with eventual consistency, at half the
    /// price, unless `consistent`.
    pub(crate) async fn batch_get(&self, keys: &[K], consistent: bool) -> Result<Vec<Item>, Failure> {
        let keys: Vec<Item> = keys.iter().map(Key::attributes).collect();
        let batches = keys.chunks(BATCH_GET_MAX).map(|keys| self.batch(keys.to_vec(), consistent));
        let batches: Vec<_> = batches.collect();
        stream::iter(batches).buffered(BATCHES_IN_FLIGHT).try_concat().await
    }

    async fn batch(&self, mut keys: Vec<Item>, consistent: bool) -> Result<Vec<Item>, Failure> {
        let operation = K::OPERATIONS.batch_get;
        let mut items = Vec::with_capacity(keys.len());
        for attempt in 0..ATTEMPTS_MAX {
            let wanted = KeysAndAttributes::builder().set_keys(Some(keys)).consistent_read(consistent);
            let wanted = wanted.build().map_err(Failure::unsendable(operation))?;
            let answer = self.client.batch_get_item().request_items(&self.name, wanted).send().await;
            let mut answer = answer.map_err(Failure::of(operation))?;
            let found = answer.responses.as_mut().and_then(|tables| tables.remove(&self.name));
            items.extend(found.unwrap_or_default());
            let left = answer.unprocessed_keys.and_then(|mut tables| tables.remove(&self.name));
            keys = left.map(|left| left.keys).unwrap_or_default();
            if keys.is_empty() {
                return Ok(items);
            }
            tokio::time::sleep(WAIT_MIN * 2_u32.pow(attempt)).await;
        }
        Err(Failure::Throttled { operation })
    }
}
