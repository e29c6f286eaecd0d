//! An account with its history, as one item.
//!
//! Every write of an account has the condition that the item is still as it was read. An item changes
//! only with its revision, its newest import, its stamps or its deletion, so these are compared.
//!
//! A deleted account that an import or a bank may bring back leaves a tombstone: its history without the account. It
//! expires after 30 days, when no import that was accepted before the deletion can write a row any more: its messages stay
//! in their queue for 4 days and in the DLQ for 14, and it can be redriven for 24 days after its acceptance. The
//! tombstone of an account that a synchronization found does not expire, because its bank goes on reporting it. Reads
//! and lists skip tombstones.

use aws_sdk_dynamodb::types::{AttributeValue, TransactWriteItem};
use jiff::{SignedDuration, Timestamp};
use saldo_domain::account::{Account, AllocationSet, History, Revision, Stamps};
use saldo_domain::changed_by::ChangedBy;
use saldo_domain::id::{AccountId, ImportId, OrgId};
use saldo_domain::import::{REDRIVABLE_AT_ALL, REDRIVE_MAX};

use super::AccountStore;
use super::record::{ALLOCATIONS, AsAllocationSet, AsRevision, Record, WHAT};
use crate::dynamodb::item::{
    CHANGED_BY, EXPIRES_AT, Item, NewItem, Reader, binary, bytes, changed_by, item_of, moment, seconds,
};
use crate::dynamodb::record::{Attributes, Codec, Optional, record};
use crate::dynamodb::revised::REVISION;
use crate::dynamodb::{AsRead, Change, Condition, ConditionFailed, Key};
use crate::failure::Failure;
use crate::table_keys::AccountKey;

/// The attribute that only tombstones have.
pub(super) const DELETED_AT: &str = "deleted_at";
/// The attribute of a tombstone with the sets of allocations that deleted accounts with this id have left. It stays until these
/// are deleted, also if an account is created with the id meanwhile.
pub(super) const SETS_LEFT: &str = "left";
pub(super) const FIRST_IMPORT: &str = "first";
const LAST_IMPORT: &str = "last";
const LAST_COMPLETE_IMPORT: &str = "whole";
const EARLIEST_IMPORT: &str = "earliest";
const DELETED_BY: &str = "deletion";
const STAMPS: &str = "stamps";
/// The attributes of which every write changes one.
const GUARDS: [&str; 6] = [REVISION, LAST_IMPORT, LAST_COMPLETE_IMPORT, EARLIEST_IMPORT, STAMPS, DELETED_BY];
/// How long a tombstone is kept.
const KEPT: SignedDuration = SignedDuration::from_hours(30 * 24);
const _: () = assert!(KEPT.as_secs() >= REDRIVABLE_AT_ALL.as_secs() + REDRIVE_MAX.as_secs());

// Imports, edits and deletions are 16 bytes each, which sort by time.
record! {
    impl History, WHAT;
    first_import: Option<ImportId> as Optional<AsImport> = FIRST_IMPORT,
    earliest_import: Option<ImportId> as Optional<AsImport> = EARLIEST_IMPORT,
    last_import: Option<ImportId> as Optional<AsImport> = LAST_IMPORT,
    last_complete_import: Option<ImportId> as Optional<AsImport> = LAST_COMPLETE_IMPORT,
    last_import_changed_nothing: bool as AsFlag = "unchanged",
    last_edit: Option<Revision> as Optional<AsRevision> = "edit",
    deleted_by: Option<Revision> as Optional<AsRevision> = DELETED_BY,
    created_before_deletion_by: Option<ImportId> as Optional<AsImport> = "creator",
    stamps: Stamps as AsStamps = STAMPS,
}

/// The 16 bytes of an import's id.
pub(super) struct AsImport;
/// `true`, or no attribute.
struct AsFlag;
/// Entries of 20 bytes, or no attribute if there are none.
struct AsStamps;

impl Codec<ImportId> for AsImport {
    fn write(value: &ImportId, _: &'static str) -> Result<Option<AttributeValue>, Failure> {
        Ok(Some(binary(value.as_bytes())))
    }

    fn read(reader: &Reader<'_>, attribute: &str) -> Result<Option<ImportId>, Failure> {
        reader.binary(attribute)
    }
}

impl Codec<bool> for AsFlag {
    fn write(value: &bool, _: &'static str) -> Result<Option<AttributeValue>, Failure> {
        Ok(value.then_some(AttributeValue::Bool(true)))
    }

    fn read(reader: &Reader<'_>, attribute: &str) -> Result<Option<bool>, Failure> {
        Ok(Some(reader.nested(attribute)?.unwrap_or_default()))
    }
}

