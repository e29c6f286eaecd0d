//! Exact sums of any number of amounts.

use std::cmp::Ordering;
use std::str::FromStr;

use bigdecimal::BigDecimal;
use bigdecimal::num_bigint::Sign;
use rust_decimal::Decimal;
use serde::{Serialize, Serializer};
use serde_json::Number;

/// A sum of amounts in one currency, which may have more than the 28 digits of an amount. The default is zero.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Total(BigDecimal);

impl Total {
    /// The amount in units of 10^-`places`: with 2 places, in cents.
    #[must_use]
    pub fn in_units(amount: Decimal, places: u32) -> Self {
        Self(BigDecimal::new(amount.mantissa().into(), i64::from(amount.scale()) - i64::from(places)))
    }

    /// Adds an amount.
    pub fn add(&mut self, amount: Decimal) {
        self.0 += BigDecimal::new(amount.mantissa().into(), amount.scale().into());
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

impl Serialize for Total {
    /// A JSON number with all its digits.
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        let digits = self.0.normalized().to_plain_string();
        Number::from_str(&digits).map_err(serde::ser::Error::custom)?.serialize(to)
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

    proptest! {
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
