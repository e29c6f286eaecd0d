//! The optimistic lock: a record is read, changed and written back on condition that its revision is still the one
//! that was read. A writer that loses reads the record again.

use aws_sdk_dynamodb::types::AttributeValue;
use saldo_domain::revised::Revised;
use uuid::Uuid;

use super::condition::{Condition, is};
use super::item::{Item, text};
use super::table::{Key, Table};
use crate::failure::Failure;

/// The attribute that changes with every write of a record.
pub(crate) const REVISION: &str = "revision";

/// How often a record is read again that other requests write at the same time.
pub(crate) const ATTEMPTS_MAX: u32 = 5;

/// How often a caller tries a change of an account or a profile that other requests change. Each attempt loses only to a
/// write that succeeded, and few requests write the same record at the same moment.
pub const CHANGE_ATTEMPTS_MAX: u32 = 16;

/// The result of a change.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Changed<R> {
    /// The record as it was written.
    Done(R),
    /// The record as it was read: the caller decided not to change it.
    Refused(R),
    /// There is no such record.
    Gone,
}

/// The condition that an item has this revision, or none.
pub(crate) fn has_revision(revision: Option<AttributeValue>) -> Condition {
    is(REVISION, revision)
}

/// The failure of a change whose attempts all lost to other writers.
pub(crate) fn outrun() -> Failure {
    Failure::Throttled { operation: "a record that others write at the same time" }
}

impl<K: Key> Table<K> {
    /// Gives the record a new revision and puts the item that `item` makes of it, if the table has the record with
    /// its old revision. Returns whether it had; otherwise the record keeps its old revision.
    pub(crate) async fn put_revised<R: Revised>(
        &self,
        record: &mut R,
        item: impl FnOnce(&R) -> Result<Item, Failure>,
    ) -> Result<bool, Failure> {
        let (before, after) = (record.revision(), Uuid::now_v7());
        record.set_revision(after);
        let written = match item(record) {
            Ok(item) => self.put_after(item, before, after).await,
            Err(failure) => Err(failure),
        };
        // If a write took effect whose answer was lost, the next attempt finds a new revision and reads again.
        if !matches!(written, Ok(true)) {
            record.set_revision(before);
        }
        written
    }

    /// Puts an item with the revision `after`, if the table has it with the revision `before`.
    async fn put_after(&self, item: Item, before: Uuid, after: Uuid) -> Result<bool, Failure> {
        match self.put_if(item, &[has_revision(Some(text(before)))]).await? {
            Ok(()) => Ok(true),
            // If it is the new one, the SDK tried twice and the answer to the first attempt was lost.
            Err(failed) => {
                Ok(failed.into_item().as_ref().and_then(|item| item.get(REVISION)) == Some(&text(after)))
            }
        }
    }
}
