//! How an import's row gets into its account exactly once and in order.
//!
//! **Order.** Imports carry version 7 UUIDs, so their ids have an order, and so have the
//! revisions of changes by hand. An account remembers the newest import that wrote it
//! (`last_import`), the newest change by hand (`changed_by_hand`) and, for every field that
//! one of them may leave out, which of them set it (`phone_set_by`…). A row that is newer
//! than all of these is one `UpdateItem`. A row that comes late sets just what nothing newer
//! has set. Whatever the order of delivery, the account ends as if imports and changes had
//! been made one after the other, each in the moment it was accepted. (One case is left: a
//! late currency that a newer amount has too many digits for. It is dropped.)
//!
//! **What does not change.** A row that says what its account says already leaves its mark
//! for the order and nothing else: the account keeps its revision and the time at which it
//! was last changed. Rows are looked up before they are written to tell that, a hundred in a
//! request; what is written is on condition of what was seen.
//!
//! **Once.** A row that finds its own import in `last_import` was delivered before and
//! writes nothing. Whether it made the account is told by `first_import`, the same at
//! every delivery. A deleted account leaves a trace for as long as an import may be
//! delivered late, so that only an import that is newer than the deletion makes it again, and
//! an account that was made again remembers the deletion: older rows have nothing to say.

use std::collections::{BTreeSet, HashMap};

use aws_sdk_dynamodb::operation::update_item::UpdateItemError;
use aws_sdk_dynamodb::primitives::Blob;
use aws_sdk_dynamodb::types::{AttributeValue, ReturnValuesOnConditionCheckFailure};
use jiff::Timestamp;
use saldo_domain::account::{Account, DEFAULT_STATUS, DEFAULT_TYPE, OwnerId, Revision};
use saldo_domain::fields::{Finding, FindingCode, Patch};
use saldo_domain::id::{AccountId, ImportId, OrgId};
use saldo_domain::import::{AccountUpsert, Field, RowOutcome};
use saldo_domain::money::{Currency, Decimal};

use super::trace::{CHANGED_BY_HAND, MADE_BY, Trace};
use super::{AccountStore, BALANCE, CURRENCY, REVISION, TOTAL_AMOUNT, WHAT, account, set_by, stamp};
use crate::batch_get::batch_get;
use crate::expression::Update;
use crate::failure::Failure;
use crate::item::{Item, Reader, moment, number, text};
use crate::table_keys;

/// How often a row is tried against an account that others are changing. Each attempt
/// loses only to a write that succeeded meanwhile, and imports of one account at the very
/// same moment are few.
const ATTEMPTS_MAX: usize = 16;

/// What the table had in an account's place, a moment ago or a little longer.
#[derive(Clone, Debug, Default)]
pub struct Seen(Item);

/// A row of an import, on its way to its account.
#[derive(Debug)]
pub struct ImportWrite<'a> {
    /// Whose account it is.
    pub org: &'a OrgId,
    /// The import the row is part of.
    pub import: &'a ImportId,
    /// The account's id.
    pub id: &'a AccountId,
    /// What the row changes.
    pub upsert: &'a AccountUpsert,
    /// The organization's currency.
    pub default_currency: Currency,
    /// When the row is written.
    pub now: Timestamp,
}

impl Seen {
    /// What an import's row had done to the account, if it had been written.
    #[must_use]
    pub fn written_by(&self, import: &ImportId) -> Option<Written> {
        match fate(&self.0, import) {
            Written::Imported => Some(Written::Imported),
            Written::Updated => written_before(&self.0, import),
        }
    }
}

impl ImportWrite<'_> {
    fn names_its_account_by_id(&self) -> bool {
        self.upsert.external_id.is_none() && self.upsert.id.is_some()
    }
}

/// What a row did.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Written {
    /// It made the account.
    Imported,
    /// It changed the account, or would have, had nothing newer been there before.
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

/// How one attempt ended.
///
/// What a write does is told by the state that its condition requires, not by the old values that
/// DynamoDB returns: whether `UPDATED_OLD` has an attribute that `if_not_exists` left alone is not
/// documented.
enum Attempt {
    Done(Written),
    /// The row can't be written to the account, for what was found.
    Refused(Finding),
    /// The item was not as assumed; this is how it was, if it was there at all.
    Overtaken(Option<Item>),
}

