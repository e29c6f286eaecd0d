//! Amounts in the smallest unit of a currency.

use saldo_domain::money::{Currency, Decimal};

use super::super::amount::{amount, shown};

/// An amount in the smallest unit of the currency. One with a decimal point, against the standard, is in the currency itself.
pub(super) fn minor(digits: &str, currency: Currency) -> Result<Decimal, String> {
    let (is_negative, unsigned) = match digits.strip_prefix('-') {
        Some(unsigned) => (true, unsigned),
        None => (false, digits.strip_prefix('+').unwrap_or(digits)),
    };
    let mut read = amount(unsigned)?;
    if read.scale() == 0 && !unsigned.contains(['.', ',']) {
        let places = currency.decimal_places().unwrap_or_default();
        read.set_scale(places).map_err(|_| format!("the amount {} is too long", shown(digits)))?;
    }
    Ok(if is_negative { -read } else { read })
}

/// An amount as the trailer adds it up: in the smallest unit.
pub(super) fn control_amount(amount: Decimal, currency: Currency) -> Decimal {
    let places = currency.decimal_places().unwrap_or_default();
    let unit = Decimal::from(10_u64.pow(places));
    amount.checked_mul(unit).unwrap_or_default()
}
