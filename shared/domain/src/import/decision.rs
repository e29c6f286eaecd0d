//! What a row of an import does to its account: exactly once, and in the order of imports.
//!
//! **Order.** The ids of imports are version 7 UUIDs, and so are the revisions of manual edits, so both sort by time. The
//! account's [`History`] has the newest import, the newest edit and, for every field that one of them may leave out,
//! which of them set it. A row that is newer than all of these sets its account. A late row sets only the fields that
//! nothing newer has set. Whatever the order of delivery, the account ends as if imports and edits had run one after
//! the other, each at the moment at which it was accepted. `docs/decisions/import-order-per-field.md` lists the exceptions.
//!
//! **Amounts** follow the days of which the source states them, and only then the order of imports: see [`figures`]. The balance
//! follows from them and from what was allocated to the account.
//!
//! **Partial rows.** A row about an account that exists may leave out its name and amount. The history has the newest import
//! whose row set both, and a stamp of each only where a row set one alone. A row without an amount sets no currency: it
//! must state that of the account, or none (`docs/decisions/partial-rows.md`).
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

mod figures;

use jiff::Timestamp;

pub use figures::Stale;
pub(super) use figures::figure_of;

use super::{AccountUpsert, RowDefaults, ScopeFiles};
use crate::account::{Account, AccountField, AccountState, FieldSet, History, Revision, Written};
use crate::fields::{Finding, FindingCode, Patch};
use crate::id::{AccountId, ImportId};
use crate::money::{Currency, Decimal};

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
    /// What the row has that it does not state.
    pub defaults: RowDefaults,
    /// The complete files of the organization's scopes.
    pub scopes: &'a [ScopeFiles],
    /// Whether the row is of a complete file, which lists its account as of the import's day, whatever day the row states.
    pub lists: bool,
    /// Whether that file keeps its day once for all rows that repeat their accounts.
    pub skips_days: bool,
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

/// Why a row is refused once the state of its account is known.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Refused {
    /// What the row says can't be written into the account.
    Invalid(Finding),
    /// There is no account, and the row lacks [what a new one needs](AccountUpsert::missing). An older import that has not
    /// ended may still create it.
    Incomplete,
    /// The complete file of an older import that has not ended may say something later about the account.
    Waits,
}

impl From<Finding> for Refused {
    fn from(finding: Finding) -> Self {
        Self::Invalid(finding)
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
    /// Set if the account's amount is another one, of a later day, that an older import has brought.
    pub stale: Option<Stale>,
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
        let stale = self.stale(now);
        RowDone { written, currency: account.map(|account| account.currency), revision, stale }
    }

    /// Whether the row names a client that has to be there, with the account in this state. It has not if the row is refused
    /// or was written before, since its client came first, nor if the account was deleted since the import was accepted: its
    /// client may have been deleted with it.
    #[must_use]
    pub fn needs_client(&self, before: &AccountState) -> bool {
        let history = &before.history;
        let names_client = matches!(self.upsert.client_external_id, Patch::Set(_));
        let is_settled =
            || history.written_by(self.import).is_some() || history.was_deleted_after(self.import);
        names_client && !is_settled() && self.decide(before).is_ok()
    }

    /// Decides what the row does to its account in this state.
    ///
    /// # Errors
    /// [`Refused::Invalid`]: an amount of the row has more digits than the account's currency, the row changes the currency
    /// without the amount, its figure is of a day in the future, or it names an account that no import has created. [`Refused::Incomplete`]: the account does
    /// not exist, and the row can't create it.
    pub fn decide(&self, before: &AccountState) -> Result<Decision, Refused> {
        let history = &before.history;
        if let Some(written) = history.written_last_by(self.import) {
            return Ok(Decision::Nothing(written));
        }
        // A deletion sorts behind everything that was in the history before it.
        if history.was_deleted_after(self.import) {
            return Ok(Decision::Nothing(history.outcome_of(self.import)));
        }
        if self.upsert.external_id.is_none() && self.upsert.id.is_some() && history.first_import.is_none() {
            let reason = "no import has made an account with this id";
            let unknown = Finding::in_field(AccountField::Id.name(), FindingCode::UnknownAccount, reason);
            return Err(unknown.into());
        }
        self.check_as_of()?;
        let is_complete = self.upsert.is_complete();
        match &before.account {
            None if !is_complete => Err(Refused::Incomplete),
            // A newer import has created the account. For this row there is none.
            Some(_) if !is_complete && !history.existed_for(self.import) => Err(Refused::Incomplete),
            Some(account) if self.waits_for_file(account, history) => Err(Refused::Waits),
            Some(account) if history.has_newer_than(self.import) => self.decide_late(account, before),
            _ => self.decide_newest(before),
        }
    }

