//! Open items that a complete file omits: which they are, and how they are closed.
//!
//! Closing is a mark on the account, the latest complete file that omits it. What is open is zero while that file is later
//! than the account's figure. So the end is the same in whatever order files arrive, and a later file that contains the
//! item reopens it.

use jiff::Timestamp;

use super::decision::figure_of;
use super::{ListedItem, Scope, ScopeFiles};
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
    /// Whether a later file was accepted of this scope, or of one that has all of it: then this one closes nothing.
    #[must_use]
    pub fn are_superseded(&self) -> bool {
        self.scopes.iter().any(|of| of.scope.covers(self.scope) && of.accepted > *self.file)
    }

    /// Whether the account is an open item of the scope. One that is closed is none, even if what was allocated to it leaves it
    /// overpaid.
    #[must_use]
    pub fn is_open_item(&self, account: &Account) -> bool {
        let is_open = || account.open_amount().is_some_and(|open| !open.is_zero());
        self.scope.contains(account) && account.omitted.is_none() && is_open()
    }

    /// Whether the account is one of the open items among which the file's omissions are counted: the file itself has not
    /// created it.
    #[must_use]
    pub fn counts(&self, state: &AccountState) -> bool {
        let is_new = state.history.oldest_import() == Some(&self.file.import);
        !is_new && state.account.as_ref().is_some_and(|account| self.is_open_item(account))
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
        figure_of(account, &state.history) < file && !self.scopes.iter().any(is_listed_later)
    }

    /// The account, closed; `None` if the file does not close it, or if it was changed since it was listed: its open amount is
    /// another one, or it was edited. What its owner has not seen is not closed.
    #[must_use]
    pub fn closed(&self, state: &AccountState, listed: &ListedItem, now: Timestamp) -> Option<Account> {
        let before = state.account.as_ref().filter(|_| self.close(state) && listed.is(state))?;
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
    use jiff::civil::{Date, date};

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
        is_complete: bool,
    ) -> Result<Written, Refused> {
        write_as_of(state, file, (total, file.as_of), scopes, is_complete)
    }

    /// The row of a file that states a day of its own.
    fn write_as_of(
        state: &mut AccountState,
        file: &SourceFile,
        (total, as_of): (u32, Date),
        scopes: &[ScopeFiles],
        is_complete: bool,
    ) -> Result<Written, Refused> {
        let id = AccountId::of_external(&OrgId::placeholder(), &"A".parse().expect("an id"));
        let json = format!(
            r#"{{"external_id":"A","contact":{{"name":"A"}},"total_amount":{total},"source_system":"SAP","as_of":"{as_of}"}}"#
        );
        let row = RawRow { index: 0, line: None, body: RowBody::Json(json.into()) };
        let upsert = row.check(&Shape::Objects, &RowRules::default(), Currency::EURO).upsert.expect("a row");
        let (as_of, as_of_max) = (file.as_of, date(2026, 12, 31));
        let defaults = RowDefaults { currency: Currency::EURO, as_of, as_of_max, amounts: None };
        let (import, marks, now) = (&file.import, false, Timestamp::UNIX_EPOCH);
        let (id, upsert, lists, skips_days) = (&id, &upsert, is_complete, is_complete);
        let write = RowWrite { import, marks, id, upsert, defaults, scopes, lists, skips_days, now };
        let decision = write.decide(state)?;
        let outcome = decision.outcome();
        if let Decision::Write(after, _) = decision {
            let (account, history) = *after;
            *state = AccountState { account: Some(account), history, ..AccountState::default() };
        }
        Ok(outcome)
    }

    fn close(state: &mut AccountState, file: &SourceFile, scopes: &[ScopeFiles]) -> bool {
        let listed = ListedItem::of(state.clone()).expect("an open item");
        close_as_listed(state, file, scopes, &listed)
    }

    fn close_as_listed(
        state: &mut AccountState,
        file: &SourceFile,
        scopes: &[ScopeFiles],
        listed: &ListedItem,
    ) -> bool {
        let scope = &scope();
        let closed = Omissions { file, scope, scopes }.closed(state, listed, Timestamp::UNIX_EPOCH);
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
    fn item_that_a_complete_file_lists_is_open_whatever_day_its_row_states() {
        let (closed, latest) = (file(5, 2), file(6, 3));
        let scopes = [ScopeFiles::accept(None, &scope(), &closed, &closed.import).close(&closed)];
        // New, and closed before with a figure that is older or newer than the row's.
        for before in [None, Some(3), Some(4)] {
            let mut state = AccountState::default();
            if let Some(day) = before {
                write(&mut state, &file(day, 1), 100, &[], false).expect("a row");
                assert!(close(&mut state, &closed, &[]), "{day}");
            }
            let row = (70, date(2026, 1, 3));
            write_as_of(&mut state, &latest, row, &scopes, true).expect("a row");
            assert!(!open(&state).is_zero(), "{before:?}");
        }
    }

    #[test]
    fn item_that_was_changed_since_it_was_listed_is_not_closed() {
        let (mut state, omitting) = (AccountState::default(), file(5, 2));
        write(&mut state, &file(1, 1), 100, &[], false).expect("a row");
        let listed = ListedItem::of(state.clone()).expect("an open item");
        let mut edited = state.clone();
        edited.history.last_edit = Some(Revision::next());
        assert!(!close_as_listed(&mut edited, &omitting, &[], &listed), "it was edited");
        let mut changed = state.clone();
        write(&mut changed, &file(2, 3), 90, &[], false).expect("a row");
        assert!(!close_as_listed(&mut changed, &omitting, &[], &listed), "another amount is open");
        assert!(close_as_listed(&mut state, &omitting, &[], &listed));
    }

    #[test]
    fn closed_item_is_none_of_the_open_ones_and_stays_closed_by_the_latest_file() {
        let (file, later) = (file, file(8, 3));
        let mut state = AccountState::default();
        write(&mut state, &file(1, 1), 100, &[], false).expect("a row");
        assert!(close(&mut state, &file(5, 2), &[]));
        let account = state.account.as_mut().expect("an account");
        account.balance = Decimal::from(7);
        let omissions = Omissions { file: &later, scope: &scope(), scopes: &[] };
        assert!(!omissions.close(&state) && !omissions.counts(&state), "it is overpaid");
        // The later file omits it, too. A row of a day in between does not reopen it.
        let scopes = [ScopeFiles::accept(None, &scope(), &later, &later.import).close(&later)];
        write(&mut state, &file(7, 4), 80, &scopes, false).expect("a row");
        assert_eq!(
            (open(&state), state.account.and_then(|account| account.omitted)),
            (0.into(), Some(later))
        );
    }

    #[test]
    fn open_items_are_counted_without_those_that_the_file_has_created() {
        let (scope, mut state) = (scope(), AccountState::default());
        write(&mut state, &file(1, 1), 100, &[], false).expect("a row");
        let counts = |number| {
            let file = &file(5, number);
            Omissions { file, scope: &scope, scopes: &[] }.counts(&state)
        };
        assert!(!counts(1) && counts(2));
    }

    #[test]
    fn file_of_a_scope_supersedes_the_earlier_ones_in_it() {
        let scope = |text: &str| serde_json::from_str::<Scope>(text).expect("a scope");
        let (whole, euro) =
            (scope(r#"{"source_system":"SAP"}"#), scope(r#"{"source_system":"SAP","currency":"EUR"}"#));
        let is_superseded = |earlier: &Scope, later: &Scope| {
            let scopes = [ScopeFiles::accept(None, later, &file(6, 2), &file(6, 2).import)];
            Omissions { file: &file(5, 1), scope: earlier, scopes: &scopes }.are_superseded()
        };
        assert!(is_superseded(&euro, &whole) && is_superseded(&whole, &whole));
        assert!(!is_superseded(&whole, &euro));
    }

    #[test]
    fn day_of_a_file_counts_for_accounts_that_were_in_its_scope() {
        let (first, settled) = (file(1, 1), file(5, 2));
        let scopes = [ScopeFiles::accept(None, &scope(), &settled, &settled.import).settle(&settled)];
        let mut state = AccountState::default();
        write(&mut state, &first, 100, &[], false).expect("a row");
        // Whatever a newer row of an older day sets, the account keeps the day.
        let mut kept = state.clone();
        for number in [3, 4] {
            write(&mut kept, &file(4, number), 70, &scopes, false).expect("a row");
            assert_eq!(open(&kept), 100.into(), "{number}");
        }
        // An edit has put it into the scope after the file: the file has not named it.
        let edit = crate::account::Revision::next();
        let fields = [crate::account::AccountField::SourceSystem].into_iter();
        let mut moved = crate::account::FieldSet::default();
        fields.for_each(|field| moved.insert(field));
        state.history.stamps.stamp(edit.as_bytes(), moved);
        write(&mut state, &file(4, 3), 70, &scopes, false).expect("a row");
        assert_eq!(open(&state), 70.into());
    }

    #[test]
    fn row_that_repeats_the_day_of_a_settled_file_writes_nothing() {
        let settled = file(5, 2);
        let scopes = [ScopeFiles::accept(None, &scope(), &settled, &settled.import).settle(&settled)];
        let mut state = AccountState::default();
        write(&mut state, &file(1, 1), 100, &[], false).expect("a row");
        let before = state.clone();
        assert_eq!(write(&mut state, &file(5, 3), 100, &scopes, false), Ok(Written::Unchanged));
        assert_eq!(state, before, "an export has stated the day of the scope");
        assert_eq!(write(&mut state, &file(6, 3), 100, &scopes, false), Ok(Written::Unchanged));
        assert_eq!(state.account.and_then(|account| account.as_of), Some(date(2026, 1, 6)));
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
