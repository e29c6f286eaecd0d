//! Open items that a complete file omits: which they are, and how they are closed.
//!
//! Closing is a mark on the account, the latest complete file that omits it. What is open is zero while that file is later
//! than the account's figure. So the end is the same in whatever order files arrive, and a later file that contains the
//! item reopens it.

use jiff::Timestamp;

use super::decision::figure_of;
use super::{Scope, ScopeFiles};
use crate::account::{Account, AccountState, Revision};
use crate::receivable::SourceFile;

/// A complete file that closes what it omits.
#[derive(Clone, Copy, Debug)]
pub struct Omissions<'a> {
    /// The file.
    pub file: &'a SourceFile,
    /// Its scope.
    pub scope: &'a Scope,
    /// The latest complete files of all scopes.
    pub scopes: &'a [ScopeFiles],
}

impl Omissions<'_> {
    /// Whether a later file of the same scope was accepted: then this one closes nothing.
    #[must_use]
    pub fn are_superseded(&self) -> bool {
        self.scopes.iter().any(|of| of.scope == *self.scope && of.accepted > *self.file)
    }

    /// Whether the account is an open item of the scope.
    #[must_use]
    pub fn is_open_item(&self, account: &Account) -> bool {
        self.scope.contains(account) && account.open_amount().is_some_and(|open| !open.is_zero())
    }

    /// Whether the file closes the account, if it omits it: it is an open item of the scope, and neither its figure nor a
    /// complete file that lists it is later.
    #[must_use]
    pub fn close(&self, state: &AccountState) -> bool {
        let Some(account) = state.account.as_ref().filter(|account| self.is_open_item(account)) else {
            return false;
        };
        let file = (Some(self.file.as_of), Some(self.file.import.as_bytes()));
        let is_listed_later = |of: &ScopeFiles| of.accepted > *self.file && of.scope.contains(account);
        figure_of(account, &state.history) < file
            && account.omitted.as_ref() < Some(self.file)
            && !self.scopes.iter().any(is_listed_later)
    }

    /// The account, closed; `None` if the file does not close it.
    #[must_use]
    pub fn closed(&self, state: &AccountState, now: Timestamp) -> Option<Account> {
        let before = state.account.as_ref().filter(|_| self.close(state))?;
        let mut after = Account { omitted: Some(self.file.clone()), ..before.clone() };
        after.derive_balance(&state.allocations).ok()?;
        (after.updated_at, after.revision) = (now, Revision::next());
        Some(after)
    }

    /// Whether the file has closed the account before.
    #[must_use]
    pub fn have_closed(&self, account: &Account) -> bool {
        account.omitted.as_ref() == Some(self.file)
    }
}
