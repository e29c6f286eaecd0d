//! Items, and the attribute values of the types that stores write.

use std::collections::HashMap;
use std::fmt::Display;
use std::str::FromStr;

use aws_sdk_dynamodb::primitives::Blob;
use aws_sdk_dynamodb::types::AttributeValue;
use jiff::Timestamp;
use saldo_domain::changed_by::ChangedBy;
use saldo_domain::money::Decimal;
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::failure::Failure;

/// An item as DynamoDB returns it.
pub(crate) type Item = HashMap<String, AttributeValue>;

/// The attributes of an item that is being written.
pub(crate) type NewItem = Vec<(&'static str, AttributeValue)>;

/// The attribute by which DynamoDB deletes an item, in seconds since 1970. It deletes late, by days.
pub(crate) const EXPIRES_AT: &str = "expires_at";

/// The attribute that says who changed an account, a client or a transaction last.
pub(crate) const CHANGED_BY: &str = "by";

/// [`CHANGED_BY`] as an attribute.
pub(crate) fn changed_by(by: &ChangedBy) -> AttributeValue {
    binary(&by.to_bytes())
}

/// The item with these attributes.
pub(crate) fn item_of(attributes: impl IntoIterator<Item = (&'static str, AttributeValue)>) -> Item {
    attributes.into_iter().map(|(name, value)| (name.to_owned(), value)).collect()
}

/// A number attribute with every digit of the amount. Zero has no sign.
pub(crate) fn number(amount: Decimal) -> AttributeValue {
    AttributeValue::N(if amount.is_zero() { "0".to_owned() } else { amount.to_string() })
}

/// A number attribute with a count.
pub(crate) fn count(count: impl Into<u64>) -> AttributeValue {
    AttributeValue::N(count.into().to_string())
}

/// A number attribute with a moment in milliseconds since 1970.
pub(crate) fn moment(moment: Timestamp) -> AttributeValue {
    AttributeValue::N(moment.as_millisecond().to_string())
}

/// A number attribute with a moment in seconds since 1970, for [`EXPIRES_AT`] alone.
pub(crate) fn seconds(moment: Timestamp) -> AttributeValue {
    AttributeValue::N(moment.as_second().to_string())
}

/// A string attribute.
pub(crate) fn text(text: impl Display) -> AttributeValue {
    AttributeValue::S(text.to_string())
}

/// A binary attribute.
pub(crate) fn binary(bytes: &[u8]) -> AttributeValue {
    AttributeValue::B(Blob::new(bytes))
}

/// The bytes of a binary attribute, if the item has it.
pub(crate) fn bytes<'a>(item: &'a Item, attribute: &str) -> Option<&'a [u8]> {
    item.get(attribute)?.as_b().ok().map(Blob::as_ref)
}

/// An attribute as serde writes the value.
pub(crate) fn nested(value: &impl Serialize, what: &'static str) -> Result<AttributeValue, Failure> {
    serde_dynamo::to_attribute_value(value).map_err(Failure::corrupt(what))
}

/// The item that serde makes of a record.
pub(crate) fn to_item(record: &impl Serialize, what: &'static str) -> Result<Item, Failure> {
    serde_dynamo::to_item(record).map_err(Failure::corrupt(what))
}

/// The record that serde reads from an item.
pub(crate) fn from_item<T: DeserializeOwned>(item: Item, what: &'static str) -> Result<T, Failure> {
    serde_dynamo::from_item(item).map_err(Failure::corrupt(what))
}

/// Reads the attributes of an item.
pub(crate) struct Reader<'a> {
    item: &'a Item,
    what: &'static str,
}

impl<'a> Reader<'a> {
    /// Reads an item; `what` names its kind in errors.
    pub(crate) fn new(item: &'a Item, what: &'static str) -> Self {
        Self { item, what }
    }

    /// A string or number attribute, if the item has it.
    pub(crate) fn optional<T: FromStr>(&self, attribute: &str) -> Result<Option<T>, Failure> {
        self.item.get(attribute).map(|value| self.parse(attribute, value)).transpose()
    }

    /// A string or number attribute.
    pub(crate) fn required<T: FromStr>(&self, attribute: &str) -> Result<T, Failure> {
        self.optional(attribute)?.ok_or_else(|| self.missing(attribute))
    }

    /// A moment, if the item has it.
    pub(crate) fn moment(&self, attribute: &str) -> Result<Option<Timestamp>, Failure> {
        let moment = self.optional(attribute)?.map(Timestamp::from_millisecond).transpose();
        moment.map_err(|_| self.corrupt(attribute, "is outside the calendar"))
    }

    /// A binary attribute, if the item has it.
    pub(crate) fn binary<T: for<'b> TryFrom<&'b [u8]>>(&self, attribute: &str) -> Result<Option<T>, Failure> {
        let Some(value) = self.item.get(attribute) else {
            return Ok(None);
        };
        let bytes = value.as_b().map_err(|_| self.corrupt(attribute, "has the wrong type"))?;
        let read = T::try_from(bytes.as_ref()).map(Some);
        read.map_err(|_| self.corrupt(attribute, "has an invalid value"))
    }

    /// An attribute that serde wrote, if the item has it.
    pub(crate) fn nested<T: DeserializeOwned>(&self, attribute: &str) -> Result<Option<T>, Failure> {
        let value = self.item.get(attribute).cloned();
        value.map(serde_dynamo::from_attribute_value).transpose().map_err(Failure::corrupt(self.what))
    }

    /// The failure of an item without this attribute.
    pub(crate) fn missing(&self, attribute: &str) -> Failure {
        self.corrupt(attribute, "is missing")
    }

    fn parse<T: FromStr>(&self, attribute: &str, value: &AttributeValue) -> Result<T, Failure> {
        match value {
            AttributeValue::S(text) | AttributeValue::N(text) => {
                text.parse().map_err(|_| self.corrupt(attribute, "has an invalid value"))
            }
            _ => Err(self.corrupt(attribute, "has the wrong type")),
        }
    }

    fn corrupt(&self, attribute: &str, fault: &str) -> Failure {
        Failure::corrupt(self.what)(format!("{attribute} {fault}"))
    }
}
