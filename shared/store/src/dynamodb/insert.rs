//! New items, many in one request.

use futures::{StreamExt, TryStreamExt, stream};

use super::change::{Applied, Change, STATEMENTS_MAX};
use super::item::{NewItem, item_of};
use super::table::{Key, Table};
use crate::failure::Failure;
use crate::limits::{BATCHES_IN_FLIGHT, WRITES_IN_FLIGHT};

impl<K: Key> Table<K> {
    /// Inserts the items that `item` makes, each of a key and its other attributes, [`STATEMENTS_MAX`] with one request.
    /// Their keys must differ: DynamoDB refuses a batch with two statements about one item. Returns for each whether it was inserted; otherwise there is an item with its key, and that
    /// one stays.
    ///
    /// An item whose statement DynamoDB does not execute, for example because it is throttled, is put by a request of its
    /// own, after all batches. If the answer to a batch is lost, the SDK sends the batch again, and the items that were
    /// inserted count as not inserted: compare the items that are there.
    ///
    /// # Errors
    /// [`Failure`] when DynamoDB fails; some may have been inserted.
    pub(crate) async fn insert_all<T>(
        &self,
        all: &[T],
        item: impl Fn(&T) -> Result<(K, NewItem), Failure>,
    ) -> Result<Vec<bool>, Failure> {
        let batches = all.chunks(STATEMENTS_MAX).map(|batch| self.insert_batch(batch, &item));
        let batches: Vec<_> = batches.collect();
        let applied: Vec<Applied> = stream::iter(batches).buffered(BATCHES_IN_FLIGHT).try_concat().await?;
        let rest = all.iter().zip(applied).map(|(new, applied)| self.finish(new, applied, &item));
        let rest: Vec<_> = rest.collect();
        stream::iter(rest).buffered(WRITES_IN_FLIGHT).try_collect().await
    }

    async fn insert_batch<T>(
        &self,
        batch: &[T],
        item: impl Fn(&T) -> Result<(K, NewItem), Failure>,
    ) -> Result<Vec<Applied>, Failure> {
        let changes =
            batch.iter().map(|new| item(new).map(|(key, attributes)| Change::insertion(key, attributes)));
        self.change_all(&changes.collect::<Result<Vec<_>, _>>()?).await
    }

    async fn finish<T>(
        &self,
        new: &T,
        applied: Applied,
        item: impl Fn(&T) -> Result<(K, NewItem), Failure>,
    ) -> Result<bool, Failure> {
        match applied {
            Applied::Done => Ok(true),
            Applied::Met(_) => Ok(false),
            Applied::NotDone => {
                let (key, attributes) = item(new)?;
                self.put_new(item_of(key.pairs().chain(attributes))).await
            }
        }
    }
}
