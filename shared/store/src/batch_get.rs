//! Many items by their keys, as few requests as it takes.

use std::time::Duration;

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::types::KeysAndAttributes;
use futures::{StreamExt, TryStreamExt, stream};

use super::item::Item;
use crate::failure::Failure;

const OPERATION: &str = "BatchGetItem";
/// The most items DynamoDB returns for one `BatchGetItem`.
const BATCH_GET_MAX: usize = 100;
/// The batches that are asked for at once.
const BATCHES_IN_FLIGHT: usize = 4;
/// How often the rest of a batch is asked for, when DynamoDB returned less of it, be it for
/// load or because an answer has at most 16 MB.
const ATTEMPTS_MAX: u32 = 8;
/// How long the first of these waits; each waits twice as long as the one before.
const WAIT_MIN: Duration = Duration::from_millis(10);

/// The items with these keys, those that are there, in no order that means anything. Reads
/// with eventual consistency, at half the price, unless it is to be `consistent`.
pub(super) async fn batch_get(
    client: &Client,
    table: &str,
    keys: Vec<Item>,
    consistent: bool,
) -> Result<Vec<Item>, Failure> {
    let batches = keys.chunks(BATCH_GET_MAX).map(|keys| batch(client, table, keys.to_vec(), consistent));
    let batches: Vec<_> = batches.collect();
    stream::iter(batches).buffered(BATCHES_IN_FLIGHT).try_concat().await
}

async fn batch(
    client: &Client,
    table: &str,
    mut keys: Vec<Item>,
    consistent: bool,
) -> Result<Vec<Item>, Failure> {
    let mut items = Vec::with_capacity(keys.len());
    for attempt in 0..ATTEMPTS_MAX {
        let wanted = KeysAndAttributes::builder().set_keys(Some(keys)).consistent_read(consistent).build();
        let wanted = wanted.map_err(Failure::unsendable(OPERATION))?;
        let answer = client.batch_get_item().request_items(table, wanted).send().await;
        let mut answer = answer.map_err(Failure::of(OPERATION))?;
        items.extend(answer.responses.as_mut().and_then(|tables| tables.remove(table)).unwrap_or_default());
        let left = answer.unprocessed_keys.and_then(|mut tables| tables.remove(table));
        keys = left.map(|left| left.keys).unwrap_or_default();
        if keys.is_empty() {
            return Ok(items);
        }
        tokio::time::sleep(WAIT_MIN * 2_u32.pow(attempt)).await;
    }
    Err(Failure::Throttled { operation: OPERATION })
}
