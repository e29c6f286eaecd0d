//! The attributes that a row of an import sets.

use aws_sdk_dynamodb::types::AttributeValue;
use jiff::Timestamp;
use saldo_domain::account::{DEFAULT_STATUS, DEFAULT_TYPE, Revision};
use saldo_domain::fields::Patch;
use saldo_domain::money::Decimal;

use super::ImportWrite;
use crate::accounts::record::{EXTERNAL_ID, NAME, UPDATED_AT, owner, revision};
use crate::accounts::stamps::StampedField;
use crate::dynamodb::Update;
use crate::dynamodb::item::{Item, moment, text};
use crate::dynamodb::revised::REVISION;

/// An attribute that a row sets.
pub(super) struct Content {
    pub(super) attribute: &'static str,
    /// The value; `None` removes the attribute.
    value: Option<AttributeValue>,
    /// The field, if a row may leave it out: the account's stamps record who set it.
    pub(super) stamped: Option<StampedField>,
}

impl Content {
    pub(super) fn required(attribute: &'static str, value: AttributeValue) -> Self {
        Self { attribute, value: Some(value), stamped: None }
    }

    fn optional(field: StampedField, value: Option<AttributeValue>) -> Self {
        Self { attribute: field.attribute(), value, stamped: Some(field) }
    }

    /// Whether the item has the same value.
    pub(super) fn is_in(&self, item: &Item) -> bool {
        match (&self.value, item.get(self.attribute)) {
            // DynamoDB normalizes numbers.
            (Some(AttributeValue::N(new)), Some(AttributeValue::N(stored))) => {
                new == stored || new.parse::<Decimal>().ok() == stored.parse::<Decimal>().ok()
            }
            (new, stored) => new.as_ref() == stored,
        }
    }
}

/// The fields among these that stamps record.
pub(super) fn stamped(content: &[Content]) -> impl Iterator<Item = StampedField> {
    content.iter().filter_map(|content| content.stamped)
}

/// Sets what the row says, which is a new state of the account.
pub(super) fn set(update: &mut Update, content: Vec<Content>, now: Timestamp) {
    for Content { attribute, value, .. } in content {
        update.set_or_remove(attribute, value);
    }
    update.set(UPDATED_AT, moment(now));
    update.set_or_remove(REVISION, revision(&Revision::next()));
}

/// The attributes that every row sets, except its amounts.
pub(super) fn required_fields(write: &ImportWrite<'_>) -> Vec<Content> {
    let external_id = write.upsert.external_id.as_ref();
    let external_id = external_id.map(|id| Content::required(EXTERNAL_ID, text(id)));
    std::iter::once(Content::required(NAME, text(&write.upsert.name))).chain(external_id).collect()
}

/// The optional fields that the row does not leave out.
pub(super) fn optional_fields(write: &ImportWrite<'_>) -> impl Iterator<Item = Content> {
    let upsert = write.upsert;
    let currency = upsert.currency.as_ref().map(text);
    let patches = [
        (StampedField::Phone, upsert.phone.as_ref().map(text)),
        (StampedField::Email, upsert.email.as_ref().map(|email| text(email.as_str()))),
        (StampedField::DueDate, upsert.due_date.as_ref().map(text)),
        (StampedField::SourceSystem, upsert.source_system.as_ref().map(text)),
        (StampedField::CampaignId, upsert.campaign_id.as_ref().map(text)),
        (StampedField::Owner, upsert.owner_id.as_ref().map(|id| owner(write.org, id))),
        (StampedField::Notes, upsert.notes.as_ref().map(text)),
        (StampedField::Identifier, upsert.identifier.as_ref().map(text)),
        (StampedField::Status, upsert.status.as_ref().map(text).clear_to(text(DEFAULT_STATUS))),
        (StampedField::Type, upsert.kind.as_ref().map(text).clear_to(text(DEFAULT_TYPE))),
        (StampedField::Currency, currency.clear_to(text(write.default_currency))),
    ];
    patches.into_iter().filter_map(|(field, patch)| match patch {
        Patch::Keep => None,
        Patch::Clear => Some(Content::optional(field, None)),
        Patch::Set(value) => Some(Content::optional(field, Some(value))),
    })
}
