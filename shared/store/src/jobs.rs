//! The table of jobs: work that is accepted at once and done later. Imports, exports, synchronizations, uploads and
//! deliveries of notifications are jobs; each kind has its own way to end.

use std::marker::PhantomData;

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::types::AttributeValue;
use jiff::{SignedDuration, Timestamp};
use saldo_domain::id::{Id, OrgId};
use saldo_domain::revised::Revised;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use crate::dynamodb::item::{Item, from_item, seconds, text, to_item};
use crate::dynamodb::revised::{ATTEMPTS_MAX, Changed, outrun};
use crate::dynamodb::{Key, Table, Update, absent, contains, equals, one_of};
use crate::failure::Failure;
use crate::table_keys::{JOB_PART, JobKey};

const WHAT: &str = "a job";

/// How long a job is kept: 90 days.
const KEPT: SignedDuration = SignedDuration::from_hours(90 * 24);
/// How long a job is kept that no worker has begun: as long as a queue keeps a message. So a job expires whose message
/// was never sent, because its caller failed or crashed.
const KEPT_UNBEGUN: SignedDuration = SignedDuration::from_hours(4 * 24);

/// A kind of job.
pub trait Job: Serialize + DeserializeOwned {
    /// The ids of such jobs, which sort by their time of creation.
    type Id: Id + Ord;

    /// The list that such jobs are in, or the prefix of their lists.
    const LIST: &'static str;
    /// The attribute that a job has once a worker has begun it.
    const BEGUN: &'static str;

    /// The statuses of jobs that have not ended.
    const UNFINISHED: &'static [&'static str] = &[RUNNING];

    /// The list that this job is in, which begins with [`Self::LIST`].
    fn list(&self) -> String {
        Self::LIST.to_owned()
    }

    /// The job's id.
    fn id(&self) -> &Self::Id;

    /// The organization that it belongs to.
    fn org(&self) -> &OrgId;

    /// When it was accepted.
    fn created_at(&self) -> Timestamp;
}

/// The status of a job that has not ended.
pub(super) const RUNNING: &str = "processing";

/// The jobs of one kind, of all organizations.
#[derive(Debug)]
pub struct JobStore<J> {
    pub(super) table: Table<JobKey>,
    kind: PhantomData<fn() -> J>,
}

impl<J> Clone for JobStore<J> {
    fn clone(&self) -> Self {
        Self { table: self.table.clone(), kind: PhantomData }
    }
}

/// A job's item.
#[derive(Serialize, Deserialize)]
struct Record<T> {
    job: String,
    part: String,
    /// The partition key in the index of the organization's jobs.
    listed: String,
    /// When DynamoDB may delete it, in seconds since 1970.
    expires_at: i64,
    #[serde(flatten)]
    record: T,
}

impl<J: Job> JobStore<J> {
    pub(crate) fn new(client: Client, table: String) -> Self {
        Self { table: Table::new(client, table), kind: PhantomData }
    }

    /// Stores a job that was just accepted and returns whether it is new: if it is stored already, nothing happens.
    ///
    /// # Errors
    /// [`Failure`] when DynamoDB fails.
    pub async fn accept(&self, job: &J) -> Result<bool, Failure> {
        self.table.put_new(item(job, job.created_at() + KEPT_UNBEGUN)?).await
    }

    /// Deletes a job that could not be queued, unless a worker has begun it all the same.
    ///
    /// # Errors
    /// [`Failure`] when DynamoDB fails.
    pub(crate) async fn discard(&self, job: &J) -> Result<(), Failure> {
        let _begun = self.table.delete_if(&JobKey::new(job.org(), job.id()), &[absent(J::BEGUN)]).await?;
        Ok(())
    }

