//! The imports, manual edits and deletions that an account's item, or its tombstone, remembers.

use aws_sdk_dynamodb::types::AttributeValue;
use saldo_domain::id::ImportId;

use super::import::Written;
use super::record::CREATED_AT;
use crate::dynamodb::item::{Item, binary, bytes};

/// The attribute with the newest import that wrote the account.
pub(super) const LAST_IMPORT: &str = "last_import";
/// The attribute with the import that created the account.
pub(super) const FIRST_IMPORT: &str = "first_import";
/// The attribute with the newest manual edit.
pub(super) const CHANGED_BY_HAND: &str = "changed_by_hand";
/// The attribute that only tombstones have.
pub(super) const DELETED_AT: &str = "deleted_at";
/// The attribute with the deletion, as 16 bytes that sort by time. An account that is created again keeps it.
pub(super) const DELETED_BY: &str = "deleted_by";
/// The attribute of a tombstone with the import that had created the account.
pub(super) const MADE_BY: &str = "made_by";

/// The history of an item; of no item, if it is empty.
pub(super) struct History<'a>(&'a Item);

impl<'a> History<'a> {
    pub(super) fn of(item: &'a Item) -> Self {
        Self(item)
    }

    /// Whether the item is an account, not a tombstone.
    pub(super) fn is_account(&self) -> bool {
        self.0.contains_key(CREATED_AT)
    }

    /// Whether the item is the tombstone of a deleted account.
    pub(super) fn is_deleted(&self) -> bool {
        self.0.contains_key(DELETED_AT)
    }

    /// Whether an import has created the account.
    pub(super) fn is_imported(&self) -> bool {
        self.0.contains_key(FIRST_IMPORT)
    }

    /// Whether a newer import, or a newer manual edit, has written the account.
    pub(super) fn has_newer_than(&self, import: &ImportId) -> bool {
        self.has_newer(LAST_IMPORT, import) || self.has_newer(CHANGED_BY_HAND, import)
    }

    /// Whether a newer import has written the account.
    pub(super) fn has_newer_import_than(&self, import: &ImportId) -> bool {
        self.has_newer(LAST_IMPORT, import)
    }

    /// Whether the account was deleted after this import was accepted. It may have been created again since.
    pub(super) fn was_deleted_after(&self, import: &ImportId) -> bool {
        self.has_newer(DELETED_BY, import)
    }

    /// What this import did, if it was the last one that wrote the account.
    pub(super) fn written_last_by(&self, import: &ImportId) -> Option<Written> {
        self.is(LAST_IMPORT, import).then(|| self.outcome_of(import))
    }

    /// What this import did to an account that it has written, or came too late for.
    pub(super) fn outcome_of(&self, import: &ImportId) -> Written {
        match self.is(FIRST_IMPORT, import) || self.is(MADE_BY, import) {
            true => Written::Imported,
            false => Written::Updated,
        }
    }

    /// The value of an attribute, for a condition that it has not changed.
    pub(super) fn value(&self, attribute: &str) -> Option<AttributeValue> {
        self.0.get(attribute).cloned()
    }

    fn is(&self, attribute: &str, import: &ImportId) -> bool {
        bytes(self.0, attribute) == Some(import.as_bytes())
    }

    fn has_newer(&self, attribute: &str, import: &ImportId) -> bool {
        bytes(self.0, attribute).is_some_and(|by| by > import.as_bytes().as_slice())
    }
}

/// An import as an attribute.
pub(super) fn import_value(import: &ImportId) -> AttributeValue {
    binary(import.as_bytes())
}
