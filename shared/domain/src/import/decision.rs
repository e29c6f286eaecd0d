//! What a row of an import does to its account: exactly once, and in the order of imports.
//!
//! **Order.** The ids of imports are version 7 UUIDs, and so are the revisions of manual edits, so both sort by time. The
//! account's [`History`] has the newest import, the newest edit and, for every field that one of them may leave out,
//! which of them set it. A row that is newer than all of these sets its account. A late row sets only the fields that
//! nothing newer has set. Whatever the order of delivery, the account ends as if imports and edits had run one after
//! the other, each at the moment at which it was accepted. `docs/decisions/import-order-per-field.md` lists the exceptions.
//!
//! **No change.** A row that repeats what its account has already changes nothing: the account keeps its revision and
//! its time of the last change. If an older import may still write, the row leaves a mark: it is recorded in the history,
//! so that the older import does not overwrite what this one has found. Otherwise it writes nothing at all
//! (`docs/decisions/unchanged-rows.md`).
//!
//! **Once.** A row that finds its own import as the last one was delivered before and changes nothing. One that has left
//! no mark is decided again, as a row that arrives late for the first time: it has nothing to change. The history has
//! the import that created the account, so that the outcome is the same at every delivery. After a deletion only an
//! import that is newer than the deletion creates the account again.

use jiff::Timestamp;

use super::AccountUpsert;
use crate::account::{Account, AccountField, AccountState, History, Revision, Written};
use crate::fields::{Finding, FindingCode};
use crate::id::{AccountId, ImportId};
use crate::money::Currency;

/// A row of an import that is to be written into its account.
#[derive(Clone, Copy, Debug)]
pub struct RowWrite<'a> {
    /// The place in the order of the import that the row is part of.
    pub import: &'a ImportId,
    /// Whether the row leaves a mark if it changes nothing. If not, no older import may write any more, and the account
    /// must have been read consistently.
    pub marks: bool,
    /// The account's id.
    pub id: &'a AccountId,
    /// The fields of the row.
    pub upsert: &'a AccountUpsert,
    /// The organization's currency.
    pub default_currency: Currency,
    /// When the row is written.
    pub now: Timestamp,
}

/// What is to be written for a row.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Decision {
    /// Nothing: the row was written before, everything that it says is overtaken, or it changes nothing and leaves no mark.
    Nothing(Written),
    /// The account and its history are to become these.
    Write(Box<(Account, History)>, Written),
}

impl Decision {
    /// The outcome of the row once it is written.
    #[must_use]
    pub fn outcome(&self) -> Written {
        match self {
            Self::Nothing(written) | Self::Write(_, written) => *written,
        }
    }
}

/// What a row did to its account.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RowDone {
    /// Its outcome.
    pub written: Written,
    /// The account's currency after the row; `None` if the account was deleted since.
    pub currency: Option<Currency>,
    /// The account's revision after the row; `None` if a newer import, edit or deletion has overtaken the row.
    pub revision: Option<Revision>,
}

