//! The open imports of each organization: those of which a worker or a redrive may still write a row.
//!
//! An import is entered before its job is stored, and leaves when it has ended and nothing of it is left to do. So the
//! planner of an import knows for certain whether an older one may still write, now or later
//! (`docs/decisions/unchanged-rows.md`). An entry is an item of its own, so neither their number nor the number of imports a
//! second makes an item large or hot. They are in one partition, in the order of the imports.
//!
//! An older import can't be entered unnoticed after a planner has looked. The planner first records its import's place as
//! the newest one from which a planner has looked, and then reads the entries. An import is first entered and then
//! compares its place with that record: if the record is newer, the import takes a new place behind it. Of the two at
//! least one sees the other.

use std::collections::{BTreeSet, HashMap};

use aws_sdk_dynamodb::types::AttributeValue;
use jiff::{SignedDuration, Timestamp};
use saldo_domain::id::{ImportId, OrgId};
use saldo_domain::import::{ImportJob, ImportStatus, LONGEST_RUN, ScopeFiles};
use serde::{Deserialize, Serialize};

use super::ImportStore;
use crate::dynamodb::item::{Item, Reader, from_item, moment, text, to_item};
use crate::dynamodb::{Update, absent, at_most, between, equals, exists};
use crate::failure::Failure;
use crate::jobs::{entry_expiry, living_at};
use crate::table_keys::JobKey;

const WHAT: &str = "an open import";
/// The attribute with the newest place from which a planner has looked.
pub(super) const PLACE: &str = "place";
const ENTERED_AT: &str = "entered_at";
/// How often an import takes a new place because planners of newer ones overtake it.
const PLACES_MAX: u32 = 5;
/// The most entries that are read at once.
const ENTRIES_MAX: usize = 25;
/// The most times that entries of settled imports are removed before the planner gives up: the next one continues.
const ROUNDS_MAX: u32 = 4;

/// The entry of an open import.
#[derive(Clone, Debug, Serialize, Deserialize)]
struct Entry {
    /// The partition key.
    job: String,
    /// The sort key: the import's place in the order.
    part: ImportId,
    import: ImportId,
    /// When it was accepted, or when its last redrive began.
    #[serde(with = "jiff::fmt::serde::timestamp::millisecond::required")]
    entered_at: Timestamp,
    /// When DynamoDB may delete the entry: after the job has expired.
    expires_at: i64,
}

impl ImportStore {
    /// Enters an import that is about to be accepted among the open ones. Returns its place in the order (its id, or a
    /// newer one if a newer import is planned already) and the complete files of all scopes. An entry whose job is never stored
    /// counts for an hour.
    ///
    /// # Errors
    /// [`Failure`] when DynamoDB fails; the import may be entered or not.
    pub async fn enter(
        &self,
        org: &OrgId,
        id: &ImportId,
        now: Timestamp,
    ) -> Result<(ImportId, Vec<ScopeFiles>), Failure> {
        let mut place = id.clone();
        for _ in 0..PLACES_MAX {
            self.put_entry(org, id, &place, now).await?;
            let newest = self.newest(org).await?;
            match newest.place {
                Some(newest) if newest > place => place = ImportId::after(&newest),
                _ => return Ok((place, newest.scopes)),
            }
        }
        Err(Failure::Throttled { operation: "acceptance of an import that newer ones overtake" })
    }

    /// Enters an import again that has ended and is to be redriven. Returns `false` if it has left the open imports
    /// and a newer import was planned since: rows of that one may have left no marks, and a redrive would overwrite them.
    ///
    /// # Errors
    /// [`Failure`] when DynamoDB fails; the import may be entered or not.
    pub async fn enter_again(&self, job: &ImportJob, now: Timestamp) -> Result<bool, Failure> {
        // Later than its end by the clocks of both machines.
        let now = job.completed_at.map_or(now, |ended| now.max(ended + SignedDuration::from_millis(1)));
        let mut stay = Update::default();
        stay.set(ENTERED_AT, moment(now));
        stay.require(exists(ENTERED_AT));
        if self.table.update(&JobKey::open_import(&job.org, &job.place), &stay).await?.is_ok() {
            return Ok(true);
        }
        let is_newest = async || {
            let newest = self.newest_planned(&job.org).await?;
            Ok::<_, Failure>(newest.is_none_or(|newest| newest <= job.place))
        };
        if !is_newest().await? {
            return Ok(false);
        }
        self.put_entry(&job.org, &job.id, &job.place, now).await?;
        is_newest().await
    }

