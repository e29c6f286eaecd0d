//! The import profiles, in the table of jobs, whose imports they belong to.
//!
//! A profile's item has its latest version. A change copies it to an item of its own and replaces it, in one transaction, so
//! that old versions stay readable. A name is an item, too, which is written in one transaction with its profile: of two
//! requests with the same name at the same moment one finds it taken. A deletion deletes the profile, its old versions and
//! its name, in this order: a name without its profile says that a deletion is not finished, which the next request with
//! the name does.

use aws_sdk_dynamodb::Client;
use futures::{StreamExt, TryStreamExt, stream};
use saldo_domain::changed_by::ChangedBy;
use saldo_domain::id::{OrgId, ProfileId};
use saldo_domain::import::{ImportOptions, ImportProfile, PROFILES_MAX, ProfileKey, ProfileName};
use saldo_domain::revised::Revised;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::dynamodb::item::{CHANGED_BY, Item, Reader, changed_by, from_item, text, to_item};
use crate::dynamodb::revised::has_revision;
use crate::dynamodb::{Key, Table, absent, begins_with, equals};
use crate::failure::Failure;
use crate::limits::WRITES_IN_FLIGHT;
use crate::table_keys::JobKey;

const WHAT: &str = "an import profile";
/// The attribute of a name's item with the profile that has the name.
const PROFILE: &str = "profile";

/// The import profiles of all organizations.
#[derive(Clone, Debug)]
pub struct ProfileStore {
    table: Table<JobKey>,
}

/// The item of a profile, or of one of its versions.
#[derive(Serialize, Deserialize)]
struct Record {
    job: String,
    part: String,
    #[serde(flatten)]
    profile: ImportProfile,
}

/// The result of the creation of a profile.
#[derive(Debug)]
pub enum ProfileCreation {
    /// The profile, also if an earlier attempt of the same request has created it.
    Stored(Box<ImportProfile>),
    /// Another profile has the name.
    NameTaken,
    /// The organization has as many profiles as it may have.
    TooMany,
}

impl ProfileStore {
    pub(crate) fn new(client: Client, table: String) -> Self {
        Self { table: Table::new(client, table) }
    }

    /// Stores a new profile.
    ///
    /// # Errors
    /// [`Failure`] when DynamoDB fails.
    pub async fn create(
        &self,
        org: &OrgId,
        new: ImportProfile,
        by: &ChangedBy,
    ) -> Result<ProfileCreation, Failure> {
        // Simultaneous requests can exceed the bound by a few, which is harmless: it is there to prevent thousands.
        // Names are counted, since DynamoDB reads whole items, of which a profile may have 100 KB.
        let names = self.table.query(JobKey::profiles(org)).sort_key(is_name()).project(&[PROFILE]);
        let others = names.all().await?.into_iter().filter(|name| name.get(PROFILE) != Some(&text(&new.id)));
        if others.count() >= PROFILES_MAX {
            return Ok(ProfileCreation::TooMany);
        }
        let created = self.try_create(org, &new, by).await?;
        match created {
            ProfileCreation::NameTaken if self.finish_deletion(org, &new.name).await? => {
                self.try_create(org, &new, by).await
            }
            _ => Ok(created),
        }
    }

    async fn try_create(
        &self,
        org: &OrgId,
        new: &ImportProfile,
        by: &ChangedBy,
    ) -> Result<ProfileCreation, Failure> {
        let mut name = JobKey::profile_name(org, &new.name).attributes();
        name.insert(PROFILE.to_owned(), text(&new.id));
        let item = item(JobKey::profile(org, &new.id), new, Some(by))?;
        let actions = vec![
            self.table.put_action(item, Some(&absent("job")))?,
            self.table.put_action(name, Some(&absent("job")))?,
        ];
        match self.table.transact(actions).await? {
            Ok(()) => Ok(ProfileCreation::Stored(new.clone().into())),
            // The first condition fails if an earlier attempt of the same request was carried out.
            Err(_) => Ok(match self.get(org, &new.id).await? {
                Some(created) => ProfileCreation::Stored(created.into()),
                None => ProfileCreation::NameTaken,
            }),
        }
    }

    /// The latest version of the profile, if the organization has it.
    ///
    /// # Errors
    /// [`Failure`] when DynamoDB fails.
    pub async fn find(&self, org: &OrgId, key: &ProfileKey) -> Result<Option<ImportProfile>, Failure> {
        match key {
            ProfileKey::Id(id) => self.get(org, id).await,
            ProfileKey::Name(name) => match self.id_of(org, name).await? {
                Some(id) => self.get(org, &id).await,
                None => Ok(None),
            },
        }
    }

    /// A version of a profile whose latest one was read.
    ///
    /// # Errors
    /// [`Failure`] when DynamoDB fails.
    pub async fn version(
        &self,
        org: &OrgId,
        latest: ImportProfile,
        version: u32,
    ) -> Result<Option<ImportProfile>, Failure> {
        if version == latest.version {
            return Ok(Some(latest));
        }
        if version > latest.version {
            return Ok(None);
        }
        let key = JobKey::profile_version(org, &latest.id, version);
        self.table.get(&key).await?.map(profile).transpose()
    }

