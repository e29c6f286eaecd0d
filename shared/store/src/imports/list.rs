//! The list of an organization's imports, newest first.
//!
//! The index has the keys of imports in the order of their ids, which sort by time: a filter by time reads that part of the index
//! alone. A filter by status reads the jobs in between, and a bounded number of them for each page.

use std::collections::VecDeque;

use jiff::{SignedDuration, Timestamp};
use saldo_domain::id::{ImportId, OrgId};
use saldo_domain::import::{ImportFilter, ImportJob};

use super::ImportStore;
use crate::dynamodb::item::text;
use crate::dynamodb::{Key, between};
use crate::failure::Failure;
use crate::jobs::{Job, from_living_item};
use crate::table_keys::JobKey;

/// The jobs that are read at once, if not all of them are in the list: as many as one `BatchGetItem` takes.
const JOBS_AT_ONCE: usize = 100;
/// The most jobs that are read for a page. They cost half a read unit each.
const JOBS_MAX: usize = 500;
/// How much older the id of an import can be than the import: a repeated request with an `Idempotency-Key` has the id of the
/// first one for a day.
const IDS_OLDER: SignedDuration = SignedDuration::from_hours(25);
/// How much newer the id of an import can be than the import, if machines have different clocks.
const IDS_NEWER: SignedDuration = SignedDuration::from_mins(5);

/// A page of imports.
#[derive(Debug)]
pub struct ImportPage {
    /// The imports, newest first.
    pub jobs: Vec<ImportJob>,
    /// Where the next page starts, if there may be one: after this import. A page with a filter may be empty and
    /// have a next one.
    pub next: Option<ImportId>,
}

impl ImportStore {
    /// The organization's imports that pass the filter, newest first: at most `limit` of those older than `after`.
    ///
    /// # Errors
    /// [`Failure`] when DynamoDB fails.
    pub async fn list_filtered(
        &self,
        org: &OrgId,
        filter: &ImportFilter,
        after: Option<&ImportId>,
        limit: usize,
    ) -> Result<ImportPage, Failure> {
        let list = ImportJob::LIST;
        let from = filter.created.from.map_or(Timestamp::UNIX_EPOCH, |from| saturating(from, -IDS_OLDER));
        let to = filter.created.to.map_or(Timestamp::MAX, |to| saturating(to, IDS_NEWER));
        let [from, to] = [from, to].map(|at| JobKey::imports_at(org, at));
        let mut start = None;
        if let Some(after) = after {
            let key = JobKey::partition(org, after);
            if key < from {
                return Ok(ImportPage { jobs: Vec::new(), next: None });
            }
            // DynamoDB refuses a start outside of what the query reads.
            start = (key <= to).then(|| JobKey::by_org(org, after, list));
        }
        let index = self.table.query_index(JobKey::BY_ORG, JobKey::listed(org, list)).descending();
        let index = index.sort_key(between("job", text(from), text(to)));
        let (mut jobs, mut read) = (Vec::new(), 0);
        loop {
            // One more than the page has shows whether there is a next one.
            let missing = limit + 1 - jobs.len();
            let at_once = if filter.is_empty() { missing } else { JOBS_AT_ONCE };
            let page = index.page(start, Some(at_once)).await?;
            let keys = page.items.iter().map(JobKey::of).collect::<Result<Vec<_>, _>>()?;
            let mut found = self.listed_jobs(&keys).await?;
            while let Some(job) = found.pop_front() {
                if !filter.matches(&job) {
                    continue;
                }
                if jobs.len() == limit {
                    let next = jobs.last().map(|last: &ImportJob| last.id.clone());
                    return Ok(ImportPage { jobs, next });
                }
                jobs.push(job);
            }
            read += keys.len();
            let Some(next) = page.next else { return Ok(ImportPage { jobs, next: None }) };
            if read >= JOBS_MAX {
                return Ok(ImportPage { jobs, next: Some(JobKey::of(&next)?.import()?) });
            }
            start = Some(next);
        }
    }

    /// The jobs with these keys that have not expired, newest first.
    async fn listed_jobs(&self, keys: &[JobKey]) -> Result<VecDeque<ImportJob>, Failure> {
        let found = self.table.batch_get(keys, false).await?;
        let jobs = found.into_iter().filter_map(|item| from_living_item(item).transpose());
        let mut jobs: Vec<ImportJob> = jobs.collect::<Result<_, _>>()?;
        jobs.sort_by(|a, b| b.id.cmp(&a.id));
        Ok(jobs.into())
    }
}

fn saturating(at: Timestamp, by: SignedDuration) -> Timestamp {
    at.saturating_add(by).unwrap_or(at)
}
