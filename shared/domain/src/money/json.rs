//! Amounts as JSON numbers with all digits.

use rust_decimal::Decimal;
use rust_decimal::serde::{arbitrary_precision, arbitrary_precision_option};
use serde::Serializer;

/// Writes an amount as a JSON number: for `#[serde(serialize_with)]`.
///
/// # Errors
/// Errors of the serializer.
pub fn as_number<S: Serializer>(amount: &Decimal, to: S) -> Result<S::Ok, S::Error> {
    arbitrary_precision::serialize(amount, to)
}

/// Writes an amount as a JSON number, or null.
///
/// # Errors
/// Errors of the serializer.
pub fn as_number_if_any<S: Serializer>(amount: &Option<Decimal>, to: S) -> Result<S::Ok, S::Error> {
    arbitrary_precision_option::serialize(amount, to)
}