impl Codec<Stamps> for AsStamps {
    fn write(value: &Stamps, _: &'static str) -> Result<Option<AttributeValue>, Failure> {
        Ok(value.to_bytes().map(|bytes| binary(&bytes)))
    }

    fn read(reader: &Reader<'_>, attribute: &str) -> Result<Option<Stamps>, Failure> {
        Ok(Some(reader.binary(attribute)?.unwrap_or_default()))
    }
}

/// An account's item, or its tombstone, as it was read. Empty if there was none.
#[derive(Clone, Debug, Default)]
pub(super) struct Stored(Item);

impl Stored {
    pub(super) fn new(item: Item) -> Self {
        Self(item)
    }

    /// The item that a failed condition met.
    pub(super) fn found(failed: ConditionFailed) -> Self {
        Self(failed.into_item().unwrap_or_default())
    }

    /// Whether the item is the tombstone of a deleted account.
    pub(super) fn is_tombstone(&self) -> bool {
        is_tombstone(&self.0)
    }

    /// Whether there is no account: no item, or a tombstone.
    pub(super) fn has_no_account(&self) -> bool {
        self.0.is_empty() || self.is_tombstone()
    }

    /// The history alone, which can be read even if the account can't.
    pub(super) fn history(&self) -> Result<History, Failure> {
        History::read(&self.0)
    }

    /// The account, if it is there, and its history.
    pub(super) fn account_and_history(&self, org: &OrgId) -> Result<(Option<Account>, History), Failure> {
        if self.0.is_empty() {
            return Ok((None, History::default()));
        }
        let account = match self.is_tombstone() {
            true => None,
            false => Some(Record::read(&self.0)?.into_account(org)?),
        };
        Ok((account, self.history()?))
    }

    /// The account's id and its set of allocations, if it has any. An account that can't be read has none: deciding about it
    /// fails anyway.
    pub(super) fn allocation_set(&self) -> Option<(AccountId, AllocationSet)> {
        let read = Reader::new(&self.0, WHAT);
        let set = AsAllocationSet::read(&read, ALLOCATIONS).ok()??;
        Some((read.required("id").ok()?, set))
    }

    /// The sets of allocations that deleted accounts have left.
    pub(super) fn sets_left(&self) -> Result<SetsLeft, Failure> {
        Ok(Reader::new(&self.0, WHAT).binary(SETS_LEFT)?.unwrap_or_default())
    }

    /// The change that makes the account and its history of it. `by` is who changes it: a row of an import that leaves only
    /// its mark, and the account's revision as it is, does not count. Attributes that this version of Saldo does not know stay:
    /// during a deployment, a newer version may write the same accounts.
    pub(super) fn change_to(
        &self,
        org: &OrgId,
        account: Account,
        history: &History,
        by: &ChangedBy,
    ) -> Result<Change<AccountKey>, Failure> {
        let known = [Record::PROJECTION, History::NAMES, &[DELETED_AT, EXPIRES_AT]];
        let known = known.into_iter().flatten().copied();
        let key = AccountKey::new(org, &account.id);
        let is_changed = bytes(&self.0, REVISION) != Some(account.revision.as_bytes());
        let mut after = attributes(org, account, history)?;
        after.extend(is_changed.then(|| (CHANGED_BY, changed_by(by))));
        Ok(Change::new(key, &self.0, after, known, &GUARDS))
    }

    /// The conditions that the item is as it was read.
    fn is_unchanged(&self) -> Vec<Condition> {
        AsRead::of(&self.0, &GUARDS).conditions::<AccountKey>()
    }
}

/// The ids of sets of allocations that deleted accounts have left.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct SetsLeft(pub(super) Vec<Revision>);

impl SetsLeft {
    /// The 16 bytes of each; no attribute if there are none.
    pub(super) fn attribute(&self) -> Option<AttributeValue> {
        let bytes = self.0.iter().flat_map(Revision::as_bytes).copied().collect::<Vec<_>>();
        (!bytes.is_empty()).then(|| binary(&bytes))
    }
}

impl TryFrom<&[u8]> for SetsLeft {
    type Error = uuid::Error;

    fn try_from(bytes: &[u8]) -> Result<Self, uuid::Error> {
        bytes.chunks(16).map(Revision::try_from).collect::<Result<_, _>>().map(Self)
    }
}

/// Whether an item is the tombstone of a deleted account.
pub(super) fn is_tombstone(item: &Item) -> bool {
    item.contains_key(DELETED_AT)
}

/// The item of a new account.
pub(super) fn new_item(org: &OrgId, account: Account, by: &ChangedBy) -> Result<Item, Failure> {
    item(org, account, &History::default(), by)
}

/// The item of an account with its history.
pub(super) fn item(
    org: &OrgId,
    account: Account,
    history: &History,
    by: &ChangedBy,
) -> Result<Item, Failure> {
    let key = AccountKey::new(org, &account.id);
    let attributes = attributes(org, account, history)?;
    Ok(item_of(key.pairs().chain(attributes).chain([(CHANGED_BY, changed_by(by))])))
}

