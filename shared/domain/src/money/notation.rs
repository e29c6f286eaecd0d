//! How amounts are written in files and forms: separators, signs and marks of currencies.
//!
//! An amount is read with the separators that are stated, or refused. A separator of thousands is never guessed:
//! without a stated one, only the decimal separator may stand between digits.

use std::borrow::Cow;
use std::str::FromStr;

use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

use super::marks::is_known;
use super::{AmountError, DecimalSeparator, UnknownSeparator, parse_plain};

/// The digits of a group between separators of thousands.
const GROUP_DIGITS: usize = 3;
/// The decimal places that look like a group.
pub(crate) const PLACES_OF_A_GROUP: u32 = 3;
/// The digits of an inner group in India: 12,34,567.
const LAKH_DIGITS: usize = 2;
/// The parts around the digits of an amount: parentheses, a sign, the mark of a currency.
const PARTS_MAX: usize = 3;

/// The character between groups of three digits.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub enum ThousandsSeparator {
    /// A point: `1.250`.
    #[serde(rename = ".")]
    Point,
    /// A comma: `1,250`.
    #[serde(rename = ",")]
    Comma,
    /// An apostrophe, straight or typographic: `1'250`.
    #[serde(rename = "'")]
    Apostrophe,
    /// A space, also one without a break (U+00A0, U+202F) or a thin one: `1 250`.
    #[serde(rename = " ")]
    Space,
}

impl ThousandsSeparator {
    /// The separator as a character: of several, the one that is typed.
    #[must_use]
    pub fn character(self) -> char {
        match self {
            Self::Point => '.',
            Self::Comma => ',',
            Self::Apostrophe => '\'',
            Self::Space => ' ',
        }
    }

    fn is(self, character: char) -> bool {
        match self {
            Self::Apostrophe => matches!(character, '\'' | '\u{2019}'),
            Self::Space => is_space(character),
            Self::Point | Self::Comma => character == self.character(),
        }
    }
}

impl FromStr for ThousandsSeparator {
    type Err = UnknownSeparator;

    fn from_str(separator: &str) -> Result<Self, UnknownSeparator> {
        match separator {
            "." => Ok(Self::Point),
            "," => Ok(Self::Comma),
            "'" => Ok(Self::Apostrophe),
            " " | "\u{a0}" | "\u{202f}" => Ok(Self::Space),
            _ => Err(UnknownSeparator(". or , or ' or a space")),
        }
    }
}

/// The blanks that people and programs write between digits, or around an amount.
fn is_space(character: char) -> bool {
    matches!(character, ' ' | '\t' | '\u{a0}' | '\u{2009}' | '\u{202f}')
}

/// How a file or a form writes amounts.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct AmountNotation {
    /// The decimal separator.
    pub decimal: DecimalSeparator,
    /// The separator of thousands, if one is stated.
    pub thousands: Option<ThousandsSeparator>,
}

/// An amount that was read, and what is known about its text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Written<'a> {
    /// The amount.
    pub amount: Decimal,
    /// The digits with their separators.
    pub digits: &'a str,
    /// The code or the sign of a currency that is written beside them.
    pub mark: Option<&'a str>,
}

impl AmountNotation {
    /// The notation with these separators, as far as they are stated. A point for thousands says that it is not the decimal
    /// separator.
    #[must_use]
    pub fn stated(decimal: Option<DecimalSeparator>, thousands: Option<ThousandsSeparator>) -> Self {
        let decimal = decimal.unwrap_or(match thousands {
            Some(ThousandsSeparator::Point) => DecimalSeparator::Comma,
            _ => DecimalSeparator::Point,
        });
        Self { decimal, thousands }
    }

    /// Whether the decimals of an amount could be a group of thousands: one to three digits, of which the first is not zero,
    /// the decimal separator and three digits, perhaps behind a sign.
    #[must_use]
    pub fn looks_grouped(self, digits: &str) -> bool {
        let Some((before, group)) = digits.as_bytes().split_last_chunk::<GROUP_DIGITS>() else {
            return false;
        };
        let Some((separator, signed)) = before.split_last() else { return false };
        if char::from(*separator) != self.decimal.character() {
            return false;
        }
        let whole = signed.strip_prefix(b"-").or_else(|| signed.strip_prefix(b"+")).unwrap_or(signed);
        (1..=GROUP_DIGITS).contains(&whole.len())
            && whole.iter().chain(group).all(u8::is_ascii_digit)
            && !whole.starts_with(b"0")
    }

