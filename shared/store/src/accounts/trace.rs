//! What is left of a deleted account.
//!
//! Whoever deletes an account does not want it back by a row that was on its way. An
//! imported account therefore leaves a trace where it lay: who deleted it, and which
//! imports had made and last written it. One that a synchronization brought leaves a trace
//! that stays. It is no account: reads and lists pass it over.

use jiff::{SignedDuration, Timestamp};
use saldo_domain::account::{Account, Revision};
use saldo_domain::id::{ImportId, OrgId};

use super::import::{FIRST_IMPORT, LAST_IMPORT, import_of};
use super::stamp;
use crate::expression::Update;
use crate::item::{Item, moment, seconds};
use crate::table_keys;

/// The attribute that names the newest change by hand.
pub(super) const CHANGED_BY_HAND: &str = "changed_by_hand";
/// The attribute by which a trace is told from an account.
pub(super) const DELETED_AT: &str = "deleted_at";
/// The attribute that tells the deletion from what was before and after it: as 16 bytes that
/// sort by time. An account that is made again keeps it.
const DELETED_BY: &str = "deleted_by";
/// The attribute that names the import that had made the account.
pub(super) const MADE_BY: &str = "made_by";
/// When DynamoDB may delete a trace, in seconds since 1970.
const EXPIRES_AT: &str = "expires_at";
/// How long a trace is kept: longer than import work is, in its queue (4 days) and then
/// among the dead letters (14 days).
const KEPT: SignedDuration = SignedDuration::from_hours(30 * 24);

/// An item, as the order of imports and changes sees it.
pub(super) struct Trace<'a>(&'a Item);

impl<'a> Trace<'a> {
    pub(super) fn of(item: &'a Item) -> Self {
        Self(item)
    }

    /// Whether an import or a change that is newer than this import was there.
    pub(super) fn is_newer_than(&self, import: &ImportId) -> bool {
        let newer =
            |attribute| import_of(self.0, attribute).is_some_and(|by| by > import.as_bytes().as_slice());
        newer(LAST_IMPORT) || newer(CHANGED_BY_HAND)
    }

    /// Whether the account was deleted after this import was accepted, be it there again or not.
    pub(super) fn is_of_a_deletion_after(&self, import: &ImportId) -> bool {
        import_of(self.0, DELETED_BY).is_some_and(|deletion| deletion > import.as_bytes().as_slice())
    }

    /// Whether this is what is left of a deleted account.
    pub(super) fn is_deleted(&self) -> bool {
        self.0.contains_key(DELETED_AT)
    }

    /// What an account leaves that is deleted now: enough for a row that is delivered again
    /// to tell the same of what it did.
    pub(super) fn left_by(org: &OrgId, account: &Account, before: &Item, now: Timestamp) -> Item {
        let imports = [(MADE_BY, FIRST_IMPORT), (LAST_IMPORT, LAST_IMPORT)];
        let imports = imports.map(|(name, of)| (name, before.get(of).cloned()));
        let deletion = stamp(&Revision::next());
        let attributes = [
            (DELETED_AT, Some(moment(now))),
            (DELETED_BY, deletion.clone()),
            (CHANGED_BY_HAND, deletion),
            // A bank reports its account for as long as it is there.
            (EXPIRES_AT, account.bank.is_none().then(|| seconds(now + KEPT))),
        ];
        let mut item = table_keys::account(org, &account.id);
        let attributes = attributes.into_iter().chain(imports);
        item.extend(attributes.filter_map(|(name, value)| Some((name.to_owned(), value?))));
        item
    }

    /// Makes an account of what may be a trace. It remembers what late rows are told by.
    pub(super) fn erase(update: &mut Update) {
        update.remove(DELETED_AT);
        update.remove(EXPIRES_AT);
    }
}
