//! What a row of an import does to its account: exactly once, and in the order of imports.
//!
//! **Order.** The ids of imports are version 7 UUIDs, and so are the revisions of manual edits, so both sort by time. The
//! account's [`History`] has the newest import, the newest edit and, for every field that one of them may leave out,
//! which of them set it. A row that is newer than all of these sets its account. A late row sets only the fields that
//! nothing newer has set. Whatever the order of delivery, the account ends as if imports and edits had run one after
//! the other, each at the moment at which it was accepted. `docs/decisions/import-order-per-field.md` lists the exceptions.
//!
//! **No change.** A row that repeats what its account has already is recorded in the history and changes nothing else:
//! the account keeps its revision and its time of the last change.
//!
//! **Once.** A row that finds its own import as the last one was delivered before and changes nothing. The history has
//! the import that created the account, so that the outcome is the same at every delivery. After a deletion only an
//! import that is newer than the deletion creates the account again.

use jiff::Timestamp;

use super::AccountUpsert;
use crate::account::{Account, AccountField, AccountState, History, Revision, Written};
use crate::fields::{Finding, FindingCode, Patch};
use crate::id::{AccountId, ImportId};
use crate::money::Currency;

/// A row of an import that is to be written into its account.
#[derive(Clone, Copy, Debug)]
pub struct RowWrite<'a> {
    /// The import that the row is part of.
    pub import: &'a ImportId,
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
    /// Nothing: the row was written before, or everything that it says is overtaken.
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