    /// Reads an amount. Signs (`-5`, `5-`, `(5)`, with a hyphen or U+2212) and a mark of a currency may stand around
    /// the digits.
    ///
    /// # Errors
    /// [`AmountError`] for any other text, and for more than 28 digits.
    pub fn parse(self, text: &str) -> Result<Written<'_>, AmountError> {
        match parse_plain(&self.decimal.to_point(text)) {
            Err(AmountError::Malformed) => {}
            plain => return plain.map(|amount| Written { amount, digits: text, mark: None }),
        }
        let Parts { digits, is_negative, mark } = Parts::of(text).ok_or(AmountError::Malformed)?;
        let plain = self.ungrouped(digits).ok_or(AmountError::Malformed)?;
        let amount = parse_plain(&plain)?;
        let amount = if is_negative { -amount } else { amount };
        Ok(Written { amount, digits, mark })
    }

    /// The digits without separators of thousands and with a decimal point. `None` if a group is not of three digits.
    fn ungrouped(self, digits: &str) -> Option<Cow<'_, str>> {
        let point = self.decimal.character();
        let Some(thousands) = self.thousands else { return Some(self.decimal.to_point(digits)) };
        let (whole, fraction) = match digits.split_once(point) {
            Some((whole, fraction)) => (whole, Some(fraction)),
            None => (digits, None),
        };
        let groups: Vec<&str> = whole.split(|c| thousands.is(c)).collect();
        // A point that is neither separator must not become the decimal one.
        if groups.iter().any(|group| !group.bytes().all(|byte| byte.is_ascii_digit())) {
            return None;
        }
        let (first, more) = groups.split_first()?;
        if let Some((last, inner)) = more.split_last() {
            let are = |digits: usize| inner.iter().all(|group| group.len() == digits);
            // A number with groups never begins with zero: `0.500` is a half, written with another decimal separator.
            let is_first = (1..=GROUP_DIGITS).contains(&first.len()) && !first.starts_with('0');
            if !is_first || last.len() != GROUP_DIGITS || !(are(GROUP_DIGITS) || are(LAKH_DIGITS)) {
                return None;
            }
        }
        let mut plain = groups.concat();
        if let Some(fraction) = fraction {
            plain.push('.');
            plain.push_str(fraction);
        }
        Some(plain.into())
    }

    /// An amount in this notation, without separators of thousands. Of three decimal places it has four: three could be a
    /// group of thousands.
    #[must_use]
    pub fn plain(self, amount: Decimal) -> String {
        let mut amount = amount.normalize();
        if amount.scale() == PLACES_OF_A_GROUP {
            // An amount of 28 digits has no room for another one. It is not ambiguous either.
            amount.rescale(PLACES_OF_A_GROUP + 1);
        }
        self.decimal.of_point(&amount.to_string()).into_owned()
    }

    /// An example of an amount with decimals.
    pub(crate) fn example(self) -> String {
        let thousands = self.thousands.map(ThousandsSeparator::character);
        let (thousands, point) = (thousands.map(String::from).unwrap_or_default(), self.decimal.character());
        format!("1{thousands}250{point}75")
    }
}

/// The parts of an amount.
struct Parts<'a> {
    digits: &'a str,
    is_negative: bool,
    mark: Option<&'a str>,
}

impl<'a> Parts<'a> {
    /// The parts, in any order around the digits: at most one sign or pair of parentheses, and one known mark.
    fn of(text: &'a str) -> Option<Self> {
        let (mut sign, mut mark) = (None, None);
        let mut rest = text.trim_matches(is_space);
        for _ in 0..=PARTS_MAX {
            let before = rest;
            if let Some(inner) = rest.strip_prefix('(').and_then(|rest| rest.strip_suffix(')')) {
                sign.replace(true).is_none().then_some(())?;
                rest = inner;
            } else if let Some(unsigned) =
                rest.strip_prefix(['-', '\u{2212}']).or_else(|| rest.strip_suffix(['-', '\u{2212}']))
            {
                sign.replace(true).is_none().then_some(())?;
                rest = unsigned;
            } else if let Some(unsigned) = rest.strip_prefix('+') {
                sign.replace(false).is_none().then_some(())?;
                rest = unsigned;
            } else if let Some((found, unmarked)) = split_mark(rest) {
                mark.replace(found).is_none().then_some(())?;
                rest = unmarked;
            }
            rest = rest.trim_matches(is_space);
            if rest == before {
                break;
            }
        }
        Some(Self { digits: rest, is_negative: sign == Some(true), mark })
    }
}