    /// The job, if the organization has it.
    ///
    /// # Errors
    /// [`Failure`] when DynamoDB fails.
    pub async fn get(&self, org: &OrgId, id: &J::Id) -> Result<Option<J>, Failure> {
        self.table.get(&JobKey::new(org, id)).await?.map_or(Ok(None), from_living_item)
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
        let query = self.table.query_index(JobKey::BY_ORG, JobKey::listed(org, list)).descending();
        let start = after.map(|after| JobKey::by_org(org, after, list));
        let mut keys = query.page(start, Some(limit + 1)).await?.items;
        let more = keys.len() > limit;
        keys.truncate(limit);
        let keys = keys.iter().map(JobKey::of).collect::<Result<Vec<_>, _>>()?;
        let found = self.table.batch_get(&keys, false).await?;
        let jobs: Result<Vec<_>, _> =
            found.into_iter().filter_map(|item| from_living_item(item).transpose()).collect();
        let mut jobs: Vec<J> = jobs?;
        jobs.sort_by(|a, b| b.id().cmp(a.id()));
        Ok((jobs, more))
    }

    /// Every job that has not ended, of all organizations. Reads the whole table: for a start after the queue was
    /// lost, not for a request.
    ///
    /// # Errors
    /// [`Failure`] when DynamoDB fails.
    pub async fn unfinished(&self) -> Result<Vec<J>, Failure> {
        let unfinished = [
            equals("part", text(JOB_PART)),
            one_of("status", J::UNFINISHED.iter().map(text).collect()),
            contains("listed", text(JobKey::list(J::LIST))),
        ];
        let items = self.table.scan(&unfinished).all().await?;
        items.into_iter().map(|item| from_item::<Record<J>>(item, WHAT).map(|found| found.record)).collect()
    }

    /// Updates the job if the update's conditions hold. Returns whether they held.
    pub(super) async fn update(&self, job: &J, update: &Update) -> Result<bool, Failure> {
        Ok(self.table.update(&JobKey::new(job.org(), job.id()), update).await?.is_ok())
    }
}

impl<J: Job + Revised> JobStore<J> {
    /// Changes a job: `change` returns whether it changed the job that it was given, which is then written.
    ///
    /// # Errors
    /// [`Failure`] when DynamoDB fails; the job may have been written or not.
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

    /// Writes back a job that was read and changed, if it has not been written since. Returns whether it has not. The
    /// job counts as begun from then on.
    ///
    /// # Errors
    /// [`Failure`] when DynamoDB fails; the job may have been written or not.
    pub async fn save(&self, job: &mut J) -> Result<bool, Failure> {
        self.table.put_revised(job, |job| item(job, expiry(job))).await
    }
}

/// When a job that was begun, and its parts, may be deleted.
fn expiry<J: Job>(job: &J) -> Timestamp {
    job.created_at() + KEPT
}

/// The same as an attribute.
pub(super) fn expiry_value<J: Job>(job: &J) -> AttributeValue {
    seconds(expiry(job))
}

/// The item of a job that expires then.
fn item<J: Job>(job: &J, expires_at: Timestamp) -> Result<Item, Failure> {
    let record = Record {
        job: JobKey::partition(job.org(), job.id()),
        part: JOB_PART.to_owned(),
        listed: JobKey::listed(job.org(), &job.list()),
        expires_at: expires_at.as_second(),
        record: job,
    };
    to_item(&record, WHAT)
}

/// When the entry of a job may be deleted that is stored after this time: after the job.
pub(super) fn entry_expiry(now: Timestamp) -> Timestamp {
    now + KEPT + SignedDuration::from_hours(24)
}

/// The job, unless it has expired: DynamoDB deletes late, by days.
pub(super) fn from_living_item<T: DeserializeOwned>(item: Item) -> Result<Option<T>, Failure> {
    living_at(item, Timestamp::now())
}

/// The job, unless it had expired at this time.
pub(super) fn living_at<T: DeserializeOwned>(item: Item, at: Timestamp) -> Result<Option<T>, Failure> {
    let found: Record<T> = from_item(item, WHAT)?;
    Ok((found.expires_at > at.as_second()).then_some(found.record))
}
