//! The table of jobs: work that is accepted at once and done later, whatever kind it is.
//! What differs between the kinds is how they end.

use std::marker::PhantomData;

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::types::AttributeValue;
use jiff::{SignedDuration, Timestamp};
use saldo_domain::id::{Id, OrgId};
use saldo_domain::revised::Revised;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use super::batch_get::batch_get;
use super::expression::Update;
use super::item::{Item, is_condition_failure, seconds, text};
use super::put_new::put_new;
use super::revised::{ATTEMPTS_MAX, Changed, outrun, put_revised};
use super::table_keys::{self, JOB_PART};
use crate::failure::Failure;

/// How long a job is kept: 90 days.
const KEPT: SignedDuration = SignedDuration::from_hours(90 * 24);
/// How long a job is kept that nobody has begun: as long as a queue keeps a message. A
/// job whose message was never sent (its caller got an error, or a crash) goes away by
/// itself.
const KEPT_UNBEGUN: SignedDuration = SignedDuration::from_hours(4 * 24);

/// A kind of job, as far as the table knows it.
pub trait Job: Serialize + DeserializeOwned {
    /// The ids of such jobs, which sort by the time they were made.
    type Id: Id + Ord;

    /// The list that such jobs are in, or what their lists begin with.
    const LIST: &'static str;
    /// The attribute that a job has once somebody has begun it.
    const BEGUN: &'static str;

    /// The statuses of jobs that have not ended.
    const UNFINISHED: &'static [&'static str] = &[RUNNING];

    /// The list that this job is in, which begins with [`Self::LIST`].
    fn list(&self) -> String {
        Self::LIST.to_owned()
    }

    /// The job's id.
    fn id(&self) -> &Self::Id;

    /// Whose job it is.
    fn org(&self) -> &OrgId;

    /// When it was accepted.
    fn created_at(&self) -> Timestamp;
}

/// The status of a job that has not ended.
pub(super) const RUNNING: &str = "processing";

/// The jobs of one kind, of all organizations.
#[derive(Debug)]
pub struct JobStore<J> {
    pub(super) client: Client,
    pub(super) table: String,
    kind: PhantomData<fn() -> J>,
}

impl<J> Clone for JobStore<J> {
    fn clone(&self) -> Self {
        Self { client: self.client.clone(), table: self.table.clone(), kind: PhantomData }
    }
}

/// A record as it lies in the table.
#[derive(Serialize, Deserialize)]
pub(super) struct Part<T> {
    pub(super) job: String,
    pub(super) part: String,
    /// In the index of the organization's jobs; only jobs are.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) listed: Option<String>,
    /// When DynamoDB may delete it, in seconds since 1970.
    pub(super) expires_at: i64,
    #[serde(flatten)]
    pub(super) record: T,
}

impl<J: Job> JobStore<J> {
    pub(crate) fn new(client: Client, table: String) -> Self {
        Self { client, table, kind: PhantomData }
    }

    /// Records a job that was just accepted and says whether it was new: if it is there
    /// already, nothing happens.
    ///
    /// # Errors
    /// [`Failure`] when DynamoDB fails.
    pub async fn accept(&self, job: &J) -> Result<bool, Failure> {
        let part = Part {
            job: table_keys::job(job.org(), job.id()),
            part: JOB_PART.to_owned(),
            listed: Some(table_keys::listed_jobs(job.org(), &job.list())),
            expires_at: (job.created_at() + KEPT_UNBEGUN).as_second(),
            record: job,
        };
        put_new(&self.client, &self.table, "job", to_item(part)?).await
    }

    /// Forgets a job that could not be queued, unless it has been begun all the same.
    ///
    /// # Errors
    /// [`Failure`] when DynamoDB fails.
    pub(crate) async fn discard(&self, job: &J) -> Result<(), Failure> {
        let delete = self
            .client
            .delete_item()
            .table_name(&self.table)
            .set_key(Some(table_keys::job_itself(job.org(), job.id())))
            .condition_expression("attribute_not_exists(#begun)")
            .expression_attribute_names("#begun", J::BEGUN)
            .send()
            .await;
        match delete {
            Err(error) if is_condition_failure(&error) => Ok(()),
            delete => delete.map(drop).map_err(Failure::of("DeleteItem on jobs")),
        }
    }

    /// The job, if the organization has it.
    ///
    /// # Errors
    /// [`Failure`] when DynamoDB fails.
    pub async fn get(&self, org: &OrgId, id: &J::Id) -> Result<Option<J>, Failure> {
        let answer = self
            .client
            .get_item()
            .table_name(&self.table)
            .set_key(Some(table_keys::job_itself(org, id)))
            .consistent_read(true)
            .send()
            .await
            .map_err(Failure::of("GetItem on jobs"))?;
        answer.item.map_or(Ok(None), from_living_item)
    }

    /// The organization's jobs, newest first: at most `limit` of those older than `after`,
    /// and whether there are more.
    ///
    /// # Errors
    /// [`Failure`] when DynamoDB fails.
    pub async fn list(
        &self,
        org: &OrgId,
        after: Option<&J::Id>,
        limit: usize,
    ) -> Result<(Vec<J>, bool), Failure> {
        self.list_of(org, J::LIST, after, limit).await
    }

