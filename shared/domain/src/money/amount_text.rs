//! Amounts as text in stored records, for `#[serde(with)]`. Every digit is kept.

use rust_decimal::Decimal;
use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serializer};

use super::parse_plain;

pub(crate) fn serialize<S: Serializer>(amount: &Decimal, to: S) -> Result<S::Ok, S::Error> {
    to.collect_str(amount)
}

pub(crate) fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<Decimal, D::Error> {
    parse_plain(&String::deserialize(from)?).map_err(D::Error::custom)
}