impl RowWrite<'_> {
    /// What the row does, once it is written as decided for its account in this state.
    #[must_use]
    pub fn done(&self, decision: &Decision, before: &AccountState) -> RowDone {
        let done = self.done_before(decision.outcome(), before);
        let Decision::Write(after, _) = decision else { return done };
        let (after, _) = &**after;
        let changed = before.account.as_ref().is_none_or(|before| before.revision != after.revision);
        let revision = if changed { Some(after.revision) } else { done.revision };
        RowDone { currency: Some(after.currency), revision, ..done }
    }

    /// What the row did that was written before with this outcome, if its account is in this state now.
    #[must_use]
    pub fn done_before(&self, written: Written, now: &AccountState) -> RowDone {
        let account = now.account.as_ref();
        let overtaken = now.history.has_newer_than(self.import);
        let revision = account.filter(|_| !overtaken).map(|account| account.revision);
        RowDone { written, currency: account.map(|account| account.currency), revision }
    }

    /// Decides what the row does to its account in this state.
    ///
    /// # Errors
    /// The finding about the row: an amount of it has more digits than the account's currency, or it names an account
    /// that no import has created.
    pub fn decide(&self, before: &AccountState) -> Result<Decision, Finding> {
        let history = &before.history;
        if let Some(written) = history.written_last_by(self.import) {
            return Ok(Decision::Nothing(written));
        }
        // A deletion sorts behind everything that was in the history before it.
        if history.was_deleted_after(self.import) {
            return Ok(Decision::Nothing(history.outcome_of(self.import)));
        }
        match &before.account {
            Some(account) if history.has_newer_than(self.import) => self.decide_late(account, history),
            account => self.decide_newest(account.as_ref(), history),
        }
    }

    /// Decides for a row that is newer than everything that has written the account.
    fn decide_newest(&self, account: Option<&Account>, history: &History) -> Result<Decision, Finding> {
        if self.upsert.external_id.is_none() && self.upsert.id.is_some() && history.first_import.is_none() {
            let reason = "no import has made an account with this id";
            return Err(Finding::in_field(AccountField::Id.name(), FindingCode::UnknownAccount, reason));
        }
        let own = account.map_or(self.default_currency, |account| account.currency);
        let currency = self.stated_currency().unwrap_or(own);
        self.upsert.fits(currency)?;
        let new = || Account::new(self.id.clone(), self.upsert.balance(), currency, self.now);
        let mut after = account.cloned().unwrap_or_else(new);
        let mut history = History { last_import: Some(self.import.clone()), ..history.clone() };
        self.upsert.set_required(&mut after);
        self.set_amounts(&mut after, true);
        let set = self.upsert.set_optional(&mut after, self.default_currency, |_| true);
        history.stamps.stamp(self.import.as_bytes(), set);
        let repeats = account == Some(&after);
        if repeats && !self.marks {
            return Ok(Decision::Nothing(Written::Unchanged));
        }
        let written = match account {
            Some(_) if repeats => Written::Unchanged,
            Some(_) => Written::Updated,
            None => Written::Imported,
        };
        history.last_import_changed_nothing = repeats;
        history.first_import.get_or_insert_with(|| self.import.clone());
        Ok(self.write(account, after, history, written))
    }

    /// Decides for a row that a newer import, or a newer manual edit, has overtaken.
    fn decide_late(&self, account: &Account, history: &History) -> Result<Decision, Finding> {
        // Whether nothing newer has set the field.
        let may_set = |field| history.stamps.set_by(field).is_none_or(|by| by < self.import.as_bytes());
        let mut after = account.clone();
        let mut changed = history.clone();
        let stated = self.stated_currency();
        let takes_currency = if history.has_newer_import_than(self.import) {
            stated.is_none_or(|currency| account.fits(currency))
        } else {
            changed.last_import = Some(self.import.clone());
            self.upsert.set_required(&mut after);
            // An amount is written with its currency or not at all, also where an edit has set one of them.
            let currency = stated.unwrap_or(account.currency);
            let edited = !may_set(AccountField::Balance) || !may_set(AccountField::Currency);
            let takes_amounts = !edited || currency == account.currency;
            // Amounts that the account has in this currency were checked before the edit.
            let has_amounts = currency == account.currency && self.has_amounts(account, may_set);
            if takes_amounts && !has_amounts {
                self.upsert.fits(currency)?;
                self.set_amounts(&mut after, may_set(AccountField::Balance));
            }
            takes_amounts
        };
        let may_set = |field| may_set(field) && (takes_currency || field != AccountField::Currency);
        let set = self.upsert.set_optional(&mut after, self.default_currency, may_set);
        changed.stamps.stamp(self.import.as_bytes(), set);
        let repeats = after == *account;
        let mut written = history.outcome_of(self.import);
        // Behind a newer import it is unknown whether an earlier delivery of the row has changed something.
        if !history.has_newer_import_than(self.import) {
            changed.last_import_changed_nothing = repeats;
            if repeats && written == Written::Updated {
                written = Written::Unchanged;
            }
        }
        match repeats && (!self.marks || changed == *history) {
            true => Ok(Decision::Nothing(written)),
            false => Ok(self.write(Some(account), after, changed, written)),
        }
    }

    /// Whether the account has the row's amounts, as far as the row may set them.
    fn has_amounts(&self, account: &Account, may_set: impl Fn(AccountField) -> bool) -> bool {
        let has_balance = !may_set(AccountField::Balance) || account.balance == self.upsert.balance();
        has_balance && account.total_amount == Some(self.upsert.total_amount)
    }

    fn set_amounts(&self, account: &mut Account, with_balance: bool) {
        account.total_amount = Some(self.upsert.total_amount);
        if with_balance {
            account.balance = self.upsert.balance();
        }
    }

    /// The currency that the row states.
    fn stated_currency(&self) -> Option<Currency> {
        self.upsert.stated_currency(self.default_currency)
    }

    /// The account after the row. If it has changed, it gets a new revision.
    fn write(
        &self,
        before: Option<&Account>,
        mut after: Account,
        history: History,
        written: Written,
    ) -> Decision {
        if before != Some(&after) {
            after.updated_at = self.now;
            after.revision = Revision::next();
        }
        Decision::Write(Box::new((after, history)), written)
    }
}

#[cfg(test)]
mod tests;
