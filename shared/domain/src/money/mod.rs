//! Money: exact decimal amounts in ISO 4217 currencies.
//!
//! An amount is a [`Decimal`] of at most 28 digits and is never converted to a float. It is parsed by [`parse_plain`] or
//! [`parse_json_number`]. An amount with more decimal places than its [`Currency`] is refused, never rounded.

mod amount;
mod currency;
mod json;
mod marks;
mod notation;
mod separator;
mod total;
mod with_currency;

pub use amount::{AmountError, parse_json_number, parse_plain};
pub use currency::{Currency, UnknownCurrency};
pub use json::{as_number, as_number_if_any};
pub use marks::is_known as is_currency_mark;
pub(crate) use notation::PLACES_OF_A_GROUP;
pub use notation::{AmountNotation, ThousandsSeparator, Written as WrittenAmount};
pub use rust_decimal::{Decimal, RoundingStrategy};
pub use separator::{DecimalSeparator, UnknownSeparator};
pub use total::Total;
pub use with_currency::Money;
