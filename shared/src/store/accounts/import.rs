//! How an import's row gets into its account exactly once and in order.
//!
//! **Order.** Imports carry version 7 UUIDs, so their ids have an order. An account
//! remembers the newest import that wrote it (`last_import`) and, for every field that a
//! row may leave out, the import that set it (`phone_set_by`…). A row of a newer import
//! is one `UpdateItem`. A row that comes late, when a newer import was there already,
//! sets just the fields that no newer one has set. Whatever the order of delivery, the
//! account ends as if the imports had run one after the other. (One case is left: a
//! late currency that a newer amount has too many digits for. It is dropped.)
//!
//! **Once.** A row that finds its own import in `last_import` was delivered before and
//! writes nothing. Whether it made the account is told by `first_import`, the same at
//! every delivery.

use aws_sdk_dynamodb::operation::update_item::UpdateItemError;
use aws_sdk_dynamodb::primitives::Blob;
use aws_sdk_dynamodb::types::{AttributeValue, ReturnValue, ReturnValuesOnConditionCheckFailure};
use jiff::Timestamp;

use super::{AccountStore, CURRENCY, revision_value, set_by};
use crate::account::{DEFAULT_STATUS, DEFAULT_TYPE, OwnerId, Revision};
use crate::failure::Failure;
use crate::fields::{Finding, Patch};
use crate::id::{AccountId, ImportId, OrgId};
use crate::import::{AccountUpsert, Fate, Field};
use crate::money::{Currency, Decimal};
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
    /// It changed the account, or would have, had a newer import not been there before.
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
        for _ in 0..ATTEMPTS_MAX {
            let found = if currency.admits(amount) {
                match self.write_newest(write, currency).await? {
                    Attempt::Done(written) => return Ok(Ok(written)),
                    Attempt::Overtaken(found) => found,
                }
            } else {
                self.read(write.org, write.id).await?
            };
            let found = found.unwrap_or_default();
            match import_of(&found, LAST_IMPORT) {
                Some(last) if last == write.import.as_bytes() => {
                    return Ok(Ok(written(&found, write.import)));
                }
                Some(last) if last > write.import.as_bytes().as_slice() => {
                    if let Attempt::Done(written) = self.write_late(write, &found).await? {
                        return Ok(Ok(written));
                    }
                }
                _ => match Reader::new(&found, "an account").optional(CURRENCY)? {
                    Some(own) if own != currency && write.upsert.currency == Patch::Keep => currency = own,
                    _ if currency.admits(amount) => {}
                    _ => return Ok(Err(Finding::too_many_digits(Field::TotalAmount.name(), currency))),
                },
            }
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
        let by = |attribute| import_of(&found, attribute).is_some_and(|by| by == import.as_bytes());
        Ok((by(LAST_IMPORT) || by(FIRST_IMPORT)).then(|| written(&found, import)))
    }

    /// Writes the row as the newest import of its account.
    async fn write_newest(&self, write: &ImportWrite<'_>, currency: Currency) -> Result<Attempt, Failure> {
        let upsert = write.upsert;
        let mut update = Update::default();
        let (last, import) = (update.name(LAST_IMPORT), update.value(import_value(write.import)));
        update.require(format!("attribute_not_exists({last}) OR {last} < {import}"));
        update.set(LAST_IMPORT, import_value(write.import));
        update.set_if_absent(FIRST_IMPORT, import_value(write.import));
        update.set_if_absent("created_at", moment(write.now));
        update.set("updated_at", moment(write.now));
        update.set("revision", revision_value(&Revision::next()));
        if let Some(external_id) = &upsert.external_id {
            update.set("external_id", text(external_id));
        }
        update.set("name", text(&upsert.name));
        update.set("total_amount", number(upsert.total_amount));
        update.set("balance", number(-upsert.total_amount));
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

    /// Writes what a newer import has left for this one to say.
    async fn write_late(&self, write: &ImportWrite<'_>, found: &Item) -> Result<Attempt, Failure> {
        let amount: Option<Decimal> = Reader::new(found, "an account").optional("total_amount")?;
        let mut update = Update::default();
        for field in optional_fields(write) {
            let set_by = field.set_by();
            let newer = import_of(found, &set_by).is_some_and(|by| by >= write.import.as_bytes().as_slice());
            if !newer && field.suits(amount) {
                let (name, import) = (update.name(&set_by), update.value(import_value(write.import)));
                update.require(format!("attribute_not_exists({name}) OR {name} < {import}"));
                field.apply(&mut update, write.import);
            }
        }
        if update.is_empty() {
            return Ok(Attempt::Done(written(found, write.import)));
        }
        // The amount is still the one seen, or else look again.
        let seen = found.get(LAST_IMPORT).cloned().unwrap_or(AttributeValue::Null(true));
        let (last, seen) = (update.name(LAST_IMPORT), update.value(seen));
        update.require(format!("{last} = {seen}"));
        update.set("updated_at", moment(write.now));
        update.set("revision", revision_value(&Revision::next()));
        Ok(match self.attempt(write, update).await? {
            Attempt::Done(_) => Attempt::Done(written(found, write.import)),
            overtaken @ Attempt::Overtaken(_) => overtaken,
        })
    }

    async fn attempt(&self, write: &ImportWrite<'_>, update: Update) -> Result<Attempt, Failure> {
        let request = self
            .client
            .update_item()
            .table_name(&self.table)
            .key("shard", text(table_keys::account_shard(write.org, write.id)))
            .key("id", text(write.id))
            .return_values(ReturnValue::UpdatedOld)
            .return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld);
        match update.on(request).send().await {
            Ok(answer) => {
                let existed = answer
                    .attributes
                    .is_some_and(|old| old.contains_key(FIRST_IMPORT) || old.contains_key("created_at"));
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

const LAST_IMPORT: &str = "last_import";
const FIRST_IMPORT: &str = "first_import";

/// A field that a row may leave out, and what the row says in it.
struct OptionalField {
    name: &'static str,
    /// `None` removes the field.
    value: Option<AttributeValue>,
}

impl OptionalField {
    /// The attribute that names the import that set the field.
    fn set_by(&self) -> String {
        set_by(self.name)
    }

    /// Whether the account can have the field beside its amount.
    fn suits(&self, amount: Option<Decimal>) -> bool {
        let currency =
            self.value.as_ref().filter(|_| self.name == CURRENCY).and_then(|value| value.as_s().ok());
        let currency: Option<Currency> = currency.and_then(|code| code.parse().ok());
        currency.zip(amount).is_none_or(|(currency, amount)| currency.admits(amount))
    }

    fn apply(self, update: &mut Update, import: &ImportId) {
        update.set(&self.set_by(), import_value(import));
        match self.value {
            Some(value) => update.set(self.name, value),
            None => update.remove(self.name),
        }
    }
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

fn import_of<'a>(item: &'a Item, attribute: &str) -> Option<&'a [u8]> {
    item.get(attribute)?.as_b().ok().map(Blob::as_ref)
}

/// What the import did to an account that it has written before, or comes too late for.
fn written(found: &Item, import: &ImportId) -> Written {
    match import_of(found, FIRST_IMPORT) {
        Some(first) if first == import.as_bytes() => Written::Imported,
        _ => Written::Updated,
    }
}