    /// The organization's profiles in the order of their ids: at most `limit` of those after `after`, and whether there are
    /// more.
    ///
    /// # Errors
    /// [`Failure`] when DynamoDB fails.
    pub async fn list(
        &self,
        org: &OrgId,
        after: Option<&ProfileId>,
        limit: usize,
    ) -> Result<(Vec<ImportProfile>, bool), Failure> {
        let query = self.table.query(JobKey::profiles(org)).sort_key(is_profile()).consistent();
        let mut start = after.map(|after| JobKey::profile(org, after).attributes());
        let mut items = Vec::new();
        // A page ends after 1 MB, however many items are wanted.
        while items.len() <= limit {
            let page = query.page(start, Some(limit + 1 - items.len())).await?;
            items.extend(page.items);
            start = page.next;
            if start.is_none() {
                break;
            }
        }
        let has_more = items.len() > limit;
        items.truncate(limit);
        Ok((items.into_iter().map(profile).collect::<Result<_, _>>()?, has_more))
    }

    /// Makes the next version of the profile that was `seen`, with these options. Returns it, or `None` if the profile was
    /// changed or deleted since.
    ///
    /// # Errors
    /// [`Failure`] when DynamoDB fails; the version may have been made or not.
    pub async fn change(
        &self,
        org: &OrgId,
        seen: ImportProfile,
        options: ImportOptions,
        now: jiff::Timestamp,
        by: &ChangedBy,
    ) -> Result<Option<ImportProfile>, Failure> {
        let old = item(JobKey::profile_version(org, &seen.id, seen.version), &seen, None)?;
        let unchanged = has_revision(Some(text(seen.revision)));
        let mut next = seen.with_options(options, now);
        next.set_revision(Uuid::now_v7());
        let new = item(JobKey::profile(org, &next.id), &next, Some(by))?;
        let actions = vec![self.table.put_action(old, None)?, self.table.put_action(new, Some(&unchanged))?];
        if self.table.transact(actions).await?.is_ok() {
            return Ok(Some(next));
        }
        // Its revision is the new one, if the SDK tried twice and the answer to the first attempt was lost.
        let now = self.get(org, &next.id).await?;
        Ok(now.filter(|now| now.revision == next.revision))
    }

    /// Deletes the profile that was `seen`, with all versions. Returns whether it had not changed since.
    ///
    /// # Errors
    /// [`Failure`] when DynamoDB fails; the profile may have been deleted or not.
    pub async fn delete(&self, org: &OrgId, seen: &ImportProfile) -> Result<bool, Failure> {
        let unchanged = has_revision(Some(text(seen.revision)));
        if self.table.delete_if(&JobKey::profile(org, &seen.id), &[unchanged]).await?.is_err() {
            return Ok(false);
        }
        self.release(org, &seen.name, &seen.id).await?;
        Ok(true)
    }

    /// Finishes the deletion of the profile that had this name, if the request that has begun it did not. Returns whether it
    /// was to be finished.
    ///
    /// # Errors
    /// [`Failure`] when DynamoDB fails.
    pub async fn finish_deletion(&self, org: &OrgId, name: &ProfileName) -> Result<bool, Failure> {
        let Some(id) = self.id_of(org, name).await? else { return Ok(false) };
        // It was written with its name, so that it was deleted if it is not there.
        if self.get(org, &id).await?.is_some() {
            return Ok(false);
        }
        self.release(org, name, &id).await?;
        Ok(true)
    }

    /// Deletes the old versions of a profile that is deleted, and then its name.
    async fn release(&self, org: &OrgId, name: &ProfileName, id: &ProfileId) -> Result<(), Failure> {
        self.forget_versions(org, id).await?;
        let is_its_name = equals(PROFILE, text(id));
        self.table.delete_if(&JobKey::profile_name(org, name), &[is_its_name]).await.map(drop)
    }

    /// Deletes the old versions of a profile that is deleted.
    ///
    /// # Errors
    /// [`Failure`] when DynamoDB fails.
    pub async fn forget_versions(&self, org: &OrgId, id: &ProfileId) -> Result<(), Failure> {
        let versions = self.table.query(JobKey::partition(org, id)).project(&["job", "part"]).all().await?;
        let keys = versions.iter().map(JobKey::of).collect::<Result<Vec<_>, _>>()?;
        let deletions: Vec<_> = keys.iter().map(|key| self.table.delete(key)).collect();
        stream::iter(deletions).buffer_unordered(WRITES_IN_FLIGHT).try_collect().await
    }

    async fn get(&self, org: &OrgId, id: &ProfileId) -> Result<Option<ImportProfile>, Failure> {
        self.table.get(&JobKey::profile(org, id)).await?.map(profile).transpose()
    }

    async fn id_of(&self, org: &OrgId, name: &ProfileName) -> Result<Option<ProfileId>, Failure> {
        let item = self.table.get(&JobKey::profile_name(org, name)).await?;
        item.map(|item| Reader::new(&item, "the name of an import profile").required(PROFILE)).transpose()
    }
}

/// The condition of sort keys that they are those of profiles, not of names.
fn is_profile() -> crate::dynamodb::Condition {
    begins_with("part", text(ProfileId::PREFIX))
}

/// The condition of sort keys that they are those of names.
fn is_name() -> crate::dynamodb::Condition {
    begins_with("part", text(JobKey::PROFILE_NAME))
}

fn item(key: JobKey, profile: &ImportProfile, by: Option<&ChangedBy>) -> Result<Item, Failure> {
    let (job, part) = key.into_parts();
    let mut item = to_item(&Record { job, part, profile: profile.clone() }, WHAT)?;
    item.extend(by.map(|by| (CHANGED_BY.to_owned(), changed_by(by))));
    Ok(item)
}

fn profile(item: Item) -> Result<ImportProfile, Failure> {
    from_item::<Record>(item, WHAT).map(|record| record.profile)
}
