//! The amounts of a row. They do not follow the order of imports alone, so that an old file that is delivered late, or
//! imported again, replaces no newer amount.
//!
//! **The latest figure.** Of all figures, the account has that of the latest day and, of several with that day, that of the newest
//! import. A row that moves only the day leaves the account's revision as it is, like a mark.
//!
//! **The balance** is no field of a row. The last step of a decision derives it from figures and allocations, so a newer day alone
//! may change it.
//!
//! **The original amount** is the highest figure of an invoice, and the lowest one of a credit, over all rows in the account's
//! currency, whatever became of the rows.
//!
//! **The kind** of an account for which no row states one depends on the sign in its oldest complete row.

use super::{RowWrite, fields};
use crate::account::{Account, AccountField, AccountState, FieldSet, History, StampId};
use crate::date::Date;
use crate::fields::{Finding, FindingCode, Patch};
use crate::id::ImportId;
use crate::import::ScopeFiles;
use crate::import::stated::{settled, stated_as_of};
use crate::money::Currency;
use crate::receivable::{Figure, Figures, ItemKind, SourceFile};

/// The fields that every complete row has. The newest complete row has set them, unless they have a stamp.
const SET_BY_COMPLETE_ROWS: [AccountField; 2] = [AccountField::ContactName, AccountField::TotalAmount];

/// The fields that scopes may name.
const SCOPE_FIELDS: [AccountField; 3] =
    [AccountField::SourceSystem, AccountField::Currency, AccountField::CampaignId];

/// The days of a row's figure and of the later one that its account has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Stale {
    of_row: Date,
    of_account: Date,
}

impl Stale {
    /// The warning about it.
    #[must_use]
    pub fn finding(self) -> Finding {
        let Self { of_row, of_account } = self;
        let reason = format!(
            "the account's amount is as of {of_account}; the row's, as of {of_row}, did not replace it"
        );
        Finding::in_field(AccountField::AsOf.name(), FindingCode::StaleAsOf, reason)
    }
}

/// What has set one of the fields that complete rows have.
fn setter(history: &History, field: AccountField) -> Option<&StampId> {
    history.stamps.set_by(field).or_else(|| history.last_complete().map(ImportId::as_bytes))
}

/// The source's latest figure of an account, in the order of what sources state.
pub(in crate::import) fn figure_of<'a>(
    account: &Account,
    history: &'a History,
) -> (Option<Date>, Option<&'a StampId>) {
    (account.as_of, setter(history, AccountField::TotalAmount))
}

