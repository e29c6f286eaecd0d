//! Conflicts with transactions. DynamoDB refuses a write to an item that is part of a running
//! transaction, and cancels a transaction on an item that another one, or a plain write, is
//! changing: nothing is wrong with either, and tried again it goes through. The SDK does not do that by
//! itself, so a classifier that every DynamoDB client has tells it to.

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::config::interceptors::InterceptorContext;
use aws_sdk_dynamodb::config::retry::{ClassifyRetry, RetryAction};
use aws_sdk_dynamodb::error::ProvideErrorMetadata;
use aws_sdk_dynamodb::operation::delete_item::DeleteItemError;
use aws_sdk_dynamodb::operation::put_item::PutItemError;
use aws_sdk_dynamodb::operation::transact_write_items::TransactWriteItemsError;
use aws_sdk_dynamodb::operation::update_item::UpdateItemError;
use aws_sdk_dynamodb::types::TransactWriteItem;

use crate::failure::Failure;

/// The error of a write that meets a transaction.
pub(crate) const CONFLICT: &str = "TransactionConflictException";
/// The reasons for which a transaction is cancelled that may succeed when it is tried again.
const PASSING: [&str; 3] = ["TransactionConflict", "ThrottlingError", "ProvisionedThroughputExceeded"];

/// Has the SDK try writes again that met a transaction, and transactions that met a write, with
/// its own pauses and as often as it tries everything else.
#[derive(Debug)]
pub(crate) struct RetryConflicts;

impl ClassifyRetry for RetryConflicts {
    fn classify_retry(&self, context: &InterceptorContext) -> RetryAction {
        let error =
            context.output_or_error().and_then(Result::err).and_then(|error| error.as_operation_error());
        let Some(error) = error else { return RetryAction::NoActionIndicated };
        let code = error
            .downcast_ref::<UpdateItemError>()
            .and_then(ProvideErrorMetadata::code)
            .or_else(|| error.downcast_ref::<PutItemError>()?.code())
            .or_else(|| error.downcast_ref::<DeleteItemError>()?.code());
        let cancelled = error.downcast_ref().is_some_and(is_passing);
        match code == Some(CONFLICT) || cancelled {
            true => RetryAction::transient_error(),
            false => RetryAction::NoActionIndicated,
        }
    }

    fn name(&self) -> &'static str {
        "transaction conflicts"
    }
}

/// The reason of an action whose condition does not hold.
const CONDITION_FAILED: &str = "ConditionalCheckFailed";

/// Why each action of a cancelled transaction was not made, in the order of the actions.
fn reasons(error: &TransactWriteItemsError) -> impl Iterator<Item = &str> {
    let cancelled = match error {
        TransactWriteItemsError::TransactionCanceledException(cancelled) => cancelled.cancellation_reasons(),
        _ => &[],
    };
    cancelled.iter().map(|reason| reason.code().unwrap_or_default())
}

/// Whether a transaction was cancelled for something that passes.
fn is_passing(error: &TransactWriteItemsError) -> bool {
    reasons(error).any(|reason| PASSING.contains(&reason))
}

/// Does all of the actions or none. Returns the indexes of the actions whose condition does not
/// hold: none if all were done.
///
/// # Errors
/// [`Failure`] when DynamoDB fails; [`Failure::Throttled`] when the attempts of the SDK met other
/// transactions or throttling.
pub(super) async fn transact(
    client: &Client,
    actions: Vec<TransactWriteItem>,
    operation: &'static str,
) -> Result<Vec<usize>, Failure> {
    let answer = client.transact_write_items().set_transact_items(Some(actions)).send().await;
    let Err(error) = answer else { return Ok(Vec::new()) };
    let Some(refusal) = error.as_service_error() else { return Err(Failure::of(operation)(error)) };
    let refused: Vec<usize> = reasons(refusal)
        .enumerate()
        .filter(|(_, reason)| *reason == CONDITION_FAILED)
        .map(|(at, _)| at)
        .collect();
    match refused.is_empty() {
        false => Ok(refused),
        true if is_passing(refusal) => Err(Failure::Throttled { operation }),
        true => Err(Failure::of(operation)(error)),
    }
}
