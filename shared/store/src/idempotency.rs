//! Answers to requests with an `Idempotency-Key`, which are repeated for 24 hours.
//!
//! The first request with a key takes a lock and a seed. The seed outlives the lock: if the request dies half-way,
//! the next one with its key derives the same ids from the same seed, and so completes the work instead of doing it
//! twice.

use std::collections::BTreeMap;

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::types::AttributeValue;
use jiff::{SignedDuration, Timestamp};
use saldo_domain::id::OrgId;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::dynamodb::item::{EXPIRES_AT, from_item, moment, nested, seconds, text, to_item};
use crate::dynamodb::{Condition, Table, Update, absent, at_most, equals, exists, greater_than};
use crate::failure::Failure;
use crate::table_keys::RequestKey;

const WHAT: &str = "an idempotency record";
const ATTEMPT: &str = "attempt";
const LOCKED_UNTIL: &str = "locked_until";
const RESPONSE: &str = "response";

/// How long an answer is repeated: 24 hours.
const KEPT: SignedDuration = SignedDuration::from_hours(24);
/// How long a request may run before it counts as dead: twice the 30 seconds that API
/// Gateway waits.
const LOCKED: SignedDuration = SignedDuration::from_secs(60);

/// The answers to repeat, of all organizations.
#[derive(Clone, Debug)]
pub struct IdempotencyStore {
    table: Table<RequestKey>,
}

/// The state of a request with an idempotency key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Begun {
    /// The request has no answer yet, and this caller has the lock to run it.
    Fresh(Claim),
    /// The request was answered before.
    Answered(KeptResponse),
    /// Another caller is running the request.
    Running,
    /// The key was used for a different request.
    Mismatch,
}

/// The lock with which a caller runs a request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Claim {
    /// The seed of all ids that the request creates: a caller that takes the request over has the same.
    pub seed: Uuid,
    request: String,
    /// Distinguishes this claim from those of other callers.
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
    /// Distinguishes the caller that has the lock.
    attempt: Uuid,
    /// Until when the request counts as running.
    #[serde(with = "jiff::fmt::serde::timestamp::millisecond::required")]
    locked_until: Timestamp,
    /// When DynamoDB may delete the record, in seconds since 1970. The store compares it, too: DynamoDB deletes late,
    /// by days.
    expires_at: i64,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    response: Option<KeptResponse>,
}

impl IdempotencyStore {
    pub(crate) fn new(client: Client, table: String) -> Self {
        Self { table: Table::new(client, table) }
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
            request: RequestKey::new(org, route, key).into_request(),
            fingerprint: fingerprint.to_owned(),
            seed: Uuid::now_v7(),
            attempt: Uuid::now_v7(),
            locked_until: now + LOCKED,
            expires_at: (now + KEPT).as_second(),
            response: None,
        };
        let free = absent("request").or(at_most(EXPIRES_AT, seconds(now)));
        match self.put(&record, &[free]).await? {
            None => Ok(Begun::Fresh(record.claim())),
            // The SDK tried twice, and the answer to the first attempt was lost.
            Some(found) if found.attempt == record.attempt => Ok(Begun::Fresh(record.claim())),
            Some(found) if found.fingerprint != fingerprint => Ok(Begun::Mismatch),
            Some(Record { response: Some(response), .. }) => Ok(Begun::Answered(response)),
            Some(found) if found.locked_until > now => Ok(Begun::Running),
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
        let untouched = [
            exists("request"),
            equals(LOCKED_UNTIL, moment(dead.locked_until)),
            absent(RESPONSE),
            greater_than(EXPIRES_AT, seconds(now)),
        ];
        Ok(match self.put(&mine, &untouched).await? {
            None => Begun::Fresh(mine.claim()),
            Some(found) if found.attempt == mine.attempt => Begun::Fresh(mine.claim()),
            Some(_) => Begun::Running,
        })
    }

    /// Puts the record under conditions; returns the stored record if they do not hold.
    async fn put(&self, record: &Record, conditions: &[Condition]) -> Result<Option<Record>, Failure> {
        match self.table.put_if(to_item(record, WHAT)?, conditions).await? {
            Ok(()) => Ok(None),
            Err(failed) => from_item(failed.into_item().unwrap_or_default(), WHAT).map(Some),
        }
    }

    /// Stores the answer to a claimed request, unless another caller has taken the request over.
    ///
    /// # Errors
    /// [`Failure`] when DynamoDB fails.
    pub async fn keep(&self, claim: &Claim, response: &KeptResponse) -> Result<(), Failure> {
        self.update(claim, RESPONSE, nested(response, "an answer")?).await
    }

    /// Unlocks a claimed request that failed half-way: the next one continues with its seed.
    ///
    /// # Errors
    /// [`Failure`] when DynamoDB fails.
    pub async fn unlock(&self, claim: &Claim) -> Result<(), Failure> {
        self.update(claim, LOCKED_UNTIL, moment(Timestamp::UNIX_EPOCH)).await
    }

    /// Deletes the record of a claimed request that had no effect: the key may be used for another request.
    ///
    /// # Errors
    /// [`Failure`] when DynamoDB fails.
    pub async fn forget(&self, claim: &Claim) -> Result<(), Failure> {
        let mine = equals(ATTEMPT, text(claim.attempt));
        let _taken_over = self.table.delete_if(&RequestKey::of_request(&claim.request), &[mine]).await?;
        Ok(())
    }

    async fn update(
        &self,
        claim: &Claim,
        attribute: &'static str,
        value: AttributeValue,
    ) -> Result<(), Failure> {
        let mut update = Update::default();
        update.require(equals(ATTEMPT, text(claim.attempt)));
        update.set(attribute, value);
        let _taken_over = self.table.update(&RequestKey::of_request(&claim.request), &update).await?;
        Ok(())
    }
}

impl Record {
    fn claim(&self) -> Claim {
        Claim { seed: self.seed, request: self.request.clone(), attempt: self.attempt }
    }
}