impl AccountStore {
    /// What there is in the place of each account, for the rows of an import to be written
    /// to it: a moment ago, or for `certain`, at twice the price, now. Nothing is told of an account
    /// that is not there.
    ///
    /// # Errors
    /// [`Failure`] when DynamoDB fails.
    pub async fn look_up(
        &self,
        org: &OrgId,
        ids: BTreeSet<AccountId>,
        certain: bool,
    ) -> Result<HashMap<AccountId, Seen>, Failure> {
        let keys = ids.iter().map(|id| table_keys::account(org, id)).collect();
        let items = batch_get(&self.client, &self.table, keys, certain).await?;
        items.into_iter().map(|item| Ok((Reader::new(&item, WHAT).required("id")?, Seen(item)))).collect()
    }

    /// Writes a row of an import into an account that was `seen` before. Delivered again, it
    /// says the same and changes nothing.
    ///
    /// The inner error is a finding about the row: an amount of it has more digits than the
    /// account's currency, or it names an account that no import has made.
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
            if let Some(written) = written_before(seen, write.import) {
                return Ok(Ok(written));
            }
            let trace = Trace::of(seen);
            let newer = trace.is_newer_than(write.import);
            if trace.is_of_a_deletion_after(write.import) || (newer && trace.is_deleted()) {
                return Ok(Ok(fate(seen, write.import)));
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

    /// What an import's row did to its account, if it was written: for rows whose worker
    /// did not live to say.
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

    /// What [`import`](Self::import) would say, without writing anything.
    ///
    /// # Errors
    /// [`Failure`] when DynamoDB fails.
    pub async fn try_import(
        &self,
        write: &ImportWrite<'_>,
        Seen(seen): &Seen,
    ) -> Result<Result<Written, Finding>, Failure> {
        let would = |seen: &Item| -> Result<_, Failure> {
            let written = match seen.contains_key(CREATED_AT) {
                true => Written::Updated,
                false => Written::Imported,
            };
            Ok(may_write(write, currency(write, seen)?, seen).map(|()| written))
        };
        match would(seen)? {
            // What refuses it may be gone since.
            Err(_) => would(&self.read(write.org, write.id).await?.unwrap_or_default()),
            written => Ok(written),
        }
    }

    /// Writes the row into an account that nothing newer has written: one that nobody has
    /// changed by hand, or deleted, unless that was `seen`.
    async fn write_newest(
        &self,
        write: &ImportWrite<'_>,
        currency: Currency,
        seen: &Item,
    ) -> Result<Attempt, Failure> {
        let upsert = write.upsert;
        let mut content = required_fields(write);
        content.push(Content::set(TOTAL_AMOUNT, number(upsert.total_amount)));
        content.push(Content::set(BALANCE, number(upsert.balance())));
        if upsert.currency == Patch::Keep {
            content.push(Content::set(CURRENCY, text(currency)));
        }
        content.extend(optional_fields(write));

        let mut update = Update::default();
        let (last, import) = (update.name(LAST_IMPORT), update.value(import_value(write.import)));
        update.require(format!("attribute_not_exists({last}) OR {last} < {import}"));
        update.require_value(CHANGED_BY_HAND, seen.get(CHANGED_BY_HAND).cloned());
        leave_mark(&mut update, write.import, &content);
        if content.iter().all(|content| content.is_in(seen)) {
            update.require_value(REVISION, seen.get(REVISION).cloned());
            return self.attempt(write, update, Written::Updated).await;
        }
        if Trace::of(seen).is_deleted() {
            Trace::erase(&mut update);
        }
        if write.names_its_account_by_id() {
            let first = update.name(FIRST_IMPORT);
            update.require(format!("attribute_exists({first})"));
        }
        // Whether the row makes the account is settled before it is written: see `Attempt`.
        let (exists, written) = match seen.contains_key(CREATED_AT) {
            true => ("attribute_exists", Written::Updated),
            false => ("attribute_not_exists", Written::Imported),
        };
        let created_at = update.name(CREATED_AT);
        update.require(format!("{exists}({created_at})"));
        update.set_if_absent(FIRST_IMPORT, import_value(write.import));
        update.set_if_absent(CREATED_AT, moment(write.now));
        if upsert.currency == Patch::Keep {
            let (name, assumed) = (update.name(CURRENCY), update.value(text(currency)));
            update.require(format!("attribute_not_exists({name}) OR {name} = {assumed}"));
        }
        if upsert.kind == Patch::Keep {
            update.set_if_absent("type", text(DEFAULT_TYPE));
        }
        if upsert.status == Patch::Keep {
            update.set_if_absent("status", text(DEFAULT_STATUS));
        }
        set(&mut update, content, write.now);
        self.attempt(write, update, written).await
    }

    /// Writes what newer imports, and newer changes by hand, have left for this one to say.
    async fn write_late(&self, write: &ImportWrite<'_>, found: &Item) -> Result<Attempt, Failure> {
        let before = account(write.org, found)?;
        let late = Late { write, found, before: &before };
        let fate = fate(found, write.import);
        let mut content = Vec::new();
        let mut update = Update::default();
        let takes_currency = if late.is_older(LAST_IMPORT) {
            update.set(LAST_IMPORT, import_value(write.import));
            content.extend(required_fields(write));
            match late.money(&mut content) {
                Ok(takes_currency) => takes_currency,
                Err(finding) => return Ok(Attempt::Refused(finding)),
            }
        } else {
            late.stated_currency().is_none_or(|currency| before.fits(currency))
        };
        content.extend(optional_fields(write).filter(|field| {
            late.is_older(&set_by(field.name)) && (takes_currency || field.name != CURRENCY)
        }));
        leave_mark_on_fields(&mut update, write.import, &content);
        let marks: Vec<String> =
            content.iter().filter(|content| content.optional).map(|content| set_by(content.name)).collect();
        if !content.iter().all(|content| content.is_in(found)) {
            set(&mut update, content, write.now);
        }
        if update.is_empty() {
            return Ok(Attempt::Done(fate));
        }
        update.require_value(REVISION, found.get(REVISION).cloned());
        // Marks are left without a new revision.
        update.require_value(LAST_IMPORT, found.get(LAST_IMPORT).cloned());
        for mark in marks {
            update.require_value(&mark, found.get(&mark).cloned());
        }
        self.attempt(write, update, fate).await
    }

    /// Makes an update, which has done `written` if its condition holds.
    async fn attempt(
        &self,
        write: &ImportWrite<'_>,
        update: Update,
        written: Written,
    ) -> Result<Attempt, Failure> {
        let request = self
            .client
            .update_item()
            .table_name(&self.table)
            .set_key(Some(table_keys::account(write.org, write.id)))
            .return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld);
        match update.on(request).send().await {
            Ok(_) => Ok(Attempt::Done(written)),
            Err(error) => match error.as_service_error() {
                Some(UpdateItemError::ConditionalCheckFailedException(failed)) => {
                    Ok(Attempt::Overtaken(failed.item.clone()))
                }
                _ => Err(Failure::of("UpdateItem on accounts")(error)),
            },
        }
    }
}

