//! The keys of every table, built here and nowhere else.
//!
//! | table | partition key | sort key | index |
//! |---|---|---|---|
//! | accounts | `shard` | `id` | `by_owner`: `owner`, `id` |
//! | clients | `org` | `id` | |
//! | transactions | `account` | `id` | `by_date`: `account`, `valued` |
//! | jobs | `job` | `part` | `by_org`: `listed`, `job` |
//! | keys | `hash` | | `by_org`: `org`, `id` |
//! | accesses | `org` | `id` | |
//! | idempotency | `request` | | |

use data_encoding::HEXLOWER;
use saldo_domain::access::LoginHash;
use saldo_domain::date::Date;
use saldo_domain::id::{AccessId, AccountId, Id, KeyId, OrgId};
use saldo_domain::notification::{NotifyUri, ObserveKey};
use saldo_domain::transaction::{Place, Sequence, Source};
use sha2::{Digest, Sha256};

use super::item::{Item, text};

/// How many partitions an organization's accounts are spread over. One DynamoDB partition
/// takes 1,000 writes a second; sixteen take what one import can send.
pub(super) const SHARDS: u8 = 16;

/// The job itself, among the parts of a job.
pub(super) const JOB_PART: &str = "job";

/// Where an account lies.
pub(super) fn account(org: &OrgId, id: &AccountId) -> Item {
    let key = [("shard", shard(org, id.shard(SHARDS))), ("id", id.to_string())];
    key.map(|(name, value)| (name.to_owned(), text(value))).into()
}

pub(super) fn shard(org: &OrgId, number: u8) -> String {
    format!("{org}#{number:02}")
}

pub(super) fn account_owner(org: &OrgId, owner_id: &str) -> String {
    format!("{org}#{owner_id}")
}

/// Where the transactions lie that this source reports of an account. Those of banks have partitions of their
/// own, which no request can name: an identifier comes after the `#`.
pub(super) fn transactions_of(org: &OrgId, source: Source, account_identifier: &str) -> String {
    match source {
        Source::Api => format!("{org}#{account_identifier}"),
        Source::Sync => format!("bank#{org}#{account_identifier}"),
    }
}

/// Where the pending transactions of a bank's account lie. No account has this partition: it
/// does not begin with an organization.
pub(super) fn pending_of(org: &OrgId, account: &AccountId) -> String {
    format!("pending#{org}#{account}")
}

/// Where an organization's accounts that have transactions are noted. No account has this
/// partition: it lacks the `#` before an identifier.
pub(super) fn noted_accounts(org: &OrgId) -> String {
    org.to_string()
}

/// Where one of them is noted.
pub(super) fn noted_account(org: &OrgId, account_identifier: &str) -> Item {
    let key = [("account", noted_accounts(org)), ("id", account_identifier.to_owned())];
    key.map(|(name, value)| (name.to_owned(), text(value))).into()
}

/// Where a transaction stands among those of its account.
pub(super) fn valued(place: &Place) -> String {
    format!("{}#{}#{}", place.day(), place.sequence(), place.id)
}

/// The sequence in such a key.
pub(super) fn sequence(valued: &str) -> Option<Sequence> {
    valued.split('#').nth(1)?.parse().ok()
}

/// Before the first transaction of a day.
pub(super) fn valued_from(day: Date) -> String {
    format!("{day}#")
}

/// Behind the last transaction of a day.
pub(super) fn valued_to(day: Date) -> String {
    format!("{day}#~")
}

pub(super) fn job(org: &OrgId, id: &impl Id) -> String {
    format!("{org}#{id}")
}

/// Where a job itself lies.
pub(super) fn job_itself(org: &OrgId, id: &impl Id) -> Item {
    let key = [("job", job(org, id)), ("part", JOB_PART.to_owned())];
    key.map(|(name, value)| (name.to_owned(), text(value))).into()
}

/// The sort key of a bucket of an import's chunks. Ten digits keep any number in order as text.
pub(super) fn bucket_part(number: u32) -> String {
    format!("chunks#{number:010}")
}

/// The key of a bucket of an import's chunks.
pub(super) fn bucket(org: &OrgId, id: &impl Id, number: u32) -> Item {
    let key = [("job", job(org, id)), ("part", bucket_part(number))];
    key.map(|(name, value)| (name.to_owned(), text(value))).into()
}

/// Where an organization's jobs of a kind are listed.
pub(super) fn listed_jobs(org: &OrgId, kind: &str) -> String {
    format!("{org}{}", list(kind))
}

/// What the lists of a kind of job have in common.
pub(super) fn list(kind: &str) -> String {
    format!("#{kind}")
}

/// Where an access's secrets lie, among the accesses.
pub(super) fn access_secrets(id: &AccessId) -> String {
    format!("{id}#secrets")
}

/// Where the item of an endpoint's target lies, among the accesses. A URL's fragment is not sent,
/// and another spelling of the same URL is the same target.
pub(super) fn notification_target(uri: &NotifyUri, observe_key: &ObserveKey) -> String {
    let mut url = uri.url().clone();
    url.set_fragment(None);
    // Neither has a line break in it.
    let digest = Sha256::digest(format!("{observe_key}\n{url}"));
    format!("target#{}", HEXLOWER.encode(&digest))
}

/// Where the key lies by which an organization's logins are hashed, among the accesses.
pub(super) const LOGIN_KEY: &str = "login-key";

/// Where it lies what is known of a user's login, among the accesses.
pub(super) fn login(hash: &LoginHash) -> String {
    format!("login#{}", hash.as_str())
}

/// Before the first organization, among the keys.
pub(super) const ORGANIZATIONS: &str = "org#";

/// Where an organization's settings lie, among the keys.
pub(super) fn organization(org: &OrgId) -> String {
    format!("{ORGANIZATIONS}{org}")
}

/// Where the pointer from a key's id to the key lies, among the keys.
pub(super) fn key_pointer(org: &OrgId, id: &KeyId) -> String {
    format!("key#{org}#{id}")
}

/// Where the number of keys that an organization ever created is kept, among the keys.
pub(super) fn key_count(org: &OrgId) -> String {
    format!("count#{org}")
}

/// Where the answer to a request with an `Idempotency-Key` is kept. A route has no `#`, so no two
/// requests share a record by accident.
pub(super) fn idempotent_request(org: &OrgId, route: &str, key: &str) -> String {
    format!("{org}#{route}#{key}")
}