    /// The same for the jobs that are in the list of this name.
    pub(super) async fn list_of(
        &self,
        org: &OrgId,
        list: &str,
        after: Option<&J::Id>,
        limit: usize,
    ) -> Result<(Vec<J>, bool), Failure> {
        let listed = text(table_keys::listed_jobs(org, list));
        let start = after.map(|after| {
            let mut start = table_keys::job_itself(org, after);
            start.insert("listed".to_owned(), listed.clone());
            start
        });
        let page = self
            .client
            .query()
            .table_name(&self.table)
            .index_name("by_org")
            .key_condition_expression("listed = :listed")
            .expression_attribute_values(":listed", listed)
            .scan_index_forward(false)
            .set_exclusive_start_key(start)
            .limit(i32::try_from(limit + 1).unwrap_or(i32::MAX))
            .send()
            .await
            .map_err(Failure::of("Query on jobs by_org"))?;
        let mut keys = page.items.unwrap_or_default();
        let more = keys.len() > limit;
        keys.truncate(limit);
        for key in &mut keys {
            key.retain(|name, _| name == "job" || name == "part");
        }
        let found = batch_get(&self.client, &self.table, keys, false).await?;
        let jobs: Result<Vec<_>, _> =
            found.into_iter().filter_map(|item| from_living_item(item).transpose()).collect();
        let mut jobs: Vec<J> = jobs?;
        jobs.sort_by(|a, b| b.id().cmp(a.id()));
        Ok((jobs, more))
    }

    /// Every job that has not ended, of all organizations. Reads the whole table: it is
    /// for a start after the queue was lost, not for a request.
    ///
    /// # Errors
    /// [`Failure`] when DynamoDB fails.
    pub async fn unfinished(&self) -> Result<Vec<J>, Failure> {
        let mut scan = self.client.scan().table_name(&self.table);
        let mut statuses = Vec::new();
        for (number, status) in J::UNFINISHED.iter().enumerate() {
            let placeholder = format!(":unfinished{number}");
            scan = scan.expression_attribute_values(&placeholder, text(status));
            statuses.push(placeholder);
        }
        let mut pages = scan
            .filter_expression(format!(
                "#part = :job AND #status IN ({}) AND contains(#listed, :list)",
                statuses.join(", ")
            ))
            .expression_attribute_names("#part", "part")
            .expression_attribute_names("#status", "status")
            .expression_attribute_names("#listed", "listed")
            .expression_attribute_values(":job", text(JOB_PART))
            .expression_attribute_values(":list", text(table_keys::list(J::LIST)))
            .into_paginator()
            .items()
            .send();
        let mut jobs = Vec::new();
        while let Some(item) = pages.next().await {
            jobs.push(from_item(item.map_err(Failure::of("Scan on jobs"))?)?);
        }
        Ok(jobs)
    }

    /// Updates the job, if the update's condition holds. Says whether it did.
    pub(super) async fn update(&self, job: &J, update: Update) -> Result<bool, Failure> {
        let request = self
            .client
            .update_item()
            .table_name(&self.table)
            .set_key(Some(table_keys::job_itself(job.org(), job.id())));
        match update.on(request).send().await {
            Err(error) if is_condition_failure(&error) => Ok(false),
            answer => answer.map(|_| true).map_err(Failure::of("UpdateItem on jobs")),
        }
    }
}

impl<J: Job + Revised> JobStore<J> {
    /// Changes a job as `change` does, which says whether it is to be changed.
    ///
    /// # Errors
    /// [`Failure`] when DynamoDB fails; it may have been changed or not.
    pub async fn change(
        &self,
        org: &OrgId,
        id: &J::Id,
        mut change: impl FnMut(&mut J) -> bool,
    ) -> Result<Changed<J>, Failure> {
        for _ in 0..ATTEMPTS_MAX {
            let Some(mut job) = self.get(org, id).await? else { return Ok(Changed::Gone) };
            if !change(&mut job) {
                return Ok(Changed::Refused(job));
            }
            if self.save(&mut job).await? {
                return Ok(Changed::Done(job));
            }
        }
        Err(outrun())
    }

    /// Writes back a job that was read and changed, if nobody has written it since. Says
    /// whether nobody had. The job counts as begun from then on.
    ///
    /// # Errors
    /// [`Failure`] when DynamoDB fails; the job may have been written or not.
    pub async fn save(&self, job: &mut J) -> Result<bool, Failure> {
        let part = |job: &J| {
            to_item(Part {
                job: table_keys::job(job.org(), job.id()),
                part: JOB_PART.to_owned(),
                listed: Some(table_keys::listed_jobs(job.org(), &job.list())),
                expires_at: expiry(job).as_second(),
                record: job,
            })
        };
        put_revised(&self.client, &self.table, job, part).await
    }
}

/// When a job that was begun, and what belongs to it, may be deleted.
pub(super) fn expiry<J: Job>(job: &J) -> Timestamp {
    job.created_at() + KEPT
}

/// The same as an attribute.
pub(super) fn expiry_value<J: Job>(job: &J) -> AttributeValue {
    seconds(expiry(job))
}

/// A count as an attribute.
pub(super) fn count(count: u64) -> AttributeValue {
    AttributeValue::N(count.to_string())
}

pub(super) fn to_item<T: Serialize>(part: Part<T>) -> Result<Item, Failure> {
    serde_dynamo::to_item(part).map_err(Failure::corrupt("a job"))
}

pub(super) fn from_item<T: DeserializeOwned>(item: Item) -> Result<T, Failure> {
    serde_dynamo::from_item::<_, Part<T>>(item).map(|part| part.record).map_err(Failure::corrupt("a job"))
}

/// Reads an item that counts only until it expires: DynamoDB deletes days later.
fn from_living_item<T: DeserializeOwned>(item: Item) -> Result<Option<T>, Failure> {
    let part: Part<T> = serde_dynamo::from_item(item).map_err(Failure::corrupt("a job"))?;
    Ok((part.expires_at > Timestamp::now().as_second()).then_some(part.record))
}
