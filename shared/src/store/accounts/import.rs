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
//! **Once.** A row that finds its own import in `last_import` was delivered before and
//! writes nothing. Whether it made the account is told by `first_import`, the same at
//! every delivery. A deleted account leaves a trace for as long as an import may be
//! delivered late, so that only an import that is newer than the deletion makes it again.

use aws_sdk_dynamodb::operation::update_item::UpdateItemError;
use aws_sdk_dynamodb::primitives::Blob;
use aws_sdk_dynamodb::types::{AttributeValue, ReturnValue, ReturnValuesOnConditionCheckFailure};
use jiff::Timestamp;

use super::trace::{CHANGED_BY_HAND, MADE_BY, Trace};
use super::{AccountStore, BALANCE, CURRENCY, TOTAL_AMOUNT, account, set_by, stamp};
use crate::account::{Account, DEFAULT_STATUS, DEFAULT_TYPE, OwnerId, Revision};
use crate::failure::Failure;
use crate::fields::{Finding, Patch};
use crate::id::{AccountId, ImportId, OrgId};
use crate::import::{AccountUpsert, Fate, Field};
use crate::money::Currency;
use crate::store::expression::Update;
use crate::store::item::{Item, Reader, moment, number, text};
use crate::store::table_keys;

/// How often a row is tried against an account that others are changing. Each attempt
/// loses only to a write that succeeded meanwhile, and imports of one account at the very
/// same moment are few.
const ATTEMPTS_MAX: usize = 16;

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

/// What a row did.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Written {
    /// It made the account.
    Imported,
    /// It changed the account, or would have, had nothing newer been there before.
    Updated,
}

impl From<Written> for Fate {
    fn from(written: Written) -> Self {
        match written {
            Written::Imported => Self::Imported,
            Written::Updated => Self::Updated,
        }
    }
}

/// How one attempt ended.
enum Attempt {
    Done(Written),
    /// The row's amount has more digits than the account's currency.
    Refused(Finding),
    /// The item was not as assumed; this is how it was, if it was there at all.
    Overtaken(Option<Item>),
}

impl AccountStore {
    /// Writes a row of an import. Delivered again, it says the same and changes nothing.
    ///
    /// The inner error is a finding about the row: its amount has more digits than the
    /// account's currency.
    ///
    /// # Errors
    /// [`Failure`] when DynamoDB fails; the row may have been written or not.
    pub async fn import(&self, write: &ImportWrite<'_>) -> Result<Result<Written, Finding>, Failure> {
        let amount = write.upsert.total_amount;
        let mut currency = match write.upsert.currency {
            Patch::Set(currency) => currency,
            // Left out, it is the account's own. This is what it is assumed to be.
            Patch::Clear | Patch::Keep => write.default_currency,
        };
        let mut seen = Item::new();
        for _ in 0..ATTEMPTS_MAX {
            let found = if currency.admits(amount) {
                match self.write_newest(write, currency, &seen).await? {
                    Attempt::Done(written) => return Ok(Ok(written)),
                    Attempt::Refused(finding) => return Ok(Err(finding)),
                    Attempt::Overtaken(found) => found,
                }
            } else {
                self.read(write.org, write.id).await?
            };
            let found = found.unwrap_or_default();
            if let Some(written) = written_before(&found, write.import) {
                return Ok(Ok(written));
            }
            let trace = Trace::of(&found);
            if trace.is_newer_than(write.import) {
                if trace.is_deleted() {
                    return Ok(Ok(fate(&found, write.import)));
                }
                match self.write_late(write, &found).await? {
                    Attempt::Done(written) => return Ok(Ok(written)),
                    Attempt::Refused(finding) => return Ok(Err(finding)),
                    Attempt::Overtaken(_) => continue,
                }
            }
            match Reader::new(&found, "an account").optional(CURRENCY)? {
                Some(own) if own != currency && write.upsert.currency == Patch::Keep => currency = own,
                _ if currency.admits(amount) => {}
                _ => return Ok(Err(Finding::too_many_digits(Field::TotalAmount.name(), currency))),
            }
            seen = found;
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
        Ok(match fate(&found, import) {
            Written::Imported => Some(Written::Imported),
            Written::Updated => written_before(&found, import),
        })
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
        let mut update = Update::default();
        let (last, import) = (update.name(LAST_IMPORT), update.value(import_value(write.import)));
        update.require(format!("attribute_not_exists({last}) OR {last} < {import}"));
        update.require_value(CHANGED_BY_HAND, seen.get(CHANGED_BY_HAND).cloned());
        if Trace::of(seen).is_deleted() {
            Trace::erase(&mut update);
        }
        for (name, value) in required_fields(write) {
            update.set(name, value);
        }
        update.set(TOTAL_AMOUNT, number(upsert.total_amount));
        update.set(BALANCE, number(-upsert.total_amount));
        update.set_if_absent(FIRST_IMPORT, import_value(write.import));
        update.set_if_absent("created_at", moment(write.now));
        if upsert.currency == Patch::Keep {
            update.set(CURRENCY, text(currency));
            let (name, assumed) = (update.name(CURRENCY), update.value(text(currency)));
            update.require(format!("attribute_not_exists({name}) OR {name} = {assumed}"));
        }
        for field in optional_fields(write) {
            field.apply(&mut update, write.import);
        }
        if upsert.kind == Patch::Keep {
            update.set_if_absent("type", text(DEFAULT_TYPE));
        }
        if upsert.status == Patch::Keep {
            update.set_if_absent("status", text(DEFAULT_STATUS));
        }
        self.attempt(write, update).await
    }

    /// Writes what newer imports, and newer changes by hand, have left for this one to say.
    async fn write_late(&self, write: &ImportWrite<'_>, found: &Item) -> Result<Attempt, Failure> {
        let before = account(write.org, found)?;
        let late = Late { write, found, before: &before };
        let mut update = Update::default();
        let takes_currency = if late.is_older(LAST_IMPORT) {
            for (name, value) in required_fields(write) {
                update.set(name, value);
            }
            match late.set_money(&mut update) {
                Ok(takes_currency) => takes_currency,
                Err(finding) => return Ok(Attempt::Refused(finding)),
            }
        } else {
            late.stated_currency().is_none_or(|currency| before.fits(currency))
        };
        for field in optional_fields(write) {
            if late.is_older(&set_by(field.name)) && (takes_currency || field.name != CURRENCY) {
                field.apply(&mut update, write.import);
            }
        }
        let fate = fate(found, write.import);
        if update.is_empty() {
            return Ok(Attempt::Done(fate));
        }
        update.require_value("revision", stamp(&before.revision));
        Ok(match self.attempt(write, update).await? {
            Attempt::Done(_) => Attempt::Done(fate),
            other => other,
        })
    }

    async fn attempt(&self, write: &ImportWrite<'_>, mut update: Update) -> Result<Attempt, Failure> {
        update.set("updated_at", moment(write.now));
        update.set_or_remove("revision", stamp(&Revision::next()));
        let request = self
            .client
            .update_item()
            .table_name(&self.table)
            .set_key(Some(table_keys::account(write.org, write.id)))
            .return_values(ReturnValue::UpdatedOld)
            .return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld);
        match update.on(request).send().await {
            Ok(answer) => {
                let existed = answer.attributes.is_some_and(|old| old.contains_key("created_at"));
                Ok(Attempt::Done(if existed { Written::Updated } else { Written::Imported }))
            }
            Err(error) => match error.as_service_error() {
                Some(UpdateItemError::ConditionalCheckFailedException(failed)) => {
                    Ok(Attempt::Overtaken(failed.item.clone()))
                }
                _ => Err(Failure::of("UpdateItem on accounts")(error)),
            },
        }
    }
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