    /// Whether no import that is older than this one can write a row any more. If so, this remains true.
    ///
    /// # Errors
    /// [`Failure`] when DynamoDB fails.
    pub async fn no_older_is_open(&self, job: &ImportJob, now: Timestamp) -> Result<bool, Failure> {
        self.record_planned(job).await?;
        for _ in 0..ROUNDS_MAX {
            let (mut older, next) = self.entries_up_to(job, None).await?;
            older.retain(|entry| entry.part != job.place);
            if !self.remove_closed(&job.org, &older, now).await? {
                return Ok(false);
            }
            if next.is_none() {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// Whether an import that is older than this one has not ended. If not, no older one will begin any more. An import that has
    /// ended may be redriven, but newer ones do not wait for a redrive.
    ///
    /// # Errors
    /// [`Failure`] when DynamoDB fails.
    pub async fn older_is_unfinished(&self, job: &ImportJob, now: Timestamp) -> Result<bool, Failure> {
        self.has_older(job, now, |older| older.status == ImportStatus::Processing).await
    }

    /// Whether an import that is older than this one has rows that are not done, so that it may still create accounts. One that
    /// only closes what its file omits has none. If not, no older one will begin any more.
    ///
    /// # Errors
    /// [`Failure`] when DynamoDB fails.
    pub async fn older_writes_rows(&self, job: &ImportJob, now: Timestamp) -> Result<bool, Failure> {
        let writes = |older: &ImportJob| older.status == ImportStatus::Processing && older.closing.is_none();
        self.has_older(job, now, writes).await
    }

    /// Whether an import that is older than this one is as stated, or is being accepted.
    async fn has_older(
        &self,
        job: &ImportJob,
        now: Timestamp,
        is: impl Fn(&ImportJob) -> bool,
    ) -> Result<bool, Failure> {
        // A dry run has no place in the order: other imports need not make way for it.
        if !job.dry_run {
            self.record_planned(job).await?;
        }
        let mut start = None;
        loop {
            let (mut older, next) = self.entries_up_to(job, start).await?;
            older.retain(|entry| entry.import != job.id);
            let jobs = self.jobs_of(&job.org, older.iter().map(|entry| &entry.import), now).await?;
            if older.iter().any(|entry| entry.is(jobs.get(&entry.import), &is, now)) {
                return Ok(true);
            }
            match next {
                None => return Ok(false),
                next => start = next,
            }
        }
    }

    /// Whether an import that is newer than this one was entered and has not left.
    ///
    /// # Errors
    /// [`Failure`] when DynamoDB fails.
    pub async fn newer_is_entered(&self, job: &ImportJob) -> Result<bool, Failure> {
        let [from, to] = JobKey::open_behind(&job.place).map(text);
        let query = self.table.query(JobKey::open_imports(&job.org)).sort_key(between("part", from, to));
        Ok(!query.consistent().page(None, Some(1)).await?.items.is_empty())
    }

    /// The older imports that wait for a confirmation and whose complete files are of a scope that is in this one's.
    ///
    /// # Errors
    /// [`Failure`] when DynamoDB fails.
    pub async fn awaiting_before(&self, job: &ImportJob, now: Timestamp) -> Result<Vec<ImportJob>, Failure> {
        let (mut awaiting, mut start) = (Vec::new(), None);
        loop {
            let (older, next) = self.entries_up_to(job, start).await?;
            let jobs = self.jobs_of(&job.org, older.iter().map(|entry| &entry.import), now).await?;
            let jobs = jobs.into_values();
            let scope = job.complete_scope();
            let is_of_scope = |other: &ImportJob| {
                scope.zip(other.complete_scope()).is_some_and(|(scope, other)| scope.covers(other))
            };
            let is_awaiting = |other: &ImportJob| other.status == ImportStatus::AwaitingConfirmation;
            awaiting.extend(jobs.filter(|other| is_awaiting(other) && is_of_scope(other)));
            match next {
                None => return Ok(awaiting),
                next => start = next,
            }
        }
    }

    /// A page of the entries up to the place of this import, oldest first, and where the next page begins.
    async fn entries_up_to(
        &self,
        job: &ImportJob,
        start: Option<Item>,
    ) -> Result<(Vec<Entry>, Option<Item>), Failure> {
        let entries = self
            .table
            .query(JobKey::open_imports(&job.org))
            .sort_key(between("part", text(ImportId::PREFIX), text(&job.place)))
            .consistent();
        let page = entries.page(start, Some(ENTRIES_MAX)).await?;
        let entries: Result<Vec<Entry>, _> =
            page.items.into_iter().map(|item| from_item(item, WHAT)).collect();
        Ok((entries?, page.next))
    }

    /// Removes the entry of an import that has ended, if nothing of it is left to do and no redrive has begun since. If that
    /// fails, the planner of another import removes it.
    pub(super) async fn leave_if_settled(&self, job: &ImportJob) {
        let Some(ended) = job.completed_at.filter(|_| job.is_settled() && !job.dry_run) else { return };
        // A redrive enters the import again at a later time.
        let entered_before = absent(ENTERED_AT).or(at_most(ENTERED_AT, moment(ended)));
        let left = self.table.delete_if(&JobKey::open_import(&job.org, &job.place), &[entered_before]).await;
        if let Err(failure) = left {
            tracing::warn!(error = %failure.chain(), import = %job.id, "the entry of an import that has ended stays for now");
        }
    }

    /// Removes these entries, unless one of their imports is open or is redriven meanwhile. Returns whether all are removed.
    async fn remove_closed(&self, org: &OrgId, entries: &[Entry], now: Timestamp) -> Result<bool, Failure> {
        if entries.is_empty() {
            return Ok(true);
        }
        let jobs = self.jobs_of(org, entries.iter().map(|entry| &entry.import), now).await?;
        if entries.iter().any(|entry| entry.is_open(jobs.get(&entry.import), now)) {
            return Ok(false);
        }
        for entry in entries {
            let unchanged = absent(ENTERED_AT).or(equals(ENTERED_AT, moment(entry.entered_at)));
            let key = JobKey::open_import(org, &entry.part);
            if self.table.delete_if(&key, &[unchanged]).await?.is_err() {
                return Ok(false);
            }
        }
        Ok(true)
    }

    /// The jobs of these imports, which may be named repeatedly: an import may have entries at two places.
    pub(super) async fn jobs_of(
        &self,
        org: &OrgId,
        imports: impl Iterator<Item = &ImportId>,
        now: Timestamp,
    ) -> Result<HashMap<ImportId, ImportJob>, Failure> {
        let imports: BTreeSet<_> = imports.collect();
        let keys: Vec<_> = imports.into_iter().map(|import| JobKey::new(org, import)).collect();
        let jobs = self.table.batch_get(&keys, true).await?;
        // A worker that read a job just before it expired may still be running.
        let living = |item| living_at::<ImportJob>(item, now - LONGEST_RUN).transpose();
        let jobs = jobs.into_iter().filter_map(living);
        jobs.map(|job| job.map(|job| (job.id.clone(), job))).collect()
    }

    async fn put_entry(
        &self,
        org: &OrgId,
        id: &ImportId,
        place: &ImportId,
        now: Timestamp,
    ) -> Result<(), Failure> {
        let entry = Entry {
            job: JobKey::open_imports(org),
            part: place.clone(),
            import: id.clone(),
            entered_at: now,
            expires_at: entry_expiry(now).as_second(),
        };
        self.table.put(to_item(&entry, WHAT)?).await
    }

    /// The newest place from which a planner has looked.
    async fn newest_planned(&self, org: &OrgId) -> Result<Option<ImportId>, Failure> {
        let item = self.table.get(&JobKey::newest_planned(org)).await?;
        item.map(|item| Reader::new(&item, "the newest planned import").required(PLACE)).transpose()
    }

    /// Records that the planner of this import is about to look, unless one of a newer import has.
    async fn record_planned(&self, job: &ImportJob) -> Result<(), Failure> {
        let place: AttributeValue = text(&job.place);
        let mut update = Update::default();
        update.set(PLACE, place.clone());
        update.require(absent(PLACE).or(at_most(PLACE, place)));
        self.table.update(&JobKey::newest_planned(&job.org), &update).await.map(drop)
    }
}

impl Entry {
    /// Whether a worker or a redrive may still write a row of the import. `job` was read after the entry.
    fn is_open(&self, job: Option<&ImportJob>, now: Timestamp) -> bool {
        match job {
            // The request that accepts it is under way, or has failed.
            None => now < self.entered_at + LONGEST_RUN,
            // A request that was repeated has entered it at another place, too.
            Some(job) => job.place == self.part && job.is_open(self.entered_at, now),
        }
    }

    /// Whether the import is as stated, or is being accepted. `job` was read after the entry.
    fn is(&self, job: Option<&ImportJob>, is: impl Fn(&ImportJob) -> bool, now: Timestamp) -> bool {
        match job {
            None => now < self.entered_at + LONGEST_RUN,
            Some(job) => job.place == self.part && is(job),
        }
    }
}
