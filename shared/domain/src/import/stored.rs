//! What a row stores, for a preview that stores nothing.

use jiff::Timestamp;
use uuid::Uuid;

use super::{AccountUpsert, Decision, Refused, RowDefaults, RowWrite};
use crate::account::{Account, AccountField, AccountState, Contact, FieldSet, History};
use crate::fields::Finding;
use crate::id::{AccountId, ImportId};
use crate::money::Decimal;

/// What a row stores.
#[derive(Clone, Debug)]
pub struct Stored {
    /// The account. Its ids and times are not those that an import gives it.
    pub account: Account,
    /// The fields that the row sets, if it lacks what a new account needs: the account keeps the others.
    pub changes: Option<FieldSet>,
}

impl AccountUpsert {
    /// The account that the row makes if there is none yet or, if it lacks what a new one needs, what it changes of an
    /// account that exists.
    ///
    /// # Errors
    /// The finding for which the row is refused when it is written.
    pub fn stored(&self, defaults: RowDefaults, now: Timestamp) -> Result<Stored, Finding> {
        let import = ImportId::of_seed(Uuid::nil());
        let id = self.id.clone().unwrap_or_else(|| AccountId::of_row(&import, 0));
        let is_change = !self.is_complete();
        let currency = self.stated_currency(defaults.currency).unwrap_or(defaults.currency);
        let existing = || Account {
            contact: "An account".parse().ok().map(|name| Contact { name, phone: None, email: None }),
            ..Account::new(id.clone(), Decimal::ZERO, currency, now)
        };
        // A row with an account's own id is refused unless an import has made the account, which a preview doesn't look up.
        let has_history = is_change || self.id.is_some();
        let history = History { first_import: has_history.then(|| import.clone()), ..History::default() };
        let account = is_change.then(existing);
        let before = AccountState { account, history, ..AccountState::default() };
        let write = RowWrite {
            import: &import,
            marks: true,
            id: &id,
            upsert: self,
            defaults,
            scopes: &[],
            lists: false,
            skips_days: false,
            now,
        };
        match write.decide(&before) {
            Ok(Decision::Write(written, _)) => {
                let (account, history) = *written;
                Ok(Stored { account, changes: is_change.then(|| self.changes(&history)) })
            }
            Err(Refused::Invalid(finding)) => Err(finding),
            // Neither happens: the row leaves a mark, and has an account if it is incomplete.
            Ok(Decision::Nothing(_)) | Err(Refused::Incomplete | Refused::Waits) => {
                Ok(Stored { account: existing(), changes: Some(FieldSet::default()) })
            }
        }
    }

    /// The fields that this row, which has written this history, has set.
    fn changes(&self, history: &History) -> FieldSet {
        let mut set = FieldSet::default();
        let is_set = |field: &AccountField| match field {
            AccountField::ExternalId => self.external_id.is_some(),
            AccountField::AsOf => self.total_amount.is_some(),
            AccountField::OriginalAmount | AccountField::OriginalAsOf => {
                self.total_amount.or(self.original_amount).is_some()
            }
            field => history.stamps.set_by(*field).is_some(),
        };
        AccountField::imported().filter(is_set).for_each(|field| set.insert(field));
        set
    }
}
