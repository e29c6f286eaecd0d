//! Allocations: items of their own, in the partition of their account's set.
//!
//! **Access patterns.** A decision about an account reads all of its allocations, and only if the account has a set; a list reads
//! them page by page in the order of their ids; an acknowledgement changes some whose ids it has. So the partition is the
//! account's set, and the sort key the id.
//!
//! **Order.** Every write of an allocation is a transaction that also gives the account another revision. A writer reads the
//! account, then its allocations, and writes the account on the condition that its revision is the one that was read. The
//! condition fails if an allocation was written since.
//!
//! **Isolation.** A query is not isolated from transactions: after it has read the account that a transaction wrote, the writer
//! may still miss an allocation of the same transaction. The account has the number of its allocations, the revision of the last
//! change of them, and how many that change has written; each allocation has the revision of the change that wrote it. A
//! reader whose query returns other numbers reads again.
//!
//! Source: [isolation levels](https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/transaction-apis.html#transaction-isolation).

use aws_sdk_dynamodb::types::TransactWriteItem;
use backon::BackoffBuilder as _;
use futures::{StreamExt, TryStreamExt, stream};
use jiff::civil::Date;
use saldo_domain::account::{AllocationSet, Edited, Revision};
use saldo_domain::changed_by::ChangedBy;
use saldo_domain::id::{AccountId, AllocationId, OrgId};
use saldo_domain::money::{Currency, Decimal};
use saldo_domain::receivable::{Allocation, AllocationKind, WRITTEN_MAX};

use super::open_items::OpenItemStore;
use super::seen::Seen;
use super::state::Stored;
use crate::dynamodb::item::{CHANGED_BY, Item, NewItem, binary, bytes, changed_by, item_of, text};
use crate::dynamodb::record::{AsNumber, AsText, Attributes as _, Optional, record};
use crate::dynamodb::revised::{REVISION, outrun};
use crate::dynamodb::{ACTIONS_MAX, Key as _, Query, Update, absent, exists, greater_than};
use crate::failure::Failure;
use crate::limits::WRITES_IN_FLIGHT;
use crate::pauses::NOT_YET_VISIBLE;
use crate::table_keys::AllocationKey;

const WHAT: &str = "an allocation";
const ID: &str = "id";
const POSTED_AT: &str = "posted_at";

// The account is one of the actions of the transaction.
const _: () = assert!(WRITTEN_MAX < ACTIONS_MAX);

record! {
    impl Allocation, WHAT;
    id: AllocationId as AsText = ID,
    kind: AllocationKind as AsText = "kind",
    amount: Decimal as AsNumber = "amount",
    currency: Currency as AsText = "currency",
    made_on: Date as AsText = "made_on",
    posted_at: Option<Date> as Optional<AsText> = POSTED_AT,
    total_amount: Decimal as AsNumber = "total_amount",
    as_of: Date as AsText = "as_of",
}

/// Whether items are the allocations that an account says it has.
fn are_those_of(items: &[Item], set: &AllocationSet) -> bool {
    let is_of_last = |item: &&Item| bytes(item, REVISION) == Some(set.last.as_bytes());
    let of_last = items.iter().filter(is_of_last).count();
    (items.len(), of_last) == (set.number.into(), set.written.into())
}

impl OpenItemStore {
    /// What was seen, with the allocations of the account, which are read consistently after it. If they are not those that the
    /// account says it has, both are read again.
    pub(super) async fn with_allocations(&self, org: &OrgId, mut stored: Stored) -> Result<Seen, Failure> {
        let mut pauses = NOT_YET_VISIBLE.build();
        loop {
            let Some((id, set)) = stored.allocation_set() else { return Ok(Seen::new(stored, Vec::new())) };
            let items = self.allocation_query(org, &id, &set.id).all().await?;
            if are_those_of(&items, &set) {
                let allocations = items.iter().map(Allocation::read).collect::<Result<_, _>>()?;
                return Ok(Seen::new(stored, allocations));
            }
            let Some(pause) = pauses.next() else {
                tracing::error!(%org, account = %id, "the allocations are not those that the account says it has");
                return Err(outrun());
            };
            tokio::time::sleep(pause).await;
            stored = self.read(org, &id).await?;
        }
    }

