//! The change of an item that was read: alone, by `UpdateItem`, or with others in one request, by `PartiQL` statements.
//!
//! A `BatchExecuteStatement` of 25 statements takes a fraction of the processor time of 25 requests, at the same write
//! units. Its statements are independent: each has its own condition and its own error. `PartiQL` has no `if_not_exists`
//! and no upsert, so an item that was not there is inserted, and one that was is updated.
//!
//! Sources: [statements](https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/ql-reference.statements.html),
//! [errors of a batch](https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_BatchStatementError.html).

use std::time::{Duration, Instant};

use aws_sdk_dynamodb::types::{
    AttributeValue, BatchStatementError, BatchStatementErrorCodeEnum as Code, BatchStatementRequest,
    BatchStatementResponse, ReturnValuesOnConditionCheckFailure, TransactWriteItem,
};
use backon::BackoffBuilder;

use super::condition::{Condition, absent, is};
use super::condition_failed::ConditionFailed;
use super::item::{Item, NewItem};
use super::table::{Key, Table};
use super::update::Update;
use crate::failure::Failure;
use crate::pauses::PARTS_OF_A_BATCH;

/// The most statements in a batch.
pub(crate) const STATEMENTS_MAX: usize = 25;

/// How long after the first request for a batch another one may begin. A worker plans its time with one slow request.
const RESEND_MAX: Duration = Duration::from_secs(1);

/// The space for a statement's text; most need no more.
const TEXT_BYTES: usize = 512;

