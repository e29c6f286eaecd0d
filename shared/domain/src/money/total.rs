//! Exact sums of any number of amounts.

use std::cmp::Ordering;
use std::fmt;
use std::ops::{AddAssign, SubAssign};
use std::str::FromStr;

use bigdecimal::BigDecimal;
use bigdecimal::num_bigint::Sign;
use rust_decimal::Decimal;
use serde::{Serialize, Serializer};
use serde_json::Number;

use super::Currency;

/// A sum of amounts in one currency, which may have more than the 28 digits of an amount. The default is zero.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Total(BigDecimal);

impl Total {
    /// The amount in units of 10^-`places`: with 2 places, in cents.
    #[must_use]
    pub fn in_units(amount: Decimal, places: u32) -> Self {
        Self(BigDecimal::new(amount.mantissa().into(), i64::from(amount.scale()) - i64::from(places)))
    }

    /// The sum of one amount.
    #[must_use]
    pub fn of(amount: Decimal) -> Self {
        Self::in_units(amount, 0)
    }

    /// Adds an amount.
    pub fn add(&mut self, amount: Decimal) {
        self.0 += BigDecimal::new(amount.mantissa().into(), amount.scale().into());
    }

    /// Whether the sum is more than so many percent of another one.
    #[must_use]
    pub fn exceeds_percent(&self, percent: i64, of: &Self) -> bool {
        &self.0 * BigDecimal::from(100) > &of.0 * BigDecimal::from(percent)
    }

    /// The sum compared with zero.
    #[must_use]
    pub fn sign(&self) -> Ordering {
        match self.0.sign() {
            Sign::Minus => Ordering::Less,
            Sign::NoSign => Ordering::Equal,
            Sign::Plus => Ordering::Greater,
        }
    }
}

impl Total {
    /// The sum as text with at least all decimal places of the currency: `3.50` EUR.
    #[must_use]
    pub fn in_full(&self, currency: Currency) -> String {
        let sum = self.0.normalized();
        let places = currency.decimal_places().map_or(0, i64::from);
        if sum.fractional_digit_count() < places { sum.with_scale(places) } else { sum }.to_plain_string()
    }
}

impl AddAssign<&Self> for Total {
    fn add_assign(&mut self, other: &Self) {
        self.0 += &other.0;
    }
}

impl SubAssign<&Self> for Total {
    fn sub_assign(&mut self, other: &Self) {
        self.0 -= &other.0;
    }
}

impl fmt::Display for Total {
    /// All digits, without an exponent and without zeros at the end of the decimals.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0.normalized().to_plain_string())
    }
}

impl FromStr for Total {
    type Err = bigdecimal::ParseBigDecimalError;

    fn from_str(digits: &str) -> Result<Self, Self::Err> {
        BigDecimal::from_str(digits).map(Self)
    }
}

impl Serialize for Total {
    /// A JSON number with all its digits.
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        Number::from_str(&self.to_string()).map_err(serde::ser::Error::custom)?.serialize(to)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn sums_keep_all_digits() {
        let mut total = Total::default();
        for amount in
            ["9999999999999999999999999999", "9999999999999999999999999999", "0.0000000000000000000000000001"]
        {
            total.add(amount.parse().expect("an amount"));
        }
        let json = serde_json::to_string(&total).expect("JSON");
        assert_eq!(json, "19999999999999999999999999998.0000000000000000000000000001");
    }

    #[test]
    fn longest_amounts_are_exact_in_cents() {
        for (amount, cents) in [
            ("9999999999999999999999999999", "999999999999999999999999999900"),
            ("-0.07", "-7"),
            ("12.3", "1230"),
            ("0.0000000000000000000000000001", "0.00000000000000000000000001"),
        ] {
            let total = Total::in_units(amount.parse().expect("an amount"), 2);
            assert_eq!(serde_json::to_string(&total).expect("JSON"), cents);
        }
    }

    #[test]
    fn sum_in_full_has_all_decimal_places_of_its_currency() {
        for (currency, sum, full) in [
            ("EUR", "3.5", "3.50"),
            ("EUR", "12000", "12000.00"),
            ("EUR", "0", "0.00"),
            ("EUR", "-0.005", "-0.005"),
            ("JPY", "1200", "1200"),
            ("XAU", "0.00000001", "0.00000001"),
            ("ARS", "99999999999999999999999999990000", "99999999999999999999999999990000.00"),
        ] {
            let total: Total = sum.parse().expect(sum);
            assert_eq!(total.in_full(currency.parse().expect("a currency")), full);
        }
    }

    proptest! {
        #[test]
        fn text_of_a_sum_is_the_sum(amounts in prop::collection::vec((any::<i64>(), 0_u32..20), 0..9)) {
            let (mut total, mut halves) = (Total::default(), [Total::default(), Total::default()]);
            for (at, (mantissa, scale)) in amounts.into_iter().enumerate() {
                let amount = Decimal::new(mantissa, scale);
                total.add(amount);
                halves[at % 2].add(amount);
            }
            let [mut sum, half] = halves;
            sum += &half;
            prop_assert_eq!(&sum, &total);
            let text = total.to_string();
            let read: Total = text.parse().expect("a sum");
            prop_assert_eq!((&read, read.to_string()), (&total, text));
        }

        #[test]
        fn cents_add_up(cents in prop::collection::vec(-1_000_000_000_i64..1_000_000_000, 0..500)) {
            let mut total = Total::default();
            for cents in &cents {
                total.add(Decimal::new(*cents, 2));
            }
            let sum: i64 = cents.iter().sum();
            prop_assert_eq!(total.sign(), sum.cmp(&0));
            let json = serde_json::to_string(&total).expect("JSON");
            prop_assert_eq!(json.parse(), Ok(Decimal::new(sum, 2).normalize()));
        }
    }
}
