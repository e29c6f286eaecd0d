//! Reading an item's attributes, each as the type it must have.

use std::collections::HashMap;
use std::fmt::Display;
use std::str::FromStr;

use aws_sdk_dynamodb::error::{ProvideErrorMetadata, SdkError};
use aws_sdk_dynamodb::types::AttributeValue;
use jiff::Timestamp;
use saldo_domain::money::Decimal;
use serde::de::DeserializeOwned;

use crate::failure::Failure;

/// An item as DynamoDB returns it.
pub(super) type Item = HashMap<String, AttributeValue>;

/// A number attribute holding `amount` to the last digit. Zero has no sign.
pub(super) fn number(amount: Decimal) -> AttributeValue {
    AttributeValue::N(if amount.is_zero() { "0".to_owned() } else { amount.to_string() })
}

/// A number attribute holding a moment as milliseconds since 1970.
pub(super) fn moment(moment: Timestamp) -> AttributeValue {
    AttributeValue::N(moment.as_millisecond().to_string())
}

/// A number attribute holding a moment as seconds since 1970, as DynamoDB's expiry wants it.
pub(super) fn seconds(moment: Timestamp) -> AttributeValue {
    AttributeValue::N(moment.as_second().to_string())
}

/// A string attribute.
pub(super) fn text(text: impl Display) -> AttributeValue {
    AttributeValue::S(format!("{text}"))
}

/// Reads the attributes of one kind of item.
pub(super) struct Reader<'a> {
    item: &'a Item,
    what: &'static str,
}

impl<'a> Reader<'a> {
    pub(super) fn new(item: &'a Item, what: &'static str) -> Self {
        Self { item, what }
    }

    /// A string attribute, read as a `T`, if it is there.
    pub(super) fn optional<T: FromStr>(&self, attribute: &str) -> Result<Option<T>, Failure> {
        self.item.get(attribute).map(|value| self.parse(attribute, value)).transpose()
    }

    /// A string or number attribute, read as a `T`.
    pub(super) fn required<T: FromStr>(&self, attribute: &str) -> Result<T, Failure> {
        self.optional(attribute)?.ok_or_else(|| self.corrupt(attribute, "is missing"))
    }

    /// A moment.
    pub(super) fn moment(&self, attribute: &str) -> Result<Timestamp, Failure> {
        Timestamp::from_millisecond(self.required(attribute)?)
            .map_err(|_| self.corrupt(attribute, "is outside the calendar"))
    }

    /// A binary attribute, read as a `T`, if it is there.
    pub(super) fn binary<T: for<'b> TryFrom<&'b [u8]>>(&self, attribute: &str) -> Result<Option<T>, Failure> {
        let Some(value) = self.item.get(attribute) else {
            return Ok(None);
        };
        let bytes = value.as_b().map_err(|_| self.corrupt(attribute, "has the wrong type"))?;
        let read = T::try_from(bytes.as_ref()).map(Some);
        read.map_err(|_| self.corrupt(attribute, "has a value that no writer writes"))
    }

    /// A map, read as a `T`, if it is there.
    pub(super) fn nested<T: DeserializeOwned>(&self, attribute: &str) -> Result<Option<T>, Failure> {
        let value = self.item.get(attribute).cloned();
        value.map(serde_dynamo::from_attribute_value).transpose().map_err(Failure::corrupt(self.what))
    }

    fn parse<T: FromStr>(&self, attribute: &str, value: &AttributeValue) -> Result<T, Failure> {
        match value {
            AttributeValue::S(text) | AttributeValue::N(text) => {
                text.parse().map_err(|_| self.corrupt(attribute, "has a value that no writer writes"))
            }
            _ => Err(self.corrupt(attribute, "has the wrong type")),
        }
    }

    fn corrupt(&self, attribute: &str, fault: &str) -> Failure {
        Failure::corrupt(self.what)(format!("{attribute} {fault}"))
    }
}

/// Whether the request was refused because its condition does not hold.
pub(super) fn is_condition_failure<E: ProvideErrorMetadata, R>(error: &SdkError<E, R>) -> bool {
    let code = error.as_service_error().and_then(ProvideErrorMetadata::code);
    code == Some("ConditionalCheckFailedException")
}
