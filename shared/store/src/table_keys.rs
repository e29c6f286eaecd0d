//! The keys of every table. No other module builds keys.
//!
//! | table | partition key | sort key | index |
//! |---|---|---|---|
//! | accounts | `shard` | `id` | `balances_by_owner`: `owner`, `id` |
//! | allocations | `account` | `id` | |
//! | clients | `shard` | `id` | |
//! | transactions | `account` | `id` | `by_date`: `account`, `valued` |
//! | jobs | `job` | `part` | `by_org`: `listed`, `job` |
//! | keys | `hash` | | `by_org`: `org`, `id` |
//! | accesses | `org` | `id` | |
//! | idempotency | `request` | | |

mod jobs;
mod transactions;

use aws_sdk_dynamodb::types::AttributeValue;
use data_encoding::HEXLOWER;
use saldo_domain::access::LoginHash;
use saldo_domain::account::{OwnerId, Revision};
use saldo_domain::id::{AccessId, AccountId, AllocationId, ClientId, KeyId, NotificationId, OrgId};
use saldo_domain::key::KeyHash;
use saldo_domain::notification::{NotifyUri, ObserveKey};
use sha2::{Digest, Sha256};

use crate::dynamodb::item::{Item, Reader, text};
use crate::dynamodb::{Index, Key, Operations};
use crate::failure::Failure;

pub(crate) use jobs::JOB_PART;
pub(crate) use transactions::{sequence, valued, valued_from, valued_to};

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
    /// A key of the table of allocations.
    AllocationKey of "allocations": account, id
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
    pub(crate) const BY_OWNER: Index = Index { name: "balances_by_owner", partition: "owner" };

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

impl AllocationKey {
    pub(crate) fn new(org: &OrgId, account: &AccountId, set: &Revision, id: &AllocationId) -> Self {
        Self { account: Self::set(org, account, set), id: id.to_string() }
    }

    /// The partition of an account's set.
    pub(crate) fn set(org: &OrgId, account: &AccountId, set: &Revision) -> String {
        format!("{org}#{account}#{set}")
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
