//! Transactions: several writes, to one table or more, all of which are made or none.

use aws_sdk_dynamodb::types::{ConditionCheck, Delete, Put, TransactWriteItem, Update as UpdateAction};

use super::condition::{Condition, render_all};
use super::condition_failed::{ConditionFailed, outcome};
use super::item::Item;
use super::placeholders::Placeholders;
use super::table::{Key, Table};
use super::update::Update;
use crate::failure::Failure;

/// The most actions of a transaction.
pub(crate) const ACTIONS_MAX: usize = 100;

impl<K: Key> Table<K> {
    /// Makes all of the writes or none.
    ///
    /// # Errors
    /// [`Failure`] when DynamoDB fails; [`Failure::Throttled`] when all attempts of the SDK met other transactions or
    /// throttling.
    pub(crate) async fn transact(
        &self,
        actions: Vec<TransactWriteItem>,
    ) -> Result<Result<(), ConditionFailed>, Failure> {
        let transaction = self.client.transact_write_items().set_transact_items(Some(actions));
        Ok(outcome(transaction.send().await, K::OPERATIONS.transact)?.map(drop))
    }

    /// Puts an item as part of a transaction.
    pub(crate) fn put_action(
        &self,
        item: Item,
        condition: Option<&Condition>,
    ) -> Result<TransactWriteItem, Failure> {
        let mut placeholders = Placeholders::default();
        let condition = render_all(condition.map_or(&[], std::slice::from_ref), &mut placeholders);
        let put = Put::builder()
            .table_name(&self.name)
            .set_item(Some(item))
            .set_condition_expression(condition)
            .set_expression_attribute_names(placeholders.names())
            .set_expression_attribute_values(placeholders.values())
            .build()
            .map_err(Failure::unsendable(K::OPERATIONS.transact))?;
        Ok(TransactWriteItem::builder().put(put).build())
    }

    /// Updates an item as part of a transaction.
    pub(crate) fn update_action(&self, key: &K, update: &Update) -> Result<TransactWriteItem, Failure> {
        let (expression, condition, placeholders) = update.render();
        let update = UpdateAction::builder()
            .table_name(&self.name)
            .set_key(Some(key.attributes()))
            .update_expression(expression)
            .set_condition_expression(condition)
            .set_expression_attribute_names(placeholders.names())
            .set_expression_attribute_values(placeholders.values())
            .build()
            .map_err(Failure::unsendable(K::OPERATIONS.transact))?;
        Ok(TransactWriteItem::builder().update(update).build())
    }

    /// Deletes an item as part of a transaction.
    pub(crate) fn delete_action(
        &self,
        key: &K,
        condition: Option<&Condition>,
    ) -> Result<TransactWriteItem, Failure> {
        let mut placeholders = Placeholders::default();
        let condition = render_all(condition.map_or(&[], std::slice::from_ref), &mut placeholders);
        let delete = Delete::builder()
            .table_name(&self.name)
            .set_key(Some(key.attributes()))
            .set_condition_expression(condition)
            .set_expression_attribute_names(placeholders.names())
            .set_expression_attribute_values(placeholders.values())
            .build()
            .map_err(Failure::unsendable(K::OPERATIONS.transact))?;
        Ok(TransactWriteItem::builder().delete(delete).build())
    }

    /// Requires a condition of an item that the transaction does not write.
    pub(crate) fn check_action(&self, key: &K, condition: Condition) -> Result<TransactWriteItem, Failure> {
        let mut placeholders = Placeholders::default();
        let condition = render_all(&[condition], &mut placeholders);
        let check = ConditionCheck::builder()
            .table_name(&self.name)
            .set_key(Some(key.attributes()))
            .set_condition_expression(condition)
            .set_expression_attribute_names(placeholders.names())
            .set_expression_attribute_values(placeholders.values())
            .build()
            .map_err(Failure::unsendable(K::OPERATIONS.transact))?;
        Ok(TransactWriteItem::builder().condition_check(check).build())
    }
}
