//! Answers to repeat: what `Idempotency-Key` promises.
//!
//! The first request with a key takes a lock and a seed. The seed outlives the lock: if
//! the request dies half-way, the one that comes after it works with the same seed, makes
//! the same ids from it, and so finishes what was begun rather than doing it twice.

use std::collections::BTreeMap;

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::error::SdkError;
use aws_sdk_dynamodb::operation::put_item::PutItemError;
use aws_sdk_dynamodb::types::ReturnValuesOnConditionCheckFailure;
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::item::{Item, text};
use super::table_keys;
use crate::failure::Failure;
use crate::id::OrgId;

/// How long an answer is repeated: 24 hours.
const KEPT: SignedDuration = SignedDuration::from_hours(24);
/// How long a request may run before it counts as dead: twice the 30 seconds that API
/// Gateway waits.
const LOCKED: SignedDuration = SignedDuration::from_secs(60);

/// The answers to repeat.
#[derive(Clone, Debug)]
pub struct IdempotencyStore {
    client: Client,
    table: String,
}

/// What a request with an idempotency key finds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Begun {
    /// Nobody has finished this request. It is this caller's to run, with this seed.
    Fresh(Uuid),
    /// It was answered; this is the answer.
    Answered(KeptResponse),
    /// Another caller is running it.
    Running,
    /// The key was used for a different request.
    Mismatch,
}

/// A kept answer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct KeptResponse {
    /// The HTTP status.
    pub status: u16,
    /// The headers that belong to the answer.
    pub headers: BTreeMap<String, String>,
    /// The body.
    pub body: String,
}

#[derive(Serialize, Deserialize)]
struct Record {
    request: String,
    fingerprint: String,
    seed: Uuid,
    /// Until when the request counts as running, in seconds since 1970.
    locked_until: i64,
    /// When DynamoDB may delete the record, in seconds since 1970. It is compared on
    /// reading too: deletion lags by days.
    expires_at: i64,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    response: Option<KeptResponse>,
}

impl IdempotencyStore {
    pub(crate) fn new(client: Client, table: String) -> Self {
        Self { client, table }
    }

    /// Begins a request. `fingerprint` is a digest of all that makes two requests the same.
    ///
    /// # Errors
    /// [`Failure`] when DynamoDB fails.
    pub async fn begin(
        &self,
        org: &OrgId,
        key: &str,
        fingerprint: &str,
        now: Timestamp,
    ) -> Result<Begun, Failure> {
        let record = Record {
            request: table_keys::idempotent_request(org, key),
            fingerprint: fingerprint.to_owned(),
            seed: Uuid::now_v7(),
            locked_until: (now + LOCKED).as_second(),
            expires_at: (now + KEPT).as_second(),
            response: None,
        };
        let free = "attribute_not_exists(#request) OR expires_at <= :now";
        match self.put(&record, free, now, None).await? {
            None => Ok(Begun::Fresh(record.seed)),
            Some(found) if found.fingerprint != fingerprint => Ok(Begun::Mismatch),
            Some(Record { response: Some(response), .. }) => Ok(Begun::Answered(response)),
            Some(found) if found.locked_until > now.as_second() => Ok(Begun::Running),
            Some(dead) => self.take_over(&record, &dead, now).await,
        }
    }

    /// Takes over a request whose caller died, with its seed.
    async fn take_over(&self, record: &Record, dead: &Record, now: Timestamp) -> Result<Begun, Failure> {
        let mine = Record {
            request: record.request.clone(),
            fingerprint: record.fingerprint.clone(),
            seed: dead.seed,
            response: None,
            ..*record
        };
        let untouched = "attribute_exists(#request) AND locked_until = :seen AND attribute_not_exists(#response) AND expires_at > :now";
        let lost = self.put(&mine, untouched, now, Some(dead.locked_until)).await?;
        Ok(if lost.is_some() { Begun::Running } else { Begun::Fresh(mine.seed) })
    }

    /// Puts the record under a condition; returns what is there instead if it fails.
    async fn put(
        &self,
        record: &Record,
        condition: &str,
        now: Timestamp,
        seen: Option<i64>,
    ) -> Result<Option<Record>, Failure> {
        let seconds = |seconds: i64| aws_sdk_dynamodb::types::AttributeValue::N(seconds.to_string());
        let put = self
            .client
            .put_item()
            .table_name(&self.table)
            .set_item(Some(to_item(record)?))
            .condition_expression(condition)
            .expression_attribute_names("#request", "request")
            .expression_attribute_values(":now", seconds(now.as_second()))
            .return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld);
        let put = match seen {
            Some(seen) => put
                .expression_attribute_names("#response", "response")
                .expression_attribute_values(":seen", seconds(seen)),
            None => put,
        };
        match put.send().await {
            Ok(_) => Ok(None),
            Err(error) => match condition_failure(&error) {
                Some(found) => from_item(found).map(Some),
                None => Err(Failure::of("PutItem on idempotency")(error)),
            },
        }
    }

    /// Keeps the answer of a request that this caller ran.
    ///
    /// # Errors
    /// [`Failure`] when DynamoDB fails.
    pub async fn keep(&self, org: &OrgId, key: &str, response: &KeptResponse) -> Result<(), Failure> {
        let response = serde_dynamo::to_attribute_value(response).map_err(Failure::corrupt("an answer"))?;
        self.client
            .update_item()
            .table_name(&self.table)
            .key("request", text(table_keys::idempotent_request(org, key)))
            .update_expression("SET #response = :response")
            .expression_attribute_names("#response", "response")
            .expression_attribute_values(":response", response)
            .send()
            .await
            .map(drop)
            .map_err(Failure::of("UpdateItem on idempotency"))
    }

    /// Gives up a request that had no effect: the key may be used for another.
    ///
    /// # Errors
    /// [`Failure`] when DynamoDB fails.
    pub async fn forget(&self, org: &OrgId, key: &str) -> Result<(), Failure> {
        self.client
            .delete_item()
            .table_name(&self.table)
            .key("request", text(table_keys::idempotent_request(org, key)))
            .send()
            .await
            .map(drop)
            .map_err(Failure::of("DeleteItem on idempotency"))
    }

    /// Unlocks a request that failed half-way: the next one goes on with its seed.
    ///
    /// # Errors
    /// [`Failure`] when DynamoDB fails.
    pub async fn unlock(&self, org: &OrgId, key: &str) -> Result<(), Failure> {
        self.client
            .update_item()
            .table_name(&self.table)
            .key("request", text(table_keys::idempotent_request(org, key)))
            .update_expression("SET locked_until = :past")
            .expression_attribute_values(":past", aws_sdk_dynamodb::types::AttributeValue::N("0".to_owned()))
            .send()
            .await
            .map(drop)
            .map_err(Failure::of("UpdateItem on idempotency"))
    }
}

fn to_item(record: &Record) -> Result<Item, Failure> {
    serde_dynamo::to_item(record).map_err(Failure::corrupt("an idempotency record"))
}

fn from_item(item: Item) -> Result<Record, Failure> {
    serde_dynamo::from_item(item).map_err(Failure::corrupt("an idempotency record"))
}

/// What the item was when the condition failed; `None` for any other error.
fn condition_failure<R>(error: &SdkError<PutItemError, R>) -> Option<Item> {
    match error.as_service_error() {
        Some(PutItemError::ConditionalCheckFailedException(failed)) => {
            Some(failed.item.clone().unwrap_or_default())
        }
        _ => None,
    }
}
