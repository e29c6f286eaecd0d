//! The targets of endpoints: a URL and an observe key are one endpoint's at most.
//!
//! Each endpoint has an item beside it whose key follows from its URL and its observe key and
//! which names the endpoint. Both are written and deleted in one transaction, so of two requests
//! at the same moment one finds the target taken.

use std::time::Duration;

use aws_sdk_dynamodb::error::SdkError;
use aws_sdk_dynamodb::operation::transact_write_items::TransactWriteItemsError;
use aws_sdk_dynamodb::types::{AttributeValue, Delete, Put, TransactWriteItem};
use backon::{BackoffBuilder, ExponentialBuilder};

use super::NotificationStore;
use crate::failure::Failure;
use crate::id::{NotificationId, OrgId};
use crate::notification::{NotifyUri, ObserveKey};
use crate::store::item::text;
use crate::store::table_keys;

const OPERATION: &str = "TransactWriteItems on accesses";

/// The pauses before a transaction is made again that met another request for the same items.
const RETRIES: ExponentialBuilder = ExponentialBuilder::new()
    .with_jitter()
    .with_min_delay(Duration::from_millis(20))
    .with_max_delay(Duration::from_millis(500))
    .with_max_times(6);

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

/// How a transaction ended.
#[derive(Debug, PartialEq)]
pub(super) enum Transacted {
    Done,
    /// The condition of the action at this index does not hold.
    Refused(usize),
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

    /// Makes the actions together, or none of them.
    pub(super) async fn transact(&self, actions: Vec<TransactWriteItem>) -> Result<Transacted, Failure> {
        let mut pauses = RETRIES.build();
        loop {
            let transaction = self.client.transact_write_items().set_transact_items(Some(actions.clone()));
            let error = match transaction.send().await {
                Ok(_) => return Ok(Transacted::Done),
                Err(error) => error,
            };
            let reasons = reasons(&error);
            if let Some(index) = reasons.iter().position(|reason| *reason == "ConditionalCheckFailed") {
                return Ok(Transacted::Refused(index));
            }
            // The SDK does not retry a conflict with another transaction.
            if !reasons.contains(&"TransactionConflict") {
                return Err(Failure::of(OPERATION)(error));
            }
            let Some(pause) = pauses.next() else { return Err(Failure::Throttled { operation: OPERATION }) };
            tokio::time::sleep(pause).await;
        }
    }
}

/// The sort key of a target's item.
fn key(target: &Target<'_>) -> AttributeValue {
    text(table_keys::notification_target(target.uri, target.observe_key))
}

/// Why each action of a cancelled transaction was not made, in the order of the actions.
fn reasons<R>(error: &SdkError<TransactWriteItemsError, R>) -> Vec<&str> {
    match error.as_service_error() {
        Some(TransactWriteItemsError::TransactionCanceledException(cancelled)) => {
            cancelled.cancellation_reasons().iter().map(|reason| reason.code().unwrap_or_default()).collect()
        }
        _ => Vec::new(),
    }
}
