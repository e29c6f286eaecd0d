//! The tombstones of deleted accounts.
//!
//! A row that is processed late must not bring a deleted account back. A deleted account that was imported therefore
//! leaves a tombstone with its key: the deletion, and the imports that had created and last written the account. An
//! account that a synchronization brought leaves a tombstone that does not expire, because its bank goes on reporting
//! it. Reads and lists skip tombstones.

use jiff::{SignedDuration, Timestamp};
use saldo_domain::account::{Account, Revision};
use saldo_domain::id::OrgId;

use super::history::{CHANGED_BY_HAND, DELETED_AT, DELETED_BY, FIRST_IMPORT, History, LAST_IMPORT, MADE_BY};
use super::record::revision;
use crate::dynamodb::item::{EXPIRES_AT, Item, moment, seconds};
use crate::dynamodb::{Key, Update};
use crate::table_keys::AccountKey;

/// How long a tombstone is kept: longer than import work stays in its queue (4 days) and then in the DLQ (14 days).
const KEPT: SignedDuration = SignedDuration::from_hours(30 * 24);

/// The tombstone of an account that is being deleted. It has what a row needs that is delivered again, to report the
/// same outcome as before.
pub(super) fn tombstone(org: &OrgId, account: &Account, before: &Item, now: Timestamp) -> Item {
    let before = History::of(before);
    let deletion = revision(&Revision::next());
    let attributes = [
        (DELETED_AT, Some(moment(now))),
        (DELETED_BY, deletion.clone()),
        (CHANGED_BY_HAND, deletion),
        (MADE_BY, before.value(FIRST_IMPORT)),
        (LAST_IMPORT, before.value(LAST_IMPORT)),
        (EXPIRES_AT, account.bank.is_none().then(|| seconds(now + KEPT))),
    ];
    let mut item = AccountKey::new(org, &account.id).attributes();
    item.extend(attributes.into_iter().filter_map(|(name, value)| Some((name.to_owned(), value?))));
    item
}

/// Makes an update turn a tombstone into an account again. The account keeps the history that late rows are compared
/// with.
pub(super) fn revive(update: &mut Update) {
    update.remove(DELETED_AT);
    update.remove(EXPIRES_AT);
}