/// The attributes of an account with its history, without [`CHANGED_BY`].
fn attributes(org: &OrgId, account: Account, history: &History) -> Result<NewItem, Failure> {
    let mut attributes = NewItem::with_capacity(Record::PROJECTION.len() + History::NAMES.len() + 1);
    Record::of(org, account).write(&mut attributes)?;
    history.write(&mut attributes)?;
    Ok(attributes)
}

/// The tombstone of an account that is being deleted. It has what a row needs that is delivered again, to report the
/// same outcome as before.
fn tombstone(
    org: &OrgId,
    account: &Account,
    history: &History,
    left: &SetsLeft,
    now: Timestamp,
    by: &ChangedBy,
) -> Result<Item, Failure> {
    let deletion = Some(history.next_revision());
    let history = History {
        last_import: history.last_import.clone(),
        last_import_changed_nothing: history.last_import_changed_nothing,
        last_edit: deletion,
        deleted_by: deletion,
        created_before_deletion_by: history.first_import.clone(),
        ..History::default()
    };
    let mut attributes = vec![(DELETED_AT, moment(now)), (CHANGED_BY, changed_by(by))];
    history.write(&mut attributes)?;
    attributes.extend(left.attribute().map(|left| (SETS_LEFT, left)));
    if account.bank.is_none() {
        attributes.push((EXPIRES_AT, seconds(now + KEPT)));
    }
    Ok(item_of(AccountKey::new(org, &account.id).pairs().chain(attributes)))
}

impl AccountStore {
    /// Writes what has changed of the account, if its item is still as it was read.
    pub(super) async fn replace(
        &self,
        org: &OrgId,
        read: &Stored,
        account: Account,
        history: &History,
        by: &ChangedBy,
    ) -> Result<Result<(), ConditionFailed>, Failure> {
        self.table.change(&read.change_to(org, account, history, by)?).await
    }

    /// The action that writes what has changed of the account, if its item is still as it was read.
    pub(super) fn replacement(
        &self,
        org: &OrgId,
        read: &Stored,
        account: Account,
        history: &History,
        by: &ChangedBy,
    ) -> Result<TransactWriteItem, Failure> {
        self.table.change_action(&read.change_to(org, account, history, by)?)
    }

    /// Makes all of the writes or none.
    pub(super) async fn transact(
        &self,
        actions: Vec<TransactWriteItem>,
    ) -> Result<Result<(), ConditionFailed>, Failure> {
        self.table.transact(actions).await
    }

    /// Puts a tombstone in place of the account, if its item is still as it was read. Returns the sets of allocations that are
    /// left.
    pub(super) async fn bury(
        &self,
        org: &OrgId,
        read: &Stored,
        account: &Account,
        history: &History,
        now: Timestamp,
        by: &ChangedBy,
    ) -> Result<Result<SetsLeft, ConditionFailed>, Failure> {
        let mut left = read.sets_left()?;
        left.0.extend(account.allocations.map(|set| set.id));
        let tombstone = tombstone(org, account, history, &left, now, by)?;
        Ok(self.table.put_if(tombstone, &read.is_unchanged()).await?.map(|()| left))
    }

    /// Deletes the tombstone that was read, so that the account can be created again.
    pub(super) async fn delete_tombstone(
        &self,
        org: &OrgId,
        account: &Account,
        read: &Stored,
    ) -> Result<(), Failure> {
        let key = AccountKey::new(org, &account.id);
        // If the tombstone is gone, another request has deleted it.
        self.table.delete_if(&key, &read.is_unchanged()).await.map(drop)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::accounts::size::full_account;

    #[test]
    fn account_over_a_tombstone_does_not_expire() {
        let org = OrgId::placeholder();
        let (account, by) = (full_account(&org), ChangedBy::import(ImportId::of_seed(uuid::Uuid::now_v7())));
        let left = SetsLeft(vec![Revision::next(), Revision::next()]);
        let read = tombstone(&org, &account, &History::default(), &left, Timestamp::now(), &by);
        let read = read.expect("an item");
        assert!(read.contains_key(EXPIRES_AT) && read.contains_key(DELETED_AT));
        assert_eq!(Stored::new(read.clone()).sets_left().expect("sets"), left);
        let history = History::read(&read).expect("a history");
        let change = Stored::new(read).change_to(&org, account, &history, &by).expect("a change");
        let removes = change.removes();
        assert!(removes.contains(&EXPIRES_AT) && removes.contains(&DELETED_AT), "{removes:?}");
        assert!(!removes.contains(&SETS_LEFT), "allocations are left: {removes:?}");
    }
}