impl RowWrite<'_> {
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
        let newer = history.has_newer_than(self.import);
        if history.was_deleted_after(self.import) || (newer && before.is_deleted()) {
            return Ok(Decision::Nothing(history.outcome_of(self.import)));
        }
        match &before.account {
            Some(account) if newer => self.decide_late(account, history),
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
        let written = match account {
            Some(_) => Written::Updated,
            None => Written::Imported,
        };
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
            if takes_amounts {
                self.upsert.fits(currency)?;
                self.set_amounts(&mut after, may_set(AccountField::Balance));
            }
            takes_amounts
        };
        let may_set = |field| may_set(field) && (takes_currency || field != AccountField::Currency);
        let set = self.upsert.set_optional(&mut after, self.default_currency, may_set);
        changed.stamps.stamp(self.import.as_bytes(), set);
        let written = history.outcome_of(self.import);
        match after == *account && changed == *history {
            true => Ok(Decision::Nothing(written)),
            false => Ok(self.write(Some(account), after, changed, written)),
        }
    }

    fn set_amounts(&self, account: &mut Account, with_balance: bool) {
        account.total_amount = Some(self.upsert.total_amount);
        if with_balance {
            account.balance = self.upsert.balance();
        }
    }

    /// The currency that the row states.
    fn stated_currency(&self) -> Option<Currency> {
        match self.upsert.currency {
            Patch::Set(currency) => Some(currency),
            Patch::Clear => Some(self.default_currency),
            Patch::Keep => None,
        }
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
mod tests {
    use proptest::prelude::*;
    use uuid::Uuid;

    use super::*;
    use crate::account::AccountChange;
    use crate::fields::{Body, Fields};
    use crate::id::OrgId;
    use crate::import::{RawRow, RowBody, Shape};

    /// A row of an import or a manual edit.
    #[derive(Clone, Debug)]
    enum Event {
        Row(ImportId, AccountUpsert),
        Edit(Revision, AccountChange),
    }

    fn currency() -> Currency {
        "EUR".parse().expect("a currency")
    }

    fn row(members: &str) -> AccountUpsert {
        let json = format!(r#"{{"external_id":"A","contact":{{"name":"Ana"}},"total_amount":{members}}}"#);
        let body = RowBody::Json(json.into());
        let row = RawRow { index: 0, line: None, body };
        row.check(&Shape::Objects, currency()).upsert.expect("a valid row")
    }

    fn edit(members: &str) -> AccountChange {
        let json = format!(r#"{{"balance":{members}}}"#);
        let fields = Fields::of_json(AccountChange::FIELDS, json.as_bytes()).expect("JSON");
        AccountChange::read(fields, ()).expect("a valid change")
    }

    /// An amount and optional members: absent, null or one of three texts.
    fn members() -> impl Strategy<Value = String> {
        let value = || prop_oneof![Just(None), Just(Some(None)), (0..3_u8).prop_map(|n| Some(Some(n)))];
        (0..4_u8, value(), value()).prop_map(|(amount, notes, campaign)| {
            let mut members = amount.to_string();
            for (name, value) in [("notes", notes), ("campaign_id", campaign)] {
                members.extend(value.map(|value| match value {
                    None => format!(r#","{name}":null"#),
                    Some(n) => format!(r#","{name}":"text {n}""#),
                }));
            }
            members
        })
    }

    /// The event at the place `n` in the order of time; the first one is a row.
    fn event(n: usize, is_edit: bool, members: &str) -> Event {
        let id = Uuid::new_v7(uuid::Timestamp::from_unix_time(n as u64 + 1, 0, 0, 0));
        match is_edit && n > 0 {
            true => Event::Edit(Revision::try_from(&id.as_bytes()[..]).expect("a revision"), edit(members)),
            false => Event::Row(ImportId::of_seed(id), row(members)),
        }
    }

    fn apply(state: &mut AccountState, event: &Event, written: &mut Vec<(ImportId, Written)>) {
        let id = AccountId::of_external(&OrgId::placeholder(), &"A".parse().expect("an id"));
        match event {
            Event::Row(import, upsert) => {
                let now = Timestamp::UNIX_EPOCH;
                let row = RowWrite { import, id: &id, upsert, default_currency: currency(), now };
                let decision = row.decide(state).expect("no finding");
                written.push((import.clone(), decision.outcome()));
                if let Decision::Write(after, _) = decision {
                    let (account, history) = *after;
                    *state = AccountState { account: Some(account), history };
                }
            }
            Event::Edit(revision, change) => {
                let Some(account) = &mut state.account else { return };
                let set = change.apply(account);
                state.history.stamps.stamp(revision.as_bytes(), set);
                state.history.last_edit = Some(*revision);
            }
        }
    }

    /// The account without what differs between two runs.
    fn content(state: &AccountState) -> Option<Account> {
        let revision = Revision::try_from(&[0; 16][..]).expect("a revision");
        state.account.clone().map(|account| Account { revision, ..account })
    }

    proptest! {
        /// Rows are processed late and twice, edits at once and after the first row. The account ends as if all had run
        /// in their order, and a row that is processed again has the same outcome and changes nothing.
        #[test]
        fn late_and_repeated_rows_lead_to_the_same_account(
            parts in prop::collection::vec((any::<bool>(), members()), 1..7),
            delays in prop::collection::vec((0..4_usize, any::<bool>()), 7),
        ) {
            let parts = parts.iter().enumerate();
            let events: Vec<_> = parts.map(|(n, (is_edit, members))| event(n, *is_edit, members)).collect();
            let (mut expected, mut ignored) = (AccountState::default(), Vec::new());
            for event in &events {
                apply(&mut expected, event, &mut ignored);
            }

            // The first row is never late: without an account there is nothing to edit.
            let mut order: Vec<(usize, &Event)> = Vec::new();
            for (n, event) in events.iter().enumerate() {
                let (delay, twice) = delays[n];
                let late = matches!(event, Event::Row(..)) && n > 0;
                order.push((if late { n + delay } else { n }, event));
                if twice && matches!(event, Event::Row(..)) {
                    order.push((n + 4, event));
                }
            }
            // An edit at the time n comes before rows that are processed at the same time or later.
            order.sort_by_key(|(at, event)| (*at, matches!(event, Event::Row(..))));
            let (mut state, mut written) = (AccountState::default(), Vec::new());
            for (_, event) in order {
                apply(&mut state, event, &mut written);
            }
            prop_assert_eq!(content(&state), content(&expected));
            for (import, outcome) in &written {
                prop_assert!(written.iter().all(|(other, again)| other != import || again == outcome));
            }
            let before = state.clone();
            events.iter().filter(|event| matches!(event, Event::Row(..))).for_each(|event| {
                apply(&mut state, event, &mut written);
            });
            prop_assert_eq!(state, before);
        }
    }
}
