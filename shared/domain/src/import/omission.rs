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

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::*;
    use crate::account::Written;
    use crate::id::{AccountId, ImportId, OrgId};
    use crate::import::{Decision, RawRow, Refused, RowBody, RowDefaults, RowRules, RowWrite, Shape};
    use crate::money::{Currency, Decimal};

    fn file(day: i8, number: u64) -> SourceFile {
        let uuid = uuid::Builder::from_unix_timestamp_millis(number, &[0; 10]).into_uuid();
        SourceFile { as_of: date(2026, 1, day), import: ImportId::of_seed(uuid) }
    }

    fn scope() -> Scope {
        serde_json::from_str(r#"{"source_system":"SAP"}"#).expect("a scope")
    }

    /// The row of a file.
    fn write(
        state: &mut AccountState,
        file: &SourceFile,
        total: u32,
        scopes: &[ScopeFiles],
        skips_days: bool,
    ) -> Result<Written, Refused> {
        let id = AccountId::of_external(&OrgId::placeholder(), &"A".parse().expect("an id"));
        let json = format!(
            r#"{{"external_id":"A","contact":{{"name":"A"}},"total_amount":{total},"source_system":"SAP"}}"#
        );
        let row = RawRow { index: 0, line: None, body: RowBody::Json(json.into()) };
        let upsert = row.check(&Shape::Objects, &RowRules::default(), Currency::EURO).upsert.expect("a row");
        let (as_of, as_of_max) = (file.as_of, date(2026, 12, 31));
        let defaults = RowDefaults { currency: Currency::EURO, as_of, as_of_max, amounts: None };
        let (import, marks, now) = (&file.import, false, Timestamp::UNIX_EPOCH);
        let write = RowWrite { import, marks, id: &id, upsert: &upsert, defaults, scopes, skips_days, now };
        let decision = write.decide(state)?;
        let outcome = decision.outcome();
        if let Decision::Write(after, _) = decision {
            let (account, history) = *after;
            *state = AccountState { account: Some(account), history, ..AccountState::default() };
        }
        Ok(outcome)
    }

    fn close(state: &mut AccountState, file: &SourceFile, scopes: &[ScopeFiles]) -> bool {
        let scope = &scope();
        let closed = Omissions { file, scope, scopes }.closed(state, Timestamp::UNIX_EPOCH);
        let is_closed = closed.is_some();
        state.account = closed.or(state.account.take());
        is_closed
    }

    fn open(state: &AccountState) -> Decimal {
        state.account.as_ref().and_then(Account::open_amount).expect("an open item")
    }

    #[test]
    fn item_is_closed_by_a_later_file_and_reopened_by_one_that_is_later_still() {
        let mut state = AccountState::default();
        write(&mut state, &file(5, 1), 100, &[], false).expect("a row");
        assert!(!close(&mut state, &file(4, 2), &[]), "the item was stated later");
        assert!(close(&mut state, &file(6, 2), &[]) && open(&state).is_zero());
        assert!(!close(&mut state, &file(6, 2), &[]), "it is closed already");
        // A row that is older than the file changes the figure, and leaves the item closed.
        write(&mut state, &file(5, 3), 80, &[], false).expect("a row");
        assert!(open(&state).is_zero());
        // The same amount of a later day is a change.
        assert_eq!(write(&mut state, &file(7, 4), 80, &[], true), Ok(Written::Updated));
        assert_eq!((open(&state), state.account.and_then(|account| account.omitted)), (80.into(), None));
    }

    #[test]
    fn row_of_a_complete_file_writes_no_day_and_later_ones_find_it() {
        let mut state = AccountState::default();
        write(&mut state, &file(1, 1), 100, &[], false).expect("a row");
        let before = state.clone();
        assert_eq!(write(&mut state, &file(5, 2), 100, &[], true), Ok(Written::Unchanged));
        assert_eq!(state, before, "nothing is written");
        let accepted = ScopeFiles::accept(None, &scope(), &file(5, 2), &file(5, 2).import);
        // An import that came later, with an older day, waits for the file, and then finds that it is stale.
        let unfinished = ScopeFiles { is_unfinished: true, ..accepted.clone() };
        assert_eq!(write(&mut state, &file(3, 3), 70, &[unfinished], false), Err(Refused::Waits));
        let settled = accepted.settle(&file(5, 2));
        write(&mut state, &file(3, 3), 70, std::slice::from_ref(&settled), false).expect("a row");
        assert_eq!(open(&state), 100.into());
        assert!(!close(&mut state, &file(4, 4), std::slice::from_ref(&settled)), "a later file was accepted");
        // A later day takes effect.
        write(&mut state, &file(6, 5), 70, &[settled], false).expect("a row");
        assert_eq!(open(&state), 70.into());
    }

    #[test]
    fn new_item_of_an_older_file_is_closed() {
        let later = ScopeFiles::accept(None, &scope(), &file(5, 1), &file(5, 1).import).close(&file(5, 1));
        for (day, amount) in [(4, 0), (5, 100)] {
            let mut state = AccountState::default();
            write(&mut state, &file(day, 2), 100, std::slice::from_ref(&later), false).expect("a row");
            assert_eq!(open(&state), amount.into(), "{day}");
        }
    }
}
