//! The imports, manual edits and deletions that an account remembers, so that rows that are processed late or twice lead to
//! the same account.

use super::{Account, Revision, Stamps};
use crate::id::ImportId;
use crate::receivable::Allocation;

/// What has written an account.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct History {
    /// The import that created the account.
    pub first_import: Option<ImportId>,
    /// The oldest import that has set the name and the amount, if it is older than the one that created the account: its row
    /// came later.
    pub earliest_import: Option<ImportId>,
    /// The newest import that wrote the account.
    pub last_import: Option<ImportId>,
    /// The newest import whose row set the name and the amount, which rows about accounts that exist may leave out; `None`
    /// if it is [`Self::last_import`], as with all rows that have both.
    pub last_complete_import: Option<ImportId>,
    /// Whether the row of the newest import changed nothing and left only its mark.
    pub last_import_changed_nothing: bool,
    /// The newest manual edit or deletion.
    pub last_edit: Option<Revision>,
    /// The deletion. An account that was created again keeps it, so that older rows still change nothing.
    pub deleted_by: Option<Revision>,
    /// The import that had created the account before it was last deleted.
    pub created_before_deletion_by: Option<ImportId>,
    /// What set each field last.
    pub stamps: Stamps,
}

/// An account with its history. A deleted account has only a history; an account that never was has neither.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AccountState {
    /// The account.
    pub account: Option<Account>,
    /// Its history.
    pub history: History,
    /// What was allocated to it, in whatever currency.
    pub allocations: Vec<Allocation>,
}

impl AccountState {
    /// The revision of an edit that is about to be made: it sorts behind everything in the history, behind the account's own
    /// revision, which may be that of an acknowledgement, and behind its allocations.
    #[must_use]
    pub fn next_revision(&self) -> Revision {
        let account = self.account.as_ref().map(|account| *account.revision.as_bytes());
        let allocation = self.allocations.iter().map(|allocation| *allocation.id.as_bytes()).max();
        let newest = [self.history.newest(), account, allocation].into_iter().flatten().max();
        newest.map_or_else(Revision::next, Revision::after)
    }
}

/// What a row of an import did.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Written {
    /// It created the account.
    Imported,
    /// It changed the account, or would have if nothing newer had been written before.
    Updated,
    /// It changed nothing: the account had what the row says.
    Unchanged,
}

impl History {
    /// What a row of this import did to the account, if it was written.
    #[must_use]
    pub fn written_by(&self, import: &ImportId) -> Option<Written> {
        let before_the_last = || match self.outcome_of(import) {
            Written::Imported => Some(Written::Imported),
            outcome => self.stamps.has(import.as_bytes()).then_some(outcome),
        };
        self.written_last_by(import).or_else(before_the_last)
    }

    /// The revision of a deletion that is about to be made: it sorts behind everything in the history.
    #[must_use]
    pub fn next_revision(&self) -> Revision {
        self.newest().map_or_else(Revision::next, Revision::after)
    }

    /// The newest import, edit or deletion.
    fn newest(&self) -> Option<[u8; 16]> {
        let import = self.last_import.as_ref().map(ImportId::as_bytes);
        let edits = [&self.last_edit, &self.deleted_by].map(|edit| edit.as_ref().map(Revision::as_bytes));
        edits.into_iter().chain([import]).flatten().max().copied()
    }

    /// Whether a newer import, or a newer manual edit, has written the account.
    #[must_use]
    pub fn has_newer_than(&self, import: &ImportId) -> bool {
        self.has_newer_import_than(import) || is_newer(self.last_edit.as_ref(), import)
    }

    /// Whether a newer import has written the account.
    #[must_use]
    pub fn has_newer_import_than(&self, import: &ImportId) -> bool {
        self.last_import.as_ref().is_some_and(|last| last.as_bytes() > import.as_bytes())
    }

    /// Whether the account would exist for this import if all had run one after the other.
    #[must_use]
    pub fn existed_for(&self, import: &ImportId) -> bool {
        self.oldest_import().is_none_or(|oldest| oldest <= import)
    }

    /// The import that would have created the account if all had run one after the other.
    #[must_use]
    pub fn oldest_import(&self) -> Option<&ImportId> {
        self.earliest_import.as_ref().or(self.first_import.as_ref())
    }

    /// The newest import whose row set the name and the amount.
    #[must_use]
    pub fn last_complete(&self) -> Option<&ImportId> {
        self.last_complete_import.as_ref().or(self.last_import.as_ref())
    }

    /// Whether the account was deleted after this import was accepted. It may have been created again since.
    #[must_use]
    pub fn was_deleted_after(&self, import: &ImportId) -> bool {
        is_newer(self.deleted_by.as_ref(), import)
    }

    /// What this import did, if it was the last one that wrote the account.
    #[must_use]
    pub fn written_last_by(&self, import: &ImportId) -> Option<Written> {
        (self.last_import.as_ref() == Some(import)).then(|| match self.outcome_of(import) {
            Written::Updated if self.last_import_changed_nothing => Written::Unchanged,
            outcome => outcome,
        })
    }

    /// What this import did to an account that it has written, or came too late for. Whether it changed something is
    /// unknown then, so it counts as [`Written::Updated`].
    #[must_use]
    pub fn outcome_of(&self, import: &ImportId) -> Written {
        let created = [&self.first_import, &self.created_before_deletion_by];
        match created.into_iter().flatten().any(|by| by == import) {
            true => Written::Imported,
            false => Written::Updated,
        }
    }
}

/// Whether an edit was made after the import was accepted.
fn is_newer(edit: Option<&Revision>, import: &ImportId) -> bool {
    edit.is_some_and(|edit| edit.as_bytes() > import.as_bytes())
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;

    #[test]
    fn edit_follows_an_import_of_a_machine_whose_clock_is_ahead() {
        let seconds = u64::try_from(jiff::Timestamp::now().as_second()).expect("after 1970") + 60;
        let ahead = ImportId::of_seed(Uuid::new_v7(uuid::Timestamp::from_unix_time(seconds, 0, 0, 0)));
        let history = History { last_import: Some(ahead.clone()), ..History::default() };
        let edit = history.next_revision();
        assert!(is_newer(Some(&edit), &ahead));
        let again = History { last_edit: Some(edit), ..history }.next_revision();
        assert!(again.as_bytes() > edit.as_bytes());
    }
}