    /// Decides for a row that is newer than everything that has written the account.
    fn decide_newest(&self, before: &AccountState) -> Result<Decision, Refused> {
        let (account, history) = (before.account.as_ref(), &before.history);
        let own = account.map_or(self.defaults.currency, |account| account.currency);
        let currency = self.currency(own)?;
        self.upsert.fits(currency)?;
        let takes_figure = match account {
            Some(account) => self.takes_figure(account, history),
            None => true,
        };
        let new = || Account::new(self.id.clone(), Decimal::ZERO, currency, self.now);
        let mut after = account.cloned().unwrap_or_else(new);
        let mut written = self.written(history.clone());
        self.set_external_id(&mut after);
        self.upsert.set_name(&mut after);
        let has_amount = self.upsert.total_amount.is_some();
        let own_fields = self.sets(|field| field == AccountField::ContactName || takes_figure || !has_amount);
        self.set_amount(&mut after, own_fields);
        let may_set = |field| (takes_figure && has_amount) || field != AccountField::Currency;
        let set = self.set_optional(account, &mut after, may_set);
        if account.is_none() {
            after.item_kind = self.inferred_kind().unwrap_or(after.item_kind);
            if self.waits_for_file(&after, history) {
                return Err(Refused::Waits);
            }
        }
        self.set_omitted(account, &mut after, own_fields);
        self.keep_settled_day(before, &mut after, set);
        self.add_figures(account.map(|account| account.currency), &mut after, takes_figure && has_amount);
        written.stamps.stamp(self.import.as_bytes(), set);
        self.record_setters(history, &mut written, own_fields);
        self.derive_balance(&mut after, before)?;
        let repeats = account.is_some_and(|account| Self::repeats(account, &mut after));
        if repeats && !self.marks && self.has_no_day(before, &after) {
            return Ok(Decision::Nothing(Written::Unchanged));
        }
        let outcome = match account {
            Some(_) if repeats => Written::Unchanged,
            Some(_) => Written::Updated,
            None => Written::Imported,
        };
        written.last_import_changed_nothing = repeats;
        written.first_import.get_or_insert_with(|| self.import.clone());
        Ok(self.write(repeats, after, written, outcome))
    }

    /// Decides for a row that a newer import, or a newer manual edit, has overtaken.
    fn decide_late(&self, account: &Account, before: &AccountState) -> Result<Decision, Refused> {
        let history = &before.history;
        let is_newest_import = !history.has_newer_import_than(self.import);
        let takes_figure = self.takes_figure(account, history);
        let may_set = |field| self.may_set(field, takes_figure, history);
        let mut after = account.clone();
        let mut changed = self.written(history.clone());
        if is_newest_import {
            self.set_external_id(&mut after);
        }
        if may_set(AccountField::ContactName) {
            self.upsert.set_name(&mut after);
        }
        let (own_fields, takes_currency) =
            self.set_late_amounts(&mut after, history, takes_figure, is_newest_import)?;
        let may_set_optional = |field| may_set(field) && (takes_currency || field != AccountField::Currency);
        let set = self.set_optional(Some(account), &mut after, may_set_optional);
        // Whether a partial row of an import in between finds the account depends on it.
        let is_earliest = self.upsert.is_complete() && !history.existed_for(self.import);
        if is_earliest {
            changed.earliest_import = Some(self.import.clone());
            if history.stamps.set_by(AccountField::Kind).is_none() {
                after.item_kind = self.inferred_kind().unwrap_or(after.item_kind);
            }
        }
        let takes_amount = own_fields.contains(AccountField::TotalAmount);
        self.set_omitted(Some(account), &mut after, own_fields);
        self.keep_settled_day(before, &mut after, set);
        self.add_figures(Some(account.currency), &mut after, takes_amount);
        changed.stamps.stamp(self.import.as_bytes(), set);
        self.record_setters(history, &mut changed, own_fields);
        self.derive_balance(&mut after, before)?;
        let repeats = Self::repeats(account, &mut after);
        let mut written = history.outcome_of(self.import);
        // Behind a newer import it is unknown whether an earlier delivery of the row has changed something.
        if is_newest_import {
            changed.last_import_changed_nothing = repeats;
            if repeats && written == Written::Updated {
                written = Written::Unchanged;
            }
        }
        let writes_nothing = repeats && self.has_no_day(before, &after);
        match writes_nothing && ((!self.marks && !is_earliest) || changed == *history) {
            true => Ok(Decision::Nothing(written)),
            false => Ok(self.write(repeats, after, changed, written)),
        }
    }

