//! Amounts that only their currency decides: 25.000 is 25 to some and 25 thousand to others, and 5 € are not 5 USD.

use super::{Finding, FindingCode, WrittenIn, shown_value};
use crate::money::{Currency, parse_plain};
use crate::text::are_digits;

/// The digits in a group of thousands, and so the decimals that can be taken for one.
const GROUP_DIGITS: usize = 3;

/// An amount in a file or a form that is refused in some currencies.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AmbiguousAmount {
    field: &'static str,
    text: String,
    doubt: Doubt,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Doubt {
    /// It can be read in two ways: one to three digits, of which the first is not zero, a separator and three digits. In
    /// a currency of three decimal places or more the separator is taken for a decimal one.
    Separator {
        /// The digits with the separator.
        digits: String,
        written: WrittenIn,
    },
    /// It is marked with the code or the sign of a currency.
    Mark(String),
}

impl AmbiguousAmount {
    /// What is ambiguous about the separator of an amount, if anything is.
    pub(super) fn of_separator(
        field: &'static str,
        text: &str,
        digits: &str,
        written: WrittenIn,
    ) -> Option<Self> {
        let (before, group) = digits.as_bytes().split_last_chunk::<GROUP_DIGITS>()?;
        let (separator, signed) = before.split_last()?;
        if char::from(*separator) != written.notation().decimal.character() {
            return None;
        }
        let whole = signed.strip_prefix(b"-").or_else(|| signed.strip_prefix(b"+")).unwrap_or(signed);
        let ambiguous = (1..=GROUP_DIGITS).contains(&whole.len())
            && are_digits(whole)
            && are_digits(group)
            && !whole.starts_with(b"0");
        let doubt = || Doubt::Separator { digits: digits.to_owned(), written };
        ambiguous.then(|| Self { field, text: shown_value(text.trim()), doubt: doubt() })
    }

    /// An amount that is marked with a currency.
    pub(super) fn of_mark(field: &'static str, text: &str, mark: &str) -> Self {
        Self { field, text: shown_value(text.trim()), doubt: Doubt::Mark(mark.to_owned()) }
    }

    /// The field that holds the amount.
    #[must_use]
    pub fn field(&self) -> &'static str {
        self.field
    }

    /// Why the amount is refused in this currency, if it is.
    #[must_use]
    pub fn refused_in(&self, currency: Currency) -> Option<Finding> {
        match &self.doubt {
            Doubt::Separator { digits, written } => {
                let places = currency.decimal_places()?;
                let few = usize::try_from(places).is_ok_and(|places| places < GROUP_DIGITS);
                few.then(|| self.ambiguous(digits, *written, Some(currency)))
            }
            Doubt::Mark(mark) => (!currency.may_be_marked(mark)).then(|| {
                let text = &self.text;
                let reason = format!(
                    "{text} is marked with {mark}, but the currency of the row is {currency}; give the row its currency"
                );
                Finding::in_field(self.field, FindingCode::CurrencyMismatch, reason)
            }),
        }
    }

    /// The finding that refuses an amount whose currency is unknown, if it is refused.
    #[must_use]
    pub(super) fn unchecked(&self) -> Option<Finding> {
        match &self.doubt {
            Doubt::Separator { digits, written } => Some(self.ambiguous(digits, *written, None)),
            Doubt::Mark(_) => None,
        }
    }

    /// The finding that refuses the amount. It says what to write if the currency is known. In one that
    /// has no such small amounts, it says that, too.
    fn ambiguous(&self, digits: &str, written: WrittenIn, currency: Option<Currency>) -> Finding {
        let (text, decimal, advice) = (&self.text, written.notation().decimal, written.advice());
        let amount = parse_plain(&decimal.to_point(digits)).ok();
        let (code, remedy) = match currency.zip(amount) {
            Some((currency, amount)) if currency.admits(amount) => {
                let thousands: String = digits.chars().filter(|c| *c != decimal.character()).collect();
                let in_full = currency.in_full(amount.normalize());
                let remedy = format!("write {thousands} or {}{advice}", decimal.of_point(&in_full));
                (FindingCode::AmbiguousAmount, remedy)
            }
            Some((currency, _)) => {
                let places = currency.decimal_places().unwrap_or_default();
                let remedy = format!(
                    "leave separators of thousands out{advice}; amounts in {currency} have at most {places} decimal places"
                );
                (FindingCode::TooManyDigits, remedy)
            }
            None => (FindingCode::AmbiguousAmount, format!("leave separators of thousands out{advice}")),
        };
        let reason =
            format!("{text} is ambiguous: its separator may be one of thousands or of decimals; {remedy}");
        Finding::in_field(self.field, code, reason)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::money::{AmountNotation, DecimalSeparator};

    fn reason(text: &str, decimal: DecimalSeparator, currency: &str) -> Option<String> {
        let written = match decimal {
            DecimalSeparator::Point => WrittenIn::Form,
            DecimalSeparator::Comma => WrittenIn::File(AmountNotation { decimal, thousands: None }),
        };
        let amount = AmbiguousAmount::of_separator("balance", text, text, written)?;
        let found = amount.refused_in(currency.parse().expect("a currency"));
        found.map(|finding| finding.reason.into_owned())
    }

    #[test]
    fn three_digits_after_the_only_separator_are_ambiguous_in_a_currency_of_fewer_decimals() {
        use DecimalSeparator::{Comma, Point};
        for (text, separator, currency, write) in [
            ("25.000", Point, "EUR", "write 25000 or 25.00"),
            (
                "25,000",
                Comma,
                "USD",
                "write 25000 or 25,00, or name the separator of thousands with `thousands_separator`",
            ),
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
