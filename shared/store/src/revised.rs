//! Records that are read, changed and written back whole, by several at once: who writes
//! what is based on an older state than the table's has to read again.

use std::collections::HashMap;

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::operation::put_item::PutItemError;
use aws_sdk_dynamodb::types::ReturnValuesOnConditionCheckFailure;
use saldo_domain::revised::Revised;
use uuid::Uuid;

use super::item::{Item, text};
use crate::failure::Failure;

/// The attribute that tells one state of such a record from another.
const REVISION: &str = "revision";

/// Gives the record a new revision and puts the item that `item` makes of it, if the table
/// has it as it was before. Says whether it had; the record has the new revision only then.
pub(super) async fn put_revised<R: Revised>(
    client: &Client,
    table: &str,
    record: &mut R,
    item: impl FnOnce(&R) -> Result<Item, Failure>,
) -> Result<bool, Failure> {
    let (before, after) = (record.revision(), Uuid::now_v7());
    record.set_revision(after);
    let written = match item(record) {
        Ok(item) => put_after(client, table, item, before, after).await,
        Err(failure) => Err(failure),
    };
    // If it was written all the same, the next attempt finds that out.
    if !matches!(written, Ok(true)) {
        record.set_revision(before);
    }
    written
}

/// Puts an item of the revision `after`, if the table has it with the revision `before`.
async fn put_after(
    client: &Client,
    table: &str,
    item: Item,
    before: Uuid,
    after: Uuid,
) -> Result<bool, Failure> {
    let put = client
        .put_item()
        .table_name(table)
        .set_item(Some(item))
        .condition_expression("#revision = :before")
        .expression_attribute_names("#revision", REVISION)
        .set_expression_attribute_values(Some(HashMap::from([(":before".to_owned(), text(before))])))
        .return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld)
        .send()
        .await;
    match put {
        Ok(_) => Ok(true),
        Err(error) => match error.as_service_error() {
            // If it is the new one, the SDK tried twice and the first answer was lost.
            Some(PutItemError::ConditionalCheckFailedException(failed)) => {
                Ok(failed.item.as_ref().and_then(|item| item.get(REVISION)) == Some(&text(after)))
            }
            _ => Err(Failure::of("PutItem of a changed record")(error)),
        },
    }
}

/// How often a record is read again that somebody else has written in between.
pub(super) const ATTEMPTS_MAX: u32 = 5;

/// What became of a change.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Changed<R> {
    /// The record is as changed.
    Done(R),
    /// The record was not to be changed, as it was.
    Refused(R),
    /// There is no such record.
    Gone,
}

/// The failure of a change that others were always ahead of.
pub(super) fn outrun() -> Failure {
    Failure::Throttled { operation: "a record that others write at the same time" }
}
