//! A table, its keys, and the requests for single items.

use std::marker::PhantomData;

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::types::{AttributeValue, ReturnValue, ReturnValuesOnConditionCheckFailure};

use super::condition::{Condition, absent, render_all};
use super::condition_failed::{ConditionFailed, outcome};
use super::item::{Item, item_of};
use super::placeholders::Placeholders;
use super::query::{Index, Query, Scan};
use super::update::Update;
use crate::failure::Failure;

/// The requests to a table, as errors and logs name them.
pub(crate) struct Operations {
    pub(crate) get: &'static str,
    pub(crate) batch_get: &'static str,
    pub(crate) batch_execute: &'static str,
    pub(crate) put: &'static str,
    pub(crate) update: &'static str,
    pub(crate) delete: &'static str,
    pub(crate) query: &'static str,
    pub(crate) scan: &'static str,
    pub(crate) transact: &'static str,
}

/// The primary key of a table's items.
pub(crate) trait Key: Sized {
    /// The name of the partition key.
    const PARTITION: &'static str;
    /// The names of the key attributes.
    const NAMES: &'static [&'static str];
    /// The requests to the table.
    const OPERATIONS: Operations;

    /// The key attributes.
    fn pairs(&self) -> impl Iterator<Item = (&'static str, AttributeValue)>;

    /// The key attributes, as requests take them.
    fn attributes(&self) -> Item {
        item_of(self.pairs())
    }

    /// The key of an item.
    ///
    /// # Errors
    /// [`Failure::Corrupt`] if a key attribute is missing.
    fn of(item: &Item) -> Result<Self, Failure>;
}

/// A table whose items have keys of type `K`.
#[derive(Debug)]
pub(crate) struct Table<K> {
    pub(super) client: Client,
    pub(super) name: String,
    key: PhantomData<fn() -> K>,
}

impl<K> Clone for Table<K> {
    fn clone(&self) -> Self {
        Self { client: self.client.clone(), name: self.name.clone(), key: PhantomData }
    }
}

impl<K: Key> Table<K> {
    pub(crate) fn new(client: Client, name: String) -> Self {
        Self { client, name, key: PhantomData }
    }

    /// The item with this key, if there is one, read consistently.
    pub(crate) async fn get(&self, key: &K) -> Result<Option<Item>, Failure> {
        let get = self.client.get_item().table_name(&self.name).set_key(Some(key.attributes()));
        let answer = get.consistent_read(true).send().await.map_err(Failure::of(K::OPERATIONS.get))?;
        Ok(answer.item)
    }

    /// Puts an item, in place of one with the same key.
    pub(crate) async fn put(&self, item: Item) -> Result<(), Failure> {
        let put = self.client.put_item().table_name(&self.name).set_item(Some(item));
        put.send().await.map(drop).map_err(Failure::of(K::OPERATIONS.put))
    }

    /// Puts an item if the one with the same key meets the conditions.
    pub(crate) async fn put_if(
        &self,
        item: Item,
        conditions: &[Condition],
    ) -> Result<Result<(), ConditionFailed>, Failure> {
        let mut placeholders = Placeholders::default();
        let condition = render_all(conditions, &mut placeholders);
        let put = self
            .client
            .put_item()
            .table_name(&self.name)
            .set_item(Some(item))
            .set_condition_expression(condition)
            .set_expression_attribute_names(placeholders.names())
            .set_expression_attribute_values(placeholders.values())
            .return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld);
        Ok(outcome(put.send().await, K::OPERATIONS.put)?.map(drop))
    }

    /// Puts an item if there is none with its key. Returns whether there was none.
    pub(crate) async fn put_new(&self, item: Item) -> Result<bool, Failure> {
        Ok(self.put_if(item, &[absent(K::PARTITION)]).await?.is_ok())
    }

    /// Updates an item if its conditions hold.
    pub(crate) async fn update(
        &self,
        key: &K,
        update: &Update,
    ) -> Result<Result<(), ConditionFailed>, Failure> {
        Ok(self.send_update(key, update, ReturnValue::None).await?.map(drop))
    }

    /// The same; returns the item as it is after the update.
    pub(crate) async fn update_and_get(
        &self,
        key: &K,
        update: &Update,
    ) -> Result<Result<Item, ConditionFailed>, Failure> {
        self.send_update(key, update, ReturnValue::AllNew).await
    }

    async fn send_update(
        &self,
        key: &K,
        update: &Update,
        wanted: ReturnValue,
    ) -> Result<Result<Item, ConditionFailed>, Failure> {
        let (expression, condition, placeholders) = update.render();
        let update = self
            .client
            .update_item()
            .table_name(&self.name)
            .set_key(Some(key.attributes()))
            .update_expression(expression)
            .set_condition_expression(condition)
            .set_expression_attribute_names(placeholders.names())
            .set_expression_attribute_values(placeholders.values())
            .return_values(wanted)
            .return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld);
        let answer = outcome(update.send().await, K::OPERATIONS.update)?;
        Ok(answer.map(|answer| answer.attributes.unwrap_or_default()))
    }

    /// Deletes the item with this key, if there is one.
    pub(crate) async fn delete(&self, key: &K) -> Result<(), Failure> {
        let delete = self.client.delete_item().table_name(&self.name).set_key(Some(key.attributes()));
        delete.send().await.map(drop).map_err(Failure::of(K::OPERATIONS.delete))
    }

    /// Deletes an item if it meets the conditions.
    pub(crate) async fn delete_if(
        &self,
        key: &K,
        conditions: &[Condition],
    ) -> Result<Result<(), ConditionFailed>, Failure> {
        let mut placeholders = Placeholders::default();
        let condition = render_all(conditions, &mut placeholders);
        let delete = self
            .client
            .delete_item()
            .table_name(&self.name)
            .set_key(Some(key.attributes()))
            .set_condition_expression(condition)
            .set_expression_attribute_names(placeholders.names())
            .set_expression_attribute_values(placeholders.values())
            .return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld);
        Ok(outcome(delete.send().await, K::OPERATIONS.delete)?.map(drop))
    }

    /// A query for the items of a partition, read with eventual consistency.
    pub(crate) fn query(&self, partition: impl Into<String>) -> Query {
        Query::new(
            self.client.query().table_name(&self.name),
            K::OPERATIONS.query,
            K::PARTITION,
            partition.into(),
        )
    }

    /// A query for the items of an index's partition, which lags behind the table.
    pub(crate) fn query_index(&self, index: Index, partition: impl Into<String>) -> Query {
        let query = self.client.query().table_name(&self.name).index_name(index.name);
        Query::new(query, K::OPERATIONS.query, index.partition, partition.into())
    }

    /// A scan of the whole table for the items that meet the conditions: for operators and schedules, not for a
    /// request.
    pub(crate) fn scan(&self, filter: &[Condition]) -> Scan {
        Scan::new(self.client.scan().table_name(&self.name), K::OPERATIONS.scan, filter)
    }
}