    /// Sets the amount of an overtaken row, if it may set it. Returns which of the fields that complete rows have the row
    /// sets, and whether it may set the currency: an amount is written with its currency or not at all, also where an edit
    /// has set one of them.
    fn set_late_amounts(
        &self,
        after: &mut Account,
        history: &History,
        takes_figure: bool,
        is_newest_import: bool,
    ) -> Result<(FieldSet, bool), Refused> {
        let may_set = |field| self.may_set(field, takes_figure, history);
        let stated = self.stated_currency();
        let all = self.sets(may_set);
        if self.upsert.total_amount.is_none() {
            if is_newest_import && may_set(AccountField::Currency) {
                self.currency(after.currency)?;
            }
            self.upsert.fits(after.currency)?;
            return Ok((all, false));
        }
        if !takes_figure {
            // A newer row without a currency has kept that of this row. One that is stale would have set none.
            let is_stale = self.is_stale(after, history);
            return Ok((all, !is_stale && stated.is_none_or(|currency| after.fits(currency))));
        }
        let currency = stated.unwrap_or(after.currency);
        if !may_set(AccountField::Currency) && currency != after.currency {
            return Ok((self.sets(|field| field == AccountField::ContactName && may_set(field)), false));
        }
        // An amount that the account has in this currency was checked before the edit.
        let has_amount = currency == after.currency && after.total_amount == self.upsert.total_amount;
        if !has_amount {
            self.upsert.fits(currency)?;
        }
        self.set_amount(after, all);
        Ok((all, true))
    }

    /// The history with this import among those that have written the account.
    fn written(&self, mut history: History) -> History {
        let last_complete =
            history.last_complete().max(self.upsert.is_complete().then_some(self.import)).cloned();
        if history.last_import.as_ref() < Some(self.import) {
            history.last_import = Some(self.import.clone());
        }
        history.last_complete_import =
            last_complete.filter(|last| history.last_import.as_ref() != Some(last));
        history
    }

    /// The currency of the account, which is `own` so far, after the row.
    fn currency(&self, own: Currency) -> Result<Currency, Finding> {
        let stated = self.stated_currency().unwrap_or(own);
        if self.upsert.total_amount.is_none() && stated != own {
            let reason =
                format!("the account is in {own}; a row that changes the currency has the amount in it, too");
            return Err(Finding::in_field(AccountField::TotalAmount.name(), FindingCode::Required, reason));
        }
        Ok(stated)
    }

    /// Which of the fields that complete rows set this one sets.
    fn sets(&self, may_set: impl Fn(AccountField) -> bool) -> FieldSet {
        let has = [
            (AccountField::ContactName, self.upsert.contact.name.is_some()),
            (AccountField::TotalAmount, self.upsert.total_amount.is_some()),
        ];
        fields(has.into_iter().filter(|(field, has)| *has && may_set(*field)).map(|(field, _)| field))
    }

    fn set_external_id(&self, account: &mut Account) {
        if let Some(external_id) = &self.upsert.external_id {
            account.external_id = Some(external_id.clone());
        }
    }

    /// Sets those of the fields that rows may leave out which the row has and may set. Returns which it has set.
    fn set_optional(
        &self,
        before: Option<&Account>,
        account: &mut Account,
        may_set: impl Fn(AccountField) -> bool,
    ) -> FieldSet {
        // A row of an export has the status as it reads. What was derived is not stored.
        let is_derived = before.is_some_and(|before| {
            let shown = before.shown_status();
            self.upsert.id.is_some() && self.upsert.states_status(shown) && shown != before.status.as_str()
        });
        let may_set = |field| may_set(field) && !(is_derived && field == AccountField::Status);
        self.upsert.set_optional(account, &self.defaults, may_set)
    }

    /// The currency that the row states.
    fn stated_currency(&self) -> Option<Currency> {
        self.upsert.stated_currency(self.defaults.currency)
    }

    /// The account after the row. If it has changed, it gets a new revision.
    fn write(&self, repeats: bool, mut after: Account, history: History, written: Written) -> Decision {
        if !repeats {
            after.updated_at = self.now;
            after.revision = Revision::next();
        }
        Decision::Write(Box::new((after, history)), written)
    }
}

/// A set of these fields.
fn fields(fields: impl IntoIterator<Item = AccountField>) -> FieldSet {
    let mut set = FieldSet::default();
    fields.into_iter().for_each(|field| set.insert(field));
    set
}

#[cfg(test)]
mod tests;
