//! Rows that are newer than everything that has written their account.

use saldo_domain::account::{DEFAULT_STATUS, DEFAULT_TYPE};
use saldo_domain::fields::Patch;
use saldo_domain::money::Currency;

use super::row::{Content, optional_fields, required_fields, set, stamped};
use super::{Attempt, ImportWrite, Written};
use crate::accounts::AccountStore;
use crate::accounts::history::{CHANGED_BY_HAND, FIRST_IMPORT, History, LAST_IMPORT, import_value};
use crate::accounts::record::{BALANCE, CREATED_AT, CURRENCY, STATUS, TOTAL_AMOUNT, TYPE};
use crate::accounts::stamps::Stamps;
use crate::accounts::tombstone::revive;
use crate::dynamodb::item::{Item, moment, number, text};
use crate::dynamodb::revised::{REVISION, has_revision};
use crate::dynamodb::{Update, absent, equals, exists, is, less_than};
use crate::failure::Failure;

impl AccountStore {
    /// Writes the row into an account that nothing newer has written, as far as was `seen`. It fails if the account
    /// was edited or deleted since.
    pub(super) async fn write_newest(
        &self,
        write: &ImportWrite<'_>,
        currency: Currency,
        seen: &Item,
    ) -> Result<Attempt, Failure> {
        let history = History::of(seen);
        let content = content(write, currency);
        let mut update = Update::default();
        update.require(absent(LAST_IMPORT).or(less_than(LAST_IMPORT, import_value(write.import))));
        update.require(is(CHANGED_BY_HAND, history.value(CHANGED_BY_HAND)));
        update.set(LAST_IMPORT, import_value(write.import));
        let stamps = Stamps::of(seen)?;
        stamps.stamp(&mut update, write.import.as_bytes(), stamped(&content));
        update.require(stamps.are_stored());
        if content.iter().all(|content| content.is_in(seen)) {
            update.require(has_revision(history.value(REVISION)));
            return self.attempt(write, &update, Written::Updated).await;
        }
        if history.is_deleted() {
            revive(&mut update);
        }
        if write.names_its_account_by_id() {
            update.require(exists(FIRST_IMPORT));
        }
        // Whether the row creates the account is settled before it is written: see `Attempt`.
        let (condition, written) = match history.is_account() {
            true => (exists(CREATED_AT), Written::Updated),
            false => (absent(CREATED_AT), Written::Imported),
        };
        update.require(condition);
        update.set_if_absent(FIRST_IMPORT, import_value(write.import));
        update.set_if_absent(CREATED_AT, moment(write.now));
        if write.upsert.currency == Patch::Keep {
            update.require(absent(CURRENCY).or(equals(CURRENCY, text(currency))));
        }
        if write.upsert.kind == Patch::Keep {
            update.set_if_absent(TYPE, text(DEFAULT_TYPE));
        }
        if write.upsert.status == Patch::Keep {
            update.set_if_absent(STATUS, text(DEFAULT_STATUS));
        }
        set(&mut update, content, write.now);
        self.attempt(write, &update, written).await
    }
}

/// Everything that the row says, with its amounts in this currency.
fn content(write: &ImportWrite<'_>, currency: Currency) -> Vec<Content> {
    let upsert = write.upsert;
    let mut content = required_fields(write);
    content.push(Content::required(TOTAL_AMOUNT, number(upsert.total_amount)));
    content.push(Content::required(BALANCE, number(upsert.balance())));
    if upsert.currency == Patch::Keep {
        content.push(Content::required(CURRENCY, text(currency)));
    }
    content.extend(optional_fields(write));
    content
}