/// The currency of the row's amounts. Left out, it is the account's own, as it was seen.
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

/// Whether the row can be written to an account as it was seen.
fn may_write(write: &ImportWrite<'_>, currency: Currency, seen: &Item) -> Result<(), Finding> {
    if write.names_its_account_by_id() && !seen.contains_key(FIRST_IMPORT) {
        let reason = "no import has made an account with this id";
        return Err(Finding::in_field(Field::Id.name(), FindingCode::UnknownAccount, reason));
    }
    write.upsert.fits(currency)
}

/// A row that comes late to its account.
struct Late<'a> {
    write: &'a ImportWrite<'a>,
    found: &'a Item,
    before: &'a Account,
}

impl Late<'_> {
    /// Whether what an attribute names is older than the row's import, or nobody.
    fn is_older(&self, attribute: &str) -> bool {
        import_of(self.found, attribute).is_none_or(|by| by < self.write.import.as_bytes().as_slice())
    }

    /// The currency the row states.
    fn stated_currency(&self) -> Option<Currency> {
        match self.write.upsert.currency {
            Patch::Set(currency) => Some(currency),
            Patch::Clear => Some(self.write.default_currency),
            Patch::Keep => None,
        }
    }

    /// The amounts of a row of the newest import, where a newer change by hand has left them
    /// to it: an amount goes with its currency, or not at all. Says whether the row's currency
    /// is to be taken.
    fn money(&self, content: &mut Vec<Content>) -> Result<bool, Finding> {
        let own = self.before.currency;
        let stated = self.stated_currency().unwrap_or(own);
        let untouched = self.is_older(&set_by(BALANCE)) && self.is_older(&set_by(CURRENCY));
        if !untouched && stated != own {
            return Ok(false);
        }
        let upsert = self.write.upsert;
        upsert.fits(stated)?;
        content.push(Content::set(TOTAL_AMOUNT, number(upsert.total_amount)));
        if self.is_older(&set_by(BALANCE)) {
            content.push(Content::set(BALANCE, number(upsert.balance())));
        }
        Ok(true)
    }
}

