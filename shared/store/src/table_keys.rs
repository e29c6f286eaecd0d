//! The keys of every table. No other module builds keys.
//!
//! | table | partition key | sort key | index |
//! |---|---|---|---|
//! | accounts | `shard` | `id` | `by_owner`: `owner`, `id` |
//! | clients | `shard` | `id` | |
//! | transactions | `account` | `id` | `by_date`: `account`, `valued` |
//! | jobs | `job` | `part` | `by_org`: `listed`, `job` |
//! | keys | `hash` | | `by_org`: `org`, `id` |
//! | accesses | `org` | `id` | |
//! | idempotency | `request` | | |

use aws_sdk_dynamodb::types::AttributeValue;
use data_encoding::HEXLOWER;
use jiff::Timestamp;
use saldo_domain::access::LoginHash;
use saldo_domain::account::{AccountIdentifier, OwnerId};
use saldo_domain::date::Date;
use saldo_domain::id::{
    AccessId, AccountId, ClientId, Id, ImportId, KeyId, NotificationId, OrgId, ProfileId, TransactionId,
};
use saldo_domain::import::ProfileName;
use saldo_domain::key::KeyHash;
use saldo_domain::notification::{NotifyUri, ObserveKey};
use saldo_domain::transaction::{Place, Sequence, Source, Transaction};
use sha2::{Digest, Sha256};

use crate::dynamodb::item::{Item, Reader, text};
use crate::dynamodb::{Index, Key, Operations};
use crate::failure::Failure;