impl RowWrite<'_> {
    /// The last day whose bank payments are in the row's figure.
    fn as_of(&self) -> Date {
        self.upsert.as_of.unwrap_or(self.defaults.as_of)
    }

    /// Refuses a day in the future.
    pub(super) fn check_as_of(&self) -> Result<(), Finding> {
        let (stated, latest) = (self.upsert.as_of, self.defaults.as_of_max);
        match stated.filter(|stated| *stated > latest) {
            None => Ok(()),
            Some(stated) => {
                let reason = format!(
                    "{stated} is in the future: the source has posted payments up to {latest} at most"
                );
                Err(Finding::in_field(AccountField::AsOf.name(), FindingCode::TooLate, reason))
            }
        }
    }

    /// The row as a statement of its source.
    fn file(&self) -> SourceFile {
        SourceFile { as_of: self.as_of(), import: self.import.clone() }
    }

    /// The row as a part of its file. A complete one lists all its accounts as of the import's day.
    fn listing(&self) -> SourceFile {
        let file = self.file();
        let as_of = if self.lists { file.as_of.max(self.defaults.as_of) } else { file.as_of };
        SourceFile { as_of, ..file }
    }

    /// Gives the account the day of which complete files state it, if the row sets a field that scopes name: whether the account
    /// was in their scopes can't be known later.
    pub(super) fn keep_settled_day(&self, before: &AccountState, after: &mut Account, set: FieldSet) {
        let Some(account) = before.account.as_ref().filter(|account| account.is_imported()) else { return };
        if SCOPE_FIELDS.into_iter().any(|field| set.contains(field)) {
            after.as_of = after.as_of.max(stated_as_of(self.scopes, account, &before.history));
        }
    }

    /// Whether the row's figure is later than the account's.
    pub(super) fn takes_figure(&self, account: &Account, history: &History) -> bool {
        let settled = settled(self.scopes, account, history);
        let settled = settled.map(|file| (Some(file.as_of), Some(file.import.as_bytes())));
        let of_row = (Some(self.as_of()), Some(self.import.as_bytes()));
        self.upsert.total_amount.is_some() && of_row > figure_of(account, history) && Some(of_row) > settled
    }

    /// Whether the row has to wait for an older import, whose complete file has a later statement about the account and has not
    /// ended: rows of that file that repeat their accounts write no day.
    pub(super) fn waits_for_file(&self, account: &Account, history: &History) -> bool {
        let is_later = |of: &&ScopeFiles| of.is_unfinished && of.accepted > self.file();
        let mut later = self.scopes.iter().filter(is_later).filter(|of| of.scope.contains(account));
        self.upsert.total_amount.is_some() && later.any(|of| history.existed_for(&of.accepted.import))
    }

    /// Whether the row, which repeats its account but perhaps for the day, has no day to write: the account has it, or the record
    /// of its scope has it or a later one, or the row's complete file says it for all its rows.
    pub(super) fn has_no_day(&self, before: &AccountState, after: &Account) -> bool {
        let Some(account) = &before.account else { return false };
        let is_of_file = || self.skips_days && self.as_of() == self.defaults.as_of;
        let is_stated = || stated_as_of(self.scopes, account, &before.history) >= after.as_of;
        let may_skip = !self.marks && before.allocations.is_empty();
        account.as_of == after.as_of || (may_skip && (is_of_file() || is_stated()))
    }

    /// Reopens the account, if the row sets its amount or is of a complete file, unless a later complete file omits it. A new
    /// account is omitted by all of which it is in the scope. One that was closed before is, too: closed items are closed only once.
    pub(super) fn set_omitted(&self, before: Option<&Account>, after: &mut Account, set: FieldSet) {
        let is_listed = self.lists && self.upsert.total_amount.is_some();
        if !is_listed && !set.contains(AccountField::TotalAmount) {
            return;
        }
        let is_omitted = before.is_none_or(|before| before.omitted.is_some());
        let closed = self.scopes.iter().filter(|of| is_omitted && of.scope.contains(after));
        let closed = closed.filter_map(|of| of.closed.as_ref());
        let listing = self.listing();
        after.omitted = closed.chain(&after.omitted).filter(|file| **file > listing).max().cloned();
    }

    /// Whether an older import has brought a figure of a later day.
    pub(super) fn is_stale(&self, account: &Account, history: &History) -> bool {
        let is_newer = setter(history, AccountField::TotalAmount) < Some(self.import.as_bytes());
        self.upsert.total_amount.is_some()
            && is_newer
            && stated_as_of(self.scopes, account, history) > Some(self.as_of())
    }

    /// The days of the row's figure and of the account's, if an older import has brought a later one that is different.
    pub(super) fn stale(&self, state: &AccountState) -> Option<Stale> {
        let account = state.account.as_ref()?;
        let is_lost = account.total_amount != self.upsert.total_amount;
        let of_account = stated_as_of(self.scopes, account, &state.history)?;
        (is_lost && self.is_stale(account, &state.history))
            .then_some(Stale { of_row: self.as_of(), of_account })
    }

    /// Whether the row, which may be late, may set a field.
    pub(super) fn may_set(&self, field: AccountField, takes_figure: bool, history: &History) -> bool {
        let import = self.import.as_bytes();
        let is_of_figure =
            |by: &StampId| takes_figure && Some(by) == setter(history, AccountField::TotalAmount);
        let is_mine = |by: Option<&StampId>| by.is_none_or(|by| by < import || is_of_figure(by));
        match field {
            AccountField::TotalAmount => takes_figure,
            AccountField::ContactName => setter(history, field).is_none_or(|by| by < import),
            AccountField::Currency => is_mine(history.stamps.set_by(field)),
            field => history.stamps.set_by(field).is_none_or(|by| by < import),
        }
    }

    /// Records what has set the fields that complete rows have: the row those in `set`, and what was recorded `before` the
    /// others.
    pub(super) fn record_setters(&self, before: &History, after: &mut History, set: FieldSet) {
        for field in SET_BY_COMPLETE_ROWS {
            let is_set = set.contains(field);
            let by = if is_set { Some(self.import.as_bytes()) } else { setter(before, field) };
            let Some(by) = by.copied() else { continue };
            let needs_stamp = is_set && !self.upsert.is_complete();
            let is_of_last = after.last_complete().map(ImportId::as_bytes) == Some(&by);
            match is_of_last && !needs_stamp {
                true => after.stamps.forget(fields([field])),
                false => after.stamps.stamp(&by, fields([field])),
            }
        }
    }

    /// The kind of a new account for which no row states one.
    pub(super) fn inferred_kind(&self) -> Option<ItemKind> {
        self.upsert.total_amount.filter(|_| self.upsert.item_kind.is_none()).map(ItemKind::of_new)
    }

    /// Adds the row's figures to those that the source has stated. A figure in another currency begins anew, and leaves no
    /// discount in the former one.
    pub(super) fn add_figures(&self, before: Option<Currency>, after: &mut Account, takes_figure: bool) {
        if takes_figure && before.is_some_and(|before| before != after.currency) {
            after.figures = None;
            if self.upsert.discount_amount == Patch::Keep {
                after.discount_amount = None;
            }
        }
        let currency = self.upsert.stated_currency(self.defaults.currency).unwrap_or(after.currency);
        if currency != after.currency || self.upsert.fits(currency).is_err() {
            return;
        }
        let total = self.upsert.total_amount.map(|amount| Figure { amount, as_of: Some(self.as_of()) });
        let original_as_of = self.upsert.original_as_of;
        let original = self.upsert.original_amount.map(|amount| Figure { amount, as_of: original_as_of });
        for figure in total.into_iter().chain(original) {
            after.figures.get_or_insert(Figures::of(figure)).add(figure);
        }
    }

    /// Derives the balance of the account after the row.
    pub(super) fn derive_balance(&self, after: &mut Account, before: &AccountState) -> Result<(), Finding> {
        after.derive_balance(&before.allocations).map_err(|too_large| {
            let sent = match (self.upsert.total_amount, self.upsert.original_amount) {
                (Some(_), _) => AccountField::TotalAmount,
                (None, Some(_)) => AccountField::OriginalAmount,
                (None, None) => AccountField::Kind,
            };
            Finding::in_field(sent.name(), FindingCode::TooManyDigits, too_large.to_string())
        })
    }

    /// Whether the account after the row is as it was `before`, but perhaps for the day of its figure.
    pub(super) fn repeats(before: &Account, after: &mut Account) -> bool {
        let as_of = std::mem::replace(&mut after.as_of, before.as_of);
        let repeats = *before == *after;
        after.as_of = as_of;
        repeats
    }

    /// Sets the row's amount and its day, if the amount is in `set`.
    pub(super) fn set_amount(&self, account: &mut Account, set: FieldSet) {
        if let Some(amount) = self.upsert.total_amount
            && set.contains(AccountField::TotalAmount)
        {
            account.total_amount = Some(amount);
            account.as_of = Some(self.as_of());
        }
    }
}

#[cfg(test)]
mod tests;
