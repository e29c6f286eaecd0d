//! ISO 4217 currencies and how finely each is divided.

use std::fmt;
use std::str::FromStr;

use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

/// A currency of ISO 4217, as listed by the `iso_currency` crate (superseded ones
/// included, since old debts stay in old money).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Currency(iso_currency::Currency);

/// The text is not the alphabetic code of any currency.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not an ISO 4217 currency code such as ARS, EUR or USD")]
pub struct UnknownCurrency;

impl Currency {
    /// The alphabetic code: three capital letters.
    #[must_use]
    pub fn code(self) -> &'static str {
        self.0.code()
    }

    /// How many decimal places the currency's smallest unit has; `None` for the few
    /// (gold, special drawing rights…) for which ISO 4217 states none.
    #[must_use]
    pub fn decimal_places(self) -> Option<u32> {
        self.0.exponent().map(u32::from)
    }

    /// Whether `amount` can be paid in this currency, that is, has no digit below its
    /// smallest unit. Trailing zeros are no digits: 100.00 JPY is 100 JPY.
    #[must_use]
    pub fn admits(self, amount: Decimal) -> bool {
        self.decimal_places().is_none_or(|places| amount.normalize().scale() <= places)
    }
}

impl fmt::Display for Currency {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.code())
    }
}

impl FromStr for Currency {
    type Err = UnknownCurrency;

    fn from_str(code: &str) -> Result<Self, UnknownCurrency> {
        iso_currency::Currency::from_code(code).map(Self).ok_or(UnknownCurrency)
    }
}

impl TryFrom<String> for Currency {
    type Error = UnknownCurrency;

    fn try_from(code: String) -> Result<Self, UnknownCurrency> {
        code.parse()
    }
}

impl From<Currency> for String {
    fn from(currency: Currency) -> Self {
        currency.code().to_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::money::parse_plain;

    #[test]
    fn a_currency_admits_amounts_down_to_its_smallest_unit() {
        let cases = [
            ("ARS", "12.34", true),
            ("ARS", "12.345", false),
            ("ARS", "12.340", true),
            ("JPY", "100", true),
            ("JPY", "100.5", false),
            ("JPY", "100.00", true),
            ("KWD", "0.001", true),
            ("KWD", "0.0001", false),
            ("XAU", "0.00000001", true),
        ];
        for (code, amount, admitted) in cases {
            let currency: Currency = code.parse().expect(code);
            let amount = parse_plain(amount).expect(amount);
            assert_eq!(currency.admits(amount), admitted, "{amount} {code}");
        }
    }

    #[test]
    fn codes_are_exact() {
        for code in ["", "ars", "AR", "ARSX", "ZZZ", "€"] {
            assert_eq!(code.parse::<Currency>(), Err(UnknownCurrency), "{code:?}");
        }
    }
}
