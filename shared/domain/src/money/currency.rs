//! ISO 4217 currencies and their decimal places.

use std::fmt;
use std::str::FromStr;
use std::sync::LazyLock;

use iso_currency::IntoEnumIterator;
use rust_decimal::Decimal;
use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize};

/// All currencies, and where each is by its [`key`]: the crate compares a code with one after the other.
static BY_KEY: LazyLock<ByKey> = LazyLock::new(|| {
    let (all, mut places) = (Currency::all().collect::<Vec<_>>(), [0; KEYS]);
    for (place, currency) in (1..).zip(&all) {
        if let Some(free) = key(currency.code).and_then(|key| places.get_mut(key)) {
            *free = place;
        }
    }
    ByKey { all, places }
});

struct ByKey {
    all: Vec<Currency>,
    /// The places in `all`, counting from 1; 0 stands for no currency.
    places: [u8; KEYS],
}

/// The codes of three capital letters.
const KEYS: usize = 26 * 26 * 26;

/// The number of a code among those of three capital letters.
fn key(code: &str) -> Option<usize> {
    let letters: [u8; 3] = code.as_bytes().try_into().ok()?;
    let mut numbers = letters.map(|letter| usize::from(letter.wrapping_sub(b'A'))).into_iter();
    numbers.try_fold(0, |key, number| (number < 26).then_some(26 * key + number))
}

/// A currency of ISO 4217: those of the `iso_currency` crate and some withdrawn ones, in which old debts may be.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(into = "String")]
pub struct Currency {
    code: &'static str,
    decimal_places: Option<u32>,
}

/// Withdrawn currencies that the crate lacks, according to ISO 4217, table A.1.
const WITHDRAWN: [Currency; 5] = [
    Currency { code: "ANG", decimal_places: Some(2) }, // Netherlands Antillean guilder, to 2025
    Currency { code: "BYR", decimal_places: Some(0) }, // Belarusian ruble, to 2016
    Currency { code: "MRO", decimal_places: Some(2) }, // Mauritanian ouguiya, to 2017
    Currency { code: "STD", decimal_places: Some(2) }, // São Toméan dobra, to 2017
    Currency { code: "VEF", decimal_places: Some(2) }, // Venezuelan bolívar, to 2018
];

/// The text is not the alphabetic code of a currency.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not an ISO 4217 currency code such as ARS, EUR or USD")]
pub struct UnknownCurrency;

impl Currency {
    /// The euro.
    pub(crate) const EURO: Self = Self { code: "EUR", decimal_places: Some(2) };

    /// The currency of a code as people write it: `eur` is EUR.
    ///
    /// # Errors
    /// [`UnknownCurrency`] for any other text.
    pub fn of_people(code: &str) -> Result<Self, UnknownCurrency> {
        code.parse().or_else(|_| code.trim().to_ascii_uppercase().parse())
    }

    /// The alphabetic code: three capital letters.
    #[must_use]
    pub fn code(self) -> &'static str {
        self.code
    }

    fn all() -> impl Iterator<Item = Self> {
        let listed = iso_currency::Currency::iter();
        let listed = listed
            .map(|listed| Self { code: listed.code(), decimal_places: listed.exponent().map(u32::from) });
        listed.chain(WITHDRAWN)
    }

    /// The codes of all currencies.
    pub fn codes() -> impl Iterator<Item = &'static str> {
        Self::all().map(Self::code)
    }

    /// The decimal places of the smallest unit; `None` for the few currencies (gold, special drawing rights, …) without a
    /// unit in ISO 4217.
    #[must_use]
    pub fn decimal_places(self) -> Option<u32> {
        self.decimal_places
    }

    /// The amount as text with all decimal places of the currency: `3.50` EUR.
    #[must_use]
    pub fn in_full(self, mut amount: Decimal) -> String {
        if let Some(places) = self.decimal_places.filter(|places| amount.scale() < *places) {
            // An amount that is too large for all zeros gets as many as fit.
            amount.rescale(places);
        }
        amount.to_string()
    }

    /// Whether `amount` is a multiple of the currency's smallest unit. Trailing zeros don't count: 100.00 JPY is valid.
    #[must_use]
    pub fn admits(self, amount: Decimal) -> bool {
        self.decimal_places()
            .is_none_or(|places| amount.scale() <= places || amount.normalize().scale() <= places)
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
        let ByKey { all, places } = &*BY_KEY;
        let place = key(code).and_then(|key| places.get(key)).and_then(|place| place.checked_sub(1));
        place.and_then(|place| all.get(usize::from(place))).copied().ok_or(UnknownCurrency)
    }
}

impl<'de> Deserialize<'de> for Currency {
    fn deserialize<D: Deserializer<'de>>(code: D) -> Result<Self, D::Error> {
        String::deserialize(code)?.parse().map_err(D::Error::custom)
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
    fn amounts_below_the_smallest_unit_are_not_admitted() {
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
            ("BYR", "100.5", false),
            ("VEF", "0.01", true),
        ];
        for (code, amount, admitted) in cases {
            let currency: Currency = code.parse().expect(code);
            let amount = parse_plain(amount).expect(amount);
            assert_eq!(currency.admits(amount), admitted, "{amount} {code}");
        }
    }

    #[test]
    fn amount_in_full_has_all_decimal_places_and_the_same_value() {
        for (code, amount, full) in [
            ("EUR", "3.5", "3.50"),
            ("EUR", "1200", "1200.00"),
            ("JPY", "1200", "1200"),
            ("KWD", "0.001", "0.001"),
            ("XAU", "0.00000001", "0.00000001"),
        ] {
            let currency: Currency = code.parse().expect(code);
            assert_eq!(currency.in_full(parse_plain(amount).expect(amount)), full);
        }
        let large = parse_plain(&"9".repeat(28)).expect("28 digits");
        let eur: Currency = "EUR".parse().expect("a currency");
        assert_eq!(parse_plain(eur.in_full(large).split('.').next().unwrap_or_default()), Ok(large));
    }

    #[test]
    fn every_currency_is_found_by_its_code() {
        for currency in Currency::all() {
            assert_eq!(currency.code.parse(), Ok(currency));
        }
    }

    #[test]
    fn codes_are_exact() {
        for code in ["", "ars", "AR", "ARSX", "ZZZ", "€"] {
            assert_eq!(code.parse::<Currency>(), Err(UnknownCurrency), "{code:?}");
        }
    }
}