/// The known mark of a currency at the beginning or the end of a text, and the text without it.
fn split_mark(text: &str) -> Option<(&str, &str)> {
    let is_of_mark =
        |c: char| !c.is_ascii_digit() && !is_space(c) && !matches!(c, '-' | '\u{2212}' | '+' | '(' | ')');
    let behind_first = text.find(|c| !is_of_mark(c)).unwrap_or(text.len());
    let (first, rest) = text.split_at(behind_first);
    if is_known(first) {
        return Some((first, rest));
    }
    let last = text.trim_end_matches(is_of_mark).len();
    let (rest, last) = text.split_at(last);
    is_known(last).then_some((last, rest))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn notation(decimal: &str, thousands: &str) -> AmountNotation {
        AmountNotation {
            decimal: decimal.parse().expect("a separator"),
            thousands: (!thousands.is_empty()).then(|| thousands.parse().expect("a separator")),
        }
    }

    fn read(text: &str, decimal: &str, thousands: &str) -> Option<(String, Option<String>)> {
        let written = notation(decimal, thousands).parse(text).ok()?;
        Some((written.amount.to_string(), written.mark.map(str::to_owned)))
    }

    #[test]
    fn signs_and_marks_stand_around_the_digits() {
        for (text, amount, mark) in [
            ("1.234,56", "1234.56", None),
            ("(1.234,56)", "-1234.56", None),
            ("1.234,56-", "-1234.56", None),
            ("\u{2212}1.234,56", "-1234.56", None),
            ("-1.000,00 €", "-1000.00", Some("€")),
            ("€ 1.000,00-", "-1000.00", Some("€")),
            ("(€ 5,00)", "-5.00", Some("€")),
            ("€ (5,00)", "-5.00", Some("€")),
            ("EUR 5", "5", Some("EUR")),
            ("5eur", "5", Some("eur")),
            ("- 5 EUR", "-5", Some("EUR")),
            ("+5,00", "5.00", None),
            ("$5", "5", Some("$")),
            ("5 Kč", "5", Some("Kč")),
            ("1.234.567,8", "1234567.8", None),
            ("12.34.567", "1234567", None),
            ("\u{a0}5\u{a0}", "5", None),
        ] {
            assert_eq!(read(text, ",", "."), Some((amount.to_owned(), mark.map(str::to_owned))), "{text}");
        }
        for text in [
            "",
            "-",
            "€",
            "--5",
            "-5-",
            "(-5)",
            "(5",
            "5)",
            "5 € EUR",
            "5 apples",
            "1.23,00",
            "1.2345",
            "12345.678",
            "0.500",
            "00.125",
            "0.000.001",
            "1..234",
            ".234",
            "1.234.",
            "1,234,567",
            "5,",
            ",5",
            "1'234",
            "1 234",
            "1e3",
            "0x10",
            "5%",
            "١",
        ] {
            assert_eq!(read(text, ",", "."), None, "{text:?}");
        }
    }

    #[test]
    fn groups_are_read_with_the_stated_separator_alone() {
        for space in [' ', '\u{a0}', '\u{202f}'] {
            let text = format!("1{space}234,56");
            assert_eq!(read(&text, ",", " "), Some(("1234.56".to_owned(), None)));
            assert_eq!(read(&text, ",", ""), None);
        }
        for quote in ['\'', '\u{2019}'] {
            assert_eq!(read(&format!("1{quote}234.56"), ".", "'"), Some(("1234.56".to_owned(), None)));
        }
        assert_eq!(read("25,000", ".", ","), Some(("25000".to_owned(), None)));
        assert_eq!(read("25.000", ".", ","), Some(("25.000".to_owned(), None)), "the separators are stated");
        assert_eq!(read("1,234.56", ".", ""), None);
        for (text, decimal, thousands) in [("25.000", ",", "'"), ("1250.75", ",", " "), ("1250,75", ".", "'")]
        {
            assert_eq!(read(text, decimal, thousands), None, "{text}");
        }
    }

    proptest! {
        #[test]
        fn written_amounts_are_read_back(
            units in 0_i64..10_000_000_000, places in 0_u32..4, decimal in "[.,]", thousands in "[.,' ]?", minus in 0..5,
        ) {
            prop_assume!(decimal != thousands);
            let amount = Decimal::new(units, places);
            let plain = amount.to_string();
            let (whole, fraction) = plain.split_once('.').map_or((plain.as_str(), None), |(w, f)| (w, Some(f)));
            let mut grouped = String::new();
            for (at, digit) in whole.chars().enumerate() {
                if at > 0 && (whole.len() - at) % 3 == 0 {
                    grouped.push_str(&thousands);
                }
                grouped.push(digit);
            }
            let digits = fraction.map_or(grouped.clone(), |fraction| format!("{grouped}{decimal}{fraction}"));
            let (text, sign) = match minus {
                0 => (digits, 1),
                1 => (format!("-{digits}"), -1),
                2 => (format!("{digits}-"), -1),
                3 => (format!("({digits})"), -1),
                _ => (format!("\u{2212}{digits}"), -1),
            };
            let read = notation(&decimal, &thousands).parse(&text).map(|written| written.amount);
            prop_assert_eq!(read, Ok(amount * Decimal::from(sign)), "{}", text);
        }

        #[test]
        fn any_text_is_an_amount_or_an_error(text in "[0-9.,' €()a-zA-Z-]{0,12}", decimal in "[.,]", thousands in "[.,' ]?") {
            let _read = notation(&decimal, &thousands).parse(&text);
        }
    }
}