/// Declares the type of a table's keys; its fields are the key attributes.
macro_rules! key {
    ($(#[$doc:meta])* $name:ident of $table:literal: $partition:ident $(, $sort:ident)?) => {
        $(#[$doc])*
        #[derive(Clone, Debug, PartialEq, Eq)]
        pub(crate) struct $name {
            $partition: String,
            $($sort: String,)?
        }

        impl Key for $name {
            const PARTITION: &'static str = stringify!($partition);
            const NAMES: &'static [&'static str] = &[stringify!($partition) $(, stringify!($sort))?];
            const OPERATIONS: Operations = Operations {
                get: concat!("GetItem on ", $table),
                batch_get: concat!("BatchGetItem on ", $table),
                batch_execute: concat!("BatchExecuteStatement on ", $table),
                put: concat!("PutItem on ", $table),
                update: concat!("UpdateItem on ", $table),
                delete: concat!("DeleteItem on ", $table),
                query: concat!("Query on ", $table),
                scan: concat!("Scan on ", $table),
                transact: concat!("TransactWriteItems on ", $table),
            };

            fn pairs(&self) -> impl Iterator<Item = (&'static str, AttributeValue)> {
                [
                    (stringify!($partition), text(&self.$partition)),
                    $((stringify!($sort), text(&self.$sort)),)?
                ]
                .into_iter()
            }

            fn of(item: &Item) -> Result<Self, Failure> {
                let read = Reader::new(item, concat!("a key of ", $table));
                Ok(Self {
                    $partition: read.required(stringify!($partition))?,
                    $($sort: read.required(stringify!($sort))?,)?
                })
            }
        }
    };
}

key!(
    /// A key of the table of accounts.
    AccountKey of "accounts": shard, id
);
key!(
    /// A key of the table of clients.
    ClientKey of "clients": shard, id
);
key!(
    /// A key of the table of transactions.
    TransactionKey of "transactions": account, id
);
key!(
    /// A key of the table of jobs.
    JobKey of "jobs": job, part
);
key!(
    /// A key of the table of API keys and organizations.
    HashKey of "keys": hash
);
key!(
    /// A key of the table of accesses and notification endpoints.
    AccessKey of "accesses": org, id
);
key!(
    /// A key of the table of answers to repeat.
    RequestKey of "idempotency": request
);

/// The shards that are read at the same time, if all are read.
pub(crate) const SHARDS_AT_ONCE: usize = 16;

/// The partition of a shard of an organization's accounts or clients.
fn shard(org: &OrgId, number: u16) -> String {
    format!("{org}#{number:03}")
}

impl AccountKey {
    /// The index of accounts by owner.
    pub(crate) const BY_OWNER: Index = Index { name: "by_owner", partition: "owner" };

    pub(crate) fn new(org: &OrgId, id: &AccountId) -> Self {
        Self { shard: Self::shard(org, org.shards().of_account(id)), id: id.to_string() }
    }

    /// The partition of a shard of an organization's accounts.
    pub(crate) fn shard(org: &OrgId, number: u16) -> String {
        shard(org, number)
    }

    /// The partition of an owner's accounts in [`Self::BY_OWNER`].
    pub(crate) fn owner(org: &OrgId, owner: &OwnerId) -> String {
        format!("{org}#{owner}")
    }

    /// The owner in such a partition key.
    pub(crate) fn owner_of(org: &OrgId, partition: &str) -> Option<OwnerId> {
        partition.strip_prefix(&format!("{org}#"))?.parse().ok()
    }
}

impl ClientKey {
    pub(crate) fn new(org: &OrgId, id: &ClientId) -> Self {
        Self { shard: Self::shard(org, org.shards().of_client(id)), id: id.to_string() }
    }

    /// The partition key, as items repeat it.
    pub(crate) fn into_shard(self) -> String {
        self.shard
    }

    /// The partition of a shard of an organization's clients.
    pub(crate) fn shard(org: &OrgId, number: u16) -> String {
        shard(org, number)
    }
}

impl TransactionKey {
    /// The index of an account's transactions by value date.
    pub(crate) const BY_DATE: Index = Index { name: "by_date", partition: "account" };

    /// The key of a booked transaction.
    pub(crate) fn booked(org: &OrgId, transaction: &Transaction) -> Self {
        Self::with_id(org, transaction.source, &transaction.account_identifier, &transaction.id)
    }

    /// The key of the booked transaction with this id.
    pub(crate) fn with_id(
        org: &OrgId,
        source: Source,
        account: &AccountIdentifier,
        id: &TransactionId,
    ) -> Self {
        Self { account: Self::booked_on(org, source, account), id: id.to_string() }
    }

    /// The key of a pending transaction of a bank's account.
    pub(crate) fn pending(org: &OrgId, account: &AccountId, id: &TransactionId) -> Self {
        Self { account: Self::pending_on(org, account), id: id.to_string() }
    }

    /// The key of the item that says that an account has transactions.
    pub(crate) fn account_item(org: &OrgId, account: &AccountIdentifier) -> Self {
        Self { account: Self::account_items(org), id: account.to_string() }
    }

    /// The partition of the transactions that this source reports of an account. Those of banks have partitions of
    /// their own, which no request can name: an identifier comes after the `#`.
    pub(crate) fn booked_on(org: &OrgId, source: Source, account: &AccountIdentifier) -> String {
        format!("{}{account}", Self::prefix(org, source))
    }

    /// The account in such a partition key.
    pub(crate) fn account_of(org: &OrgId, source: Source, partition: &str) -> Option<AccountIdentifier> {
        partition.strip_prefix(&Self::prefix(org, source))?.parse().ok()
    }

    fn prefix(org: &OrgId, source: Source) -> String {
        match source {
            Source::Api => format!("{org}#"),
            Source::Sync => format!("bank#{org}#"),
        }
    }

    /// The partition of the pending transactions of a bank's account. No account has this partition: it does not
    /// begin with an organization.
    pub(crate) fn pending_on(org: &OrgId, account: &AccountId) -> String {
        format!("pending#{org}#{account}")
    }

    /// The partition of the items that name an organization's accounts with transactions. No account has this
    /// partition: it lacks the `#` before an identifier.
    pub(crate) fn account_items(org: &OrgId) -> String {
        org.to_string()
    }

    /// The key in [`Self::BY_DATE`] of the transaction at this place, for a page that starts after it.
    pub(crate) fn by_date(org: &OrgId, source: Source, account: &AccountIdentifier, place: &Place) -> Item {
        let mut key = Self::with_id(org, source, account, &place.id).attributes();
        key.insert("valued".to_owned(), text(valued(place)));
        key
    }
}

/// The sort key in [`TransactionKey::BY_DATE`] of the transaction at this place.
pub(crate) fn valued(place: &Place) -> String {
    format!("{}#{}#{}", place.day(), place.sequence(), place.id)
}

/// The sequence in such a key.
pub(crate) fn sequence(valued: &str) -> Option<Sequence> {
    valued.split('#').nth(1)?.parse().ok()
}

/// A sort key before those of the day's transactions.
pub(crate) fn valued_from(day: Date) -> String {
    format!("{day}#")
}

/// A sort key after those of the day's transactions.
pub(crate) fn valued_to(day: Date) -> String {
    format!("{day}#~")
}

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

impl HashKey {
    /// The index of an organization's keys by id.
    pub(crate) const BY_ORG: Index = Index { name: "by_org", partition: "org" };
    /// What the keys of organizations begin with.
    pub(crate) const ORGANIZATIONS: &'static str = "org#";

    /// The key of an API key.
    pub(crate) fn new(hash: &KeyHash) -> Self {
        Self::of_hash(hash.as_str())
    }

    /// The same, for a hash that was read from an item.
    pub(crate) fn of_hash(hash: &str) -> Self {
        Self { hash: hash.to_owned() }
    }

    /// The key of an organization's settings.
    pub(crate) fn organization(org: &OrgId) -> Self {
        Self { hash: format!("{}{org}", Self::ORGANIZATIONS) }
    }

    /// The key of the pointer from an API key's id to its hash.
    pub(crate) fn pointer(org: &OrgId, id: &KeyId) -> Self {
        Self { hash: format!("key#{org}#{id}") }
    }

    /// The key of the number of API keys that an organization ever created.
    pub(crate) fn count(org: &OrgId) -> Self {
        Self { hash: format!("count#{org}") }
    }

    /// The partition key, as items repeat it.
    pub(crate) fn into_hash(self) -> String {
        self.hash
    }
}

impl AccessKey {
    /// The key of an access.
    pub(crate) fn new(org: &OrgId, id: &AccessId) -> Self {
        Self::at(org, id.to_string())
    }

    /// The key of an access's sealed credentials.
    pub(crate) fn credentials(org: &OrgId, id: &AccessId) -> Self {
        Self::at(org, format!("{id}#secrets"))
    }

    /// The key of the secret with which an organization's logins are hashed.
    pub(crate) fn login_key(org: &OrgId) -> Self {
        Self::at(org, "login-key".to_owned())
    }

    /// The key of a user's login at a bank.
    pub(crate) fn login(org: &OrgId, hash: &LoginHash) -> Self {
        Self::at(org, format!("login#{}", hash.as_str()))
    }

    /// The key of a notification endpoint.
    pub(crate) fn endpoint(org: &OrgId, id: &NotificationId) -> Self {
        Self::at(org, id.to_string())
    }

    /// The key of an endpoint's target. A URL's fragment is not sent, and another spelling of the same URL is the
    /// same target.
    pub(crate) fn target(org: &OrgId, uri: &NotifyUri, observe_key: &ObserveKey) -> Self {
        let mut url = uri.url().clone();
        url.set_fragment(None);
        // Neither contains a line break.
        let digest = Sha256::digest(format!("{observe_key}\n{url}"));
        Self::at(org, format!("target#{}", HEXLOWER.encode(&digest)))
    }

    fn at(org: &OrgId, id: String) -> Self {
        Self { org: org.to_string(), id }
    }

    /// The sort key, as items repeat it.
    pub(crate) fn into_id(self) -> String {
        self.id
    }
}

impl RequestKey {
    /// The key of the answer to a request with an `Idempotency-Key`. A route has no `#`, so no two requests share a
    /// record by accident.
    pub(crate) fn new(org: &OrgId, route: &str, key: &str) -> Self {
        Self { request: format!("{org}#{route}#{key}") }
    }

    /// The same, for a partition key that was read from an item.
    pub(crate) fn of_request(request: &str) -> Self {
        Self { request: request.to_owned() }
    }

    /// The partition key, as items repeat it.
    pub(crate) fn into_request(self) -> String {
        self.request
    }
}