/// An item as it was read, as far as a write needs to compare it.
#[derive(Clone, Debug)]
pub(crate) enum AsRead {
    /// There was none.
    Missing,
    /// It had these values of some attributes; `None` stands for an attribute that it lacked.
    Item(Vec<(&'static str, Option<AttributeValue>)>),
}

impl AsRead {
    /// The item that was `read`, which is empty if there was none, with these attributes.
    pub(crate) fn of(read: &Item, attributes: &[&'static str]) -> Self {
        match read.is_empty() {
            true => Self::Missing,
            false => Self::Item(attributes.iter().map(|name| (*name, read.get(*name).cloned())).collect()),
        }
    }

    /// The conditions that the item is still so.
    pub(crate) fn conditions<K: Key>(&self) -> Vec<Condition> {
        match self {
            Self::Missing => vec![absent(K::PARTITION)],
            Self::Item(attributes) => {
                attributes.iter().map(|(name, value)| is(*name, value.clone())).collect()
            }
        }
    }
}

/// The change of an item that was read.
#[derive(Debug)]
pub(crate) struct Change<K> {
    key: K,
    sets: NewItem,
    removes: Vec<&'static str>,
    /// The change is made only if the item is still so.
    read: AsRead,
}

/// The result of a change in a batch.
#[derive(Debug)]
pub(crate) enum Applied {
    /// The item was changed.
    Done,
    /// The item was not as it was read. It is the item as it is, if DynamoDB returned it.
    Met(Option<Item>),
    /// DynamoDB did not make the change, or did not say that it did: it throttled it, for example, or met a transaction.
    /// Make it alone.
    NotDone,
}

impl<K: Key> Change<K> {
    /// The change that makes `after` of the item that was `read`, which is empty if there was none. Of the attributes
    /// that `after` lacks, those in `known` are removed; others stay. The change has the condition that the attributes
    /// in `guards` are as they were read, or that there still is no item.
    pub(crate) fn new(
        key: K,
        read: &Item,
        after: NewItem,
        known: impl IntoIterator<Item = &'static str>,
        guards: &[&'static str],
    ) -> Self {
        let has = |name: &str| after.iter().any(|(attribute, _)| *attribute == name);
        let removes = known.into_iter().filter(|name| read.contains_key(*name) && !has(name)).collect();
        let mut sets = after;
        sets.retain(|(name, value)| !K::NAMES.contains(name) && read.get(*name) != Some(value));
        Self { key, sets, removes, read: AsRead::of(read, guards) }
    }

    /// The change that makes an item with these attributes besides its key, if there is none with its key.
    pub(super) fn insertion(key: K, attributes: NewItem) -> Self {
        Self { key, sets: attributes, removes: Vec::new(), read: AsRead::Missing }
    }

    /// The attributes that it removes.
    #[cfg(test)]
    pub(crate) fn removes(&self) -> &[&'static str] {
        &self.removes
    }

    fn update(&self) -> Update {
        let mut update = Update::default();
        for (name, value) in &self.sets {
            update.set(*name, value.clone());
        }
        self.removes.iter().for_each(|name| update.remove(*name));
        self.read.conditions::<K>().into_iter().for_each(|condition| update.require(condition));
        update
    }

    fn statement(&self, table: &str) -> Result<BatchStatementRequest, Failure> {
        let (text, parameters) = match &self.read {
            AsRead::Missing => self.insert(table),
            AsRead::Item(attributes) => self.update_where(table, attributes),
        };
        BatchStatementRequest::builder()
            .statement(text)
            .set_parameters(Some(parameters))
            .return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld)
            .build()
            .map_err(Failure::unsendable(K::OPERATIONS.batch_execute))
    }

    /// The statement that inserts the item, with its parameters. It fails if there is an item with the key.
    fn insert(&self, table: &str) -> (String, Vec<AttributeValue>) {
        let (mut text, mut parameters) =
            (String::with_capacity(TEXT_BYTES), Vec::with_capacity(self.sets.len() + 2));
        text.extend(["INSERT INTO \"", table, "\" VALUE {"]);
        for (n, (name, value)) in self.key.pairs().chain(self.sets.iter().cloned()).enumerate() {
            text.extend([if n == 0 { "'" } else { ", '" }, name, "': ?"]);
            parameters.push(value);
        }
        text.push('}');
        (text, parameters)
    }

    /// The statement that updates the item if these attributes are as they were read, with its parameters.
    fn update_where(
        &self,
        table: &str,
        read: &[(&'static str, Option<AttributeValue>)],
    ) -> (String, Vec<AttributeValue>) {
        let (mut text, mut parameters) =
            (String::with_capacity(TEXT_BYTES), Vec::with_capacity(self.sets.len() + 6));
        text.extend(["UPDATE \"", table, "\""]);
        for (name, value) in &self.sets {
            text.extend([" SET \"", name, "\" = ?"]);
            parameters.push(value.clone());
        }
        for name in &self.removes {
            text.extend([" REMOVE \"", name, "\""]);
        }
        let keys = self.key.pairs().map(|(name, value)| (name, Some(value)));
        for (n, (name, value)) in keys.chain(read.iter().cloned()).enumerate() {
            text.extend([if n == 0 { " WHERE \"" } else { " AND \"" }, name, "\""]);
            text.push_str(if value.is_some() { " = ?" } else { " IS MISSING" });
            parameters.extend(value);
        }
        (text, parameters)
    }
}

impl<K: Key> Table<K> {
    /// Makes one change.
    pub(crate) async fn change(&self, change: &Change<K>) -> Result<Result<(), ConditionFailed>, Failure> {
        self.update(&change.key, &change.update()).await
    }

    /// Makes a change as part of a transaction.
    pub(crate) fn change_action(&self, change: &Change<K>) -> Result<TransactWriteItem, Failure> {
        self.update_action(&change.key, &change.update())
    }

    /// Makes at most [`STATEMENTS_MAX`] changes of different items in one request. Returns the result of each, in their
    /// order. Statements that DynamoDB did not execute are sent again, after pauses. If it throttles the whole request, or is
    /// too slow, although the SDK has retried it, those that are left are [`Applied::NotDone`]; some may have taken effect.
    ///
    /// If an answer is lost, the SDK sends the batch again, and the changes that took effect report [`Applied::Met`].
    ///
    /// # Errors
    /// [`Failure`] when DynamoDB fails otherwise; each change may have been made or not.
    pub(crate) async fn change_all(&self, changes: &[Change<K>]) -> Result<Vec<Applied>, Failure> {
        let mut results: Vec<Applied> = changes.iter().map(|_| Applied::NotDone).collect();
        let mut left: Vec<_> = changes.iter().zip(&mut results).collect();
        let (begun, mut pauses) = (Instant::now(), PARTS_OF_A_BATCH.build());
        loop {
            let sent: Vec<_> = left.iter().map(|(change, _)| *change).collect();
            let answers = match self.execute(&sent).await {
                Err(Failure::Throttled { .. }) => break,
                answers => answers?,
            };
            let mut again = Vec::new();
            for ((change, result), answer) in left.into_iter().zip(answers) {
                match answer.error {
                    None => *result = Applied::Done,
                    Some(error) if may_pass(&error) => again.push((change, result)),
                    Some(error) => *result = refused(K::OPERATIONS.batch_execute, error)?,
                }
            }
            left = again;
            if left.is_empty() || begun.elapsed() > RESEND_MAX {
                break;
            }
            let Some(pause) = pauses.next() else { break };
            tokio::time::sleep(pause).await;
        }
        Ok(results)
    }

    /// Sends the statements of changes. Returns an answer for each.
    async fn execute(&self, changes: &[&Change<K>]) -> Result<Vec<BatchStatementResponse>, Failure> {
        let operation = K::OPERATIONS.batch_execute;
        let statements = changes.iter().map(|change| change.statement(&self.name));
        let statements = statements.collect::<Result<_, _>>()?;
        let batch = self.client.batch_execute_statement().set_statements(Some(statements));
        let answers = batch.send().await.map_err(Failure::of(operation))?.responses.unwrap_or_default();
        match answers.len() == changes.len() {
            true => Ok(answers),
            false => Err(Failure::refused(operation, "the answer has another number of statements")),
        }
    }
}

/// Whether the same statement may succeed later.
fn may_pass(error: &BatchStatementError) -> bool {
    matches!(
        error.code,
        Some(
            Code::InternalServerError
                | Code::ProvisionedThroughputExceeded
                | Code::RequestLimitExceeded
                | Code::ThrottlingError
                | Code::TransactionConflict
        )
    )
}

/// The result of a statement that DynamoDB refused.
///
/// # Errors
/// [`Failure`] if no statement of this kind can succeed: the role does not allow it, or the table does not exist.
fn refused(operation: &'static str, error: BatchStatementError) -> Result<Applied, Failure> {
    match error.code {
        Some(Code::ConditionalCheckFailed | Code::DuplicateItem) => Ok(Applied::Met(error.item)),
        Some(Code::AccessDenied | Code::ResourceNotFound) => {
            Err(Failure::refused(operation, error.message.unwrap_or_default()))
        }
        code => {
            // Made alone, the change shows an error of its own.
            tracing::warn!(
                operation,
                code = code.as_ref().map(Code::as_str),
                "a statement of a batch failed"
            );
            Ok(Applied::NotDone)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dynamodb::item::{item_of, text};
    use crate::table_keys::JobKey;

    fn key() -> JobKey {
        JobKey::of(&item_of([("job", text("J")), ("part", text("P"))])).expect("a key")
    }

    /// A change of an item that was read.
    fn change(read: &[(&'static str, &str)]) -> Change<JobKey> {
        let read = item_of(read.iter().map(|(name, value)| (*name, text(value))));
        let after = vec![("a", text("1")), ("b", text("new"))];
        Change::new(key(), &read, after, ["a", "b", "gone"], &["revision", "stamps"])
    }

    /// The text of a change's statement, with its parameters in their places.
    fn statement(change: &Change<JobKey>) -> String {
        let statement = change.statement("table").expect("a statement");
        let mut parameters = statement.parameters().iter();
        let parts = statement.statement().split('?').map(|part| {
            let value = parameters.next().and_then(|value| value.as_s().ok());
            value.map_or_else(|| part.to_owned(), |value| format!("{part}'{value}'"))
        });
        parts.collect()
    }

    #[test]
    fn update_requires_the_attributes_that_were_read() {
        let read = [("job", "J"), ("part", "P"), ("a", "1"), ("b", "old"), ("gone", "x"), ("other", "y")];
        assert_eq!(
            statement(&change(&[&read[..], &[("revision", "R")]].concat())),
            r#"UPDATE "table" SET "b" = 'new' REMOVE "gone" WHERE "job" = 'J' AND "part" = 'P' AND "revision" = 'R' AND "stamps" IS MISSING"#
        );
        assert_eq!(
            statement(&change(&[&read[..], &[("stamps", "S")]].concat())),
            r#"UPDATE "table" SET "b" = 'new' REMOVE "gone" WHERE "job" = 'J' AND "part" = 'P' AND "revision" IS MISSING AND "stamps" = 'S'"#
        );
    }

    #[test]
    fn missing_item_is_inserted() {
        let inserted = r#"INSERT INTO "table" VALUE {'job': 'J', 'part': 'P', 'a': '1', 'b': 'new'}"#;
        assert_eq!(statement(&change(&[])), inserted);
        let attributes = vec![("a", text("1")), ("b", text("new"))];
        assert_eq!(statement(&Change::insertion(key(), attributes)), inserted);
    }
}
