//! Retries of writes that meet a transaction.
//!
//! DynamoDB refuses a write to an item that is part of a running transaction, and cancels a transaction on an item
//! that another request is writing. The same request succeeds later. The SDK does not retry these errors by itself,
//! so every DynamoDB client has a classifier that makes it.

use aws_sdk_dynamodb::config::interceptors::InterceptorContext;
use aws_sdk_dynamodb::config::retry::{ClassifyRetry, RetryAction};
use aws_sdk_dynamodb::error::ProvideErrorMetadata;
use aws_sdk_dynamodb::operation::delete_item::DeleteItemError;
use aws_sdk_dynamodb::operation::put_item::PutItemError;
use aws_sdk_dynamodb::operation::transact_write_items::TransactWriteItemsError;
use aws_sdk_dynamodb::operation::update_item::UpdateItemError;

use crate::failure::TRANSACTION_CONFLICT;

/// The reason codes of a cancelled transaction that may succeed later.
const PASSING: [&str; 3] = ["TransactionConflict", "ThrottlingError", "ProvisionedThroughputExceeded"];

/// Makes the SDK retry writes that met a transaction, and transactions that met a write, with its own pauses and as
/// often as it retries everything else.
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
        match code == Some(TRANSACTION_CONFLICT) || cancelled {
            true => RetryAction::transient_error(),
            false => RetryAction::NoActionIndicated,
        }
    }

    fn name(&self) -> &'static str {
        "transaction conflicts"
    }
}

/// Whether a transaction was cancelled for a reason that passes.
pub(super) fn is_passing(error: &TransactWriteItemsError) -> bool {
    let TransactWriteItemsError::TransactionCanceledException(cancelled) = error else { return false };
    let mut codes = cancelled.cancellation_reasons().iter().filter_map(|reason| reason.code());
    codes.any(|code| PASSING.contains(&code))
}
