//! Many items by their keys, in as few requests as possible.

use aws_sdk_dynamodb::types::KeysAndAttributes;
use backon::BackoffBuilder;
use futures::{StreamExt, TryStreamExt, stream};

use super::item::Item;
use super::table::{Key, Table};
use crate::failure::Failure;
use crate::limits::BATCHES_IN_FLIGHT;
use crate::pauses::PARTS_OF_A_BATCH;

/// The most items that DynamoDB returns for one `BatchGetItem`.
const BATCH_GET_MAX: usize = 100;

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
        let mut pauses = PARTS_OF_A_BATCH.build();
        loop {
            let wanted = KeysAndAttributes::builder().set_keys(Some(keys)).consistent_read(consistent);
            let wanted = wanted.build().map_err(Failure::unsendable(operation))?;
            let answer = self.client.batch_get_item().request_items(&self.name, wanted).send().await;
            let mut answer = answer.map_err(Failure::of(operation))?;
            let found = answer.responses.as_mut().and_then(|tables| tables.remove(&self.name));
            items.extend(found.unwrap_or_default());
            // DynamoDB leaves keys under load, and because an answer has at most 16 MB.
            let left = answer.unprocessed_keys.and_then(|mut tables| tables.remove(&self.name));
            keys = left.map(|left| left.keys).unwrap_or_default();
            if keys.is_empty() {
                return Ok(items);
            }
            let Some(pause) = pauses.next() else { return Err(Failure::Throttled { operation }) };
            tokio::time::sleep(pause).await;
        }
    }
}