    /// The allocations of the account in the order in which they were made: at most `limit` after one, and whether there are
    /// more. `None` if the organization has no such account.
    ///
    /// # Errors
    /// [`Failure`] when DynamoDB fails.
    pub async fn allocations(
        &self,
        org: &OrgId,
        id: &AccountId,
        after: Option<&AllocationId>,
        limit: usize,
    ) -> Result<Option<(Vec<Allocation>, bool)>, Failure> {
        let Some(account) = self.get(org, id).await? else { return Ok(None) };
        let Some(set) = account.allocations else { return Ok(Some((Vec::new(), false))) };
        let query = self.allocation_query(org, id, &set.id);
        let query = match after {
            Some(after) => query.sort_key(greater_than(ID, text(after))),
            None => query,
        };
        let items = query.page(None, Some(limit + 1)).await?.items;
        let page = items.iter().take(limit).map(Allocation::read).collect::<Result<_, _>>()?;
        Ok(Some((page, items.len() > limit)))
    }

    fn allocation_query(&self, org: &OrgId, id: &AccountId, set: &Revision) -> Query {
        self.allocations.query(AllocationKey::set(org, id, set)).consistent()
    }

    /// The actions that write the allocations of a change: new ones, and those that the account had.
    pub(super) fn allocation_actions(
        &self,
        org: &OrgId,
        seen: &Seen,
        edited: &Edited,
        by: &ChangedBy,
    ) -> Result<Vec<TransactWriteItem>, Failure> {
        let Some(set) = edited.account.allocations else { return Ok(Vec::new()) };
        let action = |allocation: &Allocation| {
            let key = AllocationKey::new(org, &edited.account.id, &set.id, &allocation.id);
            let written_by = binary(edited.account.revision.as_bytes());
            if seen.has_allocation(&allocation.id) {
                let mut update = Update::default();
                update.set_or_remove(POSTED_AT, allocation.posted_at.map(text));
                update.set(CHANGED_BY, changed_by(by));
                update.set(REVISION, written_by);
                update.require(exists(AllocationKey::PARTITION));
                return self.allocations.update_action(&key, &update);
            }
            let mut attributes = NewItem::new();
            allocation.write(&mut attributes)?;
            attributes.extend([(CHANGED_BY, changed_by(by)), (REVISION, written_by)]);
            let item = item_of(attributes.into_iter().chain(key.pairs()));
            self.allocations.put_action(item, Some(&absent(AllocationKey::PARTITION)))
        };
        edited.allocations.iter().map(action).collect()
    }

    /// Deletes all allocations of a set, of an account that is deleted.
    pub(super) async fn delete_allocations(
        &self,
        org: &OrgId,
        id: &AccountId,
        set: &Revision,
    ) -> Result<(), Failure> {
        let items = self.allocation_query(org, id, set).project(AllocationKey::NAMES).all().await?;
        let keys = items.iter().map(AllocationKey::of).collect::<Result<Vec<_>, _>>()?;
        let deletions: Vec<_> = keys.iter().map(|key| self.allocations.delete(key)).collect();
        stream::iter(deletions).buffer_unordered(WRITES_IN_FLIGHT).try_collect().await
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn allocations_that_are_not_visible_yet_are_missed() {
        let [first, last] = [Revision::next(), Revision::next()];
        let item = |revision: Revision| item_of([(REVISION, binary(revision.as_bytes()))]);
        let set = AllocationSet { id: first, number: 3, last, written: 2 };
        for (revisions, is_complete) in [
            (&[first, last, last][..], true),
            (&[last, last], false),
            (&[first, last], false),
            (&[first, first, last], false),
            (&[last, last, last], false),
            (&[first, first, last, last], false),
        ] {
            let items: Vec<_> = revisions.iter().copied().map(item).collect();
            assert_eq!(are_those_of(&items, &set), is_complete, "{revisions:?}");
        }
    }
}
