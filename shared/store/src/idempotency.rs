//! Answers to repeat: what `Idempotency-Key` promises.
//!
//! The first request with a key takes a lock and a seed. The seed outlives the lock: if
//! the request dies half-way, the one that comes after it works with the same seed, makes
//! the same ids from it, and so finishes what was begun rather than doing it twice.

use std::collections::BTreeMap;

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::error::{ProvideErrorMetadata, SdkError};
use aws_sdk_dynamodb::operation::put_item::PutItemError;
use aws_sdk_dynamodb::types::{AttributeValue, ReturnValuesOnConditionCheckFailure};
use jiff::{SignedDuration, Timestamp};
use saldo_domain::id::OrgId;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::expression::Update;
use super::item::{Item, is_condition_failure, text};
use super::table_keys;
use crate::failure::Failure;

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
    /// Nobody has finished this request. It is this caller's to run.
    Fresh(Claim),
    /// It was answered; this is the answer.
    Answered(KeptResponse),
    /// Another caller is running it.
    Running,
    /// The key was used for a different request.
    Mismatch,
}

/// A request that is this caller's to run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Claim {
    /// What the request derives its ids from: the same for whoever takes it over.
    pub seed: Uuid,
    request: String,
    /// Told apart from the claims of others, before and after.
    attempt: Uuid,
}

/// A kept answer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct KeptResponse {
    /// The HTTP status.
    pub status: u16,
    /// The headers that belong to the answer.
    pub headers: BTreeMap<String, String>,
    /// The body.
    pub body: KeptBody,
}

/// The body of a kept answer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum KeptBody {
    /// It is this text.
    Text(String),
    /// It is too large for a record and lies in a file.
    File {
        /// The file's name.
        file: String,
    },
}

#[derive(Serialize, Deserialize)]
struct Record {
    request: String,
    fingerprint: String,
    seed: Uuid,
    /// Who runs the request.
    attempt: Uuid,
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

    /// Begins a request to `route`, whose keys are its own. `fingerprint` is a digest of everything that
    /// makes two requests the same.
    ///
    /// # Errors
    /// [`Failure`] when DynamoDB fails.
    pub async fn begin(
        &self,
        org: &OrgId,
        route: &str,
        key: &str,
        fingerprint: &str,
        now: Timestamp,
    ) -> Result<Begun, Failure> {
        let record = Record {
            request: table_keys::idempotent_request(org, route, key),
            fingerprint: fingerprint.to_owned(),
            seed: Uuid::now_v7(),
            attempt: Uuid::now_v7(),
            locked_until: (now + LOCKED).as_second(),
            expires_at: (now + KEPT).as_second(),
            response: None,
        };
        let free = "attribute_not_exists(#request) OR expires_at <= :now";
        match self.put(&record, free, now, None).await? {
            None => Ok(Begun::Fresh(record.claim())),
            // The SDK tried twice, and the answer to the first attempt was lost.
            Some(found) if found.attempt == record.attempt => Ok(Begun::Fresh(record.claim())),
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
        Ok(match self.put(&mine, untouched, now, Some(dead.locked_until)).await? {
            None => Begun::Fresh(mine.claim()),
            Some(found) if found.attempt == mine.attempt => Begun::Fresh(mine.claim()),
            Some(_) => Begun::Running,
        })
    }

    /// Puts the record under a condition; returns what is there instead if it fails.
    async fn put(
        &self,
        record: &Record,
        condition: &str,
        now: Timestamp,
        seen: Option<i64>,
    ) -> Result<Option<Record>, Failure> {
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

    /// Keeps the answer of a claimed request.
    ///
    /// # Errors
    /// [`Failure`] when DynamoDB fails.
    pub async fn keep(&self, claim: &Claim, response: &KeptResponse) -> Result<(), Failure> {
        let response = serde_dynamo::to_attribute_value(response).map_err(Failure::corrupt("an answer"))?;
        self.update(claim, "response", response).await
    }

    /// Unlocks a claimed request that failed half-way: the next one goes on with its seed.
    ///
    /// # Errors
    /// [`Failure`] when DynamoDB fails.
    pub async fn unlock(&self, claim: &Claim) -> Result<(), Failure> {
        self.update(claim, "locked_until", seconds(0)).await
    }

    /// Gives up a claimed request that had no effect: the key may be used for another.
    ///
    /// # Errors
    /// [`Failure`] when DynamoDB fails.
    pub async fn forget(&self, claim: &Claim) -> Result<(), Failure> {
        let delete = self
            .client
            .delete_item()
            .table_name(&self.table)
            .key("request", text(&claim.request))
            .condition_expression("attempt = :attempt")
            .expression_attribute_values(":attempt", text(claim.attempt))
            .send()
            .await;
        unless_taken_over(delete.map(drop), "DeleteItem on idempotency")
    }

    async fn update(&self, claim: &Claim, attribute: &str, value: AttributeValue) -> Result<(), Failure> {
        let mut update = Update::default();
        let attempt = update.value(text(claim.attempt));
        update.require(format!("attempt = {attempt}"));
        update.set(attribute, value);
        let request = self.client.update_item().table_name(&self.table).key("request", text(&claim.request));
        unless_taken_over(update.on(request).send().await.map(drop), "UpdateItem on idempotency")
    }
}

impl Record {
    fn claim(&self) -> Claim {
        Claim { seed: self.seed, request: self.request.clone(), attempt: self.attempt }
    }
}

/// A claim that somebody else has taken over is theirs to settle.
fn unless_taken_over<E, R>(done: Result<(), SdkError<E, R>>, operation: &'static str) -> Result<(), Failure>
where
    E: ProvideErrorMetadata + std::error::Error + Send + Sync + 'static,
    R: std::fmt::Debug + Send + Sync + 'static,
{
    match done {
        Err(error) if is_condition_failure(&error) => Ok(()),
        done => done.map_err(Failure::of(operation)),
    }
}

fn seconds(seconds: i64) -> AttributeValue {
    AttributeValue::N(seconds.to_string())
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
