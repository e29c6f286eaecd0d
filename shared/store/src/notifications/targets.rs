//! The targets of endpoints: a URL and an observe key are one endpoint's at most.
//!
//! Each endpoint has an item beside it whose key follows from its URL and its observe key and
//! which names the endpoint. Both are written and deleted in one transaction, so of two requests
//! at the same moment one finds the target taken.

use aws_sdk_dynamodb::types::{AttributeValue, Delete, Put, TransactWriteItem};
use saldo_domain::id::{NotificationId, OrgId};
use saldo_domain::notification::{NotifyUri, ObserveKey};

use super::NotificationStore;
use crate::conflict;
use crate::failure::Failure;
use crate::item::text;
use crate::table_keys;

const OPERATION: &str = "TransactWriteItems on accesses";

/// Where an endpoint points, and whose it is.
pub(super) struct Target<'a> {
    pub(super) org: &'a OrgId,
    pub(super) endpoint: &'a NotificationId,
    pub(super) uri: &'a NotifyUri,
    pub(super) observe_key: &'a ObserveKey,
}

impl Target<'_> {
    /// Whether both are the same URL and observe key.
    pub(super) fn is_same_as(&self, other: &Self) -> bool {
        key(self) == key(other)
    }
}

impl NotificationStore {
    /// Takes the target, unless another endpoint has it.
    pub(super) fn take(&self, target: &Target<'_>) -> Result<TransactWriteItem, Failure> {
        let put = Put::builder()
            .table_name(&self.table)
            .item("org", text(target.org))
            .item("id", key(target))
            .item("endpoint", text(target.endpoint))
            // An earlier attempt of the same request may have taken it.
            .condition_expression("attribute_not_exists(id) OR endpoint = :endpoint")
            .expression_attribute_values(":endpoint", text(target.endpoint))
            .build();
        Ok(TransactWriteItem::builder().put(put.map_err(Failure::unsendable(OPERATION))?).build())
    }

    /// Gives the target back that the endpoint has.
    pub(super) fn give_back(&self, target: &Target<'_>) -> Result<TransactWriteItem, Failure> {
        let delete = Delete::builder()
            .table_name(&self.table)
            .key("org", text(target.org))
            .key("id", key(target))
            .condition_expression("endpoint = :endpoint")
            .expression_attribute_values(":endpoint", text(target.endpoint))
            .build();
        Ok(TransactWriteItem::builder().delete(delete.map_err(Failure::unsendable(OPERATION))?).build())
    }

    /// Makes the actions together, or none of them. Returns the indexes of those whose condition does
    /// not hold: none if all were made.
    pub(super) async fn transact(&self, actions: Vec<TransactWriteItem>) -> Result<Vec<usize>, Failure> {
        conflict::transact(&self.client, actions, OPERATION).await
    }
}

/// The sort key of a target's item.
fn key(target: &Target<'_>) -> AttributeValue {
    text(table_keys::notification_target(target.uri, target.observe_key))
}
