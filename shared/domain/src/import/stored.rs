//! What a row stores, for a preview that stores nothing.

use jiff::Timestamp;
use uuid::Uuid;

use super::{AccountUpsert, Decision, RowWrite};
use crate::account::{Account, AccountState, History};
use crate::fields::Finding;
use crate::id::{AccountId, ImportId};
use crate::money::Currency;

impl AccountUpsert {
    /// The account that the row makes if there is none yet. Its ids and times are not those that an import gives it.
    ///
    /// # Errors
    /// The finding for which the row is refused when it is written.
    pub fn as_new_account(&self, default_currency: Currency, now: Timestamp) -> Result<Account, Finding> {
        let import = ImportId::of_seed(Uuid::nil());
        let id = self.id.clone().unwrap_or_else(|| AccountId::of_row(&import, 0));
        // A row with an account's own id is refused unless an import has made the account, which a preview doesn't look up.
        let history =
            History { first_import: self.id.as_ref().map(|_| import.clone()), ..History::default() };
        let write = RowWrite { import: &import, marks: true, id: &id, upsert: self, default_currency, now };
        match write.decide(&AccountState { account: None, history })? {
            Decision::Write(written, _) => Ok(written.0),
            Decision::Nothing(_) => Ok(Account::new(id.clone(), self.balance(), default_currency, now)),
        }
    }
}
