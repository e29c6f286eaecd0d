//! Amounts whose separator may be one of thousands: 25.000 is 25 to some and 25 thousand to others.

use super::{Finding, FindingCode};
use crate::money::{Currency, DecimalSeparator, parse_plain};

/// The digits in a group of thousands, and so the decimals that can be taken for one.
const GROUP_DIGITS: usize = 3;

/// An amount in a file or a form that can be read in two ways: one to three digits, of which the
/// first is not zero, a separator and three digits. In a currency of three decimal places or more
/// the separator is taken for a decimal one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AmbiguousAmount {
    field: &'static str,
    text: String,
    separator: DecimalSeparator,
}

impl AmbiguousAmount {
    /// What is ambiguous about an amount, if anything is.
    pub(super) fn of(field: &'static str, text: &str, separator: DecimalSeparator) -> Option<Self> {
        let unsigned = text.strip_prefix(['-', '+']).unwrap_or(text);
        let (whole, group) = unsigned.split_once(separator.character())?;
        let digits = |part: &str| part.bytes().all(|byte| byte.is_ascii_digit());
        let ambiguous = (1..=GROUP_DIGITS).contains(&whole.len())
            && group.len() == GROUP_DIGITS
            && digits(whole)
            && digits(group)
            && !whole.starts_with('0');
        ambiguous.then(|| Self { field, text: text.to_owned(), separator })
    }

    /// The field that holds the amount.
    #[must_use]
    pub fn field(&self) -> &'static str {
        self.field
    }

    /// Why the amount is refused in this currency, if it is.
    #[must_use]
    pub fn refused_in(&self, currency: Currency) -> Option<Finding> {
        let places = currency.decimal_places()?;
        let few = usize::try_from(places).is_ok_and(|places| places < GROUP_DIGITS);
        few.then(|| self.refused(Some(currency)))
    }

    /// The finding that refuses the amount. It says what to write if the currency is known. In one that
    /// has no such small amounts, it says that, too.
    #[must_use]
    pub(super) fn refused(&self, currency: Option<Currency>) -> Finding {
        let text = &self.text;
        let separator = self.separator.character();
        let amount = parse_plain(&self.separator.to_point(text)).ok();
        let (code, remedy) = match currency.zip(amount) {
            Some((currency, amount)) if currency.admits(amount) => {
                let thousands: String = text.chars().filter(|c| *c != separator).collect();
                let decimal = currency.in_full(amount.normalize());
                let remedy = format!("write {thousands} or {}", self.separator.of_point(&decimal));
                (FindingCode::AmbiguousAmount, remedy)
            }
            Some((currency, _)) => {
                let places = currency.decimal_places().unwrap_or_default();
                let remedy = format!(
                    "leave separators of thousands out; amounts in {currency} have at most {places} decimal places"
                );
                (FindingCode::TooManyDigits, remedy)
            }
            None => (FindingCode::AmbiguousAmount, "leave separators of thousands out".to_owned()),
        };
        let reason =
            format!("{text} is ambiguous: its separator may be one of thousands or of decimals; {remedy}");
        Finding::in_field(self.field, code, reason)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn reason(text: &str, separator: DecimalSeparator, currency: &str) -> Option<String> {
        let amount = AmbiguousAmount::of("balance", text, separator)?;
        let found = amount.refused_in(currency.parse().expect("a currency"));
        found.map(|finding| finding.reason.into_owned())
    }

    #[test]
    fn three_digits_after_the_only_separator_are_ambiguous_in_a_currency_of_fewer_decimals() {
        use DecimalSeparator::{Comma, Point};
        for (text, separator, currency, write) in [
            ("25.000", Point, "EUR", "write 25000 or 25.00"),
            ("25,000", Comma, "USD", "write 25000 or 25,00"),
            ("1.234", Point, "EUR", "amounts in EUR have at most 2 decimal places"),
            ("3.000", Point, "JPY", "write 3000 or 3"),
            ("-250.000", Point, "ARS", "write -250000 or -250.00"),
        ] {
            let reason = reason(text, separator, currency).expect(text);
            assert!(reason.starts_with(text) && reason.ends_with(write), "{reason}");
        }
        for (text, separator, currency) in [
            ("0.500", Point, "EUR"),
            ("007.500", Point, "EUR"),
            ("1234.500", Point, "EUR"),
            ("25.0000", Point, "EUR"),
            ("25.00", Point, "EUR"),
            ("25000", Point, "EUR"),
            ("1.234.567", Point, "EUR"),
            ("25,000", Point, "EUR"),
            ("1.234", Point, "KWD"),
            ("1.234", Point, "XAU"),
        ] {
            assert_eq!(reason(text, separator, currency), None, "{text} {currency}");
        }
    }
}
