//! The latest complete files of each scope: one item for each, beside the entries of open imports.
//!
//! A row that repeats its account in a complete file writes no day; the file says it once, here. An import that is accepted later
//! with an older day must see that, and does: the planner of a complete file first records it and then looks for entries of
//! newer imports, and the acceptance of an import first enters it and then reads these items. Of the two at least one sees
//! the other. A planner that sees a newer import has its rows leave marks.

use data_encoding::HEXLOWER;
use jiff::Timestamp;
use saldo_domain::id::{ImportId, OrgId};
use saldo_domain::import::{ImportJob, ImportStatus, Scope, ScopeFiles};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::{ATTEMPTS_MAX, ImportStore};
use crate::dynamodb::item::{Item, Reader, nested, text};
use crate::dynamodb::{Update, between, is};
use crate::failure::Failure;
use crate::table_keys::JobKey;

const WHAT: &str = "the files of a scope";
const FILES: &str = "files";

/// What an import that is accepted finds.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Newest {
    /// The newest place from which a planner has looked.
    pub(super) place: Option<ImportId>,
    /// The complete files of all scopes.
    pub(super) scopes: Vec<ScopeFiles>,
}

impl ImportStore {
    /// What the organization's newest planners have recorded, with one consistent read.
    pub(super) async fn newest(&self, org: &OrgId) -> Result<Newest, Failure> {
        let [from, to] = JobKey::NEWEST.map(text);
        let query = self.table.query(JobKey::open_imports(org)).sort_key(between("part", from, to));
        let mut newest = Newest::default();
        for item in query.consistent().all().await? {
            let reader = Reader::new(&item, WHAT);
            newest.place = newest.place.or(reader.optional(super::open::PLACE)?);
            newest.scopes.extend(files(&item)?);
        }
        Ok(newest)
    }

    /// The complete files of all scopes as they are now.
    ///
    /// # Errors
    /// [`Failure`] when DynamoDB fails.
    pub async fn scopes(&self, org: &OrgId) -> Result<Vec<ScopeFiles>, Failure> {
        Ok(self.newest(org).await?.scopes)
    }

    /// The complete files of all scopes as they are now, for the rows of this import: with whether the import of each, if it
    /// is older, has not ended, and whether it waits for a confirmation.
    ///
    /// # Errors
    /// [`Failure`] when DynamoDB fails.
    pub async fn scopes_for(&self, job: &ImportJob) -> Result<Vec<ScopeFiles>, Failure> {
        let mut scopes = self.scopes(&job.org).await?;
        let is_other = |of: &ScopeFiles| of.settled.as_ref() != Some(&of.accepted) && of.job != job.id;
        let others = scopes.iter().filter(|of| is_other(of)).map(|of| &of.job);
        let others = self.jobs_of(&job.org, others, Timestamp::now()).await?;
        for of in scopes.iter_mut().filter(|of| is_other(of)) {
            let Some(other) = others.get(&of.job) else { continue };
            match other.status {
                ImportStatus::Processing => of.is_unfinished = of.accepted.import < job.place,
                ImportStatus::AwaitingConfirmation => of.is_held = self.states_days(other).await?,
                _ => {}
            }
        }
        Ok(scopes)
    }

    /// Whether a complete file, whose rows are done, keeps its day for all of them: none was refused.
    ///
    /// # Errors
    /// [`Failure`] when DynamoDB fails.
    pub async fn states_days(&self, job: &ImportJob) -> Result<bool, Failure> {
        let refused = self.with_progress(job.clone()).await?.progress.counts.failed;
        Ok(refused == 0 && job.skips_days())
    }

    /// Records a complete file of a scope: `change` gets what is recorded.
    ///
    /// # Errors
    /// [`Failure`] when DynamoDB fails.
    pub async fn record_file(
        &self,
        org: &OrgId,
        scope: &Scope,
        change: impl Fn(Option<ScopeFiles>) -> Option<ScopeFiles>,
    ) -> Result<(), Failure> {
        let json = serde_json::to_vec(scope).map_err(Failure::corrupt(WHAT))?;
        let key = JobKey::newest_file(org, &HEXLOWER.encode(&Sha256::digest(json)));
        let mut before = self.table.get(&key).await?.as_ref().map(files).transpose()?.flatten();
        for _ in 0..ATTEMPTS_MAX {
            let after = change(before.clone());
            let Some(after) = after.filter(|after| before.as_ref() != Some(after)) else { return Ok(()) };
            let mut update = Update::default();
            update.require(is(FILES, before.as_ref().map(|files| nested(files, WHAT)).transpose()?));
            update.set(FILES, nested(&after, WHAT)?);
            match self.table.update(&key, &update).await? {
                Ok(()) => return Ok(()),
                Err(failed) => before = failed.into_item().as_ref().map(files).transpose()?.flatten(),
            }
        }
        Err(Failure::Throttled { operation: "UpdateItem on the files of a scope that others change" })
    }
}

/// The files in an item; `None` in one that has another content.
fn files(item: &Item) -> Result<Option<ScopeFiles>, Failure> {
    Reader::new(item, WHAT).nested(FILES)
}