    /// Sets the amounts of a row of the newest import, where a newer change by hand has left
    /// them to it: an amount goes with its currency, or not at all. Says whether the row's
    /// currency is to be taken.
    fn set_money(&self, update: &mut Update) -> Result<bool, Finding> {
        let own = self.before.currency;
        let stated = self.stated_currency().unwrap_or(own);
        let untouched = self.is_older(&set_by(BALANCE)) && self.is_older(&set_by(CURRENCY));
        if !untouched && stated != own {
            return Ok(false);
        }
        let amount = self.write.upsert.total_amount;
        if !stated.admits(amount) {
            return Err(Finding::too_many_digits(Field::TotalAmount.name(), stated));
        }
        update.set(TOTAL_AMOUNT, number(amount));
        if self.is_older(&set_by(BALANCE)) {
            update.set(BALANCE, number(-amount));
        }
        Ok(true)
    }
}

pub(super) const LAST_IMPORT: &str = "last_import";
pub(super) const FIRST_IMPORT: &str = "first_import";

/// A field that a row may leave out, and what the row says in it.
struct OptionalField {
    name: &'static str,
    /// `None` removes the field.
    value: Option<AttributeValue>,
}

impl OptionalField {
    fn apply(self, update: &mut Update, import: &ImportId) {
        update.set(&set_by(self.name), import_value(import));
        update.set_or_remove(self.name, self.value);
    }
}

/// What every row of an import says, its amount aside.
fn required_fields(write: &ImportWrite<'_>) -> impl Iterator<Item = (&'static str, AttributeValue)> {
    let upsert = write.upsert;
    let external_id = upsert.external_id.as_ref().map(|id| ("external_id", text(id)));
    let fields = [(LAST_IMPORT, import_value(write.import)), ("name", text(&upsert.name))];
    fields.into_iter().chain(external_id)
}

/// The optional fields that the row mentions.
fn optional_fields(write: &ImportWrite<'_>) -> impl Iterator<Item = OptionalField> {
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
        ("status", upsert.status.as_ref().map(text).clear_to(text(DEFAULT_STATUS))),
        ("type", upsert.kind.as_ref().map(text).clear_to(text(DEFAULT_TYPE))),
        (CURRENCY, upsert.currency.as_ref().map(text).clear_to(text(write.default_currency))),
    ];
    patches.into_iter().filter_map(|(name, patch)| match patch {
        Patch::Keep => None,
        Patch::Clear => Some(OptionalField { name, value: None }),
        Patch::Set(value) => Some(OptionalField { name, value: Some(value) }),
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