/// The attribute that every account has, and the trace of a deleted one has not.
const CREATED_AT: &str = "created_at";
pub(super) const LAST_IMPORT: &str = "last_import";
pub(super) const FIRST_IMPORT: &str = "first_import";

/// What a row says in a field of its account.
struct Content {
    name: &'static str,
    /// `None` removes the field.
    value: Option<AttributeValue>,
    /// Whether a row may leave it out: then the account remembers who set it.
    optional: bool,
}

impl Content {
    fn set(name: &'static str, value: AttributeValue) -> Self {
        Self { name, value: Some(value), optional: false }
    }

    /// Whether the account says the same.
    fn is_in(&self, item: &Item) -> bool {
        match (&self.value, item.get(self.name)) {
            // DynamoDB has spellings of its own for numbers.
            (Some(AttributeValue::N(said)), Some(AttributeValue::N(kept))) => {
                said == kept || said.parse::<Decimal>().ok() == kept.parse::<Decimal>().ok()
            }
            (said, kept) => said.as_ref() == kept,
        }
    }
}

/// Leaves the mark of an import on its account and on the fields that it could have left out.
fn leave_mark(update: &mut Update, import: &ImportId, content: &[Content]) {
    update.set(LAST_IMPORT, import_value(import));
    leave_mark_on_fields(update, import, content);
}

fn leave_mark_on_fields(update: &mut Update, import: &ImportId, content: &[Content]) {
    for field in content.iter().filter(|content| content.optional) {
        update.set(&set_by(field.name), import_value(import));
    }
}

/// Sets what the row says, which makes it a new state of the account.
fn set(update: &mut Update, content: Vec<Content>, now: Timestamp) {
    for Content { name, value, .. } in content {
        update.set_or_remove(name, value);
    }
    update.set("updated_at", moment(now));
    update.set_or_remove(REVISION, stamp(&Revision::next()));
}

/// What every row of an import says, its amounts aside.
fn required_fields(write: &ImportWrite<'_>) -> Vec<Content> {
    let external_id = write.upsert.external_id.as_ref();
    let external_id = external_id.map(|id| Content::set("external_id", text(id)));
    std::iter::once(Content::set("name", text(&write.upsert.name))).chain(external_id).collect()
}

/// The optional fields that the row mentions.
fn optional_fields(write: &ImportWrite<'_>) -> impl Iterator<Item = Content> {
    let upsert = write.upsert;
    let owner = |id: &OwnerId| text(table_keys::account_owner(write.org, id.as_str()));
    let patches = [
        ("phone", upsert.phone.as_ref().map(text)),
        ("email", upsert.email.as_ref().map(|email| text(email.as_str()))),
        ("due_date", upsert.due_date.as_ref().map(text)),
        ("source_system", upsert.source_system.as_ref().map(text)),
        ("campaign_id", upsert.campaign_id.as_ref().map(text)),
        ("owner", upsert.owner_id.as_ref().map(owner)),
        ("notes", upsert.notes.as_ref().map(text)),
        ("identifier", upsert.identifier.as_ref().map(text)),
        ("status", upsert.status.as_ref().map(text).clear_to(text(DEFAULT_STATUS))),
        ("type", upsert.kind.as_ref().map(text).clear_to(text(DEFAULT_TYPE))),
        (CURRENCY, upsert.currency.as_ref().map(text).clear_to(text(write.default_currency))),
    ];
    patches.into_iter().filter_map(|(name, patch)| match patch {
        Patch::Keep => None,
        Patch::Clear => Some(Content { name, value: None, optional: true }),
        Patch::Set(value) => Some(Content { name, value: Some(value), optional: true }),
    })
}

fn import_value(import: &ImportId) -> AttributeValue {
    AttributeValue::B(Blob::new(import.as_bytes().as_slice()))
}

/// The import, or the change, that an attribute names.
pub(super) fn import_of<'a>(item: &'a Item, attribute: &str) -> Option<&'a [u8]> {
    item.get(attribute)?.as_b().ok().map(Blob::as_ref)
}

/// What the import did, if it has written the account before.
fn written_before(found: &Item, import: &ImportId) -> Option<Written> {
    (import_of(found, LAST_IMPORT) == Some(import.as_bytes().as_slice())).then(|| fate(found, import))
}

/// What the import did to an account that it has written before, or comes too late for.
fn fate(found: &Item, import: &ImportId) -> Written {
    let made = [FIRST_IMPORT, MADE_BY].map(|attribute| import_of(found, attribute));
    match made.contains(&Some(import.as_bytes().as_slice())) {
        true => Written::Imported,
        false => Written::Updated,
    }
}
