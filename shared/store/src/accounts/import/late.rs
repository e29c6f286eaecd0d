//! Rows of an import that a newer import, or a newer manual edit, has overtaken.

use saldo_domain::account::Account;
use saldo_domain::fields::{Finding, Patch};
use saldo_domain::money::Currency;

use super::row::{Content, optional_fields, required_fields, set, stamped};
use super::{Attempt, ImportWrite};
use crate::accounts::AccountStore;
use crate::accounts::history::{History, LAST_IMPORT, import_value};
use crate::accounts::record::{BALANCE, TOTAL_AMOUNT, account};
use crate::accounts::stamps::{StampedField, Stamps};
use crate::dynamodb::item::{Item, number};
use crate::dynamodb::revised::{REVISION, has_revision};
use crate::dynamodb::{Update, is};
use crate::failure::Failure;

impl AccountStore {
    /// Writes the fields of a late row that nothing newer has set.
    pub(super) async fn write_late(&self, write: &ImportWrite<'_>, found: &Item) -> Result<Attempt, Failure> {
        let history = History::of(found);
        let before = account(write.org, found)?;
        let stamps = Stamps::of(found)?;
        let late = Late { write, stamps: &stamps, before: &before };
        let outcome = history.outcome_of(write.import);
        let mut content = Vec::new();
        let mut update = Update::default();
        let takes_currency = if history.has_newer_import_than(write.import) {
            late.stated_currency().is_none_or(|currency| before.fits(currency))
        } else {
            update.set(LAST_IMPORT, import_value(write.import));
            content.extend(required_fields(write));
            match late.money(&mut content) {
                Ok(takes_currency) => takes_currency,
                Err(finding) => return Ok(Attempt::Refused(finding)),
            }
        };
        content.extend(optional_fields(write).filter(|content| {
            content.stamped.is_some_and(|field| {
                late.may_set(field) && (takes_currency || field != StampedField::Currency)
            })
        }));
        stamps.stamp(&mut update, write.import.as_bytes(), stamped(&content));
        if !content.iter().all(|content| content.is_in(found)) {
            set(&mut update, content, write.now);
        }
        if update.is_empty() {
            return Ok(Attempt::Done(outcome));
        }
        update.require(has_revision(history.value(REVISION)));
        // Imports that change nothing write these without a new revision.
        update.require(is(LAST_IMPORT, history.value(LAST_IMPORT)));
        update.require(stamps.are_stored());
        self.attempt(write, &update, outcome).await
    }
}

/// A late row.
struct Late<'a> {
    write: &'a ImportWrite<'a>,
    stamps: &'a Stamps,
    before: &'a Account,
}

impl Late<'_> {
    /// Whether nothing newer has set the field.
    fn may_set(&self, field: StampedField) -> bool {
        self.stamps.set_by(field).is_none_or(|by| by < self.write.import.as_bytes())
    }

    /// The currency that the row states.
    fn stated_currency(&self) -> Option<Currency> {
        match self.write.upsert.currency {
            Patch::Set(currency) => Some(currency),
            Patch::Clear => Some(self.write.default_currency),
            Patch::Keep => None,
        }
    }

    /// Adds the amounts of a row of the newest import, unless a newer manual edit has set them: an amount is written with
    /// its currency or not at all. Returns whether the row's currency may be written.
    fn money(&self, content: &mut Vec<Content>) -> Result<bool, Finding> {
        let own = self.before.currency;
        let stated = self.stated_currency().unwrap_or(own);
        let unedited = self.may_set(StampedField::Balance) && self.may_set(StampedField::Currency);
        if !unedited && stated != own {
            return Ok(false);
        }
        let upsert = self.write.upsert;
        upsert.fits(stated)?;
        content.push(Content::required(TOTAL_AMOUNT, number(upsert.total_amount)));
        if self.may_set(StampedField::Balance) {
            content.push(Content::required(BALANCE, number(upsert.balance())));
        }
        Ok(true)
    }
}
