//! How a row of an import is written into its account, exactly once and in order.
//!
//! **Order.** The ids of imports are version 7 UUIDs, and so are the revisions of manual edits, so both sort by time. An
//! account remembers the newest import that wrote it (`last_import`), the newest edit (`changed_by_hand`) and, for every
//! field that one of them may leave out, which of them set it (`stamps`). A row that is newer than all of these is one
//! `UpdateItem`. A late row sets only the fields that nothing newer has set. Whatever the order of delivery, the account
//! ends as if imports and edits had run one after the other, each at the moment at which it was accepted. (One case is
//! left: a late currency for which a newer amount has too many digits is dropped.)
//!
//! **No change.** A row that repeats what its account has already is recorded in the history and changes nothing else:
//! the account keeps its revision and its time of the last change. To tell such rows, accounts are looked up before
//! they are written, a hundred in a request; a write has the condition that the account is as it was looked up.
//!
//! **Once.** A row that finds its own import in `last_import` was delivered before and writes nothing. `first_import`
//! tells whether it created the account, the same at every delivery. A deleted account leaves a tombstone for as long as
//! rows may be delivered late: only an import that is newer than the deletion creates the account again, and the account
//! that was created again remembers the deletion, so that older rows still change nothing.

mod late;
mod newest;
mod row;

use std::collections::{BTreeSet, HashMap};

use jiff::Timestamp;
use saldo_domain::fields::{Finding, FindingCode, Patch};
use saldo_domain::id::{AccountId, ImportId, OrgId};
use saldo_domain::import::{AccountUpsert, Field, RowOutcome};
use saldo_domain::money::Currency;

use super::AccountStore;
use super::history::History;
use super::record::{CURRENCY, WHAT};
use crate::dynamodb::Update;
use crate::dynamodb::item::{Item, Reader};
use crate::failure::Failure;
use crate::table_keys::AccountKey;

/// How often a row is tried against an account that other requests change. Each attempt loses only to a write that
/// succeeded, and few imports write the same account at the same moment.
const ATTEMPTS_MAX: usize = 16;

/// An account's item, or its tombstone, as it was looked up. Empty if there was none.
#[derive(Clone, Debug, Default)]
pub struct Seen(Item);

/// A row of an import that is to be written into its account.
#[derive(Debug)]
pub struct ImportWrite<'a> {
    /// The organization.
    pub org: &'a OrgId,
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

impl Seen {
    /// What a row of this import did to the account, if it was written.
    #[must_use]
    pub fn written_by(&self, import: &ImportId) -> Option<Written> {
        let history = History::of(&self.0);
        match history.outcome_of(import) {
            Written::Imported => Some(Written::Imported),
            Written::Updated => history.written_last_by(import),
        }
    }
}

impl ImportWrite<'_> {
    fn names_its_account_by_id(&self) -> bool {
        self.upsert.external_id.is_none() && self.upsert.id.is_some()
    }
}

/// The outcome of a row.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Written {
    /// It created the account.
    Imported,
    /// It changed the account, or would have if nothing newer had been written before.
    Updated,
}

impl From<Written> for RowOutcome {
    fn from(written: Written) -> Self {
        match written {
            Written::Imported => Self::Imported,
            Written::Updated => Self::Updated,
        }
    }
}

/// The result of one attempt to write a row.
///
/// The outcome of a write follows from the state that its condition requires, not from the old values that DynamoDB
/// returns: whether `UPDATED_OLD` has an attribute that `if_not_exists` left alone is not documented.
enum Attempt {
    Done(Written),
    /// The row can't be written into the account that was found.
    Refused(Finding),
    /// The item was not as assumed; this is how it was, if there was one.
    Overtaken(Option<Item>),
}

impl AccountStore {
    /// Looks up the accounts of an import's rows: with eventual consistency or, if `certain`, consistently and at twice
    /// the price. Accounts that do not exist are left out.
    ///
    /// # Errors
    /// [`Failure`] when DynamoDB fails.
    pub async fn look_up(
        &self,
        org: &OrgId,
        ids: BTreeSet<AccountId>,
        certain: bool,
    ) -> Result<HashMap<AccountId, Seen>, Failure> {
        let keys: Vec<_> = ids.iter().map(|id| AccountKey::new(org, id)).collect();
        let items = self.table.batch_get(&keys, certain).await?;
        items.into_iter().map(|item| Ok((Reader::new(&item, WHAT).required("id")?, Seen(item)))).collect()
    }

