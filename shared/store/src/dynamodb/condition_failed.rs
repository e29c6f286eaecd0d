//! The error of a conditional write, alone or in a transaction.

use std::error::Error;
use std::fmt::Debug;

use aws_sdk_dynamodb::error::{ProvideErrorMetadata, SdkError};
use aws_sdk_dynamodb::operation::delete_item::DeleteItemError;
use aws_sdk_dynamodb::operation::put_item::PutItemError;
use aws_sdk_dynamodb::operation::transact_write_items::TransactWriteItemsError;
use aws_sdk_dynamodb::operation::update_item::UpdateItemError;

use super::conflict::is_passing;
use super::item::Item;
use crate::failure::Failure;

/// The reason code of an action in a cancelled transaction whose condition does not hold.
const CONDITION_FAILED: &str = "ConditionalCheckFailed";

/// The error of a write that DynamoDB refused because a condition does not hold.
#[derive(Debug)]
pub(crate) struct ConditionFailed {
    /// The index of each action whose condition does not hold (0 for a single write), and its item, if there is one
    /// and DynamoDB returned it.
    actions: Vec<(usize, Option<Item>)>,
}

impl ConditionFailed {
    /// The item that did not meet the condition; `None` if there was no item. For transactions that do not ask for
    /// items it is always `None`.
    pub(crate) fn into_item(self) -> Option<Item> {
        self.actions.into_iter().next().and_then(|(_, item)| item)
    }

    /// The index of the first action of the transaction whose condition does not hold.
    pub(crate) fn first_action(&self) -> Option<usize> {
        self.actions.first().map(|(index, _)| *index)
    }

    fn of_write(item: Option<&Item>) -> Self {
        Self { actions: vec![(0, item.cloned())] }
    }
}

/// An error of a request that may have a condition.
pub(super) trait ConditionalError {
    /// The failed condition, if that is the error.
    fn condition_failed(&self) -> Option<ConditionFailed>;

    /// Whether the same request may succeed later.
    fn is_passing(&self) -> bool {
        false
    }
}

macro_rules! conditional_write {
    ($($error:ident),*) => {$(
        impl ConditionalError for $error {
            fn condition_failed(&self) -> Option<ConditionFailed> {
                match self {
                    Self::ConditionalCheckFailedException(failed) => {
                        Some(ConditionFailed::of_write(failed.item()))
                    }
                    _ => None,
                }
            }
        }
    )*};
}

conditional_write!(PutItemError, UpdateItemError, DeleteItemError);

impl ConditionalError for TransactWriteItemsError {
    fn condition_failed(&self) -> Option<ConditionFailed> {
        let Self::TransactionCanceledException(cancelled) = self else { return None };
        let reasons = cancelled.cancellation_reasons().iter().enumerate();
        let failed = reasons.filter(|(_, reason)| reason.code() == Some(CONDITION_FAILED));
        let actions: Vec<_> = failed.map(|(index, reason)| (index, reason.item().cloned())).collect();
        (!actions.is_empty()).then_some(ConditionFailed { actions })
    }

    fn is_passing(&self) -> bool {
        is_passing(self)
    }
}

/// Sorts the answer to a conditional write into success, a failed condition and failures of DynamoDB.
pub(super) fn outcome<T, E, R>(
    answer: Result<T, SdkError<E, R>>,
    operation: &'static str,
) -> Result<Result<T, ConditionFailed>, Failure>
where
    E: ConditionalError + ProvideErrorMetadata + Error + Send + Sync + 'static,
    R: Debug + Send + Sync + 'static,
{
    let error = match answer {
        Ok(answer) => return Ok(Ok(answer)),
        Err(error) => error,
    };
    match error.as_service_error() {
        Some(refusal) => match refusal.condition_failed() {
            Some(failed) => Ok(Err(failed)),
            None if refusal.is_passing() => Err(Failure::Throttled { operation }),
            None => Err(Failure::of(operation)(error)),
        },
        None => Err(Failure::of(operation)(error)),
    }
}

#[cfg(test)]
mod tests {
    use aws_sdk_dynamodb::types::CancellationReason;
    use aws_sdk_dynamodb::types::error::TransactionCanceledException;

    use super::*;
    use crate::dynamodb::item::text;

    fn cancelled(codes: [&str; 3]) -> TransactWriteItemsError {
        let reason = |code: &str| CancellationReason::builder().code(code).item("id", text(code)).build();
        let reasons = codes.map(reason).to_vec();
        let cancelled = TransactionCanceledException::builder().set_cancellation_reasons(Some(reasons));
        TransactWriteItemsError::TransactionCanceledException(cancelled.build())
    }

    #[test]
    fn failed_condition_is_found_in_cancelled_transaction() {
        let failed = cancelled(["None", CONDITION_FAILED, CONDITION_FAILED]).condition_failed();
        let failed = failed.expect("a failed condition");
        assert_eq!(failed.first_action(), Some(1));
        let item = failed.into_item().expect("the item");
        assert_eq!(item.get("id"), Some(&text(CONDITION_FAILED)));
        let throttled = cancelled(["None", "ThrottlingError", "None"]);
        assert!(throttled.condition_failed().is_none() && throttled.is_passing());
    }
}
