//! Parses amounts exactly: every digit is kept, or the amount is refused.

use rust_decimal::Decimal;

/// Why a text is refused as an amount.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum AmountError {
    /// It is not digits with at most one decimal point between them.
    #[error("not a decimal number such as 1250 or 1250.75")]
    Malformed,
    /// It has more than 28 digits, the most that [`Decimal`] always represents exactly.
    #[error("more than the 28 digits an amount can have")]
    TooManyDigits,
}

/// Parses a plain decimal: an optional sign, digits, and optionally a point and more digits. Exponents, thousands
/// separators and whitespace are refused, since text written by people is easily misread.
///
/// # Errors
/// [`AmountError`] when the text is anything else or has more than 28 digits.
pub fn parse_plain(text: &str) -> Result<Decimal, AmountError> {
    let (is_negative, unsigned) = match text.as_bytes() {
        [sign @ (b'-' | b'+'), unsigned @ ..] => (*sign == b'-', unsigned),
        unsigned => (false, unsigned),
    };
    let (mut number, mut point) = (0_i64, None);
    for (at, byte) in unsigned.iter().enumerate() {
        match byte {
            b'0'..=b'9' => number = number.wrapping_mul(10).wrapping_add(i64::from(byte - b'0')),
            b'.' if point.is_none() => point = Some(at),
            _ => return Err(AmountError::Malformed),
        }
    }
    if matches!(unsigned, [] | [b'.', ..] | [.., b'.']) {
        return Err(AmountError::Malformed);
    }
    if unsigned.len() <= SHORT_BYTES_MAX {
        let decimals = point.map_or(0, |point| unsigned.len() - point - 1);
        let signed = if is_negative { -number } else { number };
        return Ok(Decimal::new(signed, u32::try_from(decimals).unwrap_or_default()));
    }
    let amount = Decimal::from_str_exact(text).map_err(|_| AmountError::TooManyDigits)?;
    within_bound(amount)
}

/// The most digits of a number that always fits into 64 bits. Few amounts have more.
const SHORT_BYTES_MAX: usize = 18;

/// Parses a JSON number (RFC 8259 section 6), exponents included: `1.25e3` is exactly 1250.
///
/// # Errors
/// [`AmountError`] when the text is not a JSON number or needs more than 28 digits.
pub fn parse_json_number(text: &str) -> Result<Decimal, AmountError> {
    let plain = parse_plain(text);
    if plain != Err(AmountError::Malformed) {
        return plain;
    }
    let Some((mantissa, exponent)) = text.split_once(['e', 'E']) else { return plain };
    // `from_scientific` rounds a long mantissa, so it is parsed exactly first.
    let mantissa = parse_plain(mantissa)?;
    let amount = Decimal::from_scientific(&format!("{mantissa}e{exponent}"));
    within_bound(amount.map_err(|_| AmountError::TooManyDigits)?)
}

/// Refuses more than 28 digits: a [`Decimal`] holds every number of 28 digits, but not every one of 29.
fn within_bound(amount: Decimal) -> Result<Decimal, AmountError> {
    const LIMIT: u128 = 10_u128.pow(28);
    if amount.mantissa().unsigned_abs() < LIMIT { Ok(amount) } else { Err(AmountError::TooManyDigits) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn text_that_is_not_a_plain_decimal_is_refused() {
        for text in ["", " ", "1e3", "1_000", "1,5", ".5", "5.", "--1", "+", "0x10", "NaN", "١", "1 "] {
            assert_eq!(parse_plain(text), Err(AmountError::Malformed), "{text:?}");
        }
    }

    #[test]
    fn numbers_of_too_many_digits_are_refused_not_rounded() {
        let long = "1.00000000000000000000000000001";
        assert_eq!(parse_plain(long), Err(AmountError::TooManyDigits));
        assert_eq!(parse_json_number(&format!("{long}e2")), Err(AmountError::TooManyDigits));
        assert_eq!(parse_plain(&"1".repeat(29)), Err(AmountError::TooManyDigits));
        assert!(parse_plain(&"9".repeat(28)).is_ok());
        assert_eq!(parse_json_number("1e28"), Err(AmountError::TooManyDigits));
        assert_eq!(parse_json_number("1e400"), Err(AmountError::TooManyDigits));
        assert_eq!(parse_json_number("1e-400"), Err(AmountError::TooManyDigits));
    }

    #[test]
    fn json_exponents_are_exact() {
        for (text, plain) in [("1e3", "1000"), ("1.25E+3", "1250"), ("125e-2", "1.25"), ("-1.5e1", "-15")] {
            assert_eq!(parse_json_number(text).map(|d| d.normalize().to_string()), Ok(plain.into()));
        }
    }

    proptest! {
        #[test]
        fn amounts_round_trip(mantissa in -(10i128.pow(28) - 1)..10i128.pow(28), scale in 0u32..=28) {
            let amount = Decimal::from_i128_with_scale(mantissa, scale);
            prop_assert_eq!(parse_plain(&amount.to_string()), Ok(amount));
            prop_assert_eq!(parse_json_number(&amount.to_string()), Ok(amount));
        }

        #[test]
        fn short_amounts_are_those_of_the_decimal_type(text in "[+-]?[0-9]{1,12}(\\.[0-9]{1,8})?") {
            let expected = Decimal::from_str_exact(&text).ok();
            let parsed = parse_plain(&text).ok();
            prop_assert_eq!(parsed.map(|amount| amount.serialize()), expected.map(|amount| amount.serialize()));
        }

        #[test]
        fn parsers_do_not_panic(text in "\\PC*") {
            let _ = (parse_plain(&text), parse_json_number(&text));
        }
    }
}