    /// Writes a row of an import into an account that was looked up before. Delivered again, it returns the same and
    /// changes nothing.
    ///
    /// The inner error is a finding about the row: an amount of it has more digits than the account's currency, or it
    /// names an account that no import has created.
    ///
    /// # Errors
    /// [`Failure`] when DynamoDB fails; the row may have been written or not.
    pub async fn import(
        &self,
        write: &ImportWrite<'_>,
        Seen(looked_up): &Seen,
    ) -> Result<Result<Written, Finding>, Failure> {
        // The account as a write or a consistent read found it. A look-up may have missed a write.
        let mut certain: Option<Item> = None;
        for _ in 0..ATTEMPTS_MAX {
            let seen = certain.as_ref().unwrap_or(looked_up);
            let history = History::of(seen);
            if let Some(written) = history.written_last_by(write.import) {
                return Ok(Ok(written));
            }
            let newer = history.has_newer_than(write.import);
            if history.was_deleted_after(write.import) || (newer && history.is_deleted()) {
                return Ok(Ok(history.outcome_of(write.import)));
            }
            let attempt = if newer {
                self.write_late(write, seen).await?
            } else {
                let currency = currency(write, seen)?;
                match may_write(write, currency, seen) {
                    Ok(()) => self.write_newest(write, currency, seen).await?,
                    Err(finding) => Attempt::Refused(finding),
                }
            };
            let found = match attempt {
                Attempt::Done(written) => return Ok(Ok(written)),
                Attempt::Refused(finding) if certain.is_some() => return Ok(Err(finding)),
                Attempt::Refused(_) => self.read(write.org, write.id).await?,
                Attempt::Overtaken(found) => found,
            };
            certain = Some(found.unwrap_or_default());
        }
        Err(Failure::Throttled { operation: "UpdateItem on an account that is being changed" })
    }

    /// What a row of this import did to its account, if it was written: for rows whose worker died before it reported.
    ///
    /// # Errors
    /// [`Failure`] when DynamoDB fails.
    pub async fn written_by(
        &self,
        org: &OrgId,
        import: &ImportId,
        id: &AccountId,
    ) -> Result<Option<Written>, Failure> {
        let found = self.read(org, id).await?.unwrap_or_default();
        Ok(Seen(found).written_by(import))
    }

    /// What [`import`](Self::import) would return, without writing anything.
    ///
    /// # Errors
    /// [`Failure`] when DynamoDB fails.
    pub async fn try_import(
        &self,
        write: &ImportWrite<'_>,
        Seen(seen): &Seen,
    ) -> Result<Result<Written, Finding>, Failure> {
        let would = |seen: &Item| -> Result<_, Failure> {
            let written = match History::of(seen).is_account() {
                true => Written::Updated,
                false => Written::Imported,
            };
            Ok(may_write(write, currency(write, seen)?, seen).map(|()| written))
        };
        match would(seen)? {
            // The account may have changed since it was looked up.
            Err(_) => would(&self.read(write.org, write.id).await?.unwrap_or_default()),
            written => Ok(written),
        }
    }

    /// Makes an update whose outcome is `written` if its conditions hold.
    async fn attempt(
        &self,
        write: &ImportWrite<'_>,
        update: &Update,
        written: Written,
    ) -> Result<Attempt, Failure> {
        match self.table.update(&AccountKey::new(write.org, write.id), update).await? {
            Ok(()) => Ok(Attempt::Done(written)),
            Err(failed) => Ok(Attempt::Overtaken(failed.into_item())),
        }
    }
}

/// The currency of the row's amounts. If the row leaves it out, it is that of the account that was seen.
fn currency(write: &ImportWrite<'_>, seen: &Item) -> Result<Currency, Failure> {
    match write.upsert.currency {
        Patch::Set(currency) => Ok(currency),
        Patch::Clear => Ok(write.default_currency),
        Patch::Keep => {
            let own = Reader::new(seen, WHAT).optional(CURRENCY)?;
            Ok(own.unwrap_or(write.default_currency))
        }
    }
}

/// Checks whether the row can be written into the account that was seen.
fn may_write(write: &ImportWrite<'_>, currency: Currency, seen: &Item) -> Result<(), Finding> {
    if write.names_its_account_by_id() && !History::of(seen).is_imported() {
        let reason = "no import has made an account with this id";
        return Err(Finding::in_field(Field::Id.name(), FindingCode::UnknownAccount, reason));
    }
    write.upsert.fits(currency)
}
