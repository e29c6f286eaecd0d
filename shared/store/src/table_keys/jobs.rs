//! The keys of the table of jobs.

use jiff::Timestamp;
use saldo_domain::id::{Id, ImportId, OrgId, ProfileId};
use saldo_domain::import::ProfileName;

use super::JobKey;
use crate::dynamodb::item::{Item, text};
use crate::dynamodb::{Index, Key};
use crate::failure::Failure;

/// The sort key of a job, among its parts.
pub(crate) const JOB_PART: &str = "job";

impl JobKey {
    /// The index of an organization's jobs by kind.
    pub(crate) const BY_ORG: Index = Index { name: "by_org", partition: "listed" };

    /// The key of a job.
    pub(crate) fn new(org: &OrgId, id: &impl Id) -> Self {
        Self { job: Self::partition(org, id), part: JOB_PART.to_owned() }
    }

    /// The key of a bucket of an import's chunks.
    pub(crate) fn bucket(org: &OrgId, id: &impl Id, number: u32) -> Self {
        Self { job: Self::partition(org, id), part: Self::bucket_part(number) }
    }

    /// The key of the entry of an organization's open import with this place in the order.
    pub(crate) fn open_import(org: &OrgId, place: &ImportId) -> Self {
        Self { job: Self::open_imports(org), part: place.to_string() }
    }

    /// The key of the newest place in the order that an organization's planners have looked from.
    pub(crate) fn newest_planned(org: &OrgId) -> Self {
        Self { job: Self::open_imports(org), part: "newest-planned".to_owned() }
    }

    /// The first and the last of the sort keys with which the keys of [`Self::newest_planned`] and [`Self::newest_file`] begin.
    pub(crate) const NEWEST: [&'static str; 2] = ["newest-", "newest-~"];

    /// The key of the latest complete files of the scope with this digest.
    pub(crate) fn newest_file(org: &OrgId, scope: &str) -> Self {
        Self { job: Self::open_imports(org), part: format!("newest-file#{scope}") }
    }

    /// The first and the last of the sort keys of open imports behind this place.
    pub(crate) fn open_behind(place: &ImportId) -> [String; 2] {
        [format!("{place}!"), format!("{}~", ImportId::PREFIX)]
    }

    /// The partition of the entries of an organization's open imports.
    pub(crate) fn open_imports(org: &OrgId) -> String {
        format!("{org}#open-imports")
    }

    /// The key of an import profile.
    pub(crate) fn profile(org: &OrgId, id: &ProfileId) -> Self {
        Self { job: Self::profiles(org), part: id.to_string() }
    }

    /// What the sort keys of the items begin with that say which profile has a name.
    pub(crate) const PROFILE_NAME: &'static str = "name#";

    /// The key of the item that says which profile has a name.
    pub(crate) fn profile_name(org: &OrgId, name: &ProfileName) -> Self {
        Self { job: Self::profiles(org), part: format!("{}{name}", Self::PROFILE_NAME) }
    }

    /// The key of an old version of an import profile. Ten digits keep any number in order as text.
    pub(crate) fn profile_version(org: &OrgId, id: &ProfileId, version: u32) -> Self {
        Self { job: Self::partition(org, id), part: format!("version#{version:010}") }
    }

    /// The partition of an organization's import profiles.
    pub(crate) fn profiles(org: &OrgId) -> String {
        format!("{org}#import-profiles")
    }

    /// The key attributes, as items repeat them.
    pub(crate) fn into_parts(self) -> (String, String) {
        (self.job, self.part)
    }

    /// The partition of a job and its parts.
    pub(crate) fn partition(org: &OrgId, id: &impl Id) -> String {
        format!("{org}#{id}")
    }

    /// The sort key of a bucket. Ten digits keep any number in order as text.
    pub(crate) fn bucket_part(number: u32) -> String {
        format!("chunks#{number:010}")
    }

    /// The partition in [`Self::BY_ORG`] of an organization's jobs of a kind.
    pub(crate) fn listed(org: &OrgId, kind: &str) -> String {
        format!("{org}{}", Self::list(kind))
    }

    /// What the lists of a kind of job have in common.
    pub(crate) fn list(kind: &str) -> String {
        format!("#{kind}")
    }

    /// The import whose job has this key.
    pub(crate) fn import(&self) -> Result<ImportId, Failure> {
        let id = self.job.split_once('#').and_then(|(_, id)| id.parse().ok());
        id.ok_or_else(|| Failure::corrupt("a key of jobs")("it is not an import's"))
    }

    /// What the partition key of an import begins with whose id was made at this time. Such texts sort by time, among each
    /// other and among the keys.
    pub(crate) fn imports_at(org: &OrgId, at: Timestamp) -> String {
        format!("{org}#{}", ImportId::beginning_at(at))
    }

    /// The key in [`Self::BY_ORG`] of a job, for a page that starts after it.
    pub(crate) fn by_org(org: &OrgId, id: &impl Id, kind: &str) -> Item {
        let mut key = Self::new(org, id).attributes();
        key.insert("listed".to_owned(), text(Self::listed(org, kind)));
        key
    }
}
